//! Session policies: what a caller passes to take away from the new session ("Session policies",
//! IAM User Guide).

use gateway::{Cx, Fault};
use names::AccountId;
use policy::validate::{Malformed, Place, validate};
use serde::Deserialize;

use super::tags::Tag;
use crate::identity::managed_policy;

/// Inline policy and managed policies together, in characters.
const MAX_POLICY_CHARACTERS: usize = 2_048;

/// The members of an input that pass policies.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Passed {
    policy: Option<String>,
    #[serde(default)]
    policy_arns: Vec<PolicyArn>,
}

#[derive(Deserialize)]
struct PolicyArn {
    arn: Option<String>,
}

impl Passed {
    /// Refuses an inline policy that breaks the grammar.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let Some(document) = &self.policy else { return Ok(()) };
        let malformed = |e: Malformed| Fault::new(e.code, e.message).status(400);
        validate(Place::Session, document).map(drop).map_err(malformed)
    }

    /// The documents with their names. Managed policies are those of AWS and of `account`, in
    /// which the session works.
    pub(super) fn documents(
        &self,
        cx: &Cx,
        account: &AccountId,
    ) -> Result<Vec<(String, String)>, Fault> {
        let mut policies = Vec::new();
        if let Some(document) = &self.policy {
            policies.push(("session policy".to_owned(), document.clone()));
        }
        for arn in self.arns() {
            let own = |owner: Option<&AccountId>| owner.is_none_or(|owner| owner == account);
            let found = managed_policy(cx, arn)?.filter(|policy| own(policy.account.as_ref()));
            let document =
                found.as_ref().and_then(|policy| policy.document()).ok_or_else(|| {
                    let text = format!("Policy {arn} does not exist or is not attachable.");
                    Fault::new("NoSuchEntity", text).status(404)
                })?;
            policies.push((format!("session policy {arn}"), document.to_owned()));
        }
        let inline = self.policy.as_ref().map_or(0, |document| document.chars().count());
        let arns: usize = self.arns().map(|arn| arn.chars().count()).sum();
        if inline + arns > MAX_POLICY_CHARACTERS {
            let text = "The size of the session policy exceeds the limit of 2048 characters.";
            return Err(Fault::new("PackedPolicyTooLarge", text).status(400));
        }
        Ok(policies)
    }

    fn arns(&self) -> impl Iterator<Item = &String> {
        self.policy_arns.iter().filter_map(|policy| policy.arn.as_ref())
    }
}

/// A percentage of the limit. AWS packs to a binary form that it does not describe; this counts
/// the text.
pub(super) fn packed_size(policies: &[(String, String)], tags: &[Tag]) -> Option<usize> {
    let documents: usize = policies.iter().map(|(_, document)| document.len()).sum();
    let tags: usize = tags.iter().map(|tag| tag.key.len() + tag.value.len()).sum();
    let total = documents + tags;
    (total > 0).then(|| (total * 100).div_ceil(MAX_POLICY_CHARACTERS).min(100))
}
