//! Fields to values: every record becomes a row of typed columns or a row of `STL_LOAD_ERRORS`.
//!
//! What a field means is decided here and nowhere else, whatever format it came from
//! (COPY › Data conversion parameters, "Notes"). It must not know files. Start at
//! [`Converter::push`].

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use redshift_sql::SqlType;

use crate::columns::{Column, Columns, Values};
use crate::datetime::{time, timetz};
use crate::number::{
    OUT_OF_RANGE, Problem, Range, boolean, decimal, double, hexadecimal, integer, real,
};
use crate::options::Options;
use crate::record::{Field, Rejection};
use crate::target::Target;
use crate::text::{TOO_FEW, TOO_MANY};
use crate::utf8;

const BAD_DATE: u16 = 1205;
const BAD_TIMESTAMP: u16 = 1206;
const NULL_IN_NOT_NULL: u16 = 1213;
const BAD_NULL_BYTE: u16 = 1218;
const BAD_JSON: u16 = 1224;

/// Turns the fields of records into a batch.
#[derive(Debug)]
pub struct Converter<'a> {
    targets: &'a [Target],
    options: &'a Options,
    columns: Columns,
    scratch: Vec<u8>,
    /// Columns of the last row in which `ACCEPTINVCHARS` replaced something.
    replaced: Vec<usize>,
}

/// What becomes of a field.
enum Outcome {
    Value,
    Null,
}

impl<'a> Converter<'a> {
    /// A converter for these columns under a statement's options.
    pub fn new(targets: &'a [Target], options: &'a Options) -> Self {
        let columns = Columns::new(targets);
        Self { targets, options, columns, scratch: Vec::new(), replaced: Vec::new() }
    }

    /// Rows since the last [`Converter::finish`].
    pub fn rows(&self) -> usize {
        self.columns.rows
    }

    /// The columns of the last row in which bytes that are not UTF-8 were replaced.
    pub fn replaced(&self) -> &[usize] {
        &self.replaced
    }

    /// The rows so far; the converter goes on with none.
    ///
    /// # Errors
    /// A fault of our own.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.columns.finish()
    }

    /// Adds a row from a record's fields and where each stands in the record.
    ///
    /// # Errors
    /// Why the record is not a row; nothing has been added then.
    #[inline]
    pub fn push<'f>(
        &mut self,
        fields: impl Iterator<Item = (Field<'f>, usize)>,
    ) -> Result<(), Rejection> {
        self.replaced.clear();
        match self.row(fields) {
            Ok(()) => {
                self.columns.rows += 1;
                Ok(())
            }
            Err(rejection) => {
                self.columns.take_back();
                Err(rejection)
            }
        }
    }

    #[inline]
    fn row<'f>(
        &mut self,
        mut fields: impl Iterator<Item = (Field<'f>, usize)>,
    ) -> Result<(), Rejection> {
        let mut last = 0;
        for (index, (target, column)) in
            self.targets.iter().zip(&mut self.columns.columns).enumerate()
        {
            let (field, at) = match fields.next() {
                Some((Field::Absent, at)) => (absent(target, self.options), at),
                Some(found) => found,
                None if self.options.fill_record => (absent(target, self.options), last),
                None => return Err(line_problem(TOO_FEW, "Delimiter not found", index, last)),
            };
            last = at;
            let reject = |problem: Problem| Rejection {
                code: problem.code,
                reason: problem.reason,
                column: Some(index),
                position: at,
                value: bytes_of(field).to_vec(),
            };
            let mut put = Put {
                options: self.options,
                column: &mut *column,
                scratch: &mut self.scratch,
                replaced: false,
            };
            let outcome = put.field(target, field).map_err(reject)?;
            if put.replaced {
                self.replaced.push(index);
            }
            match outcome {
                Outcome::Value => column.end_value(),
                Outcome::Null if target.nullable => column.push_null(),
                Outcome::Null => {
                    let reason = "Missing data for not-null field";
                    return Err(reject(Problem::new(NULL_IN_NOT_NULL, reason)));
                }
            }
        }
        match fields.next() {
            None => Ok(()),
            Some((_, at)) => {
                Err(line_problem(TOO_MANY, "Extra column(s) found", self.targets.len(), at))
            }
        }
    }
}

/// What stands for a field that the record does not have: `FILLRECORD` gives VARCHAR an empty
/// text, everything else is null.
fn absent(target: &Target, options: &Options) -> Field<'static> {
    let empty = options.fill_record && matches!(target.ty, SqlType::Varchar(_));
    if empty { Field::Text { bytes: b"", quoted: true } } else { Field::Null }
}

fn bytes_of(field: Field<'_>) -> &[u8] {
    match field {
        Field::Text { bytes, .. } => bytes,
        Field::Null | Field::Absent => b"",
    }
}

fn line_problem(code: u16, reason: &str, column: usize, position: usize) -> Rejection {
    let column = Some(column);
    Rejection { code, reason: reason.to_owned(), column, position, value: Vec::new() }
}

/// One field on its way into its column.
struct Put<'p> {
    options: &'p Options,
    column: &'p mut Column,
    scratch: &'p mut Vec<u8>,
    replaced: bool,
}

impl Put<'_> {
    #[inline]
    fn field(&mut self, target: &Target, field: Field<'_>) -> Result<Outcome, Problem> {
        let Field::Text { bytes, quoted } = field else { return Ok(Outcome::Null) };
        if !quoted && self.is_null(bytes)? {
            return Ok(Outcome::Null);
        }
        match target.ty {
            SqlType::Char(_) | SqlType::Varchar(_) | SqlType::Name => {
                return self.character(target, bytes);
            }
            _ => {}
        }
        let bytes = bytes.trim_ascii();
        // An empty field of any other type is null.
        if bytes.is_empty() {
            return Ok(Outcome::Null);
        }
        self.value(target.ty, bytes)
    }

    /// Whether a field is the sign of NULL.
    #[inline]
    fn is_null(&self, bytes: &[u8]) -> Result<bool, Problem> {
        let sign = self.options.null_as.as_slice();
        if sign == b"\0" && bytes.len() > 1 && bytes.contains(&0) {
            let reason = "NULL AS '\\0' with a field of more than one byte that holds NUL";
            return Err(Problem::new(BAD_NULL_BYTE, reason));
        }
        Ok(bytes == sign)
    }

    #[inline]
    fn value(&mut self, ty: SqlType, bytes: &[u8]) -> Result<Outcome, Problem> {
        match (&mut self.column.values, ty) {
            (Values::I16(values), _) => {
                let value = integer(bytes, Range::SHORT)?;
                values.push(i16::try_from(value).unwrap_or_default());
            }
            (Values::I32(values), SqlType::Date) => match self.options.date_format.date(bytes) {
                Some(days) => values.push(days),
                None if self.options.accept_any_date => return Ok(Outcome::Null),
                None => return Err(bad_date(bytes, self.options)),
            },
            (Values::I32(values), _) => {
                let value = integer(bytes, Range::INTEGER)?;
                values.push(i32::try_from(value).unwrap_or_default());
            }
            (Values::I64(values), SqlType::BigInt | SqlType::Oid) => {
                values.push(integer(bytes, Range::LONG)?);
            }
            (Values::I64(values), _) => match moment(ty, bytes, self.options) {
                Some(micros) => values.push(micros),
                None if self.options.accept_any_date => return Ok(Outcome::Null),
                None => return Err(bad_timestamp(ty, self.options)),
            },
            (Values::F32(values), _) => values.push(real(bytes)?),
            (Values::F64(values), _) => values.push(double(bytes)?),
            (Values::I128(values), SqlType::Decimal { precision, scale }) => {
                values.push(decimal(bytes, precision, scale, self.options.round_decimals)?);
            }
            (Values::Bool(values), _) => values.push(boolean(bytes)?),
            (Values::Bytes { bytes: out, .. }, _) => {
                return text_form(ty, bytes, self.options, out);
            }
            // No column of this kind has another type.
            (Values::I128(_), _) => return Ok(Outcome::Null),
        }
        Ok(Outcome::Value)
    }

    #[inline]
    fn character(&mut self, target: &Target, bytes: &[u8]) -> Result<Outcome, Problem> {
        let options = self.options;
        let mut text = bytes;
        if let (Some(with), SqlType::Varchar(_)) = (options.replace_invalid, target.ty)
            && !text.is_ascii()
        {
            self.scratch.clear();
            self.replaced = utf8::replace(text, u8::try_from(with).unwrap_or(b'?'), self.scratch);
            text = self.scratch;
        }
        if options.blanks_as_null && !text.is_empty() && text.trim_ascii().is_empty() {
            return Ok(Outcome::Null);
        }
        if options.trim_blanks && matches!(target.ty, SqlType::Varchar(_)) {
            text = text.trim_ascii_end();
        }
        if options.empty_as_null && text.is_empty() {
            return Ok(Outcome::Null);
        }
        let most = target.max_bytes().unwrap_or(usize::MAX);
        if text.len() > most && options.truncate_columns {
            text = utf8::cut(text, most);
        }
        let is_char = matches!(target.ty, SqlType::Char(_));
        if !text.is_ascii() {
            if is_char {
                utf8::check_single_byte(text)?
            } else {
                utf8::check(text)?
            };
        }
        if text.len() > most {
            // Blanks too many are no error.
            let (kept, rest) = text.split_at(most);
            if rest.iter().any(|byte| *byte != b' ') {
                let kind = if is_char { "Char" } else { "String" };
                let reason = format!("{kind} length exceeds DDL length");
                return Err(Problem::new(OUT_OF_RANGE, reason));
            }
            text = kept;
        }
        if let Values::Bytes { bytes: out, .. } = &mut self.column.values {
            out.extend_from_slice(text);
        }
        Ok(Outcome::Value)
    }
}

/// A `TIME`, `TIMESTAMP` or `TIMESTAMPTZ` in microseconds.
#[inline]
fn moment(ty: SqlType, bytes: &[u8], options: &Options) -> Option<i64> {
    match ty {
        SqlType::Time => time(bytes).map(|(micros, _)| micros),
        SqlType::TimestampTz => options.time_format.timestamptz(bytes),
        _ => options.time_format.timestamp(bytes),
    }
}

/// Types that the engine reads from text itself.
fn text_form(
    ty: SqlType,
    bytes: &[u8],
    options: &Options,
    out: &mut Vec<u8>,
) -> Result<Outcome, Problem> {
    match ty {
        SqlType::Varbyte(most) => {
            let from = out.len();
            hexadecimal(bytes, out)?;
            if (out.len() - from) as u64 > u64::from(most) {
                return Err(Problem::new(OUT_OF_RANGE, "Varbyte length exceeds DDL length"));
            }
        }
        SqlType::TimeTz => match timetz(bytes) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None if options.accept_any_date => return Ok(Outcome::Null),
            None => return Err(bad_timestamp(ty, options)),
        },
        SqlType::Super => {
            utf8::check(bytes)?;
            serde_json::from_slice::<serde::de::IgnoredAny>(bytes)
                .map_err(|_| Problem::new(BAD_JSON, "Invalid JSON format for SUPER column"))?;
            out.extend_from_slice(bytes);
        }
        _ => {
            utf8::check(bytes)?;
            out.extend_from_slice(bytes);
        }
    }
    Ok(Outcome::Value)
}

fn bad_date(bytes: &[u8], options: &Options) -> Problem {
    use crate::datetime::DateFormat;
    let reason = match &options.date_format {
        DateFormat::Usual if bytes.len() < 10 => {
            String::from("Invalid Date Format - length must be 10 or more")
        }
        DateFormat::Usual => String::from("Invalid date format or value [YYYY-MM-DD]"),
        DateFormat::Auto => String::from("Invalid date format or value [auto]"),
        DateFormat::Given(format) => format!("Invalid date format or value [{}]", format.text()),
    };
    Problem::new(BAD_DATE, reason)
}

fn bad_timestamp(ty: SqlType, options: &Options) -> Problem {
    let reason = match ty {
        SqlType::Time | SqlType::TimeTz => {
            String::from("Invalid time format or value [HH24:MI:SS]")
        }
        _ => format!("Invalid timestamp format or value [{}]", options.time_format.shown()),
    };
    Problem::new(BAD_TIMESTAMP, reason)
}
