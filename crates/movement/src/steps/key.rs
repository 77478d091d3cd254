//! KMS keys: the objects' key in the target account, and, if the file asks for one, the secret's
//! key in the source account.
//!
//! `CreateKey` cannot be repeated safely, so a key carries the movement's mark in its description
//! and is found by it when a crash came before the alias.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Seen, Step};
use crate::file::{Key, Movement};
use crate::policies;
use crate::report::Side;
use crate::trouble::{Result, Trouble};
use crate::undo::{Undo, policy_text};
use crate::work::Work;

pub(super) fn steps(movement: &Movement) -> Vec<Box<dyn Step>> {
    let mut steps: Vec<Box<dyn Step>> = Vec::new();
    if let Some(key) = &movement.source.secret_key {
        steps.push(Box::new(KmsKey { side: Side::Source, hop: 3, key: key.clone() }));
    }
    if let Some(key) = &movement.target.key {
        steps.push(Box::new(KmsKey { side: Side::Target, hop: 7, key: key.clone() }));
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
pub(crate) async fn describe(work: &Work<'_>, side: Side, id: &str) -> Result<Option<Described>> {
    let input = json!({ "KeyId": id });
    match work.call(side, "kms", "DescribeKey", input).await {
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
            let hop = if side == Side::Source { 3 } else { 7 };
            Err(work.refused(side, hop, format!("look at key {id}"), &error).await)
        }
    }
}

/// The ARNs of the account's keys that carry this mark and are not being deleted.
pub(crate) async fn marked(work: &Work<'_>, side: Side, mark: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut marker = Value::Null;
    loop {
        let mut input = json!({ "Limit": 1000 });
        if let (Some(members), false) = (input.as_object_mut(), marker.is_null()) {
            members.insert("Marker".into(), marker);
        }
        let hop = if side == Side::Source { 3 } else { 7 };
        let answer = work.ask((side, hop), "list the keys", ("kms", "ListKeys"), input).await?;
        for key in answer.get("Keys").and_then(Value::as_array).into_iter().flatten() {
            let id = key.get("KeyId").and_then(Value::as_str).unwrap_or_default();
            // Keys that may not be described are somebody else's.
            if let Ok(Some(key)) = describe(work, side, id).await
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
    side: Side,
    hop: u8,
    key: Key,
}

impl KmsKey {
    fn tell(&self, work: &mut Work<'_>, arn: &str) {
        let fact = match self.side {
            Side::Source => &mut work.facts.secret_key_arn,
            Side::Target => &mut work.facts.target_key_arn,
        };
        *fact = Some(arn.to_owned());
    }

    fn unusable(&self, work: &Work<'_>, said: String) -> Box<Trouble> {
        let trouble = Trouble::new(format!("use key {}", self.key.id())).said(said);
        Box::new(trouble.at(self.hop, work.label(self.side)))
    }

    async fn create(&self, work: &Work<'_>) -> Result<String> {
        let input = json!({
            "Description": work.mark(),
            "Tags": [{ "TagKey": "landbridge:movement", "TagValue": work.movement.name }],
        });
        let tried = format!("make a key for {}", self.key.id());
        let place = (self.side, self.hop);
        let answer = work.ask(place, tried.clone(), ("kms", "CreateKey"), input).await?;
        let arn = answer.pointer("/KeyMetadata/Arn").and_then(Value::as_str);
        arn.map(str::to_owned).ok_or_else(|| self.unusable(work, "KMS named no key".into()))
    }
}

#[async_trait]
impl Step for KmsKey {
    fn id(&self) -> String {
        let side = if self.side == Side::Source { "source" } else { "target" };
        format!("{side}.key.{}", self.key.id())
    }

    fn hop(&self) -> u8 {
        self.hop
    }

    fn side(&self) -> Side {
        self.side
    }

    fn what(&self, _: &Work<'_>) -> String {
        format!("key {}", self.key.id())
    }

    fn opens(&self, _: &Work<'_>) -> String {
        match self.side {
            Side::Source => "encrypts the secret".to_owned(),
            Side::Target => "encrypts the objects".to_owned(),
        }
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        match describe(work, self.side, self.key.id()).await? {
            Some(key) if key.state == "Enabled" => {
                self.tell(work, &key.arn);
                Ok(Seen::Same)
            }
            Some(key) => Err(self.unusable(work, format!("its state is {}", key.state))),
            None if matches!(self.key, Key::Existing(_)) => {
                Err(self.unusable(work, "there is no such key".into()))
            }
            None => Ok(Seen::Absent),
        }
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        // A key of ours without its alias: an earlier apply stopped between the two calls.
        let arn = match marked(work, self.side, &work.mark()).await?.pop() {
            Some(arn) => arn,
            None => self.create(work).await?,
        };
        self.tell(work, &arn);
        let input = json!({ "AliasName": self.key.id(), "TargetKeyId": arn });
        let tried = format!("name the key {}", self.key.id());
        work.ask((self.side, self.hop), tried, ("kms", "CreateAlias"), input).await?;
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, _: &Seen) -> Option<Undo> {
        let alias = self.key.id().to_owned();
        Some(Undo::DeleteKey { side: self.side, alias, mark: work.mark() })
    }
}

/// The statement for the writer in the policy of the objects' key.
struct KeyPolicy {
    key: Key,
}

#[async_trait]
impl Step for KeyPolicy {
    fn id(&self) -> String {
        format!("target.key-policy.{}", self.key.id())
    }

    fn hop(&self) -> u8 {
        7
    }

    fn side(&self) -> Side {
        Side::Target
    }

    fn what(&self, _: &Work<'_>) -> String {
        format!("policy of key {}", self.key.id())
    }

    fn opens(&self, work: &Work<'_>) -> String {
        format!("admits {} through S3", work.movement.roles.writer)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let Some(arn) = work.facts.target_key_arn.clone() else { return Ok(Seen::Absent) };
        let input = json!({ "KeyId": arn, "PolicyName": "default" });
        let tried = "read the key's policy";
        let answer = work.ask((Side::Target, 7), tried, ("kms", "GetKeyPolicy"), input).await?;
        let text = policy_text(&answer);
        let wanted = policies::key_statement(work.movement, &work.facts);
        let differences = policies::differences(Some(&text), &[wanted]);
        Ok(match differences.is_empty() {
            true => Seen::Same,
            false => Seen::Differs { prior: Some(text), how: differences.join(", ") },
        })
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        let place = (Side::Target, 7);
        let arn = work.facts.target_key_arn.clone().unwrap_or_default();
        let input = json!({ "KeyId": arn, "PolicyName": "default" });
        let tried = "read the key's policy";
        let answer = work.ask(place, tried, ("kms", "GetKeyPolicy"), input).await?;
        let statement = policies::key_statement(work.movement, &work.facts);
        let policy = policies::merged(Some(&policy_text(&answer)), &[statement]);
        let input = json!({ "KeyId": arn, "PolicyName": "default", "Policy": policy.to_string() });
        let tried = format!("admit the writer to key {}", self.key.id());
        work.ask_patiently(place, tried, ("kms", "PutKeyPolicy"), input).await?;
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, seen: &Seen) -> Option<Undo> {
        let prior = match seen {
            Seen::Differs { prior, .. } => prior.clone(),
            _ => None,
        };
        let sids = vec![policies::sid(&work.movement.name, "Writer")];
        Some(Undo::RestoreKeyPolicy { key: self.key.id().to_owned(), sids, prior })
    }
}
