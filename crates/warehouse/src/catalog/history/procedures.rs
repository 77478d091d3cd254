//! Calls of stored procedures and the messages they raise.
//! Redshift Developer Guide, "SVL_STORED_PROC_CALL", "SVL_STORED_PROC_MESSAGES".

use chrono::{DateTime, Utc};

use super::Origin;
use crate::catalog::timestamp;
use crate::engine::literal;

/// Characters of a call's text that are kept (`SVL_STORED_PROC_CALL.querytxt`).
const TEXT: usize = 4000;
/// Characters of a message that are kept (`SVL_STORED_PROC_MESSAGES.message`).
const MESSAGE: usize = 1024;

/// A finished call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallRecord {
    /// Where it ran; the user is the one whose rights it had.
    pub origin: Origin,
    /// The user who logged in.
    pub session_user: i64,
    /// `query_group`.
    pub label: String,
    /// The statement, redacted.
    pub text: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// It failed.
    pub aborted: bool,
    /// The query of the call that made it.
    pub from: Option<i64>,
}

/// A message of a `RAISE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageRecord {
    /// The call that raised it.
    pub origin: Origin,
    /// The user who logged in.
    pub session_user: i64,
    /// When.
    pub time: DateTime<Utc>,
    /// 20 to 60.
    pub level: u8,
    /// `LOG`, `INFO`, `NOTICE`, `WARNING`, `EXCEPTION`.
    pub level_text: &'static str,
    /// The text.
    pub text: String,
    /// The line of the procedure's body.
    pub line: usize,
}

pub(super) fn call_row(call: &CallRecord) -> String {
    let (user_query, place) = call.origin.values();
    let text: String = call.text.chars().take(TEXT).collect();
    format!(
        "({user_query}, {place}, {}, {}, {}, {}, {}, {}, {})",
        call.session_user,
        literal(&call.label),
        literal(&text),
        timestamp(call.started),
        timestamp(call.ended),
        call.aborted,
        call.from.map_or_else(|| String::from("NULL"), |query| query.to_string()),
    )
}

pub(super) fn message_row(message: &MessageRecord) -> String {
    let (user_query, place) = message.origin.values();
    let text: String = message.text.chars().take(MESSAGE).collect();
    format!(
        "({user_query}, {place}, {}, {}, {}, '{}', {}, {})",
        message.session_user,
        timestamp(message.time),
        message.level,
        message.level_text,
        literal(&text),
        message.line,
    )
}
