//! Blocks and declarations. Developer guide, "Structure of PL/pgSQL".

use sqlparser::tokenizer::Token;

use super::ast::{Action, Block, BoundCursor, Declaration, Fragment, Handler, Step, VariableType};
use super::reader::Reader;
use crate::cursor::Parse;
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::types::{self, SqlType};

/// Statements inside statements: reading and carrying them out is recursive.
const MAX_NESTING: usize = 200;

impl Reader<'_> {
    /// The outermost block; its last semicolon may be missing.
    pub(super) fn body(&mut self) -> Parse<Block> {
        let label = self.label()?;
        let block = self.block(label)?;
        self.c.accept_token(&Token::SemiColon);
        self.c.end()?;
        Ok(block)
    }

    /// `<<label>>`, if one is next.
    pub(super) fn label(&mut self) -> Parse<Option<String>> {
        if !self.c.accept_token(&Token::ShiftLeft) {
            return Ok(None);
        }
        let label = self.c.name()?;
        self.c.expect_token(&Token::ShiftRight)?;
        Ok(Some(label))
    }

    /// From `DECLARE` or `BEGIN` to `END [label]`, without the semicolon.
    pub(super) fn block(&mut self, label: Option<String>) -> Parse<Block> {
        self.names.open(label.clone());
        let mut declarations = Vec::new();
        while self.c.accept("declare") {
            while !self.c.looking_at(&["begin"]) && !self.c.looking_at(&["declare"]) {
                self.declaration(&mut declarations)?;
            }
        }
        self.c.expect("begin")?;
        self.enter(label.clone(), false);
        let statements = self.statements(&["exception", "end"])?;
        let handler = if self.c.accept("exception") { Some(self.handler()?) } else { None };
        self.c.expect("end")?;
        self.end_label(label.as_deref())?;
        self.leave();
        self.names.close();
        Ok(Block { label, declarations, statements, handler })
    }

    /// `label` after an `END`: it must be the right one.
    pub(super) fn end_label(&mut self, label: Option<&str>) -> Parse<()> {
        let word = matches!(self.c.peek().map(|lexeme| &lexeme.token), Some(Token::Word(_)));
        if !word || self.c.looking_at(&["end"]) {
            return Ok(());
        }
        let at = self.c.position();
        let written = self.c.name()?;
        let message = match label {
            Some(label) if label == written => return Ok(()),
            Some(label) => {
                format!("end label \"{written}\" differs from block's label \"{label}\"")
            }
            None => format!("end label \"{written}\" specified for unlabelled block"),
        };
        Err(SqlError::new(SYNTAX_ERROR, message).at(at))
    }

    /// Statements up to one of these words, which is not read.
    pub(super) fn statements(&mut self, ends: &[&str]) -> Parse<Vec<Step>> {
        let mut steps = Vec::new();
        while !ends.iter().any(|word| self.c.looking_at(&[word])) {
            if self.c.at_end() {
                return Err(self.c.unexpected());
            }
            let line = self.line();
            if self.depth >= MAX_NESTING {
                let message = "statement is too complex: nesting is too deep";
                return Err(SqlError::new("54001", message).at(self.c.position()));
            }
            self.depth += 1;
            let action = self.statement()?;
            self.depth -= 1;
            steps.push(Step { line, action });
        }
        Ok(steps)
    }

    fn handler(&mut self) -> Parse<Handler> {
        self.c.expect("when")?;
        let at = self.c.position();
        if !self.c.accept("others") {
            let condition = self.c.name()?;
            let message =
                format!("exception condition \"{condition}\" is not supported: only OTHERS is");
            return Err(SqlError::unsupported(message).at(at));
        }
        self.c.expect("then")?;
        self.names.open(None);
        let text = VariableType::Sql(SqlType::Varchar(65_535));
        let sqlstate = self.names.declare("sqlstate", text.clone());
        let message = self.names.declare("sqlerrm", text);
        let statements = self.statements(&["end", "when"])?;
        self.names.close();
        if self.c.looking_at(&["when"]) {
            return Err(self.c.unexpected());
        }
        Ok(Handler { sqlstate, message, statements })
    }

    /// `name [CONSTANT] type [NOT NULL] [{ DEFAULT | := | = } expression];` and its kin.
    fn declaration(&mut self, declarations: &mut Vec<Declaration>) -> Parse<()> {
        let at = self.c.position();
        let name = self.c.name()?;
        if self.names.is_declared_here(&name) {
            let message = format!("duplicate declaration at or near \"{name}\"");
            return Err(SqlError::new(SYNTAX_ERROR, message).at(at));
        }
        if self.c.accept("alias") {
            return self.alias(&name);
        }
        if self.c.accept("cursor") {
            return self.bound_cursor(&name, declarations);
        }
        let constant = self.c.accept("constant");
        let kind = self.variable_type()?;
        let not_null = self.c.accept("not null");
        let default = self.default()?;
        let missing = if default.is_some() {
            None
        } else if not_null {
            Some(format!(
                "variable \"{name}\" must have a default value, since it's declared NOT NULL"
            ))
        } else {
            None
        };
        if let Some(message) = missing {
            return Err(SqlError::new("22004", message).at(at));
        }
        let variable = self.names.declare(&name, kind);
        if let Some(declared) = self.names.variables.get_mut(variable) {
            declared.constant = constant;
            declared.not_null = not_null;
        }
        declarations.push(Declaration { variable, default });
        Ok(())
    }

    fn default(&mut self) -> Parse<Option<Fragment>> {
        let given = self.c.accept("default")
            || self.c.accept_token(&Token::Assignment)
            || self.c.accept_token(&Token::Eq);
        if !given {
            self.semicolon()?;
            return Ok(None);
        }
        let lexemes = self.until_semicolon()?;
        Ok(Some(self.expression(lexemes)))
    }

    /// `name ALIAS FOR $n;`, or for another variable.
    fn alias(&mut self, name: &str) -> Parse<()> {
        self.c.expect("for")?;
        let number = match self.c.peek().map(|lexeme| &lexeme.token) {
            Some(Token::Placeholder(placeholder)) => self.names.argument(placeholder),
            _ => match self.names.find_whole(&self.dotted()) {
                Some(super::ast::Reference::Variable(number)) => Some(number),
                _ => None,
            },
        };
        let number = number.ok_or_else(|| self.c.unexpected())?;
        self.c.advance();
        self.names.alias(name, number);
        self.semicolon()
    }

    /// `name CURSOR [(argument type, …)] { FOR | IS } query;`.
    fn bound_cursor(&mut self, name: &str, declarations: &mut Vec<Declaration>) -> Parse<()> {
        let variable = self.names.declare(name, VariableType::Cursor);
        declarations.push(Declaration { variable, default: None });
        self.names.open(None);
        let mut arguments = Vec::new();
        if self.c.accept_token(&Token::LParen) {
            loop {
                let argument = self.c.name()?;
                let kind = types::parse(&mut self.c)?;
                arguments.push(self.names.declare(&argument, VariableType::Sql(kind)));
                if !self.c.accept_token(&Token::Comma) {
                    break;
                }
            }
            self.c.expect_token(&Token::RParen)?;
        }
        if !self.c.accept("for") {
            self.c.expect("is")?;
        }
        let query = self.until_semicolon()?;
        let query = self.fragment(query);
        self.names.close();
        self.cursors.push(BoundCursor { variable, arguments, query });
        Ok(())
    }

    fn variable_type(&mut self) -> Parse<VariableType> {
        if self.c.accept("record") {
            return Ok(VariableType::Record);
        }
        if self.c.accept("refcursor") {
            return Ok(VariableType::Cursor);
        }
        match self.copied_type()? {
            Some(kind) => Ok(kind),
            None => types::parse(&mut self.c).map(VariableType::Sql),
        }
    }

    /// `variable%TYPE`, `table.column%TYPE`, `table%ROWTYPE`.
    fn copied_type(&mut self) -> Parse<Option<VariableType>> {
        let mark = self.c.mark();
        let at = self.c.position();
        if !matches!(self.c.peek().map(|lexeme| &lexeme.token), Some(Token::Word(_))) {
            return Ok(None);
        }
        let parts = self.dotted();
        for _ in 1..parts.len() * 2 {
            self.c.advance();
        }
        if !self.c.accept_token(&Token::Mod) {
            self.c.reset(mark);
            return Ok(None);
        }
        if self.c.accept("rowtype") {
            return crate::cursor::object_name(parts, at).map(VariableType::Row).map(Some);
        }
        self.c.expect("type")?;
        if let Some(super::ast::Reference::Variable(number)) = self.names.find_whole(&parts) {
            return Ok(self.names.variables.get(number).map(|known| known.kind.clone()));
        }
        let mut table = parts;
        let column = table.pop().unwrap_or_default();
        if table.is_empty() {
            let message = format!("variable \"{column}\" does not exist");
            return Err(SqlError::new("42704", message).at(at));
        }
        let table = crate::cursor::object_name(table, at)?;
        Ok(Some(VariableType::Column { table, column }))
    }

    /// A block as a statement.
    pub(super) fn block_statement(&mut self, label: Option<String>) -> Parse<Action> {
        let block = self.block(label)?;
        self.semicolon()?;
        Ok(Action::Block(block))
    }
}
