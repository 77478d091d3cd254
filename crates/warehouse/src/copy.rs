//! COPY: objects of a bucket, or items of a DynamoDB table, into a table, through a chain of
//! roles.
//!
//! [`execute`] is the whole statement in the order Redshift does it: find the objects, read and
//! convert them on threads of its own, hand good rows to whoever inserts them and bad ones to
//! whoever keeps them. What a file means is the crate `load`'s; the insertion is the session's.
//! It does not know DuckDB, the wire protocol, or who may use which role in the database.
//! Amazon Redshift Developer Guide, "COPY". Start reading at [`execute`].

mod account;
mod columnar;
mod items;
mod objects;
mod pipeline;
mod read;
mod report;
mod request;

pub(crate) use report::{BadRow, LoadEnd, LoadReport, LoadedFile, ReplacedValue};
pub(crate) use request::LoadRequest;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Receiver;

use redshift_sql::{Copy, CopyFormat, CopySource};

use crate::engine::Fed;
use crate::ports::{Cloud, World};
use crate::unload::UnloadError;
use crate::unload::run::sign_in;

/// Refuses sources and formats that are not loaded here.
///
/// # Errors
/// 0A000.
pub(crate) fn check_supported(copy: &Copy) -> Result<(), UnloadError> {
    let what = match (&copy.from, &copy.format) {
        (CopySource::Emr(_), _) => "COPY from Amazon EMR is not supported",
        (CopySource::Ssh(_), _) => "COPY from remote hosts (SSH) is not supported",
        (_, CopyFormat::Shapefile) => "COPY from shapefiles is not supported",
        (CopySource::DynamoDb { .. }, CopyFormat::Text { .. }) => return Ok(()),
        (CopySource::DynamoDb { .. }, _) => {
            "a data format is not supported with COPY from Amazon DynamoDB"
        }
        _ => return Ok(()),
    };
    Err(UnloadError::plain("0A000", what))
}

/// What a load needs of the world around it.
pub(crate) struct Around<'a> {
    /// The cloud.
    pub cloud: &'a dyn Cloud,
    /// Time and randomness.
    pub world: &'a dyn World,
    /// Set when the user or a timeout stops the statement.
    pub cancelled: &'a AtomicBool,
    /// Told of bad records as they are found: they stay known whatever becomes of the load.
    pub bad: &'a (dyn Fn(Vec<BadRow>) + Sync),
    /// Told of replaced characters.
    pub replaced: &'a (dyn Fn(Vec<ReplacedValue>) + Sync),
}

/// Carries out one COPY up to the insertion: `insert` is given the good rows and runs on the
/// caller's thread; with NOLOAD it is not called. The report tells how far the load came, also
/// when it failed.
pub(crate) fn execute<E: Send>(
    request: &LoadRequest<'_>,
    around: &Around<'_>,
    insert: impl FnOnce(Receiver<Fed>) -> Result<(), E>,
) -> (LoadReport, Result<(), LoadEnd<E>>) {
    let mut report = LoadReport::default();
    let found =
        sign_in(&request.statement.authorization, request.roles, around.cloud, &request.caller)
            .map_err(|error| objects::refused_listing(&error, request))
            .and_then(|session| {
                objects::find(request, session.as_ref(), around.world).map(|f| (session, f))
            });
    let (session, found) = match found {
        Ok((session, found)) => (Arc::from(session), found),
        Err(error) => return (report, Err(LoadEnd::Refused(error))),
    };
    report.begun = true;
    report.source_files = found.len();
    let end = pipeline::run(request, around, (&session, &found), insert, &mut report);
    (report, end)
}
