//! Text into tokens, with Redshift's rules for literals and names.
//!
//! sqlparser's tokenizer finds where each token ends; what a literal or a name *means* is decided
//! here: backslash escapes (octal ones too) and doubled quotes in strings, and the folding of
//! names, quoted ones included unless the session says otherwise. It must not know statements.
//! Start reading at [`tokenize`].

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, TokenizerError};

use crate::Options;
use crate::dialect::Redshift;
use crate::error::{NOT_SUPPORTED, SYNTAX_ERROR, SqlError};

/// One token that is not white space or a comment.
#[derive(Debug, Clone)]
pub(crate) struct Lexeme {
    /// Literals unescaped, names folded.
    pub token: Token,
    /// First character, from 0, in the whole text.
    pub start: usize,
    /// One past its last character.
    pub end: usize,
    /// A quoted name before folding: user names keep their case.
    pub unfolded: Option<String>,
    /// An unquoted word after a point as written, where attributes of SUPER keep their case.
    pub attribute: Option<String>,
}

impl Lexeme {
    /// The keyword of an unquoted word.
    pub fn keyword(&self) -> Option<Keyword> {
        match &self.token {
            Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
            _ => None,
        }
    }

    /// The token for sqlparser's own parser; its location's column carries the character offset.
    pub fn for_parser(&self) -> TokenWithSpan {
        let at = |offset: usize| Location::new(1, offset as u64 + 1);
        TokenWithSpan::new(
            self.token.clone(),
            sqlparser::tokenizer::Span::new(at(self.start), at(self.end)),
        )
    }
}

/// Splits a text into tokens.
///
/// # Errors
/// 42601 for an unterminated literal, comment or quoted name.
pub(crate) fn tokenize(sql: &str, options: &Options) -> Result<Vec<Lexeme>, SqlError> {
    let lines = line_starts(sql);
    if sql.contains('\0') {
        return Err(SqlError::new(
            SYNTAX_ERROR,
            "syntax error: the statement contains a zero byte",
        ));
    }
    let raw = Tokenizer::new(&Redshift, sql)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|error| tokenizer_error(&error, &lines))?;
    let mut after_point = false;
    let lexemes: Vec<Lexeme> = raw
        .into_iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_)))
        .map(|token| {
            let written = written_attribute(&token.token).filter(|_| after_point);
            after_point = token.token == Token::Period;
            let mut lexeme = lexeme(token, &lines, options)?;
            lexeme.attribute = written.filter(|_| options.case_sensitive_super_attributes);
            Ok(lexeme)
        })
        .collect::<Result<_, SqlError>>()?;
    Ok(without_approximate(lexemes))
}

/// `APPROXIMATE COUNT(DISTINCT …)`, `APPROXIMATE PERCENTILE_DISC(…)`: the word allows an error of
/// two in a hundred, which the exact answer does not make.
fn without_approximate(lexemes: Vec<Lexeme>) -> Vec<Lexeme> {
    let word = |at: usize, names: &[&str]| match lexemes.get(at).map(|lexeme| &lexeme.token) {
        Some(Token::Word(word)) => {
            word.quote_style.is_none() && names.contains(&word.value.as_str())
        }
        _ => false,
    };
    let left_out: Vec<bool> = (0..lexemes.len())
        .map(|at| {
            let opens = lexemes.get(at + 2).is_some_and(|lexeme| lexeme.token == Token::LParen);
            opens && word(at, &["approximate"]) && word(at + 1, &["count", "percentile_disc"])
        })
        .collect();
    lexemes.into_iter().zip(left_out).filter(|(_, out)| !out).map(|(lexeme, _)| lexeme).collect()
}

/// An unquoted word that folding changes.
fn written_attribute(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => {
            Some(word.value.clone()).filter(|value| fold(value) != *value)
        }
        _ => None,
    }
}

fn lexeme(token: TokenWithSpan, lines: &[usize], options: &Options) -> Result<Lexeme, SqlError> {
    let start = offset(lines, token.span.start);
    let end = offset(lines, token.span.end);
    let mut unfolded = None;
    let token = match token.token {
        // The tokenizer undoes the escapes of `E'…'` whatever it is told.
        Token::EscapedStringLiteral(text) => Token::SingleQuotedString(text),
        Token::SingleQuotedString(raw) => Token::SingleQuotedString(unescape(&raw)),
        Token::NationalStringLiteral(raw) => Token::SingleQuotedString(unescape(&raw)),
        Token::Word(mut word) => {
            if word.quote_style.is_some() {
                word.value = word.value.replace("\"\"", "\"");
                check_name(&word.value, start)?;
                unfolded = Some(word.value.clone());
            }
            if word.quote_style.is_none() || !options.case_sensitive_identifiers {
                word.value = fold(&word.value);
            }
            Token::Word(word)
        }
        other => other,
    };
    Ok(Lexeme { token, start, end, unfolded, attribute: None })
}

/// Redshift allows a double quote inside a name; sqlparser's printer guesses whether one is
/// already doubled, so a name with one could come out as another name. Refused instead.
fn check_name(name: &str, start: usize) -> Result<(), SqlError> {
    if name.is_empty() {
        return Err(SqlError::new(SYNTAX_ERROR, "zero-length delimited identifier").at(start + 1));
    }
    // Passes mark names of the engine's own with one.
    if name.contains(char::is_control) {
        let message = "names with a control character are not supported";
        return Err(SqlError::new(NOT_SUPPORTED, message).at(start + 1));
    }
    if name.contains('"') || name.contains('\\') {
        let message = "names with a double quote or a backslash are not supported";
        return Err(SqlError::new(NOT_SUPPORTED, message).at(start + 1));
    }
    Ok(())
}

/// Lower case as Redshift folds names: ASCII letters only.
pub(crate) fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Undoes doubled quotes and backslash escapes of a literal's inside.
pub(crate) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next_if_eq(&'\'');
                text.push('\'');
            }
            '\\' => escape(&mut chars, &mut text),
            other => text.push(other),
        }
    }
    text
}

fn escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, text: &mut String) {
    let Some(c) = chars.next() else {
        text.push('\\');
        return;
    };
    match c {
        'b' => text.push('\u{8}'),
        'f' => text.push('\u{c}'),
        'n' => text.push('\n'),
        'r' => text.push('\r'),
        't' => text.push('\t'),
        '0'..='7' => {
            let mut value = c.to_digit(8).unwrap_or_default();
            for _ in 0..2 {
                let Some(digit) = chars.peek().and_then(|d| d.to_digit(8)) else { break };
                value = value * 8 + digit;
                chars.next();
            }
            // One byte: values above 0o177 are not UTF-8 by themselves and become that character.
            text.push(char::from_u32(value & 0xff).unwrap_or('\u{fffd}'));
        }
        other => text.push(other),
    }
}

/// Character offset of the start of each line.
fn line_starts(sql: &str) -> Vec<usize> {
    let newlines = sql.chars().enumerate().filter(|(_, c)| *c == '\n').map(|(i, _)| i + 1);
    std::iter::once(0).chain(newlines).collect()
}

fn offset(lines: &[usize], location: Location) -> usize {
    let line = usize::try_from(location.line).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(location.column).unwrap_or(1).saturating_sub(1);
    lines.get(line).copied().unwrap_or_default() + column
}

fn tokenizer_error(error: &TokenizerError, lines: &[usize]) -> SqlError {
    let position = offset(lines, error.location) + 1;
    let lower = error.message.to_ascii_lowercase();
    let what = if lower.contains("comment") {
        "unterminated /* comment"
    } else if lower.contains("string") || lower.contains("dollar") || lower.contains("literal") {
        "unterminated quoted string"
    } else if lower.contains("delimit") || lower.contains("close") {
        "unterminated quoted identifier"
    } else {
        "syntax error"
    };
    SqlError::new(SYNTAX_ERROR, what).at(position)
}
