//! From TOML to a [`Movement`], with every problem and not only the first.

use std::path::Path;

use toml::de::DeTable;

use super::problem::{FileError, Problem, position};
use super::section::{Findings, Placed, Section};
use super::{
    Access, Compression, Form, Format, IfExists, Key, Movement, Place, Roles, Store, TableName,
    Unload, Warehouse, Way, What, load,
};
use crate::sql;

/// UNLOAD's bounds of MAXFILESIZE ("UNLOAD" in the Redshift Developer Guide), in MB.
const FILE_SIZE_MB: std::ops::RangeInclusive<u32> = 5..=6348;

pub(super) fn movement(text: &str, path: &Path) -> Result<Movement, FileError> {
    let failed = |problems| FileError { path: path.to_owned(), problems };
    let table = DeTable::parse(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        let message = error.message().replace('\n', "; ");
        failed(vec![Problem { line, column, message, help: None }])
    })?;
    let findings = Findings::new(text);
    let movement = top(&Section::top(&table, &findings), path);
    let problems = findings.into_problems();
    if problems.is_empty() { Ok(movement) } else { Err(failed(problems)) }
}

fn top(top: &Section<'_>, path: &Path) -> Movement {
    let name = top.text("name").unwrap_or_else(|| {
        if !top.has("name") {
            top.problem(&(0..0), "`name` is missing", Some("give the movement a name"));
        }
        Placed { value: String::new(), span: 0..0 }
    });
    let simple = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.value.chars().all(simple) || name.value.len() > 48 {
        let message = format!("`name` cannot be \"{}\"", name.value);
        top.problem(&name.span, message, Some("use up to 48 letters, digits, `-` and `_`"));
    }
    let (source, target) = (top.table("source", true), top.table("target", true));
    let across = source.has("cluster") && target.has("cluster");
    let stage = top.table("stage", across);
    let (out, then) = match (across, target.has("cluster")) {
        (true, _) => {
            let (out, load) = load::across(&source, &target, &stage);
            (out, Some(load))
        }
        (false, true) => (load::inward(&source, &target), None),
        (false, false) => (out(&source, &target), None),
    };
    let keep_stage = stage.flag("keep", false);
    for section in [&source, &target, &stage] {
        section.check_unknown();
    }
    if !across && stage.exists() {
        stage.problem_at("s3", "`[stage]` belongs between two clusters", None);
    }
    let access = access(top.table("access", false));
    let checksums = top.flag("checksums", true);
    let made = |ends: Ends, section: &'static str, then: Option<Box<Movement>>| {
        let (warehouse, store, way) = ends;
        Movement {
            path: path.to_owned(),
            name: name.value.clone(),
            roles: roles(top.table(section, false), &way, &store.place),
            access: access.clone(),
            checksums,
            warehouse,
            store,
            way,
            then,
            from_stage: false,
            keep_stage,
        }
    };
    let then =
        then.map(|ends| Box::new(Movement { from_stage: true, ..made(ends, "load_roles", None) }));
    let movement = made(out, "roles", then);
    top.check_unknown();
    movement
}

/// Both ends of a movement and its way.
pub(super) type Ends = (Warehouse, Store, Way);

/// The way out: `[source]` is a cluster, `[target]` a prefix of a bucket.
fn out(source: &Section<'_>, target: &Section<'_>) -> Ends {
    let warehouse = warehouse(source);
    let what = what(source);
    let (store, form, if_exists) = written(target);
    (warehouse, store, Way::Out(Unload { what, form, if_exists }))
}

pub(super) fn warehouse(section: &Section<'_>) -> Warehouse {
    Warehouse {
        profile: section.required("profile").value,
        region: section.parsed("region"),
        cluster: section.required("cluster").value,
        database: section.required("database").value,
        user: section.required("user").value,
        secret: section.required("secret").value,
        secret_key: section.text("secret_key").map(|text| key(&text.value)),
        admin_secret: section.text("admin_secret").map(|text| text.value),
        restrict_assumerole: section.flag("restrict_assumerole", true),
    }
}

pub(super) fn what(section: &Section<'_>) -> What {
    let query = section.text("query");
    let table = section.text("table");
    let columns: Vec<String> =
        section.texts("columns").into_iter().map(|column| column.value).collect();
    let filter = section.text("where").map(|text| text.value);
    let reads: Vec<TableName> =
        section.texts("reads").iter().filter_map(|name| table_name(section, name)).collect();
    match (table, query) {
        (Some(table), None) => {
            if section.has("reads") {
                section.problem_at("reads", "`reads` belongs to `query`, not to `table`", None);
            }
            let name = table_name(section, &table);
            let empty = TableName { schema: String::new(), relation: String::new() };
            What::Table { table: name.unwrap_or(empty), columns, filter }
        }
        (None, Some(query)) => {
            for key in ["columns", "where"] {
                if section.has(key) {
                    let message = format!("`{key}` belongs to `table`, not to `query`");
                    section.problem_at(key, message, None);
                }
            }
            read_query(section, query, reads)
        }
        (table, _) => {
            let both = table.is_some();
            if section.exists() && (both || !section.has("query")) {
                let message = if both {
                    "`table` and `query` exclude each other"
                } else {
                    "what to read is missing in [source]"
                };
                let help = Some("give `table` (with `columns` and `where`) or `query`");
                section.problem_at("table", message, help);
            }
            What::Query { sql: String::new(), reads }
        }
    }
}

/// Finds out which relations a query reads, unless the file says so.
fn read_query(section: &Section<'_>, query: Placed<String>, reads: Vec<TableName>) -> What {
    let sql = query.value.trim().trim_end_matches(';').trim_end().to_owned();
    let reads = if reads.is_empty() {
        sql::relations(&sql).unwrap_or_else(|reason| {
            let message = format!("cannot tell which tables `query` reads: {reason}");
            let help = "name them: reads = [\"schema.table\"]";
            section.problem(&query.span, message, Some(help));
            Vec::new()
        })
    } else {
        reads
    };
    What::Query { sql, reads }
}

pub(super) fn table_name(section: &Section<'_>, name: &Placed<String>) -> Option<TableName> {
    let parsed = sql::table_name(&name.value);
    if parsed.is_none() {
        let message = format!("\"{}\" is not the name of a table", name.value);
        section.problem(&name.span, message, Some("write schema.table"));
    }
    parsed
}

/// A place to write to, the form of the files, and what becomes of what is there.
fn written(section: &Section<'_>) -> (Store, Form, IfExists) {
    let (bucket, prefix) = location(section);
    let if_exists = section.choice(
        "if_exists",
        &[
            ("fail", IfExists::Fail),
            ("overwrite", IfExists::Overwrite),
            ("replace", IfExists::Replace),
        ],
    );
    let store = store(section, Place::Bucket { bucket, prefix });
    (store, form(section), if_exists.unwrap_or(IfExists::Fail))
}

pub(super) fn store(section: &Section<'_>, place: Place) -> Store {
    Store {
        profile: section.required("profile").value,
        region: section.parsed("region"),
        place,
        key: section.text("key").map(|text| key(&text.value)),
    }
}

/// `s3://bucket/prefix/`; the whole bucket is refused, because a role for it would be too wide.
pub(super) fn location(section: &Section<'_>) -> (String, String) {
    let s3 = section.required("s3");
    match bucket_and_key(&s3.value) {
        Some((bucket, prefix)) => {
            let prefix = prefix.trim_end_matches('/');
            if prefix.is_empty() || prefix.contains(['*', '?', '$']) {
                let message = "`s3` needs a prefix without wildcards below the bucket";
                let help = "write s3://bucket/prefix/, so that the role may write only there";
                section.problem(&s3.span, message, Some(help));
            }
            (bucket.to_owned(), format!("{prefix}/"))
        }
        _ => {
            if !s3.value.is_empty() {
                let message = format!("`s3` cannot be \"{}\"", s3.value);
                section.problem(&s3.span, message, Some("write s3://bucket/prefix/"));
            }
            (String::new(), String::new())
        }
    }
}

/// The two parts of `s3://bucket/key`.
pub(super) fn bucket_and_key(url: &str) -> Option<(&str, &str)> {
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let (bucket, key) = url.strip_prefix("s3://")?.split_once('/')?;
    ((3..=63).contains(&bucket.len()) && bucket.chars().all(simple)).then_some((bucket, key))
}

fn form(section: &Section<'_>) -> Form {
    let formats = [Format::Parquet, Format::Csv, Format::Text, Format::Json];
    let format = section.choice("format", &formats.map(|format| (format.word(), format)));
    let format = format.unwrap_or_default();
    let compressions = [Compression::Gzip, Compression::Bzip2, Compression::Zstd];
    let form = Form {
        format,
        partition_by: section.texts("partition_by").into_iter().map(|c| c.value).collect(),
        include_partition_columns: section.flag("include_partition_columns", false),
        header: section.flag("header", false),
        delimiter: delimiter(section),
        null_as: section.text("null_as").map(|text| text.value),
        escape: section.flag("escape", format == Format::Text),
        add_quotes: section.flag("add_quotes", false),
        compression: section.choice("compression", &compressions.map(|c| (c.word(), c))),
        max_file_size_mb: file_size(section),
        parallel: section.flag("parallel", true),
        ..Form::default()
    };
    fitting(section, &form);
    form
}

pub(super) fn delimiter(section: &Section<'_>) -> Option<char> {
    let text = section.text("delimiter")?;
    let mut letters = text.value.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii() => Some(letter),
        _ => {
            section.problem(&text.span, "`delimiter` should be one ASCII character", None);
            None
        }
    }
}

fn file_size(section: &Section<'_>) -> Option<u32> {
    let text = section.text("max_file_size")?;
    let (number, factor) = match text.value.to_ascii_uppercase() {
        size if size.ends_with("GB") => (size.trim_end_matches("GB").trim().to_owned(), 1024.0),
        size => (size.trim_end_matches("MB").trim().to_owned(), 1.0),
    };
    let size = number.parse::<f64>().ok().map(|size| (size * factor).round() as u32);
    let size = size.filter(|size| FILE_SIZE_MB.contains(size));
    if size.is_none() {
        let message = format!("`max_file_size` cannot be \"{}\"", text.value);
        section.problem(&text.span, message, Some("write 5 MB to 6.2 GB"));
    }
    size
}

/// UNLOAD's exclusions ("UNLOAD" in the Redshift Developer Guide), told before anything is made.
fn fitting(section: &Section<'_>, form: &Form) {
    let delimited = matches!(form.format, Format::Csv | Format::Text);
    let text = form.format == Format::Text;
    let rules = [
        ("header", delimited),
        ("delimiter", delimited),
        ("null_as", delimited),
        ("escape", text),
        ("add_quotes", text),
        ("compression", form.format != Format::Parquet),
    ];
    unfitting(section, form.format, &rules);
    if section.has("include_partition_columns") && form.partition_by.is_empty() {
        let message = "`include_partition_columns` needs `partition_by`";
        section.problem_at("include_partition_columns", message, None);
    }
}

/// Refuses the keys that are there and do not go with the format.
pub(super) fn unfitting(section: &Section<'_>, format: Format, rules: &[(&'static str, bool)]) {
    for (key, _) in rules.iter().filter(|(key, fits)| section.has(key) && !fits) {
        let message = format!("`{key}` does not go with format \"{}\"", format.word());
        section.problem_at(key, message, None);
    }
}

fn key(text: &str) -> Key {
    let uuid = text.len() == 36 && text.split('-').count() == 5;
    if text.starts_with("arn:") || text.starts_with("mrk-") || uuid {
        Key::Existing(text.to_owned())
    } else {
        Key::Alias(format!("alias/{}", text.strip_prefix("alias/").unwrap_or(text)))
    }
}

fn access(section: Section<'_>) -> Access {
    let access = Access {
        profile: section.text("profile").map(|text| text.value),
        principal: section.parsed("principal"),
    };
    section.check_unknown();
    access
}

fn roles(section: Section<'_>, way: &Way, place: &Place) -> Roles {
    let name = |key: &'static str, default: String| {
        let Some(text) = section.text(key) else { return default };
        let simple = |c: char| c.is_ascii_alphanumeric() || "+=,.@-_".contains(c);
        if text.value.len() > 64 || !text.value.chars().all(simple) {
            let message = format!("`{key}` cannot be \"{}\"", text.value);
            let help = "a role's name has up to 64 letters, digits and +=,.@-_";
            section.problem(&text.span, message, Some(help));
        }
        text.value
    };
    let (usual, data) = match way {
        Way::Out(_) => (Roles::out(), "writer"),
        Way::In(_) => (Roles::into_warehouse(place), "reader"),
    };
    let roles = Roles {
        entry: name("entry", usual.entry),
        secret_reader: name("secret_reader", usual.secret_reader),
        cluster: name("cluster", usual.cluster),
        data: name(data, usual.data),
    };
    section.check_unknown();
    roles
}
