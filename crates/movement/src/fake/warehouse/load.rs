//! COPY of the CSV lines that lie under a prefix, or of items, and the transactions around it: a
//! session that ends within one leaves its tables as they were.

use std::collections::BTreeMap;

use super::{DbError, Rows, Session, one};
use crate::fake::World;

/// What a session has open.
#[derive(Default)]
pub(super) struct State {
    pub notices: Vec<String>,
    /// The tables before `BEGIN`.
    before: Option<BTreeMap<String, Vec<String>>>,
    /// The temporary table.
    stage: Option<Vec<String>>,
}

/// The first field of a line: the key.
fn key(line: &str) -> &str {
    line.split(',').next().unwrap()
}

impl Session {
    /// A statement of a load; `None` for all others.
    pub(super) fn load_statement(&self, verb: &str, sql: &str) -> Option<Rows> {
        let mut state = self.load.lock().unwrap();
        let mut world = self.fake.world.lock().unwrap();
        let tables = &mut world.tables;
        let name = tables.keys().find(|name| sql.contains(name.as_str())).cloned();
        match (verb, name) {
            ("BEGIN", _) => state.before = Some(tables.clone()),
            ("COMMIT", _) => state.before = None,
            ("ROLLBACK", _) => {
                *tables = state.before.take().unwrap();
                state.stage = None;
            }
            ("CREATE", _) if sql.contains("TEMP TABLE") => {
                assert!(state.stage.replace(Vec::new()).is_none() && state.before.is_some());
            }
            ("DROP", _) if sql.contains("TABLE") => state.stage = None,
            ("DELETE", Some(name)) => {
                let stage = state.stage.clone().unwrap_or_default();
                let kept = |line: &String| {
                    sql.contains("USING") && !stage.iter().any(|new| key(new) == key(line))
                };
                tables.get_mut(&name).unwrap().retain(kept);
            }
            ("INSERT", Some(name)) => {
                tables.get_mut(&name).unwrap().extend(state.stage.clone().unwrap());
            }
            ("SELECT", Some(name)) if sql.starts_with("SELECT COUNT(*) FROM \"") => {
                let stage = state.stage.as_deref().unwrap_or_default();
                let joined = sql.contains("landbridge_stage");
                let counted =
                    |line: &&String| !joined || stage.iter().any(|new| key(new) == key(line));
                return Some(one(tables[&name].iter().filter(counted).count()));
            }
            ("SELECT", _) if sql.contains("landbridge_stage") => {
                return Some(unclear(sql, state.stage.as_deref().unwrap()));
            }
            _ => return None,
        }
        Some(Rows::default())
    }

    pub(super) fn copy(&self, sql: &str) -> Result<Rows, DbError> {
        self.refused()?;
        let mut state = self.load.lock().unwrap();
        let mut world = self.fake.world.lock().unwrap();
        let after = sql.split_once("FROM '").unwrap().1.split_once('\'').unwrap().0;
        let (kind, place) = after.split_once("://").unwrap();
        let files: Vec<(String, Vec<String>)> = match kind {
            "dynamodb" => vec![(after.to_owned(), world.items[place].clone())],
            _ => objects(&world, place),
        };
        let mark = sql.split_once("/* ").unwrap().1.split_once(" */").unwrap().0.to_owned();
        let scanned = files.iter().map(|(url, lines)| (url.clone(), lines.len())).collect();
        let lines: Vec<String> = files.into_iter().flat_map(|(_, lines)| lines).collect();
        world.history.insert(mark.clone(), lines.len() as u64);
        world.scanned.insert(mark, scanned);
        let count = lines.len();
        let said = format!("Load into table 'x' completed, {count} record(s) loaded successfully.");
        state.notices.push(said);
        if let (true, Some(stage)) = (sql.contains("COPY landbridge_stage"), &mut state.stage) {
            stage.extend(lines);
        } else {
            let name = world.tables.keys().find(|name| sql.contains(name.as_str())).cloned();
            world.tables.get_mut(&name.unwrap()).unwrap().extend(lines);
        }
        Ok(Rows::default())
    }
}

/// The lines of the objects at a place, which may be a manifest beside them.
fn objects(world: &World, place: &str) -> Vec<(String, Vec<String>)> {
    let (bucket, prefix) = place.split_once('/').unwrap();
    let prefix = prefix.strip_suffix("manifest").unwrap_or(prefix);
    let objects = world.buckets[bucket].objects.iter();
    objects
        .filter(|(key, _)| key.starts_with(prefix) && !key.ends_with("manifest"))
        .map(|(key, bytes)| {
            (format!("s3://{bucket}/{key}"), lines(std::str::from_utf8(bytes).unwrap()))
        })
        .collect()
}

/// The records of a CSV file: line ends in quotes belong to their field.
fn lines(text: &str) -> Vec<String> {
    let mut quoted = false;
    let records = text.split_terminator(|c: char| {
        quoted ^= c == '"';
        c == '\n' && !quoted
    });
    records.map(str::to_owned).collect()
}

/// Keys that several lines share, or the number of lines without one.
fn unclear(sql: &str, stage: &[String]) -> Rows {
    if sql.contains("IS NULL") {
        return one(stage.iter().filter(|line| key(line).is_empty()).count());
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    stage.iter().for_each(|line| *counts.entry(key(line)).or_default() += 1);
    let shared = counts.into_iter().filter(|(key, count)| !key.is_empty() && *count > 1);
    let row = |(key, count): (&str, usize)| vec![Some(key.to_owned()), Some(count.to_string())];
    Rows { rows: shared.map(row).collect() }
}

impl Drop for Session {
    /// A connection that ends within a transaction undoes it.
    fn drop(&mut self) {
        if let Some(before) = self.load.lock().unwrap().before.take() {
            self.fake.world.lock().unwrap().tables = before;
        }
    }
}
