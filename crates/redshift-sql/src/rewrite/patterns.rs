//! `LIKE` and `SIMILAR TO`.

use sqlparser::ast::{Expr, UnaryOperator};

use super::{build, casts};
use crate::cursor::Parse;
use crate::error::SqlError;

/// Backslash escapes in a `LIKE` pattern unless another character is named; to the engine nothing
/// does unless told.
pub(super) fn like(expr: &mut Expr) {
    let (Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. }) = expr
    else {
        return;
    };
    let plain = casts::literal(pattern).is_some_and(|text| !text.contains('\\'));
    if escape_char.is_none() && !plain {
        *escape_char = Some(Box::new(build::string("\\")));
    }
}

/// `SIMILAR TO` is the SQL pattern, not the engine's regular expression.
pub(super) fn similar_to(expr: &mut Expr) -> Parse<()> {
    let Expr::SimilarTo { negated, expr: value, pattern, escape_char } = expr else {
        return Ok(());
    };
    let escape = match escape_char.as_deref().map(casts::literal) {
        None => '\\',
        Some(Some(text)) => text.chars().next().unwrap_or('\\'),
        Some(None) => return Err(SqlError::unsupported("a computed ESCAPE is not supported")),
    };
    let value = std::mem::replace(value.as_mut(), build::null());
    let matches = match casts::literal(pattern) {
        Some(text) => {
            let regex = build::string(similar_pattern(text, escape));
            build::call("regexp_full_match", vec![value, regex, build::string("s")])
        }
        // Our own function reads the pattern of each row.
        None => {
            let pattern = std::mem::replace(pattern.as_mut(), build::null());
            let [value, pattern] = [value, pattern].map(|side| build::cast(side, "VARCHAR"));
            build::call("lb_similar_to", vec![value, pattern, build::string(escape.to_string())])
        }
    };
    *expr = if *negated {
        build::nested(Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(matches) })
    } else {
        matches
    };
    Ok(())
}

/// The regular expression of a `SIMILAR TO` pattern: `%` is any text, `_` any character; `| * + ? {} () []` mean what they mean in regular
/// expressions; everything else means itself.
pub fn similar_pattern(pattern: &str, escape: char) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            c if c == escape => {
                if let Some(next) = chars.next() {
                    push_plain(&mut out, next);
                }
            }
            '[' => {
                in_class = true;
                out.push('[');
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            '%' if !in_class => out.push_str(".*"),
            '_' if !in_class => out.push('.'),
            '.' | '^' | '$' if !in_class => push_plain(&mut out, c),
            other => out.push(other),
        }
    }
    out
}

fn push_plain(out: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(c);
}
