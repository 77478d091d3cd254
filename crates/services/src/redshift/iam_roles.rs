//! Associating roles with a cluster: the first gate of COPY and UNLOAD.
//!
//! Handing a role to the cluster needs `iam:PassRole` on it ("Authorizing Amazon Redshift to
//! access other AWS services on your behalf", Redshift Management Guide); a role of another
//! account cannot be passed, so clusters reach other accounts by chains only.

use gateway::{Access, Check, Cx, Fault};
use names::Arn;
use serde::Deserialize;

use super::cluster::{find, settled};
use super::state::{self, Apply, AssociatedRole, ClusterRecord, Status, cluster_arn};
use super::view::One;

/// Roles that a cluster may have.
pub(super) const MAX_ROLES: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ModifyInput {
    cluster_identifier: String,
    #[serde(default)]
    add_iam_roles: Vec<String>,
    #[serde(default)]
    remove_iam_roles: Vec<String>,
    default_iam_role_arn: Option<String>,
}

pub(super) fn access(cx: &Cx, input: &ModifyInput) -> Result<Access, Fault> {
    let arn = cluster_arn(cx.account()?, cx.region(), &input.cluster_identifier);
    let check = Check::new("redshift:ModifyClusterIamRoles", &arn);
    let passed = input.add_iam_roles.iter().chain(&input.default_iam_role_arn);
    pass_roles(Access::to(check), &arn, passed.filter(|role| !role.is_empty()))
}

/// Adds a check of `iam:PassRole` for each role.
pub(super) fn pass_roles<'r>(
    access: Access,
    cluster: &Arn,
    roles: impl Iterator<Item = &'r String>,
) -> Result<Access, Fault> {
    let mut access = access;
    for text in roles {
        let role: Arn = text.parse().map_err(|_| invalid(text))?;
        let account = role.account.clone().ok_or_else(|| invalid(text))?;
        if role.service != "iam" || !role.resource.starts_with("role/") {
            return Err(invalid(text));
        }
        let check = Check::new("iam:PassRole", &role)
            .owned_by(&account)
            .with("iam:PassedToService", "redshift.amazonaws.com")
            .with("iam:AssociatedResourceArn", cluster.to_string());
        access = access.and(check);
    }
    Ok(access)
}

fn invalid(role: &str) -> Fault {
    let text = format!("The IAM role {role} is not valid. Please check the role ARN.");
    Fault::new("InvalidParameterValue", text).status(400)
}

pub(super) fn modify(cx: &mut Cx, input: ModifyInput) -> Result<One, Fault> {
    let mut cluster = find(cx, &input.cluster_identifier)?;
    settled(&cluster)?;
    for arn in &input.remove_iam_roles {
        let role = cluster.roles.iter_mut().find(|role| role.arn == *arn).ok_or_else(|| {
            let text = format!("The IAM role {arn} is not associated with the cluster.");
            Fault::new("InvalidParameterValue", text).status(400)
        })?;
        role.apply = Apply::Removing;
        if cluster.default_role.as_ref() == Some(arn) {
            cluster.default_role = None;
        }
    }
    let default = input.default_iam_role_arn.as_ref();
    let added = input.add_iam_roles.iter().chain(default).filter(|arn| !arn.is_empty());
    add(&mut cluster, added)?;
    match default.map(String::as_str) {
        Some("") => cluster.default_role = None,
        Some(arn) => cluster.default_role = Some(arn.to_owned()),
        None => {}
    }
    cluster.status = Status::Modifying;
    state::put(cx, &cluster)?;
    Ok(cluster.into())
}

/// Associates roles that are not associated yet.
pub(super) fn add<'r>(
    cluster: &mut ClusterRecord,
    roles: impl Iterator<Item = &'r String>,
) -> Result<(), Fault> {
    for arn in roles {
        match cluster.roles.iter_mut().find(|role| role.arn == *arn) {
            Some(known) if known.apply == Apply::Removing => known.apply = Apply::Adding,
            Some(_) => {}
            None => cluster.roles.push(AssociatedRole { arn: arn.clone(), apply: Apply::Adding }),
        }
    }
    if cluster.roles.len() > MAX_ROLES {
        let text = format!("A cluster can have at most {MAX_ROLES} IAM roles.");
        return Err(Fault::new("InvalidParameterValue", text).status(400));
    }
    Ok(())
}
