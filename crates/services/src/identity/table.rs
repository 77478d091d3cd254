//! The functions that every kind of named record of an account has. Names ignore case.

use names::AccountId;

/// The key of a named record: IAM names are unique without regard to case.
pub(super) fn named(account: &AccountId, name: &str) -> String {
    format!("{account}/{}", name.to_ascii_lowercase())
}

/// A module `$module` with get, list, put and delete over `$table` of `$record`, whose field
/// `$name` is its name.
macro_rules! named_records {
    ($module:ident, $table:ident, $record:ident, $name:ident, $what:literal) => {
        #[doc = concat!("Reading and writing ", $what, ".")]
        pub mod $module {
            use gateway::{Cx, Fault};
            use names::AccountId;

            use super::{$record, $table};
            use crate::identity::table::named;

            #[doc = concat!("One of the ", $what, " by name.")]
            ///
            /// # Errors
            /// When the state cannot be read.
            pub fn get(cx: &Cx, account: &AccountId, name: &str) -> Result<Option<$record>, Fault> {
                cx.get(&$table, &named(account, name))
            }

            #[doc = concat!("All ", $what, " of an account, by name.")]
            ///
            /// # Errors
            /// When the state cannot be read.
            pub fn list(cx: &Cx, account: &AccountId) -> Result<Vec<$record>, Fault> {
                let limit = crate::identity::table::SCAN_LIMIT;
                let found = cx.scan(&$table, &named(account, ""), None, limit)?;
                Ok(found.into_iter().map(|(_, record)| record).collect())
            }

            #[doc = concat!("Writes one of the ", $what, ".")]
            ///
            /// # Errors
            /// When the state cannot be written.
            pub fn put(cx: &mut Cx, account: &AccountId, record: &$record) -> Result<(), Fault> {
                cx.put(&$table, &named(account, &record.$name), record)
            }

            #[doc = concat!("Removes one of the ", $what, ".")]
            ///
            /// # Errors
            /// When the state cannot be written.
            pub fn delete(cx: &mut Cx, account: &AccountId, name: &str) -> Result<bool, Fault> {
                cx.delete(&$table, &named(account, name))
            }
        }
    };
}

pub(super) use named_records;

/// No account holds more of one kind than this (IAM quotas are lower still).
pub(super) const SCAN_LIMIT: usize = 10_000;
