//! Results of GenerateServiceLastAccessedDetails, kept until somebody asks for them.

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::AccountId;
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::table::named_records;

const JOBS: Table<AccessJobRecord> = Table::new("iam.access_jobs");
/// Hours for which a result is kept ("GetServiceLastAccessedDetails", IAM API Reference).
const KEPT_HOURS: i64 = 168;

/// One report on one identity or policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessJobRecord {
    /// The job's id, a UUID.
    pub id: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Whether operations are told, not only services.
    pub by_action: bool,
    /// The services that the policies open, by namespace.
    pub services: Vec<ServiceAccess>,
}

/// The use of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceAccess {
    /// Such as `s3`.
    pub namespace: String,
    /// The users and roles that may use it, and when each last did.
    pub entities: Vec<EntityAccess>,
}

/// The use of a service by one user or role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntityAccess {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// `AIDA…` or `AROA…`.
    pub id: String,
    /// Operations called: name, when last, in which Region.
    pub calls: Vec<(String, DateTime<Utc>, String)>,
}

impl Record for AccessJobRecord {}

named_records!(access_jobs, JOBS, AccessJobRecord, id, "access reports");

/// The report by id, unless it is too old.
///
/// # Errors
/// When the state cannot be read.
pub fn access_job(
    cx: &Cx,
    account: &AccountId,
    id: &str,
) -> Result<Option<AccessJobRecord>, Fault> {
    let kept = |job: &AccessJobRecord| cx.now() - job.created < chrono::Duration::hours(KEPT_HOURS);
    Ok(access_jobs::get(cx, account, id)?.filter(kept))
}
