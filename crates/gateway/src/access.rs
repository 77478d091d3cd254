//! What an operation needs to be allowed: the answer of its access function.

use std::fmt::Display;

use names::AccountId;
use policy::{PolicyKind, PublicAccessBlock};

use crate::{Fault, WebIdentity};

/// Every check that must allow before the handler runs.
///
/// There is no way to say "allow": an access that needs no permission says why, as
/// [`Access::open_to_all_authenticated`].
#[derive(Debug, Default)]
pub struct Access {
    /// Why nothing need be asked. INVARIANT (closed by default): without it, and without a check,
    /// the call is refused.
    pub(crate) open: Option<&'static str>,
    pub(crate) checks: Vec<Check>,
    pub(crate) resources: Vec<String>,
    /// Who the unsigned caller turned out to be.
    pub(crate) identity: Option<WebIdentity>,
}

impl Access {
    /// One check.
    pub fn to(check: Check) -> Self {
        Self::default().and(check)
    }

    /// One more check; all must allow.
    #[must_use]
    pub fn and(mut self, mut check: Check) -> Self {
        if let Some(also) = check.also.take() {
            self = self.and(*also);
        }
        self.resources.push(check.resource.clone());
        self.checks.push(check);
        self
    }

    /// The unsigned caller has proved this identity by a token, which the access function verified;
    /// the checks and the handler are its.
    #[must_use]
    pub fn as_web_identity(self, identity: WebIdentity) -> Self {
        Self { identity: Some(identity), ..self }
    }

    /// One more check, on something that the request does not name: the audit record leaves it out.
    #[must_use]
    pub fn also(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// No permission is needed, by the documentation of the operation; `reason` says where.
    pub fn open_to_all_authenticated(reason: &'static str) -> Self {
        Self { open: Some(reason), ..Self::default() }
    }
}

/// One question to the policy engine.
#[derive(Debug)]
pub struct Check {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) owner: Option<AccountId>,
    pub(crate) guard: Option<GuardPolicy>,
    pub(crate) grants: Vec<GuardPolicy>,
    pub(crate) context: Vec<(String, Vec<String>)>,
    pub(crate) no_resource_types: bool,
    pub(crate) public_access_block: PublicAccessBlock,
    pub(crate) denied: Option<Fault>,
    pub(crate) also: Option<Box<Check>>,
}

/// A policy that guards the resource itself: bucket, key, trust or secret policy.
#[derive(Debug, Clone)]
pub struct GuardPolicy {
    /// Which kind of policy it is.
    pub kind: PolicyKind,
    /// How an explanation names it, such as `trust policy of role S3-Write-Role`.
    pub name: String,
    /// The document's JSON.
    pub document: String,
}

impl Check {
    /// May the caller perform `action` (such as `s3:GetObject`) on `resource` (an ARN)?
    pub fn new(action: &str, resource: impl Display) -> Self {
        Self {
            action: action.to_owned(),
            resource: resource.to_string(),
            owner: None,
            guard: None,
            grants: Vec::new(),
            context: Vec::new(),
            no_resource_types: false,
            public_access_block: PublicAccessBlock::default(),
            denied: None,
            also: None,
        }
    }

    /// For actions without resource types, such as `s3:ListAllMyBuckets`.
    pub fn on_everything(action: &str) -> Self {
        Self { no_resource_types: true, ..Self::new(action, "*") }
    }

    /// The account that owns the resource; the caller's when not said.
    #[must_use]
    pub fn owned_by(mut self, account: &AccountId) -> Self {
        self.owner = Some(account.clone());
        self
    }

    /// The policy that guards the resource.
    #[must_use]
    pub fn guarded_by(mut self, guard: Option<GuardPolicy>) -> Self {
        self.guard = guard;
        self
    }

    /// KMS grants on the resource, each written as a policy; they count beside the key's own.
    #[must_use]
    pub fn granted_by(mut self, grants: Vec<GuardPolicy>) -> Self {
        self.grants = grants;
        self
    }

    /// A condition key of the request.
    #[must_use]
    pub fn with(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.with_all(key, [value.into()])
    }

    /// A condition key that the request may lack.
    #[must_use]
    pub fn with_some(self, key: impl Into<String>, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// A multivalued condition key.
    #[must_use]
    pub fn with_all(
        mut self,
        key: impl Into<String>,
        values: impl IntoIterator<Item = String>,
    ) -> Self {
        let (key, values) = (key.into(), values.into_iter().collect::<Vec<_>>());
        if let Some(also) = &mut self.also {
            also.context.push((key.clone(), values.clone()));
        }
        self.context.push((key, values));
        self
    }

    /// A second check of the same request, under another policy, that must allow as well: a
    /// bucket's beside its access point's. Condition keys added from here on count for both.
    #[must_use]
    pub fn beside(mut self, other: Check) -> Self {
        self.also = Some(Box::new(other));
        self
    }

    /// S3's Block Public Access of the bucket and its account together.
    #[must_use]
    pub fn under(mut self, block: PublicAccessBlock) -> Self {
        self.public_access_block = block;
        self
    }

    /// What a denial of this check says instead of AWS's general sentence.
    #[must_use]
    pub fn or_say(mut self, fault: Fault) -> Self {
        self.denied = Some(fault);
        self
    }
}
