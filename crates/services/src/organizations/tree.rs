//! Organizational units, and what is in what.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::common::{
    Done, Paging, Tag, arn, managing, random_id, reading, standing, tag_map, with_tags,
};
use super::state::{Organization, Unit, records};
use super::{faults, organization};

/// Units below the root, one inside the other ("Quotas for AWS Organizations").
const MAX_DEPTH: usize = 5;
/// Units of an organization (the same page).
const MAX_UNITS: usize = 2_000;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UnitView {
    id: String,
    arn: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UnitAnswer {
    organizational_unit: UnitView,
}

fn view(organization: &Organization, unit: Unit) -> UnitView {
    UnitView { arn: arn(organization, "ou", &unit.id), id: unit.id, name: unit.name }
}

fn answer(organization: &Organization, unit: Unit) -> UnitAnswer {
    UnitAnswer { organizational_unit: view(organization, unit) }
}

fn find(cx: &Cx, organization: &Organization, id: &str) -> Result<Unit, Fault> {
    records::unit(cx, &organization.id, id)?.ok_or_else(faults::no_such_unit)
}

/// Whether an id is the root's or a unit's.
pub(super) fn is_parent(cx: &Cx, organization: &Organization, id: &str) -> Result<bool, Fault> {
    Ok(id == organization.root || records::unit(cx, &organization.id, id)?.is_some())
}

fn depth(cx: &Cx, organization: &Organization, parent: &str) -> Result<usize, Fault> {
    let (mut depth, mut next) = (0, parent.to_owned());
    while next != organization.root {
        next = find(cx, organization, &next)?.parent;
        depth += 1;
    }
    Ok(depth)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    parent_id: String,
    name: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let action = "organizations:CreateOrganizationalUnit";
    let check = match standing(cx) {
        Ok((_, organization)) => {
            let kind = if input.parent_id == organization.root { "root" } else { "ou" };
            Check::new(action, arn(&organization, kind, &input.parent_id))
        }
        Err(_) => Check::new(action, "*"),
    };
    Ok(Access::to(with_tags(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<UnitAnswer, Fault> {
    let organization = managing(cx)?;
    if !is_parent(cx, &organization, &input.parent_id)? {
        return Err(faults::no_such_parent());
    }
    let all = records::units(cx, &organization.id)?;
    if all.len() >= MAX_UNITS {
        let text = "You have exceeded the number of organizational units.";
        return Err(faults::constraint("OU_NUMBER_LIMIT_EXCEEDED", text));
    }
    if depth(cx, &organization, &input.parent_id)? >= MAX_DEPTH {
        let text = "You have exceeded the depth of organizational units.";
        return Err(faults::constraint("OU_DEPTH_LIMIT_EXCEEDED", text));
    }
    unique_name(&all, &input.parent_id, &input.name, None)?;
    let prefix = format!("ou-{}-", organization.root.trim_start_matches("r-"));
    let unit = Unit {
        id: random_id(cx, &prefix, 8),
        organization: organization.id.clone(),
        name: input.name,
        parent: input.parent_id,
    };
    records::put_tags(cx, &organization.id, &unit.id, tag_map(input.tags)?)?;
    organization::begin_target(cx, &organization, &unit.id)?;
    records::put_unit(cx, &unit)?;
    Ok(answer(&organization, unit))
}

/// Names are unique within a parent.
fn unique_name(all: &[Unit], parent: &str, name: &str, but: Option<&str>) -> Result<(), Fault> {
    let same = |unit: &&Unit| unit.parent == parent && unit.name == name;
    let taken = all.iter().filter(same).any(|unit| Some(unit.id.as_str()) != but);
    let text = "An OU with the same name already exists.";
    let duplicate = || faults::duplicate("DuplicateOrganizationalUnitException", text);
    if taken { Err(duplicate()) } else { Ok(()) }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UnitInput {
    pub(super) organizational_unit_id: String,
}

pub(super) fn describe(cx: &Cx, input: UnitInput) -> Result<UnitAnswer, Fault> {
    let organization = reading(cx)?;
    let unit = find(cx, &organization, &input.organizational_unit_id)?;
    Ok(answer(&organization, unit))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    pub(super) organizational_unit_id: String,
    name: Option<String>,
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<UnitAnswer, Fault> {
    let organization = managing(cx)?;
    let mut unit = find(cx, &organization, &input.organizational_unit_id)?;
    if let Some(name) = input.name {
        let all = records::units(cx, &organization.id)?;
        unique_name(&all, &unit.parent, &name, Some(&unit.id))?;
        unit.name = name;
    }
    records::put_unit(cx, &unit)?;
    Ok(answer(&organization, unit))
}

pub(super) fn delete(cx: &mut Cx, input: UnitInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    let unit = find(cx, &organization, &input.organizational_unit_id)?;
    let units = records::units(cx, &organization.id)?;
    let members = records::members(cx, &organization.id)?;
    if units.iter().any(|u| u.parent == unit.id) || members.iter().any(|m| m.parent == unit.id) {
        let text = "You must remove all accounts and OUs from this OU before you can delete it.";
        return Err(faults::state("OrganizationalUnitNotEmptyException", text));
    }
    records::delete_unit(cx, &unit)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfParentInput {
    pub(super) parent_id: String,
    #[serde(flatten)]
    pub(super) paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Units {
    organizational_units: Vec<UnitView>,
    next_token: Option<String>,
}

pub(super) fn list(cx: &Cx, input: OfParentInput) -> Result<Units, Fault> {
    let organization = reading(cx)?;
    if !is_parent(cx, &organization, &input.parent_id)? {
        return Err(faults::no_such_parent());
    }
    let mut all = records::units(cx, &organization.id)?;
    all.retain(|unit| unit.parent == input.parent_id);
    let (page, next_token) = input.paging.cut(all, |unit| unit.id.clone())?;
    let organizational_units = page.into_iter().map(|unit| view(&organization, unit)).collect();
    Ok(Units { organizational_units, next_token })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChildrenInput {
    pub(super) parent_id: String,
    child_type: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Relative {
    id: String,
    r#type: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Children {
    children: Vec<Relative>,
    next_token: Option<String>,
}

pub(super) fn children(cx: &Cx, input: ChildrenInput) -> Result<Children, Fault> {
    let organization = reading(cx)?;
    if !is_parent(cx, &organization, &input.parent_id)? {
        return Err(faults::no_such_parent());
    }
    let ids: Vec<String> = if input.child_type == "ACCOUNT" {
        let mut members = records::members(cx, &organization.id)?;
        members.retain(|member| member.parent == input.parent_id);
        members.into_iter().map(|member| member.account.to_string()).collect()
    } else {
        let mut units = records::units(cx, &organization.id)?;
        units.retain(|unit| unit.parent == input.parent_id);
        units.into_iter().map(|unit| unit.id).collect()
    };
    let (page, next_token) = input.paging.cut(ids, Clone::clone)?;
    let relative = |id| Relative { id, r#type: input.child_type.clone() };
    Ok(Children { children: page.into_iter().map(relative).collect(), next_token })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ParentsInput {
    pub(super) child_id: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Parents {
    parents: Vec<Relative>,
    next_token: Option<String>,
}

pub(super) fn parents(cx: &Cx, input: ParentsInput) -> Result<Parents, Fault> {
    let organization = reading(cx)?;
    let absent = || faults::no_such("ChildNotFoundException", "an organizational unit or account");
    let id = match input.child_id.parse() {
        Ok(account) => records::member(cx, &account)?
            .filter(|member| member.organization == organization.id)
            .map(|member| member.parent),
        Err(_) => records::unit(cx, &organization.id, &input.child_id)?.map(|unit| unit.parent),
    };
    let id = id.ok_or_else(absent)?;
    let kind = if id == organization.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    let parent = Relative { id, r#type: kind.to_owned() };
    let (parents, next_token) = input.paging.cut(vec![parent], |parent| parent.id.clone())?;
    Ok(Parents { parents, next_token })
}
