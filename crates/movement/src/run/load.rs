//! The load: one COPY, or a transaction around it, by the mode.
//!
//! - append: the COPY alone, its own transaction;
//! - overwrite: DELETE (not TRUNCATE, which commits) and COPY;
//! - upsert: COPY into a temporary table like the target, then the rows with the same keys are
//!   replaced. Rows that share a key, or have none, would make the result hang on chance: they are
//!   told, and nothing is changed.

use super::send::{Counted, Refused};
use crate::database::{Database, DbError};
use crate::file::{Load, Mode};
use crate::place::Account;
use crate::sql;
use crate::trouble::Trouble;
use crate::work::Work;

/// The temporary table of an upsert.
const STAGE: &str = "landbridge_stage";
/// Keys and broken lines that are named; more would only fill the screen.
const SHOWN: usize = 5;

/// The statements of one load.
pub(super) struct Statements<'l> {
    load: &'l Load,
    copy: String,
    /// For the block of rows that cannot be used.
    label: String,
    file: String,
}

impl<'l> Statements<'l> {
    pub fn new(work: &Work<'_>, load: &'l Load, mark: &str) -> Self {
        let table = match load.mode {
            Mode::Upsert { .. } => STAGE.to_owned(),
            _ => sql::qualified(&load.table),
        };
        let copy = sql::copy(work.movement, load, &work.facts, (&table, mark));
        let label = work.label(Account::Warehouse).to_owned();
        Self { load, copy, label, file: work.file() }
    }

    /// The COPY itself.
    pub fn copy(&self) -> &str {
        &self.copy
    }

    /// Loads: all of it or, after any refusal, nothing.
    pub async fn execute(&self, session: &dyn Database) -> Result<Counted, Refused> {
        if self.load.mode == Mode::Append {
            return Ok(self.copied(session).await?);
        }
        session.query("BEGIN").await?;
        let done = match &self.load.mode {
            Mode::Upsert { keys } => self.upsert(session, keys).await,
            _ => self.overwrite(session).await,
        };
        if done.is_err() {
            // A connection that is gone has rolled back by itself.
            let _ = session.query("ROLLBACK").await;
            return done;
        }
        session.query("COMMIT").await?;
        done
    }

    async fn copied(&self, session: &dyn Database) -> Result<Counted, DbError> {
        session.query(&self.copy).await?;
        let notices = session.notices();
        let rows = told(&notices, "loaded successfully");
        let rejected = told(&notices, "could not be loaded").unwrap_or_default();
        let rows = match rows {
            Some(rows) => rows,
            None => number(session, "SELECT pg_last_copy_count()").await?,
        };
        Ok(Counted { rows, rejected, replaced: 0 })
    }

    async fn overwrite(&self, session: &dyn Database) -> Result<Counted, Refused> {
        let table = sql::qualified(&self.load.table);
        session.query(&format!("DELETE FROM {table}")).await?;
        Ok(self.copied(session).await?)
    }

    async fn upsert(&self, session: &dyn Database, keys: &[String]) -> Result<Counted, Refused> {
        let table = sql::qualified(&self.load.table);
        session
            .query(&format!("CREATE TEMP TABLE {STAGE} (LIKE {table} INCLUDING DEFAULTS)"))
            .await?;
        let counted = self.copied(session).await?;
        self.refuse_unclear(session, keys).await?;
        let same: Vec<String> = keys
            .iter()
            .map(|key| sql::identifier(key))
            .map(|key| format!("{table}.{key} = {STAGE}.{key}"))
            .collect();
        let same = same.join(" AND ");
        let known = format!("SELECT COUNT(*) FROM {table}, {STAGE} WHERE {same}");
        let replaced = number(session, &known).await?;
        session.query(&format!("DELETE FROM {table} USING {STAGE} WHERE {same}")).await?;
        let (into, from) = match self.load.columns.is_empty() {
            true => (String::new(), "*".to_owned()),
            false => {
                let names = sql::names(&self.load.columns);
                (format!(" ({names})"), names)
            }
        };
        session.query(&format!("INSERT INTO {table}{into} SELECT {from} FROM {STAGE}")).await?;
        session.query(&format!("DROP TABLE {STAGE}")).await?;
        Ok(Counted { replaced, ..counted })
    }

    /// Rows of the source that share a key, or whose key is NULL.
    async fn refuse_unclear(&self, session: &dyn Database, keys: &[String]) -> Result<(), Refused> {
        let names = sql::names(keys);
        let twice = format!(
            "SELECT {names}, COUNT(*) FROM {STAGE} GROUP BY {names} HAVING COUNT(*) > 1 \
             ORDER BY {names} LIMIT {SHOWN}"
        );
        let shared = session.query(&twice).await?.rows;
        let nulls: Vec<String> =
            keys.iter().map(|key| format!("{} IS NULL", sql::identifier(key))).collect();
        let nulls = format!("SELECT COUNT(*) FROM {STAGE} WHERE {}", nulls.join(" OR "));
        let keyless = number(session, &nulls).await?;
        if shared.is_empty() && keyless == 0 {
            return Ok(());
        }
        let mut trouble = Trouble::new(format!("replace rows by {}", keys.join(", ")))
            .said("the rows of the source cannot be told apart by that; nothing was changed");
        trouble.why = shared.iter().filter_map(|row| shared_key(keys, row)).collect();
        if keyless > 0 {
            trouble.why.push(format!("{keyless} rows have no key"));
        }
        let fix = format!("name all columns of the key: keys = [...] in {}", self.file);
        Err(Refused::Known(Box::new(trouble.fix(fix).at(7, &self.label))))
    }
}

/// `id 7: 3 rows`.
fn shared_key(keys: &[String], row: &[Option<String>]) -> Option<String> {
    let (count, values) = row.split_last()?;
    let parts: Vec<String> = keys
        .iter()
        .zip(values)
        .map(|(key, value)| format!("{key} {}", value.as_deref().unwrap_or("NULL")))
        .collect();
    Some(format!("{}: {} rows", parts.join(", "), count.as_deref().unwrap_or("several")))
}

/// The number of a notice such as `Load into table 't' completed, 7 record(s) loaded successfully.`
fn told(notices: &[String], end: &str) -> Option<u64> {
    let notice = notices.iter().rev().find(|notice| notice.contains(end))?;
    let (_, rest) = notice.split_once("completed, ")?;
    rest.split_whitespace().next()?.parse().ok()
}

async fn number(session: &dyn Database, sql: &str) -> Result<u64, DbError> {
    let rows = session.query(sql).await?;
    Ok(rows.first().and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// The first broken lines of the session's last COPY, where that is what failed
/// ("SYS_LOAD_ERROR_DETAIL" in the Redshift Developer Guide).
pub(super) async fn broken_lines(session: &dyn Database, error: &DbError) -> Vec<String> {
    if !error.message.starts_with("Load into table") {
        return Vec::new();
    }
    let sql = format!(
        "SELECT TRIM(file_name), line_number, TRIM(column_name), error_code, TRIM(error_message) \
         FROM sys_load_error_detail WHERE query_id = pg_last_copy_id() \
         ORDER BY file_name, line_number LIMIT {SHOWN}"
    );
    let rows = session.query(&sql).await.unwrap_or_default().rows;
    rows.iter().map(|row| broken_line(row)).collect()
}

/// `s3://b/k, line 7, column price: Invalid digit, Value 'a', Pos 0, Type: Integer (1207)`.
fn broken_line(row: &[Option<String>]) -> String {
    let text = |column: usize| row.get(column).and_then(Option::as_deref).unwrap_or_default();
    let column = match text(2) {
        "" => String::new(),
        name => format!(", column {name}"),
    };
    format!("{}, line {}{column}: {} ({})", text(0), text(1), text(4), text(3))
}
