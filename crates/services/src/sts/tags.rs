//! Session tags: the rules of "Pass session tags in AWS STS" in the IAM User Guide.

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Check, Fault, Principal};
use serde::Deserialize;

/// A tag as passed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// Adds the keys of a request that passes tags.
pub(super) fn requested(check: Check, passed: &[Tag]) -> Check {
    if passed.is_empty() {
        return check;
    }
    let check = check.with_all("aws:TagKeys", passed.iter().map(|tag| tag.key.clone()));
    passed.iter().fold(check, |check, tag| {
        check.with(format!("aws:RequestTag/{}", tag.key), tag.value.clone())
    })
}

/// Refuses what no policy can allow: repeated keys, transitive keys that are not passed, and
/// passing again what the calling session made transitive.
pub(super) fn check(
    caller: &Principal,
    passed: &[Tag],
    transitive: &[String],
) -> Result<(), Fault> {
    let refused = |text: &str| Err(Fault::new("InvalidParameterValue", text).status(400));
    let lower = |key: &str| key.to_lowercase();
    let keys: BTreeSet<String> = passed.iter().map(|tag| lower(&tag.key)).collect();
    if keys.len() < passed.len() {
        return refused(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        );
    }
    if !transitive.iter().all(|key| keys.contains(&lower(key))) {
        return refused("The specified transitive tag key must be included in the requested tags.");
    }
    let inherited = caller.session().map(|facts| &facts.transitive_tag_keys);
    if inherited.into_iter().flatten().any(|key| keys.contains(&lower(key))) {
        return refused(
            "One of the specified transitive tag keys can't be set because it conflicts with a \
             transitive tag key from the calling session.",
        );
    }
    Ok(())
}

/// The session's principal tags: the role's, overridden by passed ones, overridden by inherited
/// transitive ones, whatever the case of their keys.
pub(super) fn of_session(
    caller: &Principal,
    passed: &[Tag],
    of_role: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut tags = of_role.clone();
    let mut set = |key: &str, value: &str| {
        tags.retain(|known, _| !known.eq_ignore_ascii_case(key));
        tags.insert(key.to_owned(), value.to_owned());
    };
    passed.iter().for_each(|tag| set(&tag.key, &tag.value));
    inherited(caller).for_each(|(key, value)| set(key, value));
    tags
}

/// The calling session's transitive tags.
pub(super) fn inherited(caller: &Principal) -> impl Iterator<Item = (&String, &String)> {
    let keys = caller.session().map(|facts| facts.transitive_tag_keys.as_slice());
    let keys = keys.unwrap_or_default();
    caller.tags().filter(|(key, _)| keys.iter().any(|known| known.eq_ignore_ascii_case(key)))
}
