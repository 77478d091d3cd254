//! Runs `corpus/sql/*.txt`: each block is a statement, `----`, and what becomes of it.
//!
//! `UPDATE_CORPUS=1` writes the answers into the files, to be read before they are committed.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use redshift_sql::{Kind, Options, SqlError, Statement, parse, parse_query};

#[test]
fn every_statement_becomes_what_the_corpus_says() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sql");
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(files.len() > 3, "the corpus is missing");
    let mut wrong = String::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let actual: String = text.split("\n\n").map(block).collect::<Vec<_>>().join("\n\n");
        let actual = format!("{}\n", actual.trim_end());
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            fs::write(&file, &actual).unwrap();
        } else {
            compare(&file, &text, &actual, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn compare(file: &Path, expected: &str, actual: &str, wrong: &mut String) {
    for (expected, actual) in expected.split("\n\n").zip(actual.split("\n\n")) {
        if expected.trim_end() != actual.trim_end() {
            writeln!(wrong, "{}\nexpected:\n{expected}\nactual:\n{actual}\n", file.display())
                .unwrap();
        }
    }
}

/// A block with its answer. Lines starting with `#` are comments, but not inside the statement.
fn block(text: &str) -> String {
    let comments: Vec<&str> = text.lines().take_while(|line| line.starts_with("# ")).collect();
    let rest: Vec<&str> = text.lines().skip(comments.len()).collect();
    let input = rest.split(|line| *line == "----").next().unwrap_or_default().join("\n");
    let input = input.trim_end();
    if input.is_empty() {
        return text.trim_end().to_owned();
    }
    let mut out: Vec<String> = comments.into_iter().map(str::to_owned).collect();
    out.push(input.to_owned());
    out.push("----".to_owned());
    out.push(answer(input));
    out.join("\n")
}

fn answer(input: &str) -> String {
    if let Some(query) = input.strip_prefix("unload body: ") {
        return match parse_query(query, &Options::default()) {
            Ok(statement) => statement.sql,
            Err(error) => failure(&error),
        };
    }
    match parse(input, &Options::default()) {
        Ok(statements) => statements.iter().map(describe).collect::<Vec<_>>().join("\n"),
        Err(error) => failure(&error),
    }
}

fn failure(error: &SqlError) -> String {
    let position = error.position.map(|at| format!(" at {at}")).unwrap_or_default();
    format!("ERROR {}{position}: {}", error.sqlstate, error.message)
}

/// Engine SQL and accesses for what goes to the engine; the tree for the rest.
fn describe(statement: &Statement) -> String {
    match &statement.kind {
        Kind::Engine(engine) => {
            let mut out = engine.sql.clone();
            for access in &engine.accesses {
                write!(out, "\n  {:?} {}", access.privilege, access.name).unwrap();
                if let Some(columns) = &access.columns {
                    write!(out, " ({})", columns.join(", ")).unwrap();
                }
            }
            // With relations the clock is always listed: said once here, not in every block.
            let mut reads = engine.session_functions.clone();
            reads.retain(|name| {
                engine.accesses.is_empty() || !["getdate", "sysdate"].contains(&name.as_str())
            });
            if !reads.is_empty() {
                write!(out, "\n  reads {}", reads.join(", ")).unwrap();
            }
            if engine.parameters > 0 {
                write!(out, "\n  parameters {}", engine.parameters).unwrap();
            }
            out
        }
        Kind::Merge(merge) => {
            let parts = merge.duplicates.iter().chain(&merge.statements);
            parts.map(|one| one.sql.clone()).collect::<Vec<_>>().join(";\n")
        }
        Kind::CreateTable(table) => table.sql.join(";\n"),
        Kind::CreateView(view) => view.sql.clone(),
        Kind::AlterTable(alter) if !alter.sql.is_empty() => alter.sql.join(";\n"),
        kind => format!("{kind:?}"),
    }
}
