//! `Bool`: `true` and `false` in any case; anything else matches neither.

/// One value of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    source: String,
    value: Option<bool>,
}

impl Operand {
    pub fn parse(source: &str) -> Self {
        Self { source: source.to_owned(), value: parse(source) }
    }

    /// `None` when either side is neither `true` nor `false`.
    pub fn matches(&self, value: &str) -> Option<bool> {
        Some(parse(value)? == self.value?)
    }

    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Reads `true` or `false` in any case.
pub(super) fn parse(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
