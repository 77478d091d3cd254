//! Small pieces of tree for the passes.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, SelectItem,
    SetExpr, Statement as Tree, TableAlias, TableFactor, Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use crate::cursor::Parse;
use crate::emit;
use crate::error::{SqlError, raise_text};
use crate::types::SqlType;

/// `NULL`.
pub(super) fn null() -> Expr {
    Expr::value(Value::Null)
}

/// A string literal.
pub(super) fn string(text: impl Into<String>) -> Expr {
    Expr::value(Value::SingleQuotedString(text.into()))
}

/// A number.
pub(super) fn number(value: i64) -> Expr {
    Expr::value(Value::Number(value.to_string(), false))
}

/// Engine SQL as it is; only for text made here.
pub(super) fn verbatim(sql: String) -> Expr {
    Expr::value(Value::Placeholder(sql))
}

/// `name(args)`.
pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Function(function(name, args))
}

/// `name(args)`, to be given more.
pub(super) fn function(name: &str, args: Vec<Expr>) -> Function {
    Function {
        name: function_name(name),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into_iter().map(argument).collect(),
            clauses: Vec::new(),
        }),
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    }
}

/// A function of the engine's, which the pass of functions leaves alone; its name may have several
/// parts.
pub(super) fn engine_call(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Function(Function { name: engine_name(name), ..function(name, args) })
}

/// The name of such a function.
pub(super) fn engine_name(name: &str) -> ObjectName {
    let part = |part: &str| ObjectNamePart::Identifier(Ident::new(format!("{ENGINE}{part}")));
    ObjectName(name.split('.').map(part).collect())
}

/// Whether a name is one of these.
pub(super) fn is_engine_name(name: &ObjectName) -> bool {
    let first = name.0.first().and_then(ObjectNamePart::as_ident);
    first.is_some_and(|first| first.value.starts_with(ENGINE))
}

/// An unnamed argument.
pub(super) fn argument(expr: Expr) -> FunctionArg {
    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
}

/// A function's name.
pub(super) fn function_name(name: &str) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))])
}

/// `left op right`, in parentheses.
pub(super) fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    nested(Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) })
}

/// `( expr )` unless it binds tightly by itself.
pub(super) fn nested(expr: Expr) -> Expr {
    match expr {
        Expr::Nested(_)
        | Expr::Value(_)
        | Expr::Function(_)
        | Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Case { .. }
        | Expr::Subquery(_) => expr,
        Expr::Cast { kind: CastKind::Cast, .. } => expr,
        other => Expr::Nested(Box::new(other)),
    }
}

/// `CAST(expr AS type)`.
pub(super) fn cast(expr: Expr, data_type: &str) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type: engine_type(data_type),
        format: None,
    }
}

/// A cast as Redshift has it: the passes see to lengths.
pub(super) fn redshift_cast(expr: Expr, data_type: SqlType) -> Expr {
    let text = data_type.to_string();
    let parsed = Parser::new(&GenericDialect {})
        .try_with_sql(&text)
        .and_then(|mut parser| parser.parse_data_type());
    match parsed {
        Ok(data_type) => {
            Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, format: None }
        }
        Err(_) => expr,
    }
}

/// A type of the engine, already in its words: the casts pass leaves it alone.
pub(super) fn engine_type(name: &str) -> DataType {
    let name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new(format!("{ENGINE}{name}")))]);
    DataType::Custom(name, Vec::new())
}

/// Marks a type that is the engine's own until the last pass removes the mark; no Redshift
/// identifier can start with a control character here.
pub(super) const ENGINE: char = '\u{1}';

/// `CASE WHEN c THEN r … ELSE e END`.
pub(super) fn case(whens: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    let conditions =
        whens.into_iter().map(|(condition, result)| CaseWhen { condition, result }).collect();
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions,
        else_result: otherwise.map(Box::new),
    }
}

/// A name that means exactly itself.
pub(super) fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

/// `relation.name`.
pub(super) fn column(relation: &str, name: &str) -> Expr {
    Expr::CompoundIdentifier(vec![quoted(relation), quoted(name)])
}

/// `AS name`.
pub(super) fn alias(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: quoted(name), columns: Vec::new(), at: None }
}

/// `(subquery) AS name`.
pub(super) fn derived(subquery: Box<Query>, name: &str) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery, alias: Some(alias(name)), sample: None }
}

/// `error('…')`, which the front turns into this SQLSTATE and text.
pub(super) fn raise(sqlstate: &str, message: &str) -> Expr {
    call("error", vec![verbatim(emit::literal(&raise_text(sqlstate, message)))])
}

/// Applies `body` to `value` without writing `value` more than once: the engine's lists and
/// lambdas make a local name.
pub(super) fn with_value(value: &Expr, body: &str) -> Expr {
    verbatim(format!("list_transform([{value}], lambda v: {body})[1]"))
}

/// `SELECT expr [AS alias]`.
pub(super) fn select(expr: Expr, alias: Option<&str>) -> Tree {
    let item = match alias {
        Some(alias) => SelectItem::ExprWithAlias { expr, alias: Ident::new(alias) },
        None => SelectItem::UnnamedExpr(expr),
    };
    let mut tree = template();
    if let Some(projection) = projection(&mut tree) {
        *projection = vec![item];
    }
    tree
}

/// `SELECT items`.
pub(super) fn query(items: Vec<SelectItem>) -> Parse<Box<Query>> {
    let mut tree = template();
    if let Some(projection) = projection(&mut tree) {
        *projection = items;
    }
    match tree {
        Tree::Query(query) => Ok(query),
        _ => Err(unexpected_shape()),
    }
}

/// The same as a query.
pub(super) fn select_query(expr: Expr, alias: &str) -> Parse<Box<Query>> {
    match select(expr, Some(alias)) {
        Tree::Query(query) => Ok(query),
        _ => Err(unexpected_shape()),
    }
}

/// The one expression that [`select`] was given, after the passes.
pub(super) fn take_only_expression(mut tree: Tree) -> Parse<Expr> {
    match projection(&mut tree).and_then(Vec::pop) {
        Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => Ok(expr),
        _ => Err(unexpected_shape()),
    }
}

fn template() -> Tree {
    let parsed = Parser::parse_sql(&GenericDialect {}, "SELECT 1");
    let first = parsed.ok().and_then(|mut statements| statements.pop());
    first.unwrap_or(Tree::Commit { chain: false, end: false, modifier: None })
}

fn projection(tree: &mut Tree) -> Option<&mut Vec<SelectItem>> {
    let Tree::Query(query) = tree else { return None };
    match query.body.as_mut() {
        SetExpr::Select(select) => Some(&mut select.projection),
        _ => None,
    }
}

fn unexpected_shape() -> SqlError {
    SqlError::new("XX000", "internal error: expression lost in rewriting")
}
