//! AWS CloudTrail (json 1.1, 2013-11-01): looking events up in the platform's own audit log.
//!
//! Every call through the gateway is there, allowed or denied. Trails, event selectors and
//! delivery to S3 are not built yet. Start at `lookup.rs`.

mod lookup;

use gateway::{Service, read};

/// The operations that are built.
pub fn service() -> Service {
    Service::new("cloudtrail", vec![read("LookupEvents", lookup::access, lookup::lookup)])
}
