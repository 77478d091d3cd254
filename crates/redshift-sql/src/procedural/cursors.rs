//! `OPEN`, `FETCH`, `CLOSE`. Developer guide, "Supported PL/pgSQL statements", Cursors.

use sqlparser::tokenizer::Token;

use super::ast::{Action, CursorSource, Reference, VariableType};
use super::reader::Reader;
use crate::cursor::Parse;
use crate::error::{SYNTAX_ERROR, SqlError};

impl Reader<'_> {
    /// After `OPEN`.
    pub(super) fn open_cursor(&mut self) -> Parse<Action> {
        let at = self.c.position();
        let cursor = self.cursor_variable()?;
        let bound = self.cursors.iter().find(|bound| bound.variable == cursor);
        let expected = bound.map(|bound| bound.arguments.len());
        let source = match expected {
            Some(count) => {
                let mut arguments = Vec::new();
                if self.c.accept_token(&Token::LParen) {
                    arguments = self.call_arguments()?;
                }
                self.semicolon()?;
                self.check_count(cursor, count, arguments.len(), at)?;
                CursorSource::Bound(arguments)
            }
            None => {
                self.c.expect("for")?;
                if self.c.accept("execute") {
                    let lexemes = self.until_semicolon()?;
                    CursorSource::Dynamic(self.expression(lexemes))
                } else {
                    let query = self.until_semicolon()?;
                    CursorSource::Query(self.fragment(query))
                }
            }
        };
        Ok(Action::Open { cursor, source })
    }

    fn check_count(&self, cursor: usize, wanted: usize, given: usize, at: usize) -> Parse<()> {
        if wanted == given {
            return Ok(());
        }
        let name = self.names.variables.get(cursor).map_or("", |variable| variable.name.as_str());
        let message = match (wanted, given) {
            (0, _) => format!("cursor \"{name}\" has no arguments"),
            (_, 0) => format!("cursor \"{name}\" has arguments"),
            _ => format!("wrong number of arguments for cursor \"{name}\""),
        };
        Err(SqlError::new(SYNTAX_ERROR, message).at(at))
    }

    /// After `FETCH`.
    pub(super) fn fetch_cursor(&mut self) -> Parse<Action> {
        let cursor = self.cursor_variable()?;
        self.c.expect("into")?;
        let Some(target) = self.target()? else { return Err(self.c.unexpected()) };
        self.semicolon()?;
        Ok(Action::Fetch { cursor, target })
    }

    /// After `CLOSE`.
    pub(super) fn close_cursor(&mut self) -> Parse<Action> {
        let cursor = self.cursor_variable()?;
        self.semicolon()?;
        Ok(Action::Close { cursor })
    }

    fn cursor_variable(&mut self) -> Parse<usize> {
        let at = self.c.position();
        let parts = self.dotted();
        let kind = |number: usize| self.names.variables.get(number).map(|v| &v.kind);
        match self.names.find_whole(&parts) {
            Some(Reference::Variable(number)) if kind(number) == Some(&VariableType::Cursor) => {
                for _ in 1..parts.len() * 2 {
                    self.c.advance();
                }
                Ok(number)
            }
            Some(_) => {
                let message = format!("variable \"{}\" must be of type refcursor", parts.join("."));
                Err(SqlError::new("42804", message).at(at))
            }
            None => Err(self.c.unexpected()),
        }
    }
}
