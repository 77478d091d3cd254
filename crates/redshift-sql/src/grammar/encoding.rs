//! `ENCODE`: which encodings there are, and which types take them (Compression encodings).

use crate::cursor::{Cursor, Parse};
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::types::SqlType;

/// Groups of types that share their encodings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Small,
    Whole,
    Big,
    Decimal,
    Float,
    Boolean,
    Char,
    Varchar,
    Date,
    /// TIMESTAMP and TIMESTAMPTZ.
    Timestamp,
    /// TIME, TIMETZ and intervals.
    Time,
    Super,
    Other,
}

use Group::{Big, Char, Date, Decimal, Float, Small, Super, Time, Timestamp, Varchar, Whole};

/// Each encoding and the groups that take it; RAW and ZSTD suit every type.
const ENCODINGS: &[(&str, &[Group])] = &[
    ("az64", &[Small, Whole, Big, Decimal, Date, Timestamp, Time]),
    ("bytedict", &[Small, Whole, Big, Decimal, Float, Char, Varchar, Date, Timestamp]),
    ("delta", &[Small, Whole, Big, Decimal, Date, Timestamp]),
    ("delta32k", &[Whole, Big, Decimal, Date, Timestamp]),
    (
        "lzo",
        &[Small, Whole, Big, Decimal, Char, Varchar, Date, Timestamp, Time, Super, Group::Other],
    ),
    ("mostly8", &[Small, Whole, Big, Decimal]),
    ("mostly16", &[Whole, Big, Decimal]),
    ("mostly32", &[Big, Decimal]),
    (
        "runlength",
        &[Small, Whole, Big, Decimal, Float, Group::Boolean, Char, Varchar, Date, Timestamp, Time],
    ),
    ("text255", &[Varchar]),
    ("text32k", &[Varchar]),
];

/// Reads an encoding's name; `RAW` is kept as the catalog shows it.
pub(super) fn name(c: &mut Cursor<'_>) -> Parse<String> {
    let name = c.name()?;
    match name.as_str() {
        "raw" | "none" => Ok(String::from("none")),
        "zstd" | "auto" => Ok(name),
        known if ENCODINGS.iter().any(|(encoding, _)| *encoding == known) => Ok(name),
        _ => {
            let message = format!("invalid encoding type \"{name}\"");
            Err(SqlError::new(SYNTAX_ERROR, message).at(c.last_position()))
        }
    }
}

/// Refuses an encoding that the type does not take.
///
/// # Errors
/// 42804, without a position.
pub fn check(column: &str, data_type: &SqlType, encoding: &str) -> Result<(), SqlError> {
    let group = group(data_type);
    let fits = match ENCODINGS.iter().find(|(name, _)| *name == encoding) {
        Some((_, groups)) => groups.contains(&group),
        None => true,
    };
    if fits {
        return Ok(());
    }
    let message =
        format!("encoding {encoding} is not supported for column \"{column}\" of type {data_type}");
    Err(SqlError::new("42804", message))
}

fn group(data_type: &SqlType) -> Group {
    match data_type {
        SqlType::SmallInt => Small,
        SqlType::Integer | SqlType::Oid => Whole,
        SqlType::BigInt => Big,
        SqlType::Decimal { .. } => Decimal,
        SqlType::Real | SqlType::Double => Float,
        SqlType::Boolean => Group::Boolean,
        SqlType::Char(_) | SqlType::Name => Char,
        SqlType::Varchar(_) => Varchar,
        SqlType::Date => Date,
        SqlType::Timestamp | SqlType::TimestampTz => Timestamp,
        SqlType::Time
        | SqlType::TimeTz
        | SqlType::IntervalYearToMonth
        | SqlType::IntervalDayToSecond => Time,
        SqlType::Super => Super,
        _ => Group::Other,
    }
}
