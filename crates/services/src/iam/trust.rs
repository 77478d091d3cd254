//! What a trust policy must be beside well-formed: it names only principals that exist.

use gateway::{Cx, Fault};
use names::Arn;
use policy::validate::{Malformed, Place, validate};

use crate::identity::{accounts, roles, users};

/// Refuses a trust policy that breaks the grammar or names a user, role or account that this
/// world does not have.
pub(super) fn check_trust(cx: &Cx, document: &str) -> Result<(), Fault> {
    let malformed = |e: Malformed| Fault::new(e.code, e.message).status(400);
    let parsed = validate(Place::Trust, document).map_err(malformed)?;
    for (kind, name) in parsed.principals() {
        if kind == "AWS" && !exists(cx, name)? {
            let text = format!("Invalid principal in policy: \"AWS\":\"{name}\"");
            return Err(Fault::new("MalformedPolicyDocument", text).status(400));
        }
    }
    Ok(())
}

fn exists(cx: &Cx, name: &str) -> Result<bool, Fault> {
    if name == "*" {
        return Ok(true);
    }
    if let Ok(account) = name.parse() {
        return Ok(accounts::get(cx, &account)?.is_some());
    }
    let Ok(arn) = name.parse::<Arn>() else { return Ok(is_unique_id(name)) };
    let Some(account) = &arn.account else { return Ok(false) };
    if accounts::get(cx, account)?.is_none() {
        return Ok(false);
    }
    let last = arn.resource.rsplit('/').next().unwrap_or_default();
    Ok(match arn.resource_parts() {
        ("user", _) => users::get(cx, account, last)?.is_some_and(|user| user.arn() == arn),
        ("role", _) => roles::get(cx, account, last)?.is_some_and(|role| role.arn() == arn),
        // The account itself, and sessions, which nothing can be known about in advance.
        _ => true,
    })
}

/// `AIDA…`, `AROA…`: what AWS shows in place of a principal that is gone.
fn is_unique_id(name: &str) -> bool {
    name.starts_with("AIDA") || name.starts_with("AROA")
}
