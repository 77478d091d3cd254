//! The engine: the only module that knows DuckDB.
//!
//! One [`Engine`] per cluster holds one file with all of its databases, attached to an in-memory
//! root that carries the system views: the engine writes to one file in a transaction, and a
//! transaction of Redshift may change users, databases and objects of several databases. One
//! [`Connection`] per session, on the session's own thread. The engine must not know users, the
//! wire protocol or the cloud; SQL that reaches it has been parsed, checked and rewritten.
//! Start reading at [`Engine::open`].

mod cache;
mod connection;
mod feed;
mod functions;
mod memo;
mod options;
mod plan;
mod semistructured;
mod values;

pub(crate) use connection::{Connection, Interrupt, Prepared};
pub(crate) use feed::{Fed, Group, Unread};
pub(crate) use functions::acts::{Acts, Asking, Denied};
pub(crate) use functions::zones::offset_text;
pub(crate) use plan::{Method, Operation, Plan};
pub(crate) use values::{Value, literal};

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cache::Activity;

/// The schema, in each database, that holds our own tables; user SQL cannot name it.
pub(crate) const OWN_SCHEMA: &str = "pg_landbridge";

/// The engine refused or failed; the message is the engine's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineFault {
    /// The engine's own words.
    pub message: String,
}

impl From<duckdb::Error> for EngineFault {
    fn from(error: duckdb::Error) -> Self {
        let message = match error {
            duckdb::Error::DuckDBFailure(_, Some(message)) => message,
            other => other.to_string(),
        };
        Self { message }
    }
}

/// The cluster's file, which has the name of its first database.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseFile {
    /// The first database's name.
    pub name: String,
    /// `<name>.duckdb`.
    pub path: PathBuf,
}

/// What is fixed about an engine when it opens.
pub(crate) struct EngineOptions<'a> {
    /// The file to attach.
    pub file: &'a DatabaseFile,
    /// The one directory the engine may write: sort and hash spills.
    pub staging: &'a Path,
    /// Upper bound of the engine's buffers, in megabytes.
    pub memory_megabytes: u64,
    /// Worker threads.
    pub threads: usize,
    /// What functions can do to sessions.
    pub acts: Arc<dyn Acts>,
}

/// A running engine.
pub(crate) struct Engine {
    root: Mutex<duckdb::Connection>,
    changes: memo::Changes,
    activity: Activity,
}

impl Engine {
    /// Opens the in-memory root, attaches the file, runs `prepare` (schemas, system views)
    /// and then locks the configuration, so that no SQL can widen what the engine may touch.
    pub(crate) fn open(
        options: &EngineOptions<'_>,
        prepare: impl FnOnce(&Connection) -> Result<(), EngineFault>,
    ) -> Result<Self, EngineFault> {
        let root = duckdb::Connection::open_in_memory_with_flags(options::at_open(options)?)?;
        // Before the file is attached: what lies in it may call these.
        functions::register(&root, &options.acts)?;
        root.execute_batch(&format!(
            "ATTACH {} AS {}",
            literal(&options.file.path.to_string_lossy()),
            quote(&catalog_of(&options.file.name)),
        ))?;
        let changes = memo::Changes::default();
        let activity = Activity::new(options.memory_megabytes);
        let first = Connection::new(root.try_clone()?, changes.clone(), activity.clone());
        prepare(&first)?;
        feed::register(&root)?;
        semistructured::register(&root)?;
        options::lock(&root, options.staging)?;
        Ok(Self { root: Mutex::new(root), changes, activity })
    }

    /// A new connection with its own transaction and temporary tables.
    pub(crate) fn connect(&self) -> Result<Connection, EngineFault> {
        self.connect_with(self.changes.clone())
    }

    /// A connection whose writes are no changes of the catalog: for the history.
    pub(crate) fn connect_aside(&self) -> Result<Connection, EngineFault> {
        self.connect_with(memo::Changes::default())
    }

    fn connect_with(&self, changes: memo::Changes) -> Result<Connection, EngineFault> {
        Ok(Connection::new(self.root().try_clone()?, changes, self.activity.clone()))
    }

    /// Writes what is committed from the log into the file (at a clean stop).
    pub(crate) fn checkpoint(&self, database: &str) -> Result<(), EngineFault> {
        let root = self.root();
        let _running = self.activity.begin(&root);
        Ok(root.execute_batch(&format!("CHECKPOINT {}", quote(&catalog_of(database))))?)
    }

    fn root(&self) -> MutexGuard<'_, duckdb::Connection> {
        self.root.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands in a database's key between the first database's name and its own number.
const IN_KEY: char = '/';
/// The end of names in the engine that no user can write.
pub(crate) const MARK: &str = "$db";

/// What a database is called among us, whatever its name: the first one's name for the first
/// (`dev`), a number after that for the others (`dev/101`).
pub(crate) fn key_of(first: &str, number: i64) -> String {
    format!("{first}{IN_KEY}{number}")
}

/// A database's number, as its key has it; `None` for the first.
pub(crate) fn number_of(database: &str) -> Option<&str> {
    database.split_once(IN_KEY).map(|(_, number)| number)
}

/// The engine's catalog that holds a database. A mark is added, so that a schema may have its
/// database's name without the engine finding `name.table` ambiguous.
pub(crate) fn catalog_of(database: &str) -> String {
    let first = database.split_once(IN_KEY).map_or(database, |(first, _)| first);
    format!("{first}{MARK}")
}

/// The engine's schema with our own tables of a database.
pub(crate) fn own_schema_of(database: &str) -> String {
    match number_of(database) {
        Some(number) => format!("{OWN_SCHEMA}${number}{MARK}"),
        None => OWN_SCHEMA.to_owned(),
    }
}

/// Whether a schema of the engine holds our own tables, of whatever database.
pub(crate) fn is_own_schema(schema: &str) -> bool {
    let rest = schema.strip_prefix(OWN_SCHEMA);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('$') && rest.ends_with(MARK))
}

/// An identifier in double quotes.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
