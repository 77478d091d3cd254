//! What is asked, and who is meant by a principal's text.
//!
//! Knows nothing of APIs. Start at [`Question`].

use names::{AccountId, Arn};

use crate::AccessError;

/// May this principal do this to this resource?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The ARN of a user, a role, an assumed-role session, an account's root or an identity
    /// provider; a service's name such as `redshift.amazonaws.com`; `anonymous`.
    pub principal: String,
    /// Such as `s3:GetObject`.
    pub action: String,
    /// The resource's ARN, or `*` for actions that take none.
    pub resource: String,
    /// Condition keys of the request; no values means that the request does not carry the key.
    pub context: Vec<(String, Vec<String>)>,
}

impl Question {
    /// A question without condition keys of its own.
    pub fn new(
        principal: impl Into<String>,
        action: impl Into<String>,
        resource: impl Into<String>,
    ) -> Self {
        let (principal, action, resource) = (principal.into(), action.into(), resource.into());
        Self { principal, action, resource, context: Vec::new() }
    }

    /// With one more condition key.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.push((key.into(), vec![value.into()]));
        self
    }

    /// The service before the colon of the action, in lower case.
    pub(crate) fn service(&self) -> Result<String, AccessError> {
        let malformed = || AccessError::Malformed {
            text: self.action.clone(),
            expected: "an action such as s3:GetObject",
        };
        let (service, name) = self.action.split_once(':').ok_or_else(malformed)?;
        let plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if plain(service) && plain(name) { Ok(service.to_lowercase()) } else { Err(malformed()) }
    }

    /// The resource as an ARN; `None` for `*`.
    pub(crate) fn arn(&self) -> Result<Option<Arn>, AccessError> {
        if self.resource == "*" {
            return Ok(None);
        }
        self.resource.parse().map(Some).map_err(|_| AccessError::Malformed {
            text: self.resource.clone(),
            expected: "the ARN of a resource, or `*` for an action that takes none",
        })
    }

    /// Whether this is the action, in any case.
    pub(crate) fn is(&self, action: &str) -> bool {
        self.action.eq_ignore_ascii_case(action)
    }
}

/// A principal's text, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    User { account: AccountId, name: String },
    Role { account: AccountId, name: String },
    Session { account: AccountId, role: String, session: String },
    Root { account: AccountId },
    Service(String),
    Provider { account: AccountId },
    Anonymous,
}

impl Subject {
    /// Understands the text.
    pub fn parse(text: &str) -> Result<Self, AccessError> {
        if matches!(text, "anonymous" | "*") {
            return Ok(Self::Anonymous);
        }
        if !text.contains(':') && text.contains(".amazonaws.com") {
            return Ok(Self::Service(text.to_owned()));
        }
        if let Ok(account) = text.parse::<AccountId>() {
            return Ok(Self::Root { account });
        }
        text.parse::<Arn>().ok().and_then(|arn| Self::of(&arn)).ok_or_else(|| {
            let expected = "a principal: the ARN of a user, role, assumed-role session or account \
                            root, a service such as redshift.amazonaws.com, or `anonymous`";
            AccessError::Malformed { text: text.to_owned(), expected }
        })
    }

    fn of(arn: &Arn) -> Option<Self> {
        let account = arn.account.clone()?;
        let (kind, rest) = arn.resource_parts();
        let name = rest.rsplit('/').next().filter(|name| !name.is_empty())?.to_owned();
        match (arn.service.as_str(), kind) {
            ("iam", "") if rest == "root" => Some(Self::Root { account }),
            ("iam", "user") => Some(Self::User { account, name }),
            ("iam", "role") => Some(Self::Role { account, name }),
            ("iam", "oidc-provider" | "saml-provider") => Some(Self::Provider { account }),
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/')?;
                Some(Self::Session { account, role: role.to_owned(), session: session.to_owned() })
            }
            _ => None,
        }
    }
}
