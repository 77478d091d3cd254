//! What a COPY leaves behind, as rows of our own tables.
//! Redshift Developer Guide, "STL_LOAD_ERRORS", "STL_LOADERROR_DETAIL", "SYS_LOAD_HISTORY".

use super::super::{optional, timestamp};
use super::{ColumnRecord, LoadErrorRecord, LoadRecord, ReplacementRecord};
use crate::engine::literal;

/// A row of `load_history`.
pub(super) fn history_row(load: &LoadRecord) -> String {
    let (user_query, place) = load.origin.values();
    let (table, id) = &load.table;
    format!(
        "({user_query}, {place}, '{status}', {started}, {ended}, {table}, {id}, {source}, \
         '{format}', {rows}, {files}, {errors})",
        status = load.status,
        started = timestamp(load.started),
        ended = timestamp(load.ended),
        table = literal(table),
        source = literal(&load.source),
        format = load.format,
        rows = load.rows,
        files = load.source_files,
        errors = load.errors,
    )
}

/// Rows of `load_detail`.
pub(super) fn file_rows(load: &LoadRecord) -> impl Iterator<Item = String> {
    load.files.iter().map(|file| {
        let [bytes, lines, errors] = file.counts;
        let [started, ended] = file.times.map(timestamp);
        let (query, url) = (load.origin.query, literal(&file.url));
        format!("({query}, {url}, {bytes}, {lines}, {errors}, {started}, {ended})")
    })
}

/// A row of `load_errors`.
pub(super) fn error_row(error: &LoadErrorRecord) -> String {
    let (user_query, place) = error.origin.values();
    let [line, value] = error.raw.each_ref().map(|text| literal(text));
    format!(
        "({user_query}, {place}, {table}, {time}, {url}, {number}, {column}, {position}, {line}, \
         {value}, {code}, {reason}, {offset})",
        table = error.table,
        time = timestamp(error.time),
        url = literal(&error.url),
        number = error.line,
        column = column(&error.column),
        position = error.position,
        code = error.code,
        reason = literal(&error.reason),
        offset = error.offset,
    )
}

fn column(column: &ColumnRecord) -> String {
    let ColumnRecord { name, kind, length } = column;
    format!("{}, '{kind}', {}", literal(name), literal(length))
}

/// Rows of `load_error_fields`.
pub(super) fn field_rows(error: &LoadErrorRecord) -> impl Iterator<Item = String> {
    error.fields.iter().enumerate().map(|(index, (column, value))| {
        format!(
            "({}, {}, {}, {}, {}, {index}, {}, {}, {}, '{}', {})",
            error.origin.user,
            error.origin.query,
            error.origin.session,
            literal(&error.url),
            error.line,
            literal(&column.name),
            optional(Some(value.as_deref().unwrap_or_default())),
            value.is_none(),
            column.kind,
            literal(&column.length),
        )
    })
}

/// A row of `load_replacements`.
pub(super) fn replacement_row(value: &ReplacementRecord) -> String {
    format!(
        "({}, {}, {}, {}, {}, {})",
        value.origin.user,
        value.origin.query,
        value.origin.session,
        literal(&value.url),
        value.line,
        literal(&value.column),
    )
}
