//! VARBYTE (Redshift guide, SQL functions › VARBYTE functions).

use super::How::Own;
use super::Table;
use crate::rewrite::special::As::{Bytes, Integer, Text};
use crate::rewrite::special::own;

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("from_varbyte", Own(own("lb_from_varbyte", &[Bytes, Text]))),
    ("getbit", Own(own("lb_getbit", &[Bytes, Integer]))),
    ("to_varbyte", Own(own("lb_to_varbyte", &[Text, Text]))),
];
