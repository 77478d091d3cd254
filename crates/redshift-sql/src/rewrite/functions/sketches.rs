//! HyperLogLog (Redshift guide, SQL functions › HyperLogLog functions).

use super::{How::Missing, Table};

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("hll", Missing),
    ("hll_cardinality", Missing),
    ("hll_combine", Missing),
    ("hll_combine_sketches", Missing),
    ("hll_create_sketch", Missing),
];
