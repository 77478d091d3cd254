//! Functions of dates and times, and their formatting (Redshift guide, SQL functions › Date and time functions).

use super::{
    How::{By, Missing, Same},
    Table,
};
use crate::rewrite::special;

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("add_months", By(special::add_months)),
    ("age", Missing),
    ("convert_timezone", Missing),
    ("current_date", By(special::current_date)),
    ("current_timestamp", By(special::now)),
    ("date", By(special::date)),
    ("date_add", By(special::dateadd)),
    ("date_cmp", Missing),
    ("date_cmp_timestamp", Missing),
    ("date_cmp_timestamptz", Missing),
    ("date_diff", By(special::datediff)),
    ("date_part", By(special::date_part)),
    ("date_part_year", By(special::date_part_year)),
    ("date_trunc", By(special::date_trunc)),
    ("dateadd", By(special::dateadd)),
    ("datediff", By(special::datediff)),
    ("datepart", By(special::date_part)),
    ("interval_cmp", Missing),
    ("last_day", Same),
    ("months_between", Missing),
    ("next_day", Missing),
    ("now", By(special::now)),
    ("timeofday", Missing),
    ("timestamp_cmp", Missing),
    ("timestamp_cmp_date", Missing),
    ("timestamp_cmp_timestamptz", Missing),
    ("timestamptz_cmp", Missing),
    ("timestamptz_cmp_date", Missing),
    ("timestamptz_cmp_timestamp", Missing),
    ("timezone", Missing),
    ("to_char", By(special::to_char)),
    ("to_date", By(special::to_date)),
    ("to_timestamp", By(special::to_timestamp)),
];
