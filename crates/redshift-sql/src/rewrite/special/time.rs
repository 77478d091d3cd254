//! Date and time functions.

use sqlparser::ast::{BinaryOperator, Expr, Function};

use super::exactly;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::rewrite::functions::{arguments, does_not_exist, variable};
use crate::rewrite::{build, casts, datetime};

/// `DATEADD(part, n, t)`: a TIMESTAMP whatever `t` is.
pub(in crate::rewrite) fn dateadd(function: &Function, name: &str) -> Parse<Expr> {
    let [part, amount, time] = exactly::<3>(function, name)?;
    let interval = interval(datetime::part_of(&part)?, amount)?;
    Ok(build::binary(build::cast(time, "TIMESTAMP"), BinaryOperator::Plus, interval))
}

/// `n` units as an engine interval.
fn interval(part: &str, amount: Expr) -> Parse<Expr> {
    let (function, factor) = match part {
        "millennium" => ("to_years", 1000),
        "century" => ("to_years", 100),
        "decade" => ("to_years", 10),
        "year" => ("to_years", 1),
        "quarter" => ("to_months", 3),
        "month" => ("to_months", 1),
        "week" => ("to_days", 7),
        "day" | "dow" | "doy" => ("to_days", 1),
        "hour" => ("to_hours", 1),
        "minute" => ("to_minutes", 1),
        "second" | "epoch" => ("to_seconds", 1),
        "millisecond" => ("to_microseconds", 1000),
        _ => ("to_microseconds", 1),
    };
    let amount =
        build::cast(amount, if function == "to_microseconds" { "BIGINT" } else { "INTEGER" });
    let amount = if factor == 1 {
        amount
    } else {
        build::binary(amount, BinaryOperator::Multiply, build::number(factor))
    };
    Ok(build::call(function, vec![amount]))
}

/// `DATEDIFF(part, a, b)`: boundaries crossed between the two.
pub(in crate::rewrite) fn datediff(function: &Function, name: &str) -> Parse<Expr> {
    let [part, from, to] = exactly::<3>(function, name)?;
    let part = match datetime::part_of(&part)? {
        "dow" | "doy" => "day",
        "epoch" => "second",
        part => part,
    };
    let times = [from, to].map(|time| build::cast(time, "TIMESTAMP"));
    let mut args = vec![build::string(part)];
    args.extend(times);
    Ok(build::call("date_diff", args))
}

/// `DATE_PART(part, t)`.
pub(in crate::rewrite) fn date_part(function: &Function, name: &str) -> Parse<Expr> {
    let [part, time] = exactly::<2>(function, name)?;
    Ok(extract(datetime::part_of(&part)?, time))
}

/// One part of a time as an integer. The engine counts the milliseconds and microseconds of the
/// whole minute; Redshift those of the second.
pub(super) fn extract(part: &str, time: Expr) -> Expr {
    let whole = build::call("date_part", vec![build::string(part), time]);
    match part {
        "millisecond" => build::binary(whole, BinaryOperator::Modulo, build::number(1000)),
        "microsecond" => build::binary(whole, BinaryOperator::Modulo, build::number(1_000_000)),
        _ => build::cast(whole, "BIGINT"),
    }
}

/// `DATE_TRUNC(part, t)`: a TIMESTAMP.
pub(in crate::rewrite) fn date_trunc(function: &Function, name: &str) -> Parse<Expr> {
    let [part, time] = exactly::<2>(function, name)?;
    let part = build::string(datetime::part_of(&part)?);
    Ok(build::call("date_trunc", vec![part, build::cast(time, "TIMESTAMP")]))
}

/// `DATE_PART_YEAR(d)`.
pub(in crate::rewrite) fn date_part_year(function: &Function, name: &str) -> Parse<Expr> {
    let [date] = exactly::<1>(function, name)?;
    Ok(build::cast(build::call("year", vec![date]), "INTEGER"))
}

/// `ADD_MONTHS(d, n)`: the last day of a month stays one.
pub(in crate::rewrite) fn add_months(function: &Function, name: &str) -> Parse<Expr> {
    let [date, months] = exactly::<2>(function, name)?;
    let date = build::cast(date, "TIMESTAMP");
    let months = interval("month", months)?;
    let moved = build::binary(date.clone(), BinaryOperator::Plus, months);
    let day = build::cast(date.clone(), "DATE");
    let is_last = Expr::BinaryOp {
        left: Box::new(day.clone()),
        op: BinaryOperator::Eq,
        right: Box::new(build::call("last_day", vec![day])),
    };
    let last = build::call("last_day", vec![build::cast(moved.clone(), "DATE")]);
    let time = build::binary(
        date.clone(),
        BinaryOperator::Minus,
        build::cast(build::cast(date, "DATE"), "TIMESTAMP"),
    );
    let last = build::binary(build::cast(last, "TIMESTAMP"), BinaryOperator::Plus, time);
    Ok(build::case(vec![(is_last, last)], Some(moved)))
}

/// `DATE(t)`.
pub(in crate::rewrite) fn date(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    Ok(build::cast(value, "DATE"))
}

/// `TO_CHAR(t, 'pattern')` for dates and times with a constant pattern.
pub(in crate::rewrite) fn to_char(function: &Function, name: &str) -> Parse<Expr> {
    let [value, pattern] = exactly::<2>(function, name)?;
    let pattern = known_pattern(&pattern, name)?;
    Ok(build::call("strftime", vec![build::cast(value, "TIMESTAMP"), pattern]))
}

/// `TO_DATE(s, 'pattern')`.
pub(in crate::rewrite) fn to_date(function: &Function, name: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    let (text, pattern) = match args.as_slice() {
        [text, pattern] | [text, pattern, _] => (text.clone(), pattern),
        _ => return Err(does_not_exist(name, function)),
    };
    let parsed = build::call("strptime", vec![text, known_pattern(pattern, name)?]);
    Ok(build::cast(parsed, "DATE"))
}

/// `TO_TIMESTAMP(s, 'pattern')`: a TIMESTAMPTZ in UTC.
pub(in crate::rewrite) fn to_timestamp(function: &Function, name: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    let (text, pattern) = match args.as_slice() {
        [text, pattern] | [text, pattern, _] => (text.clone(), pattern),
        _ => return Err(does_not_exist(name, function)),
    };
    let parsed = build::call("strptime", vec![text, known_pattern(pattern, name)?]);
    Ok(build::cast(parsed, "TIMESTAMPTZ"))
}

fn known_pattern(pattern: &Expr, name: &str) -> Parse<Expr> {
    let text = casts::literal(pattern).ok_or_else(|| {
        SqlError::unsupported(format!("{name} with a computed format is not supported"))
    })?;
    let engine = datetime::pattern(text).ok_or_else(|| {
        SqlError::unsupported(format!("{name} with the format '{text}' is not supported"))
    })?;
    Ok(build::string(engine))
}

/// `NOW()`: the transaction's start with the zone of the session, UTC.
pub(in crate::rewrite) fn now(_: &Function, _: &str) -> Parse<Expr> {
    Ok(build::cast(variable("sysdate"), "TIMESTAMPTZ"))
}

/// `CURRENT_DATE`.
pub(in crate::rewrite) fn current_date(_: &Function, _: &str) -> Parse<Expr> {
    Ok(build::cast(variable("sysdate"), "DATE"))
}
