//! `Arn*` operators: `ArnEquals` and `ArnLike` are the same, six parts compared one by one.

use crate::arn::{ArnPattern, SplitArn};
use crate::keys::Keys;
use crate::pattern::Fit;

/// One value of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    source: String,
    /// `None` when the value is no ARN.
    pattern: Option<ArnPattern>,
}

impl Operand {
    pub fn parse(source: &str, variables: bool) -> Self {
        let pattern = ArnPattern::parse(source, variables, 0).filter(ArnPattern::is_whole);
        Self { source: source.to_owned(), pattern }
    }

    /// `None` when either side is not an ARN.
    pub fn matches(&self, value: &str, keys: &Keys<'_>) -> Option<bool> {
        let found = SplitArn::new(value)?;
        Some(self.pattern.as_ref()?.fit(&found, keys) == Fit::Yes)
    }

    pub fn text(&self, keys: &Keys<'_>) -> String {
        let text = self.pattern.as_ref().and_then(|pattern| pattern.text(keys));
        text.unwrap_or_else(|| self.source.clone())
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pattern.iter().flat_map(ArnPattern::variables)
    }
}
