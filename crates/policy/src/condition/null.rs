//! `Null`: `true` asks that the key be absent, `false` that it be present.

/// One value of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    source: String,
    absent: Option<bool>,
}

impl Operand {
    pub fn parse(source: &str) -> Self {
        Self { source: source.to_owned(), absent: super::bool::parse(source) }
    }

    /// A value that is neither `true` nor `false` never holds.
    pub fn holds(&self, absent: bool) -> bool {
        self.absent == Some(absent)
    }

    pub fn source(&self) -> &str {
        &self.source
    }
}
