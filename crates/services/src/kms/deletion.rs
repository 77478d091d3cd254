//! Scheduled deletion, taking it back, and carrying it out when the clock says so.
//!
//! The primary key of a multi-Region set waits for its replicas: `PendingReplicaDeletion`
//! ("Deleting multi-Region keys", KMS Developer Guide).

use chrono::Duration;
use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{Use, check, find, on};
use super::grant::records;
use super::key::{ById, Named, own};
use super::metadata::seconds;
use super::state::{self, KeyRecord};

/// Days that a scheduled deletion waits when the caller does not say.
const DEFAULT_WINDOW_DAYS: i64 = 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScheduleInput {
    key_id: String,
    pending_window_in_days: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Scheduled {
    key_id: String,
    deletion_date: Option<f64>,
    key_state: &'static str,
    pending_window_in_days: i64,
}

pub(super) fn schedule_access(cx: &Cx, input: &ScheduleInput) -> Result<Access, Fault> {
    let days = input.pending_window_in_days.unwrap_or(DEFAULT_WINDOW_DAYS);
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let asked = check(cx, "ScheduleKeyDeletion", &find(cx, &input.key_id)?, &given)?;
    Ok(Access::to(asked.with("kms:ScheduleKeyDeletionPendingWindowInDays", days.to_string())))
}

pub(super) fn schedule(cx: &mut Cx, input: ScheduleInput) -> Result<Scheduled, Fault> {
    let mut key = own(cx, &input.key_id)?;
    key.not_pending_deletion(cx.now())?;
    let days = input.pending_window_in_days.unwrap_or(DEFAULT_WINDOW_DAYS);
    if !(7..=30).contains(&days) {
        let text = "PendingWindowInDays must be between 7 and 30 (inclusive)";
        return Err(Fault::new("ValidationException", text).status(400));
    }
    let waits = !key.is_replica() && key.related.as_ref().is_some_and(|r| !r.replicas.is_empty());
    if waits {
        key.deletion_after_replicas = Some(days);
    } else {
        key.deletion = Some(cx.now() + Duration::days(days));
    }
    state::put_key(cx, &key)?;
    Ok(Scheduled {
        key_id: key.arn().to_string(),
        deletion_date: key.deletion.map(seconds),
        key_state: key.state(cx.now()),
        pending_window_in_days: days,
    })
}

pub(super) fn cancel_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "CancelKeyDeletion", &input.key_id)
}

/// The key comes back disabled, as the API reference says.
pub(super) fn cancel(cx: &mut Cx, input: ById) -> Result<Named, Fault> {
    let mut key = own(cx, &input.key_id)?;
    let dated = key.deletion.take().is_some();
    let waiting = key.deletion_after_replicas.take().is_some();
    if !dated && !waiting {
        let text = format!("{} is not pending deletion.", key.arn());
        return Err(Fault::new("KMSInvalidStateException", text).status(400));
    }
    key.enabled = false;
    state::put_key(cx, &key)?;
    Ok(Named { key_id: key.arn().to_string() })
}

/// Removes a key whose time has come, with its aliases and grants; the primary of its set learns
/// of it.
pub(super) fn carry_out(cx: &mut Cx, key: &KeyRecord) -> Result<(), Fault> {
    for alias in state::aliases_of(cx, key)? {
        state::delete_alias(cx, &key.account, &key.region, &alias.name)?;
    }
    for grant in records::of_key(cx, key)? {
        records::delete(cx, &grant)?;
    }
    state::delete_key(cx, key)?;
    let Some(related) = key.related.as_ref().filter(|_| key.is_replica()) else { return Ok(()) };
    let others = related.replicas.iter().chain([&related.primary]);
    for region in others.filter(|region| **region != key.region) {
        let Some(mut other) = state::stored(cx, &key.account, region, &key.id)? else { continue };
        if let Some(related) = &mut other.related {
            related.replicas.retain(|replica| *replica != key.region);
            if related.replicas.is_empty()
                && let Some(days) = other.deletion_after_replicas.take()
            {
                other.deletion = Some(cx.now() + Duration::days(days));
            }
        }
        state::put_key(cx, &other)?;
    }
    Ok(())
}
