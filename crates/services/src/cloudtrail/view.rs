//! Trails as answers show them; DescribeTrails and ListTrails.

use chrono::{DateTime, Utc};
use gateway::{Access, Check, Cx, Fault};
use serde::Deserialize;
use serde_json::{Value, json};

use super::find;
use super::selectors::Selectors;
use super::state::{self, Delivery, Trail};

/// The settings that CreateTrail and UpdateTrail answer.
pub(super) fn configuration(trail: &Trail) -> Value {
    json!({
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.prefix,
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "TrailARN": trail.arn(),
        "LogFileValidationEnabled": trail.validation,
        "KmsKeyId": trail.kms_key,
        "IsOrganizationTrail": false,
    })
}

/// The settings that GetTrail and DescribeTrails answer.
pub(super) fn trail(trail: &Trail) -> Value {
    let mut view = configuration(trail);
    if let Some(members) = view.as_object_mut() {
        let custom = trail.selectors != Selectors::default();
        members.insert("HomeRegion".to_owned(), trail.region.to_string().into());
        members.insert("HasCustomEventSelectors".to_owned(), custom.into());
        members.insert("HasInsightSelectors".to_owned(), false.into());
    }
    view
}

/// The answer of GetTrailStatus, with the texts that are "no longer in use" and still there.
pub(super) fn status(trail: &Trail, delivery: &Delivery) -> Value {
    let seconds = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp());
    let text = |time: Option<DateTime<Utc>>| {
        time.map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
    };
    let failed = delivery.error.is_some();
    let last_success = if failed { String::new() } else { text(delivery.attempted) };
    json!({
        "IsLogging": trail.logging,
        "LatestDeliveryError": delivery.error,
        "LatestDeliveryTime": seconds(delivery.delivered),
        "LatestDigestDeliveryTime": seconds(delivery.digest_delivered),
        "LatestDigestDeliveryError": delivery.digest_error,
        "StartLoggingTime": seconds(trail.started),
        "StopLoggingTime": seconds(trail.stopped),
        "LatestDeliveryAttemptTime": text(delivery.attempted),
        "LatestNotificationAttemptTime": "",
        "LatestNotificationAttemptSucceeded": "",
        "LatestDeliveryAttemptSucceeded": last_success,
        "TimeLoggingStarted": text(trail.started),
        "TimeLoggingStopped": text(trail.stopped),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeInput {
    #[serde(default)]
    trail_name_list: Vec<String>,
    include_shadow_trails: Option<bool>,
}

pub(super) fn describe_access(_: &Cx, _: &DescribeInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("cloudtrail:DescribeTrails")))
}

/// DescribeTrails: those of the Region, and unless told otherwise the shadows of those that cover
/// all Regions. Names that no trail has are passed over.
pub(super) fn describe(cx: &Cx, input: DescribeInput) -> Result<Value, Fault> {
    let shadows = input.include_shadow_trails != Some(false);
    let trails: Vec<Trail> = if input.trail_name_list.is_empty() {
        state::of_account(cx, cx.account()?)?
    } else {
        let mut named = Vec::new();
        for id in &input.trail_name_list {
            match find::readable(cx, id) {
                Ok(trail) => named.push(trail),
                Err(fault) if fault.code == "TrailNotFoundException" => {}
                Err(fault) => return Err(fault),
            }
        }
        named
    };
    let seen = |t: &&Trail| t.region == *cx.region() || (shadows && t.multi_region);
    let list: Vec<Value> = trails.iter().filter(seen).map(trail).collect();
    Ok(json!({ "trailList": list }))
}

#[derive(Deserialize)]
pub(super) struct ListInput {}

pub(super) fn list_access(_: &Cx, _: &ListInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("cloudtrail:ListTrails")))
}

/// ListTrails: of all Regions. One page holds them all, five for each Region.
pub(super) fn list(cx: &Cx, _: ListInput) -> Result<Value, Fault> {
    let trails = state::of_account(cx, cx.account()?)?;
    let info = |trail: &Trail| json!({ "TrailARN": trail.arn(), "Name": trail.name, "HomeRegion": trail.region });
    Ok(json!({ "Trails": trails.iter().map(info).collect::<Vec<_>>() }))
}
