//! One write of one item, whoever asks for it: a call of its own, a batch or a transaction.
//!
//! A [`Plan`] is made from a request, tried on the item that is there, and then carried out. Start
//! at [`Plan::outcome`].

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Cx, Fault};
use serde_json::{Map, Value, json};

use super::capacity::Consumed;
use super::elder::Elder;
use super::expression::{self, Condition, Path, Placeholders, Projection, Update};
use super::faults::{bad_value, condition_failed, invalid};
use super::get::{mixed, names_without};
use super::state::{self, TableRecord};
use super::value::{Attr, Item, MAX_ITEM_BYTES, check_nesting, read, size, written};

/// What becomes of an item.
pub(super) enum Change {
    Put(Item),
    Update(Update),
    Delete,
    /// Nothing: it is only looked at.
    Check,
}

/// One write.
pub(super) struct Plan {
    pub(super) table: TableRecord,
    pub(super) place: String,
    pub(super) key: Item,
    pub(super) change: Change,
    pub(super) condition: Option<Condition>,
    /// `ReturnValuesOnConditionCheckFailure` asks for the item.
    pub(super) shows_item: bool,
}

/// An item before and after a write.
pub(super) struct Outcome {
    pub(super) before: Option<Item>,
    pub(super) after: Option<Item>,
}

/// The expressions of a request that writes.
pub(super) struct Expressions<'a> {
    pub(super) condition: Option<&'a str>,
    pub(super) update: Option<&'a str>,
    pub(super) names: Option<&'a BTreeMap<String, String>>,
    pub(super) values: Option<&'a Map<String, Value>>,
    /// What is missing when there are values and no expression.
    pub(super) without: &'static str,
    /// What was there before expressions.
    pub(super) elder: Elder<'a>,
}

/// Those expressions, parsed.
pub(super) struct Parsed {
    pub(super) condition: Option<Condition>,
    pub(super) update: Option<Update>,
    /// The attributes that they name.
    pub(super) attributes: BTreeSet<String>,
}

impl Expressions<'_> {
    /// Parses them.
    pub(super) fn parse(&self) -> Result<Parsed, Fault> {
        let any = self.condition.is_some() || self.update.is_some();
        if let (true, Some(elder)) = (any, self.elder.first()) {
            let used = self.update.map_or("ConditionExpression", |_| "UpdateExpression");
            return Err(mixed(used, elder));
        }
        names_without(self.names, any)?;
        if self.values.is_some() && !any {
            let text = "ExpressionAttributeValues can only be specified when using expressions: ";
            return Err(invalid(format!("{text}{}", self.without)));
        }
        let known = Placeholders::read(self.names, self.values)?;
        let update = self.update.map(|text| expression::update(text, &known)).transpose()?;
        let condition = self
            .condition
            .map(|text| expression::condition("ConditionExpression", text, &known))
            .transpose()?;
        known.all_used()?;
        let mut attributes = known.attributes();
        attributes.extend(self.elder.attributes());
        Ok(Parsed {
            condition: condition.or(self.elder.condition()?),
            update: update.or(self.elder.update()?),
            attributes,
        })
    }
}

impl Plan {
    /// A plan to put an item.
    pub(super) fn put(table: TableRecord, item: &Map<String, Value>) -> Result<Self, Fault> {
        let item = read(item)?;
        table.schema.check_item(&item)?;
        check_indexes(&table, &item)?;
        if size(&item) > MAX_ITEM_BYTES {
            return Err(invalid("Item size has exceeded the maximum allowed size"));
        }
        let key = table.schema.of(&item);
        let place = table.schema.place_of_key(&key)?;
        Ok(Self::of(table, place, key, Change::Put(item)))
    }

    /// A plan for the item of a key.
    pub(super) fn keyed(
        table: TableRecord,
        key: &Map<String, Value>,
        change: Change,
    ) -> Result<Self, Fault> {
        let key = read(key)?;
        let place = table.schema.place_of_key(&key)?;
        if let Change::Update(update) = &change {
            for path in update.paths() {
                if table.schema.has(&path.attribute) {
                    return Err(bad_value(format!(
                        "Cannot update attribute {}. This attribute is part of the key",
                        path.attribute
                    )));
                }
            }
        }
        Ok(Self::of(table, place, key, change))
    }

    fn of(table: TableRecord, place: String, key: Item, change: Change) -> Self {
        Self { table, place, key, change, condition: None, shows_item: false }
    }

    /// Under a condition.
    pub(super) fn provided(mut self, condition: Option<Condition>, shown: Option<&str>) -> Self {
        self.condition = condition;
        self.shows_item = shown == Some("ALL_OLD");
        self
    }

    /// What the write would come to; nothing is written yet.
    ///
    /// # Errors
    /// `ConditionalCheckFailedException`, and `ValidationException` for an update that does not
    /// fit the item.
    pub(super) fn outcome(&self, cx: &Cx) -> Result<Outcome, Fault> {
        let before = state::item(cx, &self.table, &self.place)?;
        let absent = Item::new();
        let holds = |c: &Condition| c.holds(before.as_ref().unwrap_or(&absent));
        if !self.condition.as_ref().is_none_or(holds) {
            let shown = before.as_ref().filter(|_| self.shows_item).map(written);
            return Err(condition_failed(shown));
        }
        let after = match &self.change {
            Change::Put(item) => Some(item.clone()),
            Change::Delete => None,
            Change::Check => before.clone(),
            Change::Update(update) => Some(self.updated(update, before.as_ref())?),
        };
        Ok(Outcome { before, after })
    }

    fn updated(&self, update: &Update, before: Option<&Item>) -> Result<Item, Fault> {
        let after = update.apply(before.unwrap_or(&self.key))?;
        check_indexes(&self.table, &after)?;
        check_nesting(&after)?;
        if size(&after) > MAX_ITEM_BYTES {
            return Err(invalid("Item size to update has exceeded the maximum allowed size"));
        }
        Ok(after)
    }

    /// Writes what [`Plan::outcome`] found.
    pub(super) fn carry_out(&self, cx: &mut Cx, outcome: &Outcome) -> Result<(), Fault> {
        let Outcome { before, after } = outcome;
        if matches!(self.change, Change::Check) || (before.is_none() && after.is_none()) {
            return Ok(());
        }
        state::write(cx, &self.table, &self.place, before.as_ref(), after.as_ref())
    }

    /// What it costs.
    pub(super) fn consumed(&self, outcome: &Outcome) -> Consumed {
        Consumed::write(&self.table, outcome.before.as_ref(), outcome.after.as_ref())
    }

    /// `Attributes` of the answer, as `ReturnValues` asks for them.
    pub(super) fn returned(&self, outcome: &Outcome, asked: Option<&str>) -> Option<Item> {
        let Outcome { before, after } = outcome;
        let changed = |item: &Option<Item>| {
            let Change::Update(update) = &self.change else { return None };
            let paths: Vec<Path> = update.paths().cloned().collect();
            let places = Projection::new(paths).of(item.as_ref()?);
            (!places.is_empty()).then_some(places)
        };
        match asked {
            Some("ALL_OLD") => before.clone(),
            Some("ALL_NEW") => after.clone(),
            Some("UPDATED_OLD") => changed(before),
            Some("UPDATED_NEW") => changed(after),
            _ => None,
        }
    }

    /// `ItemCollectionMetrics`: of tables with local indexes, whose collections have a limit. The
    /// estimate is of a collection that is smaller than a gigabyte.
    pub(super) fn collection(&self, asked: Option<&str>) -> Option<Value> {
        let limited = self.table.indexes.iter().any(|index| !index.global);
        let key = &self.table.schema.hash.name;
        let value: &Attr = self.key.get(key)?;
        (asked == Some("SIZE") && limited).then(
            || json!({ "ItemCollectionKey": { key: value }, "SizeEstimateRangeGB": [0.0, 1.0] }),
        )
    }
}

fn check_indexes(table: &TableRecord, item: &Item) -> Result<(), Fault> {
    table.live().try_for_each(|index| index.schema.check_index(&index.name, item))
}
