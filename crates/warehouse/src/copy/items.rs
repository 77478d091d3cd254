//! Items of a DynamoDB table as records: attributes go to the columns of their names.
//!
//! READRATIO says how much of the table's provisioned read capacity a load may use, in per cent:
//! the next page is asked for when what the last one consumed is earned. Tables on demand have no
//! such capacity, and are read without a pause.
//! Redshift Developer Guide, "Loading data from an Amazon DynamoDB table". Start at [`Items`].

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use load::record::{ReadError, Record, Records};
use load::target::Target;
use names::Region;
use redshift_sql::SqlType;
use serde_json::Value;

use super::request::LoadRequest;
use crate::ports::{Attribute, RoleSession};

/// Redshift's words for an attribute it cannot load.
const UNSUPPORTED: &str =
    "Unsupported Data Type: Current Version only supports Strings and Numbers";

/// The longest wait between two looks for the end of the statement.
const LOOK: Duration = Duration::from_millis(50);

/// How fast a load may read.
pub(super) struct Pace<'a> {
    /// Units a second; none without a limit.
    pub units: Option<f64>,
    /// Set when the statement ends early.
    pub stop: &'a AtomicBool,
}

impl<'a> Pace<'a> {
    /// READRATIO of a table's provisioned capacity.
    pub(super) fn of(capacity: Option<f64>, read_ratio: u32, stop: &'a AtomicBool) -> Self {
        Self { units: capacity.map(|units| units * f64::from(read_ratio) / 100.0), stop }
    }

    /// Waits until so many units are earned.
    fn earn(&self, units: f64) {
        let Some(rate) = self.units.filter(|rate| *rate > 0.0) else { return };
        let mut left = Duration::try_from_secs_f64(units / rate).unwrap_or_default();
        while !left.is_zero() && !self.stop.load(Ordering::Relaxed) {
            let step = left.min(LOOK);
            thread::sleep(step);
            left = left.saturating_sub(step);
        }
    }
}

/// A reader of all items, page by page.
pub(super) struct Items<'a> {
    session: &'a dyn RoleSession,
    region: Region,
    table: &'a str,
    targets: &'a [Target],
    empty_as_null: bool,
    page: std::vec::IntoIter<Vec<(String, Attribute)>>,
    next: Option<Value>,
    pace: Pace<'a>,
    /// What the last page consumed.
    owed: f64,
    begun: bool,
    number: u64,
}

impl<'a> Items<'a> {
    pub(super) fn new(
        session: &'a dyn RoleSession,
        (region, table): (Region, &'a str),
        request: &LoadRequest<'a>,
        pace: Pace<'a>,
    ) -> Self {
        Self {
            session,
            region,
            table,
            targets: request.targets,
            empty_as_null: request.options.empty_as_null,
            page: Vec::new().into_iter(),
            next: None,
            pace,
            owed: 0.0,
            begun: false,
            number: 0,
        }
    }

    fn item(&mut self) -> Result<Option<Vec<(String, Attribute)>>, ReadError> {
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            // A page may be empty and yet not the last.
            if self.begun && self.next.is_none() {
                return Ok(None);
            }
            self.begun = true;
            self.pace.earn(self.owed);
            let from = self.next.take();
            let page = self
                .session
                .scan_table(&self.region, self.table, from.as_ref())
                .map_err(io::Error::other)?;
            self.page = page.items.into_iter();
            self.next = page.next;
            self.owed = page.units;
        }
    }
}

impl Records for Items<'_> {
    fn next(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        record.clear();
        let Some(item) = self.item()? else { return Ok(false) };
        self.number += 1;
        record.line = self.number;
        for target in self.targets {
            let mut matching =
                item.iter().filter(|(name, _)| name.to_lowercase() == target.name.to_lowercase());
            let found = matching.next();
            if matching.next().is_some() {
                let message = format!(
                    "DynamoDB attributes that differ only in case match column \"{}\"",
                    target.name
                );
                return Err(ReadError::Broken(message));
            }
            match found {
                Some((_, Attribute::Text(text) | Attribute::Number(text))) => {
                    record.push_text(text.as_bytes(), true);
                }
                Some((_, Attribute::Other(_))) => {
                    return Err(ReadError::Broken(String::from(UNSUPPORTED)));
                }
                None if is_text(target.ty) && !self.empty_as_null => record.push_text(b"", true),
                Some((_, Attribute::Null)) | None => record.push_null(),
            }
        }
        Ok(true)
    }
}

fn is_text(ty: SqlType) -> bool {
    matches!(ty, SqlType::Char(_) | SqlType::Varchar(_))
}
