//! One type for several values: `UNION`, `CASE`, `COALESCE`.

use super::Type;
use super::arithmetic::{is_dated, is_float, is_integer, is_number, is_text, larger};
use super::decimal::{Digits, common};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::types::SqlType;

/// Types that values are converted among without being asked.
#[derive(PartialEq)]
enum Category {
    Text,
    Number,
    Boolean,
    Dated,
}

fn category(of: Type) -> Option<Category> {
    Some(match of.sql()? {
        known if is_text(known) => Category::Text,
        known if is_number(known) => Category::Number,
        known if is_dated(known) => Category::Dated,
        SqlType::Boolean => Category::Boolean,
        _ => return None,
    })
}

/// The type that holds both results of a `place`.
///
/// # Errors
/// 42804 for two that no value is both of.
pub(super) fn matched(place: &str, left: Type, right: Type) -> Parse<Type> {
    if let (Some(one), Some(other)) = (category(left), category(right))
        && one != other
        && let (Some(left), Some(right)) = (left.sql(), right.sql())
    {
        let (left, right) = (left.base_name(), right.base_name());
        let message = format!("{place} types {left} and {right} cannot be matched");
        return Err(SqlError::new("42804", message));
    }
    Ok(both(left, right))
}

/// The type that holds both.
pub(super) fn both(left: Type, right: Type) -> Type {
    match (left, right) {
        (Type::Untyped, other) | (other, Type::Untyped) => other,
        (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
        (Type::Text(left), Type::Text(right)) => Type::Text(left.max(right)),
        (Type::Text(length), Type::Sql(known)) | (Type::Sql(known), Type::Text(length)) => {
            match known {
                // The blanks of CHAR are not those of the literal.
                SqlType::Char(own) => Type::Sql(SqlType::Varchar(own.max(length))),
                SqlType::Varchar(0) => Type::Sql(known),
                SqlType::Varchar(own) => Type::Sql(SqlType::Varchar(own.max(length))),
                other => Type::Sql(other),
            }
        }
        (Type::Sql(left), Type::Sql(right)) => Type::of(known(left, right)),
    }
}

fn known(left: SqlType, right: SqlType) -> Option<SqlType> {
    use SqlType as T;
    if left == right {
        return Some(left);
    }
    if is_text(left) && is_text(right) {
        let lengths = (left.max_bytes().unwrap_or(0), right.max_bytes().unwrap_or(0));
        return Some(match (left, right, lengths) {
            (T::Char(_), T::Char(_), (left, right)) => T::Char(left.max(right)),
            (_, _, (0, _) | (_, 0)) => T::Varchar(0),
            (_, _, (left, right)) => T::Varchar(left.max(right)),
        });
    }
    if is_number(left) && is_number(right) {
        if is_float(left) || is_float(right) {
            return Some(T::Double);
        }
        if is_integer(left) && is_integer(right) {
            return Some(larger(left, right));
        }
        return Some(common(Digits::of(left)?, Digits::of(right)?).sql_type());
    }
    match (left, right) {
        (T::Date, T::Timestamp) | (T::Timestamp, T::Date) => Some(T::Timestamp),
        (T::Date | T::Timestamp, T::TimestampTz) | (T::TimestampTz, T::Date | T::Timestamp) => {
            Some(T::TimestampTz)
        }
        _ => None,
    }
}
