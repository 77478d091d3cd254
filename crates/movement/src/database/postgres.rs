//! tokio-postgres behind the [`Databases`] trait: TLS required, server certificate verified.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Database, Databases, DbError, Login, Rows};
use crate::aws::Roots;

/// How long a TCP connection may take; an unreachable cluster does not answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections over the PostgreSQL protocol.
#[derive(Clone)]
pub struct Postgres {
    tls: MakeRustlsConnect,
}

impl Postgres {
    /// Trusting these certificate authorities.
    pub fn new(roots: &Roots) -> Self {
        let config = roots.config().as_ref().clone();
        Self { tls: MakeRustlsConnect::new(config) }
    }
}

type Notices = Arc<Mutex<Vec<String>>>;

#[async_trait]
impl Databases for Postgres {
    async fn connect(&self, login: &Login) -> Result<Box<dyn Database>, DbError> {
        let mut config = Config::new();
        config
            .host(&login.host)
            .port(login.port)
            .dbname(&login.database)
            .user(&login.user)
            .password(login.password.reveal())
            .application_name("landbridge")
            .ssl_mode(SslMode::Require)
            .connect_timeout(CONNECT_TIMEOUT);
        let (client, connection) =
            config.connect(self.tls.clone()).await.map_err(|error| translate(&error))?;
        let notices = Notices::default();
        tokio::spawn(drive(connection, Arc::clone(&notices)));
        Ok(Box::new(PostgresSession { client, notices, tls: self.tls.clone() }))
    }
}

/// Moves bytes for the session until it is closed, keeping the notices.
async fn drive<S, T>(mut connection: Connection<S, T>, notices: Notices)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message
            && let Ok(mut notices) = notices.lock()
        {
            notices.push(notice.message().to_owned());
        }
    }
}

struct PostgresSession {
    client: Client,
    notices: Notices,
    tls: MakeRustlsConnect,
}

#[async_trait]
impl Database for PostgresSession {
    async fn query(&self, sql: &str) -> Result<Rows, DbError> {
        let messages = self.client.simple_query(sql).await.map_err(|error| translate(&error))?;
        let mut rows = Vec::new();
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(_) => rows.clear(),
                SimpleQueryMessage::Row(row) => rows.push(
                    (0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect(),
                ),
                _ => {}
            }
        }
        Ok(Rows { rows })
    }

    fn notices(&self) -> Vec<String> {
        self.notices.lock().map(|mut notices| std::mem::take(&mut *notices)).unwrap_or_default()
    }

    async fn cancel(&self) -> Result<(), DbError> {
        let token = self.client.cancel_token();
        token.cancel_query(self.tls.clone()).await.map_err(|error| translate(&error))
    }
}

/// Keeps what the server said; never the statement, which may hold a password.
fn translate(error: &tokio_postgres::Error) -> DbError {
    match error.as_db_error() {
        Some(db) => DbError {
            sqlstate: Some(db.code().code().to_owned()),
            message: db.message().to_owned(),
            detail: db.detail().map(str::to_owned),
            hint: db.hint().map(str::to_owned),
        },
        None => {
            let mut message = error.to_string();
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            DbError::local(message)
        }
    }
}
