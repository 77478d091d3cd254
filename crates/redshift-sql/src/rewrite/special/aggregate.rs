//! Aggregates and window functions.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArgumentClause, FunctionArguments, OrderByExpr,
    OrderBySort, Query, Value, Visit, Visitor, WindowFrameUnits, WindowType,
};

use super::exactly;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::rewrite::functions::{arguments, does_not_exist};
use crate::rewrite::{AFTER_FUNCTIONS, build, finish};
use crate::walk;

/// Functions that make one value of a group's rows, and those that tell of groups.
const AGGREGATES: &[&str] = &[
    "any_value",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "grouping",
    "grouping_id",
    "hll",
    "hll_combine",
    "hll_create_sketch",
    "lb_hll",
    "lb_hll_combine",
    "lb_hll_create_sketch",
    "listagg",
    "max",
    "median",
    "min",
    "percentile_cont",
    "percentile_disc",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];

/// The name of a call, also of one that has the engine's name already.
pub(in crate::rewrite) fn function_name(expr: &Expr) -> Option<&str> {
    let Expr::Function(function) = expr else { return None };
    let [name] = function.name.0.as_slice() else { return None };
    let name = name.as_ident()?.value.as_str();
    Some(name.strip_prefix(build::ENGINE).unwrap_or(name))
}

/// A call that makes one value of a group's rows.
pub(in crate::rewrite) fn is_aggregate(expr: &Expr) -> bool {
    let alone = matches!(expr, Expr::Function(function) if function.over.is_none());
    alone && function_name(expr).is_some_and(|name| AGGREGATES.contains(&name))
}

/// Whether there is one in it, outside of subqueries.
pub(in crate::rewrite) fn aggregates(node: &impl Visit) -> bool {
    walk::read(node, &mut Looking { late: false, depth: 0 })
}

/// Whether the engine knows a value's type only after it has chosen among forms of a function:
/// aggregates, windows and subqueries.
pub(in crate::rewrite) fn is_late(expr: &Expr) -> bool {
    walk::read(expr, &mut Looking { late: true, depth: 0 })
}

/// Whether there is a name of a column in it.
pub(in crate::rewrite) fn names_columns(expr: &Expr) -> bool {
    struct Columns;
    impl Visitor for Columns {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    walk::read(expr, &mut Columns)
}

/// Looks for aggregates.
struct Looking {
    /// And for what else is as late.
    late: bool,
    depth: usize,
}

impl Visitor for Looking {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth = self.depth.saturating_add(1);
        if self.late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth = self.depth.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let window = |expr: &Expr| matches!(expr, Expr::Function(call) if call.over.is_some());
        // What is the engine's SQL already.
        let text = |expr: &Expr| match expr {
            Expr::Value(value) => match &value.value {
                Value::Placeholder(sql) => {
                    sql.contains(" OVER ")
                        || AGGREGATES.iter().any(|name| {
                            sql.contains(&format!("{name}(")) || sql.contains(&format!("{name}\"("))
                        })
                }
                _ => false,
            },
            _ => false,
        };
        let found = is_aggregate(expr) || self.late && (window(expr) || text(expr));
        if found && self.depth == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// `SUM` of integers is BIGINT in Redshift and HUGEINT to the engine. Without types the value
/// stays the engine's; the warehouse narrows HUGEINT where rows leave it.
pub(in crate::rewrite) fn sum(function: &Function, name: &str) -> Parse<Expr> {
    exactly::<1>(function, name)?;
    Ok(Expr::Function(Function { name: build::function_name("sum"), ..function.clone() }))
}

/// `AVG` of integers is a truncated BIGINT: the quotient of sum and count divides as integers for
/// integers and as doubles for the rest. No rows give 0/0, which the engine makes NULL.
pub(in crate::rewrite) fn average(function: &Function, name: &str) -> Parse<Expr> {
    exactly::<1>(function, name)?;
    let part = |name: &str| {
        Expr::Function(Function { name: build::function_name(name), ..function.clone() })
    };
    // Written out, so that the operators pass does not guard this division.
    let (mut sum, mut count) = (part("sum"), part("count"));
    for side in [&mut sum, &mut count] {
        finish(side, AFTER_FUNCTIONS)?;
    }
    Ok(build::verbatim(format!("({sum} / {count})")))
}

/// `LISTAGG(x [, separator]) [WITHIN GROUP (ORDER BY …)]`; without a separator nothing stands
/// between the values (the engine would put a comma).
pub(in crate::rewrite) fn listagg(function: &Function, name: &str) -> Parse<Expr> {
    let mut args = arguments(function)?;
    match args.len() {
        1 => args.push(build::string("")),
        2 => {}
        _ => return Err(does_not_exist(name, function)),
    }
    let mut out = function.clone();
    let FunctionArguments::List(list) = &mut out.args else {
        return Err(does_not_exist(name, function));
    };
    list.args = args.into_iter().map(build::argument).collect();
    if list.clauses.iter().any(|c| !matches!(c, FunctionArgumentClause::OrderBy(_))) {
        return Err(SqlError::unsupported("LISTAGG … ON OVERFLOW is not supported"));
    }
    let mut order: Vec<OrderByExpr> = std::mem::take(&mut out.within_group);
    // Constants order nothing, and the engine refuses them.
    order.retain(|by| !matches!(by.expr, Expr::Value(_)));
    if !order.is_empty() {
        list.clauses.push(FunctionArgumentClause::OrderBy(order));
    }
    out.name = build::function_name("listagg");
    Ok(Expr::Function(out))
}

/// `f(x) IGNORE NULLS OVER …`: the engine wants the words inside the parentheses.
pub(in crate::rewrite) fn null_treatment(function: &Function, name: &str) -> Parse<Expr> {
    let mut out = function.clone();
    let treatment = out.null_treatment.take();
    if let (FunctionArguments::List(list), Some(treatment)) = (&mut out.args, treatment) {
        list.clauses.push(FunctionArgumentClause::IgnoreOrRespectNulls(treatment));
    }
    out.name = build::function_name(name);
    Ok(Expr::Function(out))
}

/// `RATIO_TO_REPORT(x) OVER w` is `x / SUM(x) OVER w` in doubles.
pub(in crate::rewrite) fn ratio_to_report(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    let over: Option<WindowType> = function.over.clone();
    if over.is_none() {
        return Err(SqlError::new("42601", "ratio_to_report requires an OVER clause"));
    }
    let mut total = build::function("sum", vec![value.clone()]);
    total.over = over;
    let value = build::cast(value, "DOUBLE");
    Ok(build::binary(value, BinaryOperator::Divide, Expr::Function(total)))
}

/// `PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x)`; over a window the engine wants the value as an
/// argument.
pub(in crate::rewrite) fn percentile(function: &Function, name: &str) -> Parse<Expr> {
    let [fraction] = exactly::<1>(function, name)?;
    let [order] = function.within_group.as_slice() else {
        let message = format!("{name} requires WITHIN GROUP (ORDER BY expression)");
        return Err(SqlError::new("42601", message));
    };
    let outside = |expr: &Expr| {
        let literal = expr.to_string().parse::<f64>().ok();
        literal.is_some_and(|fraction| !(0.0..=1.0).contains(&fraction))
    };
    if outside(&fraction) {
        return Err(SqlError::new("22003", "percentile value must be between 0 and 1"));
    }
    if function.over.is_none() {
        let name = build::function_name(name);
        return Ok(Expr::Function(Function { name, ..function.clone() }));
    }
    let descends = matches!(order.options.sort, Some(OrderBySort::Desc));
    let (engine, fraction) = match (name, descends) {
        ("percentile_cont", false) => ("quantile_cont", fraction),
        ("percentile_cont", true) => {
            let one = build::number(1);
            let rest = build::nested(fraction);
            ("quantile_cont", build::binary(one, BinaryOperator::Minus, rest))
        }
        (_, false) => ("quantile_disc", fraction),
        (_, true) => {
            let message = format!("{name} OVER with a descending order is not supported");
            return Err(SqlError::unsupported(message));
        }
    };
    let mut call = build::function(engine, vec![order.expr.clone(), fraction]);
    call.over.clone_from(&function.over);
    Ok(Expr::Function(call))
}

/// `HLL`, `HLL_CREATE_SKETCH`, `HLL_COMBINE`: aggregates, not over windows.
pub(in crate::rewrite) fn sketch(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    if function.over.is_some() {
        return Err(SqlError::unsupported(format!("{name} OVER is not supported")));
    }
    Ok(build::call(&format!("lb_{name}"), vec![value]))
}

/// Aggregates over a window with an order must say their frame (Redshift guide, Window function
/// syntax summary); frames are made of rows.
pub(in crate::rewrite) fn check_window(function: &Function, name: &str) -> Parse<()> {
    const WITHOUT_FRAME: [&str; 9] = [
        "row_number",
        "rank",
        "dense_rank",
        "percent_rank",
        "cume_dist",
        "ntile",
        "lag",
        "lead",
        "ratio_to_report",
    ];
    let Some(WindowType::WindowSpec(window)) = &function.over else { return Ok(()) };
    match &window.window_frame {
        Some(frame) if frame.units != WindowFrameUnits::Rows => {
            let message = format!("{} frames of windows are not supported", frame.units);
            Err(SqlError::unsupported(message))
        }
        None if !window.order_by.is_empty() && !WITHOUT_FRAME.contains(&name) => {
            let message =
                "Aggregate window functions with an ORDER BY clause require a frame clause";
            Err(SqlError::new("42601", message))
        }
        _ => Ok(()),
    }
}
