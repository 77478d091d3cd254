//! The DynamoDB table that is loaded. It belongs to its owner: it is looked at, never made.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Seen, Step};
use crate::file::{Movement, Place};
use crate::place::Account;
use crate::trouble::{Result, Trouble};
use crate::undo::Undo;
use crate::work::Work;

pub(super) struct Table;

/// The name of the movement's table.
fn name(movement: &Movement) -> &str {
    match &movement.store.place {
        Place::Table(table) => table,
        Place::Bucket { .. } => "",
    }
}

#[async_trait]
impl Step for Table {
    fn id(&self, movement: &Movement) -> String {
        format!("{}.table", movement.section(Account::Store))
    }

    fn hop(&self) -> u8 {
        7
    }

    fn account(&self) -> Account {
        Account::Store
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("DynamoDB table {}", name(work.movement))
    }

    fn opens(&self, work: &Work<'_>) -> String {
        format!("in {}, owned by {}", work.facts.store_region, work.facts.store_account)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let table = name(work.movement);
        let input = json!({ "TableName": table });
        let error = match work.call(Account::Store, "dynamodb", "DescribeTable", input).await {
            Ok(answer) => return usable(work, table, &answer),
            Err(error) => error,
        };
        let tried = format!("look at DynamoDB table {table}");
        let trouble = work.refused(Account::Store, 7, tried, &error).await;
        let fix = format!("correct `dynamodb` or `region` under [source] in {}", work.file());
        Err(if error.is_missing() { Box::new(trouble.fix(fix)) } else { trouble })
    }

    async fn make(&self, _: &mut Work<'_>, _: &Seen) -> Result<()> {
        Ok(())
    }

    fn undo(&self, _: &Work<'_>, _: &Seen) -> Option<Undo> {
        None
    }
}

/// A table can be scanned while it is ACTIVE or UPDATING ("TableDescription", DynamoDB API Reference).
fn usable(work: &Work<'_>, table: &str, answer: &Value) -> Result<Seen> {
    match answer.pointer("/Table/TableStatus").and_then(Value::as_str) {
        Some("ACTIVE" | "UPDATING") | None => Ok(Seen::Same),
        Some(other) => {
            let trouble = Trouble::new(format!("use DynamoDB table {table}"))
                .said(format!("its state is {other}"));
            Err(Box::new(trouble.at(7, work.label(Account::Store))))
        }
    }
}
