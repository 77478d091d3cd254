//! Who came and went, and what became of users: rows behind `stl_connection_log`, `stv_sessions`
//! and `stl_userlog`. Redshift Developer Guide, "STL_CONNECTION_LOG", "STL_USERLOG".

use chrono::{DateTime, Utc};

use super::super::timestamp;
use crate::catalog::optional;
use crate::engine::literal;

/// The open sessions, in the engine's in-memory root.
pub(super) const SESSIONS: &str = "memory.rs_own.sessions";

/// What a client told and showed of itself when it connected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Client {
    /// Its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The connection is inside TLS.
    pub tls: bool,
    /// `application_name`.
    pub application: String,
    /// `driver_version`.
    pub driver: String,
    /// `os_version`.
    pub system: String,
    /// `plugin_name`.
    pub plugin: String,
}

/// What happened to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The password was wrong, or the user may not log in.
    Refused,
    /// The password was right.
    Authenticated,
    /// The session began.
    Opened,
    /// The session ended.
    Closed,
}

impl Event {
    fn text(self) -> &'static str {
        match self {
            Self::Refused => "authentication failure",
            Self::Authenticated => "authenticated",
            Self::Opened => "initiating session",
            Self::Closed => "disconnecting session",
        }
    }
}

/// One event of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionRecord {
    /// What happened.
    pub event: Event,
    /// When.
    pub time: DateTime<Utc>,
    /// How long the session lasted, in microseconds; 0 before its end.
    pub duration: i64,
    /// The client.
    pub client: Client,
    /// `pg_backend_pid()`, 0 before there is a session.
    pub session: i32,
    /// The database.
    pub database: String,
    /// The user's name.
    pub user: String,
    /// The user's id, 0 for one that was not let in.
    pub user_id: i64,
}

/// A change of a database user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserRecord {
    /// `create`, `alter`, `rename` or `drop`.
    pub action: &'static str,
    /// The user's id.
    pub id: i64,
    /// The name, after the change.
    pub name: String,
    /// The name before a change of name.
    pub old_name: Option<String>,
    /// CREATEDB and CREATEUSER.
    pub rights: [bool; 2],
    /// `VALID UNTIL`.
    pub valid_until: Option<String>,
    /// The session and transaction that changed it.
    pub place: (i32, i64),
    /// When.
    pub time: DateTime<Utc>,
}

pub(super) fn connection_row(record: &ConnectionRecord) -> String {
    let client = &record.client;
    format!(
        "('{}', {}, {}, '{}', {}, {}, {}, {}, {}, {}, {}, {}, {})",
        record.event.text(),
        timestamp(record.time),
        literal(&client.host),
        client.port,
        record.session,
        literal(&record.database),
        literal(&record.user),
        record.duration,
        client.tls,
        literal(&client.application),
        literal(&client.driver),
        literal(&client.system),
        literal(&client.plugin),
    )
}

/// What the event changes about the open sessions.
pub(super) fn session_change(record: &ConnectionRecord) -> Option<String> {
    let pid = record.session;
    match record.event {
        Event::Opened => Some(format!(
            "INSERT INTO {SESSIONS} VALUES ({pid}, {}, {}, {}, {}, {}, {}, {})",
            record.user_id,
            literal(&record.user),
            literal(&record.database),
            timestamp(record.time),
            literal(&record.client.application),
            literal(&record.client.host),
            record.client.port,
        )),
        Event::Closed => Some(format!("DELETE FROM {SESSIONS} WHERE session_id = {pid}")),
        Event::Refused | Event::Authenticated => None,
    }
}

pub(super) fn user_row(record: &UserRecord) -> String {
    let [create_db, superuser] = record.rights;
    format!(
        "({}, {}, {}, '{}', {create_db}, {superuser}, {}, {}, {}, {})",
        record.id,
        literal(&record.name),
        optional(record.old_name.as_deref()),
        record.action,
        optional(record.valid_until.as_deref()),
        record.place.0,
        record.place.1,
        timestamp(record.time),
    )
}
