//! AWS CloudTrail (json 1.1, 2013-11-01): the platform's own audit log, looked up and delivered.
//!
//! Every call through the gateway is in that log, allowed or denied; `lookup.rs` finds its
//! management events, and trails deliver what their selectors want of it to buckets. Start at
//! `trail.rs`, then `delivery.rs`.
//!
//! Not built: Insights, event data stores, channels, organization trails, notifications by SNS
//! and CloudWatch Logs.

mod delivery;
mod destination;
mod digest;
mod find;
mod lookup;
mod matching;
mod selectors;
mod signing;
mod state;
mod tags;
mod trail;
mod view;

use gateway::{Operation, Service, read, write};

/// What a trail can do at AWS and nobody should believe to have here.
const NOT_BUILT: &[&str] =
    &["SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "IsOrganizationTrail"];

/// The operations that are built.
pub fn service() -> Service {
    let mut operations = trails();
    operations.extend([
        write("AddTags", tags::add_access, tags::add),
        read("ListTags", tags::list_access, tags::list).ignoring(&["NextToken"]),
        write("RemoveTags", tags::remove_access, tags::remove),
        read("GetEventSelectors", selectors::get_access, selectors::get),
        write("PutEventSelectors", selectors::put_access, selectors::put),
        read("ListPublicKeys", signing::list_access, signing::list).ignoring(&["NextToken"]),
        read("LookupEvents", lookup::access, lookup::lookup),
    ]);
    Service::new("cloudtrail", operations).with_upkeep(delivery::upkeep)
}

fn trails() -> Vec<Operation> {
    vec![
        write("CreateTrail", trail::create_access, trail::create).refusing(NOT_BUILT),
        write("UpdateTrail", trail::update_access, trail::update).refusing(NOT_BUILT),
        write("DeleteTrail", trail::delete_access, trail::delete),
        read("GetTrail", trail::get_access, trail::get),
        read("GetTrailStatus", trail::status_access, trail::status),
        write("StartLogging", trail::start_access, trail::start),
        write("StopLogging", trail::stop_access, trail::stop),
        read("DescribeTrails", view::describe_access, view::describe),
        read("ListTrails", view::list_access, view::list).ignoring(&["NextToken"]),
    ]
}
