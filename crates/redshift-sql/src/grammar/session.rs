//! `SET`, `RESET`, `USE`, `DISCARD`, `CANCEL`: the session itself.

use sqlparser::tokenizer::Token;

use crate::ast::{Kind, Set};
use crate::cursor::{Cursor, Parse};

/// Reads one of these statements if one is next.
pub(super) fn accept(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let kind = if c.accept("set") {
        set(c)?
    } else if c.accept("reset") {
        reset(c)?
    } else if c.accept("use") {
        Kind::Use { database: Some(c.name()?) }
    } else if c.accept("discard") {
        c.accept_one_of(&["all", "plans", "temp"]).ok_or_else(|| c.unexpected())?;
        Kind::Discard
    } else if c.accept("cancel") {
        let pid = c.signed_integer()?;
        let message = if c.at_string() { Some(c.string()?) } else { None };
        Kind::Cancel { pid, message }
    } else {
        return Ok(None);
    };
    Ok(Some(kind))
}

fn set(c: &mut Cursor<'_>) -> Parse<Kind> {
    let local = c.accept("local");
    let session = !local && !c.looking_at(&["session", "to"]) && c.accept("session");
    if c.accept("session authorization") || session && c.accept("authorization") {
        return session_authorization(c, local);
    }
    if session && c.accept("characteristics as transaction") {
        c.finish_rest();
        let values = Some(Vec::new());
        return Ok(Kind::Set(Set { name: "transaction_isolation".into(), values, local: false }));
    }
    if c.accept("time zone") {
        let values = if c.accept("local") { None } else { values(c)? };
        return Ok(Kind::Set(Set { name: "timezone".into(), values, local }));
    }
    if c.accept("seed to") {
        return Ok(Kind::Set(Set { name: "seed".into(), values: values(c)?, local }));
    }
    let name = parameter(c)?;
    if !c.accept("to") {
        c.expect_token(&Token::Eq)?;
    }
    Ok(Kind::Set(Set { name, values: values(c)?, local }))
}

fn session_authorization(c: &mut Cursor<'_>, local: bool) -> Parse<Kind> {
    if c.accept("default") {
        return Ok(Kind::SetSessionAuthorization { user: None, local });
    }
    let user = if c.at_string() { c.string()? } else { c.user_name()? };
    Ok(Kind::SetSessionAuthorization { user: Some(user), local })
}

fn reset(c: &mut Cursor<'_>) -> Parse<Kind> {
    if c.accept("all") {
        return Ok(Kind::Reset { name: None });
    }
    if c.accept("session authorization") {
        return Ok(Kind::SetSessionAuthorization { user: None, local: false });
    }
    if c.accept("use") {
        return Ok(Kind::Use { database: None });
    }
    if c.accept("time zone") {
        return Ok(Kind::Reset { name: Some("timezone".into()) });
    }
    Ok(Kind::Reset { name: Some(parameter(c)?) })
}

/// A parameter's name, with dots for custom ones.
pub(super) fn parameter(c: &mut Cursor<'_>) -> Parse<String> {
    let mut name = c.name()?;
    while c.accept_token(&Token::Period) {
        name.push('.');
        name.push_str(&c.name()?);
    }
    Ok(name)
}

/// `DEFAULT`, or values: literals, numbers, words.
pub(super) fn values(c: &mut Cursor<'_>) -> Parse<Option<Vec<String>>> {
    if c.accept("default") {
        return Ok(None);
    }
    c.comma_separated(value).map(Some)
}

fn value(c: &mut Cursor<'_>) -> Parse<String> {
    let sign = if c.accept_token(&Token::Minus) { "-" } else { "" };
    match c.peek().map(|lexeme| &lexeme.token) {
        Some(Token::Number(..)) => {
            let number = c.number()?;
            // `5 min`, `3000ms`: a unit may follow.
            let unit = if c.accept("ms") { "ms" } else { "" };
            Ok(format!("{sign}{number}{unit}"))
        }
        Some(Token::SingleQuotedString(_)) if sign.is_empty() => c.string(),
        Some(Token::Word(_)) if sign.is_empty() => c.name(),
        _ => Err(c.unexpected()),
    }
}
