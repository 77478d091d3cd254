//! `BinaryEquals`: base64 on both sides, compared byte for byte. AWS has no negated form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One value of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    source: String,
    bytes: Option<Vec<u8>>,
}

impl Operand {
    pub fn parse(source: &str) -> Self {
        Self { source: source.to_owned(), bytes: STANDARD.decode(source).ok() }
    }

    /// `None` when either side is not base64.
    pub fn matches(&self, value: &str) -> Option<bool> {
        let found = STANDARD.decode(value).ok()?;
        Some(&found == self.bytes.as_ref()?)
    }

    pub fn source(&self) -> &str {
        &self.source
    }
}
