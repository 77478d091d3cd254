//! How long a session may last, in seconds.

use gateway::{Cx, Fault, Principal};

use crate::identity::RoleRecord;

/// Sessions of AssumeRole when nothing is asked for.
const DEFAULT: i64 = 3_600;
/// No session of a chained role is longer.
const CHAINED_MAX: i64 = 3_600;
/// Sessions of GetSessionToken and GetFederationToken when nothing is asked for: twelve hours.
pub(super) const OF_USERS: i64 = 43_200;

/// The length of an AssumeRole session. Too much is refused, never clipped.
pub(super) fn of_role(cx: &Cx, role: &RoleRecord, asked: Option<i64>) -> Result<i64, Fault> {
    let refused = |text: &str| Err(Fault::new("ValidationError", text).status(400));
    let seconds = asked.unwrap_or(DEFAULT);
    if matches!(cx.principal(), Principal::Role(_)) && seconds > CHAINED_MAX {
        return refused(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed \
             by role chaining.",
        );
    }
    if seconds > role.max_session_seconds {
        return refused(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        );
    }
    Ok(seconds)
}
