//! Conditional functions (Redshift guide, SQL functions › Conditional expressions).

use super::{
    How::{By, Named, Same},
    Table,
};
use crate::rewrite::special;

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("coalesce", Same),
    ("decode", By(special::decode)),
    ("greatest", Same),
    ("ifnull", Named("coalesce")),
    ("isnull", Named("coalesce")),
    ("least", Same),
    ("nullif", Same),
    ("nvl", Named("coalesce")),
    ("nvl2", By(special::nvl2)),
];
