//! Our answers beside those of PostgreSQL 15, for what Redshift and PostgreSQL agree on: a list of
//! statements (`corpus/differential`) and thousands of random ones.
//!
//! What differs by intent is written down as a rule with its reason ([`rules`]), or in the list as
//! a block with Redshift's own answer, which must then differ from PostgreSQL's. A failure tells its seed;
//! `DIFFERENTIAL_SEED=7` begins with that one, `DIFFERENTIAL_STATEMENTS=100000` runs for longer.
//! Without a PostgreSQL on the machine there is nothing to compare with: the test says so.

mod expressions;
#[path = "../../examples/support/postgres.rs"]
mod postgres;
mod queries;
mod rules;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dice::Dice;
use tokio_postgres::Client;

use crate::support::{Running, ask, start};
use postgres::Postgres;
use queries::Queries;
use rules::{HELPERS, Pair, agree, plain_row};

/// What starting PostgreSQL may fail with.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Statements of one run, each with a seed of its own.
const STATEMENTS: u64 = 3000;
/// Sessions that share them.
const SESSIONS: u64 = 4;
/// Failures that are shown; `DIFFERENTIAL_SHOWN` for more.
const SHOWN: u64 = 12;

async fn postgres() -> Option<Postgres> {
    let settings = ["fsync=off", "timezone=UTC", "datestyle=ISO", "intervalstyle=postgres"];
    let server = Postgres::start(&settings).await.unwrap();
    if server.is_none() {
        eprintln!("skipped: no PostgreSQL (initdb) on this machine to compare with");
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_and_random_statements_answer_as_postgresql() {
    let Some(server) = postgres().await else { return };
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let theirs = server.connect().await.unwrap();
    theirs.batch_execute(HELPERS).await.unwrap();
    let mut wrong = listed(&cluster.admin().await, &theirs).await;
    let ours = cluster.admin().await;
    for statement in queries::tables(&mut Dice::new(1)) {
        theirs.batch_execute(&statement).await.unwrap();
        ours.batch_execute(&statement).await.unwrap();
    }
    let first = number("DIFFERENTIAL_SEED").unwrap_or(0);
    let count = number("DIFFERENTIAL_STATEMENTS").unwrap_or(STATEMENTS);
    let runs = (0..SESSIONS).map(|session| {
        let seeds = (first..first + count).filter(move |seed| seed % SESSIONS == session);
        random(&cluster, &server, seeds)
    });
    let mut refused = 0;
    for (found, errors) in futures::future::join_all(runs).await {
        wrong.extend(found);
        refused += errors;
    }
    assert!(refused * 50 < count, "{refused} of {count} statements fail: they compare little");
    let shown = usize::try_from(number("DIFFERENTIAL_SHOWN").unwrap_or(SHOWN)).unwrap();
    let (found, shown) = (wrong.len(), wrong.into_iter().take(shown).collect::<String>());
    assert!(found == 0, "{found} answers differ\n{shown}");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs the statements of these seeds; tells also how many both servers refused.
async fn random(
    cluster: &Running,
    server: &Postgres,
    seeds: impl Iterator<Item = u64>,
) -> (Vec<String>, u64) {
    let (ours, theirs) = (cluster.admin().await, server.connect().await.unwrap());
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let (text, ordered) = Queries::new(&mut dice).statement();
        let pair = Pair::of(&text);
        let (mut one, mut other) =
            futures::join!(ask(&ours, &pair.redshift), ask(&theirs, &pair.postgres));
        refused += u64::from(other.first().is_some_and(|row| row.starts_with('!')));
        for rows in [&mut one, &mut other] {
            rows.iter_mut().for_each(|row| *row = plain_row(row));
        }
        if !ordered {
            one.sort();
            other.sort();
        }
        if !agree(&one, &other, pair.inexact) {
            wrong.push(differs(&format!("seed {seed}"), &pair, &one, &other));
        }
    }
    (wrong, refused)
}

fn differs(place: &str, pair: &Pair, ours: &[String], theirs: &[String]) -> String {
    let mut text = format!("\n{place}: {}\n", pair.redshift);
    if pair.redshift != pair.postgres {
        writeln!(text, "PostgreSQL's form: {}", pair.postgres).unwrap();
    }
    writeln!(text, "ours: {}\nPostgreSQL: {}", ours.join(" ; "), theirs.join(" ; ")).unwrap();
    text
}

/// The list: blocks of comments and a statement; with `----`, Redshift's own answer, its rows as
/// lines of cells between `|`.
async fn listed(ours: &Client, theirs: &Client) -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/differential");
    let mut files: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for block in text.trim_end().split("\n\n") {
            let lines = block.lines().filter(|line| !line.starts_with('#'));
            let body = lines.collect::<Vec<_>>().join("\n");
            let (statement, own) = match body.split_once("\n----\n") {
                Some((statement, own)) => (statement, Some(own)),
                None => (body.as_str(), None),
            };
            if statement.is_empty() {
                continue;
            }
            let pair = Pair::of(statement);
            let one = ask(ours, &pair.redshift).await;
            let other = ask(theirs, &pair.postgres).await;
            let same = agree(&one, &other, pair.inexact);
            let fine = own.map_or(same, |own| one.join("\n") == own && !same);
            if !fine {
                let place = file.file_name().unwrap().to_string_lossy().into_owned();
                wrong.push(differs(&place, &pair, &one, &other));
            }
        }
    }
    wrong
}
