//! Decisions about requests that are only partly known.
//!
//! Whoever asks from outside ("may this role read this object?") does not know every condition
//! key that the real request will carry. A key whose value nobody knows is in doubt; here the
//! request is decided twice, once with every doubt in the caller's favour and once against it.
//! When both agree, no value of those keys can change the verdict. Start at [`range()`].

use std::collections::BTreeSet;

use crate::call::Call;
use crate::condition::Condition;
use crate::decision::Decision;
use crate::evaluate::decide;
use crate::explain::places;
use crate::policies::Policies;
use crate::request::Request;
use crate::statement::{Effect, Grant};

/// How doubts are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Favour {
    /// What is in doubt allows and does not deny.
    Caller,
    /// What is in doubt denies and does not allow.
    Guard,
}

/// Keys in doubt, in lower case, and how they count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doubt<'a> {
    unknown: &'a BTreeSet<String>,
    favour: Favour,
}

impl Doubt<'_> {
    /// What a condition of a statement with this effect comes to; `None` when no key that it
    /// reads is in doubt.
    pub fn holds(&self, condition: &Condition, effect: Effect) -> Option<bool> {
        let in_key = self.unknown.contains(condition.key_lower());
        (in_key || self.touches(condition.variables())).then(|| self.applies(effect))
    }

    /// Whether one of these keys is in doubt.
    pub fn touches<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> bool {
        keys.into_iter().any(|key| self.unknown.contains(&key.to_lowercase()))
    }

    /// Whether a doubtful statement of this effect applies.
    pub fn applies(&self, effect: Effect) -> bool {
        (self.favour == Favour::Caller) == (effect == Effect::Allow)
    }
}

/// The two ends between which the decision of a partly known request lies.
#[derive(Debug, Clone)]
pub struct Range {
    /// With every doubt in the caller's favour.
    pub best: Decision,
    /// With every doubt against the caller.
    pub worst: Decision,
    /// The keys that make the difference, as the policies write them; empty when there is none.
    pub keys: Vec<String>,
}

/// Decides a request of which these condition keys (in any case) are unknown. What the request's
/// context says of them is not looked at.
pub fn range<'k>(
    request: &Request,
    policies: &Policies,
    unknown: impl IntoIterator<Item = &'k str>,
) -> Range {
    let unknown: BTreeSet<String> = unknown.into_iter().map(str::to_lowercase).collect();
    let end = |favour| {
        let doubt = Some(Doubt { unknown: &unknown, favour });
        let call = Call { doubt, ..Call::new(request, policies) };
        (decide(&call, policies), call)
    };
    let (best, call) = end(Favour::Caller);
    let (worst, _) = end(Favour::Guard);
    let differs = best.verdict() != worst.verdict();
    let keys = if differs { keys_in_doubt(&call, policies, &unknown) } else { Vec::new() };
    Range { best, worst, keys }
}

/// The unknown keys that statements read which apply but for them; `call` is the favourable one.
fn keys_in_doubt(call: &Call<'_>, policies: &Policies, unknown: &BTreeSet<String>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for place in places(policies) {
        for statement in place.policy.document.statements() {
            let kind = place.policy.kind;
            let sure = |one: &&Condition| {
                call.doubt.is_none_or(|doubt| doubt.holds(one, statement.effect()).is_none())
            };
            let otherwise = statement.covers_action(call)
                && statement.grant(call, kind) != Grant::None
                && statement.conditions().iter().filter(sure).all(|one| one.holds(&call.keys));
            if !otherwise {
                continue;
            }
            let conditions = statement.conditions().iter();
            let in_conditions = conditions.flat_map(|one| {
                std::iter::once(one.key()).chain(one.variables()).collect::<Vec<_>>()
            });
            let in_resources = statement.resources().into_iter().flat_map(|one| one.variables());
            for key in in_conditions.chain(in_resources) {
                let known = keys.iter().any(|other| other.eq_ignore_ascii_case(key));
                if unknown.contains(&key.to_lowercase()) && !known {
                    keys.push(key.to_owned());
                }
            }
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::range;
    use crate::decision::Verdict;
    use crate::vector::Vector;

    fn vector(condition: &Value, effect: &str) -> Vector {
        let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let mut conditional = all.clone();
        conditional["Effect"] = json!(effect);
        conditional["Condition"] = condition.clone();
        let other = if effect == "Deny" { json!([all, conditional]) } else { json!([conditional]) };
        let line = json!({
            "request": {
                "principal": "arn:aws:iam::111111111111:user/ada",
                "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k",
                "resource_account": "111111111111",
            },
            "identity_policies": [{ "Version": "2012-10-17", "Statement": other }],
        });
        Vector::parse(&line.to_string()).unwrap()
    }

    /// What is unknown makes the two ends differ, whatever absence alone would mean.
    #[test]
    fn ends() {
        use Verdict::{Allow, ExplicitDeny, ImplicitDeny};
        let ip = json!({ "NotIpAddress": { "aws:SourceIp": "10.0.0.0/8" } });
        let id = json!({ "StringEquals": { "sts:ExternalId": "x" } });
        let variable = json!({ "StringEquals": { "aws:PrincipalArn": "${aws:username}" } });
        let cases = [
            (&ip, "Deny", vec!["aws:SourceIp"], Allow, ExplicitDeny, vec!["aws:SourceIp"]),
            (&ip, "Deny", vec![], ExplicitDeny, ExplicitDeny, vec![]),
            (&id, "Allow", vec!["STS:externalid"], Allow, ImplicitDeny, vec!["sts:ExternalId"]),
            (&id, "Allow", vec![], ImplicitDeny, ImplicitDeny, vec![]),
            (&id, "Allow", vec!["aws:SourceIp"], ImplicitDeny, ImplicitDeny, vec![]),
            (&variable, "Allow", vec!["aws:username"], Allow, ImplicitDeny, vec!["aws:username"]),
        ];
        for (condition, effect, unknown, best, worst, keys) in cases {
            let vector = vector(condition, effect);
            let range = range(&vector.request, &vector.policies, unknown.iter().copied());
            let found = (range.best.verdict(), range.worst.verdict(), range.keys);
            let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
            assert_eq!(found, (best, worst, keys), "{condition} {effect} {unknown:?}");
        }
    }

    /// A statement that cannot apply for another reason leaves no doubt.
    #[test]
    fn no_doubt_elsewhere() {
        let mut line = vector(&json!({ "StringEquals": { "aws:SourceIp": "x" } }), "Deny");
        line.request.action = "s3:PutObject".to_owned();
        let deny_reads = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","Action":"s3:GetObject","Resource":"*",
             "Condition":{"StringEquals":{"aws:UserAgent":"x"}}}]}"#;
        let document = crate::Document::parse(deny_reads).unwrap();
        line.policies.identity = vec![crate::Policy::new(
            crate::PolicyKind::Identity,
            "reads",
            std::sync::Arc::new(document),
        )];
        let range = range(&line.request, &line.policies, ["aws:UserAgent"]);
        assert_eq!(range.worst.verdict(), Verdict::Allow);
    }
}
