//! Wildcard matching: `*` is any run of characters, `?` is exactly one.
//!
//! Knows nothing of ARNs, actions or variables. Time is bounded by pattern length times text
//! length whatever the pattern, as each run between two stars is placed once, leftmost.
//! Start at [`Glob`].

/// A pattern, taken apart once so that matching allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    /// The stretches between the stars; one stretch means there is no star.
    stretches: Vec<Stretch>,
}

/// Characters that stand together: texts and single-character wildcards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Stretch {
    parts: Vec<Part>,
    /// How many characters it covers.
    length: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    One,
}

/// What a pattern is built from; text pieces are literal even when they hold `*` or `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    One,
    Many,
}

impl Glob {
    /// Reads `*` and `?` as wildcards.
    pub fn new(pattern: &str) -> Self {
        Self::from_pieces(pieces(pattern))
    }

    /// Builds a pattern of pieces.
    pub fn from_pieces<'a>(pieces: impl IntoIterator<Item = Piece<'a>>) -> Self {
        let mut stretches = Vec::new();
        let mut current = Stretch::default();
        for piece in pieces {
            match piece {
                Piece::Many => stretches.push(std::mem::take(&mut current)),
                Piece::One => current.push_one(),
                Piece::Text(text) => current.push_text(text),
            }
        }
        stretches.push(current);
        Self { stretches }
    }

    /// Whether the whole text fits.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.stretches.split_first() else { return text.is_empty() };
        let Some(mut rest) = first.strip_from(text) else { return false };
        let Some((last, middle)) = others.split_last() else { return rest.is_empty() };
        for stretch in middle {
            match stretch.find_in(rest) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        last.ends(rest)
    }
}

impl Stretch {
    fn push_one(&mut self) {
        self.parts.push(Part::One);
        self.length += 1;
    }

    fn push_text(&mut self, text: &str) {
        self.length += text.chars().count();
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    /// What follows when the text starts with this stretch.
    fn strip_from<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.parts.iter().try_fold(text, |rest, part| match part {
            Part::Text(literal) => rest.strip_prefix(literal.as_str()),
            Part::One => {
                let mut chars = rest.chars();
                chars.next().map(|_| chars.as_str())
            }
        })
    }

    /// What follows the leftmost place where this stretch fits.
    fn find_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut rest = text;
        loop {
            if let Some(Part::Text(literal)) = self.parts.first() {
                rest = rest.get(rest.find(literal.as_str())?..)?;
            }
            if let Some(after) = self.strip_from(rest) {
                return Some(after);
            }
            let mut chars = rest.chars();
            chars.next()?;
            rest = chars.as_str();
        }
    }

    /// Whether the text ends with this stretch.
    fn ends(&self, text: &str) -> bool {
        let Some(before_end) = self.length.checked_sub(1) else { return true };
        let start = text.char_indices().rev().nth(before_end).map(|(index, _)| index);
        let tail = start.and_then(|start| text.get(start..));
        tail.and_then(|tail| self.strip_from(tail)).is_some_and(str::is_empty)
    }
}

/// Splits a pattern at its wildcards.
pub(crate) fn pieces(pattern: &str) -> impl Iterator<Item = Piece<'_>> {
    pattern.split_inclusive(['*', '?']).flat_map(|chunk| {
        let (text, wildcard) = match (chunk.strip_suffix('*'), chunk.strip_suffix('?')) {
            (Some(text), _) => (text, Some(Piece::Many)),
            (None, Some(text)) => (text, Some(Piece::One)),
            (None, None) => (chunk, None),
        };
        (!text.is_empty()).then_some(Piece::Text(text)).into_iter().chain(wildcard)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        #[rustfmt::skip]
        let cases = [
            ("", "", true), ("", "a", false), ("*", "", true), ("*", "a/b:c", true),
            ("?", "", false), ("?", "é", true), ("?", "ab", false), ("a?c", "abc", true),
            ("a*c", "ac", true), ("a*c", "abcbc", true), ("a*c", "abcb", false),
            ("*a", "bba", true), ("*a*", "xay", true), ("a**b", "ab", true),
            ("ab*ba", "aba", false), ("*ab*ab", "ab", false), ("*?", "", false),
            ("*??", "ab", true), ("a*?b", "ab", false), ("a*?b", "axb", true),
            ("*é?", "caféx", true), ("bucket/*/test/*", "bucket/1///test///k", true),
            ("bucket/*/test/*", "bucket/1-test/k", false), ("*.*.*", "a.b", false),
        ];
        for (pattern, text, expect) in cases {
            assert_eq!(Glob::new(pattern).matches(text), expect, "{pattern} on {text}");
        }
    }

    #[test]
    fn literal_pieces_hold_no_wildcards() {
        let glob = Glob::from_pieces([Piece::Text("a*"), Piece::Many, Piece::Text("?")]);
        assert!(glob.matches("a*xyz?"));
        assert!(!glob.matches("abxyz?"));
        assert!(!glob.matches("a*xyzq"));
    }

    #[test]
    fn adversarial_patterns_stay_quick() {
        let pattern = "a*".repeat(2_000) + "b";
        let text = "a".repeat(20_000);
        assert!(!Glob::new(&pattern).matches(&text));
    }
}
