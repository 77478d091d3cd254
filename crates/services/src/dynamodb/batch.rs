//! BatchGetItem and BatchWriteItem: many items of many tables, each by itself.

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access::{self, Ask, leading_of, usable};
use super::capacity::{Consumed, Read};
use super::expression::Placeholders;
use super::faults::invalid;
use super::get::{Wanted, names_without};
use super::plan::{Change, Plan};
use super::state;
use super::value::{Item, read, size};

/// Items of one BatchGetItem.
const MAX_READS: usize = 100;
/// Items of one BatchWriteItem.
const MAX_WRITES: usize = 25;
/// Bytes that one BatchGetItem answers.
const MAX_BYTES: usize = 16 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    request_items: BTreeMap<String, Keys>,
    return_consumed_capacity: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    keys: Vec<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes_to_get: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consistent_read: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projection_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression_attribute_names: Option<BTreeMap<String, String>>,
}

impl Keys {
    fn wanted(&self) -> Result<Wanted, Fault> {
        let names = self.expression_attribute_names.as_ref();
        names_without(names, self.projection_expression.is_some())?;
        let known = Placeholders::read(names, None)?;
        let expression = self.projection_expression.as_deref();
        let wanted = Wanted::read(expression, self.attributes_to_get.as_ref(), &known)?;
        known.all_used()?;
        Ok(wanted)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    responses: BTreeMap<String, Vec<Item>>,
    unprocessed_keys: BTreeMap<String, Keys>,
    consumed_capacity: Option<Vec<Value>>,
}

pub(super) fn get_access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    let mut access = Access::default();
    for (table, keys) in &input.request_items {
        let wanted = keys.wanted()?;
        let mut names: BTreeSet<String> = keys.keys.iter().flat_map(access::names_of).collect();
        names.extend(wanted.names());
        let ask = Ask::new("BatchGetItem", table)
            .leading(leading(cx, table, keys.keys.iter())?)
            .attributes(names)
            .with("dynamodb:Select", Some(wanted.select()))
            .with("dynamodb:ReturnConsumedCapacity", input.return_consumed_capacity.as_deref());
        access = access.and(ask.check(cx)?);
    }
    Ok(access)
}

fn leading<'k>(
    cx: &Cx,
    table: &str,
    items: impl Iterator<Item = &'k Map<String, Value>>,
) -> Result<Vec<super::value::Attr>, Fault> {
    let values = items.map(|item| leading_of(cx, table, item));
    Ok(values.collect::<Result<Vec<_>, Fault>>()?.into_iter().flatten().collect())
}

/// BatchGetItem: what does not fit in an answer is left for another.
pub(super) fn get(cx: &Cx, input: GetInput) -> Result<GetAnswer, Fault> {
    let count: usize = input.request_items.values().map(|keys| keys.keys.len()).sum();
    if count > MAX_READS {
        return Err(invalid("Too many items requested for the BatchGetItem call"));
    }
    let asked = input.return_consumed_capacity.as_deref();
    let mut answer = GetAnswer {
        responses: BTreeMap::new(),
        unprocessed_keys: BTreeMap::new(),
        consumed_capacity: None,
    };
    let mut bytes = 0;
    for (name, keys) in input.request_items {
        let table = usable(cx, &name)?;
        let wanted = keys.wanted()?;
        let consistency = Read::of(keys.consistent_read);
        let places = places(&keys.keys, |key| table.schema.place_of_key(&read(key)?))?;
        let mut units = 0.0;
        let mut items = Vec::new();
        let mut left = Vec::new();
        for (place, key) in places.iter().zip(&keys.keys) {
            if bytes >= MAX_BYTES {
                left.push(key.clone());
                continue;
            }
            let found = state::item(cx, &table, place)?;
            let found_bytes = found.as_ref().map_or(0, size);
            bytes += found_bytes;
            units += consistency.units(found_bytes);
            items.extend(found.map(|item| wanted.of(item)));
        }
        if let Some(consumed) = Consumed::read(None, units).shown(asked, &name) {
            answer.consumed_capacity.get_or_insert_default().push(consumed);
        }
        if !left.is_empty() {
            answer.unprocessed_keys.insert(name.clone(), Keys { keys: left, ..keys.clone() });
        }
        answer.responses.insert(name, items);
    }
    Ok(answer)
}

/// The place of each, all of them different.
fn places<K>(
    keys: &[K],
    place: impl Fn(&K) -> Result<String, Fault>,
) -> Result<Vec<String>, Fault> {
    let places: Vec<String> = keys.iter().map(place).collect::<Result<_, _>>()?;
    let different: BTreeSet<&String> = places.iter().collect();
    if different.len() < places.len() {
        return Err(invalid("Provided list of item keys contains duplicates"));
    }
    Ok(places)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriteInput {
    request_items: BTreeMap<String, Vec<Request>>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    put_request: Option<Put>,
    delete_request: Option<Delete>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    item: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    key: Map<String, Value>,
}

impl Request {
    /// The item or key that it names.
    fn named(&self) -> Option<&Map<String, Value>> {
        let put = self.put_request.as_ref().map(|put| &put.item);
        put.or(self.delete_request.as_ref().map(|delete| &delete.key))
    }

    fn plan(&self, table: &state::TableRecord) -> Result<Plan, Fault> {
        match (&self.put_request, &self.delete_request) {
            (Some(put), None) => Plan::put(table.clone(), &put.item),
            (None, Some(delete)) => Plan::keyed(table.clone(), &delete.key, Change::Delete),
            _ => Err(invalid(
                "Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest",
            )),
        }
    }
}

pub(super) fn write_access(cx: &Cx, input: &WriteInput) -> Result<Access, Fault> {
    let mut access = Access::default();
    for (table, requests) in &input.request_items {
        let named = || requests.iter().filter_map(Request::named);
        let ask = Ask::new("BatchWriteItem", table)
            .leading(leading(cx, table, named())?)
            .attributes(named().flat_map(access::names_of).collect())
            .with("dynamodb:ReturnConsumedCapacity", input.return_consumed_capacity.as_deref());
        access = access.and(ask.check(cx)?);
    }
    Ok(access)
}

/// BatchWriteItem. Nothing is throttled, so nothing is left unprocessed.
pub(super) fn write(cx: &mut Cx, input: WriteInput) -> Result<Value, Fault> {
    let count: usize = input.request_items.values().map(Vec::len).sum();
    if count > MAX_WRITES {
        return Err(invalid("Too many items requested for the BatchWriteItem call"));
    }
    let mut plans = Vec::new();
    for (name, requests) in &input.request_items {
        let table = usable(cx, name)?;
        let of_table: Vec<Plan> =
            requests.iter().map(|request| request.plan(&table)).collect::<Result<_, _>>()?;
        places(&of_table, |plan| Ok(plan.place.clone()))?;
        plans.push((name, of_table));
    }
    let asked = input.return_consumed_capacity.as_deref();
    let mut capacity = Vec::new();
    let mut metrics = Map::new();
    for (name, plans) in plans {
        let mut consumed = Consumed::default();
        let mut collections = Vec::new();
        for plan in plans {
            let outcome = plan.outcome(cx)?;
            plan.carry_out(cx, &outcome)?;
            consumed = consumed.plus(plan.consumed(&outcome));
            collections.extend(plan.collection(input.return_item_collection_metrics.as_deref()));
        }
        capacity.extend(consumed.shown(asked, name));
        if !collections.is_empty() {
            metrics.insert(name.clone(), collections.into());
        }
    }
    let consumed_capacity = (!capacity.is_empty()).then_some(capacity);
    let item_collection_metrics = (!metrics.is_empty()).then_some(metrics);
    Ok(json!({
        "UnprocessedItems": {},
        "ConsumedCapacity": consumed_capacity,
        "ItemCollectionMetrics": item_collection_metrics,
    }))
}
