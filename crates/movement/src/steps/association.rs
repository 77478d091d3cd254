//! The association of the cluster with its role (`ModifyClusterIamRoles`, `iam:PassRole`).

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Seen, Step};
use crate::file::Movement;
use crate::place::Account;
use crate::trouble::{Result, Trouble};
use crate::undo::Undo;
use crate::work::Work;

pub(super) struct Association;

/// What the cluster says of one role: `in-sync`, `adding`, `removing`; `None` when not associated.
async fn status(work: &Work<'_>, cluster: &str, role: &str) -> Result<Option<String>> {
    let input = json!({ "ClusterIdentifier": cluster });
    let place = (Account::Warehouse, 5);
    let tried = format!("look at cluster {cluster}");
    let answer = work.ask(place, tried, ("redshift", "DescribeClusters"), input).await?;
    let roles = answer.pointer("/Clusters/0/IamRoles").and_then(Value::as_array);
    let found = roles
        .into_iter()
        .flatten()
        .find(|entry| entry.get("IamRoleArn").and_then(Value::as_str) == Some(role));
    let text = found.map(|entry| entry.get("ApplyStatus").and_then(Value::as_str));
    Ok(text.map(|status| status.unwrap_or("in-sync").to_owned()))
}

/// Waits until the cluster shows the role as asked; it is `modifying` for a while.
async fn settled(work: &Work<'_>, cluster: &str, role: &str, wanted: Option<&str>) -> Result<()> {
    for _ in 0..work.polls() {
        if status(work, cluster, role).await?.as_deref() == wanted {
            return Ok(());
        }
        work.pause().await;
    }
    let trouble = Trouble::new(format!("wait for cluster {cluster}"))
        .said(format!("the change of its role {role} has not come through in time"));
    Err(Box::new(trouble.at(5, work.label(Account::Warehouse))))
}

/// Adds or removes; a cluster that is still `modifying` refuses, and is asked again.
async fn modify(work: &Work<'_>, cluster: &str, member: &str, role: &str) -> Result<()> {
    let input = json!({ "ClusterIdentifier": cluster, member: [role] });
    let tried = format!("change the roles of cluster {cluster}");
    for _ in 0..work.polls() {
        let call =
            work.call(Account::Warehouse, "redshift", "ModifyClusterIamRoles", input.clone());
        match call.await {
            Ok(_) => return Ok(()),
            Err(error) if error.code.starts_with("InvalidClusterState") => work.pause().await,
            Err(error) => return Err(work.refused(Account::Warehouse, 5, tried, &error).await),
        }
    }
    let trouble = Trouble::new(tried).said("it stays in another change");
    Err(Box::new(trouble.at(5, work.label(Account::Warehouse))))
}

/// Takes a role from a cluster and waits until it is gone.
pub(crate) async fn remove(work: &Work<'_>, cluster: &str, role: &str) -> Result<()> {
    if status(work, cluster, role).await?.is_none() {
        return Ok(());
    }
    modify(work, cluster, "RemoveIamRoles", role).await?;
    settled(work, cluster, role, None).await
}

#[async_trait]
impl Step for Association {
    fn id(&self, movement: &Movement) -> String {
        format!("{}.association", movement.section(Account::Warehouse))
    }

    fn hop(&self) -> u8 {
        5
    }

    fn account(&self) -> Account {
        Account::Warehouse
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("{} on cluster {}", work.movement.roles.cluster, work.movement.warehouse.cluster)
    }

    fn opens(&self, work: &Work<'_>) -> String {
        format!("the cluster may use it (iam:PassRole by {})", work.warehouse.label)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        work.cluster()?;
        let role = work.facts.warehouse_role(&work.movement.roles.cluster);
        Ok(match status(work, &work.movement.warehouse.cluster, &role).await?.as_deref() {
            None => Seen::Absent,
            Some("in-sync") => Seen::Same,
            Some(other) => Seen::Differs { prior: None, how: format!("it is {other}") },
        })
    }

    async fn make(&self, work: &mut Work<'_>, seen: &Seen) -> Result<()> {
        let cluster = work.movement.warehouse.cluster.clone();
        let role = work.facts.warehouse_role(&work.movement.roles.cluster);
        if *seen == Seen::Absent {
            modify(work, &cluster, "AddIamRoles", &role).await?;
        }
        settled(work, &cluster, &role, Some("in-sync")).await
    }

    fn undo(&self, work: &Work<'_>, _: &Seen) -> Option<Undo> {
        let role_arn = work.facts.warehouse_role(&work.movement.roles.cluster);
        let cluster = work.movement.warehouse.cluster.clone();
        Some(Undo::RemoveClusterRole { cluster, role_arn })
    }
}
