//! Types of values.

use sqlparser::ast::{DataType, Expr, Value};

use super::scope::{qualified, unqualified};
use super::{Type, Typer};
use crate::cursor::Parse;
use crate::types::SqlType;

impl Typer<'_> {
    /// Types several expressions.
    pub(super) fn all(&mut self, exprs: &mut [Expr]) -> Parse<()> {
        exprs.iter_mut().try_for_each(|expr| self.expression(expr).map(drop))
    }

    /// Types an expression, and changes it where types change what it must say to the engine.
    pub(super) fn expression(&mut self, expr: &mut Expr) -> Parse<Type> {
        Ok(match expr {
            Expr::Identifier(name) => unqualified(&self.scopes, name),
            Expr::CompoundIdentifier(parts) => qualified(&self.scopes, parts),
            Expr::Nested(inner) => self.expression(inner)?,
            Expr::Value(value) => self.value(&value.value),
            Expr::Cast { expr: inner, data_type, .. } => {
                self.expression(inner)?;
                written(data_type)
            }
            _ => Type::Unknown,
        })
    }

    fn value(&self, value: &Value) -> Type {
        match value {
            Value::Null | Value::SingleQuotedString(_) => Type::Untyped,
            Value::Boolean(_) => Type::Sql(SqlType::Boolean),
            Value::Placeholder(name) => {
                let number = name.strip_prefix('$').and_then(|digits| digits.parse().ok());
                Type::of(number.and_then(|number| self.catalog.parameter(number)))
            }
            _ => Type::Unknown,
        }
    }
}

/// A type as written.
fn written(data_type: &DataType) -> Type {
    Type::of(SqlType::parse(&data_type.to_string().to_ascii_lowercase()).ok())
}
