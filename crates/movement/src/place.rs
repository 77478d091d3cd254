//! The two accounts of a movement, by what they hold: one the warehouse, the other the store.
//!
//! Everything is made and asked in one of these two; which of them is the source and which the
//! target hangs on the way the data goes, and matters only to the reader ([`Movement::side`]).

use serde::{Deserialize, Serialize};

use crate::file::{Movement, Way};
use crate::report::Side;

/// One of the two accounts. They may be the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Where the cluster is.
    #[serde(alias = "source")]
    Warehouse,
    /// Where the objects or items are.
    #[serde(alias = "target")]
    Store,
}

impl Movement {
    /// The side on which an account stands.
    pub(crate) fn side(&self, account: Account) -> Side {
        match (&self.way, account) {
            (Way::Out(_), Account::Warehouse) | (Way::In(_), Account::Store) => Side::Source,
            (Way::Out(_), Account::Store) | (Way::In(_), Account::Warehouse) => Side::Target,
        }
    }

    /// The section of the file that speaks of an account; the ids of its steps begin with it.
    pub(crate) fn section(&self, account: Account) -> &'static str {
        match self.side(account) {
            Side::Source => "source",
            Side::Target => "target",
        }
    }
}
