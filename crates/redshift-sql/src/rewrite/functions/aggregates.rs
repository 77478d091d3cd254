//! Aggregate and window functions (Redshift guide, SQL functions › Aggregate functions, Window functions).

use super::{
    How::{By, Same},
    Table,
};
use crate::rewrite::special;

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("any_value", Same),
    ("avg", By(special::average)),
    ("bit_and", Same),
    ("bit_or", Same),
    ("bool_and", Same),
    ("bool_or", Same),
    ("count", Same),
    ("cume_dist", Same),
    ("dense_rank", Same),
    ("first_value", By(special::null_treatment)),
    ("grouping", Same),
    ("grouping_id", Same),
    ("lag", By(special::null_treatment)),
    ("last_value", By(special::null_treatment)),
    ("lead", By(special::null_treatment)),
    ("listagg", By(special::listagg)),
    ("max", Same),
    ("median", Same),
    ("min", Same),
    ("nth_value", By(special::null_treatment)),
    ("ntile", Same),
    ("percent_rank", Same),
    ("percentile_cont", By(special::percentile)),
    ("percentile_disc", By(special::percentile)),
    ("rank", Same),
    ("ratio_to_report", By(special::ratio_to_report)),
    ("row_number", Same),
    ("stddev", Same),
    ("stddev_pop", Same),
    ("stddev_samp", Same),
    ("sum", By(special::sum)),
    ("var_pop", Same),
    ("var_samp", Same),
    ("variance", Same),
];
