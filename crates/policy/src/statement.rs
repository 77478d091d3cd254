//! One statement: what it covers, and whether it applies to a call.
//!
//! Follows "IAM JSON policy element reference" (IAM User Guide). Principals have their own file
//! beside this one, conditions their own folder. Start at `Statement::applies`.

mod action;
mod principal;
mod read;
mod resource;

pub use principal::Grant;

use crate::call::Call;
use crate::condition::Condition;
use crate::policies::PolicyKind;
use crate::source::Position;
use action::Actions;
use principal::Principals;
use resource::Resources;

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Effect {
    /// Grants, or admits, what it covers.
    Allow,
    /// Forbids what it covers, whatever else is granted.
    Deny,
}

/// A parsed statement. Patterns and condition values are read once, when the policy is parsed.
#[derive(Debug, Clone)]
pub struct Statement {
    index: usize,
    position: Position,
    sid: Option<String>,
    effect: Effect,
    principals: Option<Principals>,
    actions: Option<Actions>,
    resources: Option<Resources>,
    conditions: Vec<Condition>,
}

impl Statement {
    /// Its place in the policy, counted from 1.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Where it stands in the source text.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Its `Sid`.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref().filter(|sid| !sid.is_empty())
    }

    /// Whether it allows or denies.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// What the statement is worth to this call: [`Grant::None`] when it does not apply. For a
    /// `Deny` any other grant means that it forbids.
    pub(crate) fn applies(&self, call: &Call<'_>, kind: PolicyKind) -> Grant {
        let covered = self.covers_action(call)
            && self.covers_resource(call, kind)
            && self.conditions.iter().all(|condition| self.holds(condition, call));
        if covered { self.grant(call, kind) } else { Grant::None }
    }

    fn holds(&self, condition: &Condition, call: &Call<'_>) -> bool {
        let doubtful = call.doubt.and_then(|doubt| doubt.holds(condition, self.effect));
        doubtful.unwrap_or_else(|| condition.holds(&call.keys))
    }

    /// Whether `Action` or `NotAction` covers the call; a statement without either never applies.
    pub(crate) fn covers_action(&self, call: &Call<'_>) -> bool {
        match &self.actions {
            Some(actions) => actions.cover(call, self.effect),
            None => false,
        }
    }

    /// Whether `Resource` or `NotResource` covers the call. It may be missing where the policy
    /// belongs to one resource; elsewhere a statement without it can only deny.
    pub(crate) fn covers_resource(&self, call: &Call<'_>, kind: PolicyKind) -> bool {
        match &self.resources {
            Some(resources) => match &call.doubt {
                Some(doubt) if doubt.touches(resources.variables()) => doubt.applies(self.effect),
                _ => resources.cover(call, kind, self.effect),
            },
            None => kind.has_principal() || self.effect == Effect::Deny,
        }
    }

    /// What the principal element is worth to the caller.
    pub(crate) fn grant(&self, call: &Call<'_>, kind: PolicyKind) -> Grant {
        match (&self.principals, self.effect) {
            (Some(principals), Effect::Deny) => principals.denied(call),
            // A `Principal` where none may stand: what it was meant to grant is unknown.
            (Some(_), Effect::Allow) if !kind.has_principal() => Grant::None,
            (Some(principals), Effect::Allow) => principals.granted(call),
            // Where principals are named, a statement that names none never applies.
            (None, _) if kind.has_principal() => Grant::None,
            (None, _) => Grant::Direct,
        }
    }

    /// Every principal it names, as type and value.
    pub(crate) fn principal_names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.principals.iter().flat_map(Principals::names)
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    pub(crate) fn principals(&self) -> Option<&Principals> {
        self.principals.as_ref()
    }

    /// `Action` or `NotAction`.
    pub(crate) fn actions(&self) -> Option<&Actions> {
        self.actions.as_ref()
    }

    /// `Resource` or `NotResource`.
    pub(crate) fn resources(&self) -> Option<&Resources> {
        self.resources.as_ref()
    }
}
