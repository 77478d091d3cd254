//! What functions give: a table beside that of the functions themselves.
//!
//! A function not listed has an unknown result, which is the engine's. Start reading at
//! [`RESULTS`].

use sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, OrderByExpr, WindowType,
};

use super::super::functions::arguments;
use super::super::{build, overloads};
use super::arithmetic::{concatenated, is_integer, is_text};
use super::decimal::average;
use super::{Type, Typer, blanks, take, unify};
use crate::cursor::Parse;
use crate::types::SqlType;

/// What a function gives.
#[derive(Clone, Copy)]
enum Gives {
    /// This, as the engine does.
    Is(SqlType),
    /// This, where the engine's own result is another.
    Cast(SqlType),
    /// Its first argument's type.
    First,
    /// Text no longer than its first argument.
    Shorter,
    /// The type that holds all arguments.
    Common,
    /// `CONCAT`.
    Concat,
    /// `NVL2`, `DECODE`: some arguments are results, the others compared.
    Nvl2,
    Decode,
    /// `NULLIF`: compares.
    Nullif,
    /// `SUM`, `AVG`.
    Sum,
    Average,
}

use Gives::{Average, Cast, Common, Concat, Decode, First, Is, Nullif, Nvl2, Shorter, Sum};

const TEXT: Gives = Is(SqlType::Varchar(0));

/// By the names Redshift gives them.
const RESULTS: &[(Gives, &[&str])] = &[
    (Is(SqlType::BigInt), &["count", "row_number", "rank", "dense_rank", "ntile"]),
    (Is(SqlType::Double), &["percent_rank", "cume_dist", "stddev", "stddev_samp", "stddev_pop"]),
    (Is(SqlType::Double), &["variance", "var_samp", "var_pop"]),
    (Is(SqlType::Boolean), &["bool_and", "bool_or"]),
    (First, &["min", "max", "any_value", "lag", "lead", "first_value", "last_value", "nth_value"]),
    (First, &["abs"]),
    (Nullif, &["nullif"]),
    (Sum, &["sum"]),
    (Average, &["avg"]),
    (Common, &["coalesce", "nvl", "ifnull", "greatest", "least"]),
    (Nvl2, &["nvl2"]),
    (Decode, &["decode"]),
    (Concat, &["concat"]),
    (Shorter, &["lower", "upper", "ltrim", "rtrim", "btrim", "trim", "left", "right"]),
    (Shorter, &["reverse", "substring", "substr", "initcap", "split_part"]),
    (TEXT, &["replace", "repeat", "replicate", "lpad", "rpad", "translate", "listagg", "to_char"]),
    (TEXT, &["regexp_replace", "regexp_substr", "quote_literal", "quote_ident", "chr"]),
    (Is(SqlType::Varchar(32)), &["md5"]),
    (Is(SqlType::Varchar(40)), &["sha", "sha1", "func_sha1"]),
    (Cast(SqlType::Integer), &["len", "length", "char_length", "character_length", "textlen"]),
    (Cast(SqlType::Integer), &["octet_length", "strpos", "charindex", "ascii"]),
    (Is(SqlType::Double), &["sqrt", "cbrt", "exp", "dexp", "ln", "dlog1", "log", "dlog10"]),
    (Is(SqlType::Double), &["sin", "cos", "tan", "asin", "acos", "atan", "atan2", "cot"]),
    (Is(SqlType::Double), &["degrees", "radians", "pi", "random", "power", "pow"]),
    (Is(SqlType::Timestamp), &["getdate", "sysdate"]),
    (Is(SqlType::TimestampTz), &["now", "current_timestamp"]),
    (Is(SqlType::Date), &["current_date", "last_day", "to_date"]),
];

/// The type of a function that is called without parentheses.
pub(super) fn bare(name: &str) -> Type {
    match gives(name) {
        Some(Is(known)) => Type::Sql(known),
        _ => Type::Unknown,
    }
}

fn gives(name: &str) -> Option<Gives> {
    RESULTS.iter().find(|(_, names)| names.contains(&name)).map(|(gives, _)| *gives)
}

impl Typer<'_> {
    /// Types a call and everything in it.
    pub(super) fn call(&mut self, expr: &mut Expr) -> Parse<Type> {
        let Expr::Function(function) = expr else { return Ok(Type::Unknown) };
        if let Some(call) = overloads::read(function)? {
            *expr = self.overloaded(call)?;
            return self.expression(expr);
        }
        let types = self.arguments(function)?;
        self.around(function)?;
        let [name] = function.name.0.as_slice() else { return Ok(Type::Unknown) };
        let name = name.as_ident().map(|name| name.value.to_ascii_lowercase()).unwrap_or_default();
        let first = types.first().copied().unwrap_or(Type::Unknown);
        let Some(gives) = gives(&name) else { return Ok(Type::Unknown) };
        Ok(match gives {
            Is(known) => Type::Sql(known),
            Cast(known) => {
                *expr = super::arithmetic::engine_typed(take(expr), known);
                Type::Sql(known)
            }
            First => Type::of(first.sql()),
            Shorter => match first.shown() {
                Some(SqlType::Char(length) | SqlType::Varchar(length)) => {
                    Type::Sql(SqlType::Varchar(length))
                }
                _ => Type::Sql(SqlType::Varchar(0)),
            },
            Common => {
                let place = match name.as_str() {
                    "greatest" => "GREATEST",
                    "least" => "LEAST",
                    _ => "COALESCE",
                };
                let all = types.iter().copied();
                all.into_iter()
                    .try_fold(Type::Untyped, |one, other| unify::matched(place, one, other))?
                    .settled()
            }
            Concat => match types.as_slice() {
                [left, right] => match (left.shown(), right.shown()) {
                    (Some(left), Some(right)) if is_text(left) && is_text(right) => {
                        Type::Sql(concatenated(left, right))
                    }
                    _ => Type::Unknown,
                },
                _ => Type::Unknown,
            },
            Nvl2 => types.iter().skip(1).copied().fold(Type::Untyped, unify::both).settled(),
            Nullif => self.nullif(expr, &types)?,
            Decode => self.decode(function, &types)?.settled(),
            Sum => sum(expr, first),
            Average => averaged(expr, first),
        })
    }

    /// The expression of the function that an overloaded call means.
    fn overloaded(&mut self, call: overloads::Overloaded) -> Parse<Expr> {
        let mut given = Vec::new();
        for argument in &call.arguments {
            // What is put in is typed in its place.
            given.push(match self.expression(&mut argument.clone())? {
                Type::Sql(known) => Some(known),
                Type::Text(_) | Type::Untyped => None,
                Type::Unknown => return Err(call.refused()),
            });
        }
        call.choose(&given)
    }

    /// Types the arguments; `count(*)` has none.
    fn arguments(&mut self, function: &mut Function) -> Parse<Vec<Type>> {
        let mut types = Vec::new();
        if let FunctionArguments::List(list) = &mut function.args {
            for arg in &mut list.args {
                if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
                    let of = self.expression(expr)?;
                    if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) {
                        blanks::key(expr, of);
                    }
                    types.push(of);
                }
            }
            for clause in &mut list.clauses {
                if let FunctionArgumentClause::OrderBy(keys) = clause {
                    self.keys(keys)?;
                }
            }
        }
        Ok(types)
    }

    /// Types the clauses behind the arguments.
    fn around(&mut self, function: &mut Function) -> Parse<()> {
        self.keys(&mut function.within_group)?;
        if let Some(WindowType::WindowSpec(window)) = &mut function.over {
            for part in &mut window.partition_by {
                let of = self.expression(part)?;
                blanks::key(part, of);
            }
            self.keys(&mut window.order_by)?;
        }
        Ok(())
    }

    /// Types sort keys.
    fn keys(&mut self, keys: &mut [OrderByExpr]) -> Parse<()> {
        keys.iter_mut().try_for_each(|key| {
            let of = self.expression(&mut key.expr)?;
            blanks::key(&mut key.expr, of);
            Ok(())
        })
    }

    /// `NULLIF(x, y)`: as a CASE where texts are compared.
    fn nullif(&mut self, expr: &mut Expr, types: &[Type]) -> Parse<Type> {
        let [first, second] = *types else { return Ok(Type::Unknown) };
        let Expr::Function(function) = &*expr else { return Ok(Type::Unknown) };
        if first.is_varchar() || second.is_varchar() {
            let [left, right] = arguments(function)?.try_into().unwrap_or_else(|_| nulls());
            let mut same = build::binary(left.clone(), BinaryOperator::Eq, right);
            if let Expr::Nested(same) = &mut same {
                self.comparison(same, first, second)?;
            }
            *expr = build::case(vec![(same, build::null())], Some(left));
        }
        Ok(Type::of(first.sql()))
    }

    /// `DECODE(x, search, result, …[, default])`.
    fn decode(&mut self, function: &mut Function, types: &[Type]) -> Parse<Type> {
        let FunctionArguments::List(list) = &mut function.args else { return Ok(Type::Unknown) };
        let pairs = types.len().saturating_sub(1) / 2;
        let is_search = |at: usize| at == 0 || (at % 2 == 1 && at <= pairs * 2);
        let mut searched = Vec::new();
        let mut result = Type::Untyped;
        for (at, (arg, of)) in list.args.iter_mut().zip(types).enumerate() {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { continue };
            if is_search(at) {
                searched.push((expr, *of));
            } else {
                result = unify::both(result, *of);
            }
        }
        self.compared(&mut searched)?;
        Ok(result)
    }
}

fn nulls() -> [Expr; 2] {
    [build::null(), build::null()]
}

/// `SUM`: BIGINT for integers, where the engine's is wider; 38 digits for decimals.
fn sum(expr: &mut Expr, of: Type) -> Type {
    match of.sql() {
        Some(integer) if is_integer(integer) => {
            *expr = build::cast(take(expr), "BIGINT");
            Type::Sql(SqlType::BigInt)
        }
        Some(SqlType::Decimal { scale, .. }) => {
            Type::Sql(SqlType::Decimal { precision: 38, scale })
        }
        Some(SqlType::Real | SqlType::Double) => Type::Sql(SqlType::Double),
        _ => Type::Unknown,
    }
}

/// `AVG`: a truncated BIGINT for integers, exact for decimals.
fn averaged(expr: &mut Expr, of: Type) -> Type {
    match of.sql() {
        Some(integer) if is_integer(integer) => {
            *expr = build::cast(take(expr), "BIGINT");
            Type::Sql(SqlType::BigInt)
        }
        Some(SqlType::Decimal { scale, .. }) => {
            let Expr::Function(function) = take(expr) else { return Type::Unknown };
            let part = |name: &str| {
                let name = build::engine_name(name);
                Expr::Function(Function { name, ..function.clone() })
            };
            *expr = average(part("sum"), part("count"), scale.into());
            Type::Sql(SqlType::Decimal { precision: 38, scale })
        }
        Some(SqlType::Real | SqlType::Double) => Type::Sql(SqlType::Double),
        _ => Type::Unknown,
    }
}
