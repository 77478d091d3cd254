//! Query and Scan: pages of items in the order of their keys, or of a hash of them.
//!
//! A page ends at its limit, at one megabyte or at the end; filters are applied to what was read.
//! Start at [`query`] and [`scan`], then [`Search::page`].

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::{Ask, find, usable};
use super::capacity::{Consumed, Read};
use super::elder::{self, Rules};
use super::expression::{self, Condition, Placeholders};
use super::faults::{bad_value, invalid};
use super::get::{Wanted, mixed, names_without};
use super::key::{Schema, segment};
use super::key_condition::KeyRange;
use super::state::{self, IndexRecord, LAST, Projected, Status, TableRecord, Walk};
use super::value::{Item, read, size};

/// Bytes of items that one page reads.
const PAGE_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueryInput {
    table_name: String,
    index_name: Option<String>,
    select: Option<String>,
    attributes_to_get: Option<Vec<String>>,
    limit: Option<usize>,
    consistent_read: Option<bool>,
    scan_index_forward: Option<bool>,
    exclusive_start_key: Option<Map<String, Value>>,
    return_consumed_capacity: Option<String>,
    projection_expression: Option<String>,
    filter_expression: Option<String>,
    key_condition_expression: Option<String>,
    key_conditions: Option<Rules>,
    query_filter: Option<Rules>,
    conditional_operator: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScanInput {
    table_name: String,
    index_name: Option<String>,
    select: Option<String>,
    attributes_to_get: Option<Vec<String>>,
    limit: Option<usize>,
    consistent_read: Option<bool>,
    exclusive_start_key: Option<Map<String, Value>>,
    return_consumed_capacity: Option<String>,
    scan_filter: Option<Rules>,
    conditional_operator: Option<String>,
    total_segments: Option<u64>,
    segment: Option<u64>,
    projection_expression: Option<String>,
    filter_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Map<String, Value>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PageAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Item>>,
    count: usize,
    scanned_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_evaluated_key: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Value>,
}

/// What Query and Scan have in common.
struct Search<'a> {
    given: &'a str,
    index: Option<&'a str>,
    select: Option<&'a str>,
    limit: Option<usize>,
    consistent: Option<bool>,
    start: Option<&'a Map<String, Value>>,
    consumed: Option<&'a str>,
    attributes: Option<&'a Vec<String>>,
    projection: Option<&'a str>,
    filter: Option<&'a str>,
    keys: Option<&'a str>,
    names: Option<&'a BTreeMap<String, String>>,
    values: Option<&'a Map<String, Value>>,
    without: &'static str,
    elder_keys: Option<&'a Rules>,
    elder_filter: Option<&'a Rules>,
    operator: Option<&'a str>,
}

/// Its expressions, parsed.
struct Parsed {
    keys: Option<Condition>,
    filter: Option<Condition>,
    /// The attributes that the filter names.
    filtered: BTreeSet<String>,
    wanted: Wanted,
    attributes: BTreeSet<String>,
}

/// Where a search goes.
struct Range {
    from: String,
    to: String,
    backwards: bool,
    /// Whether a place to go on from must lie within.
    bounded: bool,
}

impl QueryInput {
    fn search(&self) -> Search<'_> {
        Search {
            given: &self.table_name,
            index: self.index_name.as_deref(),
            select: self.select.as_deref(),
            limit: self.limit,
            consistent: self.consistent_read,
            start: self.exclusive_start_key.as_ref(),
            consumed: self.return_consumed_capacity.as_deref(),
            attributes: self.attributes_to_get.as_ref(),
            projection: self.projection_expression.as_deref(),
            filter: self.filter_expression.as_deref(),
            keys: self.key_condition_expression.as_deref(),
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
            without: "FilterExpression and KeyConditionExpression are null",
            elder_keys: self.key_conditions.as_ref(),
            elder_filter: self.query_filter.as_ref(),
            operator: self.conditional_operator.as_deref(),
        }
    }
}

impl ScanInput {
    fn search(&self) -> Search<'_> {
        Search {
            given: &self.table_name,
            index: self.index_name.as_deref(),
            select: self.select.as_deref(),
            limit: self.limit,
            consistent: self.consistent_read,
            start: self.exclusive_start_key.as_ref(),
            consumed: self.return_consumed_capacity.as_deref(),
            attributes: self.attributes_to_get.as_ref(),
            projection: self.projection_expression.as_deref(),
            filter: self.filter_expression.as_deref(),
            keys: None,
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
            without: "FilterExpression is null",
            elder_keys: None,
            elder_filter: self.scan_filter.as_ref(),
            operator: self.conditional_operator.as_deref(),
        }
    }
}

impl Search<'_> {
    fn parse(&self) -> Result<Parsed, Fault> {
        let conditions = self.filter.is_some() || self.keys.is_some();
        names_without(self.names, conditions || self.projection.is_some())?;
        if self.values.is_some() && !conditions {
            let text = "ExpressionAttributeValues can only be specified when using expressions: ";
            return Err(invalid(format!("{text}{}", self.without)));
        }
        let elder = [
            self.elder_keys.map(|_| "KeyConditions"),
            self.elder_filter.map(|_| "QueryFilter"),
            self.operator.map(|_| "ConditionalOperator"),
            self.attributes.map(|_| "AttributesToGet"),
        ];
        let elder = elder.into_iter().flatten().next();
        if let (true, Some(elder)) = (conditions || self.projection.is_some(), elder) {
            let used = match (self.keys, self.filter) {
                (Some(_), _) => "KeyConditionExpression",
                (None, Some(_)) => "FilterExpression",
                (None, None) => "ProjectionExpression",
            };
            return Err(mixed(used, elder));
        }
        let known = Placeholders::read(self.names, self.values)?;
        let parse = |what, text: Option<&str>| {
            text.map(|text| expression::condition(what, text, &known)).transpose()
        };
        let filter = parse("FilterExpression", self.filter)?;
        let filter = filter.or(elder::filter(self.elder_filter, self.operator)?);
        let mut filtered = known.attributes();
        filtered.extend(self.elder_filter.into_iter().flat_map(BTreeMap::keys).cloned());
        let keys = parse("KeyConditionExpression", self.keys)?;
        let keys = keys.or(elder::filter(self.elder_keys, None)?);
        let wanted = Wanted::read(self.projection, self.attributes, &known)?;
        known.all_used()?;
        let mut attributes = known.attributes();
        attributes.extend(filtered.iter().cloned().chain(wanted.names()));
        attributes.extend(self.elder_keys.into_iter().flat_map(BTreeMap::keys).cloned());
        Ok(Parsed { keys, filter, filtered, wanted, attributes })
    }

    /// `Select`, as asked for or as it follows.
    fn selected(&self, wanted: &Wanted) -> Result<&str, Fault> {
        match self.select {
            Some(select) if wanted.is_some() && select != "SPECIFIC_ATTRIBUTES" => {
                Err(invalid(format!(
                    "Cannot specify the {} when choosing to get {}",
                    if self.projection.is_some() {
                        "ProjectionExpression"
                    } else {
                        "AttributesToGet"
                    },
                    match select {
                        "COUNT" => "only the Count",
                        other => other,
                    }
                )))
            }
            Some("SPECIFIC_ATTRIBUTES") if !wanted.is_some() => Err(bad_value(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get \
                 SPECIFIC_ATTRIBUTES",
            )),
            Some("ALL_PROJECTED_ATTRIBUTES") if self.index.is_none() => Err(bad_value(
                "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
            )),
            Some(select) => Ok(select),
            None if wanted.is_some() => Ok("SPECIFIC_ATTRIBUTES"),
            None if self.index.is_some() => Ok("ALL_PROJECTED_ATTRIBUTES"),
            None => Ok("ALL_ATTRIBUTES"),
        }
    }

    fn access(&self, cx: &Cx, action: &str) -> Result<Access, Fault> {
        let parsed = self.parse()?;
        let ask = Ask::new(action, self.given)
            .on_index(self.index)
            .attributes(parsed.attributes)
            .with("dynamodb:Select", Some(self.selected(&parsed.wanted)?))
            .with("dynamodb:ReturnConsumedCapacity", self.consumed);
        let Some(keys) = parsed.keys else { return ask.access(cx) };
        let Some(table) = find(cx, self.given)? else { return ask.access(cx) };
        let index = self.index.and_then(|name| table.indexes.iter().find(|i| i.name == name));
        let schema = index.map_or(&table.schema, |index| &index.schema);
        // A condition that does not fit the table is the handler's to refuse: what the table's keys
        // are is for those who may ask.
        ask.leading(KeyRange::of(schema, &keys).ok().map(|range| range.leading)).access(cx)
    }

    fn index<'t>(&self, cx: &Cx, table: &'t TableRecord) -> Result<Option<&'t IndexRecord>, Fault> {
        let Some(name) = self.index else { return Ok(None) };
        let index = table.indexes(cx.now()).find(|index| index.name == name);
        let Some(index) = index else {
            return Err(invalid(format!("The table does not have the specified index: {name}")));
        };
        if index.status(cx.now()) != Status::Active {
            let text = format!("Cannot read from backfilling global secondary index: {name}");
            return Err(invalid(text));
        }
        if index.global && self.consistent == Some(true) {
            return Err(invalid("Consistent reads are not supported on global secondary indexes"));
        }
        if index.global
            && self.select == Some("ALL_ATTRIBUTES")
            && index.projected != Projected::All
        {
            return Err(bad_value(format!(
                "Select type ALL_ATTRIBUTES is not supported for global secondary index {name} \
                 because its projection type is not ALL"
            )));
        }
        Ok(Some(index))
    }

    /// The place behind which the page begins.
    fn after(
        &self,
        table: &TableRecord,
        index: Option<&IndexRecord>,
        range: &Range,
    ) -> Result<Option<String>, Fault> {
        let Some(start) = self.start else { return Ok(None) };
        let wrong = |text: &str| invalid(format!("The provided starting key is {text}"));
        let key = read(start)?;
        let parts: BTreeSet<&str> = parts(table, index).map(|part| part.name.as_str()).collect();
        if key.len() != parts.len() || !key.keys().all(|name| parts.contains(name.as_str())) {
            return Err(wrong("invalid"));
        }
        let place = match index {
            Some(index) => state::index_place(table, index, &key),
            None => table.schema.place(&key),
        };
        let place = place
            .ok_or_else(|| wrong("invalid: The provided key element does not match the schema"))?;
        if range.bounded && (place < range.from || place >= range.to) {
            return Err(wrong("outside query boundaries based on provided conditions"));
        }
        Ok(Some(place))
    }

    fn page(
        &self,
        cx: &Cx,
        table: &TableRecord,
        index: Option<&IndexRecord>,
        parsed: Parsed,
        range: Range,
    ) -> Result<PageAnswer, Fault> {
        let select = self.selected(&parsed.wanted)?;
        let after = self.after(table, index, &range)?;
        let Range { from, to, backwards, .. } = range;
        let walk = Walk { table, index, from, to, after, backwards };
        let counting = select == "COUNT";
        // A local index leads to its item; what it does not hold is fetched.
        let whole = index.is_some_and(|index| !index.global) && select == "ALL_ATTRIBUTES";
        let mut page = Page::default();
        state::walk(cx, &walk, |item| {
            page.scanned += 1;
            page.bytes += size(&item);
            let key = || {
                parts(table, index)
                    .filter_map(|p| Some((p.name.clone(), item.get(&p.name)?.clone())))
                    .collect()
            };
            let full = self.limit == Some(page.scanned) || page.bytes >= PAGE_BYTES;
            page.last = full.then(key);
            if parsed.filter.as_ref().is_none_or(|filter| filter.holds(&item)) {
                page.count += 1;
                if !counting {
                    let item = if whole { fetched(cx, table, &item)? } else { item };
                    page.items.push(parsed.wanted.of(item));
                }
            }
            Ok(!full)
        })?;
        let units = Read::of(self.consistent).units(page.bytes);
        Ok(PageAnswer {
            items: (!counting).then_some(page.items),
            count: page.count,
            scanned_count: page.scanned,
            last_evaluated_key: page.last,
            consumed_capacity: Consumed::read(index, units).shown(self.consumed, self.given),
        })
    }
}

/// What a page has come to.
#[derive(Default)]
struct Page {
    items: Vec<Item>,
    count: usize,
    scanned: usize,
    bytes: usize,
    last: Option<Item>,
}

/// The attributes of a key to go on from: the index's, then the table's that are not among them.
fn parts<'t>(
    table: &'t TableRecord,
    index: Option<&'t IndexRecord>,
) -> impl Iterator<Item = &'t super::key::Part> {
    let of_index = index.into_iter().flat_map(|index| index.schema.parts());
    let of_table = table.schema.parts();
    of_index.chain(of_table.filter(move |p| !index.is_some_and(|index| index.schema.has(&p.name))))
}

fn fetched(cx: &Cx, table: &TableRecord, entry: &Item) -> Result<Item, Fault> {
    let place = table.schema.place(entry);
    let item = place.map(|place| state::item(cx, table, &place)).transpose()?.flatten();
    item.ok_or_else(|| Fault::internal("an index entry leads to no item"))
}

/// A query's filter is not for what the key condition is for.
fn check_filter(schema: &Schema, filtered: &BTreeSet<String>) -> Result<(), Fault> {
    match filtered.iter().find(|name| schema.has(name)) {
        None => Ok(()),
        Some(name) => Err(invalid(format!(
            "Filter Expression can only contain non-primary key attributes: Primary key \
             attribute: {name}"
        ))),
    }
}

pub(super) fn query_access(cx: &Cx, input: &QueryInput) -> Result<Access, Fault> {
    input.search().access(cx, "Query")
}

/// Query.
pub(super) fn query(cx: &Cx, input: QueryInput) -> Result<PageAnswer, Fault> {
    let search = input.search();
    let table = usable(cx, search.given)?;
    let mut parsed = search.parse()?;
    let Some(keys) = parsed.keys.take() else {
        return Err(invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in \
             the request.",
        ));
    };
    let index = search.index(cx, &table)?;
    let schema = index.map_or(&table.schema, |index| &index.schema);
    let KeyRange { from, to, .. } = KeyRange::of(schema, &keys)?;
    check_filter(schema, &parsed.filtered)?;
    let backwards = input.scan_index_forward == Some(false);
    let range = Range { from, to, backwards, bounded: true };
    search.page(cx, &table, index, parsed, range)
}

pub(super) fn scan_access(cx: &Cx, input: &ScanInput) -> Result<Access, Fault> {
    input.search().access(cx, "Scan")
}

/// Scan.
pub(super) fn scan(cx: &Cx, input: ScanInput) -> Result<PageAnswer, Fault> {
    let search = input.search();
    let table = usable(cx, search.given)?;
    let parsed = search.parse()?;
    let index = search.index(cx, &table)?;
    let (from, to) = match (input.segment, input.total_segments) {
        (None, None) => (String::new(), None),
        (Some(at), Some(total)) if at < total => segment(at, total),
        (Some(at), Some(total)) => {
            return Err(invalid(format!(
                "The Segment parameter is zero-based and must be less than parameter \
                 TotalSegments: Segment: {at} is not less than TotalSegments: {total}"
            )));
        }
        (Some(_), None) => return Err(segments("TotalSegments", "Segment")),
        (None, Some(_)) => return Err(segments("Segment", "TotalSegments")),
    };
    let to = to.unwrap_or_else(|| LAST.to_string());
    // Of a parallel scan a key to go on from must be one of its segment's.
    let bounded = input.segment.is_some();
    search.page(cx, &table, index, parsed, Range { from, to, backwards: false, bounded })
}

fn segments(absent: &str, present: &str) -> Fault {
    invalid(format!(
        "The {absent} parameter is required but was not present in the request when {present} \
         parameter is present"
    ))
}
