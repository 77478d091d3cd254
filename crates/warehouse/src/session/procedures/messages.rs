//! `RAISE`: messages to the client, and errors. Developer guide, "Supported PL/pgSQL statements",
//! RAISE; "Logging stored procedures".

use redshift_sql::procedural::{Level, Reference};

use super::super::Notice;
use super::frame::Value;
use super::interpreter::Interpreter;
use crate::catalog::history::{MessageRecord, Record};
use crate::errors::Failure;

impl Interpreter<'_> {
    pub(super) fn raise(
        &mut self,
        level: Level,
        format: &str,
        arguments: &[Reference],
    ) -> Result<(), Failure> {
        let values: Result<Vec<Value>, Failure> =
            arguments.iter().map(|argument| self.value(argument)).collect();
        let text = message(format, &values?)?;
        self.log(level, &text);
        let severity = match level {
            Level::Exception => return Err(Failure::new("P0001", text)),
            Level::Log => "LOG",
            Level::Info => "INFO",
            Level::Notice => "NOTICE",
            Level::Warning => "WARNING",
        };
        if !self.is_wanted(level) {
            return Ok(());
        }
        let sqlstate = if level == Level::Warning { "01000" } else { "00000" };
        self.output.notice(&Notice { severity, sqlstate: sqlstate.to_owned(), message: text })
    }

    /// Writes the message to history, by `stored_proc_log_min_messages`.
    fn log(&self, level: Level, text: &str) {
        let session = &self.session;
        let least = session.settings.get("stored_proc_log_min_messages").unwrap_or("LOG");
        let (number, word) = numbered(level);
        let least = LEVELS.iter().find(|(_, name)| name.eq_ignore_ascii_case(least));
        if least.is_some_and(|(least, _)| number < *least) {
            return;
        }
        let query = session.running.calls.last().copied().unwrap_or_default();
        session.cluster.history.add(Record::Message(MessageRecord {
            origin: session.origin(query),
            session_user: session.session_user.id,
            time: session.cluster.world.now(),
            level: number,
            level_text: word,
            text: text.to_owned(),
            line: self.line,
        }));
    }

    /// Whether the client is told, by `client_min_messages`; INFO always is.
    fn is_wanted(&self, level: Level) -> bool {
        let wanted = self.session.settings.get("client_min_messages").unwrap_or("notice");
        let wanted = wanted.to_ascii_lowercase();
        match level {
            Level::Info | Level::Exception => true,
            Level::Log => wanted.starts_with("debug") || wanted == "log",
            Level::Notice => !matches!(wanted.as_str(), "warning" | "error" | "fatal" | "panic"),
            Level::Warning => !matches!(wanted.as_str(), "error" | "fatal" | "panic"),
        }
    }

    /// `RAISE;` in a handler.
    pub(super) fn reraised(&self) -> Failure {
        match self.caught.last() {
            Some(failure) if self.routine.nonatomic => failure.clone(),
            _ => Failure::new(
                "0A000",
                "RAISE without a message is only supported in an exception handling block of a \
                 NONATOMIC procedure",
            ),
        }
    }
}

/// The levels by number (`SVL_STORED_PROC_MESSAGES.loglevel`).
const LEVELS: [(u8, &str); 5] =
    [(20, "LOG"), (30, "INFO"), (40, "NOTICE"), (50, "WARNING"), (60, "EXCEPTION")];

fn numbered(level: Level) -> (u8, &'static str) {
    match level {
        Level::Log => (20, "LOG"),
        Level::Info => (30, "INFO"),
        Level::Notice => (40, "NOTICE"),
        Level::Warning => (50, "WARNING"),
        Level::Exception => (60, "EXCEPTION"),
    }
}

/// The format with each `%` replaced by the next value, `%%` by one sign.
fn message(format: &str, values: &[Value]) -> Result<String, Failure> {
    let mut text = String::new();
    let mut values = values.iter();
    let mut characters = format.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
        } else if characters.next_if_eq(&'%').is_some() {
            text.push('%');
        } else {
            let value = values
                .next()
                .ok_or_else(|| Failure::new("42601", "too few parameters specified for RAISE"))?;
            text.push_str(&value.shown());
        }
    }
    if values.next().is_some() {
        return Err(Failure::new("42601", "too many parameters specified for RAISE"));
    }
    Ok(text)
}
