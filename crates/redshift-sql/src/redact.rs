//! Statements without their secrets, for history, logs and audit.
//!
//! Works on any text, also on one that does not parse: it must hide secrets even in a statement
//! with a typing error. Start reading at [`redact`].

use crate::Options;
use crate::cursor::{is_word, slice_chars};
use crate::lexer::{self, Lexeme};
use sqlparser::tokenizer::Token;

/// What stands in place of a secret.
const HIDDEN: &str = "'***'";

/// Words after which a string literal is a secret. `TOKEN` and `MASTER_SYMMETRIC_KEY` too.
const BEFORE_SECRET: &[&str] = &[
    "password",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "token",
    "credentials",
    "master_symmetric_key",
];

/// Parts of a `CREDENTIALS` string that are secret wherever they stand.
const IN_LITERAL: &[&str] =
    &["aws_access_key_id=", "aws_secret_access_key=", "token=", "master_symmetric_key="];

/// The text with every secret value replaced by `'***'`: passwords, access keys, session tokens,
/// `CREDENTIALS` strings.
///
/// A text that cannot be split into tokens and mentions one of these words is hidden whole.
pub fn redact(sql: &str) -> String {
    let options = Options::default();
    let Ok(lexemes) = lexer::tokenize(sql, &options) else {
        let lower = sql.to_ascii_lowercase();
        let suspicious = BEFORE_SECRET.iter().any(|word| lower.contains(word));
        return if suspicious { String::from("***") } else { sql.to_owned() };
    };
    let mut out = String::with_capacity(sql.len());
    let mut done = 0;
    for (index, lexeme) in lexemes.iter().enumerate() {
        if is_secret(&lexemes, index, lexeme) {
            out.push_str(&slice_chars(sql, done, lexeme.start));
            out.push_str(HIDDEN);
            done = lexeme.end;
        }
    }
    out.push_str(&slice_chars(sql, done, usize::MAX));
    out
}

fn is_secret(lexemes: &[Lexeme], index: usize, lexeme: &Lexeme) -> bool {
    let text = match &lexeme.token {
        Token::SingleQuotedString(text) => text.as_str(),
        Token::DollarQuotedString(body) => body.value.as_str(),
        _ => return false,
    };
    let before = |back: usize| index.checked_sub(back).and_then(|at| lexemes.get(at));
    let after_word = |back: usize| {
        before(back).is_some_and(|lexeme| BEFORE_SECRET.iter().any(|word| is_word(lexeme, word)))
    };
    let after_as = before(1).is_some_and(|l| is_word(l, "as") || l.token == Token::Eq);
    // A role is no secret: `CREDENTIALS 'aws_iam_role=…'` may show.
    let role = text.starts_with("aws_iam_role=") && !text.contains(';');
    let named = (after_word(1) || (after_as && after_word(2))) && !role;
    let lower = text.to_ascii_lowercase();
    // The body of a nested statement (`UNLOAD ('…')`, `$$…$$`) may hold one too.
    named || IN_LITERAL.iter().any(|part| lower.contains(part))
}
