//! Functions of JSON texts and of SUPER values: each becomes one of the warehouse's own, which take
//! texts only. Redshift Developer Guide, "JSON functions", "SUPER type information functions",
//! "Array functions", "Object functions".

use sqlparser::ast::{Expr, Function, Value};

use crate::cursor::Parse;
use crate::error::SqlError;
use crate::rewrite::build;
use crate::rewrite::build::engine_call;
use crate::rewrite::dynamic::to_super;
use crate::rewrite::functions::{arguments, does_not_exist};

use super::exactly;

fn text(expr: Expr) -> Expr {
    build::cast(expr, "VARCHAR")
}

/// `JSON_PARSE(text)`.
pub(in crate::rewrite) fn json_parse(function: &Function, name: &str) -> Parse<Expr> {
    let [json] = exactly::<1>(function, name)?;
    Ok(engine_call("lb_json_parse", vec![json]))
}

/// `CAN_JSON_PARSE`, `IS_VALID_JSON`, `IS_VALID_JSON_ARRAY`.
pub(in crate::rewrite) fn json_valid(function: &Function, name: &str) -> Parse<Expr> {
    let [json] = exactly::<1>(function, name)?;
    let what = match name {
        "can_json_parse" => "parse",
        "is_valid_json" => "object",
        _ => "array",
    };
    Ok(engine_call("lb_json_valid", vec![build::string(what), json]))
}

/// The arguments without a last `null_if_invalid`, and it as text.
fn lenient(function: &Function) -> Parse<(Vec<Expr>, Expr)> {
    let mut args = arguments(function)?;
    let is_bool =
        |arg: &Expr| matches!(arg, Expr::Value(value) if matches!(value.value, Value::Boolean(_)));
    let last = if args.last().is_some_and(is_bool) { args.pop() } else { None };
    let flag = last.unwrap_or_else(|| Expr::value(Value::Boolean(false)));
    Ok((args, text(flag)))
}

/// `JSON_EXTRACT_PATH_TEXT(text, name, … [, null_if_invalid])`: up to five names.
pub(in crate::rewrite) fn json_path_text(function: &Function, name: &str) -> Parse<Expr> {
    let (args, flag) = lenient(function)?;
    if !(2..=6).contains(&args.len()) {
        return Err(does_not_exist(name, function));
    }
    let args = std::iter::once(flag).chain(args).collect();
    Ok(engine_call("lb_json_path_text", args))
}

/// `JSON_EXTRACT_ARRAY_ELEMENT_TEXT(text, position [, null_if_invalid])`.
pub(in crate::rewrite) fn json_element_text(function: &Function, name: &str) -> Parse<Expr> {
    match lenient(function)? {
        (args, flag) if args.len() == 2 => {
            let args = std::iter::once(flag).chain(args.into_iter().map(text)).collect();
            Ok(engine_call("lb_json_element_text", args))
        }
        _ => Err(does_not_exist(name, function)),
    }
}

/// `JSON_ARRAY_LENGTH(text [, null_if_invalid])`.
pub(in crate::rewrite) fn json_array_length(function: &Function, name: &str) -> Parse<Expr> {
    match lenient(function)? {
        (args, flag) if args.len() == 1 => {
            let args = std::iter::once(flag).chain(args).collect();
            Ok(engine_call("lb_json_array_length", args))
        }
        _ => Err(does_not_exist(name, function)),
    }
}

/// `JSON_SERIALIZE(value)`, `JSON_SERIALIZE_TO_VARBYTE(value)`.
pub(in crate::rewrite) fn json_serialize(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    let json = text(to_super(value));
    Ok(if name == "json_serialize" { json } else { build::call("encode", vec![json]) })
}

/// `JSON_TYPEOF(value)`.
pub(in crate::rewrite) fn json_typeof(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    Ok(engine_call("lb_super_type", vec![to_super(value)]))
}

/// `IS_ARRAY(value)` and its like: false for NULL.
pub(in crate::rewrite) fn super_is(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    let kind = build::string(name.trim_start_matches("is_"));
    let is = engine_call("lb_super_is", vec![kind, to_super(value)]);
    Ok(build::call("coalesce", vec![is, Expr::value(Value::Boolean(false))]))
}

/// `GET_ARRAY_LENGTH`, `GET_NUMBER_ATTRIBUTES`, `JSON_SIZE`, `DECIMAL_PRECISION`, `DECIMAL_SCALE`.
pub(in crate::rewrite) fn super_measure(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    let what = match name {
        "get_array_length" => "elements",
        "get_number_attributes" => "attributes",
        "json_size" => "bytes",
        "decimal_precision" => "precision",
        _ => "scale",
    };
    Ok(engine_call("lb_super_measure", vec![build::string(what), to_super(value)]))
}

/// A value inside an array or object: NULL becomes null.
fn inside(value: Expr) -> Expr {
    build::call("coalesce", vec![text(to_super(value)), build::string("null")])
}

fn constant(json: &str) -> Expr {
    build::cast(build::string(json), "JSON")
}

/// `ARRAY(value, …)`.
pub(in crate::rewrite) fn array(function: &Function, _: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    if args.is_empty() {
        return Ok(constant("[]"));
    }
    Ok(engine_call("lb_super_array", args.into_iter().map(inside).collect()))
}

/// `OBJECT(name, value, …)`.
pub(in crate::rewrite) fn object(function: &Function, _: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    if args.is_empty() {
        return Ok(constant("{}"));
    }
    if args.len() % 2 != 0 {
        let message = "object function requires an even number of arguments";
        return Err(SqlError::new("22023", message));
    }
    Ok(engine_call("lb_super_object", args.into_iter().map(inside).collect()))
}

/// `ARRAY_CONCAT(array, array)`.
pub(in crate::rewrite) fn array_concat(function: &Function, name: &str) -> Parse<Expr> {
    let arrays = exactly::<2>(function, name)?;
    Ok(engine_call("lb_super_concat", arrays.map(to_super).to_vec()))
}

/// `ARRAY_FLATTEN(array)`.
pub(in crate::rewrite) fn array_flatten(function: &Function, name: &str) -> Parse<Expr> {
    let [array] = exactly::<1>(function, name)?;
    Ok(engine_call("lb_super_flatten", vec![to_super(array)]))
}

/// `SUBARRAY(array, start, length)`.
pub(in crate::rewrite) fn subarray(function: &Function, name: &str) -> Parse<Expr> {
    let [array, start, length] = exactly::<3>(function, name)?;
    Ok(engine_call("lb_super_subarray", vec![to_super(array), text(start), text(length)]))
}

/// `SPLIT_TO_ARRAY(text [, delimiter])`: at commas by default.
pub(in crate::rewrite) fn split_to_array(function: &Function, name: &str) -> Parse<Expr> {
    let mut args = arguments(function)?;
    if args.len() == 1 {
        args.push(build::string(","));
    }
    if args.len() != 2 {
        return Err(does_not_exist(name, function));
    }
    Ok(engine_call("lb_split_to_array", args))
}

/// `LOWER_ATTRIBUTE_NAMES(value)`, `UPPER_ATTRIBUTE_NAMES(value)`.
pub(in crate::rewrite) fn attribute_names(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    let case = if name.starts_with("lower") { "lower" } else { "upper" };
    Ok(engine_call("lb_super_rename", vec![build::string(case), to_super(value)]))
}
