//! PutItem, UpdateItem, DeleteItem.

use std::collections::BTreeMap;

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::{self, Ask, leading_of, usable};
use super::elder::{Changes, Elder, Expectations};
use super::faults::invalid;
use super::plan::{Change, Expressions, Parsed, Plan};
use super::value::Item;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    table_name: String,
    item: Map<String, Value>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    expected: Option<Expectations>,
    conditional_operator: Option<String>,
    return_values: Option<String>,
    return_values_on_condition_check_failure: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    table_name: String,
    key: Map<String, Value>,
    update_expression: Option<String>,
    attribute_updates: Option<Changes>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    expected: Option<Expectations>,
    conditional_operator: Option<String>,
    return_values: Option<String>,
    return_values_on_condition_check_failure: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteInput {
    table_name: String,
    key: Map<String, Value>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    expected: Option<Expectations>,
    conditional_operator: Option<String>,
    return_values: Option<String>,
    return_values_on_condition_check_failure: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriteAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_collection_metrics: Option<Value>,
}

/// What every write says of itself beside its change.
struct Said<'a> {
    action: &'static str,
    table: &'a str,
    /// The item or its key.
    named: &'a Map<String, Value>,
    returns: Option<&'a str>,
    shown_on_failure: Option<&'a str>,
    consumed: Option<&'a str>,
    collection: Option<&'a str>,
    expressions: Expressions<'a>,
}

impl PutInput {
    fn said(&self) -> Said<'_> {
        Said {
            action: "PutItem",
            table: &self.table_name,
            named: &self.item,
            returns: self.return_values.as_deref(),
            shown_on_failure: self.return_values_on_condition_check_failure.as_deref(),
            consumed: self.return_consumed_capacity.as_deref(),
            collection: self.return_item_collection_metrics.as_deref(),
            expressions: Expressions {
                condition: self.condition_expression.as_deref(),
                update: None,
                names: self.expression_attribute_names.as_ref(),
                values: self.expression_attribute_values.as_ref(),
                without: "ConditionExpression is null",
                elder: Elder {
                    expected: self.expected.as_ref(),
                    operator: self.conditional_operator.as_deref(),
                    updates: None,
                },
            },
        }
    }
}

impl UpdateInput {
    fn said(&self) -> Said<'_> {
        Said {
            action: "UpdateItem",
            table: &self.table_name,
            named: &self.key,
            returns: self.return_values.as_deref(),
            shown_on_failure: self.return_values_on_condition_check_failure.as_deref(),
            consumed: self.return_consumed_capacity.as_deref(),
            collection: self.return_item_collection_metrics.as_deref(),
            expressions: Expressions {
                condition: self.condition_expression.as_deref(),
                update: self.update_expression.as_deref(),
                names: self.expression_attribute_names.as_ref(),
                values: self.expression_attribute_values.as_ref(),
                without: "UpdateExpression and ConditionExpression are null",
                elder: Elder {
                    expected: self.expected.as_ref(),
                    operator: self.conditional_operator.as_deref(),
                    updates: self.attribute_updates.as_ref(),
                },
            },
        }
    }
}

impl DeleteInput {
    fn said(&self) -> Said<'_> {
        Said {
            action: "DeleteItem",
            table: &self.table_name,
            named: &self.key,
            returns: self.return_values.as_deref(),
            shown_on_failure: self.return_values_on_condition_check_failure.as_deref(),
            consumed: self.return_consumed_capacity.as_deref(),
            collection: self.return_item_collection_metrics.as_deref(),
            expressions: Expressions {
                condition: self.condition_expression.as_deref(),
                update: None,
                names: self.expression_attribute_names.as_ref(),
                values: self.expression_attribute_values.as_ref(),
                without: "ConditionExpression is null",
                elder: Elder {
                    expected: self.expected.as_ref(),
                    operator: self.conditional_operator.as_deref(),
                    updates: None,
                },
            },
        }
    }
}

impl Said<'_> {
    /// May the caller write this item, with these attributes, by these expressions?
    fn access(&self, cx: &Cx) -> Result<Access, Fault> {
        let mut names = access::names_of(self.named);
        names.extend(self.expressions.parse()?.attributes);
        Ask::new(self.action, self.table)
            .leading(leading_of(cx, self.table, self.named)?)
            .attributes(names)
            .with("dynamodb:ReturnValues", self.returns)
            .with("dynamodb:ReturnConsumedCapacity", self.consumed)
            .access(cx)
    }

    /// PutItem and DeleteItem have nothing new to return.
    fn check_returns(&self) -> Result<(), Fault> {
        match self.returns {
            None | Some("NONE" | "ALL_OLD") => Ok(()),
            Some(_) => Err(invalid("Return values set to invalid value")),
        }
    }

    fn carry_out(&self, cx: &mut Cx, plan: &Plan) -> Result<WriteAnswer, Fault> {
        let outcome = plan.outcome(cx)?;
        plan.carry_out(cx, &outcome)?;
        Ok(WriteAnswer {
            attributes: plan.returned(&outcome, self.returns),
            consumed_capacity: match self.consumed {
                None | Some("NONE") => None,
                asked => plan.consumed(&outcome).shown(asked, self.table),
            },
            item_collection_metrics: plan.collection(self.collection),
        })
    }
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    input.said().access(cx)
}

/// PutItem.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<WriteAnswer, Fault> {
    let said = input.said();
    let table = usable(cx, said.table)?;
    said.check_returns()?;
    let Parsed { condition, .. } = said.expressions.parse()?;
    let plan = Plan::put(table, said.named)?.provided(condition, said.shown_on_failure);
    said.carry_out(cx, &plan)
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    input.said().access(cx)
}

/// UpdateItem: without an expression it makes the item if it is absent.
pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<WriteAnswer, Fault> {
    let said = input.said();
    let table = usable(cx, said.table)?;
    let Parsed { condition, update, .. } = said.expressions.parse()?;
    let change = Change::Update(update.unwrap_or_default());
    let plan = Plan::keyed(table, said.named, change)?.provided(condition, said.shown_on_failure);
    said.carry_out(cx, &plan)
}

pub(super) fn delete_access(cx: &Cx, input: &DeleteInput) -> Result<Access, Fault> {
    input.said().access(cx)
}

/// DeleteItem: one that is absent is deleted all the same.
pub(super) fn delete(cx: &mut Cx, input: DeleteInput) -> Result<WriteAnswer, Fault> {
    let said = input.said();
    let table = usable(cx, said.table)?;
    said.check_returns()?;
    let Parsed { condition, .. } = said.expressions.parse()?;
    let plan =
        Plan::keyed(table, said.named, Change::Delete)?.provided(condition, said.shown_on_failure);
    said.carry_out(cx, &plan)
}
