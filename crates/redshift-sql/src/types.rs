//! Redshift's types: reading them, and what they are to the engine and on the wire.
//!
//! Lengths are bytes, defaults are Redshift's (SQL reference › Data types). It must not know
//! values. Start reading at [`SqlType`]; [`SqlType::engine`], [`SqlType::oid`] and
//! [`SqlType::typmod`] are the mapping.

use std::fmt;

use sqlparser::tokenizer::Token;

use crate::Options;
use crate::cursor::{Cursor, Parse};
use crate::error::{NOT_SUPPORTED, SqlError, UNDEFINED_OBJECT};
use crate::lexer;

/// A type as written in Redshift SQL, with defaults filled in (`varchar` is `varchar(256)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlType {
    /// `BOOLEAN`.
    Boolean,
    /// `SMALLINT`.
    SmallInt,
    /// `INTEGER`.
    Integer,
    /// `BIGINT`.
    BigInt,
    /// `REAL`.
    Real,
    /// `DOUBLE PRECISION`.
    Double,
    /// `DECIMAL(precision, scale)`.
    Decimal {
        /// 1 to 38.
        precision: u8,
        /// 0 to 37.
        scale: u8,
    },
    /// `CHAR(bytes)`.
    Char(u32),
    /// `VARCHAR(bytes)`.
    Varchar(u32),
    /// `DATE`.
    Date,
    /// `TIME`.
    Time,
    /// `TIMETZ`.
    TimeTz,
    /// `TIMESTAMP`.
    Timestamp,
    /// `TIMESTAMPTZ`.
    TimestampTz,
    /// `INTERVAL YEAR TO MONTH`.
    IntervalYearToMonth,
    /// `INTERVAL DAY TO SECOND`.
    IntervalDayToSecond,
    /// `SUPER`.
    Super,
    /// `VARBYTE(bytes)`.
    Varbyte(u32),
    /// `GEOMETRY`.
    Geometry,
    /// `GEOGRAPHY`.
    Geography,
    /// `HLLSKETCH`.
    HllSketch,
    /// `OID`.
    Oid,
    /// `NAME`, the catalog's identifier type.
    Name,
}

/// `VARCHAR` and `TEXT` without a length.
const DEFAULT_VARCHAR: u32 = 256;
/// Longest `CHAR`.
const MAX_CHAR: u32 = 4096;
/// Longest `VARCHAR`.
const MAX_VARCHAR: u32 = 65_535;
/// `VARBYTE` without a length.
const DEFAULT_VARBYTE: u32 = 64_000;
/// Longest `VARBYTE`.
const MAX_VARBYTE: u32 = 16_777_216;

impl SqlType {
    /// Reads a type's text, such as `character varying(20)`.
    ///
    /// # Errors
    /// 42704 for an unknown type, 22023 for a length out of range, 0A000 for PostgreSQL types that
    /// Redshift does not have.
    pub fn parse(text: &str) -> Result<Self, SqlError> {
        let options = Options::default();
        let lexemes = lexer::tokenize(text, &options)?;
        let mut cursor = Cursor::new(&lexemes, text);
        let parsed = parse(&mut cursor)?;
        cursor.end()?;
        Ok(parsed)
    }

    /// The engine's type. Lengths are not the engine's: see [`crate::CreateTable::sql`].
    ///
    /// `None` for types that the engine has no storage for.
    pub fn engine(&self) -> Option<String> {
        Some(match self {
            Self::Boolean => "BOOLEAN".into(),
            Self::SmallInt => "SMALLINT".into(),
            Self::Integer => "INTEGER".into(),
            Self::BigInt | Self::Oid => "BIGINT".into(),
            Self::Real => "FLOAT".into(),
            Self::Double => "DOUBLE".into(),
            Self::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
            Self::Char(_) | Self::Varchar(_) | Self::Name => "VARCHAR".into(),
            Self::Date => "DATE".into(),
            Self::Time => "TIME".into(),
            Self::TimeTz => "TIMETZ".into(),
            Self::Timestamp => "TIMESTAMP".into(),
            Self::TimestampTz => "TIMESTAMPTZ".into(),
            Self::IntervalYearToMonth | Self::IntervalDayToSecond => "INTERVAL".into(),
            Self::Super => "JSON".into(),
            Self::Varbyte(_) => "BLOB".into(),
            Self::Geometry | Self::Geography | Self::HllSketch => return None,
        })
    }

    /// The type's OID in the wire protocol.
    pub fn oid(&self) -> u32 {
        match self {
            Self::Boolean => 16,
            Self::Name => 19,
            Self::BigInt => 20,
            Self::SmallInt => 21,
            Self::Integer => 23,
            Self::Oid => 26,
            Self::Real => 700,
            Self::Double => 701,
            Self::Char(_) => 1042,
            Self::Varchar(_) => 1043,
            Self::Date => 1082,
            Self::Time => 1083,
            Self::Timestamp => 1114,
            Self::TimestampTz => 1184,
            Self::IntervalYearToMonth => 1188,
            Self::IntervalDayToSecond => 1190,
            Self::TimeTz => 1266,
            Self::Decimal { .. } => 1700,
            Self::Geometry => 3000,
            Self::Geography => 3001,
            Self::Super => 4000,
            Self::Varbyte(_) => 6551,
            Self::HllSketch => 2935,
        }
    }

    /// The type modifier in the wire protocol, -1 where the type has none.
    pub fn typmod(&self) -> i32 {
        // Lengths are at most 16,777,216.
        let length = |bytes: u32| i32::try_from(bytes).map_or(-1, |bytes| bytes + 4);
        match self {
            Self::Char(bytes) | Self::Varchar(bytes) | Self::Varbyte(bytes) => length(*bytes),
            Self::Decimal { precision, scale } => {
                ((i32::from(*precision) << 16) | i32::from(*scale)) + 4
            }
            Self::Super => 16_384_000,
            _ => -1,
        }
    }

    /// The type's bytes on the wire (`pg_type.typlen`): -1 for a variable length.
    pub fn wire_size(&self) -> i16 {
        match self {
            Self::Boolean => 1,
            Self::SmallInt => 2,
            Self::Integer | Self::Real | Self::Date | Self::Oid | Self::IntervalYearToMonth => 4,
            Self::BigInt
            | Self::Double
            | Self::Time
            | Self::Timestamp
            | Self::TimestampTz
            | Self::IntervalDayToSecond => 8,
            Self::TimeTz => 12,
            Self::Name => 128,
            _ => -1,
        }
    }

    /// The longest value in bytes, for strings with a length.
    pub fn max_bytes(&self) -> Option<u32> {
        match self {
            Self::Char(bytes) | Self::Varchar(bytes) | Self::Varbyte(bytes) => Some(*bytes),
            _ => None,
        }
    }

    /// The name without length, as the catalog writes it: `character varying`.
    pub fn base_name(&self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::SmallInt => "smallint",
            Self::Integer => "integer",
            Self::BigInt => "bigint",
            Self::Real => "real",
            Self::Double => "double precision",
            Self::Decimal { .. } => "numeric",
            Self::Char(_) => "character",
            Self::Varchar(_) => "character varying",
            Self::Date => "date",
            Self::Time => "time without time zone",
            Self::TimeTz => "time with time zone",
            Self::Timestamp => "timestamp without time zone",
            Self::TimestampTz => "timestamp with time zone",
            Self::IntervalYearToMonth => "interval year to month",
            Self::IntervalDayToSecond => "interval day to second",
            Self::Super => "super",
            Self::Varbyte(_) => "binary varying",
            Self::Geometry => "geometry",
            Self::Geography => "geography",
            Self::HllSketch => "hllsketch",
            Self::Oid => "oid",
            Self::Name => "name",
        }
    }
}

impl fmt::Display for SqlType {
    /// As `format_type` writes it: `character varying(20)`, `numeric(18,2)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base_name())?;
        match self {
            Self::Decimal { precision, scale } => write!(f, "({precision},{scale})"),
            Self::Char(n) | Self::Varchar(n) | Self::Varbyte(n) => write!(f, "({n})"),
            _ => Ok(()),
        }
    }
}

/// Types without parameters, by their words; longer names before their beginnings.
const PLAIN: &[(&str, SqlType)] = &[
    ("boolean", SqlType::Boolean),
    ("bool", SqlType::Boolean),
    ("smallint", SqlType::SmallInt),
    ("int2", SqlType::SmallInt),
    ("integer", SqlType::Integer),
    ("int4", SqlType::Integer),
    ("int8", SqlType::BigInt),
    ("int", SqlType::Integer),
    ("bigint", SqlType::BigInt),
    ("real", SqlType::Real),
    ("float4", SqlType::Real),
    ("float8", SqlType::Double),
    ("double precision", SqlType::Double),
    ("date", SqlType::Date),
    ("timetz", SqlType::TimeTz),
    ("timestamptz", SqlType::TimestampTz),
    ("interval year to month", SqlType::IntervalYearToMonth),
    ("interval day to second", SqlType::IntervalDayToSecond),
    ("super", SqlType::Super),
    ("geometry", SqlType::Geometry),
    ("geography", SqlType::Geography),
    ("hllsketch", SqlType::HllSketch),
    ("oid", SqlType::Oid),
    ("name", SqlType::Name),
    ("text", SqlType::Varchar(DEFAULT_VARCHAR)),
];

/// PostgreSQL types that Redshift refuses (Unsupported PostgreSQL data types).
const REFUSED: &[&str] = &[
    "bytea",
    "json",
    "jsonb",
    "uuid",
    "xml",
    "inet",
    "cidr",
    "macaddr",
    "money",
    "serial",
    "bigserial",
    "bit",
    "tsvector",
    "tsquery",
    "point",
    "line",
    "box",
    "path",
    "polygon",
    "circle",
];

/// Reads a type.
pub(crate) fn parse(c: &mut Cursor<'_>) -> Parse<SqlType> {
    let at = c.position();
    let parsed = if let Some((_, plain)) = PLAIN.iter().find(|(words, _)| c.accept(words)) {
        *plain
    } else if let Some(parsed) = string_type(c)? {
        parsed
    } else if let Some(parsed) = parameterized(c)? {
        parsed
    } else {
        return Err(unknown(c));
    };
    if matches!(c.peek().map(|lexeme| &lexeme.token), Some(Token::LBracket)) {
        return Err(SqlError::new(NOT_SUPPORTED, "Array types are not supported").at(at));
    }
    Ok(parsed)
}

fn unknown(c: &mut Cursor<'_>) -> SqlError {
    let at = c.position();
    match c.name() {
        Ok(name) if REFUSED.contains(&name.as_str()) => {
            SqlError::new(NOT_SUPPORTED, format!("type \"{name}\" is not supported")).at(at)
        }
        Ok(name) => {
            SqlError::new(UNDEFINED_OBJECT, format!("type \"{name}\" does not exist")).at(at)
        }
        Err(error) => error,
    }
}

fn string_type(c: &mut Cursor<'_>) -> Parse<Option<SqlType>> {
    let varying = ["character varying", "varchar", "nvarchar"];
    if varying.iter().any(|words| c.accept(words)) {
        let length = length(c, "varchar", DEFAULT_VARCHAR, MAX_VARCHAR)?;
        return Ok(Some(SqlType::Varchar(length)));
    }
    if c.accept("bpchar") {
        return Ok(Some(SqlType::Char(length(c, "char", DEFAULT_VARCHAR, MAX_CHAR)?)));
    }
    if c.accept("character") || c.accept("char") || c.accept("nchar") {
        return Ok(Some(SqlType::Char(length(c, "char", 1, MAX_CHAR)?)));
    }
    if c.accept("binary varying") || c.accept("varbyte") || c.accept("varbinary") {
        let length = length(c, "varbyte", DEFAULT_VARBYTE, MAX_VARBYTE)?;
        return Ok(Some(SqlType::Varbyte(length)));
    }
    Ok(None)
}

/// `( n | MAX )`, or the default.
fn length(c: &mut Cursor<'_>, name: &str, default: u32, max: u32) -> Parse<u32> {
    if !c.accept_token(&Token::LParen) {
        return Ok(default);
    }
    let at = c.position();
    let length = if c.accept("max") { max } else { c.integer()? };
    c.expect_token(&Token::RParen)?;
    let error = |message: String| SqlError::new("22023", message).at(at);
    match length {
        0 => Err(error(format!("length for type {name} must be at least 1"))),
        length if length > max => Err(error(format!("length for type {name} cannot exceed {max}"))),
        length => Ok(length),
    }
}

fn parameterized(c: &mut Cursor<'_>) -> Parse<Option<SqlType>> {
    if c.accept("decimal") || c.accept("numeric") || c.accept("dec") {
        return decimal(c).map(Some);
    }
    if c.accept("float") {
        // FLOAT(1) to FLOAT(24) is REAL.
        let bits: u8 = if c.accept_token(&Token::LParen) {
            let bits = c.integer()?;
            c.expect_token(&Token::RParen)?;
            bits
        } else {
            53
        };
        return Ok(Some(if bits <= 24 { SqlType::Real } else { SqlType::Double }));
    }
    let (plain, zoned) = if c.accept("timestamp") {
        (SqlType::Timestamp, SqlType::TimestampTz)
    } else if c.accept("time") {
        (SqlType::Time, SqlType::TimeTz)
    } else {
        return Ok(None);
    };
    if c.accept("with time zone") {
        return Ok(Some(zoned));
    }
    c.accept("without time zone");
    Ok(Some(plain))
}

fn decimal(c: &mut Cursor<'_>) -> Parse<SqlType> {
    let (mut precision, mut scale) = (18_u8, 0_u8);
    if c.accept_token(&Token::LParen) {
        let at = c.position();
        precision = c.integer()?;
        if c.accept_token(&Token::Comma) {
            scale = c.integer()?;
        }
        c.expect_token(&Token::RParen)?;
        let error = |message: String| SqlError::new("22023", message).at(at);
        if !(1..=38).contains(&precision) {
            return Err(error(format!("DECIMAL precision {precision} must be between 1 and 38")));
        }
        if scale > 37 || scale > precision {
            return Err(error(format!(
                "DECIMAL scale {scale} must be between 0 and precision {precision}"
            )));
        }
    }
    Ok(SqlType::Decimal { precision, scale })
}
