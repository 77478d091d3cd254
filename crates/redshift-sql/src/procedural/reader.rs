//! The text of a body as tokens, and pieces of SQL cut out of it with `$n` for the variables.

use sqlparser::tokenizer::Token;

use super::ast::{Fragment, Reference};
use super::names::Names;
use crate::Options;
use crate::cursor::{Cursor, Parse, is_word};
use crate::error::SqlError;
use crate::lexer::{self, Lexeme};

/// Where the body is being read.
pub(super) struct Reader<'a> {
    pub(super) c: Cursor<'a>,
    pub(super) names: Names,
    source: &'a str,
    characters: Vec<char>,
    /// Bound cursors read so far.
    pub(super) cursors: Vec<super::ast::BoundCursor>,
    /// Statements around the one being read.
    pub(super) depth: usize,
    /// Labels of the blocks and loops around, and whether each is a loop.
    pub(super) places: Vec<(Option<String>, bool)>,
    options: &'a Options,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lexemes: &'a [Lexeme], source: &'a str, options: &'a Options) -> Self {
        let characters = source.chars().collect();
        Self {
            c: Cursor::new(lexemes, source),
            names: Names::new(),
            source,
            characters,
            cursors: Vec::new(),
            depth: 0,
            places: Vec::new(),
            options,
        }
    }

    /// The line of a character (from 1): a line break right at the start does not count.
    pub(super) fn line_at(&self, position: usize) -> usize {
        let before = self.characters.iter().take(position.saturating_sub(1));
        let breaks = before.filter(|c| **c == '\n').count();
        if self.source.starts_with(['\n', '\r']) { breaks.max(1) } else { breaks + 1 }
    }

    pub(super) fn line(&self) -> usize {
        self.line_at(self.c.position())
    }

    pub(super) fn semicolon(&mut self) -> Parse<()> {
        self.c.expect_token(&Token::SemiColon)
    }

    /// The tokens up to one of these words outside parentheses and `CASE … END`; the word is not
    /// read.
    pub(super) fn until_word(&mut self, words: &[&str]) -> Parse<&'a [Lexeme]> {
        let rest = self.c.rest();
        let mut depth = 0_usize;
        for (index, lexeme) in rest.iter().enumerate() {
            let top = depth == 0;
            match &lexeme.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                Token::SemiColon => break,
                _ if top && words.iter().any(|word| is_word(lexeme, word)) => {
                    return self.take(index);
                }
                _ if is_word(lexeme, "case") => depth += 1,
                _ if is_word(lexeme, "end") => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let wanted = words.first().copied().unwrap_or_default().to_ascii_uppercase();
        let end = rest.iter().position(|lexeme| lexeme.token == Token::SemiColon);
        let position =
            end.and_then(|at| rest.get(at)).map_or(self.c.end_position(), |l| l.start + 1);
        let message = format!("missing {wanted} at end of SQL expression");
        Err(SqlError::new(crate::error::SYNTAX_ERROR, message).at(position))
    }

    /// The tokens up to the next `;`, which is read too.
    pub(super) fn until_semicolon(&mut self) -> Parse<&'a [Lexeme]> {
        let rest = self.c.rest();
        match rest.iter().position(|lexeme| lexeme.token == Token::SemiColon) {
            Some(index) => {
                let found = self.take(index)?;
                self.semicolon()?;
                Ok(found)
            }
            None => {
                self.c.finish_rest();
                Err(self.c.unexpected())
            }
        }
    }

    /// The tokens up to a comma or the closing parenthesis outside inner ones; neither is read.
    pub(super) fn until_comma(&mut self) -> Parse<&'a [Lexeme]> {
        let mut depth = 0_usize;
        for (index, lexeme) in self.c.rest().iter().enumerate() {
            match &lexeme.token {
                Token::LParen => depth += 1,
                Token::RParen | Token::Comma if depth == 0 => return self.take(index),
                Token::RParen => depth -= 1,
                Token::SemiColon => break,
                _ => {}
            }
        }
        Err(self.c.unexpected())
    }

    /// The next tokens, at least one.
    fn take(&mut self, count: usize) -> Parse<&'a [Lexeme]> {
        let found = self.c.rest().get(..count).unwrap_or_default();
        if found.is_empty() {
            return Err(self.c.unexpected());
        }
        self.c.reset(self.c.mark() + count);
        Ok(found)
    }

    /// An expression up to one of these words.
    pub(super) fn expression_until(&mut self, words: &[&str]) -> Parse<Fragment> {
        let lexemes = self.until_word(words)?;
        Ok(self.expression(lexemes))
    }

    /// These tokens as an expression: `SELECT expression`.
    pub(super) fn expression(&self, lexemes: &[Lexeme]) -> Fragment {
        let mut fragment = self.fragment(lexemes);
        fragment.text.insert_str(0, "SELECT ");
        fragment
    }

    /// These characters of the body (from 0) as an expression.
    pub(super) fn expression_of(&self, from: usize, to: usize) -> Parse<Fragment> {
        let text: String =
            self.characters.iter().skip(from).take(to.saturating_sub(from)).collect();
        let at = |mut error: SqlError| {
            error.position = error.position.map(|position| position + from);
            error
        };
        let lexemes = lexer::tokenize(&text, self.options).map_err(at)?;
        if lexemes.is_empty() {
            return Err(self.c.unexpected());
        }
        let characters: Vec<char> = text.chars().collect();
        let mut fragment = empty();
        cut(&mut fragment, &characters, &lexemes, &self.names);
        fragment.text.insert_str(0, "SELECT ");
        Ok(fragment)
    }

    /// These tokens as SQL.
    pub(super) fn fragment(&self, lexemes: &[Lexeme]) -> Fragment {
        self.joined(&[lexemes])
    }

    /// These runs of tokens as one piece of SQL.
    pub(super) fn joined(&self, parts: &[&[Lexeme]]) -> Fragment {
        let mut fragment = empty();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                fragment.text.push(' ');
            }
            cut(&mut fragment, &self.characters, part, &self.names);
        }
        fragment
    }

    /// Where `..` stands in these tokens, outside parentheses: the character, from 0.
    pub(super) fn range_dots(&self, lexemes: &[Lexeme]) -> Option<usize> {
        let mut depth = 0_usize;
        for (lexeme, next) in lexemes.iter().zip(lexemes.iter().skip(1)) {
            match &lexeme.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            let ends = match &lexeme.token {
                Token::Period => true,
                Token::Number(number, _) => number.ends_with('.'),
                _ => false,
            };
            let starts = match &next.token {
                Token::Period => true,
                Token::Number(number, _) => number.starts_with('.'),
                _ => false,
            };
            if depth == 0 && ends && starts && lexeme.end == next.start {
                return Some(lexeme.end - 1);
            }
        }
        None
    }

    /// The dotted name that comes next, without reading it.
    pub(super) fn dotted(&self) -> Vec<String> {
        dotted(self.c.rest())
    }
}

/// The parts of the dotted name at the start.
fn dotted(lexemes: &[Lexeme]) -> Vec<String> {
    let mut parts = Vec::new();
    for pair in lexemes.chunks(2) {
        let Some(Token::Word(word)) = pair.first().map(|lexeme| &lexeme.token) else { break };
        parts.push(word.value.clone());
        if pair.get(1).is_none_or(|lexeme| lexeme.token != Token::Period) {
            break;
        }
    }
    parts
}

fn empty() -> Fragment {
    Fragment { text: String::new(), references: Vec::new() }
}

/// Cuts tokens out of the text and puts ` $n ` in the place of variables, as the server does.
fn cut(fragment: &mut Fragment, characters: &[char], lexemes: &[Lexeme], names: &Names) {
    let mut done = lexemes.first().map_or(0, |first| first.start);
    let mut index = 0;
    while let Some(lexeme) = lexemes.get(index) {
        let rest = lexemes.get(index..).unwrap_or_default();
        let (reference, used) = match &lexeme.token {
            Token::Word(_) => in_name(rest, names),
            Token::Placeholder(name) => (names.argument(name).map(Reference::Variable), 1),
            _ => (None, 1),
        };
        let last = lexemes.get(index + used - 1).unwrap_or(lexeme);
        if let Some(reference) = reference {
            fragment.text.extend(characters.get(done..lexeme.start).unwrap_or_default());
            let known = fragment.references.iter().position(|known| *known == reference);
            let number = known.unwrap_or(fragment.references.len()) + 1;
            if known.is_none() {
                fragment.references.push(reference);
            }
            fragment.text.push_str(&format!(" ${number} "));
            done = last.end;
        }
        index += used;
    }
    let end = lexemes.last().map_or(done, |last| last.end);
    fragment.text.extend(characters.get(done..end).unwrap_or_default());
}

/// What the dotted name at the start stands for, and how many tokens it takes. A name before a
/// parenthesis is a function's or a table's.
fn in_name(lexemes: &[Lexeme], names: &Names) -> (Option<Reference>, usize) {
    let parts = dotted(lexemes);
    let whole = parts.len() * 2 - 1;
    let called = lexemes.get(whole).is_some_and(|next| next.token == Token::LParen);
    match names.find(&parts) {
        Some((reference, used)) if !(called && used == parts.len()) => {
            (Some(reference), used * 2 - 1)
        }
        _ => (None, whole.max(1)),
    }
}
