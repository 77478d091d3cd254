//! Who makes a call, as the platform knows it after authentication.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

/// A caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Principal {
    /// The root user of an account.
    Root {
        /// The account.
        account: AccountId,
    },
    /// An IAM user with a long-term key, or with a session of its own (GetSessionToken).
    User(User),
    /// A session of a role.
    Role(RoleSession),
    /// A session of GetFederationToken.
    Federated(FederatedUser),
    /// Somebody whom an identity provider vouches for, before there is a session.
    Web(WebIdentity),
    /// An AWS service on its own behalf, such as a Redshift cluster assuming a role.
    Service(ServicePrincipal),
    /// Nobody: an unsigned request.
    Anonymous,
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The user's account.
    pub account: AccountId,
    /// `/` or `/division/team/`.
    pub path: String,
    /// The name.
    pub name: String,
    /// `AIDA…`.
    pub id: String,
    /// Tags of the user.
    pub tags: BTreeMap<String, String>,
    /// Present when temporary credentials of the user are used.
    pub session: Option<SessionFacts>,
}

/// A session of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleSession {
    /// The role's account, in which the session works.
    pub account: AccountId,
    /// The role's path, `/` or `/service-role/`.
    pub role_path: String,
    /// The role's name.
    pub role_name: String,
    /// `AROA…`.
    pub role_id: String,
    /// The name that the caller of AssumeRole gave.
    pub session_name: String,
    /// Principal tags: inherited transitive tags, passed tags, role tags, in that order of rank.
    pub tags: BTreeMap<String, String>,
    /// What a session carries.
    pub session: SessionFacts,
}

/// A session that an IAM user made for somebody by GetFederationToken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FederatedUser {
    /// The name given in the call.
    pub name: String,
    /// The user who federated, whose policies are the most that the session may do. Its session
    /// is the federated one.
    pub user: User,
}

/// Who a verified token of an OpenID Connect provider speaks of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebIdentity {
    /// ARN of the provider's record in IAM.
    pub provider: String,
    /// The issuer without its scheme, such as `token.example.com`.
    pub issuer: String,
    /// The audience that the token is for.
    pub audience: String,
    /// Whom the issuer calls so.
    pub subject: String,
}

/// What temporary credentials carry beside the identity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionFacts {
    /// When the credentials were issued.
    pub issued_at: DateTime<Utc>,
    /// When they end.
    pub expires_at: DateTime<Utc>,
    /// Set once, kept through a chain.
    pub source_identity: Option<String>,
    /// Names of the tags that the next role of a chain inherits.
    pub transitive_tag_keys: Vec<String>,
    /// Documents of the inline session policy and of the managed ones passed, with their names.
    pub policies: Vec<(String, String)>,
    /// Whether multi-factor authentication was used.
    pub mfa: bool,
}

/// A service acting for itself, with the resource it acts for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServicePrincipal {
    /// Such as `redshift.amazonaws.com`.
    pub name: String,
    /// Other names that policies may use for it, such as `redshift.eu-west-1.amazonaws.com`.
    pub aliases: Vec<String>,
    /// Account of the resource it acts for.
    pub source_account: AccountId,
    /// The resource it acts for.
    pub source_arn: String,
}

impl Principal {
    /// The account the caller works in. A service works in that of its resource.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Root { account } => Some(account),
            Self::User(user) => Some(&user.account),
            Self::Role(role) => Some(&role.account),
            Self::Federated(federated) => Some(&federated.user.account),
            Self::Service(service) => Some(&service.source_account),
            Self::Web(_) | Self::Anonymous => None,
        }
    }

    /// The ARN that GetCallerIdentity and denials show; a service's name stands for itself.
    pub fn arn(&self) -> String {
        match self {
            Self::Root { account } => Arn::new("iam", None, Some(account), "root").to_string(),
            Self::User(user) => user.arn(),
            Self::Role(role) => {
                let resource = format!("assumed-role/{}/{}", role.role_name, role.session_name);
                Arn::new("sts", None, Some(&role.account), resource).to_string()
            }
            Self::Federated(federated) => {
                let resource = format!("federated-user/{}", federated.name);
                Arn::new("sts", None, Some(&federated.user.account), resource).to_string()
            }
            Self::Web(identity) => identity.principal_id(),
            Self::Service(service) => service.name.clone(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }

    /// `aws:PrincipalArn`: the role's ARN for a session, else [`Principal::arn`].
    pub fn principal_arn(&self) -> String {
        match self {
            Self::Role(role) => role.role_arn(),
            _ => self.arn(),
        }
    }

    /// `aws:userid` and the `UserId` of GetCallerIdentity.
    pub fn user_id(&self) -> String {
        match self {
            Self::Root { account } => account.to_string(),
            Self::User(user) => user.id.clone(),
            Self::Role(role) => format!("{}:{}", role.role_id, role.session_name),
            Self::Federated(federated) => format!("{}:{}", federated.user.account, federated.name),
            Self::Web(identity) => identity.principal_id(),
            Self::Service(service) => service.name.clone(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }

    /// What the session carries, when temporary credentials are used.
    pub fn session(&self) -> Option<&SessionFacts> {
        match self {
            Self::User(user) => user.session.as_ref(),
            Self::Role(role) => Some(&role.session),
            Self::Federated(federated) => federated.user.session.as_ref(),
            _ => None,
        }
    }

    /// `aws:PrincipalTag/…`.
    pub fn tags(&self) -> impl Iterator<Item = (&String, &String)> {
        let tags = match self {
            Self::User(user) => Some(&user.tags),
            Self::Role(role) => Some(&role.tags),
            Self::Federated(federated) => Some(&federated.user.tags),
            _ => None,
        };
        tags.into_iter().flatten()
    }

    /// The caller in the policy engine's terms.
    pub fn for_policy(&self) -> policy::Principal {
        use policy::PrincipalKind as Kind;
        let kind = match self {
            Self::Root { .. } => Kind::Root,
            Self::User(_) => Kind::User,
            Self::Role(_) => Kind::Session,
            Self::Federated(_) => Kind::FederatedUser,
            Self::Web(identity) => {
                let arn = Some(identity.provider.clone());
                return policy::Principal { kind: Kind::Other, arn, role_arn: None, account: None };
            }
            Self::Service(service) => return policy::Principal::service(&service.name),
            Self::Anonymous => return policy::Principal::anonymous(),
        };
        let role_arn = match self {
            Self::Role(role) => Some(role.role_arn()),
            Self::Federated(federated) => Some(federated.user.arn()),
            _ => None,
        };
        policy::Principal {
            kind,
            arn: Some(self.arn()),
            role_arn,
            account: self.account().cloned(),
        }
    }
}

impl User {
    /// The user's ARN, with its path.
    pub fn arn(&self) -> String {
        let resource = format!("user{}{}", self.path, self.name);
        Arn::new("iam", None, Some(&self.account), resource).to_string()
    }
}

impl WebIdentity {
    /// Provider, audience and subject, as CloudTrail's `principalId` has them.
    pub fn principal_id(&self) -> String {
        format!("{}:{}:{}", self.provider, self.audience, self.subject)
    }
}

impl RoleSession {
    /// The role's ARN, with its path.
    pub fn role_arn(&self) -> String {
        let resource = format!("role{}{}", self.role_path, self.role_name);
        Arn::new("iam", None, Some(&self.account), resource).to_string()
    }
}
