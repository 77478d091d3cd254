//! VARBYTE (Redshift guide, SQL functions › VARBYTE functions).

use super::{How::Missing, Table};

/// By name.
pub(super) const FUNCTIONS: Table =
    &[("from_varbyte", Missing), ("getbit", Missing), ("to_varbyte", Missing)];
