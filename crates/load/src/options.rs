//! The options of a `COPY` as its readers and converters need them, checked against the format
//! and the source (COPY › parameter reference; which excludes which). Start at [`Options::of`].

use redshift_sql::{Compression, Copy, CopyFormat, CopyOption, CopySource, SqlError};

use crate::datetime::{DateFormat, TimeFormat};
use crate::target::Columnar;

/// Conversion and load-control options.
#[derive(Debug, Clone)]
pub struct Options {
    /// `ACCEPTANYDATE`.
    pub accept_any_date: bool,
    /// `ACCEPTINVCHARS`: what stands in for each byte that is not UTF-8.
    pub replace_invalid: Option<char>,
    /// `BLANKSASNULL`.
    pub blanks_as_null: bool,
    /// `EMPTYASNULL`.
    pub empty_as_null: bool,
    /// `DATEFORMAT`.
    pub date_format: DateFormat,
    /// `TIMEFORMAT`.
    pub time_format: TimeFormat,
    /// `ENCODING`, upper case.
    pub encoding: String,
    /// `ESCAPE`.
    pub escape: bool,
    /// `EXPLICIT_IDS`.
    pub explicit_ids: bool,
    /// `FILLRECORD`.
    pub fill_record: bool,
    /// `IGNOREBLANKLINES`.
    pub ignore_blank_lines: bool,
    /// `IGNOREHEADER`: lines of each file.
    pub ignore_header: u64,
    /// `NULL AS`.
    pub null_as: Vec<u8>,
    /// `REMOVEQUOTES`.
    pub remove_quotes: bool,
    /// `ROUNDEC`.
    pub round_decimals: bool,
    /// `TRIMBLANKS`.
    pub trim_blanks: bool,
    /// `TRUNCATECOLUMNS`.
    pub truncate_columns: bool,
    /// Errors at which the load fails: `MAXERROR`, where 0 and 1 are the same; `None` with
    /// `IGNOREALLERRORS`.
    pub max_errors: Option<u64>,
    /// `NOLOAD`.
    pub no_load: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            accept_any_date: false,
            replace_invalid: None,
            blanks_as_null: false,
            empty_as_null: false,
            date_format: DateFormat::default(),
            time_format: TimeFormat::default(),
            encoding: String::from("UTF8"),
            escape: false,
            explicit_ids: false,
            fill_record: false,
            ignore_blank_lines: false,
            ignore_header: 0,
            null_as: b"\\N".to_vec(),
            remove_quotes: false,
            round_decimals: false,
            trim_blanks: false,
            truncate_columns: false,
            max_errors: Some(1),
            no_load: false,
        }
    }
}

impl Options {
    /// The options of a statement.
    ///
    /// # Errors
    /// 42601 for options that exclude each other or the format, 0A000 for those that the format
    /// does not support, 22023 for a value that cannot be.
    pub fn of(copy: &Copy) -> Result<Self, SqlError> {
        for option in &copy.options {
            check_format(&copy.format, option)?;
            check_source(&copy.from, option)?;
        }
        check_compression(copy)?;
        let has = |wanted: &CopyOption| copy.options.contains(wanted);
        if has(&CopyOption::IgnoreAllErrors)
            && copy.options.iter().any(|option| matches!(option, CopyOption::MaxError(_)))
        {
            return Err(conflict("IGNOREALLERRORS", "MAXERROR"));
        }
        if has(&CopyOption::Encrypted) {
            return Err(SqlError::unsupported("ENCRYPTED in COPY is no longer supported"));
        }
        let mut options = Self::default();
        for option in &copy.options {
            options.set(option)?;
        }
        Ok(options)
    }

    fn set(&mut self, option: &CopyOption) -> Result<(), SqlError> {
        match option {
            CopyOption::AcceptAnyDate => self.accept_any_date = true,
            CopyOption::AcceptInvChars(with) if with.is_ascii() && *with != '\0' => {
                self.replace_invalid = Some(*with);
            }
            CopyOption::AcceptInvChars(_) => {
                let message = "ACCEPTINVCHARS takes one ASCII character other than NULL";
                return Err(SqlError::new("22023", message));
            }
            CopyOption::BlanksAsNull => self.blanks_as_null = true,
            CopyOption::EmptyAsNull => self.empty_as_null = true,
            CopyOption::DateFormat(format) => self.date_format = DateFormat::new(format)?,
            CopyOption::TimeFormat(format) => self.time_format = TimeFormat::new(format)?,
            CopyOption::Encoding(name) => self.encoding.clone_from(name),
            CopyOption::Escape => self.escape = true,
            CopyOption::ExplicitIds => self.explicit_ids = true,
            CopyOption::FillRecord => self.fill_record = true,
            CopyOption::IgnoreBlankLines => self.ignore_blank_lines = true,
            CopyOption::IgnoreHeader(lines) => self.ignore_header = *lines,
            CopyOption::NullAs(text) if text.contains('\n') => {
                let message = "NULL argument is not supported for newline: it ends records";
                return Err(SqlError::new("22023", message));
            }
            CopyOption::NullAs(text) => self.null_as = text.clone().into_bytes(),
            CopyOption::RemoveQuotes => self.remove_quotes = true,
            CopyOption::RoundDec => self.round_decimals = true,
            CopyOption::TrimBlanks => self.trim_blanks = true,
            CopyOption::TruncateColumns => self.truncate_columns = true,
            CopyOption::IgnoreAllErrors => self.max_errors = None,
            CopyOption::MaxError(errors) => self.max_errors = Some(u64::from(*errors).max(1)),
            CopyOption::NoLoad => self.no_load = true,
            // Accepted for what they say of compression and statistics, which the engine chooses.
            CopyOption::CompRows(_)
            | CopyOption::CompUpdate(_)
            | CopyOption::StatUpdate(_)
            | CopyOption::Encrypted => {}
        }
        Ok(())
    }

    /// What a columnar reader is told.
    pub fn columnar(&self, format: &CopyFormat) -> Columnar {
        let serialize_to_json = matches!(
            format,
            CopyFormat::Parquet { serialize_to_json: true }
                | CopyFormat::Orc { serialize_to_json: true }
        );
        Columnar {
            serialize_to_json,
            fill_record: self.fill_record,
            replace_invalid: self.replace_invalid,
        }
    }
}

fn conflict(option: &str, with: &str) -> SqlError {
    let message = format!("{option} option is not supported with {with} in COPY");
    SqlError::new("42601", message)
}

/// Each option's name in messages.
fn name(option: &CopyOption) -> &'static str {
    match option {
        CopyOption::AcceptAnyDate => "ACCEPTANYDATE",
        CopyOption::AcceptInvChars(_) => "ACCEPTINVCHARS",
        CopyOption::BlanksAsNull => "BLANKSASNULL",
        CopyOption::EmptyAsNull => "EMPTYASNULL",
        CopyOption::DateFormat(_) => "DATEFORMAT",
        CopyOption::TimeFormat(_) => "TIMEFORMAT",
        CopyOption::Encoding(_) => "ENCODING",
        CopyOption::Escape => "ESCAPE",
        CopyOption::ExplicitIds => "EXPLICIT_IDS",
        CopyOption::FillRecord => "FILLRECORD",
        CopyOption::IgnoreBlankLines => "IGNOREBLANKLINES",
        CopyOption::IgnoreHeader(_) => "IGNOREHEADER",
        CopyOption::NullAs(_) => "NULL AS",
        CopyOption::RemoveQuotes => "REMOVEQUOTES",
        CopyOption::RoundDec => "ROUNDEC",
        CopyOption::TrimBlanks => "TRIMBLANKS",
        CopyOption::TruncateColumns => "TRUNCATECOLUMNS",
        CopyOption::CompRows(_) => "COMPROWS",
        CopyOption::CompUpdate(_) => "COMPUPDATE",
        CopyOption::StatUpdate(_) => "STATUPDATE",
        CopyOption::IgnoreAllErrors => "IGNOREALLERRORS",
        CopyOption::MaxError(_) => "MAXERROR",
        CopyOption::NoLoad => "NOLOAD",
        CopyOption::Encrypted => "ENCRYPTED",
    }
}

fn check_format(format: &CopyFormat, option: &CopyOption) -> Result<(), SqlError> {
    match format {
        CopyFormat::Json(_) | CopyFormat::Avro(_) => {
            let format = if matches!(format, CopyFormat::Json(_)) { "JSON" } else { "AVRO" };
            if is_of_text(option) { Err(conflict(name(option), format)) } else { Ok(()) }
        }
        CopyFormat::Parquet { .. } => columnar("PARQUET", option),
        CopyFormat::Orc { .. } => columnar("ORC", option),
        CopyFormat::FixedWidth(_) => {
            let excluded = matches!(option, CopyOption::Escape | CopyOption::RemoveQuotes);
            if excluded { Err(conflict(name(option), "FIXEDWIDTH")) } else { Ok(()) }
        }
        CopyFormat::Text { .. } | CopyFormat::Csv { .. } | CopyFormat::Shapefile => Ok(()),
    }
}

/// Options that speak of the lines and fields of text.
fn is_of_text(option: &CopyOption) -> bool {
    matches!(
        option,
        CopyOption::Escape
            | CopyOption::FillRecord
            | CopyOption::IgnoreBlankLines
            | CopyOption::IgnoreHeader(_)
            | CopyOption::NullAs(_)
            | CopyOption::RemoveQuotes
    )
}

/// COPY from columnar data formats: the few options that are allowed.
fn columnar(format: &str, option: &CopyOption) -> Result<(), SqlError> {
    let allowed = matches!(
        option,
        CopyOption::AcceptInvChars(_)
            | CopyOption::FillRecord
            | CopyOption::StatUpdate(_)
            | CopyOption::ExplicitIds
    );
    if allowed {
        return Ok(());
    }
    let message = format!("{} argument is not supported for {format} based COPY", name(option));
    Err(SqlError::unsupported(message))
}

/// COPY from Amazon DynamoDB: items have no lines, and attributes no text form of null.
fn check_source(source: &CopySource, option: &CopyOption) -> Result<(), SqlError> {
    let excluded = is_of_text(option)
        || matches!(option, CopyOption::AcceptInvChars(_) | CopyOption::Encrypted);
    let refused = excluded && matches!(source, CopySource::DynamoDb { .. });
    if refused { Err(conflict(name(option), "a DynamoDB source")) } else { Ok(()) }
}

/// Columnar files carry their compression themselves; tables have none.
fn check_compression(copy: &Copy) -> Result<(), SqlError> {
    let word = match copy.compression {
        Compression::None => return Ok(()),
        Compression::Gzip => "GZIP",
        Compression::Bzip2 => "BZIP2",
        Compression::Zstd => "ZSTD",
        Compression::Lzop => "LZOP",
    };
    let unsupported = |format: &str| {
        let message = format!("{word} argument is not supported for {format} based COPY");
        Err(SqlError::unsupported(message))
    };
    match (&copy.from, &copy.format) {
        (CopySource::DynamoDb { .. }, _) => Err(conflict(word, "a DynamoDB source")),
        (_, CopyFormat::Parquet { .. }) => unsupported("PARQUET"),
        (_, CopyFormat::Orc { .. }) => unsupported("ORC"),
        _ => Ok(()),
    }
}
