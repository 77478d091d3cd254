//! Queries and data changes: sqlparser reads them, the passes rewrite them, the result goes to the
//! engine.
//!
//! Start reading at [`accept`]; [`engine_statement`] is the whole way of one statement.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, SelectInto, SetExpr, Statement as Tree, Visitor};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::ast::{EngineStatement, Kind, ObjectName, PolicyText, Verb};
use crate::cursor::{Cursor, Parse, is_word};
use crate::dialect::Redshift;
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::lexer::{self, Lexeme};
use crate::resolve::Parsed;
use crate::{Options, grammar, merge, relations, rewrite, udf, walk, with_change, words};

/// Nesting that the parser accepts; the engine's own limit is higher.
const MAX_NESTING: usize = 200;
/// Session functions that tell the time.
const CLOCK: &[&str] = &["getdate", "sysdate"];
/// Depth of an expression's tree; the engine's own limit is the same.
const MAX_DEPTH: usize = 1000;

/// Reads a query or a data change if the next word starts one.
pub(crate) fn accept(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let Some(first) = c.peek() else { return Ok(None) };
    let starts = match first.keyword() {
        Some(Keyword::SELECT | Keyword::WITH | Keyword::VALUES) => true,
        Some(Keyword::INSERT | Keyword::UPDATE | Keyword::DELETE | Keyword::MERGE) => true,
        _ => first.token == Token::LParen,
    };
    if !starts {
        return Ok(None);
    }
    if first.keyword() == Some(Keyword::MERGE) {
        return merge::parse(c).map(Some);
    }
    let mut tree = with_change::inlined(tree(c, c.rest())?)?;
    let into = take_into(&mut tree);
    let statement = engine_statement(c, c.rest(), tree)?;
    let kind = match into {
        None => Kind::Engine(statement),
        Some(into) => {
            let (name, temporary) = into_target(c, &into)?;
            Kind::CreateTable(grammar::select_into(c, name, temporary, &statement)?)
        }
    };
    c.finish_rest();
    Ok(Some(kind))
}

/// The rest of the statement as a query.
pub(crate) fn select(c: &mut Cursor<'_>) -> Parse<EngineStatement> {
    let statement = select_in(c, c.rest())?;
    c.finish_rest();
    Ok(statement)
}

/// These tokens as a query.
pub(crate) fn select_in(c: &Cursor<'_>, lexemes: &[Lexeme]) -> Parse<EngineStatement> {
    let tree = tree(c, lexemes)?;
    if !matches!(tree, Tree::Query(_)) {
        return Err(c.unexpected());
    }
    engine_statement(c, lexemes, tree)
}

/// The rest of the statement as a query that may stand in an `UNLOAD`.
pub(crate) fn unloadable(c: &mut Cursor<'_>) -> Parse<EngineStatement> {
    let tree = tree(c, c.rest())?;
    match &tree {
        Tree::Query(query) if has_outer_limit(query) => {
            Err(SqlError::new(SYNTAX_ERROR, "Limit clause is not supported"))
        }
        Tree::Query(_) => {
            let statement = engine_statement(c, c.rest(), tree)?;
            c.finish_rest();
            Ok(statement)
        }
        _ => Err(c.unexpected()),
    }
}

fn has_outer_limit(query: &Query) -> bool {
    let top = match query.body.as_ref() {
        SetExpr::Select(select) => select.top.is_some(),
        SetExpr::Query(inner) => has_outer_limit(inner),
        _ => false,
    };
    top || query.limit_clause.is_some() || query.fetch.is_some()
}

/// Reads the expression after `DEFAULT` and leaves the column's other attributes: engine SQL, and
/// the text as written.
pub(crate) fn default(c: &mut Cursor<'_>) -> Parse<(String, String)> {
    // `1 NOT NULL` would be read as a comparison.
    const ATTRIBUTES: &[&str] = &["not", "null", "encode", "identity", "distkey", "sortkey"];
    let starts = |lexeme: &Lexeme| ATTRIBUTES.iter().any(|word| is_word(lexeme, word));
    let rest = c.rest();
    let found = rest.iter().skip(1).position(starts);
    expression_in(c, rest.get(..found.map_or(rest.len(), |at| at + 1)).unwrap_or(rest))
}

/// Reads one expression and leaves the rest: engine SQL, and the text as written.
fn expression(c: &mut Cursor<'_>) -> Parse<(String, String)> {
    expression_in(c, c.rest())
}

fn expression_in(c: &mut Cursor<'_>, lexemes: &[Lexeme]) -> Parse<(String, String)> {
    check_depth(lexemes)?;
    let mut parser = parser(lexemes);
    let mut expr = parser.parse_expr().map_err(|error| parser_error(c, &error))?;
    let used = lexemes.get(..parser.index()).unwrap_or(lexemes);
    rewrite::partiql::fold(&mut expr)?;
    refuse_relations(c, &expr)?;
    rewrite::apply_to_expression(&mut expr)?;
    let text = c.text_of(used);
    c.reset(c.mark() + used.len());
    Ok((expr.to_string(), text))
}

/// Reads a policy's expression and leaves the rest.
pub(crate) fn policy(c: &mut Cursor<'_>) -> Parse<PolicyText> {
    let lexemes = c.rest();
    check_depth(lexemes)?;
    let mut parser = parser(lexemes);
    let expr = parser.parse_expr().map_err(|error| parser_error(c, &error))?;
    let used = lexemes.get(..parser.index()).unwrap_or(lexemes);
    let query = engine_statement(c, used, rewrite::select(expr))?;
    let text = c.text_of(used);
    c.reset(c.mark() + used.len());
    Ok(PolicyText { text, query })
}

/// Reads a policy's expression from its text again, by the rule of names that policies have.
pub(crate) fn policy_expression(text: &str) -> Parse<Expr> {
    let lexemes = lexer::tokenize(text, &Options::default())?;
    let mut cursor = Cursor::new(&lexemes, text);
    check_depth(&lexemes)?;
    let mut parser = parser(&lexemes);
    let expr = parser.parse_expr().map_err(|error| parser_error(&cursor, &error))?;
    cursor.reset(parser.index());
    cursor.end()?;
    Ok(expr)
}

/// Reads one expression without relations, as in `EXECUTE p (1 + 1)`.
pub(crate) fn value(c: &mut Cursor<'_>) -> Parse<String> {
    expression(c).map(|(sql, _)| sql)
}

/// Reads one expression without relations and gives it as written, as in `CALL p (1 + 1)`: names of
/// functions and types are looked at when it is evaluated.
pub(crate) fn value_text(c: &mut Cursor<'_>) -> Parse<String> {
    let lexemes = c.rest();
    check_depth(lexemes)?;
    let mut parser = parser(lexemes);
    let expr = parser.parse_expr().map_err(|error| parser_error(c, &error))?;
    refuse_relations(c, &expr)?;
    let used = lexemes.get(..parser.index()).unwrap_or(lexemes);
    let text = c.text_of(used);
    c.reset(c.mark() + used.len());
    Ok(text)
}

fn refuse_relations(c: &Cursor<'_>, expr: &Expr) -> Parse<()> {
    struct Found;
    impl Visitor for Found {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    if walk::read(expr, &mut Found) {
        let message = "subqueries are not supported in this expression";
        return Err(SqlError::unsupported(message).at(c.position()));
    }
    Ok(())
}

/// These tokens as a tree.
pub(crate) fn tree(c: &Cursor<'_>, lexemes: &[Lexeme]) -> Parse<Tree> {
    check_depth(lexemes)?;
    let mut parser = parser(lexemes);
    let mut tree = parser.parse_statement().map_err(|error| parser_error(c, &error))?;
    // Before paths into SUPER values: `(keys).x` looks like one.
    rewrite::expanded_arrays::apply(&mut tree)?;
    rewrite::partiql::apply(&mut tree)?;
    match lexemes.get(parser.index()) {
        None => Ok(tree),
        Some(extra) => Err(c.unexpected_lexeme(extra)),
    }
}

/// A tree of our own, to be filled with parts of a user's.
pub(crate) fn template(sql: &str) -> Option<Tree> {
    Parser::parse_sql(&Redshift, sql).ok()?.pop()
}

/// From the tree to engine SQL.
pub(crate) fn engine_statement(
    c: &Cursor<'_>,
    lexemes: &[Lexeme],
    mut tree: Tree,
) -> Parse<EngineStatement> {
    let verb = verb(&tree).ok_or_else(|| c.unexpected())?;
    if let Some(functions) = c.functions() {
        udf::expand(&mut tree, functions)?;
    }
    let accesses = relations::accesses(&tree)?;
    let parsed = Parsed::new(tree.clone());
    let mut session_functions = rewrite::apply(&mut tree)?;
    let sql = tree.to_string();
    note_clock(&mut session_functions, &sql, !accesses.is_empty());
    Ok(EngineStatement {
        sql,
        parsed,
        verb,
        accesses,
        returns_rows: verb == Verb::Select,
        parameters: parameters(lexemes)?,
        session_functions,
    })
}

/// The clock is read by more than calls: by constants such as `'today'`, and, out of sight here, by
/// the defaults and views behind a statement's relations.
pub(crate) fn note_clock(functions: &mut Vec<String>, sql: &str, has_relations: bool) {
    for name in CLOCK {
        let now = *name == "sysdate" && sql.contains("getvariable('lb_now')");
        let read = now || has_relations || sql.contains(&format!("getvariable('{name}')"));
        if read && !functions.iter().any(|function| function == name) {
            functions.push((*name).to_owned());
        }
    }
}

fn verb(tree: &Tree) -> Option<Verb> {
    match tree {
        Tree::Query(_) => Some(Verb::Select),
        Tree::Insert(_) => Some(Verb::Insert),
        Tree::Update(_) => Some(Verb::Update),
        Tree::Delete(_) => Some(Verb::Delete),
        Tree::Merge(_) => Some(Verb::Merge),
        _ => None,
    }
}

/// The highest `$n`.
pub(crate) fn parameters(lexemes: &[Lexeme]) -> Parse<usize> {
    let mut highest = 0;
    for lexeme in lexemes {
        let Token::Placeholder(name) = &lexeme.token else { continue };
        let number = name.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
        match number {
            Some(number) if (1..=32_767).contains(&number) => highest = highest.max(number),
            _ => {
                let message = format!("there is no parameter {name}");
                return Err(SqlError::new("42P02", message).at(lexeme.start + 1));
            }
        }
    }
    Ok(highest)
}

fn take_into(tree: &mut Tree) -> Option<SelectInto> {
    let Tree::Query(query) = tree else { return None };
    let mut body = query.body.as_mut();
    // In a set operation INTO stands in the first select.
    while let SetExpr::SetOperation { left, .. } = body {
        body = left.as_mut();
    }
    match body {
        SetExpr::Select(select) => select.into.take(),
        _ => None,
    }
}

fn into_target(c: &Cursor<'_>, into: &SelectInto) -> Parse<(ObjectName, bool)> {
    let parts = match into.targets.as_slice() {
        [Expr::Identifier(name)] => vec![name.value.clone()],
        [Expr::CompoundIdentifier(names)] => names.iter().map(|n| n.value.clone()).collect(),
        _ => return Err(c.unexpected()),
    };
    let name = crate::cursor::object_name(parts, c.position())?;
    relations::check_new(&name, c.position())?;
    Ok((name, into.temporary))
}

fn parser(lexemes: &[Lexeme]) -> Parser<'static> {
    Parser::new(&Redshift)
        .with_recursion_limit(MAX_NESTING)
        .with_tokens_with_locations(tokens(lexemes))
}

/// The tokens as the parser needs them: words that only the engine reserves become quoted names,
/// and `DELETE t` gets the `FROM` that Redshift lets one omit.
fn tokens(lexemes: &[Lexeme]) -> Vec<TokenWithSpan> {
    let mut tokens = Vec::with_capacity(lexemes.len() + 1);
    for (index, lexeme) in lexemes.iter().enumerate() {
        let mut token = lexeme.for_parser();
        if let Some(attribute) = &lexeme.attribute {
            token.token = Token::make_word(&rewrite::partiql::as_written(attribute), None);
        }
        let following = lexemes.get(index + 1);
        // `START WITH` is syntax, `start` a name.
        let starts = crate::cursor::is_word(lexeme, "start")
            && following.is_some_and(|next| next.keyword() == Some(Keyword::WITH));
        if !starts {
            words::quote_if_only_the_engine_reserves_it(&mut token.token);
        }
        let after = |places: usize| lexemes.get(index + places).map(|lexeme| &lexeme.token);
        words::quote_if_function(&mut token.token, [after(1), after(2)]);
        tokens.push(token);
        let delete = index == 0 && lexeme.keyword() == Some(Keyword::DELETE);
        if delete && following.and_then(Lexeme::keyword) != Some(Keyword::FROM) {
            tokens.push(TokenWithSpan::wrap(Token::make_keyword("FROM")));
        }
    }
    tokens
}

/// One level of parentheses, by the depth of the tree it makes.
#[derive(Default)]
struct Level {
    /// Operators since the last comma: each is a level of the tree.
    chain: usize,
    /// The deepest parentheses closed since then.
    inside: usize,
    /// The deepest item before.
    before: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.before.max(self.chain + self.inside)
    }
}

/// Long chains of operators are deep trees: refused before anything walks them.
fn check_depth(lexemes: &[Lexeme]) -> Parse<()> {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    for lexeme in lexemes {
        match &lexeme.token {
            Token::LParen => outer.push(std::mem::take(&mut level)),
            Token::RParen => {
                let depth = level.depth() + 1;
                level = outer.pop().unwrap_or_default();
                level.inside = level.inside.max(depth);
            }
            Token::Comma => level = Level { before: level.depth(), ..Level::default() },
            token if is_operator(token, lexeme) => level.chain += 1,
            _ => {}
        }
        if level.depth() > MAX_DEPTH {
            let message = "statement is too complex: too many operators in one expression";
            return Err(SqlError::new("54001", message).at(lexeme.start + 1));
        }
    }
    Ok(())
}

fn is_operator(token: &Token, lexeme: &Lexeme) -> bool {
    match token {
        Token::Word(_) => matches!(
            lexeme.keyword(),
            Some(
                Keyword::AND
                    | Keyword::OR
                    | Keyword::NOT
                    | Keyword::UNION
                    | Keyword::EXCEPT
                    | Keyword::INTERSECT
                    | Keyword::JOIN
            )
        ),
        Token::SingleQuotedString(_) | Token::Number(..) | Token::Placeholder(_) => false,
        Token::Period | Token::SemiColon => false,
        _ => true,
    }
}

/// The parser's own error, as Redshift says it.
fn parser_error(c: &Cursor<'_>, error: &ParserError) -> SqlError {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
        ParserError::RecursionLimitExceeded => {
            return SqlError::new("54001", "statement is too complex: nesting is too deep");
        }
    };
    let column = text.rsplit_once("Column: ").and_then(|(_, column)| column.parse::<usize>().ok());
    let found = column.and_then(|column| c.all().iter().find(|lexeme| lexeme.start + 1 == column));
    match found {
        Some(lexeme) => c.unexpected_lexeme(lexeme),
        None => SqlError::new(SYNTAX_ERROR, "syntax error at end of input").at(c.end_position()),
    }
}
