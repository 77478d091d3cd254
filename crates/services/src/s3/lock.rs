//! Object Lock: what keeps a version from being deleted, and for how long
//! ("Locking objects with Object Lock", S3 User Guide).
//!
//! A version is kept by a retention (until a time) or a legal hold (until it is taken off). Nobody
//! shortens a retention in compliance mode, not even root; one in governance mode yields to a
//! caller with `s3:BypassGovernanceRetention` who asks for it. A delete that names no version is
//! never refused: it only hides. Knows no operations; those are in `retention.rs`.
//!
//! Start reading at [`Lock::refuse_removal`].

use chrono::{DateTime, Months, TimeDelta, Utc};
use gateway::{Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::faults;
use super::state::Bucket;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// How firm a retention is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Mode {
    /// Yields to who may bypass it.
    Governance,
    /// Yields to nobody.
    Compliance,
}

/// A version is kept until a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Retention {
    /// How firmly.
    pub mode: Mode,
    /// Until when, in seconds since 1970.
    pub until: i64,
}

/// What keeps a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lock {
    /// The retention, which may be over.
    pub retention: Option<Retention>,
    /// The legal hold; absent when there never was one.
    pub legal_hold: Option<bool>,
}

/// A bucket's Object Lock; a bucket without has none of this.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BucketLock {
    /// The retention of new versions that bring none.
    pub default: Option<DefaultRetention>,
}

/// A retention by its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DefaultRetention {
    /// How firm.
    pub mode: Mode,
    /// How long.
    pub period: Period,
}

/// Days of 24 hours, or years of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Period {
    /// From 1 day.
    Days(u32),
    /// From 1 year.
    Years(u32),
}

/// What a request that writes an object says of its lock.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Requested {
    object_lock_mode: Option<String>,
    /// Seconds since 1970.
    object_lock_retain_until_date: Option<f64>,
    object_lock_legal_hold_status: Option<String>,
}

/// What an answer says of a version's lock.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answered {
    object_lock_mode: Option<Mode>,
    object_lock_retain_until_date: Option<i64>,
    object_lock_legal_hold_status: Option<&'static str>,
}

impl DefaultRetention {
    /// The retention of a version that is written now.
    fn from(self, now: DateTime<Utc>) -> Retention {
        let until = match self.period {
            Period::Days(days) => now.checked_add_signed(TimeDelta::days(days.into())),
            Period::Years(years) => now.checked_add_months(Months::new(years.saturating_mul(12))),
        };
        let until = until.unwrap_or(DateTime::<Utc>::MAX_UTC).timestamp();
        Retention { mode: self.mode, until }
    }
}

impl Requested {
    /// Whether a retention is asked for, which needs `s3:PutObjectRetention`.
    pub(super) fn has_retention(&self) -> bool {
        self.object_lock_mode.is_some() || self.object_lock_retain_until_date.is_some()
    }

    /// Whether a legal hold is asked for, which needs `s3:PutObjectLegalHold`.
    pub(super) fn has_legal_hold(&self) -> bool {
        self.object_lock_legal_hold_status.is_some()
    }

    /// Adds the condition keys of the lock headers.
    pub(super) fn keys(&self, cx: &Cx, check: Check) -> Check {
        let until = self.object_lock_retain_until_date.map(|until| until.ceil() as i64);
        let check = check
            .with_some("s3:object-lock-mode", self.object_lock_mode.clone())
            .with_some("s3:object-lock-legal-hold", self.object_lock_legal_hold_status.clone());
        retention_keys(cx, check, until)
    }

    /// The lock of a new version in this bucket, without the bucket's default.
    ///
    /// # Errors
    /// `InvalidRequest` in a bucket without Object Lock, `InvalidArgument` for half a retention or
    /// one that is over.
    pub(super) fn checked(&self, cx: &Cx, bucket: &Bucket) -> Result<Lock, Fault> {
        if (self.has_retention() || self.has_legal_hold()) && bucket.object_lock.is_none() {
            return Err(missing_configuration());
        }
        let retention = match (self.object_lock_mode.as_deref(), self.object_lock_retain_until_date)
        {
            (None, None) => None,
            (Some(mode), Some(until)) => {
                let header = "x-amz-object-lock-retain-until-date";
                Some(Retention { mode: mode_of(mode)?, until: in_future(cx, until, header)? })
            }
            (mode, _) => return Err(half_given(mode.is_none())),
        };
        let legal_hold = match self.object_lock_legal_hold_status.as_deref() {
            None => None,
            Some("ON") => Some(true),
            Some("OFF") => Some(false),
            Some(other) => {
                let text = "Legal Hold must be either of 'ON' or 'OFF'";
                return Err(faults::invalid_argument(text, "x-amz-object-lock-legal-hold", other));
            }
        };
        Ok(Lock { retention, legal_hold })
    }
}

fn mode_of(mode: &str) -> Result<Mode, Fault> {
    serde_json::from_value(mode.into()).map_err(|_| {
        faults::invalid_argument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
    })
}

fn half_given(without_mode: bool) -> Fault {
    let text = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be \
                supplied";
    let name = match without_mode {
        true => "x-amz-object-lock-mode",
        false => "x-amz-object-lock-retain-until-date",
    };
    Fault::new("InvalidArgument", text).status(400).with("ArgumentName", name)
}

/// A retention's end, which must lie ahead.
///
/// # Errors
/// `InvalidArgument`.
pub(super) fn in_future(cx: &Cx, until: f64, name: &str) -> Result<i64, Fault> {
    let seconds = until.ceil() as i64;
    if seconds > cx.now().timestamp() {
        return Ok(seconds);
    }
    let text = "The retain until date must be in the future!";
    let value = DateTime::from_timestamp(seconds, 0).map(|time| time.to_rfc3339());
    Err(faults::invalid_argument(text, name, &value.unwrap_or_default()))
}

/// The condition keys of a retention's end.
pub(super) fn retention_keys(cx: &Cx, check: Check, until: Option<i64>) -> Check {
    let Some(time) = until.and_then(|until| DateTime::from_timestamp(until, 0)) else {
        return check;
    };
    let left = time.timestamp() - cx.now().timestamp();
    let written = time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    check
        .with("s3:object-lock-retain-until-date", written)
        // A day that has begun counts ("s3:object-lock-remaining-retention-days").
        .with(
            "s3:object-lock-remaining-retention-days",
            (left.max(0) + DAY - 1).div_euclid(DAY).to_string(),
        )
}

/// A bucket that has no Object Lock.
pub(super) fn missing_configuration() -> Fault {
    faults::invalid_request("Bucket is missing Object Lock Configuration")
}

fn protected() -> Fault {
    let text = "Access Denied because object protected by object lock.";
    Fault::new("AccessDenied", text).status(403)
}

impl Lock {
    /// With the bucket's default retention, where the version brings none.
    pub(super) fn or_default(self, cx: &Cx, bucket: &Bucket) -> Self {
        let default = bucket.object_lock.and_then(|lock| lock.default);
        Self { retention: self.retention.or(default.map(|d| d.from(cx.now()))), ..self }
    }

    /// The retention that still holds.
    fn active(&self, cx: &Cx) -> Option<Retention> {
        self.retention.filter(|retention| retention.until > cx.now().timestamp())
    }

    /// Whether it takes a bypass, and so the permission for one, to delete the version.
    pub(super) fn is_governed(&self, cx: &Cx) -> bool {
        self.active(cx).is_some_and(|retention| retention.mode == Mode::Governance)
    }

    /// Whether the version may be deleted for good. The bypass was decided on by then.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(super) fn refuse_removal(&self, cx: &Cx, bypass: bool) -> Result<(), Fault> {
        let kept = self.active(cx).is_some_and(|r| r.mode == Mode::Compliance || !bypass);
        if kept || self.legal_hold == Some(true) { Err(protected()) } else { Ok(()) }
    }

    /// Whether the retention may become another, or none. Making it longer or firmer is always
    /// allowed.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(super) fn refuse_change(
        &self,
        cx: &Cx,
        to: Option<Retention>,
        bypass: bool,
    ) -> Result<(), Fault> {
        let Some(now) = self.active(cx) else { return Ok(()) };
        let weaker = to.is_none_or(|to| {
            to.until < now.until || (now.mode, to.mode) == (Mode::Compliance, Mode::Governance)
        });
        match now.mode {
            Mode::Governance if bypass => Ok(()),
            _ if weaker => Err(protected()),
            _ => Ok(()),
        }
    }

    /// As output members.
    pub(super) fn answered(&self) -> Answered {
        Answered {
            object_lock_mode: self.retention.map(|retention| retention.mode),
            object_lock_retain_until_date: self.retention.map(|retention| retention.until),
            object_lock_legal_hold_status: self.legal_hold.map(hold_status),
        }
    }
}

/// A legal hold as the interface writes it.
pub(super) fn hold_status(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}
