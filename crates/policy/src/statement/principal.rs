//! `Principal` and `NotPrincipal`: who is meant, and what a grant to them is worth.
//!
//! Follows "AWS JSON policy elements: Principal", "NotPrincipal" and, for the worth of a grant,
//! "Evaluating policies within a single account" (IAM User Guide).

use crate::arn::SplitArn;
use crate::call::Call;
use crate::request::PrincipalKind;

/// What an `Allow` of a resource's policy gives the caller, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Nothing.
    None,
    /// The account may hand it on: an identity policy is needed.
    Delegated,
    /// No identity policy is needed, but boundary and session policies limit it.
    Limited,
    /// Stands alone.
    Direct,
}

/// The principals of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Principals {
    negated: bool,
    names: Vec<Name>,
}

/// One principal as a policy names it, with the text it was written as.
#[derive(Debug, Clone)]
struct Name {
    kind: NameKind,
    /// What it is compared with.
    text: String,
    category: String,
    /// As it stands in the policy.
    source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameKind {
    Everyone,
    /// The text is the twelve digits.
    Account,
    User,
    Role,
    /// An assumed-role or federated-user session.
    Session,
    Service,
    Federated,
    /// The unique id that IAM stores in place of a user or role (`AIDA…`, `AROA…`): it stands in
    /// for an entity that may have been deleted and matches no other of the same name.
    UniqueId,
    /// Something that matches nobody: a partial wildcard, a group, an unknown form.
    Nobody,
}

impl Principals {
    /// Reads `"*"`, which is the only principal that stands without a type.
    pub fn from_text(negated: bool, text: &str) -> Self {
        let kind = if text == "*" { NameKind::Everyone } else { NameKind::Nobody };
        Self { negated, names: vec![Name::new(kind, text, "*", text)] }
    }

    /// Reads pairs of type (`AWS`, `Service`, …) and value.
    pub fn from_pairs<'a>(
        negated: bool,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let names = pairs.into_iter().map(|(category, text)| Name::parse(category, text));
        Self { negated, names: names.collect() }
    }

    /// What an `Allow` with this element gives the caller.
    pub fn granted(&self, call: &Call<'_>) -> Grant {
        let best = self.names.iter().map(|name| name.worth(call)).max().unwrap_or(Grant::None);
        match (self.negated, best) {
            (false, best) => best,
            (true, Grant::None) if !self.names.is_empty() => Grant::Direct,
            (true, _) => Grant::None,
        }
    }

    /// Whether a `Deny` with this element is meant for the caller.
    pub fn denied(&self, call: &Call<'_>) -> Grant {
        let named = if self.negated {
            // Whoever has a permissions boundary is denied even when listed.
            call.has_boundary || !self.names.iter().any(|name| name.exempts(call))
        } else {
            self.names.iter().any(|name| name.worth(call) != Grant::None)
        };
        if named { Grant::Direct } else { Grant::None }
    }

    pub fn negated(&self) -> bool {
        self.negated
    }

    /// The names as written, with their types (`AWS`, `Service`, …).
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(|name| (name.category.as_str(), name.source.as_str()))
    }

    /// Whether everyone is named, anonymous callers included.
    pub fn everyone(&self) -> bool {
        self.names.iter().any(|name| name.kind == NameKind::Everyone)
    }

    /// Whether an identity provider is named.
    pub fn federated(&self) -> bool {
        self.names.iter().any(|name| name.kind == NameKind::Federated)
    }
}

impl Name {
    fn new(kind: NameKind, text: &str, category: &str, source: &str) -> Self {
        let [text, category, source] = [text, category, source].map(str::to_owned);
        Self { kind, text, category, source }
    }

    fn parse(category: &str, source: &str) -> Self {
        let (kind, text) = match category {
            "AWS" => Self::parse_aws(source),
            "Service" if !source.contains('*') => (NameKind::Service, source),
            "Federated" if !source.contains('*') => (NameKind::Federated, source),
            // `CanonicalUser` is an account under another name; S3 stores it as the account.
            _ => (NameKind::Nobody, source),
        };
        Self::new(kind, text, category, source)
    }

    fn parse_aws(text: &str) -> (NameKind, &str) {
        if text == "*" {
            return (NameKind::Everyone, text);
        }
        if is_account(text) {
            return (NameKind::Account, text);
        }
        if ["AROA", "AIDA"].iter().any(|prefix| text.starts_with(prefix)) {
            return (NameKind::UniqueId, text);
        }
        let Some(arn) = SplitArn::new(text).filter(|_| !text.contains(['*', '?'])) else {
            return (NameKind::Nobody, text);
        };
        let (service, path) = (arn.service(), arn.resource());
        let is = |start: &str| path.starts_with(start);
        match service {
            "iam" if path == "root" && is_account(arn.account()) => {
                (NameKind::Account, arn.account())
            }
            "iam" if is("user/") => (NameKind::User, text),
            "iam" if is("role/") => (NameKind::Role, text),
            "sts" if is("assumed-role/") || is("federated-user/") => (NameKind::Session, text),
            _ => (NameKind::Nobody, text),
        }
    }

    /// What it is worth to the caller to be named so.
    fn worth(&self, call: &Call<'_>) -> Grant {
        use PrincipalKind::{FederatedUser, Other, Role, Service, Session, User};
        let caller = call.caller();
        let is_arn = |kinds: &[PrincipalKind]| {
            kinds.contains(&caller.kind) && caller.arn.as_deref() == Some(&self.text)
        };
        let is_role = |kinds: &[PrincipalKind]| {
            kinds.contains(&caller.kind) && call.role_arn.as_deref() == Some(&self.text)
        };
        let when = |applies, grant| if applies { grant } else { Grant::None };
        match self.kind {
            NameKind::Everyone => Grant::Direct,
            NameKind::Account => when(call.caller_account() == Some(&self.text), Grant::Delegated),
            NameKind::User if is_arn(&[User]) => Grant::Direct,
            // The user who federated stands where a session has its role.
            NameKind::User => when(is_role(&[FederatedUser]), Grant::Limited),
            NameKind::Role => when(is_role(&[Session, Role]), Grant::Limited),
            NameKind::Session => when(is_arn(&[Session, FederatedUser]), Grant::Direct),
            NameKind::Service => {
                when(is_arn(&[Service]) || self.is_other_service_name(call), Grant::Direct)
            }
            NameKind::Federated => when(is_arn(&[Other]), Grant::Direct),
            NameKind::UniqueId => self.unique_id_worth(call),
            NameKind::Nobody => Grant::None,
        }
    }

    /// A service goes by several names, global and regional; `aws:PrincipalServiceNamesList` has
    /// them all ("AWS global condition context keys", IAM User Guide).
    fn is_other_service_name(&self, call: &Call<'_>) -> bool {
        let names = call.keys.values("aws:principalservicenameslist").unwrap_or(&[]);
        call.caller().kind == PrincipalKind::Service && names.contains(&self.text)
    }

    /// `aws:userid` is `AIDA…` for a user and `AROA…:session` for a session.
    fn unique_id_worth(&self, call: &Call<'_>) -> Grant {
        let userid = call.keys.single("aws:userid").unwrap_or("");
        match (call.caller().kind, userid.split_once(':')) {
            (PrincipalKind::User, None) if userid == self.text => Grant::Direct,
            (PrincipalKind::Session, Some((role, _))) if role == self.text => Grant::Limited,
            _ => Grant::None,
        }
    }

    /// Whether `NotPrincipal` of a `Deny` spares the caller when it lists this name. An account
    /// spares its root user only.
    fn exempts(&self, call: &Call<'_>) -> bool {
        let root = call.caller().kind == PrincipalKind::Root;
        self.worth(call) != Grant::None && (self.kind != NameKind::Account || root)
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
