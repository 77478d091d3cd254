//! Which trail a request means, and the question to ask about it.

use gateway::{Access, Check, Cx, Fault};
use names::Arn;

use super::state::{self, Trail};

/// A fault of this service, whose errors are all the client's.
pub(super) fn fault(code: &'static str, text: impl Into<String>) -> Fault {
    Fault::new(code, text).status(400)
}

fn not_found(cx: &Cx, id: &str) -> Result<Fault, Fault> {
    let text = format!("Unknown trail: {id} for the user: {}", cx.account()?);
    Ok(fault("TrailNotFoundException", text))
}

/// The check that an operation on one trail needs. A trail that does not exist is asked about by
/// the ARN it would have, so that only those who may ask learn of its absence.
pub(super) fn on_trail(cx: &Cx, action: &str, id: &str) -> Result<Check, Fault> {
    let action = format!("cloudtrail:{action}");
    let arn = match id.parse::<Arn>() {
        Ok(arn) => arn,
        Err(_) => cx.arn("cloudtrail", format!("trail/{id}"))?,
    };
    let mut check = Check::new(&action, arn.to_string());
    if let Some(owner) = &arn.account {
        check = check.owned_by(owner);
    }
    for (key, value) in find(cx, id)?.map(|trail| trail.tags).unwrap_or_default() {
        check = check.with(format!("aws:ResourceTag/{key}"), value);
    }
    Ok(check)
}

/// [`on_trail`] as the whole access.
pub(super) fn access(cx: &Cx, action: &str, id: &str) -> Result<Access, Fault> {
    Ok(Access::to(on_trail(cx, action, id)?))
}

/// The trail by name or ARN, as the call's Region sees it: its own, or the shadow of one that
/// covers all Regions.
fn find(cx: &Cx, id: &str) -> Result<Option<Trail>, Fault> {
    let account = cx.account()?;
    if let Ok(arn) = id.parse::<Arn>() {
        let ("trail", name) = arn.resource_parts() else { return Ok(None) };
        let (Some(owner), Some(region)) = (&arn.account, &arn.region) else { return Ok(None) };
        if owner != account {
            return Ok(None);
        }
        let trail = state::get(cx, account, region, name)?;
        return Ok(trail.filter(|trail| trail.region == *cx.region() || trail.multi_region));
    }
    if let Some(trail) = state::get(cx, account, cx.region(), id)? {
        return Ok(Some(trail));
    }
    let shadows = state::of_account(cx, account)?;
    Ok(shadows.into_iter().find(|trail| trail.multi_region && trail.name == id))
}

/// The trail for reading.
///
/// # Errors
/// `TrailNotFoundException`, `CloudTrailARNInvalidException`, `InvalidTrailNameException`.
pub(super) fn readable(cx: &Cx, id: &str) -> Result<Trail, Fault> {
    check_id(id)?;
    find(cx, id)?.map_or_else(|| Err(not_found(cx, id)?), Ok)
}

/// The trail for changing, which only its home Region may.
///
/// # Errors
/// As [`readable`], and `InvalidHomeRegionException`.
pub(super) fn changeable(cx: &Cx, id: &str) -> Result<Trail, Fault> {
    let trail = readable(cx, id)?;
    if trail.region == *cx.region() {
        return Ok(trail);
    }
    let text = format!(
        "The trail {} can be changed only from its home Region {}.",
        trail.arn(),
        trail.region
    );
    Err(fault("InvalidHomeRegionException", text))
}

fn check_id(id: &str) -> Result<(), Fault> {
    if !id.starts_with("arn:") {
        return check_name(id);
    }
    let well_formed = id.parse::<Arn>().is_ok_and(|arn| {
        arn.service == "cloudtrail"
            && matches!(arn.resource_parts(), ("trail", name) if !name.is_empty())
    });
    let text = format!("Invalid trail ARN: {id}.");
    if well_formed { Ok(()) } else { Err(fault("CloudTrailARNInvalidException", text)) }
}

/// The rules of a trail's name (CreateTrail, CloudTrail API Reference).
///
/// # Errors
/// `InvalidTrailNameException`.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let refuse = |text: String| Err(fault("InvalidTrailNameException", text));
    let length = name.chars().count();
    let alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let mark = |c: char| ".-_".contains(c);
    if length < 3 {
        return refuse(format!(
            "Trail name too short. Minimum allowed length: 3 characters. Specified name length: \
             {length} characters."
        ));
    }
    if length > 128 {
        return refuse(format!(
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: \
             {length} characters."
        ));
    }
    if !alphanumeric(name.chars().next()) {
        return refuse("Trail name must starts with a letter or number.".to_owned());
    }
    if !alphanumeric(name.chars().last()) {
        return refuse("Trail name must ends with a letter or number.".to_owned());
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || mark(c)) {
        return refuse(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, \
             periods (.), hyphens (-), and underscores (_)."
                .to_owned(),
        );
    }
    if name.chars().zip(name.chars().skip(1)).any(|(a, b)| mark(a) && mark(b)) {
        return refuse(
            "Trail name cannot contain adjacent periods, hyphens or underscores.".into(),
        );
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return refuse("Trail name cannot be in IP address format.".to_owned());
    }
    Ok(())
}
