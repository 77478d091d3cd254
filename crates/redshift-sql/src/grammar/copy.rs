//! `COPY` (SQL commands › COPY): source, authorization, and every parameter in any order.

use super::authorization::{Clause, client_side_encryption, redundant};
use super::delimited::{delimiter, fixed_width, single_ascii};
use super::unload::{as_string, on_off};
use crate::ast::{Compression, Copy, CopyFormat, CopyOption, CopySource, FixedWidthColumn, Kind};
use crate::cursor::{Cursor, Parse};
use crate::error::{INVALID_PARAMETER, SYNTAX_ERROR, SqlError};
use sqlparser::tokenizer::Token;

/// `MAXERROR` at most.
const MAX_ERRORS: u32 = 100_000;
/// `READRATIO` in per cent.
const READ_RATIO: std::ops::RangeInclusive<u32> = 1..=200;

/// Reads the statement after the word `COPY`.
pub(super) fn parse(c: &mut Cursor<'_>) -> Parse<Kind> {
    let table = c.object_name()?;
    let in_parens = matches!(c.peek().map(|lexeme| &lexeme.token), Some(Token::LParen));
    let columns = if in_parens { Some(c.names_in_parens()?) } else { None };
    c.expect("from")?;
    let source = c.string()?;
    let source_at = c.last_position();
    let mut clause = Clause::default();
    let mut draft = Draft::default();
    while !c.at_end() {
        let known = clause.accept(c)?
            || draft.accept_format(c)?
            || draft.accept_source(c)?
            || draft.accept_conversion(c)?
            || draft.accept_flag(c)?;
        if !known {
            return Err(refused(c).unwrap_or_else(|| c.unexpected()));
        }
    }
    let authorization = clause.finish(c)?;
    let from = draft.source(source).map_err(|error| error.at(source_at))?;
    let format = draft.format()?;
    Ok(Kind::Copy(Copy {
        table,
        columns,
        from,
        authorization,
        format,
        compression: draft.compression.unwrap_or_default(),
        region: draft.region,
        options: draft.options,
    }))
}

fn refused(c: &Cursor<'_>) -> Option<SqlError> {
    let job = c.looking_at(&["job", "create"]);
    job.then(|| SqlError::unsupported("COPY JOB is not supported").at(c.position()))
}

#[derive(Default)]
struct Draft {
    base: Option<CopyFormat>,
    quote: Option<u8>,
    delimiter: Option<u8>,
    fixed_width: Option<Vec<FixedWidthColumn>>,
    compression: Option<Compression>,
    region: Option<String>,
    manifest: bool,
    ssh: bool,
    read_ratio: Option<u32>,
    options: Vec<CopyOption>,
}

/// Options without a value.
const FLAGS: &[(&str, CopyOption)] = &[
    ("acceptanydate", CopyOption::AcceptAnyDate),
    ("blanksasnull", CopyOption::BlanksAsNull),
    ("emptyasnull", CopyOption::EmptyAsNull),
    ("escape", CopyOption::Escape),
    ("explicit_ids", CopyOption::ExplicitIds),
    ("fillrecord", CopyOption::FillRecord),
    ("ignoreblanklines", CopyOption::IgnoreBlankLines),
    ("removequotes", CopyOption::RemoveQuotes),
    ("roundec", CopyOption::RoundDec),
    ("trimblanks", CopyOption::TrimBlanks),
    ("truncatecolumns", CopyOption::TruncateColumns),
    ("ignoreallerrors", CopyOption::IgnoreAllErrors),
    ("noload", CopyOption::NoLoad),
    ("encrypted", CopyOption::Encrypted),
];

impl Draft {
    fn accept_format(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        let stated = c.accept("format as") || c.accept("format");
        let format = if c.accept("csv") {
            if c.accept("quote") {
                let text = as_string(c)?;
                self.quote = Some(single_ascii(&text).ok_or_else(|| bad_quote(c))?);
            }
            CopyFormat::Csv { delimiter: b',', quote: b'"' }
        } else if c.accept("json") {
            CopyFormat::Json(mapping(c)?)
        } else if c.accept("avro") {
            CopyFormat::Avro(mapping(c)?)
        } else if c.accept("parquet") {
            CopyFormat::Parquet { serialize_to_json: c.accept("serializetojson") }
        } else if c.accept("orc") {
            CopyFormat::Orc { serialize_to_json: c.accept("serializetojson") }
        } else if c.accept("shapefile") {
            shapefile(c)?;
            CopyFormat::Shapefile
        } else if stated {
            return Err(c.unexpected());
        } else {
            return Ok(false);
        };
        match self.base.replace(format) {
            None => Ok(true),
            Some(_) => Err(redundant().at(c.last_position())),
        }
    }

    fn accept_source(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        if c.accept("region") {
            once(c, &mut self.region, as_string)?;
        } else if c.accept("manifest") {
            flag(c, &mut self.manifest)?;
        } else if c.accept("ssh") {
            flag(c, &mut self.ssh)?;
        } else if c.accept("readratio") {
            once(c, &mut self.read_ratio, read_ratio)?;
        } else if c.accept("delimiter") {
            once(c, &mut self.delimiter, delimiter)?;
        } else if c.accept("fixedwidth") {
            once(c, &mut self.fixed_width, fixed_width)?;
        } else if c.accept("master_symmetric_key") {
            return Err(client_side_encryption().at(c.last_position()));
        } else {
            let known = ["gzip", "bzip2", "lzop", "zstd"];
            let Some(word) = c.accept_one_of(&known) else { return Ok(false) };
            let compression = match word {
                "gzip" => Compression::Gzip,
                "bzip2" => Compression::Bzip2,
                "lzop" => Compression::Lzop,
                _ => Compression::Zstd,
            };
            once(c, &mut self.compression, |_| Ok(compression))?;
        }
        Ok(true)
    }

    fn accept_conversion(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        let option = if c.accept("acceptinvchars") {
            c.accept("as");
            let replacement = if c.at_string() { c.string()?.chars().next() } else { None };
            CopyOption::AcceptInvChars(replacement.unwrap_or('?'))
        } else if c.accept("dateformat") {
            CopyOption::DateFormat(as_string(c)?)
        } else if c.accept("timeformat") {
            CopyOption::TimeFormat(as_string(c)?)
        } else if c.accept("encoding") {
            c.accept("as");
            CopyOption::Encoding(encoding(c)?)
        } else if c.accept("ignoreheader") {
            c.accept("as");
            CopyOption::IgnoreHeader(c.integer()?)
        } else if c.accept("null") {
            CopyOption::NullAs(null_as(c)?)
        } else if c.accept("comprows") {
            CopyOption::CompRows(sample_rows(c)?)
        } else if c.accept("compupdate") {
            let preset = c.accept("preset");
            let on = on_off(c).unwrap_or(true);
            CopyOption::CompUpdate(
                if preset {
                    "PRESET"
                } else if on {
                    "ON"
                } else {
                    "OFF"
                }
                .into(),
            )
        } else if c.accept("statupdate") {
            CopyOption::StatUpdate(on_off(c).unwrap_or(true))
        } else if c.accept("maxerror") {
            c.accept("as");
            CopyOption::MaxError(max_error(c)?)
        } else {
            return Ok(false);
        };
        self.push(c, option)?;
        Ok(true)
    }

    fn accept_flag(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        let found = FLAGS.iter().find(|(word, _)| c.accept(word));
        let Some((_, option)) = found else { return Ok(false) };
        self.push(c, option.clone())?;
        Ok(true)
    }

    fn push(&mut self, c: &Cursor<'_>, option: CopyOption) -> Parse<()> {
        let same = |o: &CopyOption| std::mem::discriminant(o) == std::mem::discriminant(&option);
        if self.options.iter().any(same) {
            return Err(redundant().at(c.last_position()));
        }
        self.options.push(option);
        Ok(())
    }

    fn source(&self, text: String) -> Parse<CopySource> {
        if let Some(table) = text.strip_prefix("dynamodb://") {
            let read_ratio = self.read_ratio.ok_or_else(|| {
                SqlError::new(SYNTAX_ERROR, "READRATIO is required for COPY from DynamoDB")
            })?;
            let misplaced = [
                ("MANIFEST", self.manifest),
                ("SSH", self.ssh),
                ("DELIMITER", self.delimiter.is_some()),
            ];
            if let Some((option, _)) = misplaced.iter().find(|(_, stated)| *stated) {
                return Err(conflict(option, "a DynamoDB source"));
            }
            return Ok(CopySource::DynamoDb { table: table.to_owned(), read_ratio });
        }
        if self.read_ratio.is_some() {
            return Err(conflict("READRATIO", "a source other than DynamoDB"));
        }
        if text.starts_with("emr://") {
            return Ok(CopySource::Emr(text));
        }
        if !text.starts_with("s3://") {
            let message = "LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based \
                           load is allowed)";
            return Err(SqlError::unsupported(message));
        }
        match (self.manifest, self.ssh) {
            (true, true) => Err(conflict("MANIFEST", "SSH")),
            (true, false) => Ok(CopySource::S3Manifest(text)),
            (false, true) => Ok(CopySource::Ssh(text)),
            (false, false) => Ok(CopySource::S3(text)),
        }
    }

    fn format(&mut self) -> Parse<CopyFormat> {
        let has = |wanted: &CopyOption| self.options.contains(wanted);
        let format = match (self.base.take(), self.fixed_width.take()) {
            (Some(CopyFormat::Csv { .. }), None) => {
                if has(&CopyOption::RemoveQuotes) {
                    return Err(conflict("CSV", "REMOVEQUOTES"));
                }
                if has(&CopyOption::Escape) {
                    return Err(conflict("CSV", "ESCAPE"));
                }
                CopyFormat::Csv {
                    delimiter: self.delimiter.unwrap_or(b','),
                    quote: self.quote.unwrap_or(b'"'),
                }
            }
            (Some(_), Some(_)) => return Err(conflict("FIXEDWIDTH", "this format")),
            (Some(_), None) if self.delimiter.is_some() => {
                return Err(conflict("DELIMITER", "this format"));
            }
            (Some(format), None) => format,
            (None, Some(_)) if self.delimiter.is_some() => {
                return Err(conflict("DELIMITER", "FIXEDWIDTH"));
            }
            (None, Some(columns)) => CopyFormat::FixedWidth(columns),
            (None, None) => CopyFormat::Text { delimiter: self.delimiter.unwrap_or(b'|') },
        };
        Ok(format)
    }
}

fn conflict(option: &str, with: &str) -> SqlError {
    SqlError::new(SYNTAX_ERROR, format!("{option} option is not supported with {with} in COPY"))
}

fn bad_quote(c: &Cursor<'_>) -> SqlError {
    let message = "COPY quote must be a single ASCII character";
    SqlError::new(INVALID_PARAMETER, message).at(c.last_position())
}

fn once<T>(
    c: &mut Cursor<'_>,
    slot: &mut Option<T>,
    read: impl FnOnce(&mut Cursor<'_>) -> Parse<T>,
) -> Parse<()> {
    let value = read(c)?;
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(redundant().at(c.last_position())),
    }
}

/// `[AS] 'auto' | 'auto ignorecase' | 'noshred' | 's3://…'`; nothing means `auto`.
fn mapping(c: &mut Cursor<'_>) -> Parse<String> {
    let stated = c.accept("as");
    if c.at_string() || stated { c.string() } else { Ok("auto".into()) }
}

fn shapefile(c: &mut Cursor<'_>) -> Parse<()> {
    if c.accept("simplify") {
        c.accept("auto");
        if matches!(c.peek().map(|lexeme| &lexeme.token), Some(Token::Number(..))) {
            c.number()?;
        }
    }
    Ok(())
}

/// `[AS] '…'`. `'\\N'`, the default, is meant as it is written, though a literal would be `N`.
fn null_as(c: &mut Cursor<'_>) -> Parse<String> {
    c.accept("as");
    let written = c.peek().map(|lexeme| c.text_of(std::slice::from_ref(lexeme)));
    let text = c.string()?;
    Ok(if written.as_deref() == Some(r"'\N'") { String::from(r"\N") } else { text })
}

fn encoding(c: &mut Cursor<'_>) -> Parse<String> {
    let at = c.position();
    let name = if c.at_string() { c.string()? } else { c.name()? }.to_ascii_uppercase();
    if ["UTF8", "UTF16", "UTF16LE", "UTF16BE", "ISO88591"].contains(&name.as_str()) {
        return Ok(name);
    }
    Err(SqlError::new(INVALID_PARAMETER, format!("invalid encoding name \"{name}\"")).at(at))
}

fn read_ratio(c: &mut Cursor<'_>) -> Parse<u32> {
    c.accept("as");
    let ratio: u32 = c.integer()?;
    if READ_RATIO.contains(&ratio) {
        return Ok(ratio);
    }
    let message = "READRATIO must be between 1 and 200";
    Err(SqlError::new(INVALID_PARAMETER, message).at(c.last_position()))
}

/// An option without a value, once.
fn flag(c: &Cursor<'_>, stated: &mut bool) -> Parse<()> {
    if std::mem::replace(stated, true) {
        return Err(redundant().at(c.last_position()));
    }
    Ok(())
}

/// `COMPROWS`: rows of the sample for compression.
fn sample_rows(c: &mut Cursor<'_>) -> Parse<u64> {
    let rows: u64 = c.integer()?;
    if (1000..=2_147_483_647).contains(&rows) {
        return Ok(rows);
    }
    let message = "COMPROWS must be between 1000 and 2147483647";
    Err(SqlError::new(INVALID_PARAMETER, message).at(c.last_position()))
}

fn max_error(c: &mut Cursor<'_>) -> Parse<u32> {
    let errors: u32 = c.integer()?;
    if errors <= MAX_ERRORS {
        return Ok(errors);
    }
    let message = "MAXERROR must be between 0 and 100000";
    Err(SqlError::new(INVALID_PARAMETER, message).at(c.last_position()))
}
