//! TransactGetItems and TransactWriteItems ("Amazon DynamoDB Transactions: How it works").
//!
//! A transaction is one transaction of the store, so it never meets another one half-way: conflicts
//! as DynamoDB has them do not arise. Start at [`write`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access::{self, Ask, leading_of, usable};
use super::capacity::{Consumed, Read};
use super::elder::Elder;
use super::expression::Placeholders;
use super::faults::invalid;
use super::get::{Wanted, names_without};
use super::plan::{Change, Expressions, Outcome, Parsed, Plan};
use super::state::{self, TokenRecord};
use super::value::{read, size};

/// Bytes of all items of a transaction.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// How long a client's token means the same transaction.
fn token_time() -> Duration {
    Duration::minutes(10)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    transact_items: Vec<GetItem>,
    return_consumed_capacity: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetItem {
    get: Get,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    key: Map<String, Value>,
    table_name: String,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
}

impl Get {
    fn wanted(&self) -> Result<Wanted, Fault> {
        let names = self.expression_attribute_names.as_ref();
        names_without(names, self.projection_expression.is_some())?;
        let known = Placeholders::read(names, None)?;
        let wanted = Wanted::read(self.projection_expression.as_deref(), None, &known)?;
        known.all_used()?;
        Ok(wanted)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    responses: Vec<Value>,
    consumed_capacity: Option<Vec<Value>>,
}

pub(super) fn get_access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    let mut access = Access::default();
    for GetItem { get } in &input.transact_items {
        let wanted = get.wanted()?;
        let mut names = access::names_of(&get.key);
        names.extend(wanted.names());
        let check = Ask::new("GetItem", &get.table_name)
            .leading(leading_of(cx, &get.table_name, &get.key)?)
            .attributes(names)
            .with("dynamodb:Select", Some(wanted.select()))
            .with("dynamodb:EnclosingOperation", Some("TransactGetItems"))
            .with("dynamodb:ReturnConsumedCapacity", input.return_consumed_capacity.as_deref())
            .check(cx)?;
        access = access.and(check);
    }
    Ok(access)
}

/// TransactGetItems.
pub(super) fn get(cx: &Cx, input: GetInput) -> Result<GetAnswer, Fault> {
    let mut reasons = Reasons::default();
    let mut seen = BTreeSet::new();
    let mut responses = Vec::new();
    let mut consumed: BTreeMap<String, Consumed> = BTreeMap::new();
    for GetItem { get } in &input.transact_items {
        let table = usable(cx, &get.table_name)?;
        let wanted = get.wanted()?;
        let place = match read(&get.key).and_then(|key| table.schema.place_of_key(&key)) {
            Ok(place) => place,
            Err(fault) => {
                reasons.failed("ValidationError", fault);
                continue;
            }
        };
        reasons.fine();
        once(&mut seen, &table.id, &place)?;
        let found = state::item(cx, &table, &place)?;
        let units = Read::Transactional.units(found.as_ref().map_or(0, size));
        let of_table = consumed.entry(get.table_name.clone()).or_default();
        *of_table = std::mem::take(of_table)
            .plus(Consumed::read(None, units))
            .of_transaction("ReadCapacityUnits");
        let item = found.map(|item| wanted.of(item));
        responses.push(item.map_or_else(|| json!({}), |item| json!({ "Item": item })));
    }
    reasons.settle()?;
    let consumed_capacity = shown(&consumed, input.return_consumed_capacity.as_deref());
    Ok(GetAnswer { responses, consumed_capacity })
}

fn once(seen: &mut BTreeSet<String>, table: &str, place: &str) -> Result<(), Fault> {
    if seen.insert(format!("{table}/{place}")) {
        return Ok(());
    }
    Err(invalid("Transaction request cannot include multiple operations on one item"))
}

fn shown(consumed: &BTreeMap<String, Consumed>, asked: Option<&str>) -> Option<Vec<Value>> {
    let shown: Vec<Value> =
        consumed.iter().filter_map(|(table, consumed)| consumed.shown(asked, table)).collect();
    (!shown.is_empty()).then_some(shown)
}

/// Why a transaction is cancelled, by its actions.
#[derive(Default)]
struct Reasons {
    codes: Vec<&'static str>,
    shown: Vec<Value>,
}

impl Reasons {
    fn fine(&mut self) {
        self.codes.push("None");
        self.shown.push(json!({ "Code": "None" }));
    }

    fn failed(&mut self, code: &'static str, fault: Fault) {
        let mut shown = json!({ "Code": code, "Message": fault.message });
        if let (Some(item), Some(members)) = (fault.detail.get("Item"), shown.as_object_mut()) {
            members.insert("Item".to_owned(), item.clone());
        }
        self.codes.push(code);
        self.shown.push(shown);
    }

    fn settle(self) -> Result<(), Fault> {
        if self.codes.iter().all(|code| *code == "None") {
            return Ok(());
        }
        let text = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            self.codes.join(", ")
        );
        let fault = Fault::new("TransactionCanceledException", text).status(400);
        Err(fault.with_detail("CancellationReasons", self.shown.into()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriteInput {
    /// As they came, so that a repeated request can be known again.
    transact_items: Vec<Value>,
    client_request_token: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WriteItem {
    condition_check: Option<Action>,
    put: Option<Action>,
    delete: Option<Action>,
    update: Option<Action>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Action {
    table_name: String,
    item: Option<Map<String, Value>>,
    key: Option<Map<String, Value>>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
    return_values_on_condition_check_failure: Option<String>,
}

/// What an action does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Check,
    Put,
    Delete,
    Update,
}

impl WriteItem {
    /// The one action.
    fn only(self) -> Result<(Kind, Action), Fault> {
        let Self { condition_check, put, delete, update } = self;
        let all = [
            (Kind::Check, condition_check),
            (Kind::Put, put),
            (Kind::Delete, delete),
            (Kind::Update, update),
        ];
        let mut given = all.into_iter().filter_map(|(kind, action)| Some((kind, action?)));
        match (given.next(), given.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(invalid("TransactItems can only contain one of Check, Put, Update or Delete")),
        }
    }
}

impl Action {
    fn named(&self) -> Result<&Map<String, Value>, Fault> {
        let named = self.item.as_ref().or(self.key.as_ref());
        named.ok_or_else(|| invalid("The provided key element does not match the schema"))
    }

    fn parse(&self) -> Result<Parsed, Fault> {
        let expressions = Expressions {
            condition: self.condition_expression.as_deref(),
            update: self.update_expression.as_deref(),
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
            without: "ConditionExpression is null",
            elder: Elder::default(),
        };
        expressions.parse()
    }

    fn check(&self, cx: &Cx, kind: Kind) -> Result<Check, Fault> {
        let action = match kind {
            Kind::Check => "ConditionCheckItem",
            Kind::Put => "PutItem",
            Kind::Delete => "DeleteItem",
            Kind::Update => "UpdateItem",
        };
        let named = self.named()?;
        let mut names = access::names_of(named);
        names.extend(self.parse()?.attributes);
        Ask::new(action, &self.table_name)
            .leading(leading_of(cx, &self.table_name, named)?)
            .attributes(names)
            .with("dynamodb:EnclosingOperation", Some("TransactWriteItems"))
            .check(cx)
    }

    /// The plan; a fault of the item's own cancels the transaction, one of an expression does not
    /// begin it.
    fn plan(&self, cx: &Cx, kind: Kind) -> Result<Result<Plan, Fault>, Fault> {
        let table = usable(cx, &self.table_name)?;
        let Parsed { condition, update, .. } = self.parse()?;
        let named = self.named()?;
        let plan = match kind {
            Kind::Put => Plan::put(table, named),
            Kind::Delete => Plan::keyed(table, named, Change::Delete),
            Kind::Check => Plan::keyed(table, named, Change::Check),
            Kind::Update => Plan::keyed(table, named, Change::Update(update.unwrap_or_default())),
        };
        let shown = self.return_values_on_condition_check_failure.as_deref();
        Ok(plan.map(|plan| plan.provided(condition, shown)))
    }
}

fn actions(input: &WriteInput) -> Result<Vec<(Kind, Action)>, Fault> {
    let read = |item: &Value| {
        let item = WriteItem::deserialize(item).map_err(|error| invalid(error.to_string()))?;
        item.only()
    };
    input.transact_items.iter().map(read).collect()
}

pub(super) fn write_access(cx: &Cx, input: &WriteInput) -> Result<Access, Fault> {
    let mut access = Access::default();
    for (kind, action) in actions(input)? {
        access = access.and(action.check(cx, kind)?);
    }
    Ok(access)
}

/// TransactWriteItems: all of it, or nothing and the reasons.
pub(super) fn write(cx: &mut Cx, input: WriteInput) -> Result<Value, Fault> {
    if repeated(cx, &input)? {
        return Ok(json!({}));
    }
    let mut reasons = Reasons::default();
    let mut seen = BTreeSet::new();
    let mut plans = Vec::new();
    for (kind, action) in actions(&input)? {
        let outcome = action.plan(cx, kind)?;
        let outcome = outcome.and_then(|plan| {
            once(&mut seen, &plan.table.id, &plan.place)?;
            Ok((plan.outcome(cx)?, plan))
        });
        match outcome {
            Ok((outcome, plan)) => {
                reasons.fine();
                plans.push((action.table_name, plan, outcome));
            }
            Err(fault) => match fault.code.as_ref() {
                "ConditionalCheckFailedException" => {
                    reasons.failed("ConditionalCheckFailed", fault);
                }
                "ValidationException" if !fault.message.starts_with("Transaction request") => {
                    reasons.failed("ValidationError", fault);
                }
                _ => return Err(fault),
            },
        }
    }
    reasons.settle()?;
    let bytes: usize = plans.iter().map(|(_, _, outcome)| touched(outcome)).sum();
    if bytes > MAX_BYTES {
        return Err(invalid("Transaction request exceeds the aggregate size limit of 4 MB"));
    }
    finish(cx, &input, plans)
}

fn touched(outcome: &Outcome) -> usize {
    outcome.after.as_ref().or(outcome.before.as_ref()).map_or(0, size)
}

fn finish(
    cx: &mut Cx,
    input: &WriteInput,
    plans: Vec<(String, Plan, Outcome)>,
) -> Result<Value, Fault> {
    let mut consumed: BTreeMap<String, Consumed> = BTreeMap::new();
    let mut metrics: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (table, plan, outcome) in plans {
        plan.carry_out(cx, &outcome)?;
        let units = plan.consumed(&outcome).of_transaction("WriteCapacityUnits");
        let of_table = consumed.entry(table.clone()).or_default();
        *of_table = units.plus(std::mem::take(of_table));
        if let Some(collection) = plan.collection(input.return_item_collection_metrics.as_deref()) {
            metrics.entry(table).or_default().push(collection);
        }
    }
    if let Some(token) = &input.client_request_token {
        let record = TokenRecord { request: digest(input), until: cx.now() + token_time() };
        state::put_token(cx, token, &record)?;
    }
    let metrics = (!metrics.is_empty()).then_some(metrics);
    Ok(json!({
        "ConsumedCapacity": shown(&consumed, input.return_consumed_capacity.as_deref()),
        "ItemCollectionMetrics": metrics,
    }))
}

/// Whether the same transaction was carried out under the same token; another one is refused.
fn repeated(cx: &Cx, input: &WriteInput) -> Result<bool, Fault> {
    let Some(token) = &input.client_request_token else { return Ok(false) };
    match state::token(cx, token)? {
        None => Ok(false),
        Some(known) if known.request == digest(input) => Ok(true),
        Some(_) => {
            let text = "The request uses the same client token as a previous, but non-identical \
                        request. Do not reuse a client token with different requests, unless the \
                        requests are identical";
            Err(Fault::new("IdempotentParameterMismatchException", text).status(400))
        }
    }
}

fn digest(input: &WriteInput) -> String {
    let text = Value::from(input.transact_items.clone()).to_string();
    hex::encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
}
