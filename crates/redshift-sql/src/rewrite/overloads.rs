//! Calls of overloaded SQL functions whose arguments' types only the catalog knows.
//!
//! When a statement is read, such a call becomes one of [`NAME`] with the expression of every
//! function that it may mean; when types are known, typing puts the right one in its place
//! (Developer guide, "Scalar SQL UDFs"; "Overloading function names"). Start reading at [`call`]
//! and [`choose`].

use sqlparser::ast::{Expr, Function, Value};

use super::{build, functions};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::types::SqlType;

/// The call's name; the engine has no such function.
const NAME: &str = "lb_overloaded";

/// A call that may mean several functions: of each its argument types and its expression.
pub(crate) fn call(name: &str, choices: Vec<(Vec<SqlType>, Expr)>, arguments: Vec<Expr>) -> Expr {
    let types = choices.iter().map(|(types, _)| {
        let types: Vec<String> = types.iter().map(|of| of.base_name().to_owned()).collect();
        build::string(types.join(";"))
    });
    let count = i64::try_from(choices.len()).unwrap_or_default();
    let mut given = vec![build::string(name), build::number(count)];
    given.extend(types.collect::<Vec<_>>());
    given.extend(choices.into_iter().map(|(_, expr)| expr));
    given.extend(arguments);
    build::engine_call(NAME, given)
}

/// Such a call, taken apart.
pub(super) struct Overloaded {
    name: String,
    choices: Vec<(Vec<SqlType>, Expr)>,
    /// The arguments as written.
    pub arguments: Vec<Expr>,
}

/// Whether a function is such a call.
pub(super) fn is_call(function: &Function) -> bool {
    function.name == build::engine_name(NAME)
}

/// Takes such a call apart.
pub(super) fn read(function: &Function) -> Parse<Option<Overloaded>> {
    if !is_call(function) {
        return Ok(None);
    }
    let mut given = functions::arguments(function)?.into_iter();
    let mut text = || match given.next() {
        Some(Expr::Value(value)) => match value.value {
            Value::SingleQuotedString(text) | Value::Number(text, _) => text,
            _ => String::new(),
        },
        _ => String::new(),
    };
    let name = text();
    let count: usize = text().parse().unwrap_or_default();
    let types: Vec<Vec<SqlType>> = (0..count)
        .map(|_| text().split(';').filter_map(|of| SqlType::parse(of).ok()).collect())
        .collect();
    let exprs: Vec<Expr> = given.by_ref().take(count).collect();
    let choices = types.into_iter().zip(exprs).collect();
    Ok(Some(Overloaded { name, choices, arguments: given.collect() }))
}

impl Overloaded {
    /// The expression of the function that arguments of these types mean; `None` is a literal,
    /// which fits any.
    ///
    /// # Errors
    /// 42883 when none fits, 42725 when several do.
    pub(super) fn choose(self, given: &[Option<SqlType>]) -> Parse<Expr> {
        let types: Vec<&str> =
            given.iter().map(|of| of.map_or("\"unknown\"", |of| of.base_name())).collect();
        let called = format!("{}({})", self.name, types.join(", "));
        let cost = |wanted: &[SqlType]| -> Option<u32> {
            let pairs = wanted.iter().zip(given).filter(|_| wanted.len() == given.len());
            pairs.map(|(wanted, given)| cost(*given, *wanted)).sum()
        };
        let costs: Vec<Option<u32>> = self.choices.iter().map(|(types, _)| cost(types)).collect();
        let least = costs.iter().flatten().min().copied();
        let fitting = |cost: &&Option<u32>| least.is_some() && **cost == least;
        if costs.iter().filter(fitting).count() > 1 {
            let message = format!("function {called} is not unique");
            return Err(SqlError::new("42725", message).with_hint(
                "Could not choose a best candidate function. You may need to add explicit type \
                 casts.",
            ));
        }
        let mut all = self.choices.into_iter().zip(costs);
        match all.find(|(_, cost)| cost.is_some() && *cost == least) {
            Some(((_, expr), _)) => Ok(expr),
            None => Err(SqlError::new("42883", format!("function {called} does not exist"))),
        }
    }

    /// 0A000 for a call with an argument of which nothing is known.
    pub(super) fn refused(&self) -> SqlError {
        SqlError::unsupported(format!(
            "a call of the overloaded function {} with an argument of no known type is not \
             supported: cast it",
            self.name
        ))
    }
}

/// How much conversion an argument needs, `None` when it cannot be converted; one without a type
/// fits any, and text best.
#[must_use]
pub fn cost(given: Option<SqlType>, wanted: SqlType) -> Option<u32> {
    let Some(given) = given else { return Some(u32::from(!is_text(wanted))) };
    if given.base_name() == wanted.base_name() {
        return Some(0);
    }
    match (rank(given), rank(wanted)) {
        // Upwards is natural, downwards only if nothing else fits.
        (Some(from), Some(to)) => return Some(if from < to { to - from } else { 100 }),
        (Some(_), None) | (None, Some(_)) if is_text(wanted) => return Some(50),
        _ => {}
    }
    match (given, wanted) {
        (given, wanted) if is_text(given) && is_text(wanted) => Some(1),
        (SqlType::Date, SqlType::Timestamp | SqlType::TimestampTz) => Some(2),
        (SqlType::Timestamp, SqlType::TimestampTz) => Some(2),
        (_, SqlType::Super) => Some(60),
        (given, wanted) if is_text(wanted) && !matches!(given, SqlType::Super) => Some(50),
        _ => None,
    }
}

fn is_text(kind: SqlType) -> bool {
    matches!(kind, SqlType::Varchar(_) | SqlType::Char(_) | SqlType::Name)
}

/// The place of a number's type among those that hold more and more.
fn rank(kind: SqlType) -> Option<u32> {
    Some(match kind {
        SqlType::SmallInt => 1,
        SqlType::Integer | SqlType::Oid => 2,
        SqlType::BigInt => 3,
        SqlType::Decimal { .. } => 4,
        SqlType::Real => 5,
        SqlType::Double => 6,
        _ => return None,
    })
}
