//! DescribeLimits and DescribeEndpoints.

use gateway::{Access, Check, Cx, Fault};
use serde::Deserialize;
use serde_json::{Value, json};

/// An input without members.
#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) fn limits_access(_: &Cx, _: &Nothing) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("dynamodb:DescribeLimits")))
}

/// DescribeLimits: the default quotas; nothing here reaches them.
pub(super) fn limits(_: &Cx, _: Nothing) -> Result<Value, Fault> {
    Ok(json!({
        "AccountMaxReadCapacityUnits": 80_000, "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000, "TableMaxWriteCapacityUnits": 40_000,
    }))
}

pub(super) fn endpoints_access(_: &Cx, _: &Nothing) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("dynamodb:DescribeEndpoints")))
}

/// DescribeEndpoints: the Region's own, which clients that look for endpoints may use for a day.
pub(super) fn endpoints(cx: &Cx, _: Nothing) -> Result<Value, Fault> {
    let address = format!("dynamodb.{}.amazonaws.com", cx.region());
    Ok(json!({ "Endpoints": [{ "Address": address, "CachePeriodInMinutes": 1_440 }] }))
}
