//! Inline policies of users, groups and roles.

use gateway::{Access, Cx, Fault};
use policy::validate::Place;
use serde::{Deserialize, Serialize};

use super::common::{Done, Page, Paging, check_document, counted, encoded, limit_reached};
use super::holder::Holder;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    holder: String,
    policy_name: String,
    policy_document: String,
}

pub(super) fn put_access<H: Holder>(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    H::access(cx, &format!("iam:Put{}Policy", H::NOUN), &input.holder)
}

pub(super) fn put<H: Holder>(cx: &mut Cx, input: PutInput) -> Result<Done, Fault> {
    let mut holder = H::to_change(cx, &input.holder)?;
    check_document(Place::Identity, &input.policy_document)?;
    let inline = &mut holder.policies().inline;
    inline.insert(input.policy_name, input.policy_document);
    if inline.values().map(|document| counted(document)).sum::<usize>() > H::INLINE_SIZE {
        let (size, noun) = (H::INLINE_SIZE, H::CALLED);
        let text =
            format!("Maximum policy size of {size} bytes exceeded for {noun} {}", input.holder);
        return Err(limit_reached(&text));
    }
    holder.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedInput {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    holder: String,
    policy_name: String,
}

/// The members of GetRolePolicy and its like; those of the other kinds stay absent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    role_name: Option<String>,
    user_name: Option<String>,
    group_name: Option<String>,
    policy_name: String,
    policy_document: String,
}

pub(super) fn get_access<H: Holder>(cx: &Cx, input: &NamedInput) -> Result<Access, Fault> {
    H::access(cx, &format!("iam:Get{}Policy", H::NOUN), &input.holder)
}

pub(super) fn get<H: Holder>(cx: &Cx, input: NamedInput) -> Result<GetAnswer, Fault> {
    let mut holder = H::find(cx, &input.holder)?;
    let document = holder.policies().inline.get(&input.policy_name);
    let document = document.ok_or_else(|| absent::<H>(&input.policy_name))?;
    let is = |noun: &str| (H::NOUN == noun).then(|| input.holder.clone());
    Ok(GetAnswer {
        role_name: is("Role"),
        user_name: is("User"),
        group_name: is("Group"),
        policy_document: encoded(document),
        policy_name: input.policy_name,
    })
}

pub(super) fn delete_access<H: Holder>(cx: &Cx, input: &NamedInput) -> Result<Access, Fault> {
    H::access(cx, &format!("iam:Delete{}Policy", H::NOUN), &input.holder)
}

pub(super) fn delete<H: Holder>(cx: &mut Cx, input: NamedInput) -> Result<Done, Fault> {
    let mut holder = H::to_change(cx, &input.holder)?;
    if holder.policies().inline.remove(&input.policy_name).is_none() {
        return Err(absent::<H>(&input.policy_name));
    }
    holder.save(cx)?;
    Ok(Done {})
}

fn absent<H: Holder>(name: &str) -> Fault {
    let noun = H::CALLED;
    let text = format!("The {noun} policy with name {name} cannot be found.");
    Fault::new("NoSuchEntity", text).status(404)
}

#[derive(Deserialize)]
pub(super) struct ListInput {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    holder: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAnswer {
    policy_names: Vec<String>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_access<H: Holder>(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    H::access(cx, &format!("iam:List{}Policies", H::NOUN), &input.holder)
}

pub(super) fn list<H: Holder>(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let mut holder = H::find(cx, &input.holder)?;
    let names = holder.policies().inline.keys().cloned().collect();
    let (policy_names, page) = input.paging.cut(names, |name: &String| name);
    Ok(ListAnswer { policy_names, page })
}
