//! Conditionals and loops. Developer guide, "Supported PL/pgSQL statements".

use sqlparser::tokenizer::Token;

use super::ast::{Action, Fragment, Loop, LoopKind, Reference, Step, Target, VariableType};
use super::reader::Reader;
use crate::cursor::Parse;
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::types::SqlType;

impl Reader<'_> {
    /// After `IF`.
    pub(super) fn conditional(&mut self) -> Parse<Action> {
        let mut arms = vec![self.arm()?];
        while self.c.accept("elsif") || self.c.accept("elseif") {
            arms.push(self.arm()?);
        }
        let otherwise = if self.c.accept("else") { self.statements(&["end"])? } else { Vec::new() };
        self.c.expect("end if")?;
        self.semicolon()?;
        Ok(Action::If { arms, otherwise })
    }

    fn arm(&mut self) -> Parse<(Fragment, Vec<Step>)> {
        let condition = self.expression_until(&["then"])?;
        self.c.expect("then")?;
        let statements = self.statements(&["elsif", "elseif", "else", "end"])?;
        Ok((condition, statements))
    }

    /// After `CASE`.
    pub(super) fn case(&mut self) -> Parse<Action> {
        let search = if self.c.looking_at(&["when"]) {
            None
        } else {
            let value = self.expression_until(&["when"])?;
            // Of any type: it takes that of its value.
            Some((self.names.declare("", VariableType::Record), value))
        };
        let mut arms = Vec::new();
        while self.c.accept("when") {
            let lexemes = self.until_word(&["then"])?;
            let condition = match &search {
                None => self.expression(lexemes),
                Some((variable, _)) => self.equal_to_any(*variable, lexemes),
            };
            self.c.expect("then")?;
            arms.push((condition, self.statements(&["when", "else", "end"])?));
        }
        if arms.is_empty() {
            return Err(self.c.unexpected());
        }
        let otherwise = if self.c.accept("else") { Some(self.statements(&["end"])?) } else { None };
        self.c.expect("end case")?;
        self.semicolon()?;
        Ok(Action::Case { search, arms, otherwise })
    }

    /// `SELECT $n IN (…)`: the search value's reference comes last.
    fn equal_to_any(&self, variable: usize, lexemes: &[crate::lexer::Lexeme]) -> Fragment {
        let mut fragment = self.fragment(lexemes);
        fragment.references.push(Reference::Variable(variable));
        let number = fragment.references.len();
        fragment.text = format!("SELECT ${number} IN ({})", fragment.text);
        fragment
    }

    /// After the label: `LOOP`, `WHILE`, `FOR`; `None` when none of them is next.
    pub(super) fn looping(&mut self, label: Option<String>) -> Parse<Option<Action>> {
        self.names.open(label.clone());
        let kind = if self.c.looking_at(&["loop"]) {
            LoopKind::Endless
        } else if self.c.accept("while") {
            LoopKind::While(self.expression_until(&["loop"])?)
        } else if self.c.accept("for") {
            self.for_kind()?
        } else {
            self.names.close();
            return Ok(None);
        };
        self.c.expect("loop")?;
        self.enter(label.clone(), true);
        let body = self.statements(&["end"])?;
        self.leave();
        self.c.expect("end loop")?;
        self.end_label(label.as_deref())?;
        self.semicolon()?;
        self.names.close();
        Ok(Some(Action::Loop(Loop { label, kind, body })))
    }

    fn for_kind(&mut self) -> Parse<LoopKind> {
        let at = self.c.position();
        let mark = self.c.mark();
        // The target is read twice: a range has a new variable, a query known ones.
        while !self.c.looking_at(&["in"]) {
            match self.c.peek().map(|lexeme| &lexeme.token) {
                Some(Token::Word(_) | Token::Period | Token::Comma) => self.c.advance(),
                _ => return Err(self.c.unexpected()),
            };
        }
        let after = self.c.mark() + 1;
        self.c.expect("in")?;
        let reverse = self.c.accept("reverse");
        let from = self.c.position() - 1;
        let lexemes = self.until_word(&["loop"])?;
        if let Some(dots) = self.range_dots(lexemes) {
            return self.range(mark, reverse, from, dots);
        }
        let end = self.c.mark();
        self.c.reset(mark);
        let Some(target) = self.target()? else {
            let message = "loop variable of loop over rows must be record variable or list of \
                           scalar variables";
            return Err(SqlError::new(SYNTAX_ERROR, message).at(at));
        };
        self.c.reset(after);
        if self.c.accept("execute") {
            let command = self.expression_until(&["loop"])?;
            return Ok(LoopKind::Dynamic { target, command });
        }
        let query = self.until_word(&["loop"])?;
        let query = self.fragment(query);
        self.c.reset(end);
        Ok(LoopKind::Query { target, query })
    }

    /// The bounds lie between character `from` and the word `LOOP`, with `..` at `dots`.
    fn range(&mut self, mark: usize, reverse: bool, from: usize, dots: usize) -> Parse<LoopKind> {
        let end = self.c.mark();
        let last = self.c.position() - 1;
        // The loop's own variable does not exist in its bounds.
        let (low, high) = (self.expression_of(from, dots)?, self.expression_of(dots + 2, last)?);
        self.c.reset(mark);
        let name = self.c.name()?;
        if !self.c.looking_at(&["in"]) {
            return Err(self.c.unexpected());
        }
        self.c.reset(end);
        let variable = self.names.declare(&name, VariableType::Sql(SqlType::Integer));
        Ok(LoopKind::Range { variable, from: low, to: high, reverse })
    }

    /// A record, or variables and fields separated by commas; `None`, with nothing read, when the
    /// first name is no variable.
    pub(super) fn target(&mut self) -> Parse<Option<Target>> {
        let Some(first) = self.names.find_whole(&self.dotted()) else { return Ok(None) };
        if let Reference::Variable(number) = &first
            && self.names.is_record(*number)
        {
            self.c.advance();
            while self.c.accept_token(&Token::Period) {
                self.c.advance();
            }
            return Ok(Some(Target::Record(*number)));
        }
        let mut list = vec![self.assignable()?];
        while self.c.accept_token(&Token::Comma) {
            list.push(self.assignable()?);
        }
        Ok(Some(Target::List(list)))
    }

    /// A variable that may be set.
    pub(super) fn assignable(&mut self) -> Parse<Reference> {
        let at = self.c.position();
        let parts = self.dotted();
        let name = parts.join(".");
        let found = self.names.find_whole(&parts).ok_or_else(|| {
            SqlError::new(SYNTAX_ERROR, format!("\"{name}\" is not a known variable")).at(at)
        })?;
        if let Reference::Variable(number) = &found
            && self.names.variables.get(*number).is_some_and(|variable| variable.constant)
        {
            let message = format!("\"{name}\" is declared CONSTANT");
            return Err(SqlError::new("22005", message).at(at));
        }
        for _ in 1..parts.len() * 2 {
            self.c.advance();
        }
        Ok(found)
    }

    /// After `EXIT` or `CONTINUE`.
    pub(super) fn leaving(&mut self, again: bool) -> Parse<Action> {
        let at = self.c.last_position();
        let named = !self.c.looking_at(&["when"])
            && matches!(self.c.peek().map(|lexeme| &lexeme.token), Some(Token::Word(_)));
        let label = if named { Some(self.c.name()?) } else { None };
        let when = if self.c.accept("when") {
            let lexemes = self.until_semicolon()?;
            Some(self.expression(lexemes))
        } else {
            self.semicolon()?;
            None
        };
        let fits = |place: &(Option<String>, bool)| match &label {
            Some(label) => place.0.as_ref() == Some(label) && (place.1 || !again),
            None => place.1,
        };
        if !self.places.iter().any(fits) {
            let message = match &label {
                Some(label) => format!("label \"{label}\" does not exist"),
                None if again => "CONTINUE cannot be used outside a loop".to_owned(),
                None => "EXIT cannot be used outside a loop".to_owned(),
            };
            return Err(SqlError::new(SYNTAX_ERROR, message).at(at));
        }
        Ok(Action::Leave { again, label, when })
    }

    /// A block or loop begins: `EXIT` may name it, or mean it.
    pub(super) fn enter(&mut self, label: Option<String>, is_loop: bool) {
        self.places.push((label, is_loop));
    }

    pub(super) fn leave(&mut self) {
        self.places.pop();
    }
}
