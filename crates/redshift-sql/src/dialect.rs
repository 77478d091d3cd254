//! sqlparser's Redshift dialect with what it lacks.
//!
//! A wrapper, not a fork: it answers as the dialect it wraps wherever sqlparser asks for the type,
//! and must hand on every method that the wrapped dialect overrides.

use std::any::TypeId;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    ObjectName,
};
use sqlparser::dialect::{Dialect, Precedence, RedshiftSqlDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// Redshift as this crate reads it.
#[derive(Debug)]
pub(crate) struct Redshift;

const WRAPPED: RedshiftSqlDialect = RedshiftSqlDialect {};

/// Methods without arguments that only hand on.
macro_rules! hand_on {
    ($($method:ident),* $(,)?) => {
        $(fn $method(&self) -> bool { WRAPPED.$method() })*
    };
}

impl Dialect for Redshift {
    fn dialect(&self) -> TypeId {
        TypeId::of::<RedshiftSqlDialect>()
    }

    /// `GROUP BY ROLLUP (…)`, `CUBE (…)`, `GROUPING SETS (…)`.
    fn supports_group_by_expr(&self) -> bool {
        true
    }

    /// `a.x = b.x(+)`.
    fn supports_outer_join_operator(&self) -> bool {
        true
    }

    /// `|/ x`, `||/ x`, `@ x`: square root, cube root, absolute value, read as their functions.
    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let function = match parser.peek_token_ref().token {
            Token::PGSquareRoot => "sqrt",
            Token::PGCubeRoot => "cbrt",
            Token::AtSign => "abs",
            _ => return None,
        };
        parser.advance_token();
        let binds = self.prec_value(Precedence::PlusMinus);
        Some(parser.parse_subexpr(binds).map(|value| call(function, value)))
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    /// `EXTRACT(ms FROM t)`: date parts that are no keywords.
    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        WRAPPED.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        WRAPPED.is_identifier_part(ch)
    }

    /// `a[b]`, `ARRAY[E'a']`: a bracket begins no name, as it does for the wrapped dialect.
    fn is_nested_delimited_identifier_start(&self, _: char) -> bool {
        false
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        WRAPPED.identifier_quote_style(identifier)
    }

    fn is_reserved_for_identifier(&self, keyword: Keyword) -> bool {
        WRAPPED.is_reserved_for_identifier(keyword)
    }

    hand_on!(
        convert_type_before_value,
        supports_connect_by,
        supports_top_before_distinct,
        supports_partiql,
        supports_unpivot_expr,
        supports_string_escape_constant,
        supports_geometric_types,
        supports_bitwise_shift_operators,
        supports_array_typedef_with_brackets,
        allow_extract_single_quotes,
        supports_string_literal_backslash_escape,
        supports_select_wildcard_exclude,
        supports_select_wildcard_with_alias,
        supports_left_associative_joins_without_parens,
        supports_select_exclude,
        supports_create_table_like_parenthesized,
        supports_string_literal_concatenation_with_newline,
        supports_window_function_null_treatment_arg,
    );
}

/// `name(value)`.
fn call(name: &str, value: Expr) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(value))],
            clauses: Vec::new(),
        }),
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    })
}
