//! CreateAccount: asked for at once, carried out by upkeep, told by DescribeCreateAccountStatus.
//!
//! The new account has no user and no key, as on AWS: the management account comes in by the
//! role, whose trust policy names it.

use std::sync::Arc;

use gateway::{Access, Check, Cx, Fault, Gateway, Origin};
use names::AccountId;
use serde::{Deserialize, Serialize};

use super::common::{Paging, Tag, managing, random_id, reading, tag_map, with_tags};
use super::state::{Creation, Member, Organization, records};
use super::{faults, organization};
use crate::identity::{AccountRecord, RoleRecord, accounts, roles};

/// The role when the caller does not name one.
const DEFAULT_ROLE: &str = "OrganizationAccountAccessRole";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// Accounts of an organization ("Quotas for AWS Organizations"; AWS begins with ten and raises it).
const MAX_ACCOUNTS: usize = 1_000;

/// The topic on which every new account is told, by its id.
pub const ACCOUNTS_CHANGED: &str = "organizations.accounts";

/// An account that was made here.
pub struct CreatedAccount {
    /// Its id.
    pub id: AccountId,
    /// The name given, which others may have too.
    pub name: String,
    /// The account whose principals may assume a role of it, and that role's ARN; none once the
    /// account is closed or the organization gone.
    pub way_in: Option<(AccountId, String)>,
}

/// Every account that Organizations made.
///
/// # Errors
/// When the state cannot be read.
pub fn created_accounts(cx: &Cx) -> Result<Vec<CreatedAccount>, Fault> {
    let mut found = Vec::new();
    for creation in records::all_creations(cx)? {
        let Some(id) = creation.account else { continue };
        let organization = records::organization(cx, &creation.organization)?;
        let open = records::member(cx, &id)?.is_none_or(|member| !member.closed);
        let role = format!("arn:aws:iam::{id}:role/{}", creation.role);
        let way_in = organization.filter(|_| open).map(|known| (known.management, role));
        found.push(CreatedAccount { id, name: creation.name, way_in });
    }
    Ok(found)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    email: String,
    account_name: String,
    role_name: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatusView {
    id: String,
    account_name: String,
    state: &'static str,
    requested_timestamp: i64,
    completed_timestamp: Option<i64>,
    account_id: Option<String>,
    failure_reason: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StatusAnswer {
    create_account_status: StatusView,
}

fn state(creation: &Creation) -> &'static str {
    match (&creation.account, &creation.failure) {
        (Some(_), _) => "SUCCEEDED",
        (None, Some(_)) => "FAILED",
        (None, None) => "IN_PROGRESS",
    }
}

fn view(creation: Creation) -> StatusView {
    StatusView {
        state: state(&creation),
        id: creation.id,
        account_name: creation.name,
        requested_timestamp: creation.requested.timestamp(),
        completed_timestamp: creation.completed.map(|time| time.timestamp()),
        account_id: creation.account.map(|account| account.to_string()),
        failure_reason: creation.failure,
    }
}

pub(super) fn create_access(_: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let check = Check::on_everything("organizations:CreateAccount");
    Ok(Access::to(with_tags(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<StatusAnswer, Fault> {
    let organization = managing(cx)?;
    if records::members(cx, &organization.id)?.len() >= MAX_ACCOUNTS {
        let text = "You have exceeded the allowed number of AWS accounts.";
        return Err(faults::constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", text));
    }
    let creation = Creation {
        id: random_id(cx, "car-", 32),
        organization: organization.id,
        name: input.account_name,
        email: input.email,
        role: input.role_name.unwrap_or_else(|| DEFAULT_ROLE.to_owned()),
        tags: tag_map(input.tags)?,
        requested: cx.now(),
        completed: None,
        account: None,
        failure: None,
    };
    records::put_creation(cx, &creation)?;
    records::put_pending(cx, &creation)?;
    Ok(StatusAnswer { create_account_status: view(creation) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StatusInput {
    create_account_request_id: String,
}

pub(super) fn describe(cx: &Cx, input: StatusInput) -> Result<StatusAnswer, Fault> {
    let organization = reading(cx)?;
    let id = &input.create_account_request_id;
    let absent =
        || faults::no_such("CreateAccountStatusNotFoundException", "a create account request");
    let creation = records::creation(cx, &organization.id, id)?.ok_or_else(absent)?;
    Ok(StatusAnswer { create_account_status: view(creation) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    #[serde(default)]
    states: Vec<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statuses {
    create_account_statuses: Vec<StatusView>,
    next_token: Option<String>,
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Statuses, Fault> {
    let organization = reading(cx)?;
    let mut all = records::creations(cx, &organization.id)?;
    let asked = |state: &str| input.states.is_empty() || input.states.iter().any(|s| s == state);
    all.retain(|creation| asked(state(creation)));
    let (page, next_token) = input.paging.cut(all, |creation| creation.id.clone())?;
    Ok(Statuses { create_account_statuses: page.into_iter().map(view).collect(), next_token })
}

/// Carries out the requests that wait.
pub(super) fn upkeep(gateway: &Arc<Gateway>, origin: &Origin) -> Result<(), Fault> {
    let waiting = gateway.inspect(origin.clone(), records::pending)?;
    if waiting.is_empty() {
        return Ok(());
    }
    gateway.maintain(None, origin.clone(), |cx| {
        for (key, pending) in waiting {
            let creation = records::creation(cx, &pending.organization, &pending.creation)?;
            let organization = records::organization(cx, &pending.organization)?;
            if let (Some(creation), Some(organization)) = (creation, organization) {
                carry_out(cx, &organization, creation)?;
            }
            records::delete_pending(cx, &key)?;
        }
        Ok(())
    })
}

fn carry_out(
    cx: &mut Cx,
    organization: &Organization,
    mut creation: Creation,
) -> Result<(), Fault> {
    creation.completed = Some(cx.now());
    if let Some(reason) = refusal(cx, &creation)? {
        creation.failure = Some(reason.to_owned());
    } else {
        let account = new_account_id(cx)?;
        found(cx, organization, &creation, &account)?;
        cx.notify_after_commit(ACCOUNTS_CHANGED, account.to_string());
        creation.account = Some(account);
    }
    records::put_creation(cx, &creation)
}

/// Why there will be no account.
fn refusal(cx: &Cx, creation: &Creation) -> Result<Option<&'static str>, Fault> {
    for known in accounts::list(cx)? {
        if records::email(cx, &known.id)?.eq_ignore_ascii_case(&creation.email) {
            return Ok(Some("EMAIL_ALREADY_EXISTS"));
        }
    }
    Ok(None)
}

fn new_account_id(cx: &Cx) -> Result<AccountId, Fault> {
    loop {
        let id: AccountId = cx.world().text(b"0123456789", 12).parse().map_err(Fault::internal)?;
        if accounts::get(cx, &id)?.is_none() {
            return Ok(id);
        }
    }
}

fn found(
    cx: &mut Cx,
    organization: &Organization,
    creation: &Creation,
    account: &AccountId,
) -> Result<(), Fault> {
    let record =
        AccountRecord { id: account.clone(), name: creation.name.clone(), created: cx.now() };
    accounts::put(cx, &record)?;
    records::put_email(cx, account, &creation.email)?;
    let member = Member {
        account: account.clone(),
        organization: organization.id.clone(),
        parent: organization.root.clone(),
        method: "CREATED".to_owned(),
        joined: cx.now(),
        closed: false,
    };
    records::put_member(cx, &member)?;
    records::put_tags(cx, &organization.id, account.as_str(), creation.tags.clone())?;
    organization::begin_target(cx, organization, account.as_str())?;
    let trust = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{}:root", organization.management) },
            "Action": "sts:AssumeRole",
        }],
    });
    let mut role = RoleRecord::new(cx, account, creation.role.clone(), trust.to_string());
    role.policies.managed.push(ADMINISTRATOR.to_owned());
    roles::put(cx, account, &role)
}
