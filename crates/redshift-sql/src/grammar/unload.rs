//! `UNLOAD` (SQL commands › UNLOAD): every option in any order, then the exclusions between them.
//!
//! Start reading at [`parse`]; [`Draft::accept`] is the list of options, [`Draft::finish`] the
//! exclusions of redshift's UNLOAD page.

use sqlparser::tokenizer::Token;

use super::authorization::{Clause, client_side_encryption, redundant};
use super::delimited::{delimiter, fixed_width};
use crate::ast::{
    Compression, Encryption, Existing, FixedWidthColumn, Kind, ManifestKind, Partitioning, Unload,
    UnloadFormat,
};
use crate::cursor::{Cursor, Parse};
use crate::error::{INVALID_PARAMETER, SYNTAX_ERROR, SqlError};

const MB: f64 = 1024.0 * 1024.0;
const GB: f64 = 1024.0 * MB;
/// `MAXFILESIZE`: 5 MB to 6.2 GB.
const FILE_SIZE: std::ops::RangeInclusive<f64> = 5.0 * MB..=6.2 * GB;
/// `ROWGROUPSIZE`: 32 MB to 128 MB.
const ROW_GROUP_SIZE: std::ops::RangeInclusive<f64> = 32.0 * MB..=128.0 * MB;

/// Reads the statement after the word `UNLOAD`.
pub(super) fn parse(c: &mut Cursor<'_>) -> Parse<Kind> {
    c.expect_token(&Token::LParen)?;
    let query_position = c.position() + 1;
    let (query, query_position) = match c.peek().map(|lexeme| &lexeme.token) {
        // `$$`: two characters open the body.
        Some(Token::DollarQuotedString(body)) => {
            let tag = body.tag.as_ref().map_or(0, |tag| tag.chars().count());
            c.advance();
            (body.value.clone(), query_position + 1 + tag)
        }
        _ => (c.string()?, query_position),
    };
    c.expect_token(&Token::RParen)?;
    c.expect("to")?;
    let to = c.string()?;
    if !to.starts_with("s3://") || to.len() == "s3://".len() {
        let message = format!(
            "UNLOAD destination is not supported. (Hint: only S3 based unload is allowed) '{to}'"
        );
        return Err(SqlError::unsupported(message).at(c.last_position()));
    }
    let mut clause = Clause::default();
    let mut draft = Draft::default();
    while !c.at_end() {
        let at = c.position();
        if !clause.accept(c)? && !draft.accept(c).map_err(|e| located(e, at))? {
            return Err(c.unexpected());
        }
    }
    let from_credentials = clause.from_credentials;
    let authorization = clause.finish(c)?;
    draft
        .finish(from_credentials)
        .map(|options| Kind::Unload(Unload { query, query_position, to, authorization, ..options }))
}

fn located(error: SqlError, at: usize) -> SqlError {
    if error.position.is_some() { error } else { error.at(at) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FormatName {
    Csv,
    Parquet,
    Json,
}

/// The options as read; `Option` where an option given twice must be refused.
#[derive(Default)]
struct Draft {
    format: Option<FormatName>,
    partition_by: Option<Partitioning>,
    manifest: Option<ManifestKind>,
    header: bool,
    delimiter: Option<u8>,
    fixed_width: Option<Vec<FixedWidthColumn>>,
    add_quotes: bool,
    null_as: Option<String>,
    escape: bool,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    compression: Option<Compression>,
    overwrite: bool,
    clean: bool,
    parallel: Option<bool>,
    max_file_size: Option<u64>,
    row_group_size: Option<u64>,
    region: Option<String>,
    extension: Option<String>,
}

impl Draft {
    /// Reads one option if one is next.
    fn accept(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        Ok(self.accept_format(c)? || self.accept_flag(c)? || self.accept_valued(c)?)
    }

    fn accept_format(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        let stated = c.accept("format as") || c.accept("format");
        let format = match c.accept_one_of(&["csv", "parquet", "json"]) {
            Some("csv") => FormatName::Csv,
            Some("parquet") => FormatName::Parquet,
            Some(_) => FormatName::Json,
            None if stated => return Err(c.unexpected()),
            None => return Ok(false),
        };
        set(&mut self.format, format)?;
        Ok(true)
    }

    fn accept_flag(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        let flags = ["header", "addquotes", "escape", "allowoverwrite", "cleanpath"];
        if let Some(flag) = c.accept_one_of(&flags) {
            let slot = match flag {
                "header" => &mut self.header,
                "addquotes" => &mut self.add_quotes,
                "escape" => &mut self.escape,
                "allowoverwrite" => &mut self.overwrite,
                _ => &mut self.clean,
            };
            return if std::mem::replace(slot, true) { Err(redundant()) } else { Ok(true) };
        }
        let compression = match c.accept_one_of(&["gzip", "bzip2", "zstd"]) {
            Some("gzip") => Compression::Gzip,
            Some("bzip2") => Compression::Bzip2,
            Some(_) => Compression::Zstd,
            None => return Ok(false),
        };
        set(&mut self.compression, compression)?;
        Ok(true)
    }

    fn accept_valued(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        if c.accept("partition by") {
            set(&mut self.partition_by, partitioning(c)?)?;
        } else if c.accept("manifest") {
            let verbose = c.accept("verbose");
            let kind = if verbose { ManifestKind::Verbose } else { ManifestKind::Plain };
            set(&mut self.manifest, kind)?;
        } else if c.accept("delimiter") {
            set(&mut self.delimiter, delimiter(c)?)?;
        } else if c.accept("fixedwidth") {
            set(&mut self.fixed_width, fixed_width(c)?)?;
        } else if c.accept("null") {
            set(&mut self.null_as, as_string(c)?)?;
        } else if c.accept("encrypted") {
            set(&mut self.encrypted, c.accept("auto"))?;
        } else if c.accept("kms_key_id") {
            set(&mut self.kms_key_id, as_string(c)?)?;
        } else if c.accept("master_symmetric_key") {
            return Err(client_side_encryption());
        } else if c.accept("parallel") {
            set(&mut self.parallel, on_off(c).unwrap_or(true))?;
        } else if c.accept("maxfilesize") {
            set(&mut self.max_file_size, size(c, "MAXFILESIZE", FILE_SIZE)?)?;
        } else if c.accept("rowgroupsize") {
            set(&mut self.row_group_size, size(c, "ROWGROUPSIZE", ROW_GROUP_SIZE)?)?;
        } else if c.accept("region") {
            set(&mut self.region, as_string(c)?)?;
        } else if c.accept("extension") {
            set(&mut self.extension, as_string(c)?)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Applies defaults and exclusions. The texts are ours where AWS publishes none.
    fn finish(self, from_credentials: bool) -> Parse<Unload> {
        self.check_format()?;
        self.check_pairs(from_credentials)?;
        let format = match (self.format, self.fixed_width) {
            (Some(FormatName::Parquet), _) => UnloadFormat::Parquet,
            (Some(FormatName::Json), _) => UnloadFormat::Json,
            (Some(FormatName::Csv), _) => {
                UnloadFormat::Csv { delimiter: self.delimiter.unwrap_or(b',') }
            }
            (None, Some(columns)) => UnloadFormat::FixedWidth(columns),
            (None, None) => UnloadFormat::Text { delimiter: self.delimiter.unwrap_or(b'|') },
        };
        let encryption = match (self.encrypted, self.kms_key_id) {
            (_, Some(key)) => Encryption::Kms(key),
            (Some(true), None) => Encryption::Auto,
            (Some(false), None) => Encryption::Encrypted,
            (None, None) => Encryption::Default,
        };
        let existing = match (self.overwrite, self.clean) {
            (_, true) => Existing::Clean,
            (true, false) => Existing::Overwrite,
            (false, false) => Existing::Refuse,
        };
        Ok(Unload {
            query: String::new(),
            query_position: 0,
            to: String::new(),
            authorization: crate::ast::Authorization::Default,
            format,
            partition_by: self.partition_by,
            manifest: self.manifest,
            header: self.header,
            add_quotes: self.add_quotes,
            escape: self.escape,
            null_as: self.null_as,
            compression: self.compression.unwrap_or_default(),
            encryption,
            existing,
            parallel: self.parallel.unwrap_or(true),
            max_file_size: self.max_file_size,
            row_group_size: self.row_group_size,
            region: self.region,
            extension: self.extension,
        })
    }

    fn check_format(&self) -> Parse<()> {
        let delimiter = (self.delimiter.is_some(), "DELIMITER");
        let fixed_width = (self.fixed_width.is_some(), "FIXEDWIDTH");
        let add_quotes = (self.add_quotes, "ADDQUOTES");
        let escape = (self.escape, "ESCAPE");
        let null_as = (self.null_as.is_some(), "NULL AS");
        let header = (self.header, "HEADER");
        let compressed = |kind, name| (self.compression == Some(kind), name);
        let (name, excluded) = match self.format {
            Some(FormatName::Csv) => ("CSV", vec![fixed_width, add_quotes]),
            Some(FormatName::Json) => {
                ("JSON", vec![delimiter, header, fixed_width, add_quotes, escape, null_as])
            }
            Some(FormatName::Parquet) => (
                "PARQUET",
                vec![
                    delimiter,
                    fixed_width,
                    add_quotes,
                    escape,
                    null_as,
                    header,
                    compressed(Compression::Gzip, "GZIP"),
                    compressed(Compression::Bzip2, "BZIP2"),
                    compressed(Compression::Zstd, "ZSTD"),
                ],
            ),
            None => ("FIXEDWIDTH", vec![(self.fixed_width.is_some() && self.header, "HEADER")]),
        };
        match excluded.into_iter().find(|(given, _)| *given) {
            Some((_, option)) => Err(conflict(option, name)),
            None => Ok(()),
        }
    }

    fn check_pairs(&self, from_credentials: bool) -> Parse<()> {
        if self.format.is_none() && self.fixed_width.is_some() && self.delimiter.is_some() {
            return Err(conflict("DELIMITER", "FIXEDWIDTH"));
        }
        if self.clean && self.overwrite {
            return Err(conflict("CLEANPATH", "ALLOWOVERWRITE"));
        }
        if self.row_group_size.is_some() && self.format != Some(FormatName::Parquet) {
            let message = "ROWGROUPSIZE is only supported for UNLOAD to PARQUET";
            return Err(SqlError::new(SYNTAX_ERROR, message));
        }
        if self.kms_key_id.is_none() {
            return Ok(());
        }
        match self.encrypted {
            None => {
                let message = "KMS_KEY_ID can only be specified with the ENCRYPTED option";
                Err(SqlError::new(SYNTAX_ERROR, message))
            }
            Some(true) => Err(conflict("KMS_KEY_ID", "ENCRYPTED AUTO")),
            Some(false) if from_credentials => Err(conflict("KMS_KEY_ID", "CREDENTIALS")),
            Some(false) => Ok(()),
        }
    }
}

fn conflict(option: &str, with: &str) -> SqlError {
    SqlError::new(SYNTAX_ERROR, format!("{option} option is not supported with {with} in UNLOAD"))
}

fn set<T>(slot: &mut Option<T>, value: T) -> Parse<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(redundant()),
    }
}

pub(super) fn as_string(c: &mut Cursor<'_>) -> Parse<String> {
    c.accept("as");
    c.string()
}

/// `ON`, `TRUE`, `OFF`, `FALSE` or nothing.
pub(super) fn on_off(c: &mut Cursor<'_>) -> Option<bool> {
    match c.accept_one_of(&["on", "true", "off", "false"]) {
        Some("on" | "true") => Some(true),
        Some(_) => Some(false),
        None => None,
    }
}

fn partitioning(c: &mut Cursor<'_>) -> Parse<Partitioning> {
    let columns = c.parenthesized(|c| {
        if c.at_string() {
            let message = "String literals are not supported in PARTITION BY";
            return Err(SqlError::unsupported(message).at(c.position()));
        }
        c.name()
    })?;
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = columns.iter().find(|column| !seen.insert(column.as_str())) {
        let message = format!("column \"{twice}\" is specified more than once in PARTITION BY");
        return Err(SqlError::new("42701", message));
    }
    Ok(Partitioning { include: c.accept("include"), columns })
}

/// `[AS] n [MB | GB]`, the number possibly with a fraction, in bytes.
fn size(c: &mut Cursor<'_>, name: &str, allowed: std::ops::RangeInclusive<f64>) -> Parse<u64> {
    c.accept("as");
    let at = c.position();
    let number: f64 = c.number()?.parse().map_err(|_| c.unexpected())?;
    let unit = match c.accept_one_of(&["mb", "gb"]) {
        Some("gb") => GB,
        _ => MB,
    };
    let bytes = number * unit;
    if !allowed.contains(&bytes) {
        let limits = if name == "MAXFILESIZE" { "5 MB and 6.2 GB" } else { "32 MB and 128 MB" };
        let message = format!("{name} must be between {limits}");
        return Err(SqlError::new(INVALID_PARAMETER, message).at(at));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range above")]
    Ok(bytes as u64)
}
