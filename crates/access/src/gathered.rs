//! What has been found out so far about one access.

use std::collections::BTreeSet;

use policy::{Context, Policies, Policy};
use serde_json::Value;

use crate::answer::Unread;

/// Policies, condition keys and gaps, filled by every reader in turn.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub policies: Policies,
    pub context: Context,
    pub unread: Vec<Unread>,
    pub notes: Vec<String>,
    /// There is no such resource.
    pub missing: bool,
    /// Keys the request certainly lacks, in lower case; one that ends in `/` stands for all that
    /// begin so.
    absent: BTreeSet<String>,
}

impl Gathered {
    /// The request certainly lacks these keys.
    pub fn absent<'k>(&mut self, keys: impl IntoIterator<Item = &'k str>) {
        self.absent.extend(keys.into_iter().map(str::to_lowercase));
    }

    /// Whether the request certainly lacks the key.
    pub fn is_absent(&self, key: &str) -> bool {
        let key = key.to_lowercase();
        let family = key.split_once('/').map(|(family, _)| format!("{family}/"));
        self.absent.contains(&key) || family.is_some_and(|family| self.absent.contains(&family))
    }

    /// Keys of tags, `family/TAG`; there are no others of the family.
    pub fn tags(&mut self, family: &str, tags: &[(String, String)]) {
        for (key, value) in tags {
            self.context.set(format!("{family}/{key}"), value);
        }
        self.absent([format!("{family}/").as_str()]);
    }

    /// A policy that was read, or the reason why not.
    pub fn take(&mut self, read: Result<Policy, Unread>) -> Option<Policy> {
        read.map_err(|unread| self.unread.push(unread)).ok()
    }
}

/// A member of an answer as text.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The members of a list in an answer.
pub(crate) fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// A list of tags in an answer; services call the members `Key` or `TagKey`.
pub(crate) fn tags(value: &Value, pointer: &str) -> Vec<(String, String)> {
    let pair = |tag: &Value| {
        let of = |names: [&str; 2]| names.iter().find_map(|name| tag.get(*name)?.as_str());
        Some((of(["Key", "TagKey"])?.to_owned(), of(["Value", "TagValue"])?.to_owned()))
    };
    items(value, pointer).filter_map(pair).collect()
}
