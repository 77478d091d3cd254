//! Refreshes of materialized views: rows behind `svl_mv_refresh_status`. They are kept as long as the
//! cluster runs. Redshift Developer Guide, "SVL_MV_REFRESH_STATUS".

use chrono::{DateTime, Utc};

use crate::catalog::timestamp;
use crate::engine::literal;

/// The refreshes, in the engine's in-memory root.
const REFRESHES: &str = "memory.rs_own.refreshes";

/// A refresh of one view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefreshRecord {
    /// The view's database, schema and name.
    pub view: [String; 3],
    /// Whose rights it had.
    pub user: i64,
    /// The transaction.
    pub transaction: i64,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// What became of the view.
    pub status: String,
    /// Nobody asked for it.
    pub automatic: bool,
}

/// The statement that writes it down.
pub(super) fn refresh_change(record: &RefreshRecord) -> String {
    let [database, schema, name] = &record.view;
    format!(
        "INSERT INTO {REFRESHES} VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
        literal(database),
        record.user,
        literal(schema),
        literal(name),
        record.transaction,
        timestamp(record.started),
        timestamp(record.ended),
        literal(&record.status),
        literal(if record.automatic { "Auto" } else { "Manual" }),
    )
}
