//! Amazon Resource Names.

use std::fmt;
use std::str::FromStr;

use crate::{AccountId, NameError, Region};

/// `arn:partition:service:region:account:resource`.
///
/// Region and account may be empty (S3, IAM); the resource may hold colons.
/// Form: "Amazon Resource Names (ARNs)" in the IAM User Guide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The service's namespace, such as `iam`.
    pub service: String,
    /// The Region, absent for global services.
    pub region: Option<Region>,
    /// The owning account; absent for S3 buckets, and for AWS's own resources
    /// (`arn:aws:iam::aws:policy/…`), whose `aws` stands in [`Arn::owned_by_aws`].
    pub account: Option<AccountId>,
    /// Whether the account field reads `aws`.
    pub owned_by_aws: bool,
    /// Everything after the fifth colon.
    pub resource: String,
}

impl Arn {
    /// An ARN of the `aws` partition.
    pub fn new(
        service: &str,
        region: Option<&Region>,
        account: Option<&AccountId>,
        resource: impl Into<String>,
    ) -> Self {
        Self {
            partition: "aws".to_owned(),
            service: service.to_owned(),
            region: region.cloned(),
            account: account.cloned(),
            owned_by_aws: false,
            resource: resource.into(),
        }
    }

    /// The resource split at its first `/` or `:`, as `role/path/name` gives (`role`, `path/name`).
    pub fn resource_parts(&self) -> (&str, &str) {
        self.resource.split_once(['/', ':']).unwrap_or(("", &self.resource))
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.region.as_ref().map_or("", Region::as_str);
        let account = match (&self.account, self.owned_by_aws) {
            (Some(account), _) => account.as_str(),
            (None, true) => "aws",
            (None, false) => "",
        };
        let Self { partition, service, resource, .. } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

impl FromStr for Arn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let malformed = || NameError::new(text, "an ARN");
        let mut fields = text.splitn(6, ':');
        let mut next = || fields.next().ok_or_else(malformed);
        let (prefix, partition, service) = (next()?, next()?, next()?);
        let (region, account, resource) = (next()?, next()?, next()?);
        if prefix != "arn" || partition.is_empty() || service.is_empty() || resource.is_empty() {
            return Err(malformed());
        }
        let optional = |part: &str| (!part.is_empty()).then(|| part.to_owned());
        let owned_by_aws = account == "aws";
        let account = optional(account).filter(|_| !owned_by_aws);
        Ok(Self {
            partition: partition.to_owned(),
            service: service.to_owned(),
            region: optional(region).map(|r| r.parse()).transpose().map_err(|_| malformed())?,
            account: account.map(|a| a.parse()).transpose().map_err(|_| malformed())?,
            owned_by_aws,
            resource: resource.to_owned(),
        })
    }
}

impl serde::Serialize for Arn {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Arn {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
