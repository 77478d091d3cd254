//! What a call costs, as `ConsumedCapacity` tells it ("Read and write operations", Developer
//! Guide). Nothing is throttled: the figures are for information. Start at [`Consumed`].

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::state::{IndexRecord, TableRecord};
use super::value::{Item, size};

/// Bytes of one read unit.
const READ_UNIT: usize = 4 * 1024;
/// Bytes of one write unit.
const WRITE_UNIT: usize = 1024;

/// How a read is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Eventual,
    Consistent,
    Transactional,
}

impl Read {
    /// By `ConsistentRead`.
    pub(super) fn of(consistent: Option<bool>) -> Self {
        if consistent == Some(true) { Self::Consistent } else { Self::Eventual }
    }

    /// Units of a read of so many bytes; one that finds nothing costs as a smallest item.
    pub(super) fn units(self, bytes: usize) -> f64 {
        let units = whole(bytes.div_ceil(READ_UNIT).max(1));
        match self {
            Self::Eventual => units / 2.0,
            Self::Consistent => units,
            Self::Transactional => units * 2.0,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "units are far below 2^53")]
fn whole(units: usize) -> f64 {
    units as f64
}

/// Units of a write of the larger of two items.
fn write_units(before: Option<&Item>, after: Option<&Item>) -> f64 {
    let bytes = before.map_or(0, size).max(after.map_or(0, size));
    whole(bytes.div_ceil(WRITE_UNIT).max(1))
}

/// Units by table and index, for the answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Consumed {
    table: f64,
    local: BTreeMap<String, f64>,
    global: BTreeMap<String, f64>,
    transaction: Option<&'static str>,
}

impl Consumed {
    /// A read of the table or one of its indexes.
    pub(super) fn read(index: Option<&IndexRecord>, units: f64) -> Self {
        let mut consumed = Self::default();
        consumed.add(index, units);
        consumed
    }

    fn add(&mut self, index: Option<&IndexRecord>, units: f64) {
        match index {
            None => self.table += units,
            Some(index) => {
                let of = if index.global { &mut self.global } else { &mut self.local };
                *of.entry(index.name.clone()).or_default() += units;
            }
        }
    }

    /// A write of the table and of the indexes that it changes: one write for an entry that comes,
    /// goes or changes, two for one that moves.
    pub(super) fn write(table: &TableRecord, before: Option<&Item>, after: Option<&Item>) -> Self {
        let mut consumed = Self::read(None, write_units(before, after));
        for index in table.live() {
            let of = |item: Option<&Item>| {
                let item = item?;
                Some((index.schema.place(item)?, index.view(table, item)))
            };
            let units = match (of(before), of(after)) {
                (None, None) => 0.0,
                (Some(old), Some(new)) if old == new => 0.0,
                (Some((place, old)), Some((moved, new))) if place != moved => {
                    write_units(Some(&old), None) + write_units(None, Some(&new))
                }
                (old, new) => {
                    let view = |entry: &Option<(String, Item)>| entry.clone().map(|(_, v)| v);
                    write_units(view(&old).as_ref(), view(&new).as_ref())
                }
            };
            if units > 0.0 {
                consumed.add(Some(index), units);
            }
        }
        consumed
    }

    /// As the units of a transaction, which cost twice in its two phases; `kind` is the member
    /// that tells them apart. Those of a transactional read are doubled already.
    pub(super) fn of_transaction(mut self, kind: &'static str) -> Self {
        if kind == "WriteCapacityUnits" {
            self.table *= 2.0;
            let indexes = self.local.values_mut().chain(self.global.values_mut());
            indexes.for_each(|units| *units *= 2.0);
        }
        self.transaction = Some(kind);
        self
    }

    /// Both.
    pub(super) fn plus(mut self, other: Self) -> Self {
        self.table += other.table;
        for (mine, theirs) in [(&mut self.local, other.local), (&mut self.global, other.global)] {
            for (index, units) in theirs {
                *mine.entry(index).or_default() += units;
            }
        }
        self
    }

    /// `ConsumedCapacity`, as `ReturnConsumedCapacity` asks for it. Transactions tell the kind of
    /// their units too.
    pub(super) fn shown(&self, asked: Option<&str>, table: &str) -> Option<Value> {
        let total =
            || self.table + self.local.values().sum::<f64>() + self.global.values().sum::<f64>();
        let of = |units: f64| {
            let mut shown = json!({ "CapacityUnits": units });
            if let (Some(kind), Some(members)) = (self.transaction, shown.as_object_mut()) {
                members.insert(kind.to_owned(), units.into());
            }
            shown
        };
        let mut shown = match asked {
            Some("TOTAL" | "INDEXES") => of(total()),
            _ => return None,
        };
        let members = shown.as_object_mut()?;
        members.insert("TableName".to_owned(), table.into());
        if asked == Some("INDEXES") {
            members.insert("Table".to_owned(), of(self.table));
            for (name, units) in
                [("LocalSecondaryIndexes", &self.local), ("GlobalSecondaryIndexes", &self.global)]
            {
                if !units.is_empty() {
                    let units: BTreeMap<_, _> =
                        units.iter().map(|(index, units)| (index, of(*units))).collect();
                    members.insert(name.to_owned(), json!(units));
                }
            }
        }
        Some(shown)
    }
}
