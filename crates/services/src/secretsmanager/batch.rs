//! BatchGetSecretValue: several values in one call.
//!
//! Each secret is read by a GetSecretValue of its own, with its own decision and audit record, as
//! in AWS; what one is refused stands among the errors and keeps nothing from the others.

use gateway::{Access, Check, Cx, Fault, Invocation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::filter::Filter;
use super::listing::page;
use super::state;

/// Values of a page when the caller does not say, which is also the most.
const PAGE: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchInput {
    secret_id_list: Option<Vec<String>>,
    filters: Option<Vec<Filter>>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch {
    secret_values: Vec<Value>,
    next_token: Option<String>,
    errors: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    secret_id: String,
    error_code: String,
    message: String,
}

/// By filters one finds out which secrets there are, so those need the permission to list too.
pub(super) fn access(_: &Cx, input: &BatchInput) -> Result<Access, Fault> {
    let access = Access::to(Check::on_everything("secretsmanager:BatchGetSecretValue"));
    Ok(match input.filters {
        Some(_) => access.and(Check::on_everything("secretsmanager:ListSecrets")),
        None => access,
    })
}

pub(super) fn get(cx: &Cx, input: BatchInput) -> Result<Batch, Fault> {
    let (ids, next_token) = wanted(cx, input)?;
    let mut batch = Batch { secret_values: Vec::new(), next_token, errors: Vec::new() };
    for secret_id in ids {
        let input = json!({ "SecretId": secret_id });
        let call = Invocation::direct("secretsmanager", "GetSecretValue", input);
        match cx.invoke(call) {
            Ok(value) => batch.secret_values.push(value),
            Err(fault) if fault.status.is_some_and(|status| status < 500) => {
                batch.errors.push(Failure {
                    secret_id,
                    error_code: fault.code.to_string(),
                    message: fault.message.to_string(),
                });
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(batch)
}

/// The secrets of this page, as the caller names them or by their ARNs.
fn wanted(cx: &Cx, input: BatchInput) -> Result<(Vec<String>, Option<String>), Fault> {
    let refused = |text: &str| Err(Fault::new("InvalidParameterException", text).status(400));
    let size = input.max_results;
    match (input.secret_id_list, input.filters) {
        (Some(_), None) if size.is_some() => refused(
            "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is \
             provided.",
        ),
        (Some(ids), None) => Ok((ids, None)),
        (None, Some(filters)) => {
            let mut found = state::list(cx, cx.account()?, cx.region())?;
            found.retain(|secret| secret.deleted.is_none());
            found.retain(|secret| filters.iter().all(|filter| filter.admits(secret)));
            let place = |secret: &state::SecretRecord| secret.name.clone();
            let size = size.unwrap_or(PAGE);
            let (secrets, next) = page(found, place, input.next_token.as_ref(), size)?;
            Ok((secrets.iter().map(|secret| secret.arn().to_string()).collect(), next))
        }
        _ => refused("Either 'SecretIdList' or 'Filters' must be provided, but not both."),
    }
}
