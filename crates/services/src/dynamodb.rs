//! Amazon DynamoDB (json 1.0, 2012-08-10).
//!
//! Modelled: tables with local and global indexes, items with every type, expressions in all their
//! places, pages and parallel scans, time to live, capacity figures, resource policies, and the
//! condition keys of fine-grained access. Every read is consistent, and nothing is throttled. Not
//! built: streams, backups, replicas, exports, PartiQL.
//! Start at `write.rs` and `search.rs`; the language of expressions is in `expression.rs`.

mod access;
mod batch;
mod capacity;
mod description;
mod elder;
mod encryption;
pub mod expression;
mod faults;
mod get;
mod key;
mod key_condition;
mod limits;
mod number;
mod plan;
mod policy;
mod schema;
mod search;
mod state;
mod table;
mod tags;
mod transact;
mod ttl;
mod update_table;
mod upkeep;
pub mod value;
mod write;

use gateway::{Service, read, write};

/// The operations that are built.
pub fn service() -> Service {
    Service::new(
        "dynamodb",
        vec![
            read("BatchGetItem", batch::get_access, batch::get),
            write("BatchWriteItem", batch::write_access, batch::write),
            write("CreateTable", table::create_access, table::create).refusing(&[
                "GlobalTableSourceArn",
                "GlobalTableSettingsReplicationMode",
                "WarmThroughput",
            ]),
            write("DeleteItem", write::delete_access, write::delete),
            write("DeleteResourcePolicy", policy::delete_access, policy::delete),
            write("DeleteTable", table::delete_access, table::delete),
            read("DescribeEndpoints", limits::endpoints_access, limits::endpoints),
            read("DescribeLimits", limits::limits_access, limits::limits),
            read("DescribeTable", table::describe_access, table::describe),
            read("DescribeTimeToLive", ttl::describe_access, ttl::describe),
            read("GetItem", get::access, get::get).brief(),
            read("GetResourcePolicy", policy::get_access, policy::get),
            read("ListTables", table::list_access, table::list),
            read("ListTagsOfResource", tags::list_access, tags::list),
            write("PutItem", write::put_access, write::put),
            write("PutResourcePolicy", policy::put_access, policy::put),
            read("Query", search::query_access, search::query),
            read("Scan", search::scan_access, search::scan),
            write("TagResource", tags::tag_access, tags::tag),
            read("TransactGetItems", transact::get_access, transact::get),
            write("TransactWriteItems", transact::write_access, transact::write),
            write("UntagResource", tags::untag_access, tags::untag),
            write("UpdateItem", write::update_access, write::update),
            write("UpdateTable", update_table::access, update_table::update).refusing(&[
                "GlobalTableSettingsReplicationMode",
                "GlobalTableWitnessUpdates",
                "MultiRegionConsistency",
                "ReplicaUpdates",
                "WarmThroughput",
            ]),
            write("UpdateTimeToLive", ttl::update_access, ttl::update),
        ],
    )
    .with_upkeep(upkeep::run)
}
