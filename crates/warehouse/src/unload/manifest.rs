//! The manifest: a JSON document that lists the files of an UNLOAD.
//!
//! Record counts include header lines. Amazon Redshift Developer Guide, "UNLOAD", MANIFEST.
//! Start reading at [`render`].

use redshift_sql::{ManifestKind, SqlType};
use serde_json::{Map, Value, json};

use super::ResultColumn;
use super::file::Finished;

/// The manifest's text; `VERBOSE` adds sizes, counts, the schema and the author.
pub(super) fn render(
    kind: ManifestKind,
    columns: &[ResultColumn],
    finished: &[Finished],
) -> String {
    let verbose = kind == ManifestKind::Verbose;
    let entry = |file: &Finished| {
        let mut entry = Map::new();
        entry.insert("url".to_owned(), json!(url(file)));
        if verbose {
            entry.insert("meta".to_owned(), meta(file.staged.bytes, file.records));
        }
        Value::Object(entry)
    };
    let mut manifest = Map::new();
    manifest.insert("entries".to_owned(), finished.iter().map(entry).collect());
    if verbose {
        let elements: Vec<Value> = columns.iter().map(element).collect();
        manifest.insert("schema".to_owned(), json!({ "elements": elements }));
        let bytes = finished.iter().map(|file| file.staged.bytes).sum();
        let records = finished.iter().map(|file| file.records).sum();
        manifest.insert("meta".to_owned(), meta(bytes, records));
        let author = json!({ "name": "Amazon Redshift", "version": "1.0.0" });
        manifest.insert("author".to_owned(), author);
    }
    Value::Object(manifest).to_string()
}

/// A file's URL.
pub(super) fn url(file: &Finished) -> String {
    format!("s3://{}/{}", file.staged.bucket, file.staged.key)
}

fn meta(bytes: u64, records: u64) -> Value {
    json!({ "content_length": bytes, "record_count": records })
}

/// A column with the dimensions that its type has.
fn element(column: &ResultColumn) -> Value {
    let mut ty = Map::new();
    ty.insert("base".to_owned(), json!(column.base()));
    match column.redshift_type {
        SqlType::Char(length) | SqlType::Varchar(length) | SqlType::Varbyte(length) => {
            ty.insert("max_length".to_owned(), json!(length));
        }
        SqlType::Decimal { precision, scale } => {
            ty.insert("max_precision".to_owned(), json!(precision));
            ty.insert("max_scale".to_owned(), json!(scale));
        }
        _ => {}
    }
    json!({ "name": column.name, "type": ty })
}
