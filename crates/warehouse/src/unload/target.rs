//! The target before and after: the bucket's Region, what already lies there, what to delete.
//! It must not know rows or formats. Start reading at [`check`].

use names::Region;
use redshift_sql::Existing;

use super::error::{Block, CODE_S3, Context};
use super::file::Finished;
use super::plan::Plan;
use super::{Caller, UnloadError, UnloadRequest};
use crate::ports::{CloudError, Hop, ObjectSummary, RoleSession, World};

/// Checks that the target may be written to.
///
/// # Errors
/// No such bucket, another Region than the statement's, or objects in the way.
pub(super) fn check(
    plan: &Plan,
    request: &UnloadRequest<'_>,
    session: &dyn RoleSession,
    world: &dyn World,
) -> Result<(), UnloadError> {
    let caller = &request.caller;
    let refused = |error: CloudError| UnloadError::from_cloud(&error, &listing(plan), caller);
    let stated = request.statement.region.as_deref();
    check_region(&plan.bucket, stated, &listing(plan), (session, world), caller)?;
    if plan.existing != Existing::Refuse {
        return Ok(());
    }
    let found = session.list(&plan.bucket, &plan.prefix, 1).map_err(refused)?;
    if found.is_empty() { Ok(()) } else { Err(not_empty(caller)) }
}

fn listing(plan: &Plan) -> Context {
    Context::Listing { bucket: plan.bucket.clone(), prefix: plan.prefix.clone() }
}

/// Checks that a bucket is in the Region that the statement says, or the cluster's own.
///
/// # Errors
/// No such bucket, another Region, or a Region that is none.
pub(crate) fn check_region(
    bucket: &str,
    stated: Option<&str>,
    context: &Context,
    (session, world): (&dyn RoleSession, &dyn World),
    caller: &Caller<'_>,
) -> Result<(), UnloadError> {
    let refused = |error: CloudError| UnloadError::from_cloud(&error, context, caller);
    let actual = session.bucket_region(bucket).map_err(refused)?;
    let expected = stated_region(stated, caller)?;
    if actual == expected { Ok(()) } else { Err(refused(permanent_redirect(world))) }
}

/// The Region that a statement says, or the cluster's own.
///
/// # Errors
/// A Region that is none.
pub(crate) fn stated_region(
    stated: Option<&str>,
    caller: &Caller<'_>,
) -> Result<Region, UnloadError> {
    match stated {
        None => Ok(caller.cluster.region.clone()),
        Some(name) => name.parse().map_err(|_| {
            UnloadError::plain("XX000", format!("Invalid AWS region '{name}' in REGION option"))
        }),
    }
}

/// S3's answer to a request that reached it in the wrong Region.
/// Amazon S3 API Reference, "Error responses".
fn permanent_redirect(world: &dyn World) -> CloudError {
    CloudError {
        service: "s3".to_owned(),
        code: "PermanentRedirect".to_owned(),
        message: "The bucket you are attempting to access must be addressed using the specified \
                  endpoint. Please send all future requests to this endpoint."
            .to_owned(),
        status: 301,
        request_id: random_hex(world, 8),
        extended_request_id: random_hex(world, 24),
        hop: Hop::Storage,
        authorization_message: None,
    }
}

fn random_hex(world: &dyn World, bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    world.random_bytes(&mut buffer);
    hex::encode_upper(buffer)
}

fn not_empty(caller: &Caller<'_>) -> UnloadError {
    UnloadError::engine(
        "Specified unload destination on S3 is not empty. Consider using a different bucket / \
         prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option."
            .to_owned(),
        &Block { code: CODE_S3, context: "", location: "s3_utility.cpp:693" },
        caller,
    )
}

/// CLEANPATH: the objects to remove, as (bucket, key). With PARTITION BY only those of folders
/// that receive files.
///
/// # Errors
/// The listing was refused.
pub(super) fn to_delete(
    plan: &Plan,
    session: &dyn RoleSession,
    finished: &[Finished],
    caller: &Caller<'_>,
) -> Result<Vec<(String, String)>, UnloadError> {
    if plan.existing != Existing::Clean {
        return Ok(Vec::new());
    }
    let list = |prefix: &str| {
        session.list(&plan.bucket, prefix, usize::MAX).map_err(|error| {
            let context =
                Context::Listing { bucket: plan.bucket.clone(), prefix: prefix.to_owned() };
            UnloadError::from_cloud(&error, &context, caller)
        })
    };
    let mut found: Vec<ObjectSummary> = Vec::new();
    if plan.partition.is_some() {
        for folder in folders(finished) {
            found.extend(list(&folder)?);
        }
    } else {
        found = list(&plan.prefix)?;
    }
    Ok(found.into_iter().map(|object| (plan.bucket.clone(), object.key)).collect())
}

/// The folders of the files, each once, with their `/`.
fn folders(finished: &[Finished]) -> Vec<String> {
    let mut folders: Vec<String> = finished
        .iter()
        .filter_map(|file| file.staged.key.rsplit_once('/'))
        .map(|(folder, _)| format!("{folder}/"))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    folders
}
