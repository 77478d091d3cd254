//! CreateTable, DescribeTable, ListTables, DeleteTable.
//!
//! A table takes a moment to be made, changed and deleted, by the world's clock: who does not wait
//! is told `ResourceNotFoundException` or `ResourceInUseException`, as at AWS.

use chrono::Duration;
use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::{Ask, existing, find, target};
use super::encryption::{self, Encryption};
use super::faults::{in_use, invalid};
use super::schema::{
    Definition, Definitions, IndexInput, KeyElement, ThroughputInput, indexes, throughput,
};
use super::state::{self, ResourcePolicy, Status, TableRecord};
use super::tags::{self, Tag};
use super::{description, policy};

/// How long a change of a table takes. AWS does not say; it is seconds there.
pub(super) fn settling() -> Duration {
    Duration::milliseconds(250)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    table_name: String,
    #[serde(default)]
    attribute_definitions: Vec<Definition>,
    #[serde(default)]
    key_schema: Vec<KeyElement>,
    #[serde(default)]
    local_secondary_indexes: Vec<IndexInput>,
    #[serde(default)]
    global_secondary_indexes: Vec<IndexInput>,
    billing_mode: Option<String>,
    provisioned_throughput: Option<ThroughputInput>,
    on_demand_throughput: Option<Capacities>,
    stream_specification: Option<Stream>,
    #[serde(rename = "SSESpecification")]
    encryption: Option<Encryption>,
    #[serde(default)]
    tags: Vec<Tag>,
    table_class: Option<String>,
    deletion_protection_enabled: Option<bool>,
    resource_policy: Option<String>,
}

/// The most that a table on demand takes a second; for information only.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Capacities {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_read_request_units: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_write_request_units: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Stream {
    stream_enabled: bool,
}

impl Stream {
    /// Streams are not built.
    pub(super) fn refuse(stream: Option<&Self>) -> Result<(), Fault> {
        if stream.is_some_and(|stream| stream.stream_enabled) {
            let text = "StreamSpecification of CreateTable is not implemented.";
            return Err(Fault::new("NotImplemented", text).status(501));
        }
        Ok(())
    }
}

/// `{"TableDescription": …}`, of UpdateTable too.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Described {
    pub(super) table_description: Value,
}

/// A table by name or ARN: the input of several operations.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ByName {
    pub(super) table_name: String,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let check = Ask::new("CreateTable", &input.table_name).check(cx)?;
    let mut access = Access::to(tags::with_tags(check, &input.tags));
    if !input.tags.is_empty() {
        let tag = Ask::new("TagResource", &input.table_name).check(cx)?;
        access = access.and(tags::with_tags(tag, &input.tags));
    }
    if input.resource_policy.is_some() {
        access = access.and(Ask::new("PutResourcePolicy", &input.table_name).check(cx)?);
    }
    Ok(access)
}

/// CreateTable.
pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<Described, Fault> {
    let target = target(cx, &input.table_name)?;
    if cx.account()? != &target.account {
        return Err(invalid("A table can be created in the caller's own account only."));
    }
    if find(cx, &input.table_name)?.is_some() {
        return Err(in_use(format!("Table already exists: {}", target.name)));
    }
    Stream::refuse(input.stream_specification.as_ref())?;
    let mut definitions = Definitions::new(&[], &input.attribute_definitions)?;
    let schema = definitions.schema(&input.key_schema)?;
    let on_demand = input.billing_mode.as_deref() == Some("PAY_PER_REQUEST");
    let throughput = throughput(input.provisioned_throughput, on_demand, "")?;
    let (locals, globals) = (&input.local_secondary_indexes, &input.global_secondary_indexes);
    let settled = cx.now() + settling();
    let indexes = indexes(locals, globals, &mut definitions, &schema, on_demand, settled)?;
    let tags = tags::map(input.tags)?;
    let key_arn = encryption::key_of(cx, &target.name, input.encryption.as_ref())?;
    let policy = input.resource_policy.map(|text| policy::checked(cx, &text)).transpose()?;
    let revision = |document| ResourcePolicy { document, revision: policy::revision(cx) };
    let table = TableRecord {
        id: cx.world().uuid(),
        account: target.account,
        region: target.region,
        name: target.name,
        created: cx.now(),
        attributes: definitions.all_used(!indexes.is_empty())?,
        schema,
        indexes,
        on_demand: on_demand.then_some(cx.now()),
        billing_given: input.billing_mode.is_some(),
        throughput,
        max_on_demand: input.on_demand_throughput.and_then(|max| serde_json::to_value(max).ok()),
        change: Status::Creating,
        settled,
        gone: None,
        protected: input.deletion_protection_enabled == Some(true),
        class: input.table_class,
        key_arn,
        time_to_live: None,
        policy: policy.map(revision),
        tags,
    };
    state::put_table(cx, &table)?;
    Ok(Described { table_description: description::of(cx, &table)? })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Description {
    table: Value,
}

pub(super) fn describe_access(cx: &Cx, input: &ByName) -> Result<Access, Fault> {
    Ask::new("DescribeTable", &input.table_name).access(cx)
}

/// DescribeTable.
pub(super) fn describe(cx: &Cx, input: ByName) -> Result<Description, Fault> {
    let table = existing(cx, &input.table_name)?;
    Ok(Description { table: description::of(cx, &table)? })
}

pub(super) fn delete_access(cx: &Cx, input: &ByName) -> Result<Access, Fault> {
    Ask::new("DeleteTable", &input.table_name).access(cx)
}

/// DeleteTable.
pub(super) fn delete(cx: &mut Cx, input: ByName) -> Result<Described, Fault> {
    let mut table = existing(cx, &input.table_name)?;
    if table.protected {
        return Err(invalid(
            "Resource cannot be deleted as it is currently protected against deletion. Disable \
             deletion protection first.",
        ));
    }
    settled(cx, &table)?;
    table.gone = Some(cx.now() + settling());
    state::put_table(cx, &table)?;
    Ok(Described { table_description: description::of(cx, &table)? })
}

/// Refuses a change of a table while another is under way.
pub(super) fn settled(cx: &Cx, table: &TableRecord) -> Result<(), Fault> {
    let doing = match table.status(cx.now()) {
        Status::Active => return Ok(()),
        Status::Creating => "created",
        Status::Updating => "updated",
        Status::Deleting => "deleted",
    };
    let name = &table.name;
    Err(in_use(format!(
        "Attempt to change a resource which is still in use: Table is being {doing}: {name}"
    )))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    exclusive_start_table_name: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listing {
    table_names: Vec<String>,
    last_evaluated_table_name: Option<String>,
}

pub(super) fn list_access(_: &Cx, _: &ListInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("dynamodb:ListTables")))
}

/// ListTables: a hundred at a time.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Listing, Fault> {
    let after = input.exclusive_start_table_name.as_deref();
    let mut names = state::names_after(cx, cx.account()?, cx.region(), after)?;
    let limit = input.limit.unwrap_or(100);
    let more = names.len() > limit;
    names.truncate(limit);
    let last = if more { names.last().cloned() } else { None };
    Ok(Listing { table_names: names, last_evaluated_table_name: last })
}
