//! CreateTrail, UpdateTrail and DeleteTrail.

use gateway::{Access, Cx, Fault};
use serde::Deserialize;
use serde_json::{Value, json};

use super::destination;
use super::digest::Chain;
use super::find::{self, fault};
use super::selectors::Selectors;
use super::signing;
use super::state::{self, Trail};
use super::tags::{self, Tag};
use super::view;

/// Most trails of an account in a Region ("Quotas in AWS CloudTrail").
const MAX_TRAILS: usize = 5;

/// What a request says of a trail. What it does not say stays, or is the default.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    s3_key_prefix: Option<String>,
    include_global_service_events: Option<bool>,
    is_multi_region_trail: Option<bool>,
    enable_log_file_validation: Option<bool>,
    kms_key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    name: String,
    s3_bucket_name: String,
    #[serde(flatten)]
    settings: Settings,
    #[serde(default)]
    tags_list: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    name: String,
    s3_bucket_name: Option<String>,
    #[serde(flatten)]
    settings: Settings,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NameInput {
    name: String,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let create = find::on_trail(cx, "CreateTrail", &input.name)?;
    let access = Access::to(tags::with_request(create, &input.tags_list));
    if input.tags_list.is_empty() {
        return Ok(access);
    }
    let tag = find::on_trail(cx, "AddTags", &input.name)?;
    Ok(access.and(tags::with_request(tag, &input.tags_list)))
}

/// CreateTrail. The trail logs nothing before StartLogging.
pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<Value, Fault> {
    let CreateInput { name, s3_bucket_name, settings, tags_list } = input;
    find::check_name(&name)?;
    check_room(cx, &name, settings.is_multi_region_trail == Some(true))?;
    let account = cx.account()?.clone();
    let arn = state::arn(&account, cx.region(), &name);
    let bucket_region = destination::region_of_bucket(cx, &arn, &s3_bucket_name)?;
    let mut trail = Trail {
        account,
        region: cx.region().clone(),
        name,
        bucket: s3_bucket_name,
        bucket_region,
        prefix: None,
        global_events: true,
        multi_region: false,
        validation: false,
        kms_key: None,
        tags: tags::map(tags_list)?,
        selectors: Selectors::default(),
        logging: false,
        started: None,
        stopped: None,
    };
    apply(cx, &mut trail, settings)?;
    state::put(cx, &trail)?;
    Ok(view::configuration(&trail))
}

fn check_room(cx: &Cx, name: &str, multi_region: bool) -> Result<(), Fault> {
    let account = cx.account()?;
    let trails = state::of_account(cx, account)?;
    let here = |trail: &&Trail| trail.region == *cx.region() || trail.multi_region;
    if trails.iter().any(|trail| trail.name == name && (multi_region || here(&trail))) {
        let text = format!("Trail {name} already exists for customer: {account}");
        return Err(fault("TrailAlreadyExistsException", text));
    }
    if trails.iter().filter(here).count() >= MAX_TRAILS {
        let text = format!("User: {account} already has {MAX_TRAILS} trails in {}.", cx.region());
        return Err(fault("MaximumNumberOfTrailsExceededException", text));
    }
    Ok(())
}

/// Takes settings over and tries the destination with them.
fn apply(cx: &mut Cx, trail: &mut Trail, settings: Settings) -> Result<(), Fault> {
    let Settings {
        s3_key_prefix,
        include_global_service_events,
        is_multi_region_trail,
        enable_log_file_validation,
        kms_key_id,
    } = settings;
    if let Some(prefix) = s3_key_prefix {
        destination::check_prefix(&prefix)?;
        trail.prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
    }
    trail.global_events = include_global_service_events.unwrap_or(trail.global_events);
    trail.multi_region = is_multi_region_trail.unwrap_or(trail.multi_region);
    if trail.multi_region && !trail.global_events {
        let text = "Multi-Region trail must include global service events.";
        return Err(fault("InvalidParameterCombinationException", text));
    }
    match kms_key_id {
        // An empty text takes the key away.
        Some(key) if key.is_empty() => trail.kms_key = None,
        Some(key) => trail.kms_key = Some(destination::key_arn(cx, trail, &key)?),
        None => {}
    }
    destination::check(cx, trail)?;
    let wanted = enable_log_file_validation.unwrap_or(trail.validation);
    if wanted == trail.validation {
        return Ok(());
    }
    // A chain of digests begins when it is asked for, and ends when it is not.
    trail.validation = wanted;
    let mut delivery = state::delivery(cx, trail)?;
    delivery.chains.clear();
    if wanted {
        signing::of(cx, &trail.region)?;
        delivery.chains.insert(trail.region.to_string(), Chain::new(cx.now()));
    }
    state::put_delivery(cx, trail, &delivery)
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    find::access(cx, "UpdateTrail", &input.name)
}

/// UpdateTrail.
pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Value, Fault> {
    let mut trail = find::changeable(cx, &input.name)?;
    if let Some(bucket) = input.s3_bucket_name {
        trail.bucket_region = destination::region_of_bucket(cx, &trail.arn(), &bucket)?;
        trail.bucket = bucket;
    }
    apply(cx, &mut trail, input.settings)?;
    state::put(cx, &trail)?;
    Ok(view::configuration(&trail))
}

pub(super) fn delete_access(cx: &Cx, input: &NameInput) -> Result<Access, Fault> {
    find::access(cx, "DeleteTrail", &input.name)
}

/// DeleteTrail. What it delivered stays; what it has not delivered yet is not.
pub(super) fn delete(cx: &mut Cx, input: NameInput) -> Result<Value, Fault> {
    let trail = find::changeable(cx, &input.name)?;
    state::delete(cx, &trail)?;
    Ok(json!({}))
}

pub(super) fn get_access(cx: &Cx, input: &NameInput) -> Result<Access, Fault> {
    find::access(cx, "GetTrail", &input.name)
}

/// GetTrail.
pub(super) fn get(cx: &Cx, input: NameInput) -> Result<Value, Fault> {
    let trail = find::readable(cx, &input.name)?;
    Ok(json!({ "Trail": view::trail(&trail) }))
}

pub(super) fn start_access(cx: &Cx, input: &NameInput) -> Result<Access, Fault> {
    find::access(cx, "StartLogging", &input.name)
}

/// StartLogging.
pub(super) fn start(cx: &mut Cx, input: NameInput) -> Result<Value, Fault> {
    let mut trail = find::changeable(cx, &input.name)?;
    if !trail.logging {
        trail.logging = true;
        trail.started = Some(cx.now());
        let mut delivery = state::delivery(cx, &trail)?;
        delivery.spans.push(state::Span { from: cx.end_of_events(), until: None });
        state::put_delivery(cx, &trail, &delivery)?;
        state::put(cx, &trail)?;
    }
    Ok(json!({}))
}

pub(super) fn stop_access(cx: &Cx, input: &NameInput) -> Result<Access, Fault> {
    find::access(cx, "StopLogging", &input.name)
}

/// StopLogging. Its own event is the last that the trail delivers.
pub(super) fn stop(cx: &mut Cx, input: NameInput) -> Result<Value, Fault> {
    let mut trail = find::changeable(cx, &input.name)?;
    if trail.logging {
        trail.logging = false;
        trail.stopped = Some(cx.now());
        let mut delivery = state::delivery(cx, &trail)?;
        if let Some(span) = delivery.spans.last_mut() {
            span.until = Some(cx.origin().request_id.clone());
        }
        state::put_delivery(cx, &trail, &delivery)?;
        state::put(cx, &trail)?;
    }
    Ok(json!({}))
}

pub(super) fn status_access(cx: &Cx, input: &NameInput) -> Result<Access, Fault> {
    find::access(cx, "GetTrailStatus", &input.name)
}

/// GetTrailStatus.
pub(super) fn status(cx: &Cx, input: NameInput) -> Result<Value, Fault> {
    let trail = find::readable(cx, &input.name)?;
    Ok(view::status(&trail, &state::delivery(cx, &trail)?))
}
