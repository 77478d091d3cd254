//! The secret with the database user's login.
//!
//! Made before the user: the password is drawn here, and a crash between the two leaves a secret
//! from which the user can still be made.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Seen, Step};
use crate::aws::Secret;
use crate::context::Context;
use crate::file::Movement;
use crate::place::Account;
use crate::trouble::{Result, Trouble};
use crate::undo::Undo;
use crate::work::Work;

pub(super) fn id(movement: &Movement) -> String {
    format!("{}.secret", movement.section(Account::Warehouse))
}

/// Letters and digits that look different from each other.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const PASSWORD_LENGTH: usize = 40;

pub(super) struct LoginSecret;

#[async_trait]
impl Step for LoginSecret {
    fn id(&self, movement: &Movement) -> String {
        id(movement)
    }

    fn hop(&self) -> u8 {
        3
    }

    fn account(&self) -> Account {
        Account::Warehouse
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("secret {}", work.movement.warehouse.secret)
    }

    fn opens(&self, work: &Work<'_>) -> String {
        format!("holds the login of {}", work.movement.warehouse.user)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let name = work.movement.warehouse.secret.clone();
        let call = work.call(
            Account::Warehouse,
            "secretsmanager",
            "DescribeSecret",
            json!({ "SecretId": name }),
        );
        let answer = match call.await {
            Ok(answer) => answer,
            Err(error) if error.is_missing() => return Ok(Seen::Absent),
            Err(error) => {
                return Err(work
                    .refused(Account::Warehouse, 3, format!("look at secret {name}"), &error)
                    .await);
            }
        };
        let text = |member: &str| answer.get(member).and_then(Value::as_str).map(str::to_owned);
        if answer.get("DeletedDate").is_some_and(|date| !date.is_null()) {
            let trouble = Trouble::new(format!("use secret {name}"))
                .said("it is scheduled for deletion")
                .fix(format!(
                    "aws secretsmanager restore-secret --secret-id {name} --profile {}",
                    work.warehouse.label
                ));
            return Err(Box::new(trouble.at(3, work.label(Account::Warehouse))));
        }
        work.facts.secret_arn = text("ARN");
        if let Some(key) = text("KmsKeyId") {
            // The secret may carry its key as alias or id; the policy needs the ARN.
            let described = super::key::describe(work, Account::Warehouse, &key).await?;
            work.facts.secret_key_arn = described.map(|key| key.arn);
        }
        Ok(Seen::Same)
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        let source = work.movement.warehouse.clone();
        let cluster = work.cluster()?.clone();
        let login = json!({
            "engine": "redshift",
            "host": cluster.host,
            "port": cluster.port,
            "username": source.user,
            "password": password(work.cx).reveal(),
            "dbname": source.database,
            "dbClusterIdentifier": source.cluster,
        });
        let mut input = json!({
            "Name": source.secret,
            "Description": work.mark(),
            "SecretString": login.to_string(),
            "ClientRequestToken": work.random_hex::<16>(),
            "Tags": [{ "Key": "landbridge:movement", "Value": work.movement.name }],
        });
        if let (Some(members), Some(key)) = (input.as_object_mut(), &work.facts.secret_key_arn) {
            members.insert("KmsKeyId".into(), json!(key));
        }
        let tried = format!("make secret {}", source.secret);
        let call = ("secretsmanager", "CreateSecret");
        let answer = work.ask((Account::Warehouse, 3), tried, call, input).await?;
        work.facts.secret_arn = answer.get("ARN").and_then(Value::as_str).map(str::to_owned);
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, _: &Seen) -> Option<Undo> {
        Some(Undo::DeleteSecret { name: work.movement.warehouse.secret.clone() })
    }
}

/// A password by Redshift's rules ("CREATE USER": 8 to 64 characters, upper, lower, digit).
pub(crate) fn password(cx: &Context) -> Secret {
    // One letter of each required kind in front, whatever the draw.
    let mut text = String::from("Lb4");
    while text.len() < PASSWORD_LENGTH {
        let mut byte = [0u8];
        cx.entropy.fill(&mut byte);
        // Bytes beyond the last whole multiple would favour the first letters: drawn again.
        let letter = byte.first().map(|byte| usize::from(*byte)).unwrap_or_default();
        if letter < 256 - 256 % ALPHABET.len() {
            text.extend(ALPHABET.get(letter % ALPHABET.len()).map(|letter| char::from(*letter)));
        }
    }
    Secret::new(text)
}
