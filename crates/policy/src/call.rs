//! A request made ready for matching: everything that many statements ask for is worked out once.
//!
//! Knows nothing of policies' contents. Start at [`Call::new`].

use std::borrow::Cow;

use crate::arn::SplitArn;
use crate::doubt::Doubt;
use crate::keys::Keys;
use crate::policies::Policies;
use crate::request::{Principal, PrincipalKind, Request};

/// A request as statements see it.
pub(crate) struct Call<'a> {
    pub request: &'a Request,
    /// The service before the colon of the action, in lower case.
    pub service: String,
    /// The action's name after the colon, in lower case.
    pub action_name: String,
    pub target: Target<'a>,
    pub keys: Keys<'a>,
    /// The caller's role with its path; for a federated-user session the user who federated.
    pub role_arn: Option<Cow<'a, str>>,
    /// Whether the caller has a permissions boundary.
    pub has_boundary: bool,
    /// Whether caller and resource belong to one account.
    pub same_account: bool,
    /// Keys whose values nobody knows; a real request has none.
    pub doubt: Option<Doubt<'a>>,
}

/// What the call is made on.
pub(crate) enum Target<'a> {
    /// Nothing in particular: the action takes no resource.
    None,
    Arn(SplitArn<'a>),
    /// A text that is no ARN; only `*` covers it.
    Name,
}

impl<'a> Call<'a> {
    pub fn new(request: &'a Request, policies: &Policies) -> Self {
        let (service, action_name) = request.action.split_once(':').unwrap_or(("", ""));
        let target = Target::of(request);
        let hide_bucket_tags =
            policies.settings.bucket_abac_enabled == Some(false) && target.is_bucket();
        Self {
            request,
            service: service.to_lowercase(),
            action_name: action_name.to_lowercase(),
            keys: Keys::new(&request.context, hide_bucket_tags),
            role_arn: role_arn(&request.principal),
            has_boundary: !policies.boundaries.is_empty(),
            same_account: same_account(request, &target),
            target,
            doubt: None,
        }
    }

    pub fn caller(&self) -> &'a Principal {
        &self.request.principal
    }

    pub fn caller_account(&self) -> Option<&'a str> {
        self.request.principal.account.as_ref().map(names::AccountId::as_str)
    }

    /// Whether this is the action, given in lower case.
    pub fn is(&self, service: &str, action_name: &str) -> bool {
        self.service == service && self.action_name == action_name
    }

    /// Whether the caller has an account and policies of its own.
    pub fn has_identity(&self) -> bool {
        use PrincipalKind::{Anonymous, Other, Service};
        !matches!(self.caller().kind, Anonymous | Other | Service)
    }
}

impl<'a> Target<'a> {
    fn of(request: &'a Request) -> Self {
        if request.action_has_no_resource_types || request.resource == "*" {
            return Self::None;
        }
        SplitArn::new(&request.resource).map_or(Self::Name, Self::Arn)
    }

    fn is_bucket(&self) -> bool {
        matches!(self, Self::Arn(arn) if arn.service() == "s3" && !arn.resource().contains('/'))
    }
}

/// A role named as the caller counts as a session of itself; a session whose role is not told has
/// the role of its own name, without a path.
fn role_arn(principal: &Principal) -> Option<Cow<'_, str>> {
    if let Some(role) = &principal.role_arn {
        return Some(Cow::Borrowed(role));
    }
    let text = principal.arn.as_deref()?;
    match principal.kind {
        PrincipalKind::Role => Some(Cow::Borrowed(text)),
        PrincipalKind::Session => {
            let arn = SplitArn::new(text)?;
            let (name, _) = arn.resource().strip_prefix("assumed-role/")?.split_once('/')?;
            let (partition, account) = (arn.partition(), arn.account());
            Some(Cow::Owned(format!("arn:{partition}:iam::{account}:role/{name}")))
        }
        _ => None,
    }
}

/// The owner is the account that is told, else the one in the ARN. A resource whose owner nobody
/// knows is foreign when it could be anybody's (S3), and the caller's own when the call is on no
/// resource at all.
fn same_account(request: &Request, target: &Target<'_>) -> bool {
    let Some(caller) = &request.principal.account else { return false };
    match (&request.resource_account, target) {
        (Some(owner), _) => owner == caller,
        (None, Target::Arn(arn)) => arn.account() == caller.as_str(),
        (None, Target::None | Target::Name) => true,
    }
}
