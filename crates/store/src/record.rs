//! Versioned records and the tables that hold them.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;

/// A value kept in a table: JSON behind one byte of version.
///
/// A change of form raises [`Record::VERSION`] and teaches [`Record::migrate`] the older one,
/// so that state written by any earlier release stays readable.
pub trait Record: Serialize + DeserializeOwned {
    /// The version written today.
    const VERSION: u8 = 1;

    /// Brings the JSON of an older version to today's form.
    ///
    /// # Errors
    /// The reason, when `from` is no version that was ever written.
    fn migrate(from: u8, _value: serde_json::Value) -> Result<serde_json::Value, String> {
        Err(format!("unknown version {from}"))
    }
}

/// A named table of records of one kind.
pub struct Table<R> {
    pub(crate) name: &'static str,
    kind: PhantomData<fn() -> R>,
}

impl<R: Record> Table<R> {
    /// Names a table. The convention is `service.nouns`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, kind: PhantomData }
    }

    pub(crate) fn encode(&self, key: &str, record: &R) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![R::VERSION];
        serde_json::to_writer(&mut bytes, record).map_err(|e| self.damaged(key, e.to_string()))?;
        Ok(bytes)
    }

    pub(crate) fn decode(&self, key: &str, bytes: &[u8]) -> Result<R, StoreError> {
        let Some((&version, json)) = bytes.split_first() else {
            return Err(self.damaged(key, "it is empty".to_owned()));
        };
        let parsed = if version == R::VERSION {
            serde_json::from_slice(json).map_err(|e| e.to_string())
        } else {
            serde_json::from_slice(json)
                .map_err(|e| e.to_string())
                .and_then(|old| R::migrate(version, old))
                .and_then(|new| serde_json::from_value(new).map_err(|e| e.to_string()))
        };
        parsed.map_err(|reason| self.damaged(key, reason))
    }

    fn damaged(&self, key: &str, reason: String) -> StoreError {
        StoreError::Damaged { table: self.name, key: key.to_owned(), reason }
    }
}
