//! Access control lists: who is granted what ("Access control list (ACL) overview", S3 User Guide).
//!
//! A list names accounts by their canonical ids, or groups. It only ever grants, and only where
//! the bucket's ownership leaves lists in force; the engine decides on it as on a bucket policy,
//! because [`statements`] says it in the policy language. Knows no operations and no state.
//!
//! Start reading at [`RequestedAcl::resolve`] (from a request) and [`statements`] (to a decision).

use ::policy::PublicAccessBlock;
use gateway::{Check, Cx, Fault, Principal};
use names::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access;
use super::faults;
use super::ownership::canonical_id;

/// Most grants of one list.
const MAX_GRANTS: usize = 100;
const GROUPS: &str = "http://acs.amazonaws.com/groups/";

/// To whom something is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Grantee {
    /// An account, by its canonical id.
    Account(String),
    /// Everybody, without a signature too.
    AllUsers,
    /// Everybody who signs, of whatever account.
    AuthenticatedUsers,
    /// S3's own delivery of access logs.
    LogDelivery,
}

/// What is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Permission {
    /// All of the others.
    FullControl,
    /// Listing a bucket, reading an object.
    Read,
    /// Writing objects into a bucket.
    Write,
    /// Reading the list.
    ReadAcp,
    /// Writing the list.
    WriteAcp,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

impl Grantee {
    fn of_uri(uri: &str, argument: &str) -> Result<Self, Fault> {
        match uri.strip_prefix(GROUPS) {
            Some("global/AllUsers") => Ok(Self::AllUsers),
            Some("global/AuthenticatedUsers") => Ok(Self::AuthenticatedUsers),
            Some("s3/LogDelivery") => Ok(Self::LogDelivery),
            _ => Err(faults::invalid_argument("Invalid group uri", argument, uri)),
        }
    }

    /// By a canonical id. Whether an account has it cannot be told from it.
    fn of_id(id: &str, argument: &str) -> Result<Self, Fault> {
        let plausible = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        match plausible {
            true => Ok(Self::Account(id.to_ascii_lowercase())),
            false => Err(faults::invalid_argument("Invalid id", argument, id)),
        }
    }

    fn is_public(&self) -> bool {
        matches!(self, Self::AllUsers | Self::AuthenticatedUsers)
    }

    fn shown(&self) -> Value {
        let group = |path: &str| json!({ "Type": "Group", "URI": format!("{GROUPS}{path}") });
        match self {
            Self::Account(id) => json!({ "Type": "CanonicalUser", "ID": id }),
            Self::AllUsers => group("global/AllUsers"),
            Self::AuthenticatedUsers => group("global/AuthenticatedUsers"),
            Self::LogDelivery => group("s3/LogDelivery"),
        }
    }
}

impl Permission {
    fn includes(self, other: Self) -> bool {
        self == Self::FullControl || self == other
    }
}

/// A list as answers show it; an empty one is the owner's alone.
pub(super) fn shown(owner: &AccountId, grants: &[Grant]) -> Vec<Value> {
    let own = [full_control(owner)];
    let grants = if grants.is_empty() { &own } else { grants };
    let line =
        |grant: &Grant| json!({ "Grantee": grant.grantee.shown(), "Permission": grant.permission });
    grants.iter().map(line).collect()
}

fn full_control(account: &AccountId) -> Grant {
    let grantee = Grantee::Account(canonical_id(account));
    Grant { grantee, permission: Permission::FullControl }
}

/// Whether a list grants anything to the public.
pub(super) fn is_public(grants: &[Grant]) -> bool {
    grants.iter().any(|grant| grant.grantee.is_public())
}

/// The permission in a list that an action needs ("Mapping of ACL permissions and access policy
/// permissions"); none for actions that no list grants.
fn needed(action: &str) -> Option<Permission> {
    Some(match action {
        "s3:GetObject"
        | "s3:GetObjectVersion"
        | "s3:ListBucket"
        | "s3:ListBucketVersions"
        | "s3:ListBucketMultipartUploads" => Permission::Read,
        "s3:PutObject" => Permission::Write,
        "s3:GetObjectAcl" | "s3:GetObjectVersionAcl" | "s3:GetBucketAcl" => Permission::ReadAcp,
        "s3:PutObjectAcl" | "s3:PutObjectVersionAcl" | "s3:PutBucketAcl" => Permission::WriteAcp,
        _ => return None,
    })
}

/// What a list grants the caller of an action, as statements of a policy on the resource. With
/// full control of another's object a bucket's owner may do everything with it.
pub(super) fn statements(
    cx: &Cx,
    block: &PublicAccessBlock,
    grants: &[Grant],
    action: &str,
    full_control_is_all: bool,
) -> Vec<Value> {
    let id = cx.principal().account().map(canonical_id);
    let counts = |grant: &&Grant| {
        let of_caller = match &grant.grantee {
            Grantee::Account(granted) => Some(granted) == id.as_ref(),
            Grantee::AllUsers => !block.ignore_public_acls,
            Grantee::AuthenticatedUsers => {
                !block.ignore_public_acls && *cx.principal() != Principal::Anonymous
            }
            Grantee::LogDelivery => false,
        };
        let enough = match needed(action) {
            Some(needed) => grant.permission.includes(needed),
            None => full_control_is_all && grant.permission == Permission::FullControl,
        };
        of_caller && enough
    };
    let statement = |grant: &Grant| {
        let principal = match (&grant.grantee, cx.principal().account()) {
            (Grantee::Account(_) | Grantee::AuthenticatedUsers, Some(account)) => {
                json!({ "AWS": account })
            }
            _ => json!("*"),
        };
        json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*" })
    };
    grants.iter().filter(counts).map(statement).collect()
}

/// What the headers of a request say of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RequestedAcl {
    #[serde(rename = "ACL")]
    pub canned: Option<String>,
    #[serde(rename = "GrantFullControl")]
    full_control: Option<String>,
    #[serde(rename = "GrantRead")]
    read: Option<String>,
    #[serde(rename = "GrantReadACP")]
    read_acp: Option<String>,
    #[serde(rename = "GrantWrite")]
    write: Option<String>,
    #[serde(rename = "GrantWriteACP")]
    write_acp: Option<String>,
}

impl RequestedAcl {
    /// The grant headers, without `x-amz-` or `s3:x-amz-`, and what they grant.
    fn headers(&self) -> [(&'static str, Permission, &Option<String>); 5] {
        [
            ("grant-full-control", Permission::FullControl, &self.full_control),
            ("grant-read", Permission::Read, &self.read),
            ("grant-read-acp", Permission::ReadAcp, &self.read_acp),
            ("grant-write", Permission::Write, &self.write),
            ("grant-write-acp", Permission::WriteAcp, &self.write_acp),
        ]
    }

    /// Whether there is a grant header.
    pub(super) fn has_grants(&self) -> bool {
        self.headers().iter().any(|(_, _, grant)| grant.is_some())
    }

    /// Whether the request has any ACL header, which needs `s3:PutObjectAcl`.
    pub(super) fn is_present(&self) -> bool {
        self.canned.is_some() || self.has_grants()
    }

    /// Adds the condition keys of the ACL headers.
    pub(super) fn keys(&self, check: Check) -> Check {
        let check = check.with_some("s3:x-amz-acl", self.canned.clone());
        self.headers().into_iter().fold(check, |check, (name, _, grant)| {
            check.with_some(format!("s3:x-amz-{name}"), grant.clone())
        })
    }

    /// The list that the headers ask for, of what belongs to `owner` in a bucket of
    /// `bucket_owner`. Empty when they ask for nothing beyond the owner's own.
    ///
    /// # Errors
    /// `InvalidRequest`, `InvalidArgument`, `UnresolvableGrantByEmailAddress`.
    pub(super) fn resolve(
        &self,
        owner: &AccountId,
        bucket_owner: &AccountId,
    ) -> Result<Vec<Grant>, Fault> {
        if self.canned.is_some() && self.has_grants() {
            let text = "Specifying both Canned ACLs and Header Grants is not allowed";
            return Err(faults::invalid_request(text));
        }
        let mut grants = match &self.canned {
            Some(canned) => canned_grants(canned, owner, bucket_owner)?,
            None => Vec::new(),
        };
        for (name, permission, header) in self.headers() {
            for grantee in grantees(name, header.as_deref())? {
                grants.push(Grant { grantee, permission });
            }
        }
        if grants.len() > MAX_GRANTS { Err(malformed_acl()) } else { Ok(grants) }
    }
}

fn canned_grants(
    canned: &str,
    owner: &AccountId,
    bucket_owner: &AccountId,
) -> Result<Vec<Grant>, Fault> {
    use Permission::{Read, ReadAcp, Write};
    let to = |grantee: Grantee, permission| Grant { grantee, permission };
    let bucket_owners = || Grantee::Account(canonical_id(bucket_owner));
    let more = match canned {
        "private" => return Ok(Vec::new()),
        "public-read" => vec![to(Grantee::AllUsers, Read)],
        "public-read-write" => vec![to(Grantee::AllUsers, Read), to(Grantee::AllUsers, Write)],
        "authenticated-read" => vec![to(Grantee::AuthenticatedUsers, Read)],
        "log-delivery-write" => {
            vec![to(Grantee::LogDelivery, Write), to(Grantee::LogDelivery, ReadAcp)]
        }
        "bucket-owner-read" if owner == bucket_owner => return Ok(Vec::new()),
        "bucket-owner-read" => vec![to(bucket_owners(), Read)],
        "bucket-owner-full-control" if owner == bucket_owner => return Ok(Vec::new()),
        "bucket-owner-full-control" => vec![full_control(bucket_owner)],
        // Grants to an account of AWS's own, which does not exist here.
        "aws-exec-read" => return Err(faults::not_implemented("x-amz-acl")),
        other => return Err(faults::invalid_argument("", "x-amz-acl", other)),
    };
    Ok([full_control(owner)].into_iter().chain(more).collect())
}

/// `id="…", uri="…"`.
fn grantees(name: &str, header: Option<&str>) -> Result<Vec<Grantee>, Fault> {
    let one = |given: &str| {
        let argument = || {
            let text = "Argument format not recognized";
            faults::invalid_argument(text, &format!("x-amz-{name}"), given)
        };
        let (kind, value) = given.split_once('=').ok_or_else(argument)?;
        let value = value.trim().trim_matches('"');
        match kind.trim() {
            "id" => Grantee::of_id(value, "id"),
            "uri" => Grantee::of_uri(value, "uri"),
            "emailAddress" => Err(no_email()),
            _ => Err(argument()),
        }
    };
    header.into_iter().flat_map(|header| header.split(',')).map(|given| one(given.trim())).collect()
}

/// S3 ended grants by e-mail address in October 2025.
fn no_email() -> Fault {
    let text = "The e-mail address you provided does not match any account on record.";
    Fault::new("UnresolvableGrantByEmailAddress", text).status(400)
}

fn malformed_acl() -> Fault {
    Fault { code: "MalformedACLError".into(), ..faults::malformed_xml() }
}

/// A list as a document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    grants: Option<Vec<Line>>,
    owner: Option<Owner>,
}

#[derive(Debug, Deserialize)]
struct Owner {
    #[serde(rename = "ID")]
    id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    grantee: Option<Named>,
    permission: Option<Permission>,
}

#[derive(Debug, Deserialize)]
struct Named {
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "ID")]
    id: Option<String>,
    #[serde(rename = "URI")]
    uri: Option<String>,
}

impl Document {
    /// The list of what belongs to `owner`; a document cannot give it to another.
    ///
    /// # Errors
    /// `MalformedACLError`, `InvalidArgument`, `AccessDenied`.
    pub(super) fn resolve(self, owner: &AccountId) -> Result<Vec<Grant>, Fault> {
        let named = self.owner.and_then(|owner| owner.id).ok_or_else(malformed_acl)?;
        let lines = self.grants.filter(|lines| lines.len() <= MAX_GRANTS);
        let lines = lines.ok_or_else(malformed_acl)?;
        Grantee::of_id(&named, "CanonicalUser/ID")?;
        if named != canonical_id(owner) {
            return Err(faults::access_denied());
        }
        let one = |line: Line| {
            let permission = line.permission.ok_or_else(malformed_acl)?;
            let named = line.grantee.ok_or_else(malformed_acl)?;
            let grantee = match (named.kind.as_deref(), &named.id, &named.uri) {
                (Some("CanonicalUser"), Some(id), _) => Grantee::of_id(id, "CanonicalUser/ID")?,
                (Some("Group"), _, Some(uri)) => Grantee::of_uri(uri, "Group/URI")?,
                (Some("AmazonCustomerByEmail"), ..) => return Err(no_email()),
                _ => return Err(malformed_acl()),
            };
            Ok(Grant { grantee, permission })
        };
        lines.into_iter().map(one).collect()
    }
}

/// The list of a request that sets one: by headers or by a document, not by both.
///
/// # Errors
/// As of both; `MissingSecurityHeader` without either.
pub(super) fn of_request(
    requested: &RequestedAcl,
    document: Option<Document>,
    owner: &AccountId,
    bucket_owner: &AccountId,
) -> Result<Vec<Grant>, Fault> {
    match (requested.is_present(), document) {
        (true, Some(_)) => {
            let text = "This request does not support content";
            Err(Fault::new("UnexpectedContent", text).status(400))
        }
        (true, None) => requested.resolve(owner, bucket_owner),
        (false, Some(document)) => document.resolve(owner),
        (false, None) => {
            let text = "Your request was missing a required header";
            Err(Fault::new("MissingSecurityHeader", text)
                .status(400)
                .with("MissingHeaderName", "x-amz-acl"))
        }
    }
}

/// BlockPublicAcls: no list may be set that grants to the public.
///
/// # Errors
/// `AccessDenied`.
pub(super) fn refuse_public(
    cx: &Cx,
    bucket: &super::state::Bucket,
    grants: &[Grant],
    (action, resource): (&str, &str),
) -> Result<(), Fault> {
    if !is_public(grants) || !access::block(bucket).block_public_acls {
        return Ok(());
    }
    let text = format!(
        "User: {} is not authorized to perform: {action} on resource: \"{resource}\" because \
         public access control lists (ACLs) are blocked by the BlockPublicAcls block public \
         access setting.",
        cx.principal().arn(),
    );
    Err(Fault::new("AccessDenied", text).status(403))
}
