//! Items of a DynamoDB table as records: attributes go to the columns of their names.
//!
//! READRATIO says how much of the table's read capacity a load may use. It is accepted and changes
//! nothing: nobody else's requests compete for a local table's capacity.
//! Redshift Developer Guide, "Loading data from an Amazon DynamoDB table". Start at [`Items`].

use std::io;

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

/// A reader of all items, page by page.
pub(super) struct Items<'a> {
    session: &'a dyn RoleSession,
    region: Region,
    table: &'a str,
    targets: &'a [Target],
    empty_as_null: bool,
    page: std::vec::IntoIter<Vec<(String, Attribute)>>,
    next: Option<Value>,
    begun: bool,
    number: u64,
}

impl<'a> Items<'a> {
    pub(super) fn new(
        session: &'a dyn RoleSession,
        (region, table): (Region, &'a str),
        request: &LoadRequest<'a>,
    ) -> Self {
        Self {
            session,
            region,
            table,
            targets: request.targets,
            empty_as_null: request.options.empty_as_null,
            page: Vec::new().into_iter(),
            next: None,
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
            let from = self.next.take();
            let page = self
                .session
                .scan_table(&self.region, self.table, from.as_ref())
                .map_err(io::Error::other)?;
            self.page = page.items.into_iter();
            self.next = page.next;
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
