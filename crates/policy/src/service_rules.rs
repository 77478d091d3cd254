//! Rules of services that no policy changes.
//!
//! Each rule says where AWS states it; rules without such a place are those that published
//! engines agree on. Start at [`refusal`] and [`always_allowed`].

use crate::call::{Call, Target};
use crate::request::PrincipalKind;

/// Whoever calls may ask who they are, even against an explicit deny (GetCallerIdentity, STS API
/// Reference).
pub(crate) fn always_allowed(call: &Call<'_>) -> bool {
    call.is("sts", "getcalleridentity")
}

/// Why the service refuses this call whatever the policies say.
pub(crate) fn refusal(call: &Call<'_>) -> Option<&'static str> {
    let Target::Arn(arn) = &call.target else { return None };
    let root = call.caller().kind == PrincipalKind::Root;
    if root && call.is("sts", "assumerole") {
        // AssumeRole, STS API Reference.
        return Some("the root user cannot assume roles");
    }
    if call.service != "iam" {
        return None;
    }
    let action = call.action_name.as_str();
    if arn.account() == "aws" && arn.resource().starts_with("policy/") {
        let changes = MANAGED_POLICY_CHANGES.contains(&action);
        return changes.then_some("AWS managed policies cannot be changed");
    }
    let reserved = arn.resource().starts_with("role/aws-reserved/");
    (reserved && RESERVED_ROLE_CHANGES.contains(&action))
        .then_some("roles under /aws-reserved/ belong to AWS and cannot be changed")
}

const MANAGED_POLICY_CHANGES: [&str; 7] = [
    "createpolicy",
    "createpolicyversion",
    "deletepolicy",
    "deletepolicyversion",
    "setdefaultpolicyversion",
    "tagpolicy",
    "untagpolicy",
];

const RESERVED_ROLE_CHANGES: [&str; 16] = [
    "attachrolepolicy",
    "createrole",
    "createservicelinkedrole",
    "deleterole",
    "deleterolepermissionsboundary",
    "deleterolepolicy",
    "deleteservicelinkedrole",
    "detachrolepolicy",
    "passrole",
    "putrolepermissionsboundary",
    "putrolepolicy",
    "tagrole",
    "untagrole",
    "updateassumerolepolicy",
    "updaterole",
    "updateroledescription",
];

/// Whether the call assumes a role, or adds tags or a source identity to doing so. Tags of a
/// federated user are on that user's ARN, which is an STS one.
pub(crate) fn is_on_role(call: &Call<'_>) -> bool {
    let actions = ["tagsession", "setsourceidentity"];
    let federated = matches!(&call.target, Target::Arn(arn) if arn.service() == "sts");
    call.service == "sts"
        && !federated
        && (call.action_name.starts_with("assumerole")
            || actions.contains(&call.action_name.as_str()))
}

/// Whether the call is on a KMS key.
pub(crate) fn is_on_key(call: &Call<'_>) -> bool {
    call.service == "kms"
        && matches!(&call.target, Target::Arn(arn) if arn.resource().starts_with("key/"))
}

/// Whether the call comes from another account than the key's and is none of the actions that KMS
/// offers across accounts ("Allowing users in other accounts to use a KMS key", KMS Developer
/// Guide).
pub(crate) fn kms_refuses_strangers(call: &Call<'_>) -> bool {
    let stranger = call.has_identity() && !call.same_account;
    is_on_key(call) && stranger && !KMS_ACROSS_ACCOUNTS.contains(&call.action_name.as_str())
}

const KMS_ACROSS_ACCOUNTS: [&str; 22] = [
    "creategrant",
    "decrypt",
    "derivesharedsecret",
    "describekey",
    "encrypt",
    "generatedatakey",
    "generatedatakeypair",
    "generatedatakeypairwithoutplaintext",
    "generatedatakeywithoutplaintext",
    "generatemac",
    "generaterandom",
    "getkeyrotationstatus",
    "getpublickey",
    "listgrants",
    "reencryptfrom",
    "reencryptto",
    "retiregrant",
    "revokegrant",
    "sign",
    "verify",
    "verifymac",
    "reencrypt",
];
