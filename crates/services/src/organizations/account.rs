//! Member accounts: who they are, where they are, and how they go.

use gateway::{Cx, Fault};
use names::AccountId;
use serde::{Deserialize, Serialize};

use super::common::{Done, Empty, Paging, account_name, arn, managing, reading, standing};
use super::faults;
use super::state::{Member, Organization, records};
use super::tree::{OfParentInput, is_parent};
use crate::identity::accounts;

/// An account in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountView {
    pub(super) id: String,
    arn: String,
    email: String,
    name: String,
    status: &'static str,
    state: &'static str,
    joined_method: String,
    joined_timestamp: i64,
}

pub(super) fn view(
    cx: &Cx,
    organization: &Organization,
    member: &Member,
) -> Result<AccountView, Fault> {
    Ok(AccountView {
        id: member.account.to_string(),
        arn: arn(organization, "account", member.account.as_str()),
        email: records::email(cx, &member.account)?,
        name: account_name(cx, &member.account)?,
        status: if member.closed { "SUSPENDED" } else { "ACTIVE" },
        state: if member.closed { "CLOSED" } else { "ACTIVE" },
        joined_method: member.method.clone(),
        joined_timestamp: member.joined.timestamp(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountInput {
    pub(super) account_id: String,
}

/// The member, or the words for its absence.
pub(super) fn find(cx: &Cx, organization: &Organization, id: &str) -> Result<Member, Fault> {
    let account: AccountId = id.parse().map_err(|_| faults::no_such_account())?;
    let member = records::member(cx, &account)?;
    let own = |member: &Member| member.organization == organization.id;
    member.filter(own).ok_or_else(faults::no_such_account)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountAnswer {
    account: AccountView,
}

pub(super) fn describe(cx: &Cx, input: AccountInput) -> Result<AccountAnswer, Fault> {
    let organization = reading(cx)?;
    let member = find(cx, &organization, &input.account_id)?;
    Ok(AccountAnswer { account: view(cx, &organization, &member)? })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Accounts {
    accounts: Vec<AccountView>,
    next_token: Option<String>,
}

fn page_of(
    cx: &Cx,
    organization: &Organization,
    members: Vec<Member>,
    paging: Paging,
) -> Result<Accounts, Fault> {
    let (page, next_token) = paging.cut(members, |member| member.account.to_string())?;
    let views = page.iter().map(|member| view(cx, organization, member));
    Ok(Accounts { accounts: views.collect::<Result<_, _>>()?, next_token })
}

pub(super) fn list(cx: &Cx, input: Paging) -> Result<Accounts, Fault> {
    let organization = reading(cx)?;
    let members = records::members(cx, &organization.id)?;
    page_of(cx, &organization, members, input)
}

pub(super) fn list_for_parent(cx: &Cx, input: OfParentInput) -> Result<Accounts, Fault> {
    let organization = reading(cx)?;
    if !is_parent(cx, &organization, &input.parent_id)? {
        return Err(faults::no_such_parent());
    }
    let mut members = records::members(cx, &organization.id)?;
    members.retain(|member| member.parent == input.parent_id);
    page_of(cx, &organization, members, input.paging)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MoveInput {
    pub(super) account_id: String,
    source_parent_id: String,
    pub(super) destination_parent_id: String,
}

pub(super) fn relocate(cx: &mut Cx, input: MoveInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    let mut member = find(cx, &organization, &input.account_id)?;
    if !is_parent(cx, &organization, &input.source_parent_id)? {
        return Err(faults::no_such("SourceParentNotFoundException", "a source parent"));
    }
    if !is_parent(cx, &organization, &input.destination_parent_id)? {
        let what = "a destination parent";
        return Err(faults::no_such("DestinationParentNotFoundException", what));
    }
    if member.parent != input.source_parent_id {
        return Err(faults::no_such_account());
    }
    if input.destination_parent_id == input.source_parent_id {
        let text = "That account is already present in the specified destination.";
        return Err(faults::duplicate("DuplicateAccountException", text));
    }
    member.parent = input.destination_parent_id;
    records::put_member(cx, &member)?;
    Ok(Done {})
}

/// A closed account stays a member, `SUSPENDED`, and none of its credentials works any more.
pub(super) fn close(cx: &mut Cx, input: AccountInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    let mut member = find(cx, &organization, &input.account_id)?;
    if member.account == organization.management {
        let text = "You cannot close the management account.";
        return Err(faults::constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", text));
    }
    if member.closed {
        let text = "The provided account is already closed.";
        return Err(faults::state("AccountAlreadyClosedException", text));
    }
    member.closed = true;
    records::put_member(cx, &member)?;
    accounts::close(cx, &member.account)?;
    Ok(Done {})
}

pub(super) fn leave(cx: &mut Cx, _: Empty) -> Result<Done, Fault> {
    let (member, organization) = standing(cx)?;
    go(cx, &organization, &member)
}

pub(super) fn remove(cx: &mut Cx, input: AccountInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    let member = find(cx, &organization, &input.account_id)?;
    go(cx, &organization, &member)
}

/// Payment data and agreements, without which AWS keeps accounts that it created, exist for none
/// here and are not asked for.
fn go(cx: &mut Cx, organization: &Organization, member: &Member) -> Result<Done, Fault> {
    if member.account == organization.management {
        return Err(faults::master_cannot_leave());
    }
    if organization.delegated.contains_key(member.account.as_str()) {
        let text = "You can't remove an account that is a delegated administrator.";
        let reason = "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG";
        return Err(faults::constraint(reason, text));
    }
    records::delete_member(cx, member)?;
    Ok(Done {})
}
