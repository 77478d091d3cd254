//! The values that describe delimited and fixed-width rows, shared by `UNLOAD` and `COPY`.

use crate::ast::FixedWidthColumn;
use crate::cursor::{Cursor, Parse};
use crate::error::{INVALID_PARAMETER, SqlError};

/// `[AS] 'c'`: one ASCII character, or an escape of one (`\t`, `\001`, also with the backslash
/// doubled in the statement).
pub(super) fn delimiter(c: &mut Cursor<'_>) -> Parse<u8> {
    c.accept("as");
    let text = c.string()?;
    // `'\\t'` and `'\\001'` arrive here with one backslash left: the option reads it again.
    let text =
        if text.starts_with('\\') && text.len() > 1 { crate::lexer::unescape(&text) } else { text };
    single_ascii(&text).ok_or_else(|| {
        let message = "delimiter must be a single ASCII character";
        SqlError::new(INVALID_PARAMETER, message).at(c.last_position())
    })
}

/// The only byte of a text of one ASCII character other than a line break.
pub(super) fn single_ascii(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(*byte),
        _ => None,
    }
}

/// `[AS] 'label:width,…'`.
pub(super) fn fixed_width(c: &mut Cursor<'_>) -> Parse<Vec<FixedWidthColumn>> {
    c.accept("as");
    let text = c.string()?;
    let invalid = || {
        let message = format!("Invalid FIXEDWIDTH specification: '{text}'");
        SqlError::new(INVALID_PARAMETER, message).at(c.last_position())
    };
    text.split(',')
        .map(|column| {
            let (label, width) = column.rsplit_once(':').ok_or_else(invalid)?;
            let width: usize = width.trim().parse().map_err(|_| invalid())?;
            if width == 0 || label.trim().is_empty() {
                return Err(invalid());
            }
            Ok(FixedWidthColumn { label: label.trim().to_owned(), width })
        })
        .collect()
}
