//! The statement gate: whatever text a client sends, the engine's SQL is a query or a data change
//! that calls nothing by which the engine reaches the host.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redshift_sql::{EngineStatement, Kind, NoCatalog, Options, parse, parse_query};

/// Functions of the engine that read files, the process, secrets, or SQL from text.
const FORBIDDEN: &[&str] = &[
    "duckdb_secrets",
    "getenv",
    "glob",
    "parquet_metadata",
    "parquet_scan",
    "parquet_schema",
    "query",
    "query_table",
    "read_blob",
    "read_csv",
    "read_csv_auto",
    "read_json",
    "read_json_auto",
    "read_ndjson",
    "read_parquet",
    "read_text",
    "sniff_csv",
    "sqlite_scan",
    "postgres_scan",
    "which_secret",
    "write_log",
];
/// How the engine's SQL may begin.
const BEGINNINGS: &[&str] =
    &["(", "DELETE", "INSERT", "MERGE", "SELECT", "UPDATE", "VALUES", "WITH"];

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let options = Options::default();
    for statement in parse(text, &options).unwrap_or_default() {
        match &statement.kind {
            Kind::Engine(engine) | Kind::DeclareCursor { query: engine, .. } => check(engine),
            Kind::CreateView(view) => check(&view.engine_query),
            _ => {}
        }
    }
    if let Ok(query) = parse_query(text, &options) {
        check(&query);
    }
});

fn check(statement: &EngineStatement) {
    check_sql(&statement.sql);
    if let Ok(resolution) = statement.resolve(&NoCatalog) {
        check_sql(&resolution.sql);
    }
}

fn check_sql(sql: &str) {
    assert!(BEGINNINGS.iter().any(|word| sql.starts_with(word)), "{sql}");
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => quoted(rest, first),
            c if c.is_alphabetic() || c == '_' => {
                let ends = |c: char| !(c.is_alphanumeric() || c == '_');
                rest.find(ends).unwrap_or(rest.len())
            }
            c => {
                assert!(c != ';', "two statements: {sql}");
                c.len_utf8()
            }
        };
        let (token, after) = rest.split_at(length);
        let name = token.trim_matches('"').to_ascii_lowercase();
        // A list of columns holds no literals: what has one in its parentheses is called.
        let called = after.trim_start().strip_prefix('(').map(str::trim_start);
        let called = called.is_some_and(|inside| inside.starts_with(['\'', '$']));
        assert!(!(called && first != '\'' && FORBIDDEN.contains(&name.as_str())), "{sql}");
        rest = after;
    }
}

/// The length of a quoted token; its quotes are doubled inside.
fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}
