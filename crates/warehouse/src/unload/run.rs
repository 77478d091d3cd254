//! The order of an UNLOAD, from the statement to the commit. Start reading at [`execute`].

use std::io::Write;
use std::sync::atomic::AtomicBool;

use redshift_sql::{Authorization, Compression, UnloadFormat};

use super::error::Context;
use super::file::{Finished, Output};
use super::pipeline::{Control, write_all};
use super::plan::Plan;
use super::sink::Counters;
use super::{
    BatchSource, Caller, Progress, UnloadError, UnloadReport, UnloadRequest, UnloadedFile,
    manifest, target,
};
use crate::ports::{AccessKeys, Cloud, CloudError, RoleSession, StagedObject, World};

pub(super) fn execute(
    request: &UnloadRequest<'_>,
    rows: &mut dyn BatchSource,
    cloud: &dyn Cloud,
    world: &dyn World,
    progress: &dyn Fn(Progress),
    cancelled: &AtomicBool,
) -> Result<UnloadReport, UnloadError> {
    let plan = Plan::new(request)?;
    let session = open_session(request, &plan, cloud)?;
    let session = session.as_ref();
    target::check(&plan, request, session, world)?;
    let counters = Counters::default();
    let output = Output { plan: &plan, session, caller: request.caller, counters: &counters };
    let finished = write_all(output, rows, &Control { progress, cancelled })?;
    let manifest = write_manifest(request, &output, &finished)?;
    let report = report(request, &plan, &finished, manifest.as_ref());
    let delete = target::to_delete(&plan, session, &finished, &request.caller)?;
    let staged = finished.into_iter().map(|file| file.staged).chain(manifest).collect();
    session.commit(delete, staged).map_err(|error| {
        let (bucket, prefix) = (plan.bucket.clone(), plan.prefix.clone());
        UnloadError::from_cloud(&error, &Context::Committing { bucket, prefix }, &request.caller)
    })?;
    progress(counters.progress());
    Ok(report)
}

fn open_session(
    request: &UnloadRequest<'_>,
    plan: &Plan,
    cloud: &dyn Cloud,
) -> Result<Box<dyn RoleSession>, UnloadError> {
    let caller = &request.caller;
    let (bucket, prefix) = (plan.bucket.clone(), plan.prefix.clone());
    sign_in(&request.statement.authorization, &request.roles, cloud, caller).map_err(|error| {
        UnloadError::from_cloud(&error, &Context::Listing { bucket, prefix }, caller)
    })
}

/// A session with the statement's keys, or as the last of its roles.
pub(crate) fn sign_in(
    authorization: &Authorization,
    roles: &[String],
    cloud: &dyn Cloud,
    caller: &Caller<'_>,
) -> Result<Box<dyn RoleSession>, CloudError> {
    match authorization {
        Authorization::Keys { access_key_id, secret_access_key, session_token } => {
            let keys = AccessKeys {
                access_key_id: access_key_id.clone(),
                secret_access_key: secret_access_key.clone(),
                session_token: session_token.clone(),
            };
            cloud.use_keys(caller.cluster, &keys)
        }
        _ => cloud.assume_chain(caller.cluster, caller.db_user, roles),
    }
}

/// The manifest, unless nothing was written: an empty result has none.
fn write_manifest(
    request: &UnloadRequest<'_>,
    output: &Output<'_>,
    finished: &[Finished],
) -> Result<Option<StagedObject>, UnloadError> {
    let Some(kind) = request.statement.manifest.filter(|_| !finished.is_empty()) else {
        return Ok(None);
    };
    let plan = output.plan;
    let key = plan.manifest_key();
    let text = manifest::render(kind, &request.columns, finished);
    let context = Context::Writing { bucket: plan.bucket.clone(), key: key.clone() };
    let refused = |error: CloudError| UnloadError::from_cloud(&error, &context, &request.caller);
    let mut writer = output.session.create(&plan.bucket, &key, &plan.put).map_err(refused)?;
    writer
        .write_all(text.as_bytes())
        .map_err(|error| UnloadError::from_io(&error, &context, &request.caller))?;
    writer.finish().map(Some).map_err(refused)
}

fn report(
    request: &UnloadRequest<'_>,
    plan: &Plan,
    finished: &[Finished],
    manifest: Option<&StagedObject>,
) -> UnloadReport {
    let file = |file: &Finished| UnloadedFile {
        url: manifest::url(file),
        slice: file.slice,
        bytes: file.staged.bytes,
        records: file.records,
        rows: file.rows,
    };
    UnloadReport {
        rows: finished.iter().map(|file| file.rows).sum(),
        files: finished.iter().map(file).collect(),
        manifest: manifest.map(|object| UnloadedFile {
            url: format!("s3://{}/{}", object.bucket, object.key),
            slice: 0,
            bytes: object.bytes,
            records: 0,
            rows: 0,
        }),
        format: format_name(&request.statement.format),
        compression: compression_name(plan.compression),
    }
}

/// As `SYS_UNLOAD_HISTORY.file_format` shows it.
fn format_name(format: &UnloadFormat) -> &'static str {
    match format {
        UnloadFormat::Text { .. } | UnloadFormat::FixedWidth(_) => "Text",
        UnloadFormat::Csv { .. } => "CSV",
        UnloadFormat::Parquet => "Parquet",
        UnloadFormat::Json => "JSON",
    }
}

/// As `SYS_UNLOAD_HISTORY.compression_type` shows it.
fn compression_name(compression: Compression) -> &'static str {
    match compression {
        Compression::None | Compression::Lzop => "",
        Compression::Gzip => "GZIP",
        Compression::Bzip2 => "BZIP2",
        Compression::Zstd => "ZSTD",
    }
}
