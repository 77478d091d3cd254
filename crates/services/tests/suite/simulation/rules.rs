//! Who may do what, by "Policy evaluation logic" (IAM User Guide), once more and independent of the
//! engine: for policies of a small language without conditions, boundaries and organisations.

use serde_json::{Value, json};

use dice::Dice;

/// One statement: an effect, actions, and principals where the policy is a resource's.
#[derive(Debug, Clone)]
pub struct Statement {
    pub allow: bool,
    pub action: String,
    /// An exact ARN, a bucket's objects (`…/*`) or `*`.
    pub resource: String,
    /// ARNs; empty in an identity policy.
    pub principals: Vec<String>,
}

pub type Policy = Vec<Statement>;

/// Who calls, in the words that policies use.
#[derive(Debug, Clone)]
pub struct Actor {
    pub account: String,
    /// The ARN that a policy names: the user's, or the role's of a session.
    pub named: String,
    /// Identity policies.
    pub policies: Policy,
}

/// What is asked.
pub struct Question<'a> {
    pub actor: &'a Actor,
    pub action: &'a str,
    pub resource: &'a str,
    pub owner: &'a str,
    /// The resource's own policy.
    pub guard: &'a [Statement],
    /// Keys and roles are opened by their own policy only; IAM alone is not enough.
    pub guard_decides: bool,
}

pub fn root(account: &str) -> String {
    format!("arn:aws:iam::{account}:root")
}

impl Statement {
    fn is_about(&self, action: &str, resource: &str) -> bool {
        let service = action.split(':').next().unwrap();
        let acts =
            self.action == "*" || self.action == action || self.action == format!("{service}:*");
        let on = self.resource == "*"
            || self.resource == resource
            || self.resource.strip_suffix('*').is_some_and(|start| resource.starts_with(start));
        acts && on
    }

    pub fn json(&self) -> Value {
        let effect = if self.allow { "Allow" } else { "Deny" };
        let mut made =
            json!({ "Effect": effect, "Action": self.action, "Resource": self.resource });
        if !self.principals.is_empty() {
            made["Principal"] = json!({ "AWS": self.principals });
        }
        made
    }
}

pub fn document(policy: &[Statement]) -> String {
    let statements: Vec<Value> = policy.iter().map(Statement::json).collect();
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// The decision.
pub fn allows(question: &Question) -> bool {
    let Question { actor, action, resource, owner, guard, guard_decides } = question;
    let of_identity: Vec<_> =
        actor.policies.iter().filter(|s| s.is_about(action, resource)).collect();
    let names = |s: &&Statement, who: &String| s.principals.contains(who);
    let all = root(&actor.account);
    let of_guard: Vec<_> = guard
        .iter()
        .filter(|s| s.is_about(action, resource))
        .filter(|s| names(s, &actor.named) || names(s, &all))
        .collect();
    if of_identity.iter().chain(&of_guard).any(|s| !s.allow) {
        return false;
    }
    let identity = of_identity.iter().any(|s| s.allow);
    let direct = of_guard.iter().any(|s| s.allow && names(s, &actor.named));
    let account = of_guard.iter().any(|s| s.allow && names(s, &all));
    if actor.account != *owner {
        return identity && (direct || account);
    }
    if *guard_decides { direct || (account && identity) } else { direct || identity }
}

/// A policy of up to four statements; more often than chance has it, one of them is wide.
pub fn random(dice: &mut Dice, actions: &[&str], resources: &[String], whom: &[String]) -> Policy {
    let principals = |dice: &mut Dice, most: usize| match whom.is_empty() {
        true => Vec::new(),
        false => (0..=dice.below(most)).map(|_| dice.pick(whom).clone()).collect(),
    };
    let mut policy: Policy = (0..dice.below(4))
        .map(|_| Statement {
            allow: dice.below(100) >= 20,
            action: (*dice.pick(actions)).to_owned(),
            resource: dice.pick(resources).clone(),
            principals: principals(dice, 2),
        })
        .collect();
    if dice.below(100) < 60 {
        let service = actions.first().and_then(|action| action.split(':').next());
        let action = if whom.is_empty() { "*".into() } else { format!("{}:*", service.unwrap()) };
        let action = if actions.len() == 1 { actions[0].to_owned() } else { action };
        // Objects only, where the policy is a bucket's.
        let action = if action == "s3:*" { "s3:GetObject".to_owned() } else { action };
        let wide = resources.iter().find(|r| *r == "*").unwrap_or(&resources[0]).clone();
        policy.push(Statement {
            allow: true,
            action,
            resource: wide,
            principals: principals(dice, 9),
        });
    }
    policy
}
