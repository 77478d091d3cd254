//! What goes into a COPY; values only.

use load::options::Options;
use load::target::Target;

use crate::unload::Caller;

/// One COPY of one session, its privileges checked.
pub(crate) struct LoadRequest<'a> {
    /// The parsed statement.
    pub statement: &'a redshift_sql::Copy,
    /// Its options.
    pub options: &'a Options,
    /// The columns that the files fill, in order.
    pub targets: &'a [Target],
    /// The role chain; empty with access keys.
    pub roles: &'a [String],
    /// Who runs it, where.
    pub caller: Caller<'a>,
}

/// Bucket and key (or key prefix) of an `s3://` URL; `None` when it is none.
pub(super) fn s3_parts(url: &str) -> Option<(&str, &str)> {
    let scheme = url.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("s3://"))?;
    let path = url.get(scheme.len()..)?;
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (!bucket.is_empty()).then_some((bucket, key))
}
