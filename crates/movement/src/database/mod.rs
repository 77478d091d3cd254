//! The warehouse side: logins, statements, notices, cancelling. Plain SQL text over the
//! PostgreSQL protocol's simple queries, which is what every Redshift accepts.
//!
//! [`Databases`] is what tests replace; [`Postgres`] is the real one, over TLS with verification.

mod postgres;

use async_trait::async_trait;

pub use postgres::Postgres;

use crate::aws::Secret;

/// Where and as whom to log in.
#[derive(Debug, Clone)]
pub struct Login {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The database user.
    pub user: String,
    /// Its password.
    pub password: Secret,
}

/// What a statement gave back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Rows of text values; NULL is `None`.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Rows {
    /// The first column of the first row.
    pub fn first(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_deref()
    }

    /// Whether that value is `t`, `true` or `1`.
    pub fn is_true(&self) -> bool {
        matches!(self.first(), Some("t" | "true" | "1"))
    }
}

/// A refusal of the warehouse, or no connection at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DbError {
    /// SQLSTATE; absent when the warehouse was not reached.
    pub sqlstate: Option<String>,
    /// The message.
    pub message: String,
    /// DETAIL.
    pub detail: Option<String>,
    /// HINT.
    pub hint: Option<String>,
}

impl DbError {
    /// Something that failed before the warehouse could answer.
    pub fn local(message: impl Into<String>) -> Self {
        Self { sqlstate: None, message: message.into(), detail: None, hint: None }
    }

    /// Whether the warehouse does not know the function, view or column asked for (42883, 42P01,
    /// 42703) or does not offer it (0A000).
    pub fn is_unknown_name(&self) -> bool {
        matches!(self.sqlstate.as_deref(), Some("42883" | "42P01" | "42703" | "0A000"))
    }

    /// The opaque explanation the HINT may carry.
    pub fn authorization_message(&self) -> Option<&str> {
        let (_, rest) = self.hint.as_deref()?.split_once("encoded authorization message:")?;
        rest.split_whitespace().next()
    }
}

/// Opens connections.
#[async_trait]
pub trait Databases: Send + Sync {
    /// Logs in over TLS, the server's certificate verified.
    async fn connect(&self, login: &Login) -> Result<Box<dyn Database>, DbError>;
}

/// One session of a warehouse.
#[async_trait]
pub trait Database: Send + Sync {
    /// One statement or several; gives the rows of the last that returned any.
    async fn query(&self, sql: &str) -> Result<Rows, DbError>;
    /// The notices received so far; each is given once.
    fn notices(&self) -> Vec<String>;
    /// Asks the server to cancel what this session runs, over a connection of its own.
    async fn cancel(&self) -> Result<(), DbError>;
}
