//! The policies of a request, each kind read once: what it denies and what it allows.
//!
//! Knows how one kind of policy counts; how the kinds count together is the parent's matter.
//! Start at [`Gates::read`].

use crate::call::Call;
use crate::decision::{Blocker, Cause, StatementRef};
use crate::policies::{Level, Policies, Policy, PolicyKind};
use crate::request::PrincipalKind;
use crate::service_rules;
use crate::statement::{Effect, Grant, Statement};

/// What the policies of one kind, at one place, say of the call.
pub(super) struct Gate<'a> {
    kind: PolicyKind,
    level: Option<&'a str>,
    policies: &'a [Policy],
    denies: Vec<Hit<'a>>,
    /// The best statement that allows.
    allow: Option<Hit<'a>>,
    pub grant: Grant,
}

/// A statement that applies.
#[derive(Clone, Copy)]
struct Hit<'a> {
    policy: &'a Policy,
    statement: &'a Statement,
}

/// Every gate of a request; those that do not count for it are absent.
pub(super) struct Gates<'a> {
    pub resource_control: Vec<Gate<'a>>,
    pub service_control: Vec<Gate<'a>>,
    pub endpoint: Option<Gate<'a>>,
    pub resource: Gate<'a>,
    identity: Gate<'a>,
    boundary: Option<Gate<'a>>,
    session: Option<Gate<'a>>,
}

impl<'a> Gate<'a> {
    fn read(
        call: &Call<'_>,
        kind: PolicyKind,
        policies: &'a [Policy],
        level: Option<&'a str>,
    ) -> Self {
        let (denies, allow, grant) = (Vec::new(), None, Grant::None);
        let mut gate = Self { kind, level, policies, denies, allow, grant };
        gate.read_more(call, kind, policies);
        gate
    }

    /// Policies of another kind that count at the same place.
    fn read_more(&mut self, call: &Call<'_>, kind: PolicyKind, policies: &'a [Policy]) {
        for policy in policies {
            for statement in policy.document.statements() {
                self.take(Hit { policy, statement }, statement.applies(call, kind));
            }
        }
    }

    fn take(&mut self, hit: Hit<'a>, grant: Grant) {
        match (hit.statement.effect(), grant) {
            (_, Grant::None) => {}
            (Effect::Deny, _) => self.denies.push(hit),
            (Effect::Allow, grant) => {
                if grant > self.grant {
                    self.grant = grant;
                    self.allow = Some(hit);
                }
            }
        }
    }

    /// Reads policies that count only where there are any.
    fn optional(call: &Call<'_>, kind: PolicyKind, policies: &'a [Policy]) -> Option<Self> {
        (!policies.is_empty()).then(|| Self::read(call, kind, policies, None))
    }

    fn levels(call: &Call<'_>, kind: PolicyKind, levels: &'a [Level]) -> Vec<Self> {
        let read = |level: &'a Level| Self::read(call, kind, &level.policies, Some(&level.name));
        levels.iter().map(read).collect()
    }

    fn reference(&self, hit: Hit<'_>) -> StatementRef {
        StatementRef::new(hit.policy, self.level, hit.statement)
    }

    fn deny_blocker(&self, hit: Hit<'_>) -> Blocker {
        let statement = self.reference(hit);
        Blocker {
            cause: Cause::Policy(self.kind),
            explicit: true,
            reason: format!("explicit deny in {statement}"),
            statement: Some(statement),
            level: self.level.map(str::to_owned),
            policies: Vec::new(),
        }
    }

    /// What stands in the way when nothing here allows. A deny is told apart already, but where
    /// no `Allow` applies either, lifting the deny alone would not help.
    pub fn blocker(&self) -> Option<Blocker> {
        (self.grant == Grant::None).then(|| {
            let place = self.level.map(|level| format!(" at {level}")).unwrap_or_default();
            let reason = format!("no {} allows the action{place}", self.kind);
            self.implicit(reason)
        })
    }

    fn implicit(&self, reason: String) -> Blocker {
        Blocker {
            cause: Cause::Policy(self.kind),
            explicit: false,
            statement: None,
            level: self.level.map(str::to_owned),
            policies: self.policies.iter().map(|policy| policy.name.clone()).collect(),
            reason,
        }
    }
}

impl<'a> Gates<'a> {
    pub fn read(call: &Call<'_>, policies: &'a Policies) -> Self {
        let counted = |kind, levels: &'a Vec<Level>| {
            if counts(kind, call, policies) { levels.as_slice() } else { &[] }
        };
        let scps = counted(PolicyKind::ServiceControl, &policies.scps);
        let rcps = counted(PolicyKind::ResourceControl, &policies.rcps);
        Self {
            resource_control: Gate::levels(call, PolicyKind::ResourceControl, rcps),
            service_control: Gate::levels(call, PolicyKind::ServiceControl, scps),
            endpoint: Gate::optional(call, PolicyKind::Endpoint, &policies.endpoint),
            resource: resource_gate(call, policies),
            identity: Gate::read(call, PolicyKind::Identity, &policies.identity, None),
            boundary: Gate::optional(call, PolicyKind::Boundary, &policies.boundaries),
            session: Gate::optional(call, PolicyKind::Session, &policies.session),
        }
    }

    /// Every `Deny` that applies.
    pub fn denies(&self) -> Vec<Blocker> {
        self.all().flat_map(|gate| gate.denies.iter().map(|hit| gate.deny_blocker(*hit))).collect()
    }

    /// In the order in which AWS evaluates, which is the order of naming.
    fn all(&self) -> impl Iterator<Item = &Gate<'a>> {
        self.resource_control
            .iter()
            .chain(&self.service_control)
            .chain(&self.endpoint)
            .chain([&self.resource, &self.identity])
            .chain(&self.boundary)
            .chain(&self.session)
    }

    /// What the caller's own side lacks: a grant, and consent of boundary and session policies.
    pub fn identity_side(&self, call: &Call<'_>) -> Vec<Blocker> {
        if call.caller().kind == PrincipalKind::Root {
            return Vec::new();
        }
        // Without a session policy such a session can do only what resource-based policies grant
        // to it (GetFederationToken, STS API Reference).
        let bare = call.caller().kind == PrincipalKind::FederatedUser && self.session.is_none();
        let mut blockers = Vec::new();
        if bare {
            let reason = "a federated user session without a session policy has no permissions";
            blockers.push(Blocker {
                cause: Cause::Policy(PolicyKind::Session),
                policies: Vec::new(),
                ..self.identity.implicit(reason.to_owned())
            });
        }
        blockers.extend(self.identity.blocker());
        blockers.extend(self.limits());
        blockers
    }

    /// What boundary and session policies fail to admit.
    pub fn limits(&self) -> Vec<Blocker> {
        self.boundary.iter().chain(&self.session).filter_map(Gate::blocker).collect()
    }

    /// Whether identity policies count only where the resource's policy says so: role trust
    /// policies and key policies.
    pub fn resource_is_sealed(&self) -> bool {
        matches!(self.resource.kind, PolicyKind::Trust | PolicyKind::Key)
    }

    pub fn no_resource_grant(&self, call: &Call<'_>) -> Blocker {
        let kind = self.resource.kind;
        let reason = if self.resource.policies.is_empty() {
            format!("the resource has no {kind} that could admit {}", call.caller().display())
        } else if service_rules::kms_refuses_strangers(call) {
            "KMS does not offer this action to other accounts".to_owned()
        } else {
            format!("the {kind} does not admit {}", call.caller().display())
        };
        self.resource.implicit(reason)
    }

    /// Why the request is allowed, and by which statements.
    pub fn grants(&self, call: &Call<'_>) -> (&'static str, Vec<StatementRef>) {
        let root = call.caller().kind == PrincipalKind::Root;
        let by_resource = self.resource.allow.map(|hit| self.resource.reference(hit));
        let by_identity = self.identity.allow.map(|hit| self.identity.reference(hit));
        match (call.same_account, self.resource.grant, root) {
            (_, Grant::Direct | Grant::Limited, _) if call.same_account || !call.has_identity() => {
                ("the resource's policy grants it", by_resource.into_iter().collect())
            }
            (true, _, true) => ("the root user has full access to its account", Vec::new()),
            (true, Grant::None, _) => {
                ("an identity-based policy grants it", by_identity.into_iter().collect())
            }
            (true, ..) => (
                "an identity-based policy grants it, and the resource's policy trusts the account",
                by_identity.into_iter().chain(by_resource).collect(),
            ),
            (false, _, true) => (
                "the resource's policy admits the caller's account, whose root user needs no policy",
                by_resource.into_iter().collect(),
            ),
            (false, ..) => (
                "both the caller's account and the resource's account grant it",
                by_identity.into_iter().chain(by_resource).collect(),
            ),
        }
    }
}

/// The resource's policy; for a key its grants too. What a key policy gives to other accounts beyond what KMS offers them
/// has no effect.
fn resource_gate<'a>(call: &Call<'_>, policies: &'a Policies) -> Gate<'a> {
    let policy = policies.resource.as_ref();
    let kind = match (sealed_kind(call), policy) {
        (Some(sealed), _) => sealed,
        (None, Some(policy)) => policy.kind,
        (None, None) => PolicyKind::Resource,
    };
    let mut gate = Gate::read(call, kind, policy.map_or(&[], std::slice::from_ref), None);
    if kind == PolicyKind::Key {
        gate.read_more(call, PolicyKind::Grant, &policies.grants);
    }
    if kind == PolicyKind::Key && service_rules::kms_refuses_strangers(call) {
        gate.grant = Grant::None;
    }
    gate
}

/// Roles and keys answer to their own policy even when they have none to show, and whatever kind
/// it was handed in as.
fn sealed_kind(call: &Call<'_>) -> Option<PolicyKind> {
    if service_rules::is_on_role(call) {
        Some(PolicyKind::Trust)
    } else if service_rules::is_on_key(call) {
        Some(PolicyKind::Key)
    } else {
        None
    }
}

/// Whether policies of this kind count for the call at all.
///
/// SCPs limit the users, roles and root users of member accounts, RCPs every caller of member
/// accounts' resources, anonymous ones too. Neither counts for the management account or for
/// service-linked roles ("Service control policies", "Resource control policies", Organizations
/// User Guide).
pub(crate) fn counts(kind: PolicyKind, call: &Call<'_>, policies: &Policies) -> bool {
    let settings = &policies.settings;
    let member = match kind {
        PolicyKind::ServiceControl => {
            call.has_identity() && !settings.principal_account_is_management_account
        }
        PolicyKind::ResourceControl => !settings.resource_account_is_management_account,
        _ => return true,
    };
    member && !settings.principal_is_service_linked_role
}
