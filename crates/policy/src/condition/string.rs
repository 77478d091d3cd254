//! `String*` operators.
//!
//! Case counts except in the `IgnoreCase` forms; wildcards work only in `Like`.

use crate::condition::operator::StringComparison;
use crate::keys::Keys;
use crate::pattern::{Fit, Pattern, Syntax};

/// One value of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    pattern: Pattern,
    comparison: StringComparison,
}

impl Operand {
    pub fn parse(source: &str, comparison: StringComparison, variables: bool) -> Self {
        let wildcards = comparison == StringComparison::Like;
        let pattern = Pattern::parse(source, Syntax { wildcards, variables });
        Self { pattern, comparison }
    }

    /// A variable without a value makes the policy's value match nothing, so that a negated
    /// operator holds.
    pub fn matches(&self, value: &str, keys: &Keys<'_>) -> bool {
        let fit = match self.comparison {
            StringComparison::Equals | StringComparison::Like => self.pattern.fit(value, keys),
            StringComparison::EqualsIgnoreCase => self.pattern.equals_ignoring_case(value, keys),
        };
        fit == Fit::Yes
    }

    pub fn text(&self, keys: &Keys<'_>) -> String {
        self.pattern.text(keys).map_or_else(|| self.pattern.source().to_owned(), Into::into)
    }

    pub fn source(&self) -> &str {
        self.pattern.source()
    }

    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pattern.variables()
    }
}
