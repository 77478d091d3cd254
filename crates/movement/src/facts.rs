//! What has been found out about the two accounts, the cluster and the movement's resources.
//!
//! Facts are looked up anew by every command; the journal is asked only for what cannot be looked
//! up (the external id, what was made by us).

use names::{AccountId, Region};

use crate::file::{Place, Roles};

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
    pub warehouse_account: AccountId,
    pub store_account: AccountId,
    pub warehouse_region: Region,
    pub store_region: Region,
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
    pub store_key_arn: Option<String>,
    /// Whether the cluster's role reaches the data through a second role. On the way in, within one
    /// account, the cluster's role reads by itself.
    pub chained: bool,
}

impl Facts {
    /// What IAM_ROLE names: the cluster's role, then the data's where there is a chain.
    pub fn chain(&self, roles: &Roles) -> String {
        let cluster = self.warehouse_role(&roles.cluster);
        if self.chained { format!("{cluster},{}", self.store_role(&roles.data)) } else { cluster }
    }

    /// The role that touches the data.
    pub fn data_role(&self, roles: &Roles) -> String {
        match self.chained {
            true => self.store_role(&roles.data),
            false => self.warehouse_role(&roles.cluster),
        }
    }

    /// The DynamoDB table of a movement.
    pub fn table_arn(&self, table: &str) -> String {
        let (region, account) = (&self.store_region, &self.store_account);
        format!("arn:aws:dynamodb:{region}:{account}:table/{table}")
    }

    /// The service through which the data's key is used (`kms:ViaService`).
    pub fn store_service(&self, place: &Place) -> String {
        let service = if matches!(place, Place::Table(_)) { "dynamodb" } else { "s3" };
        format!("{service}.{}.amazonaws.com", self.store_region)
    }

    pub fn warehouse_role(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.warehouse_account)
    }

    pub fn store_role(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.store_account)
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
