//! HyperLogLog (Redshift guide, SQL functions › HyperLogLog functions).

use super::How::{By, Own};
use super::Table;
use crate::rewrite::special::As::{Any, Text};
use crate::rewrite::special::{self, own};

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("hll", By(special::sketch)),
    ("hll_cardinality", Own(own("lb_hll_cardinality", &[Text]))),
    ("hll_combine", By(special::sketch)),
    ("hll_combine_sketches", Own(own("lb_hll_combine_sketches", &[Any, Any]))),
    ("hll_create_sketch", By(special::sketch)),
];
