//! Clusters: create, describe, modify, delete.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::iam_roles::{add, pass_roles};
use super::password;
use super::state::{self, ClusterRecord, Status, cluster_arn};
use super::view::{Cluster, One, Tag};

/// The database made with a cluster when none is named.
const DEFAULT_DATABASE: &str = "dev";
/// Clusters of a page.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    cluster_identifier: String,
    node_type: String,
    master_username: String,
    master_user_password: Option<String>,
    #[serde(rename = "DBName")]
    db_name: Option<String>,
    cluster_type: Option<String>,
    number_of_nodes: Option<i64>,
    port: Option<i64>,
    encrypted: Option<bool>,
    publicly_accessible: Option<bool>,
    #[serde(default)]
    iam_roles: Vec<String>,
    default_iam_role_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    manage_master_password: Option<bool>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let arn = cluster_arn(cx.account()?, cx.region(), &input.cluster_identifier);
    let mut check = Check::new("redshift:CreateCluster", &arn);
    for Tag { key, value } in &input.tags {
        check = check.with(format!("aws:RequestTag/{key}"), value.clone());
    }
    let passed = input.iam_roles.iter().chain(&input.default_iam_role_arn);
    pass_roles(Access::to(check), &arn, passed)
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<One, Fault> {
    let identifier = identifier(&input.cluster_identifier)?;
    let account = cx.account()?.clone();
    let region = cx.region().clone();
    if state::get(cx, &account, &region, &identifier)?.is_some() {
        return Err(Fault::new("ClusterAlreadyExists", "Cluster already exists").status(400));
    }
    if input.manage_master_password == Some(true) {
        let text = "ManageMasterPassword is not implemented: give a MasterUserPassword.";
        return Err(Fault::new("NotImplemented", text).status(501));
    }
    let password = input.master_user_password.as_deref().ok_or_else(|| {
        let text = "The parameter MasterUserPassword must be provided.";
        Fault::new("InvalidParameterCombination", text).status(400)
    })?;
    password::check(password)?;
    let master_user = user_name(&input.master_username)?;
    let mut cluster = ClusterRecord {
        master_verifier: password::verifier(&master_user, password),
        account,
        region,
        identifier,
        node_type: input.node_type.clone(),
        nodes: nodes(&input)?,
        database: input.db_name.as_deref().unwrap_or(DEFAULT_DATABASE).to_ascii_lowercase(),
        master_user,
        password_version: 1,
        created: cx.now(),
        status: Status::Creating,
        wanted_port: input.port.map(port).transpose()?,
        endpoint: None,
        roles: Vec::new(),
        default_role: input.default_iam_role_arn.clone(),
        encrypted: input.encrypted.unwrap_or(true),
        publicly_accessible: input.publicly_accessible.unwrap_or(false),
        namespace: cx.world().uuid(),
        tags: input.tags.into_iter().map(|tag| (tag.key, tag.value)).collect::<BTreeMap<_, _>>(),
    };
    database_name(&cluster.database)?;
    add(&mut cluster, input.iam_roles.iter().chain(&input.default_iam_role_arn))?;
    state::put(cx, &cluster)?;
    Ok(cluster.into())
}

/// 1 to 63 letters, digits and single hyphens, beginning with a letter.
fn identifier(text: &str) -> Result<String, Fault> {
    let text = text.to_ascii_lowercase();
    let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if letters && begins && text.len() <= 63 && !text.ends_with('-') && !text.contains("--") {
        return Ok(text);
    }
    Err(invalid(
        "The parameter ClusterIdentifier is not a valid identifier. Identifiers must begin with \
         a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a \
         hyphen or contain two consecutive hyphens.",
    ))
}

/// User names fold to lower case, as the database's own do.
fn user_name(text: &str) -> Result<String, Fault> {
    let name = text.to_ascii_lowercase();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+.@-".contains(&b);
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if begins && name.bytes().all(allowed) && name.len() <= 127 && name != "public" {
        return Ok(name);
    }
    Err(invalid("The parameter MasterUsername is not a valid user name."))
}

fn database_name(name: &str) -> Result<(), Fault> {
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+.@-".contains(&b);
    if begins && name.bytes().all(allowed) && name.len() <= 64 {
        return Ok(());
    }
    Err(invalid("The parameter DBName is not a valid database name."))
}

fn nodes(input: &CreateInput) -> Result<i64, Fault> {
    let text = "Number of nodes for cluster type multi-node must be greater than or equal to 2.";
    match (input.cluster_type.as_deref(), input.number_of_nodes) {
        (Some("single-node"), None | Some(1)) => Ok(1),
        (Some("single-node"), Some(_)) => Err(Fault::new(
            "InvalidParameterCombination",
            "Number of nodes for cluster type single-node is not allowed.",
        )
        .status(400)),
        (Some("multi-node"), Some(count)) if count < 2 => Err(invalid(text)),
        (Some("multi-node"), None) => Err(invalid(text)),
        (_, count) => Ok(count.unwrap_or(1)),
    }
}

fn port(number: i64) -> Result<u16, Fault> {
    u16::try_from(number).ok().filter(|port| *port >= 1150).ok_or_else(|| {
        invalid(&format!("The parameter Port is not valid: {number} is not in 1150-65535."))
    })
}

fn invalid(text: &str) -> Fault {
    Fault::new("InvalidParameterValue", text).status(400)
}

/// The cluster of the caller's account and Region, or Redshift's words for its absence.
pub(super) fn find(cx: &Cx, identifier: &str) -> Result<ClusterRecord, Fault> {
    let text = format!("Cluster {} not found.", identifier.to_ascii_lowercase());
    state::get(cx, cx.account()?, cx.region(), identifier)?
        .ok_or_else(|| Fault::new("ClusterNotFound", text).status(404))
}

/// Refuses a change while another takes effect.
pub(super) fn settled(cluster: &ClusterRecord) -> Result<(), Fault> {
    if cluster.status == Status::Available {
        return Ok(());
    }
    let text =
        "There is an operation running on the Cluster. Please try to perform it at a later time.";
    Err(Fault::new("InvalidClusterState", text).status(400))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeInput {
    cluster_identifier: Option<String>,
    max_records: Option<usize>,
    marker: Option<String>,
    #[serde(default)]
    tag_keys: Vec<String>,
    #[serde(default)]
    tag_values: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Clusters {
    marker: Option<String>,
    clusters: Vec<Cluster>,
}

pub(super) fn describe_access(cx: &Cx, input: &DescribeInput) -> Result<Access, Fault> {
    let identifier = input.cluster_identifier.as_deref().unwrap_or("*");
    let arn = cluster_arn(cx.account()?, cx.region(), identifier);
    Ok(Access::to(Check::new("redshift:DescribeClusters", arn)))
}

pub(super) fn describe(cx: &Cx, input: DescribeInput) -> Result<Clusters, Fault> {
    if let Some(identifier) = &input.cluster_identifier {
        return Ok(Clusters { marker: None, clusters: vec![find(cx, identifier)?.into()] });
    }
    let mut all = state::list(cx, cx.account()?, cx.region())?;
    all.retain(|cluster| tagged(cluster, &input.tag_keys, &input.tag_values));
    let after = input.marker.unwrap_or_default();
    let mut rest = all.into_iter().filter(|cluster| cluster.identifier > after).peekable();
    let page: Vec<ClusterRecord> = rest.by_ref().take(input.max_records.unwrap_or(PAGE)).collect();
    let more = rest.peek().is_some();
    let marker = page.last().filter(|_| more).map(|cluster| cluster.identifier.clone());
    Ok(Clusters { marker, clusters: page.into_iter().map(Cluster::from).collect() })
}

/// Any of the keys and any of the values, when asked for.
fn tagged(cluster: &ClusterRecord, keys: &[String], values: &[String]) -> bool {
    let key = keys.is_empty() || cluster.tags.keys().any(|key| keys.contains(key));
    key && (values.is_empty() || cluster.tags.values().any(|value| values.contains(value)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ModifyInput {
    cluster_identifier: String,
    master_user_password: Option<String>,
    publicly_accessible: Option<bool>,
}

pub(super) fn modify_access(cx: &Cx, input: &ModifyInput) -> Result<Access, Fault> {
    let arn = cluster_arn(cx.account()?, cx.region(), &input.cluster_identifier);
    Ok(Access::to(Check::new("redshift:ModifyCluster", arn)))
}

pub(super) fn modify(cx: &mut Cx, input: ModifyInput) -> Result<One, Fault> {
    let mut cluster = find(cx, &input.cluster_identifier)?;
    settled(&cluster)?;
    if let Some(password) = &input.master_user_password {
        password::check(password)?;
        cluster.master_verifier = password::verifier(&cluster.master_user, password);
        cluster.password_version += 1;
    }
    cluster.publicly_accessible = input.publicly_accessible.unwrap_or(cluster.publicly_accessible);
    cluster.status = Status::Modifying;
    state::put(cx, &cluster)?;
    Ok(cluster.into())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteInput {
    cluster_identifier: String,
    #[serde(default)]
    skip_final_cluster_snapshot: bool,
    final_cluster_snapshot_identifier: Option<String>,
}

pub(super) fn delete_access(cx: &Cx, input: &DeleteInput) -> Result<Access, Fault> {
    let arn = cluster_arn(cx.account()?, cx.region(), &input.cluster_identifier);
    Ok(Access::to(Check::new("redshift:DeleteCluster", arn)))
}

pub(super) fn delete(cx: &mut Cx, input: DeleteInput) -> Result<One, Fault> {
    let mut cluster = find(cx, &input.cluster_identifier)?;
    settled(&cluster)?;
    let refused = |text: &str| Fault::new("InvalidParameterCombination", text).status(400);
    match (input.skip_final_cluster_snapshot, &input.final_cluster_snapshot_identifier) {
        (true, None) => {}
        (true, Some(_)) => {
            return Err(refused(
                "FinalClusterSnapshotIdentifier cannot be specified when \
                 SkipFinalClusterSnapshot is specified.",
            ));
        }
        (false, None) => {
            return Err(refused(
                "FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is \
                 specified.",
            ));
        }
        (false, Some(_)) => {
            let text = "Snapshots are not implemented: delete with SkipFinalClusterSnapshot.";
            return Err(Fault::new("NotImplemented", text).status(501));
        }
    }
    cluster.status = Status::Deleting;
    state::put(cx, &cluster)?;
    Ok(cluster.into())
}
