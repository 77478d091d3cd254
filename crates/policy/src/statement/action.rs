//! `Action` and `NotAction`.
//!
//! Follows "IAM JSON policy elements: Action" (IAM User Guide).

use crate::call::Call;
use crate::glob::Glob;
use crate::statement::Effect;

/// The actions of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Actions {
    negated: bool,
    patterns: Vec<Action>,
}

#[derive(Debug, Clone)]
enum Action {
    /// `*`: every action of every service.
    Every,
    /// A service and a pattern for its action names, in lower case.
    Named { service: String, name: Glob },
    /// No action can match: no colon, or a wildcard in the service.
    Nothing,
}

impl Actions {
    pub fn new(negated: bool, texts: &[String]) -> Self {
        let patterns = texts.iter().map(|text| Action::parse(text)).collect();
        Self { negated, patterns }
    }

    /// Whether the statement speaks of the call's action. An empty `NotAction` covers everything,
    /// which only a `Deny` may mean by accident.
    pub fn cover(&self, call: &Call<'_>, effect: Effect) -> bool {
        let listed = self.patterns.iter().any(|pattern| pattern.matches(call));
        if !self.negated {
            return listed;
        }
        let doubtful = self.patterns.is_empty() && effect == Effect::Allow;
        !listed && !doubtful
    }

    pub fn negated(&self) -> bool {
        self.negated
    }
}

impl Action {
    /// Nothing is trimmed or split: an odd text names an action that does not exist.
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::Every;
        }
        match text.to_lowercase().split_once(':') {
            Some((service, name)) if !service.contains(['*', '?']) => {
                Self::Named { service: service.to_owned(), name: Glob::new(name) }
            }
            _ => Self::Nothing,
        }
    }

    fn matches(&self, call: &Call<'_>) -> bool {
        match self {
            Self::Every => true,
            Self::Named { service, name } => {
                *service == call.service && name.matches(&call.action_name)
            }
            Self::Nothing => false,
        }
    }
}
