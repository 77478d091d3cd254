//! Secrets themselves: create, describe, update.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{existing, on, readable};
use super::state::{self, CURRENT, SecretRecord};
use super::tags::{self, Tag};
use super::value::{add_version, given, same_or_refused};

const SUFFIX_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    name: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `ARN`, `Name` and, where a version was made, `VersionId`.
#[derive(Serialize)]
pub(super) struct Named {
    #[serde(rename = "ARN")]
    pub(super) arn: String,
    #[serde(rename = "Name")]
    pub(super) name: String,
    #[serde(rename = "VersionId")]
    pub(super) version_id: Option<String>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let arn = cx.arn("secretsmanager", format!("secret:{}", input.name))?;
    let check = Check::new("secretsmanager:CreateSecret", arn)
        .with("secretsmanager:Name", input.name.clone())
        .with_some("secretsmanager:Description", input.description.clone())
        .with_some("secretsmanager:KmsKeyId", input.kms_key_id.clone());
    Ok(Access::to(tags::with_tags(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<Named, Fault> {
    check_name(&input.name)?;
    let (account, region) = (cx.account()?.clone(), cx.region().clone());
    let value = given(input.secret_string, input.secret_binary)?;
    let id = input.client_request_token.unwrap_or_else(|| cx.world().uuid());
    if let Some(known) = state::get(cx, &account, &region, &input.name)? {
        return repeated(cx, &known, &id, value.as_ref());
    }
    let mut secret = SecretRecord {
        suffix: cx.world().text(SUFFIX_ALPHABET, 6),
        account,
        region,
        name: input.name,
        description: input.description,
        kms_key: input.kms_key_id.and_then(customers),
        created: cx.now(),
        changed: cx.now(),
        deleted: None,
        policy: None,
        tags: tags::map(input.tags)?,
        versions: BTreeMap::new(),
        owning_service: cx.origin().called_via.last().map(|service| (*service).to_owned()),
    };
    tags::limit(&secret.tags)?;
    super::crypto::try_key(cx, &secret)?;
    if let Some(value) = &value {
        add_version(cx, &mut secret, &id, value, &[CURRENT.to_owned()])?;
    }
    state::put(cx, &secret)?;
    let arn = secret.arn().to_string();
    Ok(Named { arn, name: secret.name, version_id: value.map(|_| id) })
}

/// The same request again answers as the first time; another one is refused.
fn repeated(
    cx: &Cx,
    known: &SecretRecord,
    id: &str,
    value: Option<&super::value::Given>,
) -> Result<Named, Fault> {
    if known.deleted.is_some() {
        let text = "You can't create this secret because a secret with this name is already \
                    scheduled for deletion.";
        return Err(Fault::new("InvalidRequestException", text).status(400));
    }
    let (true, Some(value)) = (known.versions.contains_key(id), value) else {
        let text =
            format!("The operation failed because the secret {} already exists.", known.name);
        return Err(Fault::new("ResourceExistsException", text).status(400));
    };
    same_or_refused(cx, known, id, value)?;
    let arn = known.arn().to_string();
    Ok(Named { arn, name: known.name.clone(), version_id: Some(id.to_owned()) })
}

fn check_name(name: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-/_+=.@!".contains(c);
    if !name.is_empty() && name.chars().all(allowed) {
        return Ok(());
    }
    let text = "Invalid name. Must be a valid name containing alphanumeric characters, or any of \
                the following: -/_+=.@!";
    Err(Fault::new("ValidationException", text).status(400))
}

/// A secret by `SecretId`: the input of several operations.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ById {
    pub(super) secret_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Description {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    description: Option<String>,
    kms_key_id: Option<String>,
    owning_service: Option<String>,
    created_date: i64,
    last_changed_date: i64,
    deleted_date: Option<i64>,
    tags: Vec<Tag>,
    version_ids_to_stages: Option<BTreeMap<String, Vec<String>>>,
    /// ListSecrets calls the same map otherwise.
    secret_versions_to_stages: Option<BTreeMap<String, Vec<String>>>,
}

impl Description {
    /// As DescribeSecret shows it.
    pub(super) fn whole(secret: SecretRecord) -> Self {
        let stages = stages(&secret);
        Self { version_ids_to_stages: Some(stages), ..Self::of(secret) }
    }

    /// As an entry of ListSecrets.
    pub(super) fn entry(secret: SecretRecord) -> Self {
        let stages = stages(&secret);
        Self { secret_versions_to_stages: Some(stages), ..Self::of(secret) }
    }

    fn of(secret: SecretRecord) -> Self {
        Self {
            arn: secret.arn().to_string(),
            name: secret.name,
            description: secret.description,
            kms_key_id: secret.kms_key,
            owning_service: secret.owning_service,
            created_date: secret.created.timestamp(),
            last_changed_date: secret.changed.timestamp(),
            deleted_date: secret.deleted.map(|deletion| deletion.asked.timestamp()),
            tags: tags::list(&secret.tags),
            version_ids_to_stages: None,
            secret_versions_to_stages: None,
        }
    }
}

/// Versions that carry labels; the others count as deprecated and are not shown.
fn stages(secret: &SecretRecord) -> BTreeMap<String, Vec<String>> {
    let labelled = secret.versions.iter().filter(|(_, version)| !version.stages.is_empty());
    labelled.map(|(id, version)| (id.clone(), version.stages.clone())).collect()
}

pub(super) fn describe_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "DescribeSecret", &input.secret_id)
}

pub(super) fn describe(cx: &Cx, input: ById) -> Result<Description, Fault> {
    Ok(Description::whole(existing(cx, &input.secret_id)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    secret_id: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    let check = super::access::check(cx, "UpdateSecret", &input.secret_id)?
        .with_some("secretsmanager:Description", input.description.clone())
        .with_some("secretsmanager:KmsKeyId", input.kms_key_id.clone());
    Ok(Access::to(check))
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Named, Fault> {
    let mut secret = readable(cx, &input.secret_id)?;
    let value = given(input.secret_string, input.secret_binary)?;
    if let Some(key) = input.kms_key_id.map(customers).filter(|key| *key != secret.kms_key) {
        change_key(cx, &mut secret, key)?;
    }
    secret.description = input.description.or(secret.description);
    let id = input.client_request_token.unwrap_or_else(|| cx.world().uuid());
    if let Some(value) = &value {
        if secret.versions.contains_key(&id) {
            let text = format!("The ClientRequestToken {id} is already in use for a version.");
            return Err(Fault::new("ResourceExistsException", text).status(400));
        }
        add_version(cx, &mut secret, &id, value, &[CURRENT.to_owned()])?;
    }
    secret.changed = cx.now();
    state::put(cx, &secret)?;
    let arn = secret.arn().to_string();
    Ok(Named { arn, name: secret.name, version_id: value.map(|_| id) })
}

/// A key of the customer's; an empty text and the alias mean AWS's own, which stands nowhere.
fn customers(key: String) -> Option<String> {
    Some(key).filter(|key| !key.is_empty() && key != super::crypto::DEFAULT_KEY)
}

/// Encrypts the labelled versions again under another key.
fn change_key(cx: &Cx, secret: &mut SecretRecord, key: Option<String>) -> Result<(), Fault> {
    let mut plain = Vec::new();
    for (id, version) in secret.versions.iter().filter(|(_, v)| !v.stages.is_empty()) {
        plain.push((id.clone(), version.clone(), super::crypto::open(cx, secret, id, version)?));
    }
    secret.kms_key = key;
    super::crypto::try_key(cx, secret)?;
    for (id, version, value) in plain {
        let sealed = super::crypto::seal(cx, secret, &id, &value, version.binary)?;
        let renewed =
            super::state::Version { created: version.created, stages: version.stages, ..sealed };
        secret.versions.insert(id, renewed);
    }
    Ok(())
}
