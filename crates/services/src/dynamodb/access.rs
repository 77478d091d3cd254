//! Which table a request means, and the questions to ask about it.
//!
//! The condition keys are those of "Using IAM policy conditions for fine-grained access control"
//! (Developer Guide) and of DynamoDB's page in the Service Authorization Reference. A table that
//! does not exist is asked about by what the caller named. Start at [`Ask`].

use std::collections::BTreeSet;

use gateway::{Access, Check, Cx, Fault, GuardPolicy};
use names::{AccountId, Arn, Region};
use policy::PolicyKind;
use serde_json::{Map, Value};

use super::faults::{invalid, no_resource, no_table};
use super::state::{self, Status, TableRecord};
use super::value::{Attr, read_value};

/// A table by account, Region and name.
pub(super) struct Target {
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) name: String,
}

impl Target {
    fn arn(&self) -> Arn {
        state::arn(&self.account, &self.region, &self.name)
    }
}

/// The table that a `TableName` or `ResourceArn` means: a name in the caller's own account, or an
/// ARN in the Region of the call.
pub(super) fn target(cx: &Cx, given: &str) -> Result<Target, Fault> {
    let Ok(arn) = given.parse::<Arn>() else {
        check_name(given, "tableName")?;
        let (account, region) = (cx.account()?.clone(), cx.region().clone());
        return Ok(Target { account, region, name: given.to_owned() });
    };
    let wrong = || invalid(format!("Invalid table ARN: {given}"));
    let name = arn.resource.strip_prefix("table/").ok_or_else(wrong)?;
    let (Some(account), Some(region)) = (&arn.account, &arn.region) else { return Err(wrong()) };
    if arn.service != "dynamodb" || region != cx.region() {
        return Err(wrong());
    }
    check_name(name, "tableName")?;
    Ok(Target { account: account.clone(), region: region.clone(), name: name.to_owned() })
}

/// Refuses what is no name of a table or an index.
pub(super) fn check_name(name: &str, member: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let rule = match name.len() {
        _ if !name.chars().all(allowed) => {
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        }
        0..3 => "Member must have length greater than or equal to 3",
        3..256 => return Ok(()),
        _ => "Member must have length less than or equal to 255",
    };
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: \
         {rule}"
    )))
}

/// The table, if there is one.
pub(super) fn find(cx: &Cx, given: &str) -> Result<Option<TableRecord>, Fault> {
    let Target { account, region, name } = target(cx, given)?;
    state::table(cx, &account, &region, &name)
}

/// The table for the control plane.
pub(super) fn existing(cx: &Cx, given: &str) -> Result<TableRecord, Fault> {
    let target = target(cx, given)?;
    let found = state::table(cx, &target.account, &target.region, &target.name)?;
    found.ok_or_else(|| no_table(&target.name))
}

/// The table for the data plane, which knows it when it is made and until it is being deleted.
pub(super) fn usable(cx: &Cx, given: &str) -> Result<TableRecord, Fault> {
    let table = find(cx, given)?.ok_or_else(no_resource)?;
    match table.status(cx.now()) {
        Status::Active | Status::Updating => Ok(table),
        Status::Creating | Status::Deleting => Err(no_resource()),
    }
}

/// A question about one table.
pub(super) struct Ask<'a> {
    action: &'a str,
    given: &'a str,
    index: Option<&'a str>,
    keys: Vec<(&'static str, Vec<String>)>,
}

impl<'a> Ask<'a> {
    /// May the caller perform `dynamodb:ACTION` on the table?
    pub(super) fn new(action: &'a str, given: &'a str) -> Self {
        Self { action, given, index: None, keys: Vec::new() }
    }

    /// On an index of it.
    pub(super) fn on_index(mut self, index: Option<&'a str>) -> Self {
        self.index = index;
        self
    }

    /// A condition key, where the request has it.
    pub(super) fn with(mut self, key: &'static str, value: Option<&str>) -> Self {
        self.keys.extend(value.map(|value| (key, vec![value.to_owned()])));
        self
    }

    /// `dynamodb:LeadingKeys`: the partition keys that are asked for.
    pub(super) fn leading(mut self, values: impl IntoIterator<Item = Attr>) -> Self {
        let texts: BTreeSet<String> = values
            .into_iter()
            .filter_map(|value| match value {
                Attr::S(text) | Attr::N(text) | Attr::B(text) => Some(text),
                _ => None,
            })
            .collect();
        if !texts.is_empty() {
            self.keys.push(("dynamodb:LeadingKeys", texts.into_iter().collect()));
        }
        self
    }

    /// `dynamodb:Attributes`: the attributes at the top that the request names.
    pub(super) fn attributes(mut self, names: BTreeSet<String>) -> Self {
        if !names.is_empty() {
            self.keys.push(("dynamodb:Attributes", names.into_iter().collect()));
        }
        self
    }

    /// The question, with the table's own policy and tags.
    pub(super) fn check(self, cx: &Cx) -> Result<Check, Fault> {
        let target = target(cx, self.given)?;
        let table = state::table(cx, &target.account, &target.region, &target.name)?;
        let arn = target.arn();
        let resource = match self.index {
            Some(index) => format!("{arn}/index/{index}"),
            None => arn.to_string(),
        };
        let action = format!("dynamodb:{}", self.action);
        let mut check = Check::new(&action, resource).owned_by(&target.account);
        for (key, values) in self.keys {
            check = check.with_all(key, values);
        }
        let Some(table) = table else { return Ok(check) };
        for (key, value) in &table.tags {
            check = check.with(format!("aws:ResourceTag/{key}"), value.clone());
        }
        let guard = table.policy.map(|policy| GuardPolicy {
            kind: PolicyKind::Resource,
            name: format!("resource policy of table {}", table.name),
            document: policy.document,
        });
        Ok(check.guarded_by(guard))
    }

    /// The question as the only one.
    pub(super) fn access(self, cx: &Cx) -> Result<Access, Fault> {
        Ok(Access::to(self.check(cx)?))
    }
}

/// The partition key's value in an item or key as requests give it, if it is there.
pub(super) fn leading_of(
    cx: &Cx,
    given: &str,
    item: &Map<String, Value>,
) -> Result<Option<Attr>, Fault> {
    let Some(table) = find(cx, given)? else { return Ok(None) };
    // A value that cannot be read cannot be a key; the handler says so.
    Ok(item.get(&table.schema.hash.name).and_then(|value| read_value(value).ok()))
}

/// The names of an item.
pub(super) fn names_of(item: &Map<String, Value>) -> BTreeSet<String> {
    item.keys().cloned().collect()
}
