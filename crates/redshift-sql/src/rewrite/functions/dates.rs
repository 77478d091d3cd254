//! Functions of dates and times, and their formatting (Redshift guide, SQL functions › Date and
//! time functions, Data type formatting functions).

use super::How::{By, Missing, Own};
use super::Table;
use crate::rewrite::special::As::{Date, Interval, Text, Timestamp};
use crate::rewrite::special::{self, own};

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("add_months", By(special::add_months)),
    ("age", Missing),
    ("convert_timezone", By(special::convert_timezone)),
    ("current_date", By(special::current_date)),
    ("current_timestamp", By(special::now)),
    ("date", By(special::date)),
    ("date_add", By(special::dateadd)),
    ("date_cmp", Own(own("lb_cmp", &[Date, Date]))),
    ("date_cmp_timestamp", Own(own("lb_cmp", &[Timestamp, Timestamp]))),
    ("date_cmp_timestamptz", Own(own("lb_cmp", &[Timestamp, Timestamp]))),
    ("date_diff", By(special::datediff)),
    ("date_part", By(special::date_part)),
    ("date_part_year", By(special::date_part_year)),
    ("date_trunc", By(special::date_trunc)),
    ("dateadd", By(special::dateadd)),
    ("datediff", By(special::datediff)),
    ("datepart", By(special::date_part)),
    ("interval_cmp", Own(own("lb_cmp", &[Interval, Interval]))),
    ("last_day", Own(own("last_day", &[Timestamp]))),
    ("months_between", Own(own("lb_months_between", &[Timestamp, Timestamp]))),
    ("next_day", Own(own("lb_next_day", &[Timestamp, Text]))),
    ("now", By(special::now)),
    ("pgdate_part", By(special::date_part)),
    ("timeofday", By(special::timeofday)),
    ("timestamp_cmp", Own(own("lb_cmp", &[Timestamp, Timestamp]))),
    ("timestamp_cmp_date", Own(own("lb_cmp", &[Timestamp, Timestamp]))),
    ("timestamp_cmp_timestamptz", Own(own("lb_cmp", &[Timestamp, Timestamp]))),
    ("timestamptz_cmp", Own(own("lb_cmp", &[Timestamp, Timestamp]))),
    ("timestamptz_cmp_date", Own(own("lb_cmp", &[Timestamp, Timestamp]))),
    ("timestamptz_cmp_timestamp", Own(own("lb_cmp", &[Timestamp, Timestamp]))),
    ("timezone", By(special::timezone)),
    ("to_char", By(special::to_char)),
    ("to_date", By(special::to_date)),
    ("to_timestamp", By(special::to_timestamp)),
];
