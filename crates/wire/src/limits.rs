//! How much of a request is read before it is refused. Nothing here knows a protocol.

/// Largest body, in bytes, of an operation whose input is not a streaming payload.
///
/// The largest such bodies AWS accepts are S3 documents with a thousand entries; 8 MiB leaves room.
pub const MAX_BODY: usize = 8 * 1024 * 1024;

/// Most header lines of one request.
pub const MAX_HEADERS: usize = 256;

/// Deepest nesting of lists, maps and structures in an input. The deepest that AWS accepts are
/// DynamoDB's items, whose 32 levels are two each here, within a batch.
pub const MAX_DEPTH: usize = 80;

/// Most `name=value` pairs of one form or query string.
pub const MAX_FORM_FIELDS: usize = 10_000;
