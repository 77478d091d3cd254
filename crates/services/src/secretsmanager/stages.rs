//! UpdateSecretVersionStage: moving a label from one version to another.

use gateway::{Access, Cx, Fault};
use serde::Deserialize;

use super::access::readable;
use super::secret::Named;
use super::state;
use super::value::limit_stages;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StageInput {
    secret_id: String,
    version_stage: String,
    remove_from_version_id: Option<String>,
    move_to_version_id: Option<String>,
}

pub(super) fn access(cx: &Cx, input: &StageInput) -> Result<Access, Fault> {
    let check = super::access::check(cx, "UpdateSecretVersionStage", &input.secret_id)?
        .with("secretsmanager:VersionStage", input.version_stage.clone());
    Ok(Access::to(check))
}

pub(super) fn update(cx: &mut Cx, input: StageInput) -> Result<Named, Fault> {
    let refused = |text: String| Err(Fault::new("InvalidParameterException", text).status(400));
    let mut secret = readable(cx, &input.secret_id)?;
    let stage = &input.version_stage;
    let holder = secret.staged(stage).map(|(id, _)| id.clone());
    let stays = holder.is_some() && holder == input.move_to_version_id;
    if holder.is_some() && !stays && holder != input.remove_from_version_id {
        return refused(format!(
            "The parameter RemoveFromVersionId can't be empty or another version: staging label \
             {stage} is attached to version {}.",
            holder.unwrap_or_default()
        ));
    }
    if holder.is_none()
        && let Some(from) = &input.remove_from_version_id
    {
        return refused(format!("Staging label {stage} is not attached to version {from}."));
    }
    match &input.move_to_version_id {
        Some(to) if secret.versions.contains_key(to) => secret.move_stage(stage, to),
        Some(to) => {
            let text = format!(
                "Secrets Manager can't find the specified secret value for VersionId: {to}"
            );
            return Err(Fault::new("ResourceNotFoundException", text).status(400));
        }
        None if stage == state::CURRENT => {
            return refused("You can't remove the staging label AWSCURRENT.".to_owned());
        }
        None => secret.drop_stage(stage),
    }
    limit_stages(&secret)?;
    secret.changed = cx.now();
    state::put(cx, &secret)?;
    Ok(Named { arn: secret.arn().to_string(), name: secret.name, version_id: None })
}
