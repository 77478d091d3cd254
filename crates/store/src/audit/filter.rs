//! Which records a reader of the log wants.

use super::AuditHeader;
use super::format::VOID;

/// A record may carry the time of a call that began this long before it was appended, such as a
/// long upload; so the log is in order of time but for this much.
const DISORDER_MS: i64 = 24 * 60 * 60 * 1_000;

/// Which records to answer, by their headers alone. The default wants every record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only what this account's trail shows.
    pub account: Option<u64>,
    /// Only records that have all these marks; see [`crate::mark`].
    pub marks: u128,
    /// Only from this time on, in milliseconds since 1970-01-01 UTC.
    pub from_ms: Option<i64>,
    /// Only up to this time, itself included.
    pub until_ms: Option<i64>,
}

impl AuditFilter {
    pub(super) fn wants(&self, header: &AuditHeader) -> bool {
        header.commit != VOID
            && self.account.is_none_or(|account| header.accounts.contains(&account))
            && header.marks & self.marks == self.marks
            && self.from_ms.is_none_or(|from| from <= header.time_ms)
            && self.until_ms.is_none_or(|until| header.time_ms <= until)
    }

    /// Whether no record before one of this time can be wanted.
    pub(super) fn ends_before(&self, time_ms: i64) -> bool {
        self.from_ms.is_some_and(|from| time_ms < from.saturating_sub(DISORDER_MS))
    }

    /// Whether no record from one of this time on can be wanted.
    pub(super) fn begins_after(&self, time_ms: i64) -> bool {
        self.until_ms.is_some_and(|until| until < time_ms.saturating_sub(DISORDER_MS))
    }
}
