//! Mathematical functions (Redshift guide, SQL functions › Math functions).

use super::{
    How::{By, Named, Own, Same},
    Table,
};
use crate::rewrite::special::As::Any;
use crate::rewrite::special::{self, own};

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("abs", Same),
    ("acos", Same),
    ("asin", Same),
    ("atan", Same),
    ("atan2", Same),
    ("cbrt", Same),
    ("ceil", Same),
    ("ceiling", Same),
    ("cos", Same),
    ("cot", Same),
    ("degrees", Same),
    ("dexp", Named("exp")),
    ("dlog1", Named("ln")),
    ("dlog10", Named("log10")),
    ("exp", Same),
    ("floor", Same),
    ("ln", Same),
    ("log", Same),
    ("mod", By(special::modulo)),
    ("pi", Same),
    ("pow", Named("pow")),
    ("power", Named("pow")),
    ("radians", Same),
    ("rand", Named("random")),
    ("random", Same),
    ("round", Same),
    ("sign", Own(own("lb_sign", &[Any]))),
    ("sin", Same),
    ("sqrt", Same),
    ("tan", Same),
    ("trunc", By(special::trunc)),
];
