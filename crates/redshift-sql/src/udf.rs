//! SQL user-defined functions: a call is replaced by the function's expression before anything
//! else looks at the statement, so that everything else sees what it means.
//!
//! Arguments and result are cast to the declared types. It must not know the catalog: who knows
//! the functions is a trait. Developer guide, "Scalar SQL UDFs". Start reading at [`expand`].

use std::cell::Cell;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, Ident, Select, SelectItem, SetExpr, Statement as Tree, UnaryOperator, Value,
    Visitor, VisitorMut,
};
use sqlparser::tokenizer::Span;

use crate::ast::{CreateFunction, ObjectName};
use crate::cursor::{Cursor, Parse};
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::lexer;
use crate::types::SqlType;
use crate::{Options, query, rewrite, walk};

/// Functions that call functions, this deep at most.
const MAX_DEPTH: usize = 64;
/// Expressions that one statement may grow by: an argument used twice is there twice.
const MAX_GROWTH: usize = 20_000;

/// A function as a call sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFunction {
    /// Types of the arguments.
    pub arguments: Vec<SqlType>,
    /// Type of the result.
    pub returns: SqlType,
    /// `SELECT expression`, with `$1`, `$2`, … for the arguments.
    pub body: String,
}

/// What a call's own text tells of an argument's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenType {
    /// The type.
    Known(SqlType),
    /// A string literal or NULL: fits any type.
    Literal,
    /// Nothing: a column, or what a function gives.
    Unknown,
}

/// Who knows the functions of a database.
pub trait UserFunctions {
    /// The function that a call with arguments of these types means.
    ///
    /// # Errors
    /// 42501 when it may not be called, 42725 when several fit, 0A000 when the types would have to
    /// be known to tell.
    fn find(
        &self,
        name: &ObjectName,
        arguments: &[GivenType],
    ) -> Result<Option<UserFunction>, SqlError>;

    /// The functions of a name with this many arguments that may be called, where there are
    /// several; the types of the arguments decide among them later.
    ///
    /// # Errors
    /// 42501 when none may be called.
    fn overloads(&self, _name: &ObjectName, _count: usize) -> Result<Vec<UserFunction>, SqlError> {
        Ok(Vec::new())
    }
}

/// Nobody: there are no functions but Redshift's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFunctions;

impl UserFunctions for NoFunctions {
    fn find(&self, _: &ObjectName, _: &[GivenType]) -> Result<Option<UserFunction>, SqlError> {
        Ok(None)
    }
}

/// Replaces the calls of a statement.
pub(crate) fn expand(tree: &mut Tree, functions: &dyn UserFunctions) -> Parse<()> {
    let grown = Cell::new(0);
    walk::change(tree, &mut Expand { functions, depth: 0, grown: &grown })
}

/// Tries a new function's body.
///
/// # Errors
/// 42601 when it is no `SELECT expression`, 0A000 for clauses it may not have, 42P02 for `$n`
/// above the number of arguments, and what the expression itself fails with.
pub fn check_function(
    create: &CreateFunction,
    options: &Options,
    functions: &dyn UserFunctions,
) -> Result<(), SqlError> {
    crate::on_a_deep_stack(|| {
        let count = create.arguments.len();
        let kind = |argument: &crate::ast::Argument| match argument.kind {
            crate::ast::ArgumentType::Sql(kind) => Ok(kind),
            crate::ast::ArgumentType::Cursor => {
                Err(SqlError::unsupported("functions have no arguments of type refcursor"))
            }
        };
        let arguments: Vec<SqlType> = create.arguments.iter().map(kind).collect::<Parse<_>>()?;
        let function =
            UserFunction { arguments, returns: create.returns, body: create.body.clone() };
        let nulls = vec![rewrite::null(); count];
        let grown = Cell::new(0);
        let mut expand = Expand { functions, depth: 0, grown: &grown };
        let mut expr = expand.body(&function, &nulls, options)?;
        walk::change(&mut expr, &mut expand)?;
        rewrite::apply_to_expression(&mut expr)
    })
}

struct Expand<'a> {
    functions: &'a dyn UserFunctions,
    depth: usize,
    grown: &'a Cell<usize>,
}

impl VisitorMut for Expand<'_> {
    type Break = SqlError;

    /// A result column keeps the function's name.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        for item in &mut select.projection {
            let SelectItem::UnnamedExpr(Expr::Function(function)) = item else { continue };
            let Some(name) = candidate(function) else { continue };
            let alias = Ident::with_quote('"', name.name);
            let expr = Expr::Function(function.clone());
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match self.replace(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Expand<'_> {
    fn replace(&self, expr: &mut Expr) -> Parse<()> {
        let Expr::Function(function) = &*expr else { return Ok(()) };
        let Some(name) = candidate(function) else { return Ok(()) };
        let Ok(arguments) = rewrite::arguments(function) else { return Ok(()) };
        let kinds: Vec<GivenType> = arguments.iter().map(kind_of).collect();
        if kinds.contains(&GivenType::Unknown) {
            let several = self.functions.overloads(&name, kinds.len())?;
            if several.len() > 1 {
                let choices = several
                    .iter()
                    .map(|one| Ok((one.arguments.clone(), self.expanded(one, &arguments)?)))
                    .collect::<Parse<Vec<_>>>()?;
                *expr = rewrite::overloads::call(&name.to_string(), choices, arguments);
                return Ok(());
            }
        }
        let Some(found) = self.functions.find(&name, &kinds)? else { return Ok(()) };
        *expr = self.expanded(&found, &arguments)?;
        Ok(())
    }

    /// A function's expression, with the functions that it calls put in too.
    fn expanded(&self, function: &UserFunction, arguments: &[Expr]) -> Parse<Expr> {
        if self.depth >= MAX_DEPTH {
            return Err(too_complex());
        }
        let mut body = self.body(function, arguments, &Options::default())?;
        let mut deeper =
            Expand { functions: self.functions, depth: self.depth + 1, grown: self.grown };
        walk::change(&mut body, &mut deeper)?;
        Ok(body)
    }

    /// The body's expression with the arguments put in, cast to the result's type.
    fn body(&self, function: &UserFunction, arguments: &[Expr], options: &Options) -> Parse<Expr> {
        let mut expr = expression(&function.body, function.arguments.len(), options)?;
        let cast: Vec<Expr> = arguments
            .iter()
            .zip(&function.arguments)
            .map(|(argument, kind)| cast(argument.clone(), *kind))
            .collect::<Parse<_>>()?;
        grow(self.grown, size(&expr))?;
        let sizes: Vec<usize> = cast.iter().map(size).collect();
        walk::change(&mut expr, &mut PutIn { arguments: &cast, sizes: &sizes, grown: self.grown })?;
        cast_nested(expr, function.returns)
    }
}

/// The name of a call that is none of Redshift's own functions.
fn candidate(function: &Function) -> Option<ObjectName> {
    let mut parts = Vec::new();
    for part in &function.name.0 {
        parts.push(part.as_ident()?.value.clone());
    }
    let name = crate::cursor::object_name(parts, 0).ok()?;
    match name.schema.as_deref() {
        Some("pg_catalog") => None,
        Some(_) => Some(name),
        None => (!rewrite::is_function(&name.name)).then_some(name),
    }
}

/// The expression of a body that is `SELECT expression` and nothing else.
fn expression(body: &str, arguments: usize, options: &Options) -> Parse<Expr> {
    let mut lexemes = lexer::tokenize(body, options)?;
    while lexemes.last().is_some_and(|last| last.token == sqlparser::tokenizer::Token::SemiColon) {
        lexemes.pop();
    }
    let c = Cursor::new(&lexemes, body);
    if query::parameters(&lexemes)? > arguments {
        let message = format!("there is no parameter ${}", arguments + 1);
        return Err(SqlError::new("42P02", message));
    }
    let Tree::Query(query) = query::tree(&c, &lexemes)? else {
        let message = "a SQL function's body must be a SELECT";
        return Err(SqlError::new("42P13", message));
    };
    let plain = query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none();
    let SetExpr::Select(mut select) = *query.body else { return Err(clause()) };
    let plain = plain
        && select.from.is_empty()
        && select.into.is_none()
        && select.selection.is_none()
        && select.having.is_none()
        && select.qualify.is_none()
        && select.top.is_none()
        && select.distinct.is_none()
        && select.group_by == sqlparser::ast::GroupByExpr::Expressions(Vec::new(), Vec::new());
    if !plain {
        return Err(clause());
    }
    match (select.projection.pop(), select.projection.is_empty()) {
        (Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }), true) => {
            Ok(expr)
        }
        _ => Err(SqlError::new(SYNTAX_ERROR, "a SQL function's SELECT has one expression")),
    }
}

fn clause() -> SqlError {
    SqlError::unsupported(
        "the SELECT of a SQL function cannot have FROM, INTO, WHERE, GROUP BY, ORDER BY or LIMIT",
    )
}

/// Adds to what the statement has grown by.
fn grow(grown: &Cell<usize>, by: usize) -> Parse<()> {
    grown.set(grown.get().saturating_add(by));
    if grown.get() > MAX_GROWTH { Err(too_complex()) } else { Ok(()) }
}

fn too_complex() -> SqlError {
    SqlError::new("54001", "statement is too complex: functions call functions too deeply")
}

/// How many expressions there are in one.
fn size(expr: &Expr) -> usize {
    struct Count(usize);
    impl Visitor for Count {
        type Break = ();
        fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
    }
    let mut count = Count(0);
    walk::read(expr, &mut count);
    count.0
}

/// Puts arguments in the place of `$n`.
struct PutIn<'a> {
    arguments: &'a [Expr],
    /// How large each is.
    sizes: &'a [usize],
    grown: &'a Cell<usize>,
}

impl VisitorMut for PutIn<'_> {
    type Break = SqlError;

    /// Places in the body are none in the statement.
    fn pre_visit_ident(&mut self, ident: &mut Ident) -> ControlFlow<SqlError> {
        ident.span = Span::empty();
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let Expr::Value(value) = &*expr else { return ControlFlow::Continue(()) };
        let Value::Placeholder(name) = &value.value else { return ControlFlow::Continue(()) };
        let number = name.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
        let index = number.and_then(|number| number.checked_sub(1));
        let argument = index.and_then(|index| self.arguments.get(index));
        match argument {
            Some(argument) => {
                let size = index.and_then(|index| self.sizes.get(index)).copied();
                if let Err(error) = grow(self.grown, size.unwrap_or_default()) {
                    return ControlFlow::Break(error);
                }
                *expr = argument.clone();
                ControlFlow::Continue(())
            }
            None => {
                let message = format!("there is no parameter {name}");
                ControlFlow::Break(SqlError::new("42P02", message))
            }
        }
    }
}

/// `(CAST(expr AS type))`: a string's length is no part of an argument or a result.
fn cast_nested(expr: Expr, kind: SqlType) -> Parse<Expr> {
    Ok(Expr::Nested(Box::new(cast(Expr::Nested(Box::new(expr)), kind)?)))
}

fn cast(expr: Expr, kind: SqlType) -> Parse<Expr> {
    let kind = match kind {
        SqlType::Varchar(_) | SqlType::Char(_) => SqlType::Varchar(65_535),
        other => other,
    };
    let text = format!("SELECT CAST(NULL AS {kind})");
    let mut made = expression(&text, 0, &Options::default())?;
    if let Expr::Cast { expr: inner, .. } = &mut made {
        **inner = expr;
    }
    Ok(made)
}

/// The type of an argument, where its own text tells it.
fn kind_of(expr: &Expr) -> GivenType {
    let known = |kind: Option<SqlType>| kind.map_or(GivenType::Unknown, GivenType::Known);
    match expr {
        Expr::Nested(inner) => kind_of(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => kind_of(expr),
        Expr::Cast { data_type, .. } => known(SqlType::parse(&data_type.to_string()).ok()),
        Expr::TypedString(typed) => known(SqlType::parse(&typed.data_type.to_string()).ok()),
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => known(number(text)),
            Value::Boolean(_) => GivenType::Known(SqlType::Boolean),
            Value::SingleQuotedString(_) | Value::DollarQuotedString(_) | Value::Null => {
                GivenType::Literal
            }
            _ => GivenType::Unknown,
        },
        _ => GivenType::Unknown,
    }
}

fn number(text: &str) -> Option<SqlType> {
    if text.contains(['e', 'E']) {
        return Some(SqlType::Double);
    }
    if text.contains('.') {
        return Some(SqlType::Decimal { precision: 18, scale: 2 });
    }
    match text.parse::<i64>() {
        Ok(value) if i32::try_from(value).is_ok() => Some(SqlType::Integer),
        Ok(_) => Some(SqlType::BigInt),
        Err(_) => Some(SqlType::Decimal { precision: 38, scale: 0 }),
    }
}
