//! KMS grants beside the key's policy: what they add, and what they cannot.

use std::sync::Arc;

use policy::{
    Context, Document, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, Verdict,
    evaluate, explain,
};
use serde_json::{Value, json};

const ANN: &str = "arn:aws:iam::111111111111:user/ann";
const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/k";

fn policy(kind: PolicyKind, name: &str, statements: &[Value]) -> Policy {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Policy::new(kind, name, Arc::new(Document::parse(&text).unwrap()))
}

fn statement(effect: &str, principal: &str, action: &str) -> Value {
    json!({
        "Effect": effect, "Principal": { "AWS": principal }, "Action": action, "Resource": "*",
    })
}

fn request(principal: &str, action: &str) -> Request {
    Request {
        principal: Principal {
            kind: PrincipalKind::User,
            arn: Some(principal.to_owned()),
            role_arn: None,
            account: principal.split(':').nth(4).map(|account| account.parse().unwrap()),
        },
        action: action.to_owned(),
        resource: KEY.to_owned(),
        resource_account: Some("111111111111".parse().unwrap()),
        context: Context::new(),
        action_has_no_resource_types: false,
    }
}

fn of_key(statements: &[Value]) -> Option<Policy> {
    Some(policy(PolicyKind::Key, "key policy of k", statements))
}

fn granting(principal: &str, action: &str) -> Vec<Policy> {
    vec![policy(PolicyKind::Grant, "grant 1 on k", &[statement("Allow", principal, action)])]
}

fn identity(effect: &str, action: &str) -> Vec<Policy> {
    let statement = json!({ "Effect": effect, "Action": action, "Resource": "*" });
    vec![policy(PolicyKind::Identity, "inline policy i of user ann", &[statement])]
}

#[test]
fn a_grant_adds_what_a_key_policy_would() {
    let delegating = statement("Allow", "arn:aws:iam::111111111111:root", "kms:*");
    let other = "arn:aws:iam::222222222222:user/bob";
    let check = |what: &str, request: &Request, policies: Policies, expected: Verdict| {
        assert_eq!(evaluate(request, &policies).verdict(), expected, "{what}");
    };
    let decrypt = request(ANN, "kms:Decrypt");
    let base = |grants: Vec<Policy>| Policies {
        resource: of_key(std::slice::from_ref(&delegating)),
        grants,
        ..Policies::default()
    };
    check("nothing", &decrypt, base(vec![]), Verdict::ImplicitDeny);
    check("a grant", &decrypt, base(granting(ANN, "kms:Decrypt")), Verdict::Allow);
    check("of another action", &decrypt, base(granting(ANN, "kms:Sign")), Verdict::ImplicitDeny);
    check("to another", &decrypt, base(granting(other, "kms:Decrypt")), Verdict::ImplicitDeny);
    let denied =
        Policies { identity: identity("Deny", "kms:*"), ..base(granting(ANN, "kms:Decrypt")) };
    check("against a deny of the caller's", &decrypt, denied, Verdict::ExplicitDeny);
    let denied = Policies {
        resource: of_key(&[delegating.clone(), statement("Deny", ANN, "kms:Decrypt")]),
        ..base(granting(ANN, "kms:Decrypt"))
    };
    check("against a deny of the key's", &decrypt, denied, Verdict::ExplicitDeny);
    // Across accounts the caller's own side must allow as well.
    let foreign = request(other, "kms:Decrypt");
    check("across", &foreign, base(granting(other, "kms:Decrypt")), Verdict::ImplicitDeny);
    let both = Policies {
        identity: identity("Allow", "kms:Decrypt"),
        ..base(granting(other, "kms:Decrypt"))
    };
    check("across, both", &foreign, both, Verdict::Allow);
    // What KMS does not offer across accounts no grant gives.
    let disable = request(other, "kms:DisableKey");
    let both = Policies {
        identity: identity("Allow", "kms:DisableKey"),
        ..base(granting(other, "kms:DisableKey"))
    };
    check("management across", &disable, both, Verdict::ImplicitDeny);
}

#[test]
fn grants_count_on_keys_only() {
    let mut asked = request(ANN, "secretsmanager:GetSecretValue");
    asked.resource = "arn:aws:secretsmanager:us-east-1:111111111111:secret:s-AbCdEf".to_owned();
    let policies =
        Policies { grants: granting(ANN, "secretsmanager:GetSecretValue"), ..Policies::default() };
    assert_eq!(evaluate(&asked, &policies).verdict(), Verdict::ImplicitDeny);
}

#[test]
fn an_explanation_names_the_grant_that_decided_and_how_to_end_it() {
    let policies = Policies {
        resource: of_key(&[statement("Allow", "arn:aws:iam::111111111111:root", "kms:*")]),
        grants: granting(ANN, "kms:Decrypt"),
        ..Policies::default()
    };
    let explained = explain(&request(ANN, "kms:Decrypt"), &policies);
    let deciding = &explained.decision.deciding()[0];
    assert_eq!((deciding.kind, deciding.policy.as_str()), (PolicyKind::Grant, "grant 1 on k"));
    assert_eq!(
        explained.fixes[0].sentence,
        "revoking grant 1 on k would take this permission back"
    );
    let consulted: Vec<PolicyKind> = explained.consulted.iter().map(|one| one.kind).collect();
    assert_eq!(consulted, [PolicyKind::Key, PolicyKind::Grant]);
}
