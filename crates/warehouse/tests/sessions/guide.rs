//! Runs `corpus/redshift/CHAPTER/PAGE.txt`: statements and what Redshift answers to them, by the
//! chapters of its developer guide.
//!
//! Each file runs against a cluster of its own. A block is comments (`# …`), perhaps the session
//! it runs in (`@name`: a session of the database user of that name, kept until the end of the
//! file; `@name/2` is a second session of the same user, `@name:other` one in the database
//! `other`; without it the master user's), the statement, `----`, and the answer: notices, columns with their types, rows, `OK` with the
//! number of rows changed, or the error.
//!
//! A statement that begins with `!` is none of SQL: `!close` ends the session, the others are about
//! the objects of the bucket `lake` or the items of the DynamoDB table `items`
//! ([`crate::guide_files`]).
//!
//! `GUIDE=functions/` runs the files whose names hold it. `GUIDE_DATABASE=other` runs them in a
//! database of that name, made before: answers that show the name differ, others must not. `UPDATE_CORPUS=1` writes the answers
//! into the files, to be compared with the guide before they are committed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, NoTls, SimpleQueryMessage};

use crate::guide_files;
use crate::support::{MASTER, PASSWORD, Running, start};
use crate::tap::{Heard, Tap};

/// The password of the users that the files make (`CREATE USER … PASSWORD 'Passw0rd'`).
const USER_PASSWORD: &str = "Passw0rd";
/// The cluster's first database.
const FIRST: &str = "dev";
/// How long a session is given to end.
const FAREWELL: Duration = Duration::from_millis(300);
/// Files of a chapter that run beside each other.
const AT_ONCE: usize = 2;

/// A test for each chapter, so that they run beside each other and a failure names its chapter.
macro_rules! chapters {
    ($($test:ident: $folder:literal,)*) => {
        const CHAPTERS: &[&str] = &[$($folder),*];

        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                chapter($folder).await;
            }
        )*
    };
}

chapters! {
    administration: "administration",
    conditions: "conditions",
    copy_and_unload: "copy-and-unload",
    cursors_and_prepare: "cursors-and-prepare",
    data_types: "data-types",
    databases: "databases",
    ddl: "ddl",
    dml: "dml",
    expressions: "expressions",
    functions: "functions",
    masking: "masking",
    materialized_views: "materialized-views",
    names_and_literals: "names-and-literals",
    procedures: "procedures",
    row_level_security: "row-level-security",
    select: "select",
    show: "show",
    super_values: "super",
    system_tables: "system-tables",
    transactions: "transactions",
    udf: "udf",
    users_and_grants: "users-and-grants",
    views: "views",
}

#[test]
fn every_folder_of_the_corpus_is_a_chapter() {
    let mut folders: Vec<String> = fs::read_dir(corpus())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, CHAPTERS);
    assert!(CHAPTERS.iter().any(|chapter| !files_of(chapter).is_empty()), "GUIDE names no file");
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/redshift")
}

/// The chapter's files that are asked for.
fn files_of(chapter: &str) -> Vec<PathBuf> {
    let wanted = std::env::var("GUIDE").unwrap_or_default();
    let mut files = Vec::new();
    collect(&corpus().join(chapter), &mut files);
    files.retain(|file| file.to_string_lossy().contains(&wanted));
    files.sort();
    files
}

async fn chapter(name: &str) {
    let wrong: Vec<String> = futures::stream::iter(files_of(name))
        .map(|file| tokio::spawn(run_file(file)))
        .buffer_unordered(AT_ONCE)
        .map(Result::unwrap)
        .collect()
        .await;
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{wrong}");
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
}

/// Runs one file; says what differs.
async fn run_file(file: PathBuf) -> String {
    let text = fs::read_to_string(&file).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let mut sessions = Sessions { cluster: &cluster, open: HashMap::new(), database: FIRST.into() };
    if let Ok(other) = std::env::var("GUIDE_DATABASE") {
        let open = sessions.session(MASTER).await.unwrap();
        open.client.batch_execute(&format!("create database {other}")).await.unwrap();
        sessions.open.clear();
        sessions.database = other;
    }
    let mut actual = Vec::new();
    for block in text.trim_end().split("\n\n") {
        actual.push(sessions.block(block).await);
    }
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        fs::write(&file, format!("{}\n", actual.join("\n\n"))).unwrap();
        return String::new();
    }
    let mut wrong = String::new();
    for (expected, actual) in text.trim_end().split("\n\n").zip(&actual) {
        if expected != actual {
            writeln!(wrong, "{}\nexpected:\n{expected}\nfound:\n{actual}\n", file.display())
                .unwrap();
        }
    }
    wrong
}

type Notices = Arc<Mutex<Vec<String>>>;

/// A session, what it was told beside the answers, and its last answer's columns.
struct Open {
    client: Client,
    notices: Notices,
    columns: Heard,
}

struct Sessions<'a> {
    cluster: &'a Running,
    open: HashMap<String, Open>,
    /// Where sessions are that name no database.
    database: String,
}

impl Sessions<'_> {
    /// A block with its answer as found.
    async fn block(&mut self, text: &str) -> String {
        let head: Vec<&str> =
            text.lines().take_while(|line| line.starts_with(['#', '@'])).collect();
        let rest: Vec<&str> = text.lines().skip(head.len()).collect();
        let statement = rest.split(|line| *line == "----").next().unwrap_or_default().join("\n");
        if statement.is_empty() {
            return text.to_owned();
        }
        let name = head.iter().find_map(|line| line.strip_prefix('@')).unwrap_or(MASTER);
        let mut out = head.join("\n");
        if !out.is_empty() {
            out.push('\n');
        }
        if statement == "!close" {
            self.open.remove(name);
            tokio::time::sleep(FAREWELL).await;
            return format!("{out}{statement}\n----\nclosed");
        }
        if statement.starts_with('!') {
            let answer = guide_files::answer(&self.cluster.cloud, &statement);
            return format!("{out}{statement}\n----\n{}", answer.trim_end());
        }
        let answer = match self.session(name).await {
            Ok(open) => answer(open, &statement).await,
            Err(error) => error_line(&error),
        };
        format!("{out}{statement}\n----\n{}", answer.trim_end())
    }

    async fn session(&mut self, name: &str) -> Result<&Open, tokio_postgres::Error> {
        if !self.open.contains_key(name) {
            let (who, database) = name.split_once(':').unwrap_or((name, &self.database));
            let user = who.split('/').next().unwrap_or(who);
            let password = if user == MASTER { PASSWORD } else { USER_PASSWORD };
            let opened = connect(self.cluster, user, password, database).await?;
            self.open.insert(name.to_owned(), opened);
        }
        Ok(&self.open[name])
    }
}

async fn connect(
    cluster: &Running,
    user: &str,
    password: &str,
    database: &str,
) -> Result<Open, tokio_postgres::Error> {
    let columns = Heard::default();
    let mut config = cluster.config(user, password);
    config.dbname(database);
    let tap = Tap::connect(config.get_ports()[0], Arc::clone(&columns)).await;
    let (client, mut connection) = config.connect_raw(tap, NoTls).await?;
    let notices = Notices::default();
    let heard = Arc::clone(&notices);
    tokio::spawn(async move {
        let mut messages =
            futures::stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notice(notice) = message {
                let line = format!("{}: {}", notice.severity(), notice.message());
                heard.lock().unwrap().push(line);
            }
        }
    });
    Ok(Open { client, notices, columns })
}

async fn answer(open: &Open, statement: &str) -> String {
    let mut out = String::new();
    let answered = open.client.simple_query(statement).await;
    for notice in open.notices.lock().unwrap().drain(..) {
        writeln!(out, "{notice}").unwrap();
    }
    let columns: Vec<(u32, i32)> = open.columns.lock().unwrap().drain(..).collect();
    let types = if has_types(statement) { columns } else { Vec::new() };
    let types: Vec<String> =
        types.iter().map(|(oid, modifier)| type_name(*oid, *modifier)).collect();
    match answered {
        Ok(messages) => write_messages(&mut out, &messages, &types),
        Err(error) => writeln!(out, "{}", error_line(&error)).unwrap(),
    }
    out
}

/// Columns are shown with their types for a query; not for other statements, nor for texts of
/// several.
fn has_types(statement: &str) -> bool {
    let start = statement.trim_start_matches(['(', ' ']).to_ascii_lowercase();
    let query = ["select", "with"].iter().any(|word| start.starts_with(word));
    query && !statement.trim_end().trim_end_matches(';').contains(';')
}

/// A type as the guide writes it; by its number where it has no such name.
fn type_name(oid: u32, modifier: i32) -> String {
    let length = modifier - 4;
    let named = match oid {
        16 => "boolean",
        18 => "\"char\"",
        19 => "name",
        20 => "bigint",
        21 => "smallint",
        23 => "integer",
        25 => "text",
        26 => "oid",
        700 => "real",
        701 => "double",
        705 => "unknown",
        1082 => "date",
        1083 => "time",
        1114 => "timestamp",
        1184 => "timestamptz",
        1266 => "timetz",
        1188 => "interval year to month",
        1190 => "interval day to second",
        4000 => "super",
        6551 => "varbyte",
        1042 if modifier < 0 => "char",
        1043 if modifier < 0 => "varchar",
        1700 if modifier < 0 => "numeric",
        1042 => return format!("char({length})"),
        1043 => return format!("varchar({length})"),
        1700 => return format!("numeric({},{})", length >> 16, length & 0xffff),
        other => return format!("type {other}"),
    };
    named.to_owned()
}

fn write_messages(out: &mut String, messages: &[SimpleQueryMessage], types: &[String]) {
    let mut is_query = false;
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                is_query = true;
                let types = types.iter().map(String::as_str).chain(std::iter::repeat(""));
                let names = columns.iter().map(tokio_postgres::SimpleColumn::name);
                let columns: Vec<String> = names
                    .zip(types)
                    .map(|(name, kind)| format!("{name} {kind}").trim_end().to_owned())
                    .collect();
                writeln!(out, "{}", columns.join(" | ")).unwrap();
            }
            SimpleQueryMessage::Row(row) => {
                let cells: Vec<String> = (0..row.len())
                    .map(|at| row.get(at).map_or("NULL".into(), |cell| cell.replace('\n', "\\n")))
                    .collect();
                writeln!(out, "{}", cells.join(" | ").trim_end()).unwrap();
            }
            SimpleQueryMessage::CommandComplete(_) if is_query => is_query = false,
            SimpleQueryMessage::CommandComplete(0) => out.push_str("OK\n"),
            SimpleQueryMessage::CommandComplete(rows) => writeln!(out, "OK {rows}").unwrap(),
            _ => {}
        }
    }
}

fn error_line(error: &tokio_postgres::Error) -> String {
    // A session that was ended: its client meets the server's last words or finds nobody there.
    if error.is_closed() || error.code() == Some(&SqlState::ADMIN_SHUTDOWN) {
        return "ERROR: connection closed".to_owned();
    }
    let Some(db) = error.as_db_error() else { return format!("ERROR: {error}") };
    let position = match db.position() {
        Some(tokio_postgres::error::ErrorPosition::Original(at)) => format!(" at {at}"),
        _ => String::new(),
    };
    format!("ERROR {}{position}: {}", db.code().code(), db.message())
}
