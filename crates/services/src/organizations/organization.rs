//! The organization itself, its root, and the policy types that are in force.

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Cx, Fault};
use names::Arn;
use serde::{Deserialize, Serialize};

use super::common::{Done, Empty, Paging, arn, managing, random_id, reading, standing};
use super::state::{Attached, Member, Organization, PolicyType, records};
use super::{aws_managed, faults, policy};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OrganizationView {
    id: String,
    arn: String,
    feature_set: String,
    master_account_arn: String,
    master_account_id: String,
    master_account_email: String,
    available_policy_types: Vec<TypeView>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TypeView {
    r#type: &'static str,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OrganizationAnswer {
    organization: OrganizationView,
}

/// `AvailablePolicyTypes` is not what is enabled ("DescribeOrganization"): it names SCPs wherever
/// all features are on. ListRoots tells what is enabled.
fn view(cx: &Cx, organization: Organization) -> Result<OrganizationAnswer, Fault> {
    let account = &organization.management;
    let resource = format!("organization/{}", organization.id);
    let types = if organization.feature_set == "ALL" {
        let name = policy::name_of(PolicyType::ServiceControl);
        vec![TypeView { r#type: name, status: "ENABLED" }]
    } else {
        Vec::new()
    };
    let view = OrganizationView {
        arn: Arn::new("organizations", None, Some(account), resource).to_string(),
        master_account_arn: arn(&organization, "account", account.as_str()),
        master_account_id: account.to_string(),
        master_account_email: records::email(cx, account)?,
        available_policy_types: types,
        feature_set: organization.feature_set,
        id: organization.id,
    };
    Ok(OrganizationAnswer { organization: view })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    feature_set: Option<String>,
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<OrganizationAnswer, Fault> {
    let account = cx.account()?.clone();
    if records::member(cx, &account)?.is_some() {
        return Err(faults::already_in_organization());
    }
    let organization = Organization {
        id: random_id(cx, "o-", 10),
        root: random_id(cx, "r-", 4),
        management: account.clone(),
        feature_set: input.feature_set.unwrap_or_else(|| "ALL".to_owned()),
        enabled: BTreeSet::new(),
        services: BTreeMap::new(),
        delegated: BTreeMap::new(),
    };
    records::put_organization(cx, &organization)?;
    let member = Member {
        account,
        organization: organization.id.clone(),
        parent: organization.root.clone(),
        method: "INVITED".to_owned(),
        joined: cx.now(),
        closed: false,
    };
    records::put_member(cx, &member)?;
    view(cx, organization)
}

pub(super) fn describe(cx: &Cx, _: Empty) -> Result<OrganizationAnswer, Fault> {
    let (_, organization) = standing(cx)?;
    view(cx, organization)
}

pub(super) fn delete(cx: &mut Cx, _: Empty) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    if records::members(cx, &organization.id)?.len() > 1 {
        return Err(faults::not_empty());
    }
    records::delete_organization(cx, &organization)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Root {
    id: String,
    arn: String,
    name: &'static str,
    policy_types: Vec<TypeView>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Roots {
    roots: Vec<Root>,
    next_token: Option<String>,
}

fn root(organization: &Organization) -> Root {
    let enabled = organization.enabled.iter();
    Root {
        id: organization.root.clone(),
        arn: arn(organization, "root", &organization.root),
        name: "Root",
        policy_types: enabled
            .map(|kind| TypeView { r#type: policy::name_of(*kind), status: "ENABLED" })
            .collect(),
    }
}

pub(super) fn list_roots(cx: &Cx, input: Paging) -> Result<Roots, Fault> {
    let organization = reading(cx)?;
    let (roots, next_token) = input.cut(vec![root(&organization)], |root| root.id.clone())?;
    Ok(Roots { roots, next_token })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TypeInput {
    pub(super) root_id: String,
    policy_type: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RootAnswer {
    root: Root,
}

fn of_root(cx: &Cx, input: &TypeInput) -> Result<(Organization, PolicyType), Fault> {
    let organization = managing(cx)?;
    if input.root_id != organization.root {
        return Err(faults::no_such("RootNotFoundException", "a root"));
    }
    Ok((organization, policy::parse_kind(&input.policy_type)?))
}

/// From now on every root, unit and account has the policy that allows everything; without one a
/// level would deny ("Enabling a policy type").
pub(super) fn enable(cx: &mut Cx, input: TypeInput) -> Result<RootAnswer, Fault> {
    let (mut organization, kind) = of_root(cx, &input)?;
    if organization.feature_set != "ALL" {
        let text = "This operation requires all features to be enabled in your organization.";
        let code = "PolicyTypeNotAvailableForOrganizationException";
        return Err(faults::state(code, text));
    }
    if !organization.enabled.insert(kind) {
        let text = "The specified policy type is already enabled.";
        return Err(faults::state("PolicyTypeAlreadyEnabledException", text));
    }
    for target in targets(cx, &organization)? {
        attach_full_access(cx, &organization, &target, kind)?;
    }
    records::put_organization(cx, &organization)?;
    Ok(RootAnswer { root: root(&organization) })
}

/// Everything of the type is detached; enabling it again begins anew ("DisablePolicyType").
pub(super) fn disable(cx: &mut Cx, input: TypeInput) -> Result<RootAnswer, Fault> {
    let (mut organization, kind) = of_root(cx, &input)?;
    if !organization.enabled.remove(&kind) {
        return Err(policy::not_enabled());
    }
    for target in targets(cx, &organization)? {
        let mut attached = records::attached(cx, &organization.id, &target)?;
        attached.of_mut(kind).clear();
        records::put_attached(cx, &organization.id, &target, &attached)?;
    }
    records::put_organization(cx, &organization)?;
    Ok(RootAnswer { root: root(&organization) })
}

/// Everything that policies can hang on.
fn targets(cx: &Cx, organization: &Organization) -> Result<Vec<String>, Fault> {
    let mut targets = vec![organization.root.clone()];
    targets.extend(records::units(cx, &organization.id)?.into_iter().map(|unit| unit.id));
    let members = records::members(cx, &organization.id)?;
    targets.extend(members.into_iter().map(|member| member.account.to_string()));
    Ok(targets)
}

fn attach_full_access(
    cx: &mut Cx,
    organization: &Organization,
    target: &str,
    kind: PolicyType,
) -> Result<(), Fault> {
    let mut attached = records::attached(cx, &organization.id, target)?;
    *attached.of_mut(kind) = vec![aws_managed::full_access(kind).to_owned()];
    records::put_attached(cx, &organization.id, target, &attached)
}

/// What a new unit or account begins with.
pub(super) fn begin_target(
    cx: &mut Cx,
    organization: &Organization,
    target: &str,
) -> Result<(), Fault> {
    let mut attached = Attached::default();
    for kind in &organization.enabled {
        *attached.of_mut(*kind) = vec![aws_managed::full_access(*kind).to_owned()];
    }
    records::put_attached(cx, &organization.id, target, &attached)
}
