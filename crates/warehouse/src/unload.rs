//! UNLOAD: a query's rows into objects of a bucket, through a chain of roles.
//!
//! [`execute`] is the whole statement in the order Redshift does it: resolve the target, assume
//! the chain, check the bucket and its emptiness, write the rows with two slices, then make all
//! files and the manifest visible in one step. It does not know DuckDB (rows arrive as Arrow
//! batches), the wire protocol, or who may use which role in the database.
//! Amazon Redshift Developer Guide, "UNLOAD".
//! Start reading at [`execute`].

mod cells;
mod column;
mod encoder;
pub(crate) mod error;
mod file;
mod gates;
mod manifest;
mod parquet;
mod partition;
mod pipeline;
mod plan;
mod request;
pub(crate) mod run;
mod sink;
mod slice;
pub(crate) mod target;
mod text;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;

use redshift_sql::Authorization;

use crate::ports::{Cloud, ClusterFacts, World};

pub use column::ResultColumn;
pub use error::UnloadError;
pub use request::{
    BatchSource, Caller, Progress, SourceError, UnloadReport, UnloadRequest, UnloadedFile,
};

/// The chain of roles that a statement names, after the first gate: the first role of the chain
/// must be attached to the cluster. Comes before the ASSUMEROLE privilege, which the caller
/// checks, and before every call of the cloud. Empty when the statement brings access keys.
///
/// # Errors
/// `XX000` with the text `User … is not authorized to assume IAM Role …` and its DETAIL block.
/// Amazon Redshift Management Guide, "Authorizing COPY and UNLOAD operations using IAM roles".
pub fn resolve_roles(
    authorization: &Authorization,
    facts: &ClusterFacts,
    who: &Caller<'_>,
) -> Result<Vec<String>, UnloadError> {
    gates::resolve_roles(authorization, facts, who)
}

/// Carries out one UNLOAD; on success the files and the manifest are visible, on any error
/// nothing is. Runs the writers on threads of its own and pulls `rows` on the caller's.
///
/// # Errors
/// An [`UnloadError`] ready to be sent as an ErrorResponse.
pub fn execute(
    request: &UnloadRequest<'_>,
    rows: &mut dyn BatchSource,
    cloud: &dyn Cloud,
    world: &dyn World,
    progress: &dyn Fn(Progress),
    cancelled: &AtomicBool,
) -> Result<UnloadReport, UnloadError> {
    run::execute(request, rows, cloud, world, progress, cancelled)
}
