//! Functions about sessions: their parameters, and an end to what they do (Redshift guide, SQL
//! functions › System administration functions).

use sqlparser::ast::{Expr, Function, Value};

use super::exactly;
use crate::cursor::Parse;
use crate::rewrite::build;
use crate::rewrite::functions::{arguments, does_not_exist, variable};

/// `PG_CANCEL_BACKEND(pid)`: 1, or 0 when there is no such session.
pub(in crate::rewrite) fn pg_cancel_backend(function: &Function, name: &str) -> Parse<Expr> {
    signal(function, name, false)
}

/// `PG_TERMINATE_BACKEND(pid)`: the same.
pub(in crate::rewrite) fn pg_terminate_backend(function: &Function, name: &str) -> Parse<Expr> {
    signal(function, name, true)
}

/// Who asks for it is told by variables that only the session sets.
fn signal(function: &Function, name: &str, end: bool) -> Parse<Expr> {
    let [pid] = exactly::<1>(function, name)?;
    let arguments = vec![
        build::cast(pid, "INTEGER"),
        Expr::value(Value::Boolean(end)),
        variable("pg_backend_pid"),
        variable("current_user"),
        variable("lb_cancels"),
    ];
    Ok(build::call("lb_signal", arguments))
}

/// `CURRENT_SETTING(name [, missing_ok])`: NULL for an unknown one that may be missing.
pub(in crate::rewrite) fn current_setting(function: &Function, name: &str) -> Parse<Expr> {
    let given = arguments(function)?;
    let (setting, missing) = match given.as_slice() {
        [setting] => (setting.clone(), Expr::value(Value::Boolean(false))),
        [setting, missing] => (setting.clone(), missing.clone()),
        _ => return Err(does_not_exist(name, function)),
    };
    let arguments = vec![build::cast(setting, "VARCHAR"), build::cast(missing, "BOOLEAN")];
    Ok(build::call("lb_current_setting", arguments))
}

/// `SET_CONFIG(name, value, is_local)`: the value, which holds when the statement has ended.
pub(in crate::rewrite) fn set_config(function: &Function, name: &str) -> Parse<Expr> {
    let [setting, value, local] = exactly::<3>(function, name)?;
    let arguments = vec![
        build::cast(setting, "VARCHAR"),
        build::cast(value, "VARCHAR"),
        build::cast(local, "BOOLEAN"),
        variable("pg_backend_pid"),
    ];
    Ok(build::call("lb_set_config", arguments))
}
