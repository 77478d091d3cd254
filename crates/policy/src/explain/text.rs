//! An explanation for the eye: verdict, policies in order with the deciding statements marked,
//! and what would change it.

use std::fmt;

use super::{Explanation, PolicyTrace, StatementTrace};
use crate::statement::Effect;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.decision)?;
        for policy in &self.consulted {
            let level =
                policy.level.as_deref().map(|level| format!(" at {level}")).unwrap_or_default();
            let spared = if policy.counts { "" } else { " (does not count for this caller)" };
            writeln!(f, "  {}{level}{spared}", policy.kind.with_name(&policy.policy))?;
            for statement in &policy.statements {
                self.write_statement(f, policy, statement)?;
            }
        }
        for blocker in self.decision.blockers() {
            writeln!(f, "  blocked: {}", blocker.reason)?;
        }
        if !self.missing_keys.is_empty() {
            writeln!(f, "  not in the request: {}", self.missing_keys.join(", "))?;
        }
        for fix in &self.fixes {
            writeln!(f, "  fix: {}", fix.sentence)?;
        }
        Ok(())
    }
}

impl Explanation {
    fn write_statement(
        &self,
        f: &mut fmt::Formatter<'_>,
        policy: &PolicyTrace,
        statement: &StatementTrace,
    ) -> fmt::Result {
        let decides = self.decision.deciding().iter().any(|one| {
            one.kind == policy.kind
                && one.policy == policy.policy
                && one.level == policy.level
                && one.statement == statement.statement
        });
        let mark = if decides { "→" } else { " " };
        let sid = statement.sid.as_deref().map(|sid| format!(" {sid}")).unwrap_or_default();
        let effect = if statement.effect == Effect::Allow { "allow" } else { "deny" };
        let (number, line) = (statement.statement, statement.line);
        write!(f, "   {mark} {number}{sid} (line {line}) {effect}: ")?;
        if statement.applies {
            return writeln!(f, "applies");
        }
        writeln!(f, "does not apply: {}", reasons(statement).join("; "))
    }
}

/// What keeps a statement from applying.
fn reasons(statement: &StatementTrace) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut other = |covered: bool, what: &str| {
        if !covered {
            reasons.push(format!("other {what}"));
        }
    };
    other(statement.action, "actions");
    other(statement.resource, "resources");
    other(statement.principal != Some(crate::statement::Grant::None), "principals");
    for condition in statement.conditions.iter().filter(|condition| !condition.holds) {
        let found = match &condition.found {
            Some(values) => values.join(", "),
            None => "nothing".to_owned(),
        };
        let wanted = condition.wanted.join(" or ");
        let (operator, key) = (&condition.operator, &condition.key);
        reasons.push(format!("{operator} {key} asks for {wanted}, the request has {found}"));
    }
    reasons
}
