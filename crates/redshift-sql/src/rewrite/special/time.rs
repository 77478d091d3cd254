//! Date and time functions.

use sqlparser::ast::{BinaryOperator, CastKind, DataType, Expr, Function, Value};

use super::exactly;
use super::own::is_null;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::rewrite::functions::{arguments, does_not_exist, variable};
use crate::rewrite::{build, casts, datetime};

/// What a date function works on. A literal is a timestamp; of everything else the engine
/// chooses by its type, when it plans.
fn moment(value: Expr) -> Expr {
    if casts::literal(&value).is_some() || is_null(&value) || is_timestamp(&value) {
        return build::cast(timestamp_literal(value), "TIMESTAMP");
    }
    build::call("lb_moment", vec![value])
}

/// Whether the text says that an expression is a date or timestamp.
fn is_timestamp(expr: &Expr) -> bool {
    let known = |kind: &DataType| matches!(kind, DataType::Date | DataType::Timestamp(..));
    match expr {
        Expr::TypedString(typed) => known(&typed.data_type),
        Expr::Cast { data_type, kind: CastKind::Cast | CastKind::DoubleColon, .. } => {
            known(data_type)
        }
        Expr::Nested(inner) => is_timestamp(inner),
        _ => false,
    }
}

/// Redshift's own input of dates (`now`, `20310405`) in a literal.
fn timestamp_literal(value: Expr) -> Expr {
    let special = casts::literal(&value)
        .and_then(|text| datetime::special_input(text, crate::types::SqlType::Timestamp));
    special.unwrap_or(value)
}

/// `DATEADD(part, n, t)`: a TIME stays one, everything else becomes a TIMESTAMP.
pub(in crate::rewrite) fn dateadd(function: &Function, name: &str) -> Parse<Expr> {
    let [part, amount, time] = exactly::<3>(function, name)?;
    let (unit, factor) = unit(datetime::part_of(&part)?);
    let amount = units(unit, factor, amount);
    let calendar = match unit {
        "to_years" => Some("lb_add_years"),
        "to_months" => Some("lb_add_months"),
        _ => None,
    };
    if let Some(name) = calendar {
        return Ok(build::call(name, vec![moment(time), amount]));
    }
    let interval = build::call(unit, vec![amount]);
    Ok(build::binary(moment(time), BinaryOperator::Plus, interval))
}

/// The engine's maker of intervals for a part, and how many of its units the part has.
fn unit(part: &str) -> (&'static str, i64) {
    match part {
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
    }
}

/// So many units.
fn units(unit: &str, factor: i64, amount: Expr) -> Expr {
    let kind = if unit == "to_microseconds" { "BIGINT" } else { "INTEGER" };
    let amount = build::cast(amount, kind);
    match factor {
        1 => amount,
        factor => build::binary(amount, BinaryOperator::Multiply, build::number(factor)),
    }
}

/// `DATEDIFF(part, a, b)`: boundaries crossed between the two.
pub(in crate::rewrite) fn datediff(function: &Function, name: &str) -> Parse<Expr> {
    let [part, from, to] = exactly::<3>(function, name)?;
    let part = match datetime::part_of(&part)? {
        "dow" | "doy" => "day",
        "epoch" => "second",
        part => part,
    };
    Ok(build::call("date_diff", vec![build::string(part), moment(from), moment(to)]))
}

/// `DATE_PART(part, t)`: a double; seconds and less have their fraction.
pub(in crate::rewrite) fn date_part(function: &Function, name: &str) -> Parse<Expr> {
    let [part, time] = exactly::<2>(function, name)?;
    let part = datetime::part_of(&part)?;
    let engine = match part {
        "second" | "millisecond" => "microsecond",
        part => part,
    };
    let whole = build::call("date_part", vec![build::string(engine), moment(time)]);
    let whole = build::cast(whole, "DOUBLE");
    let number = |value: &str| Expr::value(Value::Number(value.to_owned(), false));
    Ok(match part {
        "second" => build::binary(whole, BinaryOperator::Divide, number("1000000.0")),
        "millisecond" => build::binary(whole, BinaryOperator::Divide, number("1000.0")),
        "decade" => build::binary(whole, BinaryOperator::Plus, build::number(1)),
        _ => whole,
    })
}

/// `EXTRACT(part FROM t)`: whole numbers, of milliseconds and microseconds those of the second
/// (the engine counts them from the minute).
pub(super) fn extract(part: &str, time: Expr) -> Expr {
    let whole = build::call("date_part", vec![build::string(part), moment(time)]);
    let whole = match part {
        "millisecond" => build::binary(whole, BinaryOperator::Modulo, build::number(1000)),
        "microsecond" => build::binary(whole, BinaryOperator::Modulo, build::number(1_000_000)),
        // The first decade has the years 1 to 9.
        "decade" => build::binary(whole, BinaryOperator::Plus, build::number(1)),
        "epoch" => return build::cast(build::call("floor", vec![whole]), "BIGINT"),
        _ => whole,
    };
    build::cast(whole, "INTEGER")
}

/// `DATE_TRUNC(part, t)`: a TIMESTAMP.
pub(in crate::rewrite) fn date_trunc(function: &Function, name: &str) -> Parse<Expr> {
    let [part, time] = exactly::<2>(function, name)?;
    let years = match datetime::part_of(&part)? {
        "millennium" => 1000,
        "century" => 100,
        part => return Ok(build::call("date_trunc", vec![build::string(part), moment(time)])),
    };
    Ok(build::call("lb_trunc_years", vec![moment(time), build::number(years)]))
}

/// `DATE_PART_YEAR(d)`.
pub(in crate::rewrite) fn date_part_year(function: &Function, name: &str) -> Parse<Expr> {
    let [date] = exactly::<1>(function, name)?;
    Ok(extract("year", date))
}

/// `TRUNC(number [, digits])`, `TRUNC(timestamp)`: a DATE.
pub(in crate::rewrite) fn trunc(function: &Function, name: &str) -> Parse<Expr> {
    match arguments(function)?.as_slice() {
        [value] if is_null(value) => Ok(build::cast(value.clone(), "DECIMAL(38,0)")),
        [value] => Ok(build::call("lb_trunc", vec![value.clone()])),
        [value, digits] => Ok(build::call("trunc", vec![value.clone(), digits.clone()])),
        _ => Err(does_not_exist(name, function)),
    }
}

/// `CONVERT_TIMEZONE([source,] target, t)`; the source is UTC unless told.
pub(in crate::rewrite) fn convert_timezone(function: &Function, name: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    let (source, target, time) = match args.as_slice() {
        [target, time] => (build::string("UTC"), target.clone(), time.clone()),
        [source, target, time] => (source.clone(), target.clone(), time.clone()),
        _ => return Err(does_not_exist(name, function)),
    };
    let [source, target] = [source, target].map(|zone| build::cast(zone, "VARCHAR"));
    let time = build::cast(timestamp_literal(time), "TIMESTAMP");
    Ok(build::call("lb_convert_timezone", vec![source, target, time]))
}

/// `TIMEZONE(zone, t)`, which is `t AT TIME ZONE zone`.
pub(in crate::rewrite) fn timezone(function: &Function, name: &str) -> Parse<Expr> {
    let [zone, time] = exactly::<2>(function, name)?;
    Ok(at_time_zone(time, zone))
}

/// `t AT TIME ZONE zone`: a TIMESTAMPTZ of a TIMESTAMP, and the reverse. A literal has a zone.
pub(super) fn at_time_zone(time: Expr, zone: Expr) -> Expr {
    let time = if casts::literal(&time).is_some() {
        // The pass of casts reads it.
        build::redshift_cast(time, crate::types::SqlType::TimestampTz)
    } else if is_null(&time) {
        build::cast(time, "TIMESTAMPTZ")
    } else {
        time
    };
    build::call("lb_at_time_zone", vec![time, build::cast(zone, "VARCHAR")])
}

/// `TIMEOFDAY()`: the time of the statement in words.
pub(in crate::rewrite) fn timeofday(function: &Function, name: &str) -> Parse<Expr> {
    exactly::<0>(function, name)?;
    let pattern = build::string("%a %b %d %H:%M:%S.%f %Y ");
    let clock = vec![build::cast(variable("getdate"), "TIMESTAMP"), pattern];
    let clock = build::call("strftime", clock);
    let zone = build::call("lb_zone_abbreviation", Vec::new());
    Ok(build::binary(clock, BinaryOperator::StringConcat, zone))
}

/// `ADD_MONTHS(d, n)`: the last day of a month stays one.
pub(in crate::rewrite) fn add_months(function: &Function, name: &str) -> Parse<Expr> {
    let [date, months] = exactly::<2>(function, name)?;
    let date = moment(date);
    let months = build::cast(months, "INTEGER");
    let moved = build::call("lb_add_months", vec![date.clone(), months]);
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

/// `TO_CHAR(x, pattern)` of a date, a time or a number.
pub(in crate::rewrite) fn to_char(function: &Function, name: &str) -> Parse<Expr> {
    let [value, pattern] = exactly::<2>(function, name)?;
    let value = if casts::literal(&value).is_some() || is_null(&value) {
        build::cast(timestamp_literal(value), "TIMESTAMP")
    } else {
        value
    };
    Ok(build::call("lb_to_char", vec![value, build::cast(pattern, "VARCHAR")]))
}

/// `TO_DATE(s, pattern [, strict])`.
pub(in crate::rewrite) fn to_date(function: &Function, name: &str) -> Parse<Expr> {
    Ok(build::cast(parsed(function, name)?, "DATE"))
}

/// `TO_TIMESTAMP(s, pattern [, strict])`: a TIMESTAMPTZ; the text is in the session's zone.
pub(in crate::rewrite) fn to_timestamp(function: &Function, name: &str) -> Parse<Expr> {
    Ok(build::call("lb_zoned", vec![parsed(function, name)?]))
}

fn parsed(function: &Function, name: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    let (value, pattern, strict) = match args.as_slice() {
        [value, pattern] => (value, pattern, Expr::value(Value::Boolean(false))),
        [value, pattern, strict] => (value, pattern, strict.clone()),
        _ => return Err(does_not_exist(name, function)),
    };
    let [value, pattern] = [value, pattern].map(|text| build::cast(text.clone(), "VARCHAR"));
    let strict = build::cast(strict, "BOOLEAN");
    Ok(build::call("lb_to_timestamp", vec![value, pattern, strict]))
}

/// `TO_NUMBER(s, 'pattern')`: a DECIMAL with the pattern's digits.
pub(in crate::rewrite) fn to_number(function: &Function, name: &str) -> Parse<Expr> {
    let [value, pattern] = exactly::<2>(function, name)?;
    let Some(known) = casts::literal(&pattern) else {
        return Err(SqlError::unsupported("to_number with a computed format is not supported"));
    };
    let digits = |text: &str| text.chars().filter(|c| matches!(c, '0' | '9')).count();
    let behind = known.to_ascii_uppercase().find(['.', 'D', 'V']);
    let scale = behind.and_then(|at| known.get(at..)).map_or(0, digits);
    let precision = digits(known);
    if precision == 0 || precision > 38 {
        return Err(SqlError::new("22023", format!("invalid format \"{known}\" for to_number")));
    }
    let number = build::call("lb_to_number", vec![build::cast(value, "VARCHAR"), pattern]);
    Ok(build::cast(number, &format!("DECIMAL({precision},{scale})")))
}

/// `NOW()`: the moment of the transaction's start.
pub(in crate::rewrite) fn now(_: &Function, _: &str) -> Parse<Expr> {
    Ok(build::cast(variable("lb_now"), "TIMESTAMPTZ"))
}

/// `CURRENT_DATE`.
pub(in crate::rewrite) fn current_date(_: &Function, _: &str) -> Parse<Expr> {
    Ok(build::cast(variable("sysdate"), "DATE"))
}
