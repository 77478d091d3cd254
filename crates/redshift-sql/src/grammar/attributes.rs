//! Distribution, sort order, backup: Redshift's table attributes, in any order.

use sqlparser::tokenizer::Token;

use crate::ast::{DistStyle, SortKey, SortStyle, TableAttributes};
use crate::cursor::{Cursor, Parse};
use crate::error::{SYNTAX_ERROR, SqlError};

/// Most columns in a sort key: compound and interleaved.
const MAX_COMPOUND: usize = 400;
const MAX_INTERLEAVED: usize = 8;

/// Reads one table attribute if one is next.
pub(super) fn table_attribute(c: &mut Cursor<'_>, into: &mut TableAttributes) -> Parse<bool> {
    if c.accept("backup") {
        let backup = match c.accept_one_of(&["yes", "no"]) {
            Some(word) => word == "yes",
            None => return Err(c.unexpected()),
        };
        set(c, &mut into.backup, backup)?;
    } else if c.accept("diststyle") {
        let style = dist_style(c)?;
        set(c, &mut into.dist_style, style)?;
    } else if c.accept("distkey") {
        let key = dist_key(c)?;
        set(c, &mut into.dist_key, key)?;
    } else if c.accept("encode auto") {
        into.encode_auto = true;
    } else if let Some(key) = sort_key(c)? {
        set(c, &mut into.sort_key, key)?;
    } else {
        return Ok(false);
    }
    check(c, into)?;
    Ok(true)
}

fn set<T>(c: &Cursor<'_>, slot: &mut Option<T>, value: T) -> Parse<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(super::authorization::redundant().at(c.last_position())),
    }
}

fn check(c: &Cursor<'_>, attributes: &TableAttributes) -> Parse<()> {
    let keyed = matches!(attributes.dist_style, None | Some(DistStyle::Key));
    if attributes.dist_key.is_some() && !keyed {
        let message = "DISTKEY can only be specified with DISTSTYLE KEY";
        return Err(SqlError::new(SYNTAX_ERROR, message).at(c.last_position()));
    }
    Ok(())
}

/// `EVEN`, `KEY`, `ALL`, `AUTO`.
pub(super) fn dist_style(c: &mut Cursor<'_>) -> Parse<DistStyle> {
    match c.accept_one_of(&["auto", "even", "key", "all"]) {
        Some("auto") => Ok(DistStyle::Auto),
        Some("even") => Ok(DistStyle::Even),
        Some("key") => Ok(DistStyle::Key),
        Some(_) => Ok(DistStyle::All),
        None => Err(c.unexpected()),
    }
}

/// `(column)`, or the bare column that `ALTER` takes.
pub(super) fn dist_key(c: &mut Cursor<'_>) -> Parse<String> {
    let parens = c.accept_token(&Token::LParen);
    let name = c.name()?;
    if parens {
        c.expect_token(&Token::RParen)?;
    }
    Ok(name)
}

/// `[COMPOUND | INTERLEAVED] SORTKEY (…)`, `SORTKEY AUTO`, `SORTKEY NONE`.
pub(super) fn sort_key(c: &mut Cursor<'_>) -> Parse<Option<SortKey>> {
    let style = if c.accept("compound sortkey") {
        SortStyle::Compound
    } else if c.accept("interleaved sortkey") {
        SortStyle::Interleaved
    } else if c.accept("sortkey auto") {
        return Ok(Some(SortKey { style: SortStyle::Auto, columns: Vec::new() }));
    } else if c.accept("sortkey none") {
        return Ok(Some(SortKey { style: SortStyle::None, columns: Vec::new() }));
    } else if c.accept("sortkey") {
        SortStyle::Compound
    } else {
        return Ok(None);
    };
    let columns = if matches!(c.peek().map(|l| &l.token), Some(Token::LParen)) {
        c.names_in_parens()?
    } else {
        c.comma_separated(Cursor::name)?
    };
    let most = if style == SortStyle::Interleaved { MAX_INTERLEAVED } else { MAX_COMPOUND };
    if columns.len() > most {
        let message = format!("maximum number of sort keys exceeded: {most}");
        return Err(SqlError::new("54011", message).at(c.last_position()));
    }
    Ok(Some(SortKey { style, columns }))
}

/// `SORTKEY` written at a column: adds it to the compound key.
pub(super) fn column_sort_key(attributes: &mut TableAttributes, column: &str) {
    let empty = SortKey { style: SortStyle::Compound, columns: Vec::new() };
    attributes.sort_key.get_or_insert(empty).columns.push(column.to_owned());
}

/// `CASE_SENSITIVE` or `CASE_INSENSITIVE` (short forms `CS`, `CI`); true for the latter.
pub(super) fn collation(c: &mut Cursor<'_>) -> Parse<bool> {
    match c.accept_one_of(&["case_insensitive", "ci", "case_sensitive", "cs"]) {
        // Comparing such a column by its case would be a wrong answer.
        Some("case_insensitive" | "ci") => {
            Err(c.unsupported("COLLATE CASE_INSENSITIVE is not supported"))
        }
        Some(_) => Ok(false),
        None => Err(c.unexpected()),
    }
}
