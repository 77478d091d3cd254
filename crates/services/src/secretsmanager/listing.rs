//! ListSecrets and ListSecretVersionIds.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{existing, on};
use super::secret::Description;
use super::state::{self, SecretRecord};

/// Entries of a page when the caller does not say.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    #[serde(default)]
    include_planned_deletion: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    sort_order: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Secrets {
    secret_list: Vec<Description>,
    next_token: Option<String>,
}

pub(super) fn access(_: &Cx, _: &ListInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("secretsmanager:ListSecrets")))
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Secrets, Fault> {
    let mut all = state::list(cx, cx.account()?, cx.region())?;
    all.retain(|secret| input.include_planned_deletion || secret.deleted.is_none());
    all.retain(|secret| input.filters.iter().all(|filter| matches(secret, filter)));
    if input.sort_order.as_deref() == Some("desc") {
        all.reverse();
    }
    let start = match &input.next_token {
        None => 0,
        Some(token) => all.iter().position(|secret| secret.name == *token).ok_or_else(|| {
            Fault::new("InvalidNextTokenException", "Invalid NextToken").status(400)
        })?,
    };
    let size = input.max_results.unwrap_or(PAGE);
    let mut rest = all.into_iter().skip(start);
    let page = rest.by_ref().take(size).map(Description::entry).collect();
    Ok(Secrets { secret_list: page, next_token: rest.next().map(|secret| secret.name) })
}

/// Any value of the filter; a leading `!` turns it round. Prefixes count, as AWS documents.
fn matches(secret: &SecretRecord, filter: &Filter) -> bool {
    let tag = |pick: fn((&String, &String)) -> String| -> Vec<String> {
        secret.tags.iter().map(pick).collect()
    };
    let own = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    let texts = match filter.key.as_deref() {
        Some("name") => vec![secret.name.clone()],
        Some("description") => own(&secret.description),
        Some("tag-key") => tag(|(key, _)| key.clone()),
        Some("tag-value") => tag(|(_, value)| value.clone()),
        Some("all") => [vec![secret.name.clone()], own(&secret.description)].concat(),
        _ => Vec::new(),
    };
    filter.values.iter().any(|wanted| match wanted.strip_prefix('!') {
        Some(unwanted) => !texts.iter().any(|text| text.starts_with(unwanted)),
        None => texts.iter().any(|text| text.starts_with(wanted.as_str())),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionsInput {
    secret_id: String,
    #[serde(default)]
    include_deprecated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Versions {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    versions: Vec<VersionEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct VersionEntry {
    version_id: String,
    version_stages: Vec<String>,
    created_date: i64,
    kms_key_ids: Vec<String>,
}

pub(super) fn versions_access(cx: &Cx, input: &VersionsInput) -> Result<Access, Fault> {
    on(cx, "ListSecretVersionIds", &input.secret_id)
}

pub(super) fn versions(cx: &Cx, input: VersionsInput) -> Result<Versions, Fault> {
    let secret = existing(cx, &input.secret_id)?;
    let (arn, name) = (secret.arn().to_string(), secret.name);
    let shown = secret
        .versions
        .into_iter()
        .filter(|(_, version)| input.include_deprecated || !version.stages.is_empty());
    let versions = shown.map(|(version_id, version)| VersionEntry {
        version_id,
        version_stages: version.stages,
        created_date: version.created.timestamp(),
        kms_key_ids: vec![version.key_arn],
    });
    Ok(Versions { arn, name, versions: versions.collect() })
}
