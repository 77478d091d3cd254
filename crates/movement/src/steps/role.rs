//! The four roles of the pattern and their one inline policy each.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Seen, Step};
use crate::file::{Movement, Place, Way};
use crate::place::Account;
use crate::policies;
use crate::trouble::{Result, Trouble};
use crate::undo::Undo;
use crate::work::Work;

/// Longest session of a role, in seconds; AWS's smallest value, and chained sessions get no more.
const SESSION_SECONDS: u32 = 3600;

type Document = fn(&Work<'_>) -> Option<Value>;
type Words = fn(&Work<'_>) -> String;

/// A role with its trust.
pub(super) struct Role {
    account: Account,
    hop: u8,
    name: String,
    trust: Document,
    opens: Words,
}

pub(super) fn entry(movement: &Movement) -> Role {
    Role {
        account: Account::Store,
        hop: 1,
        name: movement.roles.entry.clone(),
        trust: |work| Some(policies::entry_trust(&work.facts)),
        opens: |work| format!("may be assumed by {}", work.facts.principal),
    }
}

pub(super) fn secret_reader(movement: &Movement) -> Role {
    Role {
        account: Account::Warehouse,
        hop: 2,
        name: movement.roles.secret_reader.clone(),
        trust: |work| Some(policies::reader_trust(work.movement, &work.facts)),
        opens: |work| {
            format!(
                "may be assumed by {} of {}, with the external id",
                work.movement.roles.entry, work.facts.store_account
            )
        },
    }
}

pub(super) fn cluster(movement: &Movement) -> Role {
    Role {
        account: Account::Warehouse,
        hop: 5,
        name: movement.roles.cluster.clone(),
        trust: |work| Some(policies::cluster_trust(&work.facts)),
        opens: |work| {
            let source = &work.movement.warehouse;
            format!("may be assumed by Redshift for dbuser:{}/{}", source.cluster, source.user)
        },
    }
}

pub(super) fn data(movement: &Movement) -> Role {
    Role {
        account: Account::Store,
        hop: 6,
        name: movement.roles.data.clone(),
        trust: |work| Some(policies::data_trust(work.movement, &work.facts)),
        opens: |work| {
            let source = &work.movement.warehouse;
            format!(
                "may be assumed by {} of {}, for dbuser:{}/{}",
                work.movement.roles.cluster,
                work.facts.warehouse_account,
                source.cluster,
                source.user
            )
        },
    }
}

#[async_trait]
impl Step for Role {
    fn id(&self, movement: &Movement) -> String {
        format!("{}.role.{}", movement.section(self.account), self.name)
    }

    fn hop(&self) -> u8 {
        self.hop
    }

    fn account(&self) -> Account {
        self.account
    }

    fn what(&self, _: &Work<'_>) -> String {
        format!("role {}", self.name)
    }

    fn opens(&self, work: &Work<'_>) -> String {
        (self.opens)(work)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let input = json!({ "RoleName": self.name });
        let answer = match work.call(self.account, "iam", "GetRole", input).await {
            Ok(answer) => answer,
            Err(error) if error.is_missing() => return Ok(Seen::Absent),
            Err(error) => {
                let tried = format!("look at role {}", self.name);
                return Err(work.refused(self.account, self.hop, tried, &error).await);
            }
        };
        if !work.journal.is_ours(&self.id(work.movement)) {
            return Err(self.foreign(work));
        }
        let trust = answer.pointer("/Role/AssumeRolePolicyDocument").and_then(Value::as_str);
        Ok(compare(trust, (self.trust)(work).as_ref(), "trust policy"))
    }

    async fn make(&self, work: &mut Work<'_>, seen: &Seen) -> Result<()> {
        let trust = (self.trust)(work).unwrap_or_default().to_string();
        let place = (self.account, self.hop);
        let tried = format!("make role {}", self.name);
        if *seen == Seen::Absent {
            let input = json!({
                "RoleName": self.name,
                "AssumeRolePolicyDocument": trust,
                "Description": format!("Landbridge movement {}", work.movement.name),
                "MaxSessionDuration": SESSION_SECONDS,
                "Tags": [{ "Key": "landbridge:movement", "Value": work.movement.name }],
            });
            work.ask_patiently(place, tried, ("iam", "CreateRole"), input).await?;
        } else {
            let input = json!({ "RoleName": self.name, "PolicyDocument": trust });
            work.ask_patiently(place, tried, ("iam", "UpdateAssumeRolePolicy"), input).await?;
        }
        Ok(())
    }

    fn undo(&self, _: &Work<'_>, _: &Seen) -> Option<Undo> {
        Some(Undo::DeleteRole { account: self.account, role: self.name.clone() })
    }
}

impl Role {
    /// A role of the same name that this movement did not make is not touched.
    fn foreign(&self, work: &Work<'_>) -> Box<Trouble> {
        let fix = format!("choose another name under [roles] in {}", work.file());
        let trouble = Trouble::new(format!("make role {}", self.name))
            .said("a role of this name exists, and this movement did not make it")
            .fix(fix);
        Box::new(trouble.at(self.hop, work.label(self.account)))
    }
}

/// Compares policies as values: the order of members and white space mean nothing.
pub(super) fn compare(found: Option<&str>, wanted: Option<&Value>, what: &str) -> Seen {
    let decoded = found.map(percent_decoded);
    let found = decoded.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    if found.is_some() && found.as_ref() == wanted {
        Seen::Same
    } else {
        let wanted = policies::statements(wanted.map(Value::to_string).as_deref());
        let mut how = policies::differences(decoded.as_deref(), &wanted);
        how.extend(policies::additions(decoded.as_deref(), &wanted));
        if how.is_empty() {
            how.push("it is written differently".to_owned());
        }
        Seen::Differs { prior: decoded, how: format!("{what}: {}", how.join(", ")) }
    }
}

/// IAM gives policy documents percent-encoded (RFC 3986), as its reference says.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = (ahead.next(), ahead.next());
        let value = match digits {
            (Some(high), Some(low)) if byte == b'%' => hex_value(high, low),
            _ => None,
        };
        match value {
            Some(value) => {
                bytes.push(value);
                rest = ahead;
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_value(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The one inline policy of a role; it goes when the role goes.
pub(super) struct InlinePolicy {
    account: Account,
    hop: u8,
    role: String,
    name: &'static str,
    document: Document,
    opens: Words,
}

pub(super) fn entry_policy(movement: &Movement) -> InlinePolicy {
    InlinePolicy {
        account: Account::Store,
        hop: 2,
        role: movement.roles.entry.clone(),
        name: "AssumeReader",
        document: |work| Some(policies::entry_policy(work.movement, &work.facts)),
        opens: |work| format!("may assume {}", work.movement.roles.secret_reader),
    }
}

pub(super) fn reader_policy(movement: &Movement) -> InlinePolicy {
    InlinePolicy {
        account: Account::Warehouse,
        hop: 3,
        role: movement.roles.secret_reader.clone(),
        name: "ReadSecret",
        document: |work| policies::reader_policy(&work.facts),
        opens: |work| format!("may read secret {}", work.movement.warehouse.secret),
    }
}

pub(super) fn cluster_policy(movement: &Movement) -> InlinePolicy {
    InlinePolicy {
        account: Account::Warehouse,
        hop: 6,
        role: movement.roles.cluster.clone(),
        name: policies::role_words(movement).assume,
        document: |work| Some(policies::cluster_policy(work.movement, &work.facts)),
        opens: |work| format!("may assume {}", work.movement.roles.data),
    }
}

/// The permission on the data: of the data's role, or, without a chain, of the cluster's.
pub(super) fn data_policy(movement: &Movement, chained: bool) -> InlinePolicy {
    let (account, role) = match chained {
        true => (Account::Store, &movement.roles.data),
        false => (Account::Warehouse, &movement.roles.cluster),
    };
    InlinePolicy {
        account,
        hop: 7,
        role: role.clone(),
        name: policies::role_words(movement).touch,
        document: |work| Some(policies::data_policy(work.movement, &work.facts)),
        opens: |work| {
            let store = &work.movement.store;
            let may = match (&work.movement.way, &store.place) {
                (Way::Out(_), _) => "list, put and get under",
                (Way::In(_), Place::Bucket { .. }) => "list and get under",
                (Way::In(_), Place::Table(_)) => "describe and scan",
            };
            format!("may {may} {}", store.url())
        },
    }
}

#[async_trait]
impl Step for InlinePolicy {
    fn id(&self, movement: &Movement) -> String {
        format!("{}.policy.{}.{}", movement.section(self.account), self.role, self.name)
    }

    fn hop(&self) -> u8 {
        self.hop
    }

    fn account(&self) -> Account {
        self.account
    }

    fn what(&self, _: &Work<'_>) -> String {
        format!("policy {} of {}", self.name, self.role)
    }

    fn opens(&self, work: &Work<'_>) -> String {
        (self.opens)(work)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let input = json!({ "RoleName": self.role, "PolicyName": self.name });
        match work.call(self.account, "iam", "GetRolePolicy", input).await {
            Ok(answer) => {
                let found = answer.get("PolicyDocument").and_then(Value::as_str);
                Ok(compare(found, (self.document)(work).as_ref(), "document"))
            }
            Err(error) if error.is_missing() => Ok(Seen::Absent),
            Err(error) => {
                let tried = format!("look at {}", self.what(work));
                Err(work.refused(self.account, self.hop, tried, &error).await)
            }
        }
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        let document = (self.document)(work).unwrap_or_default();
        let input = json!({
            "RoleName": self.role,
            "PolicyName": self.name,
            "PolicyDocument": document.to_string(),
        });
        let tried = format!("give {} the policy {}", self.role, self.name);
        work.ask((self.account, self.hop), tried, ("iam", "PutRolePolicy"), input).await?;
        Ok(())
    }

    fn undo(&self, _: &Work<'_>, _: &Seen) -> Option<Undo> {
        None
    }
}
