//! The fields of one record of a text file, as places in the record: nothing is copied unless a
//! field must be unescaped. Start at [`Row`].

use crate::record::{Field, Record};

/// One field's place.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    /// Bytes from the start of the record to where the field stands.
    at: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In the record, as it is.
    Plain,
    /// In the record, in quotes.
    Quoted,
    /// In the scratch space.
    Unescaped {
        quoted: bool,
    },
    Null,
}

/// A record's fields; reused for every record of a block.
#[derive(Debug, Default)]
pub struct Row {
    spans: Vec<Span>,
    scratch: Vec<u8>,
}

impl Row {
    /// Makes it empty, keeping its memory.
    pub fn clear(&mut self) {
        self.spans.clear();
        self.scratch.clear();
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Adds the record's bytes from `start` to `end`.
    #[inline]
    pub(crate) fn push(&mut self, start: usize, end: usize, quoted: bool) {
        let kind = if quoted { Kind::Quoted } else { Kind::Plain };
        self.spans.push(Span { start, end, at: start, kind });
    }

    /// Adds a field that stands at `at` and whose text has been put with [`Row::scratch`].
    pub(crate) fn push_scratch(&mut self, start: usize, at: usize, quoted: bool) {
        let kind = Kind::Unescaped { quoted };
        self.spans.push(Span { start, end: self.scratch.len(), at, kind });
    }

    /// Adds a null.
    pub(crate) fn push_null(&mut self, at: usize) {
        self.spans.push(Span { start: at, end: at, at, kind: Kind::Null });
    }

    /// Where unescaped text is put.
    pub(crate) fn scratch(&mut self) -> &mut Vec<u8> {
        &mut self.scratch
    }

    /// The fields of `record`, and where in it each stands.
    #[inline]
    pub fn fields<'a>(
        &'a self,
        record: &'a [u8],
    ) -> impl Iterator<Item = (Field<'a>, usize)> + Clone {
        self.spans.iter().map(move |span| {
            let text = |from: &'a [u8]| from.get(span.start..span.end).unwrap_or_default();
            let field = match span.kind {
                Kind::Plain => Field::Text { bytes: text(record), quoted: false },
                Kind::Quoted => Field::Text { bytes: text(record), quoted: true },
                Kind::Unescaped { quoted } => Field::Text { bytes: text(&self.scratch), quoted },
                Kind::Null => Field::Null,
            };
            (field, span.at)
        })
    }
}

/// The fields of a [`Record`]: where they stand in it is not known.
pub fn fields_of(record: &Record) -> impl Iterator<Item = (Field<'_>, usize)> {
    record.fields().map(|field| (field, 0))
}

impl Row {
    /// A delimiter at the end of a line of delimited text is no beginning of another field
    /// (Preparing your input data).
    pub(crate) fn drop_trailing(&mut self, text: &crate::text::Text, columns: usize) {
        let last_is_empty =
            self.spans.last().is_some_and(|s| s.start == s.end && s.kind == Kind::Plain);
        let delimited = matches!(text, crate::text::Text::Delimited(_));
        if delimited && self.spans.len() == columns + 1 && last_is_empty {
            self.spans.pop();
        }
    }
}
