//! Values of `$1`, `$2`, … put into the engine's SQL as literals: the engine then types a
//! parameter of unknown type as it types a string literal, by its place in the statement.

use redshift_sql::SqlType;

use crate::engine::literal;

/// A value bound by a client.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parameter {
    /// NULL, with the engine's type when the client named one.
    Null(Option<&'static str>),
    /// Text of unknown type.
    Unknown(String),
    /// A value of this engine type, in its text form.
    Typed(&'static str, String),
    /// A value of this type, in the wire's text form; `None` is NULL.
    Value(SqlType, Option<String>),
    /// An expression in engine SQL of ours (`EXECUTE p (1 + 1)`).
    Expression(String),
}

/// Redshift's type of a parameter of this engine type, where it says enough.
pub(super) fn type_of_parameter(engine: &str) -> Option<SqlType> {
    Some(match engine {
        "BOOLEAN" => SqlType::Boolean,
        "SMALLINT" => SqlType::SmallInt,
        "INTEGER" => SqlType::Integer,
        "BIGINT" => SqlType::BigInt,
        "FLOAT" => SqlType::Real,
        "DOUBLE" => SqlType::Double,
        "DATE" => SqlType::Date,
        "TIME" => SqlType::Time,
        "TIMESTAMP" => SqlType::Timestamp,
        "TIMESTAMP WITH TIME ZONE" => SqlType::TimestampTz,
        _ => return None,
    })
}

impl Parameter {
    /// Its Redshift type, where the client named one that says enough.
    pub(super) fn sql_type(&self) -> Option<SqlType> {
        match self {
            Self::Null(Some(engine)) | Self::Typed(engine, _) => type_of_parameter(engine),
            Self::Value(kind, _) => Some(*kind),
            Self::Null(None) | Self::Unknown(_) | Self::Expression(_) => None,
        }
    }

    /// The value as an expression of the engine's SQL.
    pub(crate) fn to_sql(&self) -> String {
        match self {
            Self::Null(None) => String::from("NULL"),
            Self::Null(Some(engine_type)) => format!("CAST(NULL AS {engine_type})"),
            Self::Unknown(text) => literal(text),
            Self::Value(kind, text) => value_sql(*kind, text.as_deref()),
            Self::Expression(sql) => format!("({sql})"),
            Self::Typed("DECIMAL", text) if is_number(text) => format!("({text})"),
            Self::Typed("DECIMAL", text) => literal(text),
            Self::Typed(engine_type, text) => {
                format!("CAST({} AS {engine_type})", literal(text))
            }
        }
    }
}

/// A value of a type of Redshift. Strings stay literals, whose type the place decides.
fn value_sql(kind: SqlType, text: Option<&str>) -> String {
    let engine = kind.engine().unwrap_or_else(|| String::from("VARCHAR"));
    match (kind, text) {
        (_, None) => format!("CAST(NULL AS {engine})"),
        (SqlType::Varchar(_) | SqlType::Char(_) | SqlType::Name, Some(text)) => literal(text),
        (SqlType::Varbyte(_), Some(text)) => format!("from_hex({})", literal(text)),
        (_, Some(text)) => format!("CAST({} AS {engine})", literal(text)),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all(whole) && all(fraction)
}

/// Replaces each `$n` outside literals, quoted names and comments by `value(n)`, n from 1.
pub(crate) fn substitute(sql: &str, value: impl Fn(usize) -> Option<String>) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let token = token_length(rest, first);
        let (piece, tail) = rest.split_at_checked(token).unwrap_or((rest, ""));
        let number = piece.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
        match number.and_then(&value) {
            Some(text) => out.push_str(&text),
            None => out.push_str(piece),
        }
        rest = tail;
    }
    out
}

/// Bytes of the token that `rest` begins with: a literal, a quoted name, a comment, a word, a
/// parameter, or one character.
pub(crate) fn token_length(rest: &str, first: char) -> usize {
    let after = |count: usize| rest.get(count..).unwrap_or_default();
    match first {
        '\'' | '"' => quoted_length(rest, first),
        '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
        '/' if rest.starts_with("/*") => {
            after(2).find("*/").map_or(rest.len(), |end| end.saturating_add(4))
        }
        '$' => {
            let digits = after(1).bytes().take_while(u8::is_ascii_digit).count();
            digits.saturating_add(1)
        }
        c if is_word(c) => rest.find(|c: char| !is_word(c) && c != '$').unwrap_or(rest.len()),
        c => c.len_utf8(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '#'
}

/// A quoted run; a doubled quote inside does not end it.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at.saturating_add(1);
            }
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::{Parameter, substitute};

    #[test]
    fn parameters_are_replaced_only_where_they_are_parameters() {
        let value = |n| Some(format!("<{n}>"));
        for (sql, expect) in [
            ("select $1, $2 + $10", "select <1>, <2> + <10>"),
            ("select '$1', \"$2\", $1", "select '$1', \"$2\", <1>"),
            ("select 'it''s $1' -- $1\n, $1", "select 'it''s $1' -- $1\n, <1>"),
            ("select /* $1 */ $1", "select /* $1 */ <1>"),
            ("select a$1 from \"dev$db\".t", "select a$1 from \"dev$db\".t"),
            ("select 'é' || $1", "select 'é' || <1>"),
        ] {
            assert_eq!(substitute(sql, value), expect, "{sql}");
        }
    }

    #[test]
    fn values_cannot_leave_their_literal() {
        for (parameter, expect) in [
            (Parameter::Unknown("a'b; drop".into()), "'a''b; drop'"),
            (Parameter::Typed("INTEGER", "5".into()), "CAST('5' AS INTEGER)"),
            (Parameter::Typed("DECIMAL", "-1.50".into()), "(-1.50)"),
            (Parameter::Typed("DECIMAL", "1);--".into()), "'1);--'"),
            (Parameter::Null(None), "NULL"),
        ] {
            assert_eq!(parameter.to_sql(), expect);
        }
    }
}
