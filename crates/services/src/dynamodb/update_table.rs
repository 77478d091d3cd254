//! UpdateTable: throughput and billing, global indexes, protection, class, encryption.
//!
//! A new index is filled within the call, so it holds what the table held; it is usable a moment
//! later.

use gateway::{Access, Cx, Fault};
use serde::Deserialize;

use super::access::{Ask, existing};
use super::description;
use super::encryption::{self, Encryption};
use super::faults::{bad_value, invalid, limit};
use super::schema::{
    Definition, Definitions, IndexInput, MAX_GLOBAL, ThroughputInput, global, throughput,
};
use super::state::{self, Status, TableRecord};
use super::table::{Capacities, Described, Stream, settled, settling};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    table_name: String,
    #[serde(default)]
    attribute_definitions: Vec<Definition>,
    billing_mode: Option<String>,
    provisioned_throughput: Option<ThroughputInput>,
    on_demand_throughput: Option<Capacities>,
    #[serde(default)]
    global_secondary_index_updates: Vec<IndexUpdate>,
    stream_specification: Option<Stream>,
    #[serde(rename = "SSESpecification")]
    encryption: Option<Encryption>,
    table_class: Option<String>,
    deletion_protection_enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexUpdate {
    create: Option<IndexInput>,
    update: Option<IndexChange>,
    delete: Option<IndexName>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexChange {
    index_name: String,
    provisioned_throughput: Option<ThroughputInput>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexName {
    index_name: String,
}

pub(super) fn access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    Ask::new("UpdateTable", &input.table_name).access(cx)
}

/// UpdateTable.
pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Described, Fault> {
    let mut table = existing(cx, &input.table_name)?;
    settled(cx, &table)?;
    Stream::refuse(input.stream_specification.as_ref())?;
    check_any(&input)?;
    table.change = Status::Updating;
    table.settled = cx.now() + settling();
    billing(cx, &mut table, &input)?;
    if let Some(max) = &input.on_demand_throughput {
        table.max_on_demand = serde_json::to_value(max).ok();
    }
    if input.encryption.is_some() {
        table.key_arn = encryption::key_of(cx, &table.name, input.encryption.as_ref())?;
    }
    table.class = input.table_class.clone().or(table.class);
    table.protected = input.deletion_protection_enabled.unwrap_or(table.protected);
    indexes(cx, &mut table, &input)?;
    state::put_table(cx, &table)?;
    Ok(Described { table_description: description::of(cx, &table)? })
}

fn check_any(input: &UpdateInput) -> Result<(), Fault> {
    let any = input.billing_mode.is_some()
        || input.provisioned_throughput.is_some()
        || input.on_demand_throughput.is_some()
        || !input.global_secondary_index_updates.is_empty()
        || input.encryption.is_some()
        || input.table_class.is_some()
        || input.deletion_protection_enabled.is_some();
    if any {
        return Ok(());
    }
    Err(invalid(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, \
         GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    ))
}

fn billing(cx: &Cx, table: &mut TableRecord, input: &UpdateInput) -> Result<(), Fault> {
    let on_demand = match input.billing_mode.as_deref() {
        Some(mode) => mode == "PAY_PER_REQUEST",
        None => table.on_demand.is_some(),
    };
    table.billing_given |= input.billing_mode.is_some();
    match (table.on_demand.is_some(), on_demand) {
        (false, true) => {
            table.throughput = throughput(input.provisioned_throughput, true, "")?;
            table.on_demand = Some(cx.now());
            table.indexes.iter_mut().for_each(|index| index.throughput = Default::default());
        }
        (true, false) => {
            table.throughput = throughput(input.provisioned_throughput, false, "")?;
            table.on_demand = None;
        }
        (true, true) => drop(throughput(input.provisioned_throughput, true, "")?),
        (false, false) => {
            if let Some(given) = input.provisioned_throughput {
                table.throughput = given.change(table.throughput, cx.now())?;
            }
        }
    }
    Ok(())
}

fn indexes(cx: &mut Cx, table: &mut TableRecord, input: &UpdateInput) -> Result<(), Fault> {
    let updates = &input.global_secondary_index_updates;
    let heavy = |update: &&IndexUpdate| update.create.is_some() || update.delete.is_some();
    if updates.iter().filter(heavy).count() > 1 {
        return Err(limit(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted \
             simultaneously per table",
        ));
    }
    let now = cx.now();
    table.indexes.retain(|index| index.gone.is_none_or(|gone| now < gone));
    for update in updates {
        match update {
            IndexUpdate { create: Some(create), update: None, delete: None } => {
                add(cx, table, create, &input.attribute_definitions)?;
            }
            IndexUpdate { create: None, update: Some(change), delete: None } => {
                let on_demand = table.on_demand.is_some();
                let index = present(table, &change.index_name)?;
                index.throughput = match change.provisioned_throughput {
                    Some(given) if !on_demand => given.change(index.throughput, now)?,
                    given => throughput(given, on_demand, "")?,
                };
            }
            IndexUpdate { create: None, update: None, delete: Some(delete) } => {
                let index = present(table, &delete.index_name)?;
                index.gone = Some(now + settling());
                state::forget_index(cx, table, &delete.index_name)?;
                forget_attributes(table)?;
            }
            _ => {
                return Err(bad_value(
                    "One of GlobalSecondaryIndexUpdate's members must be specified: Create, \
                     Update or Delete",
                ));
            }
        }
    }
    Ok(())
}

fn add(
    cx: &mut Cx,
    table: &mut TableRecord,
    create: &IndexInput,
    given: &[Definition],
) -> Result<(), Fault> {
    if table.indexes.iter().any(|index| index.name == create.index_name) {
        let name = &create.index_name;
        return Err(invalid(format!("Attempting to create an index which already exists: {name}")));
    }
    if table.indexes.iter().filter(|index| index.global).count() >= MAX_GLOBAL {
        return Err(bad_value(format!(
            "GlobalSecondaryIndex count exceeds the per-table limit of {MAX_GLOBAL}"
        )));
    }
    let mut definitions = Definitions::new(&table.attributes, given)?;
    let index = global(create, &mut definitions, table.on_demand.is_some(), table.settled)?;
    definitions.keep(&table.schema);
    table.live().for_each(|index| definitions.keep(&index.schema));
    table.attributes = definitions.used();
    table.indexes.push(index.clone());
    state::rebuild(cx, table, Some(&index))
}

/// The definitions that no key uses any more go.
fn forget_attributes(table: &mut TableRecord) -> Result<(), Fault> {
    let mut definitions = Definitions::new(&table.attributes, &[])?;
    definitions.keep(&table.schema);
    table.live().for_each(|index| definitions.keep(&index.schema));
    table.attributes = definitions.used();
    Ok(())
}

fn present<'t>(
    table: &'t mut TableRecord,
    name: &str,
) -> Result<&'t mut state::IndexRecord, Fault> {
    let mut globals = table.indexes.iter_mut().filter(|index| index.global);
    let found = globals.find(|index| index.name == name && index.gone.is_none());
    let text = format!("Requested resource not found: Index: {name} not found");
    found.ok_or_else(|| Fault::new("ResourceNotFoundException", text).status(400))
}
