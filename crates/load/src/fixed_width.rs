//! Fixed-width lines: fields of so many bytes each (COPY › FIXEDWIDTH). Start at [`FixedWidth`].

use crate::row::Row;
use crate::text::{Found, without_return};

/// The reader of fixed-width lines.
#[derive(Debug, Clone)]
pub struct FixedWidth {
    widths: Vec<usize>,
}

impl FixedWidth {
    /// A reader for columns of these widths in bytes.
    pub fn new(widths: impl IntoIterator<Item = usize>) -> Self {
        Self { widths: widths.into_iter().collect() }
    }

    /// A line that ends early has fewer fields; one that goes on has one more.
    pub(crate) fn record(&self, input: &[u8], row: &mut Row) -> Found {
        let end = input.iter().position(|&byte| byte == b'\n');
        let line = input.get(..end.unwrap_or(input.len())).unwrap_or_default();
        let text = if end.is_some() { without_return(line) } else { line.len() };
        let mut at = 0;
        for width in &self.widths {
            if at >= text {
                break;
            }
            let until = at.saturating_add(*width).min(text);
            row.push(at, until, false);
            at = until;
        }
        if at < text {
            row.push(at, text, false);
        }
        let length = line.len() + usize::from(end.is_some());
        Found { length, text, lines: 1, problem: None }
    }
}
