//! What only the way in has: a source of objects or items, a table to load, a mode.
//!
//! COPY's own exclusions ("COPY" in the Redshift Developer Guide) are told here, before anything is
//! made.

use super::read::{
    Ends, bucket_and_key, delimiter, location, store, table_name, unfitting, warehouse, what,
};
use super::section::{Placed, Section};
use super::{Compression, Form, Format, IfExists, Load, Mode, Place, TableName, Unload, Way};

/// COPY's bounds of READRATIO, in percent.
const READ_RATIO: std::ops::RangeInclusive<i64> = 1..=200;
/// The usual READRATIO: leaves half of the table's capacity to others.
const USUAL_READ_RATIO: u8 = 50;
/// COPY's bounds of MAXERROR.
const MAX_ERRORS: std::ops::RangeInclusive<i64> = 1..=100_000;
/// Words of COPY that this crate writes itself, or that would put a secret into a file.
const OWN_WORDS: [&str; 12] = [
    "ACCESS_KEY_ID",
    "CREDENTIALS",
    "FORMAT",
    "FROM",
    "IAM_ROLE",
    "MANIFEST",
    "MASTER_SYMMETRIC_KEY",
    "MAXERROR",
    "READRATIO",
    "REGION",
    "SECRET_ACCESS_KEY",
    "SESSION_TOKEN",
];

/// The way in: `[source]` is a bucket or a DynamoDB table, `[target]` a table of a cluster.
pub(super) fn inward(source: &Section<'_>, target: &Section<'_>) -> Ends {
    let (place, manifest) = place(source);
    let columns: Vec<String> = target.texts("columns").into_iter().map(|c| c.value).collect();
    let form = form(source, &place);
    let load = Load {
        table: table(target),
        mode: mode(target, &columns),
        columns,
        manifest,
        read_ratio: read_ratio(source, &place),
        max_errors: max_errors(target, form.format),
        options: options(target),
        of_run: None,
        form,
    };
    (warehouse(target), store(source, place), Way::In(load))
}

/// Cluster to cluster: an unload to `[stage]`, whose prefix is the movement's own and is cleaned
/// first, and the load of what its manifest names.
pub(super) fn across(
    source: &Section<'_>,
    target: &Section<'_>,
    stage: &Section<'_>,
) -> (Ends, Ends) {
    let (bucket, prefix) = location(stage);
    let manifest = Some(format!("{prefix}manifest"));
    let store = store(stage, Place::Bucket { bucket, prefix });
    let formats = [Format::Parquet, Format::Csv, Format::Json];
    let format = stage.choice("format", &formats.map(|format| (format.word(), format)));
    let format = format.unwrap_or_default();
    // In CSV nothing else would tell NULL from the empty string.
    let null_as = (format == Format::Csv).then(|| "\\N".to_owned());
    let form = Form { format, null_as, parallel: true, ..Form::default() };
    let what = what(source);
    let unload = Unload { what, form: form.clone(), if_exists: IfExists::Replace };
    // The same key names the relation that is read and the one that is loaded, each in its section.
    let columns: Vec<String> = target.texts("columns").into_iter().map(|c| c.value).collect();
    let load = Load {
        table: table(target),
        mode: mode(target, &columns),
        columns,
        manifest,
        read_ratio: USUAL_READ_RATIO,
        max_errors: max_errors(target, format),
        options: options(target),
        of_run: None,
        form,
    };
    let out = (warehouse(source), store.clone(), Way::Out(unload));
    (out, (warehouse(target), store, Way::In(load)))
}

fn table(section: &Section<'_>) -> TableName {
    let name = section.required("table");
    let parsed = if name.value.is_empty() { None } else { table_name(section, &name) };
    parsed.unwrap_or(TableName { schema: String::new(), relation: String::new() })
}

/// Where the data lies, and the manifest's key where it is named by one. What a manifest names has
/// to lie beside or below it, so that the role may read only there.
fn place(section: &Section<'_>) -> (Place, Option<String>) {
    let manifest = section.flag("manifest", false);
    let nowhere = Place::Bucket { bucket: String::new(), prefix: String::new() };
    match (section.text("s3"), section.text("dynamodb")) {
        (Some(s3), None) => match bucket_and_key(&s3.value) {
            Some((bucket, key)) if !key.contains(['*', '?', '$']) => {
                let folder = key.rfind('/').map_or("", |end| key.get(..=end).unwrap_or_default());
                let prefix = if manifest { folder } else { key };
                let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
                (Place::Bucket { bucket, prefix }, manifest.then(|| key.to_owned()))
            }
            _ => {
                let message = format!("`s3` cannot be \"{}\"", s3.value);
                section.problem(&s3.span, message, Some("write s3://bucket/prefix"));
                (nowhere, None)
            }
        },
        (None, Some(table)) => {
            let simple = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            if !(3..=255).contains(&table.value.len()) || !table.value.chars().all(simple) {
                let message = format!("`dynamodb` cannot be \"{}\"", table.value);
                section.problem(&table.span, message, Some("write the name of a table"));
            }
            if manifest {
                section.problem_at("manifest", "`manifest` belongs to `s3`", None);
            }
            (Place::Table(table.value), None)
        }
        (s3, _) => {
            if section.exists() && (s3.is_some() || !section.has("s3")) {
                let message = match s3 {
                    Some(_) => "`s3` and `dynamodb` exclude each other",
                    None => "what to load is missing in [source]",
                };
                section.problem_at("dynamodb", message, Some("give `s3` or `dynamodb`"));
            }
            (nowhere, None)
        }
    }
}

fn mode(section: &Section<'_>, columns: &[String]) -> Mode {
    let words = [("append", 0), ("overwrite", 1), ("upsert", 2)];
    let mode = section.choice("mode", &words).unwrap_or_default();
    let keys = section.texts("keys");
    if mode != 2 {
        if section.has("keys") {
            section.problem_at("keys", "`keys` belongs to mode \"upsert\"", None);
        }
        return if mode == 1 { Mode::Overwrite } else { Mode::Append };
    }
    if keys.is_empty() && !section.has("keys") {
        let help = "name the columns by which rows replace each other: keys = [\"id\"]";
        section.problem_at("mode", "mode \"upsert\" needs `keys`", Some(help));
    }
    let unlisted = |key: &&Placed<String>| !columns.is_empty() && !columns.contains(&key.value);
    if let Some(key) = keys.iter().find(unlisted) {
        let message = format!("the key \"{}\" is not among `columns`", key.value);
        section.problem(&key.span, message, None);
    }
    Mode::Upsert { keys: keys.into_iter().map(|key| key.value).collect() }
}

fn form(section: &Section<'_>, place: &Place) -> Form {
    let formats =
        [Format::Parquet, Format::Csv, Format::Text, Format::Json, Format::Avro, Format::Orc];
    let format = section.choice("format", &formats.map(|format| (format.word(), format)));
    let format = format.unwrap_or_default();
    let compressions =
        [Compression::Gzip, Compression::Bzip2, Compression::Zstd, Compression::Lzop];
    let form = Form {
        format,
        header: section.flag("header", false),
        delimiter: delimiter(section),
        null_as: section.text("null_as").map(|text| text.value),
        escape: section.flag("escape", false),
        add_quotes: section.flag("remove_quotes", false),
        compression: section.choice("compression", &compressions.map(|c| (c.word(), c))),
        ignore_case: section.flag("ignore_case", false),
        fixed_width: fixed_width(section),
        json_paths: json_paths(section, place),
        parallel: true,
        ..Form::default()
    };
    if matches!(place, Place::Table(_)) {
        of_files_only(section);
        return form;
    }
    let delimited = matches!(format, Format::Csv | Format::Text);
    let rules = [
        ("header", delimited),
        ("delimiter", delimited),
        ("null_as", delimited),
        ("escape", format == Format::Text),
        ("remove_quotes", format == Format::Text),
        ("compression", delimited || format == Format::Json),
        ("ignore_case", matches!(format, Format::Json | Format::Avro)),
        ("fixed_width", format == Format::Text),
        ("jsonpaths", matches!(format, Format::Json | Format::Avro)),
    ];
    unfitting(section, format, &rules);
    excluding(section, "fixed_width", &["delimiter", "escape", "remove_quotes"]);
    excluding(section, "jsonpaths", &["ignore_case"]);
    form
}

/// Keys that COPY does not take beside this one.
fn excluding(section: &Section<'_>, key: &'static str, others: &[&'static str]) {
    for other in others.iter().filter(|other| section.has(key) && section.has(other)) {
        section.problem_at(other, format!("`{key}` and `{other}` exclude each other"), None);
    }
}

/// `label:width,…`, as FIXEDWIDTH takes it.
fn fixed_width(section: &Section<'_>) -> Option<String> {
    let Placed { value, span } = section.text("fixed_width")?;
    let is_column = |column: &str| {
        let label = |c: char| c.is_ascii_alphanumeric() || c == '_';
        column.split_once(':').is_some_and(|(name, width)| {
            let width: Result<u32, _> = width.parse();
            !name.is_empty() && name.chars().all(label) && width.is_ok_and(|width| width > 0)
        })
    };
    if !value.split(',').all(is_column) {
        let message = format!("`fixed_width` cannot be \"{value}\"");
        section.problem(&span, message, Some("write label:width,label:width"));
    }
    Some(value)
}

/// The key of the JSONPaths file: it lies in the bucket of the data, so that one role reads both.
fn json_paths(section: &Section<'_>, place: &Place) -> Option<String> {
    let Placed { value, span } = section.text("jsonpaths")?;
    let Place::Bucket { bucket, .. } = place else { return None };
    match bucket_and_key(&value) {
        Some((other, key))
            if other == bucket && !key.is_empty() && !key.contains(['*', '?', '$']) =>
        {
            Some(key.to_owned())
        }
        _ => {
            let message = format!("`jsonpaths` cannot be \"{value}\"");
            let help = format!("write s3://{bucket}/key, a file in the bucket of `s3`");
            section.problem(&span, message, Some(&help));
            None
        }
    }
}

/// A DynamoDB table has no files to describe.
fn of_files_only(section: &Section<'_>) {
    let keys = [
        "format",
        "header",
        "delimiter",
        "null_as",
        "escape",
        "remove_quotes",
        "compression",
        "ignore_case",
        "fixed_width",
        "jsonpaths",
    ];
    for key in keys.into_iter().filter(|key| section.has(key)) {
        section.problem_at(key, format!("`{key}` belongs to `s3`, not to `dynamodb`"), None);
    }
}

fn read_ratio(section: &Section<'_>, place: &Place) -> u8 {
    let found = section.number("read_ratio", READ_RATIO);
    if found.is_some() && matches!(place, Place::Bucket { .. }) {
        section.problem_at("read_ratio", "`read_ratio` belongs to `dynamodb`", None);
    }
    found.and_then(|ratio| u8::try_from(ratio).ok()).unwrap_or(USUAL_READ_RATIO)
}

fn max_errors(section: &Section<'_>, format: Format) -> Option<u32> {
    let found = section.number("max_errors", MAX_ERRORS);
    if found.is_some() && matches!(format, Format::Parquet | Format::Orc) {
        unfitting(section, format, &[("max_errors", false)]);
    }
    found.and_then(|errors| u32::try_from(errors).ok())
}

/// Options that have no key of their own, such as `DATEFORMAT 'auto' TRUNCATECOLUMNS`.
fn options(section: &Section<'_>) -> Option<String> {
    let Placed { value, span } = section.text("options")?;
    let outside: String = value.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    let balanced = value.matches('\'').count() % 2 == 0;
    let simple = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ' ' || c == '\n';
    if !balanced || !outside.chars().all(simple) {
        let help = "write options of COPY, such as DATEFORMAT 'auto' TRUNCATECOLUMNS";
        section.problem(&span, "`options` is not a list of options", Some(help));
    }
    let upper = outside.to_ascii_uppercase();
    if let Some(own) = upper.split_whitespace().find(|word| OWN_WORDS.contains(word)) {
        section.problem(
            &span,
            format!("`options` cannot hold {own}: the file says it already"),
            None,
        );
    }
    Some(value)
}
