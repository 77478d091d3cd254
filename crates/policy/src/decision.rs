//! What the engine answers: the verdict, the statements that decided, every blocker, and the
//! sentence AWS would say.
//!
//! Knows nothing of how a decision is reached. Start at [`Decision`].

use std::fmt;

use serde::{Serialize, Serializer};

use crate::policies::{Policy, PolicyKind};
use crate::request::Request;
use crate::statement::Statement;

/// The three results of "Policy evaluation logic" in the IAM User Guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every policy type that counts allows.
    Allow,
    /// Something that must allow does not.
    ImplicitDeny,
    /// A `Deny` statement applies.
    ExplicitDeny,
}

impl Verdict {
    /// `allow`, `implicit_deny` or `explicit_deny`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::ImplicitDeny => "implicit_deny",
            Self::ExplicitDeny => "explicit_deny",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Points at one statement of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementRef {
    /// Where the policy is attached.
    pub kind: PolicyKind,
    /// The policy's name.
    pub policy: String,
    /// The organization level, for control policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The statement's `Sid`, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The statement's place in its policy, counted from 1.
    pub statement: usize,
    /// Line of the statement in the policy's source text, counted from 1.
    pub line: usize,
    /// Column of the statement in that line, counted from 1 in characters.
    pub column: usize,
}

impl StatementRef {
    pub(crate) fn new(policy: &Policy, level: Option<&str>, statement: &Statement) -> Self {
        Self {
            kind: policy.kind,
            policy: policy.name.clone(),
            level: level.map(str::to_owned),
            sid: statement.sid().map(str::to_owned),
            statement: statement.index(),
            line: statement.position().line,
            column: statement.position().column,
        }
    }
}

impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, statement {}", self.kind.with_name(&self.policy), self.statement)?;
        if let Some(sid) = &self.sid {
            write!(f, " ({sid})")?;
        }
        write!(f, ", line {}", self.line)
    }
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A type of policy.
    Policy(PolicyKind),
    /// S3 Block Public Access (`RestrictPublicBuckets`).
    PublicAccessBlock,
    /// A rule of the service that no policy changes, such as "root may not assume roles".
    ServiceRule,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(kind) => kind.fmt(f),
            Self::PublicAccessBlock => f.write_str("S3 Block Public Access"),
            Self::ServiceRule => f.write_str("service rule"),
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Policy(kind) => kind.serialize(serializer),
            Self::PublicAccessBlock => serializer.serialize_str("public-access-block"),
            Self::ServiceRule => serializer.serialize_str("service-rule"),
        }
    }
}

/// One reason for a denial. A request can have several; all of them are carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// The policy type or rule that blocks.
    pub cause: Cause,
    /// Whether a `Deny` applies, rather than an `Allow` missing.
    pub explicit: bool,
    /// The `Deny` statement, for explicit blockers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementRef>,
    /// The organization level that allows nothing, for implicit blockers of control policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The policies that were consulted and do not allow, for implicit blockers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The reason in words.
    pub reason: String,
}

/// How a denial is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The sentence of "Troubleshoot access denied error messages" in the IAM User Guide.
    Generic,
    /// S3's form: the ARN in double quotes, and only `Access Denied` for callers outside the
    /// owner's account and organization ("Troubleshoot access denied (403) errors", S3 User Guide).
    S3Quoted,
}

/// The engine's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    verdict: Verdict,
    /// Why, in one sentence.
    because: String,
    deciding: Vec<StatementRef>,
    blockers: Vec<Blocker>,
}

impl Decision {
    pub(crate) fn allow(because: &str, deciding: Vec<StatementRef>) -> Self {
        let because = because.to_owned();
        Self { verdict: Verdict::Allow, because, deciding, blockers: Vec::new() }
    }

    /// A denial by these blockers, the one that AWS names first.
    pub(crate) fn deny(blockers: Vec<Blocker>) -> Self {
        let explicit = blockers.iter().any(|blocker| blocker.explicit);
        let deciding = blockers.iter().filter_map(|blocker| blocker.statement.clone()).collect();
        let because = blockers.first().map(|first| first.reason.clone()).unwrap_or_default();
        let verdict = if explicit { Verdict::ExplicitDeny } else { Verdict::ImplicitDeny };
        Self { verdict, because, deciding, blockers }
    }

    /// A denial because something needed for the decision cannot be read.
    pub fn unreadable(what: &str) -> Self {
        Self::deny(vec![Blocker {
            cause: Cause::ServiceRule,
            explicit: false,
            statement: None,
            level: None,
            policies: Vec::new(),
            reason: format!("{what}; what cannot be read never allows"),
        }])
    }

    /// The result.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether the request may proceed.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// Why, in one sentence.
    pub fn because(&self) -> &str {
        &self.because
    }

    /// The statements that decided: the grants of an allow, the `Deny`s of an explicit deny;
    /// empty for an implicit deny.
    pub fn deciding(&self) -> &[StatementRef] {
        &self.deciding
    }

    /// Everything that stands in the way, the one AWS would name first; empty for an allow.
    pub fn blockers(&self) -> &[Blocker] {
        &self.blockers
    }

    /// AWS's sentence for this denial; empty for an allow. It names one cause, as AWS does.
    pub fn denial_text(&self, request: &Request, style: Style) -> String {
        match self.blockers.first() {
            None => String::new(),
            Some(blocker) => crate::sentence::denial(request, blocker, style),
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.verdict, self.because)
    }
}
