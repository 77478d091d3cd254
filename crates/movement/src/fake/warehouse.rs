//! The warehouse: users, grants, an UNLOAD that writes two CSV files and a manifest, and (`load`) a
//! COPY of CSV lines with the transactions around it.

mod load;

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::Fake;
use crate::database::{Database, Databases, DbError, Login, Rows};

#[async_trait]
impl Databases for Fake {
    async fn connect(&self, login: &Login) -> Result<Box<dyn Database>, DbError> {
        if self.is_dead() {
            return Err(DbError::local("the line is cut"));
        }
        let world = self.world.lock().unwrap();
        if world.users.get(&login.user).map(String::as_str) != Some(login.password.reveal()) {
            let message = format!("password authentication failed for user \"{}\"", login.user);
            return Err(DbError { sqlstate: Some("28P01".into()), ..DbError::local(message) });
        }
        let (fake, user) = (self.clone(), login.user.clone());
        Ok(Box::new(Session { fake, user, load: Mutex::default() }))
    }
}

struct Session {
    fake: Fake,
    user: String,
    load: Mutex<load::State>,
}

fn one(value: impl ToString) -> Rows {
    Rows { rows: vec![vec![Some(value.to_string())]] }
}

/// The n-th quoted thing of a statement.
fn quoted(sql: &str, quote: char, n: usize) -> String {
    sql.split(quote).nth(2 * n + 1).unwrap_or_default().to_owned()
}

#[async_trait]
impl Database for Session {
    async fn query(&self, sql: &str) -> Result<Rows, DbError> {
        if self.fake.is_dead() {
            return Err(DbError::local("the line is cut"));
        }
        let verb = sql.trim_start().split([' ', '(']).next().unwrap();
        let moves = ["UNLOAD", "COPY"];
        let moves = moves.into_iter().find(|word| sql.contains(&format!("*/ {word} ")));
        if moves.is_some() {
            self.hang().await?;
        }
        let changing = ["CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "DELETE", "INSERT", "COMMIT"];
        let name = moves.unwrap_or(verb);
        if (moves.is_some() || changing.contains(&verb)) && !self.fake.burn(name) {
            return Err(DbError::local("the line is cut"));
        }
        let answer = match moves {
            Some("UNLOAD") => self.unload(sql),
            Some(_) => self.copy(sql),
            None => match self.load_statement(verb, sql) {
                Some(answer) => Ok(answer),
                None => self.statement(verb, sql),
            },
        };
        if self.fake.is_dead() {
            return Err(DbError::local("the line is cut"));
        }
        answer
    }

    fn notices(&self) -> Vec<String> {
        std::mem::take(&mut self.load.lock().unwrap().notices)
    }

    async fn cancel(&self) -> Result<(), DbError> {
        self.fake.cancelled.notify_one();
        Ok(())
    }
}

impl Fake {
    fn functions(&self) -> Result<(), DbError> {
        let message = "function has_assumerole_privilege is not built";
        match self.knobs.lock().unwrap().no_functions {
            true => Err(DbError { sqlstate: Some("0A000".into()), ..DbError::local(message) }),
            false => Ok(()),
        }
    }
}

impl Session {
    async fn hang(&self) -> Result<(), DbError> {
        if self.fake.knobs.lock().unwrap().hang {
            self.fake.cancelled.notified().await;
            let message = "canceling statement due to user request";
            return Err(DbError { sqlstate: Some("57014".into()), ..DbError::local(message) });
        }
        Ok(())
    }

    fn statement(&self, verb: &str, sql: &str) -> Result<Rows, DbError> {
        let mut world = self.fake.world.lock().unwrap();
        match verb {
            "CREATE" => {
                let made = world.users.insert(quoted(sql, '"', 0), quoted(sql, '\'', 0));
                assert!(made.is_none(), "user made twice");
            }
            "ALTER" => {
                world.users.insert(quoted(sql, '"', 0), quoted(sql, '\'', 0));
            }
            "DROP" => {
                let user = quoted(sql, '"', 0);
                let prefix = format!("{user}: ");
                let held = world.grants.iter().any(|grant| grant.starts_with(&prefix));
                assert!(!held, "a user with grants cannot be dropped: {:?}", world.grants);
                world.users.remove(&user);
            }
            "GRANT" | "REVOKE" => {
                if sql.contains("PUBLIC") {
                    world.assumerole_open = verb == "GRANT";
                    return Ok(Rows::default());
                }
                let word = if verb == "GRANT" { " TO " } else { " FROM " };
                let (what, who) = sql.split_once(word).unwrap();
                let what = what.split_once(' ').unwrap().1;
                let grant = format!("{}: {what}", quoted(who, '"', 0));
                if verb == "GRANT" {
                    world.grants.insert(grant);
                } else {
                    world.grants.remove(&grant);
                }
            }
            "SELECT" => return self.select(&world, sql),
            _ => {}
        }
        Ok(Rows::default())
    }

    fn select(&self, world: &super::World, sql: &str) -> Result<Rows, DbError> {
        if sql.ends_with("WHERE false") {
            return self.probe(world, sql);
        }
        if sql.contains("has_assumerole_privilege(usename") {
            self.fake.functions()?;
            let somebody = world.users.keys().any(|user| user != "admin");
            let open = somebody.then(|| world.assumerole_open.to_string());
            return Ok(Rows { rows: vec![vec![open]] });
        }
        let user = quoted(sql, '\'', 0);
        let holds = |what: String| world.grants.contains(&format!("{user}: {what}"));
        if sql.contains("pg_user") {
            let found = world.users.contains_key(&user);
            return Ok(Rows { rows: found.then(|| vec![Some(user)]).into_iter().collect() });
        }
        if sql.contains("pg_backend_pid") {
            return Ok(one(4711));
        }
        if sql.contains("pg_last_unload_count") {
            return Ok(one(3));
        }
        if sql.starts_with("SELECT COUNT(*) FROM (") {
            return Ok(one(self.fake.knobs.lock().unwrap().rows_now.unwrap_or(3)));
        }
        if let Some(told) = self.history(world, sql) {
            return told;
        }
        if sql.contains("identity_type <> 'public'") {
            let held = world.grants.iter().find(|grant| grant.contains("ASSUMEROLE"));
            let user = held.and_then(|grant| grant.split(':').next()).map(str::to_owned);
            return Ok(Rows { rows: user.map(|user| vec![Some(user)]).into_iter().collect() });
        }
        if sql.contains("svv_iam_privileges") {
            let (chain, user) = (quoted(sql, '\'', 0), quoted(sql, '\'', 1));
            let found = world.grants.contains(&format!("{user}: ASSUMEROLE ON '{chain}'"));
            return Ok(Rows { rows: found.then(|| vec![Some(chain)]).into_iter().collect() });
        }
        if !world.users.contains_key(&user) {
            let message = format!("user \"{user}\" does not exist");
            return Err(DbError { sqlstate: Some("42704".into()), ..DbError::local(message) });
        }
        if sql.contains("has_schema_privilege") {
            return Ok(one(holds(format!("USAGE ON SCHEMA \"{}\"", quoted(sql, '\'', 1)))));
        }
        if sql.contains("has_table_privilege") {
            let (table, privilege) = (quoted(sql, '\'', 1), quoted(sql, '\'', 2).to_uppercase());
            return Ok(one(holds(format!("{privilege} ON {table}"))));
        }
        if sql.contains("has_assumerole_privilege") {
            let chain = quoted(sql, '\'', 1);
            self.fake.functions()?;
            return Ok(one(world.assumerole_open || holds(format!("ASSUMEROLE ON '{chain}'"))));
        }
        panic!("select {sql}")
    }

    /// What the views of queries and loads say; none for any other select.
    fn history(&self, world: &super::World, sql: &str) -> Option<Result<Rows, DbError>> {
        if sql.contains("sys_query_history") && self.fake.knobs.lock().unwrap().no_history {
            let message = "relation \"sys_query_history\" does not exist";
            return Some(Err(DbError {
                sqlstate: Some("42P01".into()),
                ..DbError::local(message)
            }));
        }
        if sql.contains("sys_load_detail") {
            let files = world.scanned.get(&quoted(sql, '\'', 0)).cloned().unwrap_or_default();
            let row = |(url, lines): (String, usize)| vec![Some(url), Some(lines.to_string())];
            return Some(Ok(Rows { rows: files.into_iter().map(row).collect() }));
        }
        if sql.contains("sys_load_history") {
            let label = quoted(sql, '\'', 0);
            let rows = world.history.get(&label).map(|rows| {
                let [done, rows, none] = ["completed".to_owned(), rows.to_string(), "0".into()];
                match sql.contains("SUM") {
                    true => vec![Some(rows), Some(none)],
                    false => vec![Some(done), Some(rows), Some(none)],
                }
            });
            return Some(Ok(Rows { rows: rows.into_iter().collect() }));
        }
        if sql.contains("sys_query_history") && self.fake.knobs.lock().unwrap().hang {
            return Some(Ok(one("running")));
        }
        if sql.contains("sys_query_history") {
            let rows = world
                .history
                .get(&quoted(sql, '\'', 0))
                .map(|rows| vec![Some("success".to_owned()), Some(rows.to_string())]);
            return Some(Ok(Rows { rows: rows.into_iter().collect() }));
        }
        if sql.contains("sys_load_error_detail") {
            let row = ["s3://dev-landing/orders/a", "2", "id", "1207", "Invalid digit, Value 'x'"];
            return Some(Ok(Rows { rows: vec![row.map(|text| Some(text.to_owned())).to_vec()] }));
        }
        None
    }

    /// A select of no rows: the schema's USAGE, then the table's SELECT.
    fn probe(&self, world: &super::World, sql: &str) -> Result<Rows, DbError> {
        let holds = |what: String| world.grants.contains(&format!("{}: {what}", self.user));
        let (schema, table) = (quoted(sql, '"', 0), quoted(sql, '"', 1));
        let said = if !holds(format!("USAGE ON SCHEMA \"{schema}\"")) {
            format!("permission denied for schema {schema}")
        } else if !holds(format!("SELECT ON \"{schema}\".\"{table}\"")) {
            format!("permission denied for relation {table}")
        } else {
            return Ok(Rows::default());
        };
        Err(DbError { sqlstate: Some("42501".into()), ..DbError::local(said) })
    }

    fn refused(&self) -> Result<(), DbError> {
        self.fake.knobs.lock().unwrap().refuse.clone().map_or(Ok(()), Err)
    }

    /// Writes `a` and `b` with three records; the select's text does not matter.
    fn unload(&self, sql: &str) -> Result<Rows, DbError> {
        self.refused()?;
        let mut world = self.fake.world.lock().unwrap();
        let after = sql.split_once("TO 's3://").unwrap().1;
        let (bucket, prefix) = after.split_once('\'').unwrap().0.split_once('/').unwrap();
        let mark = sql.split_once("/* ").unwrap().1.split_once(" */").unwrap().0;
        world.history.insert(mark.to_owned(), 3);
        let files = [("0000_part_00", "1,\"a\nb\"\n2,x\n", 2), ("0001_part_00", "3,\n", 1)];
        let entries: Vec<_> = files
            .iter()
            .map(|(name, text, records)| {
                let url = format!("s3://{bucket}/{prefix}{name}");
                let meta = json!({ "content_length": text.len(), "record_count": records });
                json!({ "url": url, "meta": meta })
            })
            .collect();
        let manifest =
            json!({ "entries": entries, "meta": { "content_length": 15, "record_count": 3 } });
        let objects = &mut world.buckets.get_mut(bucket).unwrap().objects;
        if !sql.contains("CLEANPATH") && objects.keys().any(|key| key.starts_with(prefix)) {
            let message = "Specified unload destination on S3 is not empty. Consider …";
            return Err(DbError { sqlstate: Some("XX000".into()), ..DbError::local(message) });
        }
        objects.insert(format!("{prefix}manifest"), manifest.to_string().into_bytes());
        for (name, text, _) in files {
            objects.insert(format!("{prefix}{name}"), text.as_bytes().to_vec());
        }
        Ok(Rows::default())
    }
}
