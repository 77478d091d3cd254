//! Which secret a request means, and the question to ask about it.

use gateway::{Access, Check, Cx, Fault, GuardPolicy};
use names::Arn;
use policy::PolicyKind;

use super::state::{self, SecretRecord};

/// The secret that a `SecretId` means: a name in the caller's own account, or an ARN (also one
/// without the six characters, which AWS advises against).
pub(super) fn find(cx: &Cx, id: &str) -> Result<Option<SecretRecord>, Fault> {
    let Ok(arn) = id.parse::<Arn>() else {
        return state::get(cx, cx.account()?, cx.region(), id);
    };
    let (Some(account), Some(region)) = (&arn.account, &arn.region) else { return Ok(None) };
    let Some(full) = arn.resource.strip_prefix("secret:") else { return Ok(None) };
    if let Some((name, suffix)) = full.rsplit_once('-')
        && let Some(secret) = state::get(cx, account, region, name)?
        && secret.suffix == suffix
    {
        return Ok(Some(secret));
    }
    state::get(cx, account, region, full)
}

/// The secret, or Secrets Manager's words for its absence.
pub(super) fn existing(cx: &Cx, id: &str) -> Result<SecretRecord, Fault> {
    let text = "Secrets Manager can't find the specified secret.";
    find(cx, id)?.ok_or_else(|| Fault::new("ResourceNotFoundException", text).status(400))
}

/// The secret, refused while it waits for its deletion.
pub(super) fn readable(cx: &Cx, id: &str) -> Result<SecretRecord, Fault> {
    let secret = existing(cx, id)?;
    if secret.deleted.is_some() {
        let text = "You can't perform this operation on the secret because it was marked for \
                    deletion.";
        return Err(Fault::new("InvalidRequestException", text).status(400));
    }
    Ok(secret)
}

/// `secretsmanager:ACTION` on the secret. A secret that does not exist is asked about by what the
/// caller named, so that only those who may ask learn that it is absent.
pub(super) fn check(cx: &Cx, action: &str, id: &str) -> Result<Check, Fault> {
    let Some(secret) = find(cx, id)? else {
        let check = Check::new(&format!("secretsmanager:{action}"), absent_arn(cx, id)?);
        let owner = id.parse::<Arn>().ok().and_then(|arn| arn.account);
        return Ok(match owner {
            Some(owner) => check.owned_by(&owner),
            None => check,
        });
    };
    Ok(check_on(&secret, action))
}

/// `secretsmanager:ACTION` on a secret that is known.
pub(super) fn check_on(secret: &SecretRecord, action: &str) -> Check {
    let arn = secret.arn();
    let guard = secret.policy.clone().map(|document| GuardPolicy {
        kind: PolicyKind::Resource,
        name: format!("resource policy of secret {}", secret.name),
        document,
    });
    let mut check = Check::new(&format!("secretsmanager:{action}"), arn.clone())
        .owned_by(&secret.account)
        .guarded_by(guard)
        .with("secretsmanager:SecretPrimaryRegion", secret.region.to_string())
        .with("secretsmanager:SecretId", arn.to_string());
    for (key, value) in &secret.tags {
        check = check
            .with(format!("aws:ResourceTag/{key}"), value.clone())
            .with(format!("secretsmanager:ResourceTag/{key}"), value.clone());
    }
    check
}

fn absent_arn(cx: &Cx, id: &str) -> Result<String, Fault> {
    if id.parse::<Arn>().is_ok() {
        return Ok(id.to_owned());
    }
    Ok(cx.arn("secretsmanager", format!("secret:{id}"))?.to_string())
}

/// One check, as most operations need.
pub(super) fn on(cx: &Cx, action: &str, id: &str) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, action, id)?))
}
