//! Time to live ("Using time to live (TTL) in DynamoDB", Developer Guide).
//!
//! Expired items go within about a second of the world's clock; DynamoDB promises a few days.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{Ask, existing};
use super::faults::invalid;
use super::state::{self, TimeToLive};
use super::table::{ByName, settled, settling};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    table_name: String,
    time_to_live_specification: Specification,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Specification {
    enabled: bool,
    attribute_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Updated {
    time_to_live_specification: Specification,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shown {
    time_to_live_description: Value,
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    Ask::new("UpdateTimeToLive", &input.table_name).access(cx)
}

/// UpdateTimeToLive.
pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Updated, Fault> {
    let mut table = existing(cx, &input.table_name)?;
    settled(cx, &table)?;
    let Specification { enabled, attribute_name: attribute } = input.time_to_live_specification;
    if attribute.is_empty() || attribute.len() > 255 {
        return Err(invalid("TimeToLive attribute name must be between 1 and 255 characters"));
    }
    let known = table.time_to_live.as_ref().filter(|ttl| ttl.enabled);
    match (known, enabled) {
        (Some(_), true) => return Err(invalid("TimeToLive is already enabled")),
        (None, false) => return Err(invalid("TimeToLive is already disabled")),
        (Some(known), false) if known.attribute != attribute => {
            return Err(invalid(format!(
                "TimeToLive is active on a different AttributeName: current AttributeName is {}",
                known.attribute
            )));
        }
        _ => {}
    }
    let changed = cx.now();
    table.time_to_live = Some(TimeToLive { attribute: attribute.clone(), enabled, changed });
    state::put_table(cx, &table)?;
    if enabled {
        state::rebuild(cx, &table, None)?;
    }
    let specification = Specification { enabled, attribute_name: attribute };
    Ok(Updated { time_to_live_specification: specification })
}

pub(super) fn describe_access(cx: &Cx, input: &ByName) -> Result<Access, Fault> {
    Ask::new("DescribeTimeToLive", &input.table_name).access(cx)
}

/// DescribeTimeToLive.
pub(super) fn describe(cx: &Cx, input: ByName) -> Result<Shown, Fault> {
    let table = existing(cx, &input.table_name)?;
    let settling = |ttl: &TimeToLive| cx.now() < ttl.changed + settling();
    let status = match &table.time_to_live {
        Some(ttl) if ttl.enabled && settling(ttl) => "ENABLING",
        Some(ttl) if ttl.enabled => "ENABLED",
        Some(ttl) if settling(ttl) => "DISABLING",
        _ => "DISABLED",
    };
    let attribute = table.time_to_live.filter(|_| status != "DISABLED").map(|ttl| ttl.attribute);
    let description = json!({ "TimeToLiveStatus": status, "AttributeName": attribute });
    Ok(Shown { time_to_live_description: description })
}
