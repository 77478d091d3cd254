//! What has been found out about the two accounts, the cluster and the movement's resources.
//!
//! Facts are looked up anew by every command; the journal is asked only for what cannot be looked
//! up (the external id, what was made by us).

use names::{AccountId, Region};

/// The cluster as `DescribeClusters` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// The endpoint's address.
    pub host: String,
    /// The endpoint's port.
    pub port: u16,
    /// The administrator's name.
    pub admin: String,
    /// The secret of a managed administrator password.
    pub admin_secret: Option<String>,
}

/// Facts of one movement. Members that are `None` become known when their step has been looked
/// at or made.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub source_account: AccountId,
    pub target_account: AccountId,
    pub source_region: Region,
    pub target_region: Region,
    /// The ARN that the entry role trusts.
    pub principal: String,
    /// The external id of hop 2, random per movement.
    pub external_id: String,
    /// `arn:aws:redshift:R:A:dbuser:CLUSTER/USER`: what Redshift sends as external id.
    pub db_user_arn: String,
    /// `None` when it does not exist (any more).
    pub cluster: Option<Cluster>,
    pub secret_arn: Option<String>,
    pub secret_key_arn: Option<String>,
    pub target_key_arn: Option<String>,
}

impl Facts {
    /// The chain of UNLOAD's IAM_ROLE: the cluster's role, then the writer.
    pub fn chain(&self, roles: &crate::file::Roles) -> String {
        format!("{},{}", self.source_role(&roles.cluster), self.target_role(&roles.writer))
    }

    pub fn source_role(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.source_account)
    }

    pub fn target_role(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.target_account)
    }
}

/// The ARN to trust for an identity that `sts:GetCallerIdentity` named: a session stands for its
/// role, everybody else for themselves.
pub(crate) fn trusted_arn(caller: &str) -> String {
    let session = caller.split_once(":assumed-role/").and_then(|(head, rest)| {
        let (role, _) = rest.split_once('/')?;
        Some(format!("{}:role/{role}", head.replace(":sts:", ":iam:")))
    });
    session.unwrap_or_else(|| caller.to_owned())
}
