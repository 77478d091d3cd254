//! `Resource` and `NotResource`.
//!
//! Follows "IAM JSON policy elements: Resource" (IAM User Guide).

use crate::arn::ArnPattern;
use crate::call::{Call, Target};
use crate::pattern::Fit;
use crate::policies::PolicyKind;
use crate::statement::Effect;

/// Variables may stand after the fifth colon only.
const VARIABLES_FROM: usize = 5;

/// The resources of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    negated: bool,
    patterns: Vec<Resource>,
}

#[derive(Debug, Clone)]
enum Resource {
    /// `*`: every resource, and actions that take none.
    Every,
    Arn(ArnPattern),
    /// Neither `*` nor an ARN: stands for no resource.
    Nothing,
}

/// Whether one value of the element covers the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Covers {
    Yes,
    No,
    /// A variable has no value: the text stands for no resource at all.
    Unresolved,
    /// An ARN too short for this kind of policy: the statement does not count.
    Void,
}

impl Resources {
    pub fn new(negated: bool, texts: &[String], variables: bool) -> Self {
        let patterns = texts.iter().map(|text| Resource::parse(text, variables)).collect();
        Self { negated, patterns }
    }

    /// Whether the statement speaks of the call's resource.
    pub fn cover(&self, call: &Call<'_>, kind: PolicyKind, effect: Effect) -> bool {
        let mut listed = false;
        let mut unresolved = false;
        for pattern in &self.patterns {
            match pattern.covers(call, kind) {
                Covers::Yes => listed = true,
                Covers::No => {}
                Covers::Unresolved => unresolved = true,
                Covers::Void => return false,
            }
        }
        if !self.negated {
            return listed;
        }
        // What an unresolved exception would have spared is unknown: an Allow must not reach it,
        // a Deny must. The same for an exception list without entries.
        let doubtful = unresolved || self.patterns.is_empty();
        !listed && (!doubtful || effect == Effect::Deny)
    }

    pub fn negated(&self) -> bool {
        self.negated
    }

    /// Keys of the variables that have no default, as written.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.patterns
            .iter()
            .filter_map(|pattern| match pattern {
                Resource::Arn(arn) => Some(arn.variables()),
                _ => None,
            })
            .flatten()
    }
}

impl Resource {
    fn parse(text: &str, variables: bool) -> Self {
        if text == "*" {
            return Self::Every;
        }
        match ArnPattern::parse(text, variables, VARIABLES_FROM) {
            Some(arn) if arn.service().is_some_and(|service| !service.contains(['*', '?'])) => {
                Self::Arn(arn)
            }
            // No wildcard can stand for the service.
            _ => Self::Nothing,
        }
    }

    fn covers(&self, call: &Call<'_>, kind: PolicyKind) -> Covers {
        let arn = match self {
            Self::Every => return Covers::Yes,
            Self::Nothing => return Covers::No,
            Self::Arn(arn) => arn,
        };
        match short_arn(arn, kind) {
            Covers::Yes => {}
            other => return other,
        }
        match &call.target {
            // An action without resources is covered by `*` only.
            Target::None | Target::Name => Covers::No,
            Target::Arn(target) => match arn.fit(target, &call.keys) {
                Fit::Yes => Covers::Yes,
                Fit::No => Covers::No,
                Fit::Unresolved => Covers::Unresolved,
            },
        }
    }
}

/// Whether an ARN with fewer than six parts may be compared, the missing ones counting as `*`.
/// AWS documents only that such ARNs exist; the kinds differ as published engines read them.
fn short_arn(arn: &ArnPattern, kind: PolicyKind) -> Covers {
    if arn.is_whole() {
        return Covers::Yes;
    }
    match kind {
        PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Session => Covers::Yes,
        PolicyKind::ServiceControl if arn.ends_open() => Covers::Yes,
        PolicyKind::ServiceControl | PolicyKind::ResourceControl => Covers::Void,
        PolicyKind::Resource
        | PolicyKind::Trust
        | PolicyKind::Key
        | PolicyKind::Grant
        | PolicyKind::Endpoint => {
            if arn.len() == VARIABLES_FROM {
                Covers::Yes
            } else {
                Covers::No
            }
        }
    }
}
