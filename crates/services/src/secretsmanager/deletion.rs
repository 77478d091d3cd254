//! Deletion with a recovery window, and taking it back.

use chrono::Duration;
use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{existing, find, on};
use super::secret::{ById, Named};
use super::state::{self, Deletion};

/// Days of the recovery window when the caller does not say.
const DEFAULT_WINDOW_DAYS: i64 = 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteInput {
    secret_id: String,
    recovery_window_in_days: Option<i64>,
    #[serde(default)]
    force_delete_without_recovery: bool,
}

#[derive(Serialize)]
pub(super) struct Deleted {
    #[serde(rename = "ARN")]
    arn: String,
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "DeletionDate")]
    deletion_date: i64,
}

pub(super) fn delete_access(cx: &Cx, input: &DeleteInput) -> Result<Access, Fault> {
    let days = input.recovery_window_in_days.map(|days| days.to_string());
    let check = super::access::check(cx, "DeleteSecret", &input.secret_id)?
        .with_some("secretsmanager:RecoveryWindowInDays", days)
        .with(
            "secretsmanager:ForceDeleteWithoutRecovery",
            input.force_delete_without_recovery.to_string(),
        );
    Ok(Access::to(check))
}

pub(super) fn delete(cx: &mut Cx, input: DeleteInput) -> Result<Deleted, Fault> {
    let force = input.force_delete_without_recovery;
    if force && input.recovery_window_in_days.is_some() {
        let text = "You can't use ForceDeleteWithoutRecovery in conjunction with \
                    RecoveryWindowInDays.";
        return Err(Fault::new("InvalidParameterException", text).status(400));
    }
    let days = input.recovery_window_in_days.unwrap_or(DEFAULT_WINDOW_DAYS);
    if !(7..=30).contains(&days) {
        let text = "RecoveryWindowInDays value must be between 7 and 30 days (inclusive).";
        return Err(Fault::new("InvalidParameterException", text).status(400));
    }
    if force && find(cx, &input.secret_id)?.is_none() {
        return gone_already(cx, input.secret_id);
    }
    let mut secret = existing(cx, &input.secret_id)?;
    let (arn, name, now) = (secret.arn().to_string(), secret.name.clone(), cx.now());
    if force {
        state::remove(cx, &secret)?;
        return Ok(Deleted { arn, name, deletion_date: now.timestamp() });
    }
    if secret.deleted.is_some() {
        let text = "You can't perform this operation on the secret because it was already \
                    scheduled for deletion.";
        return Err(Fault::new("InvalidRequestException", text).status(400));
    }
    let final_at = now + Duration::days(days);
    secret.deleted = Some(Deletion { asked: now, final_at });
    state::put(cx, &secret)?;
    Ok(Deleted { arn, name, deletion_date: final_at.timestamp() })
}

/// Forced deletion of what does not exist succeeds, as the API reference says.
fn gone_already(cx: &Cx, name: String) -> Result<Deleted, Fault> {
    let arn = cx.arn("secretsmanager", format!("secret:{name}"))?.to_string();
    Ok(Deleted { arn, name, deletion_date: cx.now().timestamp() })
}

pub(super) fn restore_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "RestoreSecret", &input.secret_id)
}

pub(super) fn restore(cx: &mut Cx, input: ById) -> Result<Named, Fault> {
    let mut secret = existing(cx, &input.secret_id)?;
    secret.deleted = None;
    state::put(cx, &secret)?;
    Ok(Named { arn: secret.arn().to_string(), name: secret.name, version_id: None })
}
