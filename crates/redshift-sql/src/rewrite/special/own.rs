//! Calls of the warehouse's own functions (`lb_…`): each argument is given the type that the
//! function takes, arguments left out their defaults.

use sqlparser::ast::{Expr, Function, Value};

use crate::cursor::Parse;
use crate::rewrite::functions::{arguments, does_not_exist};
use crate::rewrite::{build, casts};

/// What an argument is made before the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rewrite) enum As {
    /// As it is; the function takes every type.
    Any,
    /// `VARCHAR`.
    Text,
    /// The bytes of a text, or a VARBYTE.
    Bytes,
    /// `INTEGER`.
    Integer,
    /// `BIGINT`.
    BigInt,
    /// `DATE`.
    Date,
    /// `TIMESTAMP`.
    Timestamp,
    /// `INTERVAL`.
    Interval,
}

impl As {
    fn of(self, value: Expr) -> Expr {
        let engine = match self {
            Self::Any if is_null(&value) => "VARCHAR",
            Self::Bytes if is_null(&value) => "BLOB",
            Self::Any => return build::nested(value),
            Self::Bytes => return build::call("lb_bytes", vec![value]),
            Self::Text => "VARCHAR",
            Self::Integer => "INTEGER",
            Self::BigInt => "BIGINT",
            Self::Timestamp if has_own_type(&value) => {
                return build::call("lb_moment", vec![value]);
            }
            Self::Date if has_own_type(&value) => {
                return build::cast(build::call("lb_moment", vec![value]), "DATE");
            }
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
            Self::Interval => "INTERVAL",
        };
        build::cast(value, engine)
    }
}

/// Whether the engine knows a type of it, which may have a zone.
fn has_own_type(value: &Expr) -> bool {
    casts::literal(value).is_none() && !is_null(value)
}

/// Whether an expression is the literal NULL, which has no type to choose a form by.
pub(super) fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Null))
}

/// A function of the warehouse's own: how Redshift's arguments become its.
#[derive(Debug, Clone, Copy)]
pub(in crate::rewrite) struct Own {
    /// Its name in the engine.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: &'static [As],
    /// What stands for the last arguments where they are left out: the engine's SQL.
    pub defaults: &'static [&'static str],
}

/// One with all its arguments.
pub(in crate::rewrite) const fn own(name: &'static str, arguments: &'static [As]) -> Own {
    Own { name, arguments, defaults: &[] }
}

impl Own {
    /// The same with defaults for the last arguments.
    pub(in crate::rewrite) const fn or(self, defaults: &'static [&'static str]) -> Self {
        Self { defaults, ..self }
    }

    /// The call.
    pub(in crate::rewrite) fn call(&self, function: &Function, name: &str) -> Parse<Expr> {
        let given = arguments(function)?;
        let least = self.arguments.len().saturating_sub(self.defaults.len());
        if given.len() < least || given.len() > self.arguments.len() {
            return Err(does_not_exist(name, function));
        }
        let left_out = self.defaults.iter().skip(given.len().saturating_sub(least));
        let left_out: Vec<Expr> = left_out.map(|sql| build::verbatim((*sql).to_owned())).collect();
        let given = given.into_iter().zip(self.arguments).map(|(value, kind)| kind.of(value));
        Ok(build::call(self.name, given.chain(left_out).collect()))
    }
}
