//! One decision of a simulation, and how IAM tells it.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway::Fault;
use names::{AccountId, Arn};
use policy::explain::{Outcome, PolicyTrace};
use policy::source::Position;
use policy::statement::Effect;
use policy::{
    Cause, Decision, Explanation, Policies, Policy, PolicyKind, Request, Settings, Verdict,
};
use serde::Serialize;
use serde_json::json;

use super::source::Source;
use super::{invalid, parse};

/// One action on one resource.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Evaluation {
    eval_action_name: String,
    eval_resource_name: String,
    eval_decision: &'static str,
    matched_statements: Vec<Matched>,
    missing_context_values: Vec<String>,
    eval_decision_details: Option<Details>,
    organizations_decision_detail: Option<Organizations>,
    permissions_boundary_decision_detail: Option<Boundary>,
    resource_specific_results: Vec<OnResource>,
}

/// The same for a resource that was named.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OnResource {
    eval_resource_name: String,
    eval_resource_decision: &'static str,
    matched_statements: Vec<Matched>,
    missing_context_values: Vec<String>,
    eval_decision_details: Option<Details>,
    permissions_boundary_decision_detail: Option<Boundary>,
}

/// What each kind of policy comes to by itself; empty unless two accounts are involved.
type Details = BTreeMap<&'static str, &'static str>;

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Matched {
    source_policy_id: String,
    source_policy_type: &'static str,
    start_position: Place,
    end_position: Place,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Place {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Organizations {
    allowed_by_organizations: bool,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Boundary {
    allowed_by_permissions_boundary: bool,
}

impl From<Position> for Place {
    fn from(at: Position) -> Self {
        Self { line: at.line, column: at.column }
    }
}

/// Name of the policy that stands in for the one of a role or key that is not given.
const UNKNOWN: &str = "";

/// What every decision of one simulation shares.
pub(super) struct Asked<'s> {
    source: &'s Source,
    resource_policy: Option<&'s str>,
    owner: Option<AccountId>,
}

impl<'s> Asked<'s> {
    /// The owner counts for resources whose ARN has no account: `arn:aws:iam::ID:root`, or the id.
    pub fn new(
        source: &'s Source,
        resource_policy: Option<&'s str>,
        owner: Option<&str>,
    ) -> Result<Self, Fault> {
        let account = |text: &str| {
            let in_arn = || text.parse::<Arn>().ok().and_then(|arn| arn.account);
            let found = text.parse().ok().or_else(in_arn);
            found.ok_or_else(|| invalid(format!("Invalid resource owner: {text}")))
        };
        let owner = owner.map(account).transpose()?;
        if let Some(text) = resource_policy {
            parse(text)?;
        }
        Ok(Self { source, resource_policy, owner })
    }

    /// Decides on one action and resource.
    pub fn decide(&self, action: &str, resource: &str) -> Evaluation {
        let (request, policies) = self.question(action, resource);
        let explanation = policy::explain(&request, &policies);
        let decision = &explanation.decision;
        let matched = matched(&explanation, &policies);
        let named = resource != "*";
        let missing = explanation.missing_keys.clone();
        let details = || named.then(|| details(&explanation));
        let bounded = !policies.boundaries.is_empty();
        let boundary = bounded.then(|| Boundary {
            allowed_by_permissions_boundary: !blocks(decision, &[PolicyKind::Boundary]),
        });
        let on_resource = OnResource {
            eval_resource_name: resource.to_owned(),
            eval_resource_decision: verdict(decision),
            matched_statements: matched.clone(),
            missing_context_values: missing.clone(),
            eval_decision_details: details(),
            permissions_boundary_decision_detail: boundary.clone(),
        };
        let control = [PolicyKind::ServiceControl, PolicyKind::ResourceControl];
        Evaluation {
            eval_action_name: action.to_owned(),
            eval_resource_name: resource.to_owned(),
            eval_decision: verdict(decision),
            matched_statements: matched,
            missing_context_values: if named { Vec::new() } else { missing },
            eval_decision_details: details(),
            organizations_decision_detail: self
                .source
                .member
                .as_ref()
                .map(|_| Organizations { allowed_by_organizations: !blocks(decision, &control) }),
            permissions_boundary_decision_detail: boundary,
            resource_specific_results: if named { vec![on_resource] } else { Vec::new() },
        }
    }

    fn question(&self, action: &str, resource: &str) -> (Request, Policies) {
        let source = self.source;
        let in_arn = resource.parse::<Arn>().ok().and_then(|arn| arn.account);
        let owner = in_arn.or_else(|| self.owner.clone()).unwrap_or_else(|| source.account.clone());
        let mut context = source.context.clone();
        if context.get("aws:ResourceAccount").is_none() {
            context.set("aws:ResourceAccount", owner.to_string());
        }
        let member = source.member.as_ref();
        let request = Request {
            principal: source.caller.clone(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: Some(owner.clone()),
            context,
            action_has_no_resource_types: resource == "*",
        };
        let policies = Policies {
            identity: source.identity.clone(),
            resource: self.guard(action, &owner),
            boundaries: source.boundaries.clone(),
            scps: member.map(|member| member.scps.clone()).unwrap_or_default(),
            settings: Settings {
                principal_account_is_management_account: member
                    .is_some_and(|member| member.management_account),
                principal_is_service_linked_role: source.service_linked,
                ..Settings::default()
            },
            ..Policies::default()
        };
        (request, policies)
    }

    /// The resource policy given. Without one nothing is said of the resource, so a role or key
    /// is taken to leave the matter to its account, as most do.
    fn guard(&self, action: &str, owner: &AccountId) -> Option<Policy> {
        let service = action.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let kind = match service.as_str() {
            "sts" => PolicyKind::Trust,
            "kms" => PolicyKind::Key,
            _ => PolicyKind::Resource,
        };
        let (name, text) = match self.resource_policy {
            Some(text) => ("ResourcePolicy", text.to_owned()),
            None if kind == PolicyKind::Resource => return None,
            None if *owner != self.source.account => return None,
            None => (UNKNOWN, leaving_it_to(owner)),
        };
        // The text was parsed before; what cannot be parsed allows nothing.
        let document = parse(&text).ok()?;
        Some(Policy::new(kind, name, Arc::new(document)))
    }
}

fn leaving_it_to(account: &AccountId) -> String {
    let everything = json!({
        "Effect": "Allow", "Principal": { "AWS": account.to_string() },
        "Action": "*", "Resource": "*",
    });
    json!({ "Version": "2012-10-17", "Statement": [everything] }).to_string()
}

fn verdict(decision: &Decision) -> &'static str {
    match decision.verdict() {
        Verdict::Allow => "allowed",
        Verdict::ImplicitDeny => "implicitDeny",
        Verdict::ExplicitDeny => "explicitDeny",
    }
}

fn blocks(decision: &Decision, kinds: &[PolicyKind]) -> bool {
    let is_of = |cause: Cause| kinds.iter().any(|kind| cause == Cause::Policy(*kind));
    decision.blockers().iter().any(|blocker| is_of(blocker.cause))
}

/// The statements that determine the result: what grants an allow, or what denies explicitly.
fn matched(explanation: &Explanation, policies: &Policies) -> Vec<Matched> {
    let effect = match explanation.decision.verdict() {
        Verdict::Allow => Effect::Allow,
        Verdict::ExplicitDeny => Effect::Deny,
        Verdict::ImplicitDeny => return Vec::new(),
    };
    let given = policies.resource.iter().chain(&policies.identity).chain(&policies.boundaries);
    let mut found = Vec::new();
    for policy in given.filter(|policy| policy.name != UNKNOWN) {
        let limits = policy.kind == PolicyKind::Boundary;
        if limits && effect == Effect::Allow {
            continue;
        }
        let same = |trace: &&PolicyTrace| trace.kind == policy.kind && trace.policy == policy.name;
        let statements = explanation.consulted.iter().filter(same).flat_map(|t| &t.statements);
        for statement in statements.filter(|one| one.applies && one.effect == effect) {
            let Some((start, end)) = policy.document.extent(statement.statement) else { continue };
            found.push(Matched {
                source_policy_id: source_id(&policy.name),
                source_policy_type: type_of(policy.kind),
                start_position: start.into(),
                end_position: end.into(),
            });
        }
    }
    found
}

/// As AWS answers it, which is not what the interface's enumeration has.
fn type_of(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "IAM Policy",
        PolicyKind::Boundary => "Permissions Boundary Policy",
        _ => "Resource Policy",
    }
}

/// `user_ann_read` for the inline policy `read` of the user `ann`, a managed policy's name.
fn source_id(name: &str) -> String {
    let inline = name.strip_prefix("inline policy ").and_then(|rest| rest.split_once(" of "));
    match inline {
        Some((policy, owner)) => format!("{}_{policy}", owner.replace(' ', "_")),
        None => name.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

fn details(explanation: &Explanation) -> Details {
    if explanation.same_account {
        return Details::new();
    }
    let of = |identity: bool| {
        let traces = explanation.consulted.iter();
        let outcomes: Vec<Outcome> = traces
            .filter(|trace| (trace.kind == PolicyKind::Identity) == identity)
            .map(|trace| trace.outcome)
            .collect();
        match outcomes {
            all if all.contains(&Outcome::Denies) => "explicitDeny",
            all if all.contains(&Outcome::Allows) => "allowed",
            _ => "implicitDeny",
        }
    };
    Details::from([(type_of(PolicyKind::Identity), of(true)), ("Resource Policy", of(false))])
}
