//! The answer: a verdict that never claims more than was read.
//!
//! Start at [`Answer`]; how gaps weigh is [`weigh`].

use std::fmt;

use policy::{Cause, Decision, Explanation, Policies, PolicyKind, Range};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// What can be said of an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that counts was read, and it allows.
    Allowed,
    /// It is denied, whatever was not read. [`Answer::needs`] may name keys that the request does
    /// not carry and that would have it allowed.
    Denied,
    /// What was not read, or a key that nobody knows, decides.
    Undecided,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Undecided => "undecided",
        })
    }
}

/// Something that counts and could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Such as `key policy of arn:aws:kms:…`.
    pub what: String,
    /// The kind of policy; absent for facts of other kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<PolicyKind>,
    /// Why, in the words of whoever refused.
    pub why: String,
    /// Whether it could deny what everything else allows.
    pub could_deny: bool,
    /// Whether it could allow what nothing else allows.
    pub could_allow: bool,
}

impl Unread {
    /// A policy: it could deny, and where its kind grants, allow.
    pub fn policy(kind: PolicyKind, what: String, why: String) -> Self {
        Self { what, kind: Some(kind), why, could_deny: true, could_allow: true }
    }

    /// A fact on which either verdict may rest.
    pub fn fact(what: impl Into<String>, why: String) -> Self {
        Self { what: what.into(), kind: None, why, could_deny: true, could_allow: true }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

/// A condition key whose value decides and that the question did not give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Need {
    /// As the policies write it.
    pub key: String,
    /// What they compare it with.
    pub compared_with: Vec<String>,
    /// Whether every real request carries it, so that a plain request without it says nothing.
    pub always_sent: bool,
}

/// An access, decided and explained.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What can be said.
    pub verdict: Verdict,
    /// The request as it was decided, with every key that is known.
    pub request: policy::Request,
    /// Every policy that was read.
    pub policies: Policies,
    /// The engine's decision on what was read.
    pub decision: Decision,
    /// The same, explained.
    pub explanation: Explanation,
    /// The sentence the service would refuse with; empty for what is allowed.
    pub said: String,
    /// Keys that decide and were not given.
    pub needs: Vec<Need>,
    /// What counts and could not be read.
    pub unread: Vec<Unread>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

impl Serialize for Answer {
    /// The explanation's members with `answer`, `allowed`, `said`, `needs`, `unread` and `notes`
    /// before them.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let explanation =
            serde_json::to_value(&self.explanation).map_err(serde::ser::Error::custom)?;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("answer", &self.verdict)?;
        map.serialize_entry("allowed", &(self.verdict == Verdict::Allowed))?;
        map.serialize_entry("said", &self.said)?;
        map.serialize_entry("needs", &self.needs)?;
        map.serialize_entry("unread", &self.unread)?;
        map.serialize_entry("notes", &self.notes)?;
        for (name, value) in explanation.as_object().into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Keys that every signed request carries, so that a decision for a request without them is none.
const ALWAYS_SENT: [&str; 6] = [
    "aws:sourceip",
    "aws:useragent",
    "aws:userid",
    "aws:tokenissuetime",
    "sts:rolesessionname",
    "s3:signatureage",
];

/// The keys in doubt, with what the policies compare them with.
pub(crate) fn needs(range: &Range, explanation: &Explanation) -> Vec<Need> {
    let statements = || explanation.consulted.iter().flat_map(|policy| &policy.statements);
    let need = |key: &String| {
        let conditions = statements().filter(|one| one.action).flat_map(|one| &one.conditions);
        let mut compared_with: Vec<String> = conditions
            .filter(|one| one.key.eq_ignore_ascii_case(key))
            .flat_map(|one| one.wanted.clone())
            .collect();
        compared_with.sort();
        compared_with.dedup();
        Need { key: key.clone(), compared_with, always_sent: is_always_sent(key) }
    };
    range.keys.iter().map(need).collect()
}

/// Whether every real request carries the key.
pub(crate) fn is_always_sent(key: &str) -> bool {
    ALWAYS_SENT.contains(&key.to_lowercase().as_str())
}

/// The verdict on what was read, weighed with what was not. `range` has every unknown key in
/// doubt, `plain` only those that even a plain request carries.
pub(crate) fn weigh(
    decision: &Decision,
    range: &Range,
    plain: &Range,
    unread: &[Unread],
    same_account: bool,
) -> Verdict {
    if decision.is_allowed() {
        let sure = range.worst.is_allowed() && !unread.iter().any(|one| one.could_deny);
        return if sure { Verdict::Allowed } else { Verdict::Undecided };
    }
    if plain.best.is_allowed() || lifted_by(&plain.best, unread, same_account) {
        return Verdict::Undecided;
    }
    Verdict::Denied
}

/// Whether what was not read could take away everything that stands in the way.
fn lifted_by(decision: &Decision, unread: &[Unread], same_account: bool) -> bool {
    let granting = || unread.iter().filter(|one| one.could_allow);
    if granting().next().is_none() {
        return false;
    }
    let may_lift = |kind: PolicyKind| {
        granting().any(|one| match one.kind {
            None => true,
            Some(unread) if unread == kind => true,
            Some(PolicyKind::Grant) => {
                use PolicyKind::{Boundary, Identity, Key, Session};
                matches!(kind, Identity | Key | Boundary | Session)
            }
            // In one account the resource's policy alone is enough.
            Some(PolicyKind::Resource | PolicyKind::Key) => {
                same_account && matches!(kind, PolicyKind::Identity | PolicyKind::Boundary)
            }
            Some(_) => false,
        })
    };
    decision.blockers().iter().all(|blocker| match (blocker.explicit, blocker.cause) {
        (false, Cause::Policy(kind)) => may_lift(kind),
        _ => false,
    })
}
