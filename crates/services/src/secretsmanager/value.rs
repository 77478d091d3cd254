//! GetSecretValue and PutSecretValue.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::access::{on, readable};
use super::crypto;
use super::state::{self, CURRENT, SecretRecord, Version};

/// Bytes that a value may have.
pub(super) const MAX_VALUE_BYTES: usize = 65_536;
/// Labels that the versions of a secret may carry together (Secrets Manager quotas).
const MAX_STAGES: usize = 20;

/// A value as given: text or base64 bytes.
pub(super) struct Given {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) binary: bool,
}

/// The one value of a request; `None` when it gives none.
pub(super) fn given(
    string: Option<String>,
    binary: Option<String>,
) -> Result<Option<Given>, Fault> {
    let (bytes, binary) = match (string, binary) {
        (None, None) => return Ok(None),
        (Some(text), None) => (text.into_bytes(), false),
        (None, Some(text)) => {
            let malformed = |_| Fault::new("SerializationException", "not base64").status(400);
            (STANDARD.decode(text).map_err(malformed)?, true)
        }
        (Some(_), Some(_)) => {
            let text = "You can't specify both a binary secret value and a string secret value \
                        in the same secret.";
            return Err(Fault::new("InvalidParameterException", text).status(400));
        }
    };
    if bytes.len() > MAX_VALUE_BYTES {
        let text = format!("The secret value is longer than {MAX_VALUE_BYTES} bytes.");
        return Err(Fault::new("InvalidParameterException", text).status(400));
    }
    Ok(Some(Given { bytes: Zeroizing::new(bytes), binary }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Value {
    #[serde(rename = "ARN")]
    arn: String,
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "VersionId")]
    version_id: String,
    #[serde(rename = "SecretString")]
    secret_string: Option<String>,
    #[serde(rename = "SecretBinary")]
    secret_binary: Option<String>,
    #[serde(rename = "VersionStages")]
    version_stages: Vec<String>,
    #[serde(rename = "CreatedDate")]
    created_date: f64,
}

pub(super) fn get_access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    let mut check = super::access::check(cx, "GetSecretValue", &input.secret_id)?
        .with_some("secretsmanager:VersionId", input.version_id.clone());
    let stage = input
        .version_stage
        .clone()
        .or_else(|| input.version_id.is_none().then(|| CURRENT.to_owned()));
    check = check.with_some("secretsmanager:VersionStage", stage);
    Ok(Access::to(check))
}

pub(super) fn get(cx: &Cx, input: GetInput) -> Result<Value, Fault> {
    let secret = readable(cx, &input.secret_id)?;
    // After the decision, so that DescribeSecret from another account still works.
    if secret.account != *cx.account()? && secret.kms_key.is_none() {
        let text = "You can't access a secret from a different AWS account if you encrypt the \
                    secret with the default KMS service key.";
        return Err(Fault::new("InvalidRequestException", text).status(400));
    }
    let (id, version) = select(&secret, &input)?;
    let plain = crypto::open(cx, &secret, id, version)?;
    let text = || String::from_utf8(plain.to_vec()).map_err(Fault::internal);
    Ok(Value {
        arn: secret.arn().to_string(),
        name: secret.name.clone(),
        version_id: id.clone(),
        secret_string: if version.binary { None } else { Some(text()?) },
        secret_binary: version.binary.then(|| STANDARD.encode(plain.as_slice())),
        version_stages: version.stages.clone(),
        created_date: version.created.timestamp_millis() as f64 / 1_000.0,
    })
}

fn select<'s>(
    secret: &'s SecretRecord,
    input: &GetInput,
) -> Result<(&'s String, &'s Version), Fault> {
    let absent = |what: String| {
        let text = format!("Secrets Manager can't find the specified secret value for {what}");
        Fault::new("ResourceNotFoundException", text).status(400)
    };
    let stage = input.version_stage.as_deref();
    let Some(id) = &input.version_id else {
        let stage = stage.unwrap_or(CURRENT);
        return secret.staged(stage).ok_or_else(|| absent(format!("staging label: {stage}")));
    };
    let found = secret.versions.get_key_value(id);
    let (id, version) = found.ok_or_else(|| absent(format!("VersionId: {id}")))?;
    if stage.is_some_and(|stage| !version.stages.iter().any(|s| s == stage)) {
        let text = "You provided a VersionStage that is not associated to the provided VersionId.";
        return Err(Fault::new("InvalidRequestException", text).status(400));
    }
    Ok((id, version))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    secret_id: String,
    client_request_token: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    version_stages: Option<Vec<String>>,
}

#[derive(Serialize)]
pub(super) struct PutAnswer {
    #[serde(rename = "ARN")]
    arn: String,
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "VersionId")]
    version_id: String,
    #[serde(rename = "VersionStages")]
    version_stages: Vec<String>,
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    on(cx, "PutSecretValue", &input.secret_id)
}

pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<PutAnswer, Fault> {
    let mut secret = readable(cx, &input.secret_id)?;
    let value = given(input.secret_string, input.secret_binary)?.ok_or_else(|| {
        let text = "You must provide either SecretString or SecretBinary.";
        Fault::new("InvalidRequestException", text).status(400)
    })?;
    let stages = input.version_stages.unwrap_or_else(|| vec![CURRENT.to_owned()]);
    let id = input.client_request_token.unwrap_or_else(|| cx.world().uuid());
    if secret.versions.contains_key(&id) {
        same_or_refused(cx, &secret, &id, &value)?;
    } else {
        add_version(cx, &mut secret, &id, &value, &stages)?;
        state::put(cx, &secret)?;
    }
    let version_stages = secret.versions.get(&id).map(|v| v.stages.clone()).unwrap_or_default();
    Ok(PutAnswer {
        arn: secret.arn().to_string(),
        name: secret.name,
        version_id: id,
        version_stages,
    })
}

/// Refuses more labels than a secret may have.
pub(super) fn limit_stages(secret: &SecretRecord) -> Result<(), Fault> {
    if secret.stage_count() <= MAX_STAGES {
        return Ok(());
    }
    let text = format!("A secret can have at most {MAX_STAGES} staging labels.");
    Err(Fault::new("LimitExceededException", text).status(400))
}

/// Adds a version and moves labels to it. The first version is the current one, whatever labels
/// are asked for.
pub(super) fn add_version(
    cx: &Cx,
    secret: &mut SecretRecord,
    id: &str,
    value: &Given,
    stages: &[String],
) -> Result<(), Fault> {
    let version = crypto::seal(cx, secret, id, &value.bytes, value.binary)?;
    secret.versions.insert(id.to_owned(), version);
    if secret.versions.len() == 1 {
        secret.move_stage(CURRENT, id);
    }
    stages.iter().for_each(|stage| secret.move_stage(stage, id));
    limit_stages(secret)?;
    secret.changed = cx.now();
    secret.prune(secret.changed);
    Ok(())
}

/// Repeating a request changes nothing; the same token with another value is refused.
pub(super) fn same_or_refused(
    cx: &Cx,
    secret: &SecretRecord,
    id: &str,
    value: &Given,
) -> Result<(), Fault> {
    let Some(version) = secret.versions.get(id) else { return Ok(()) };
    let known = crypto::open(cx, secret, id, version)?;
    if *known == *value.bytes && version.binary == value.binary {
        return Ok(());
    }
    let text = format!(
        "You can't use ClientRequestToken {id} because that value is already in use for a version \
         of secret {}.",
        secret.arn()
    );
    Err(Fault::new("ResourceExistsException", text).status(400))
}
