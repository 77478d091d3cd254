//! Comparisons: trailing blanks do not count, and sides without a type take the other's.
//!
//! CHAR values lie in the engine without their blanks; VARCHAR values with them. Redshift guide,
//! "Character types", significance of trailing blanks.

use sqlparser::ast::{BinaryOperator, Expr, Query, SelectItem, SetExpr, Value};

use super::super::{build, casts};
use super::arithmetic::{is_dated, is_number, is_text, no_operator};
use super::{Type, Typer, combined, take, zones};
use crate::cursor::Parse;
use crate::resolve::ColumnType;
use crate::types::SqlType;

impl Typer<'_> {
    /// Types `left op right` once both sides are typed; `expr` is the whole comparison.
    pub(super) fn comparison(&mut self, expr: &mut Expr, left: Type, right: Type) -> Parse<Type> {
        let Expr::BinaryOp { left: one, op, right: other } = expr else {
            return Ok(Type::Unknown);
        };
        if let (Type::Sql(left), Type::Sql(right)) = (left, right)
            && ((is_dated(left) && is_number(right)) || (is_number(left) && is_dated(right)))
        {
            return Err(no_operator(op, left, right));
        }
        self.like_the_other(one, left, right)?;
        self.like_the_other(other, right, left)?;
        zones::like_the_other(one, left, right);
        zones::like_the_other(other, right, left);
        if texts(&[left, right]) {
            if *op == BinaryOperator::Eq
                && let Some(found) = column_equals(one, left, other)
            {
                *expr = found;
                return Ok(Type::Sql(SqlType::Boolean));
            }
            without_blanks(one, left);
            without_blanks(other, right);
        }
        Ok(Type::Sql(SqlType::Boolean))
    }

    /// `x BETWEEN a AND b`, `x IN (a, b)`, `CASE x WHEN a`: all of them are compared.
    pub(super) fn compared(&mut self, sides: &mut [(&mut Expr, Type)]) -> Parse<()> {
        let types: Vec<Type> = sides.iter().map(|(_, of)| *of).collect();
        let moment = Type::Sql(SqlType::TimestampTz);
        let known = types.iter().copied().find(|of| matches!(of, Type::Sql(_)));
        let known = if types.contains(&moment) { Some(moment) } else { known };
        for (expr, of) in sides.iter_mut() {
            self.like_the_other(expr, *of, known.unwrap_or(Type::Unknown))?;
            zones::like_the_other(expr, *of, known.unwrap_or(Type::Unknown));
        }
        if texts(&types) {
            sides.iter_mut().for_each(|(expr, of)| without_blanks(expr, *of));
        }
        Ok(())
    }

    /// `x IN (SELECT y …)`, `x = ANY (SELECT y …)`.
    pub(super) fn in_subquery(
        &self,
        expr: &mut Expr,
        of: Type,
        query: &mut Query,
        column: &ColumnType,
    ) -> Parse<()> {
        let y = Type::of(column.sql_type);
        if !texts(&[of, y]) {
            return Ok(());
        }
        if y.is_varchar() {
            let items = match query.body.as_mut() {
                SetExpr::Select(select) => select.projection.as_mut_slice(),
                _ => &mut [],
            };
            match items {
                [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] => {
                    without_blanks(item, y);
                }
                _ if column.name.is_empty() => return Ok(()),
                _ => combined::only_column_trimmed(query, &column.name)?,
            }
        }
        without_blanks(expr, of);
        Ok(())
    }

    /// A literal or parameter takes the type it is compared with; numbers compared with text are
    /// text.
    fn like_the_other(&mut self, expr: &mut Expr, own: Type, other: Type) -> Parse<()> {
        let Type::Sql(other) = other else { return Ok(()) };
        match own {
            Type::Untyped => self.infer(expr, other),
            Type::Text(_) if has_special_input(other) => {
                *expr = cast_to(take(expr), other)?;
            }
            Type::Sql(own) if is_number(own) && is_text(other) => {
                *expr = build::cast(build::nested(take(expr)), "VARCHAR");
            }
            _ => {}
        }
        Ok(())
    }
}

/// Types whose input the engine reads less of than Redshift.
pub(super) fn has_special_input(sql_type: SqlType) -> bool {
    is_dated(sql_type)
}

/// A Redshift cast, for the later passes to write out.
pub(super) fn cast_to(expr: Expr, sql_type: SqlType) -> Parse<Expr> {
    casts::cast(expr, sql_type)
}

/// Whether all of these are text, and one for certain.
fn texts(types: &[Type]) -> bool {
    let text = |of: &Type| match of {
        Type::Text(_) => true,
        Type::Sql(known) => is_text(*known),
        Type::Unknown | Type::Untyped => false,
    };
    types.iter().all(|of| text(of) || *of == Type::Untyped) && types.iter().any(text)
}

/// The value without the blanks that a comparison ignores.
fn without_blanks(expr: &mut Expr, of: Type) {
    match of {
        Type::Text(_) => trim_literal(expr),
        Type::Sql(SqlType::Varchar(_)) => *expr = trimmed(take(expr)),
        Type::Untyped if is_parameter(expr) => *expr = trimmed(take(expr)),
        _ => {}
    }
}

fn is_parameter(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Placeholder(_)))
}

/// `rtrim(expr, ' ')`. For a column it is asked first whether there is a blank: few values end in
/// one, and asking takes a tenth of the time of looking where the text ends.
pub(super) fn trimmed(expr: Expr) -> Expr {
    let blank = || build::string(" ");
    let whole = build::engine_call("rtrim", vec![expr.clone(), blank()]);
    if !matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
        return whole;
    }
    let ends = build::engine_call("suffix", vec![expr.clone(), blank()]);
    build::case(vec![(ends, whole)], Some(expr))
}

pub(super) fn trim_literal(expr: &mut Expr) {
    match expr {
        Expr::Nested(inner) => trim_literal(inner),
        Expr::Value(value) => {
            if let Value::SingleQuotedString(text) = &mut value.value {
                text.truncate(text.trim_end_matches(' ').len());
            }
        }
        _ => {}
    }
}

/// `column = 'text'` for a VARCHAR: the bounds let the engine skip blocks of rows by their
/// statistics, which a function of the column would not.
fn column_equals(column: &Expr, of: Type, literal: &Expr) -> Option<Expr> {
    let named = matches!(column, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    let text = casts::literal(literal).filter(|_| named && of.is_varchar())?;
    let text = text.trim_end_matches(' ');
    let is = |op, side: String| Expr::BinaryOp {
        left: Box::new(column.clone()),
        op,
        right: Box::new(build::string(side)),
    };
    let same = Expr::BinaryOp {
        left: Box::new(trimmed(column.clone())),
        op: BinaryOperator::Eq,
        right: Box::new(build::string(text)),
    };
    // `!` follows the blank: between lies the text with whatever begins with a blank.
    let low = is(BinaryOperator::GtEq, text.to_owned());
    let high = is(BinaryOperator::Lt, format!("{text}!"));
    let bounds = build::binary(low, BinaryOperator::And, high);
    Some(build::binary(bounds, BinaryOperator::And, same))
}
