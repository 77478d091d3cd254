//! Types of values. Start reading at [`Typer::expression`].

use sqlparser::ast::{BinaryOperator, DataType, Expr, Interval, UnaryOperator, Value};

use super::super::{build, casts, functions};
use super::arithmetic::{self, concatenated, is_integer, is_text};
use super::scope::{instead, qualified, unqualified};
use super::{Type, Typer, results, take, unify};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::types::SqlType;

/// TRUE or FALSE.
const BOOLEAN: Type = Type::Sql(SqlType::Boolean);

impl Typer<'_> {
    /// Types several expressions.
    pub(super) fn all(&mut self, exprs: &mut [Expr]) -> Parse<()> {
        exprs.iter_mut().try_for_each(|expr| self.expression(expr).map(drop))
    }

    /// Types an expression, and changes it where types change what it must say to the engine.
    pub(super) fn expression(&mut self, expr: &mut Expr) -> Parse<Type> {
        Ok(match self.typed(expr)? {
            // Known only when the statement runs: no rule of static types holds.
            Type::Sql(SqlType::Super) => Type::Unknown,
            known => known,
        })
    }

    fn typed(&mut self, expr: &mut Expr) -> Parse<Type> {
        Ok(match expr {
            Expr::Identifier(name) if functions::is_bare_call(name) => results::bare(&name.value),
            Expr::Identifier(name) => {
                let of = unqualified(&self.scopes, name);
                if let Some(value) = instead(&self.scopes, name) {
                    *expr = value;
                }
                of
            }
            Expr::CompoundIdentifier(parts) => qualified(&self.scopes, parts),
            Expr::Nested(inner) => self.expression(inner)?,
            Expr::Value(value) => self.value(&value.value),
            Expr::TypedString(typed) => written(&typed.data_type),
            Expr::Interval(interval) => interval_type(interval),
            Expr::Cast { .. } | Expr::Convert { .. } => self.cast(expr)?,
            Expr::BinaryOp { .. } => self.binary(expr)?,
            Expr::UnaryOp { op, expr } => {
                let of = self.expression(expr)?;
                match op {
                    UnaryOperator::Not => {
                        self.condition_of(expr, of, "NOT")?;
                        BOOLEAN
                    }
                    _ => Type::of(of.sql()),
                }
            }
            Expr::Function(_) => self.call(expr)?,
            Expr::Case { .. } => self.case(expr)?,
            Expr::Subquery(query) => match self.query(query)?.as_deref() {
                Some([only]) => Type::of(only.sql_type),
                _ => Type::Unknown,
            },
            _ => return self.predicate(expr),
        })
    }

    /// Conditions with words, and functions that are written as syntax.
    fn predicate(&mut self, expr: &mut Expr) -> Parse<Type> {
        Ok(match expr {
            Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => {
                self.expression(inner)?;
                BOOLEAN
            }
            Expr::Between { expr, low, high, .. } => {
                let types = [self.expression(expr)?, self.expression(low)?, self.expression(high)?];
                let [one, two, three] = types;
                self.compared(&mut [(expr, one), (low, two), (high, three)])?;
                BOOLEAN
            }
            Expr::InList { expr, list, .. } => {
                let of = self.expression(expr)?;
                let mut sides = vec![(expr.as_mut(), of)];
                for item in list {
                    let of = self.expression(item)?;
                    sides.push((item, of));
                }
                self.compared(&mut sides)?;
                BOOLEAN
            }
            Expr::InSubquery { expr, subquery, .. } => {
                let of = self.expression(expr)?;
                if let Some([only]) = self.query(subquery)?.as_deref() {
                    self.in_subquery(expr, of, subquery, only)?;
                }
                BOOLEAN
            }
            Expr::Exists { subquery, .. } => {
                self.query(subquery)?;
                BOOLEAN
            }
            Expr::Like { expr, pattern, .. }
            | Expr::ILike { expr, pattern, .. }
            | Expr::SimilarTo { expr, pattern, .. } => {
                let of = self.expression(expr)?;
                let wanted = self.expression(pattern)?;
                if let (Type::Untyped, Type::Sql(known)) = (wanted, of) {
                    self.infer(pattern, known);
                }
                BOOLEAN
            }
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => {
                let of = self.expression(left)?;
                match right.as_mut() {
                    Expr::Subquery(subquery) => {
                        if let Some([only]) = self.query(subquery)?.as_deref() {
                            self.in_subquery(left, of, subquery, only)?;
                        }
                    }
                    right => drop(self.expression(right)?),
                }
                BOOLEAN
            }
            _ => return self.syntax(expr),
        })
    }

    fn syntax(&mut self, expr: &mut Expr) -> Parse<Type> {
        Ok(match expr {
            Expr::Position { expr: part, r#in } => {
                self.expression(part)?;
                self.expression(r#in)?;
                *expr = build::cast(take(expr), "INTEGER");
                Type::Sql(SqlType::Integer)
            }
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let of = self.expression(expr)?;
                for part in [substring_from, substring_for].into_iter().flatten() {
                    self.expression(part)?;
                }
                as_text(of)
            }
            Expr::Trim { expr, trim_what, trim_characters, .. } => {
                let of = self.expression(expr)?;
                if let Some(what) = trim_what {
                    self.expression(what)?;
                }
                self.all(trim_characters.as_deref_mut().unwrap_or_default())?;
                as_text(of)
            }
            Expr::Extract { expr, .. } | Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => {
                self.expression(expr)?;
                Type::Unknown
            }
            Expr::Collate { expr, .. } => self.expression(expr)?,
            Expr::Tuple(items) => {
                self.all(items)?;
                Type::Unknown
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                sets.iter_mut().try_for_each(|set| self.all(set))?;
                Type::Unknown
            }
            _ => Type::Unknown,
        })
    }

    fn value(&self, value: &Value) -> Type {
        match value {
            Value::Null => Type::Untyped,
            Value::SingleQuotedString(text) => {
                Type::Text(u32::try_from(text.len()).unwrap_or(u32::MAX))
            }
            Value::Boolean(_) => BOOLEAN,
            Value::Number(text, _) => number(text),
            Value::Placeholder(name) => match parameter(name) {
                Some(number) => self.known_parameter(number).map_or(Type::Untyped, Type::Sql),
                None => Type::Unknown,
            },
            _ => Type::Unknown,
        }
    }

    fn known_parameter(&self, number: usize) -> Option<SqlType> {
        let known = number.checked_sub(1).and_then(|index| self.parameters.get(index).copied());
        self.catalog.parameter(number).or(known.flatten())
    }

    /// A parameter without a type takes the one its place wants.
    pub(super) fn infer(&mut self, expr: &Expr, wanted: SqlType) {
        let expr = match expr {
            Expr::Nested(inner) => inner,
            other => other,
        };
        let Expr::Value(value) = expr else { return };
        let Value::Placeholder(name) = &value.value else { return };
        let Some(index) = parameter(name).and_then(|number| number.checked_sub(1)) else { return };
        if self.parameters.len() <= index {
            self.parameters.resize(index + 1, None);
        }
        if let Some(known @ None) = self.parameters.get_mut(index) {
            *known = Some(wanted);
        }
    }

    fn cast(&mut self, expr: &mut Expr) -> Parse<Type> {
        let (inner, data_type) = match expr {
            Expr::Cast { expr, data_type, .. }
            | Expr::Convert { expr, data_type: Some(data_type), .. } => (expr, data_type),
            _ => return Ok(Type::Unknown),
        };
        let of = self.expression(inner)?;
        let to = written(data_type);
        let Type::Sql(known) = to else { return Ok(to) };
        match of {
            Type::Untyped => self.infer(inner, known),
            Type::Text(_) if is_integer(known) => {
                let text = casts::literal(inner).unwrap_or_default().trim();
                if text.parse::<i128>().is_err() {
                    return Err(arithmetic::invalid_input(known, text));
                }
            }
            _ => {}
        }
        super::zones::converted(inner, of, known);
        if let SqlType::Char(_) = known {
            // CHAR values are kept without their blanks; see `compare.rs`.
            *expr = super::compare::trimmed(take(expr));
        }
        Ok(to)
    }

    /// Types a condition, the argument of `place`.
    pub(super) fn condition(&mut self, expr: &mut Expr, place: &str) -> Parse<()> {
        let of = self.expression(expr)?;
        self.condition_of(expr, of, place)
    }

    /// Numbers count as conditions where they are integers; nothing else does.
    fn condition_of(&mut self, expr: &Expr, of: Type, place: &str) -> Parse<()> {
        match of {
            Type::Untyped => self.infer(expr, SqlType::Boolean),
            Type::Sql(known) if known != SqlType::Boolean && !is_integer(known) => {
                let name = known.base_name();
                let message = format!("argument of {place} must be type boolean, not type {name}");
                return Err(SqlError::new("42804", message));
            }
            _ => {}
        }
        Ok(())
    }

    fn binary(&mut self, expr: &mut Expr) -> Parse<Type> {
        use BinaryOperator as B;
        let Expr::BinaryOp { left, op, right } = expr else { return Ok(Type::Unknown) };
        let (one, other) = (self.expression(left)?, self.expression(right)?);
        if *op == B::StringConcat {
            super::zones::as_text(left, one);
            super::zones::as_text(right, other);
        }
        Ok(match op {
            B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo => {
                self.arithmetic(expr, one, other)?
            }
            B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq => {
                self.comparison(expr, one, other)?
            }
            B::And | B::Or => {
                let word = if *op == B::And { "AND" } else { "OR" };
                self.condition_of(left, one, word)?;
                self.condition_of(right, other, word)?;
                BOOLEAN
            }
            B::StringConcat => match (text_of(left, one).shown(), text_of(right, other).shown()) {
                (Some(one), Some(other)) if is_text(one) && is_text(other) => {
                    Type::Sql(concatenated(one, other))
                }
                (Some(one), Some(other)) if is_text(one) || is_text(other) => {
                    Type::Sql(SqlType::Varchar(0))
                }
                _ => Type::Unknown,
            },
            B::PGRegexMatch | B::PGRegexIMatch | B::PGRegexNotMatch | B::PGRegexNotIMatch => {
                BOOLEAN
            }
            B::PGLikeMatch | B::PGILikeMatch | B::PGNotLikeMatch | B::PGNotILikeMatch => BOOLEAN,
            B::PGExp | B::BitwiseXor => Type::Sql(SqlType::Double),
            _ => Type::Unknown,
        })
    }

    fn case(&mut self, expr: &mut Expr) -> Parse<Type> {
        let Expr::Case { operand, conditions, else_result, .. } = expr else {
            return Ok(Type::Unknown);
        };
        let mut result = Type::Untyped;
        let mut compared = Vec::new();
        if let Some(operand) = operand {
            let of = self.expression(operand)?;
            compared.push((operand.as_mut(), of));
        }
        for when in conditions {
            let of = self.expression(&mut when.condition)?;
            match compared.is_empty() {
                true => self.condition_of(&when.condition, of, "CASE/WHEN")?,
                false => compared.push((&mut when.condition, of)),
            }
            result = unify::matched("CASE", result, self.expression(&mut when.result)?)?;
        }
        if let Some(otherwise) = else_result {
            result = unify::matched("CASE", result, self.expression(otherwise)?)?;
        }
        self.compared(&mut compared)?;
        Ok(result.settled())
    }
}

/// NULL beside text is text.
pub(super) fn text_of(expr: &mut Expr, of: Type) -> Type {
    if of == Type::Untyped && is_null(expr) {
        *expr = build::cast(take(expr), "VARCHAR");
        return Type::Sql(SqlType::Varchar(0));
    }
    of
}

/// Whether an expression is the word NULL.
pub(super) fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if value.value == Value::Null)
}

/// Text functions written as syntax keep the length.
fn as_text(of: Type) -> Type {
    match of.shown() {
        Some(SqlType::Char(length) | SqlType::Varchar(length)) => {
            Type::Sql(SqlType::Varchar(length))
        }
        _ => Type::Sql(SqlType::Varchar(0)),
    }
}

/// A number as written: the smallest integer type from INTEGER up, or a DECIMAL of its digits;
/// with an exponent it is the engine's.
fn number(text: &str) -> Type {
    if text.contains(['e', 'E']) {
        return Type::Sql(SqlType::Double);
    }
    if text.parse::<i32>().is_ok() {
        return Type::Sql(SqlType::Integer);
    }
    if text.parse::<i64>().is_ok() {
        return Type::Sql(SqlType::BigInt);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| u8::try_from(text.len()).ok();
    // The engine counts the zero before the point.
    let whole = whole.trim_start_matches('0');
    match (digits(if whole.is_empty() { "0" } else { whole }), digits(fraction)) {
        (Some(whole), Some(scale)) if whole.saturating_add(scale) <= 38 && scale <= 37 => {
            Type::Sql(SqlType::Decimal { precision: whole + scale, scale })
        }
        _ => Type::Unknown,
    }
}

fn parameter(name: &str) -> Option<usize> {
    name.strip_prefix('$')?.parse().ok()
}

/// Months or seconds, by the unit's word; a mixture is neither's for certain.
fn interval_type(interval: &Interval) -> Type {
    let text = interval.to_string().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match (has(&["year", "mon"]), has(&["day", "hour", "min", "sec", "week", ":"])) {
        (true, false) => Type::Sql(SqlType::IntervalYearToMonth),
        (false, true) => Type::Sql(SqlType::IntervalDayToSecond),
        _ => Type::Unknown,
    }
}

/// A type as written.
fn written(data_type: &DataType) -> Type {
    Type::of(SqlType::parse(&data_type.to_string().to_ascii_lowercase()).ok())
}
