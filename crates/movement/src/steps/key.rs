//! KMS keys: the data's key in the store's account, and, if the file asks for one, the secret's
//! key in the warehouse's account. Data that is loaded lies under its key already: that one must
//! exist.
//!
//! `CreateKey` cannot be repeated safely, so a key carries the movement's mark in its description
//! and is found by it when a crash came before the alias.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Seen, Step};
use crate::file::{Key, Movement, Place};
use crate::place::Account;
use crate::policies;
use crate::trouble::{Result, Trouble};
use crate::undo::{Undo, policy_text};
use crate::work::Work;

pub(super) fn steps(movement: &Movement) -> Vec<Box<dyn Step>> {
    let mut steps: Vec<Box<dyn Step>> = Vec::new();
    if let Some(key) = &movement.warehouse.secret_key {
        steps.push(Box::new(KmsKey { account: Account::Warehouse, hop: 3, key: key.clone() }));
    }
    if let Some(key) = &movement.store.key {
        if !movement.from_stage {
            steps.push(Box::new(KmsKey { account: Account::Store, hop: 7, key: key.clone() }));
        }
        steps.push(Box::new(KeyPolicy { key: key.clone() }));
    }
    steps
}

/// A key as KMS describes it.
pub(crate) struct Described {
    pub arn: String,
    pub description: String,
    pub state: String,
}

/// The key of an id, ARN or alias; `None` when there is none.
pub(crate) async fn describe(
    work: &Work<'_>,
    account: Account,
    id: &str,
) -> Result<Option<Described>> {
    let input = json!({ "KeyId": id });
    match work.call(account, "kms", "DescribeKey", input).await {
        Ok(answer) => {
            let text = |name: &str| {
                let value = answer.pointer(&format!("/KeyMetadata/{name}"));
                value.and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            let (arn, description) = (text("Arn"), text("Description"));
            Ok(Some(Described { arn, description, state: text("KeyState") }))
        }
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => {
            let hop = if account == Account::Warehouse { 3 } else { 7 };
            Err(work.refused(account, hop, format!("look at key {id}"), &error).await)
        }
    }
}

/// The ARNs of the account's keys that carry this mark and are not being deleted.
pub(crate) async fn marked(work: &Work<'_>, account: Account, mark: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut marker = Value::Null;
    loop {
        let mut input = json!({ "Limit": 1000 });
        if let (Some(members), false) = (input.as_object_mut(), marker.is_null()) {
            members.insert("Marker".into(), marker);
        }
        let hop = if account == Account::Warehouse { 3 } else { 7 };
        let answer = work.ask((account, hop), "list the keys", ("kms", "ListKeys"), input).await?;
        for key in answer.get("Keys").and_then(Value::as_array).into_iter().flatten() {
            let id = key.get("KeyId").and_then(Value::as_str).unwrap_or_default();
            // Keys that may not be described are somebody else's.
            if let Ok(Some(key)) = describe(work, account, id).await
                && key.description == mark
                && key.state != "PendingDeletion"
            {
                found.push(key.arn);
            }
        }
        marker = answer.get("NextMarker").cloned().unwrap_or_default();
        if marker.is_null() {
            return Ok(found);
        }
    }
}

/// A key and its alias.
struct KmsKey {
    account: Account,
    hop: u8,
    key: Key,
}

impl KmsKey {
    fn tell(&self, work: &mut Work<'_>, arn: &str) {
        let fact = match self.account {
            Account::Warehouse => &mut work.facts.secret_key_arn,
            Account::Store => &mut work.facts.store_key_arn,
        };
        *fact = Some(arn.to_owned());
    }

    /// Whether there is data under it before the movement.
    fn holds_data(&self, work: &Work<'_>) -> bool {
        self.account == Account::Store && work.movement.inward().is_some()
    }

    fn unusable(&self, work: &Work<'_>, said: String) -> Box<Trouble> {
        let trouble = Trouble::new(format!("use key {}", self.key.id())).said(said);
        Box::new(trouble.at(self.hop, work.label(self.account)))
    }

    async fn create(&self, work: &Work<'_>) -> Result<String> {
        let input = json!({
            "Description": work.mark(),
            "Tags": [{ "TagKey": "landbridge:movement", "TagValue": work.movement.name }],
        });
        let tried = format!("make a key for {}", self.key.id());
        let place = (self.account, self.hop);
        let answer = work.ask(place, tried.clone(), ("kms", "CreateKey"), input).await?;
        let arn = answer.pointer("/KeyMetadata/Arn").and_then(Value::as_str);
        arn.map(str::to_owned).ok_or_else(|| self.unusable(work, "KMS named no key".into()))
    }
}

#[async_trait]
impl Step for KmsKey {
    fn id(&self, movement: &Movement) -> String {
        format!("{}.key.{}", movement.section(self.account), self.key.id())
    }

    fn hop(&self) -> u8 {
        self.hop
    }

    fn account(&self) -> Account {
        self.account
    }

    fn what(&self, _: &Work<'_>) -> String {
        format!("key {}", self.key.id())
    }

    fn opens(&self, work: &Work<'_>) -> String {
        let what = match (self.account, &work.movement.store.place) {
            (Account::Warehouse, _) => "secret",
            (Account::Store, Place::Bucket { .. }) => "objects",
            (Account::Store, Place::Table(_)) => "items",
        };
        format!("encrypts the {what}")
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        match describe(work, self.account, self.key.id()).await? {
            Some(key) if key.state == "Enabled" => {
                self.tell(work, &key.arn);
                Ok(Seen::Same)
            }
            Some(key) => Err(self.unusable(work, format!("its state is {}", key.state))),
            None if matches!(self.key, Key::Existing(_)) || self.holds_data(work) => {
                Err(self.unusable(work, "there is no such key".into()))
            }
            None => Ok(Seen::Absent),
        }
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        // A key of ours without its alias: an earlier apply stopped between the two calls.
        let arn = match marked(work, self.account, &work.mark()).await?.pop() {
            Some(arn) => arn,
            None => self.create(work).await?,
        };
        self.tell(work, &arn);
        let input = json!({ "AliasName": self.key.id(), "TargetKeyId": arn });
        let tried = format!("name the key {}", self.key.id());
        work.ask((self.account, self.hop), tried, ("kms", "CreateAlias"), input).await?;
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, _: &Seen) -> Option<Undo> {
        let alias = self.key.id().to_owned();
        Some(Undo::DeleteKey { account: self.account, alias, mark: work.mark() })
    }
}

/// The statement for the data's role in the policy of the data's key.
struct KeyPolicy {
    key: Key,
}

#[async_trait]
impl Step for KeyPolicy {
    fn id(&self, movement: &Movement) -> String {
        format!("{}.key-policy.{}", movement.section(Account::Store), self.key.id())
    }

    fn hop(&self) -> u8 {
        7
    }

    fn account(&self) -> Account {
        Account::Store
    }

    fn what(&self, _: &Work<'_>) -> String {
        format!("policy of key {}", self.key.id())
    }

    fn opens(&self, work: &Work<'_>) -> String {
        let role = work.facts.data_role(&work.movement.roles);
        let (_, role) = role.rsplit_once('/').unwrap_or_default();
        let through = match work.movement.store.place {
            Place::Bucket { .. } => "S3",
            Place::Table(_) => "DynamoDB",
        };
        format!("admits {role} through {through}")
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        if work.facts.store_key_arn.is_none() {
            let described = describe(work, Account::Store, self.key.id()).await?;
            work.facts.store_key_arn = described.map(|key| key.arn);
        }
        let Some(arn) = work.facts.store_key_arn.clone() else { return Ok(Seen::Absent) };
        let input = json!({ "KeyId": arn, "PolicyName": "default" });
        let tried = "read the key's policy";
        let answer = work.ask((Account::Store, 7), tried, ("kms", "GetKeyPolicy"), input).await?;
        let text = policy_text(&answer);
        let wanted = policies::key_statement(work.movement, &work.facts);
        let differences = policies::differences(Some(&text), &[wanted]);
        Ok(match differences.is_empty() {
            true => Seen::Same,
            false => Seen::Differs { prior: Some(text), how: differences.join(", ") },
        })
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        let place = (Account::Store, 7);
        let arn = work.facts.store_key_arn.clone().unwrap_or_default();
        let input = json!({ "KeyId": arn, "PolicyName": "default" });
        let tried = "read the key's policy";
        let answer = work.ask(place, tried, ("kms", "GetKeyPolicy"), input).await?;
        let statement = policies::key_statement(work.movement, &work.facts);
        let policy = policies::merged(Some(&policy_text(&answer)), &[statement]);
        let input = json!({ "KeyId": arn, "PolicyName": "default", "Policy": policy.to_string() });
        let tried = format!("admit the data's role to key {}", self.key.id());
        work.ask_patiently(place, tried, ("kms", "PutKeyPolicy"), input).await?;
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, seen: &Seen) -> Option<Undo> {
        let prior = match seen {
            Seen::Differs { prior, .. } => prior.clone(),
            _ => None,
        };
        let sids = vec![policies::key_sid(work.movement)];
        Some(Undo::RestoreKeyPolicy { key: self.key.id().to_owned(), sids, prior })
    }
}
