//! ListSecrets and ListSecretVersionIds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{existing, on};
use super::filter::Filter;
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
    sort_by: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Secrets {
    secret_list: Vec<Description>,
    next_token: Option<String>,
}

/// A page of what is in order, and the token of the next one. A token says which item the page
/// ended with, by its place in the order, so nothing comes twice when things come and go between
/// pages.
///
/// # Errors
/// `InvalidNextTokenException` for a token that is none.
pub(super) fn page<T>(
    all: Vec<T>,
    place: impl Fn(&T) -> String,
    token: Option<&String>,
    size: usize,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let invalid = || Fault::new("InvalidNextTokenException", "Invalid NextToken").status(400);
    let after = token
        .map(|token| {
            let bytes = STANDARD.decode(token).map_err(|_| invalid())?;
            String::from_utf8(bytes).map_err(|_| invalid())
        })
        .transpose()?;
    let is_later = |item: &T| after.as_ref().is_none_or(|after| place(item) > *after);
    let mut rest = all.into_iter().filter(is_later);
    let page: Vec<T> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();
    let next = page.last().filter(|_| more).map(|last| STANDARD.encode(place(last)));
    Ok((page, next))
}

pub(super) fn access(_: &Cx, _: &ListInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("secretsmanager:ListSecrets")))
}

/// Oldest first unless asked otherwise. When a secret was last read is not kept, so in that order
/// they stand by their creation.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Secrets, Fault> {
    let descending = input.sort_order.as_deref() == Some("desc");
    let by = input.sort_by.as_deref().unwrap_or("created-date");
    let place = |secret: &SecretRecord| {
        let time = match by {
            "name" => 0,
            "last-changed-date" => secret.changed.timestamp_millis(),
            _ => secret.created.timestamp_millis(),
        };
        let text = format!("{time:020}/{}", secret.name);
        // Turned round, the greatest comes first.
        if descending { turned(&text) } else { text }
    };
    let mut all = state::list(cx, cx.account()?, cx.region())?;
    all.retain(|secret| input.include_planned_deletion || secret.deleted.is_none());
    all.retain(|secret| input.filters.iter().all(|filter| filter.admits(secret)));
    all.sort_by_key(place);
    let size = input.max_results.unwrap_or(PAGE);
    let (secrets, next_token) = page(all, place, input.next_token.as_ref(), size)?;
    let secret_list = secrets.into_iter().map(Description::entry).collect();
    Ok(Secrets { secret_list, next_token })
}

/// A text that orders the other way: each byte's complement, and an end that is greater than any.
fn turned(text: &str) -> String {
    text.bytes().map(|byte| char::from(0x7f - (byte & 0x7f))).chain(['\u{80}']).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionsInput {
    secret_id: String,
    #[serde(default)]
    include_deprecated: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Versions {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    versions: Vec<VersionEntry>,
    next_token: Option<String>,
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
    let (all, size) = (versions.collect(), input.max_results.unwrap_or(PAGE));
    let place = |entry: &VersionEntry| entry.version_id.clone();
    let (versions, next_token) = page(all, place, input.next_token.as_ref(), size)?;
    Ok(Versions { arn, name, versions, next_token })
}
