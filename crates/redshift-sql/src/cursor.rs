//! Walking over the tokens of one statement.
//!
//! The statement parsers below `grammar/` read with this and nothing else. It must not know any
//! statement. Start reading at [`Cursor::accept`] and [`Cursor::expect`].

use sqlparser::tokenizer::Token;

use crate::ast::ObjectName;
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::lexer::Lexeme;
use crate::udf::UserFunctions;

/// Result of every parser here.
pub(crate) type Parse<T> = Result<T, SqlError>;

/// A place in the tokens of one statement.
pub(crate) struct Cursor<'a> {
    lexemes: &'a [Lexeme],
    next: usize,
    source: &'a str,
    functions: Option<&'a dyn UserFunctions>,
}

impl<'a> Cursor<'a> {
    pub fn new(lexemes: &'a [Lexeme], source: &'a str) -> Self {
        Self { lexemes, next: 0, source, functions: None }
    }

    /// The same where the database has functions of its own.
    pub fn with_functions(mut self, functions: &'a dyn UserFunctions) -> Self {
        self.functions = Some(functions);
        self
    }

    /// The functions of the database, if there may be some.
    pub fn functions(&self) -> Option<&'a dyn UserFunctions> {
        self.functions
    }

    pub fn peek(&self) -> Option<&'a Lexeme> {
        self.lexemes.get(self.next)
    }

    pub fn peek_at(&self, ahead: usize) -> Option<&'a Lexeme> {
        self.lexemes.get(self.next + ahead)
    }

    pub fn advance(&mut self) -> Option<&'a Lexeme> {
        let lexeme = self.lexemes.get(self.next)?;
        self.next += 1;
        Some(lexeme)
    }

    pub fn at_end(&self) -> bool {
        self.next >= self.lexemes.len()
    }

    /// The tokens not read yet.
    pub fn rest(&self) -> &'a [Lexeme] {
        self.lexemes.get(self.next..).unwrap_or_default()
    }

    pub fn all(&self) -> &'a [Lexeme] {
        self.lexemes
    }

    /// Marks everything as read.
    pub fn finish_rest(&mut self) {
        self.next = self.lexemes.len();
    }

    pub fn mark(&self) -> usize {
        self.next
    }

    pub fn reset(&mut self, mark: usize) {
        self.next = mark;
    }

    /// Source text of tokens, as written.
    pub fn text_of(&self, lexemes: &[Lexeme]) -> String {
        match (lexemes.first(), lexemes.last()) {
            (Some(first), Some(last)) => slice_chars(self.source, first.start, last.end),
            _ => String::new(),
        }
    }

    /// Character position, from 1, of the next token, or of the end.
    pub fn position(&self) -> usize {
        match (self.peek(), self.lexemes.last()) {
            (Some(lexeme), _) => lexeme.start + 1,
            (None, Some(last)) => last.end + 1,
            (None, None) => 1,
        }
    }

    /// Position of the token read last.
    pub fn last_position(&self) -> usize {
        let last = self.next.checked_sub(1).and_then(|index| self.lexemes.get(index));
        last.map_or(1, |lexeme| lexeme.start + 1)
    }

    /// `syntax error at or near "…"` at the next token.
    pub fn unexpected(&self) -> SqlError {
        match self.peek() {
            Some(lexeme) => self.unexpected_lexeme(lexeme),
            None => SqlError::new(SYNTAX_ERROR, "syntax error at end of input").at(self.position()),
        }
    }

    /// `syntax error at or near "…"` at this token.
    pub fn unexpected_lexeme(&self, lexeme: &Lexeme) -> SqlError {
        let near = slice_chars(self.source, lexeme.start, lexeme.end);
        // A secret in a literal must not travel in an error.
        let near = if near.starts_with(['\'', '$']) && near.len() > 3 { "'...'" } else { &near };
        let message = format!("syntax error at or near \"{near}\"");
        SqlError::new(SYNTAX_ERROR, message).at(lexeme.start + 1)
    }

    /// One past the last character of the statement, from 1.
    pub fn end_position(&self) -> usize {
        self.lexemes.last().map_or(1, |last| last.end + 1)
    }

    /// 0A000 at the token read last.
    pub fn unsupported(&self, message: impl Into<String>) -> SqlError {
        SqlError::unsupported(message).at(self.last_position())
    }

    /// Whether the next tokens are these words (lower case), without reading them.
    pub fn looking_at(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.peek_at(ahead).is_some_and(|lexeme| is_word(lexeme, word)))
    }

    /// Reads these words (lower case, blanks between) if they are next.
    pub fn accept(&mut self, words: &str) -> bool {
        let words: Vec<&str> = words.split(' ').collect();
        let found = self.looking_at(&words);
        if found {
            self.next += words.len();
        }
        found
    }

    /// Reads one of these single words.
    pub fn accept_one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().find(|word| self.accept(word)).copied()
    }

    pub fn expect(&mut self, words: &str) -> Parse<()> {
        if self.accept(words) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub fn accept_token(&mut self, token: &Token) -> bool {
        let found = self.peek().is_some_and(|lexeme| lexeme.token == *token);
        if found {
            self.next += 1;
        }
        found
    }

    pub fn expect_token(&mut self, token: &Token) -> Parse<()> {
        if self.accept_token(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The statement must be over.
    pub fn end(&self) -> Parse<()> {
        if self.at_end() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A name, folded by the session's rule.
    pub fn name(&mut self) -> Parse<String> {
        match self.peek().map(|lexeme| &lexeme.token) {
            Some(Token::Word(word)) => {
                self.next += 1;
                Ok(word.value.clone())
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A user's name: quoted, it keeps its case whatever the session says.
    pub fn user_name(&mut self) -> Parse<String> {
        let unfolded = self.peek().and_then(|lexeme| lexeme.unfolded.clone());
        let folded = self.name()?;
        Ok(unfolded.unwrap_or(folded))
    }

    /// A role's name; the system's own have a prefix: `sys:dba`.
    pub fn role_name(&mut self) -> Parse<String> {
        let name = self.user_name()?;
        if self.accept_token(&Token::Colon) {
            return Ok(format!("{name}:{}", self.user_name()?));
        }
        Ok(name)
    }

    /// `a`, `a.b` or `a.b.c`.
    pub fn object_name(&mut self) -> Parse<ObjectName> {
        let at = self.position();
        let mut parts = vec![self.name()?];
        while self.accept_token(&Token::Period) {
            parts.push(self.name()?);
        }
        object_name(parts, at)
    }

    /// A string literal, unescaped.
    pub fn string(&mut self) -> Parse<String> {
        match self.peek().map(|lexeme| &lexeme.token) {
            Some(Token::SingleQuotedString(text)) => {
                self.next += 1;
                Ok(text.clone())
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Whether a string literal is next.
    pub fn at_string(&self) -> bool {
        matches!(self.peek().map(|l| &l.token), Some(Token::SingleQuotedString(_)))
    }

    /// A number as written.
    pub fn number(&mut self) -> Parse<&'a str> {
        match self.peek().map(|lexeme| &lexeme.token) {
            Some(Token::Number(text, false)) => {
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A whole number that fits.
    pub fn integer<T: std::str::FromStr>(&mut self) -> Parse<T> {
        let mark = self.mark();
        let text = self.number()?;
        text.parse().map_err(|_| {
            self.reset(mark);
            self.unexpected()
        })
    }

    /// A whole number with an optional sign.
    pub fn signed_integer(&mut self) -> Parse<i64> {
        let negative = self.accept_token(&Token::Minus);
        if !negative {
            self.accept_token(&Token::Plus);
        }
        let value: i64 = self.integer()?;
        Ok(if negative { -value } else { value })
    }

    /// `item, item, …`, at least one.
    pub fn comma_separated<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Parse<T>,
    ) -> Parse<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.accept_token(&Token::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `( item, item, … )`.
    pub fn parenthesized<T>(&mut self, item: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        self.expect_token(&Token::LParen)?;
        let items = self.comma_separated(item)?;
        self.expect_token(&Token::RParen)?;
        Ok(items)
    }

    /// `( name, … )`.
    pub fn names_in_parens(&mut self) -> Parse<Vec<String>> {
        self.parenthesized(Self::name)
    }
}

/// Whether a token is this unquoted word (lower case).
pub(crate) fn is_word(lexeme: &Lexeme, word: &str) -> bool {
    matches!(&lexeme.token, Token::Word(w) if w.quote_style.is_none() && w.value == word)
}

/// Builds a name of one to three parts.
pub(crate) fn object_name(mut parts: Vec<String>, at: usize) -> Parse<ObjectName> {
    if parts.len() > 3 {
        let message =
            format!("improper qualified name (too many dotted names): {}", parts.join("."));
        return Err(SqlError::new(SYNTAX_ERROR, message).at(at));
    }
    let name = parts.pop().unwrap_or_default();
    let schema = parts.pop();
    let database = parts.pop();
    Ok(ObjectName { database, schema, name })
}

/// Characters `from..to` of a text.
pub(crate) fn slice_chars(text: &str, from: usize, to: usize) -> String {
    text.chars().skip(from).take(to.saturating_sub(from)).collect()
}
