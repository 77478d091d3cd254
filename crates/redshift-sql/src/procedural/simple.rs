//! Statements that are neither blocks nor loops: which word starts which.

use sqlparser::tokenizer::Token;

use super::ast::{Action, Fragment, Level, Reference};
use super::reader::Reader;
use crate::cursor::{Parse, is_word};
use crate::lexer::Lexeme;

impl Reader<'_> {
    /// One statement with its semicolon.
    pub(super) fn statement(&mut self) -> Parse<Action> {
        let label = self.label()?;
        if self.c.looking_at(&["declare"]) || self.c.looking_at(&["begin"]) {
            return self.block_statement(label);
        }
        if let Some(found) = self.looping(label.clone())? {
            return Ok(found);
        }
        if label.is_some() {
            return Err(self.c.unexpected());
        }
        if let Some(assignment) = self.assignment()? {
            return Ok(assignment);
        }
        match self.controlling()? {
            Some(action) => Ok(action),
            None => self.sql(),
        }
    }

    /// `target { := | = } expression`.
    fn assignment(&mut self) -> Parse<Option<Action>> {
        let parts = self.dotted();
        let mark = self.c.mark();
        let positional = match self.c.peek().map(|lexeme| &lexeme.token) {
            Some(Token::Placeholder(name)) => self.names.argument(name),
            Some(Token::Word(_)) => None,
            _ => return Ok(None),
        };
        let length = if parts.is_empty() { 1 } else { parts.len() * 2 - 1 };
        let operator = self.c.peek_at(length).map(|lexeme| &lexeme.token);
        let known = positional.is_some() || self.names.find_whole(&parts).is_some();
        match operator {
            Some(Token::Assignment) => {}
            Some(Token::Eq) if known => {}
            _ => return Ok(None),
        }
        let target = match positional {
            Some(number) => {
                self.c.advance();
                Reference::Variable(number)
            }
            None => self.assignable()?,
        };
        debug_assert_eq!(self.c.mark(), mark + length);
        self.c.advance();
        let lexemes = self.until_semicolon()?;
        Ok(Some(Action::Assign { target, value: self.expression(lexemes) }))
    }

    fn controlling(&mut self) -> Parse<Option<Action>> {
        let action = if self.c.accept("if") {
            self.conditional()?
        } else if self.c.accept("case") {
            self.case()?
        } else if self.c.accept("exit") {
            self.leaving(false)?
        } else if self.c.accept("continue") {
            self.leaving(true)?
        } else if self.c.accept("raise") {
            self.raise()?
        } else if self.c.accept("execute") {
            self.execute()?
        } else if self.c.accept("perform") {
            let lexemes = self.until_semicolon()?;
            Action::Perform(self.expression(lexemes))
        } else if self.c.accept("open") {
            self.open_cursor()?
        } else if self.c.accept("fetch") {
            self.fetch_cursor()?
        } else if self.c.accept("close") {
            self.close_cursor()?
        } else if self.c.accept("call") {
            self.call()?
        } else if self.c.accept("get diagnostics") {
            self.diagnostics()?
        } else {
            return self.word_alone();
        };
        Ok(Some(action))
    }

    /// Statements of a fixed form.
    fn word_alone(&mut self) -> Parse<Option<Action>> {
        let action = if self.c.accept("null") {
            Action::Nothing
        } else if self.c.accept("return") {
            Action::Return
        } else if self.c.accept("commit") {
            let _ = self.c.accept("work") || self.c.accept("transaction");
            Action::Commit
        } else if self.c.accept("rollback") {
            let _ = self.c.accept("work") || self.c.accept("transaction");
            Action::Rollback
        } else if self.c.accept("start transaction") {
            Action::StartTransaction
        } else {
            return Ok(None);
        };
        self.semicolon()?;
        Ok(Some(action))
    }

    /// After `GET DIAGNOSTICS`.
    fn diagnostics(&mut self) -> Parse<Action> {
        let target = self.assignable()?;
        if !self.c.accept_token(&Token::Assignment) {
            self.c.expect_token(&Token::Eq)?;
        }
        self.c.expect("row_count")?;
        self.semicolon()?;
        Ok(Action::RowCount(target))
    }

    /// After `RAISE`.
    fn raise(&mut self) -> Parse<Action> {
        if self.c.accept_token(&Token::SemiColon) {
            return Ok(Action::Reraise);
        }
        let levels = [
            ("log", Level::Log),
            ("info", Level::Info),
            ("notice", Level::Notice),
            ("warning", Level::Warning),
            ("exception", Level::Exception),
        ];
        let found = levels.into_iter().find(|(word, _)| self.c.accept(word));
        let (_, level) = found.ok_or_else(|| self.c.unexpected())?;
        let format = self.c.string()?;
        let mut arguments = Vec::new();
        while self.c.accept_token(&Token::Comma) {
            arguments.push(self.variable()?);
        }
        self.semicolon()?;
        Ok(Action::Raise { level, format, arguments })
    }

    /// A plain variable, as `RAISE` wants its arguments.
    fn variable(&mut self) -> Parse<Reference> {
        if let Some(Token::Placeholder(name)) = self.c.peek().map(|lexeme| &lexeme.token) {
            let number = self.names.argument(name).ok_or_else(|| self.c.unexpected())?;
            self.c.advance();
            return Ok(Reference::Variable(number));
        }
        let parts = self.dotted();
        let found = self.names.find_whole(&parts).ok_or_else(|| self.c.unexpected())?;
        for _ in 1..parts.len() * 2 {
            self.c.advance();
        }
        Ok(found)
    }

    /// After `EXECUTE`.
    fn execute(&mut self) -> Parse<Action> {
        let mark = self.c.mark();
        let whole = self.until_semicolon()?;
        let Some(into) = into_position(whole) else {
            return Ok(Action::Execute { command: self.expression(whole), into: None });
        };
        let end = self.c.mark();
        let command = whole.get(..into).unwrap_or_default();
        if command.is_empty() {
            self.c.reset(mark);
            return Err(self.c.unexpected());
        }
        let command = self.expression(command);
        self.c.reset(mark + into + 1);
        let Some(target) = self.target()? else { return Err(self.c.unexpected()) };
        self.semicolon()?;
        debug_assert_eq!(self.c.mark(), end);
        Ok(Action::Execute { command, into: Some(target) })
    }

    /// After `CALL`.
    fn call(&mut self) -> Parse<Action> {
        let start = self.c.mark() - 1;
        let name = self.c.object_name()?;
        self.c.expect_token(&Token::LParen)?;
        let arguments = self.call_arguments()?;
        let end = self.c.mark();
        let whole = self.c.all().get(start..end).unwrap_or_default();
        let text = self.fragment(whole).text;
        self.semicolon()?;
        Ok(Action::Call { name, arguments, text })
    }

    /// After an opening parenthesis: expressions up to the closing one.
    pub(super) fn call_arguments(&mut self) -> Parse<Vec<Fragment>> {
        let mut arguments = Vec::new();
        if self.c.accept_token(&Token::RParen) {
            return Ok(arguments);
        }
        loop {
            let lexemes = self.until_comma()?;
            arguments.push(self.expression(lexemes));
            if !self.c.accept_token(&Token::Comma) {
                break;
            }
        }
        self.c.expect_token(&Token::RParen)?;
        Ok(arguments)
    }

    /// Any other statement: SQL, of which a query needs somewhere to go.
    fn sql(&mut self) -> Parse<Action> {
        let mark = self.c.mark();
        let query = self.c.looking_at(&["select"]) || self.c.looking_at(&["with"]);
        let whole = self.until_semicolon()?;
        let into = if query { into_position(whole) } else { None };
        let Some(into) = into else { return Ok(Action::Sql(self.fragment(whole))) };
        let end = self.c.mark();
        self.c.reset(mark + into + 1);
        let Some(target) = self.target()? else {
            // Not a variable: a new table.
            self.c.reset(end);
            return Ok(Action::Sql(self.fragment(whole)));
        };
        let behind = self.c.mark() - mark;
        self.c.reset(end);
        let parts = [whole.get(..into), whole.get(behind..)].map(Option::unwrap_or_default);
        let query = self.joined(&parts);
        Ok(Action::SelectInto { query, target })
    }
}

/// Where the word `INTO` stands outside parentheses.
fn into_position(lexemes: &[Lexeme]) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, lexeme) in lexemes.iter().enumerate() {
        match &lexeme.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ if depth == 0 && is_word(lexeme, "into") => return Some(index),
            _ => {}
        }
    }
    None
}
