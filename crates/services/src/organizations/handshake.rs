//! Invitations: an account of this world is asked into an organization and says yes or no.

use chrono::Duration;
use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::common::{
    Paging, Tag, account_name, arn, managing, random_id, reading, standing, tag_map, with_tags,
};
use super::state::{Handshake, Member, Organization, records};
use super::{faults, organization};
use crate::identity::accounts;

/// An invitation stands this many days ("Inviting an account to join your organization").
const DAYS_OPEN: i64 = 15;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Party {
    id: String,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    r#type: &'static str,
    value: String,
    resources: Option<Vec<Resource>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct View {
    id: String,
    arn: String,
    parties: Vec<Party>,
    state: String,
    requested_timestamp: i64,
    expiration_timestamp: i64,
    action: &'static str,
    resources: Vec<Resource>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HandshakeAnswer {
    handshake: View,
}

/// The state at this time.
fn state(cx: &Cx, handshake: &Handshake) -> String {
    let over = handshake.state == "OPEN" && handshake.expires <= cx.now();
    if over { "EXPIRED".to_owned() } else { handshake.state.clone() }
}

fn view(cx: &Cx, handshake: &Handshake) -> Result<View, Fault> {
    let leaf = |r#type, value: String| Resource { r#type, value, resources: None };
    let organization = records::organization(cx, &handshake.organization)?;
    let features = organization.map_or_else(|| "ALL".to_owned(), |found| found.feature_set);
    let inside = vec![
        leaf("MASTER_EMAIL", records::email(cx, &handshake.inviter)?),
        leaf("MASTER_NAME", account_name(cx, &handshake.inviter)?),
        leaf("ORGANIZATION_FEATURE_SET", features),
    ];
    let invited = match &handshake.email {
        Some(email) => ("EMAIL", email.clone()),
        None => ("ACCOUNT", handshake.invited.to_string()),
    };
    let mut resources = vec![
        Resource {
            r#type: "ORGANIZATION",
            value: handshake.organization.clone(),
            resources: Some(inside),
        },
        leaf(invited.0, invited.1.clone()),
    ];
    resources.extend(handshake.notes.clone().map(|notes| leaf("NOTES", notes)));
    let resource = format!("handshake/{}/invite/{}", handshake.organization, handshake.id);
    Ok(View {
        id: handshake.id.clone(),
        arn: Arn::new("organizations", None, Some(&handshake.inviter), resource).to_string(),
        parties: vec![
            Party { id: handshake.organization.clone(), r#type: "ORGANIZATION" },
            Party { id: invited.1, r#type: invited.0 },
        ],
        state: state(cx, handshake),
        requested_timestamp: handshake.requested.timestamp(),
        expiration_timestamp: handshake.expires.timestamp(),
        action: "INVITE",
        resources,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InviteInput {
    target: Target,
    notes: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    id: String,
    r#type: String,
}

pub(super) fn invite_access(cx: &Cx, input: &InviteInput) -> Result<Access, Fault> {
    let action = "organizations:InviteAccountToOrganization";
    let check = match standing(cx) {
        Ok((_, organization)) if input.target.r#type == "ACCOUNT" => {
            Check::new(action, arn(&organization, "account", &input.target.id))
        }
        _ => Check::new(action, "*"),
    };
    Ok(Access::to(with_tags(check, &input.tags)))
}

pub(super) fn invite(cx: &mut Cx, input: InviteInput) -> Result<HandshakeAnswer, Fault> {
    let organization = managing(cx)?;
    let (invited, email) = invited(cx, &input.target)?;
    match records::member(cx, &invited)? {
        Some(member) if member.organization == organization.id => {
            let text = "The specified account is already a member of your organization.";
            return Err(faults::duplicate("DuplicateAccountException", text));
        }
        _ => {}
    }
    let same = |handshake: &Handshake| {
        handshake.organization == organization.id
            && handshake.invited == invited
            && state(cx, handshake) == "OPEN"
    };
    if records::handshakes(cx)?.iter().any(same) {
        let text = "A handshake with the same action and target already exists.";
        return Err(faults::duplicate("DuplicateHandshakeException", text));
    }
    let handshake = Handshake {
        id: random_id(cx, "h-", 32),
        organization: organization.id.clone(),
        inviter: organization.management,
        invited: invited.clone(),
        email,
        notes: input.notes,
        state: "OPEN".to_owned(),
        requested: cx.now(),
        expires: cx.now() + Duration::days(DAYS_OPEN),
    };
    records::put_handshake(cx, &handshake)?;
    // They wait for the account that they are meant for.
    records::put_tags(cx, &organization.id, invited.as_str(), tag_map(input.tags)?)?;
    Ok(HandshakeAnswer { handshake: view(cx, &handshake)? })
}

/// The account meant, and the address when it was named by that. Accounts that do not exist here
/// cannot be asked.
fn invited(cx: &Cx, target: &Target) -> Result<(AccountId, Option<String>), Fault> {
    let unknown = || {
        let text = "You specified an account that doesn't exist.";
        faults::invalid("INVALID_PATTERN_TARGET_ID", text)
    };
    match target.r#type.as_str() {
        "ACCOUNT" => {
            let account: AccountId = target.id.parse().map_err(|_| unknown())?;
            accounts::get(cx, &account)?.map(|known| (known.id, None)).ok_or_else(unknown)
        }
        "EMAIL" => {
            for known in accounts::list(cx)? {
                if records::email(cx, &known.id)?.eq_ignore_ascii_case(&target.id) {
                    return Ok((known.id, Some(target.id.clone())));
                }
            }
            Err(unknown())
        }
        _ => {
            let text = "You specified the wrong type of entity as a party.";
            Err(faults::invalid("INVALID_PARTY_TYPE_TARGET", text))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HandshakeInput {
    handshake_id: String,
}

/// The resource is a handshake's ARN, which names the account that invites.
pub(super) fn access(cx: &Cx, action: &str, input: &HandshakeInput) -> Result<Access, Fault> {
    let action = format!("organizations:{action}");
    let id = &input.handshake_id;
    let check = match records::handshake(cx, id)? {
        Some(known) => {
            let resource = format!("handshake/{}/invite/{id}", known.organization);
            let arn = Arn::new("organizations", None, Some(&known.inviter), resource);
            // Identity policies of the caller decide, whoever invites.
            Check::new(&action, arn)
        }
        None => Check::new(&action, "*"),
    };
    Ok(Access::to(check))
}

/// A handshake to which the caller is a party.
fn find(cx: &Cx, id: &str) -> Result<Handshake, Fault> {
    let found = records::handshake(cx, id)?.ok_or_else(faults::no_such_handshake)?;
    let caller = cx.account()?;
    let party = found.invited == *caller || found.inviter == *caller;
    party.then_some(found).ok_or_else(faults::no_such_handshake)
}

fn open(cx: &Cx, handshake: &Handshake, wanted: &str) -> Result<(), Fault> {
    let state = state(cx, handshake);
    if state == wanted {
        let text = "The specified handshake is already in the requested state.";
        return Err(faults::state("HandshakeAlreadyInStateException", text));
    }
    if state != "OPEN" {
        let text = "You can't perform the operation on the handshake in its current state.";
        return Err(faults::state("InvalidHandshakeTransitionException", text));
    }
    Ok(())
}

fn end(cx: &mut Cx, mut handshake: Handshake, how: &str) -> Result<HandshakeAnswer, Fault> {
    handshake.state = how.to_owned();
    records::put_handshake(cx, &handshake)?;
    Ok(HandshakeAnswer { handshake: view(cx, &handshake)? })
}

pub(super) fn accept(cx: &mut Cx, input: HandshakeInput) -> Result<HandshakeAnswer, Fault> {
    let handshake = find(cx, &input.handshake_id)?;
    let account = cx.account()?.clone();
    if handshake.invited != account {
        return Err(faults::not_yours());
    }
    open(cx, &handshake, "ACCEPTED")?;
    if records::member(cx, &account)?.is_some() {
        let text = "The specified account is already a member of an organization.";
        return Err(faults::handshake_constraint("ALREADY_IN_AN_ORGANIZATION", text));
    }
    let organization: Organization = records::organization(cx, &handshake.organization)?
        .ok_or_else(faults::no_such_handshake)?;
    let member = Member {
        account: account.clone(),
        organization: organization.id.clone(),
        parent: organization.root.clone(),
        method: "INVITED".to_owned(),
        joined: cx.now(),
        closed: false,
    };
    records::put_member(cx, &member)?;
    organization::begin_target(cx, &organization, account.as_str())?;
    end(cx, handshake, "ACCEPTED")
}

pub(super) fn decline(cx: &mut Cx, input: HandshakeInput) -> Result<HandshakeAnswer, Fault> {
    let handshake = find(cx, &input.handshake_id)?;
    if handshake.invited != *cx.account()? {
        return Err(faults::not_yours());
    }
    open(cx, &handshake, "DECLINED")?;
    end(cx, handshake, "DECLINED")
}

pub(super) fn cancel(cx: &mut Cx, input: HandshakeInput) -> Result<HandshakeAnswer, Fault> {
    let handshake = find(cx, &input.handshake_id)?;
    if handshake.inviter != *cx.account()? {
        return Err(faults::not_yours());
    }
    open(cx, &handshake, "CANCELED")?;
    end(cx, handshake, "CANCELED")
}

pub(super) fn describe(cx: &Cx, input: HandshakeInput) -> Result<HandshakeAnswer, Fault> {
    let handshake = find(cx, &input.handshake_id)?;
    Ok(HandshakeAnswer { handshake: view(cx, &handshake)? })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    filter: Option<Filter>,
    #[serde(flatten)]
    paging: Paging,
}

/// Invitations have no parent handshake, so with a filter for one none is listed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    action_type: Option<String>,
    parent_handshake_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Handshakes {
    handshakes: Vec<View>,
    next_token: Option<String>,
}

fn page_of(
    cx: &Cx,
    input: ListInput,
    mine: impl Fn(&Handshake) -> bool,
) -> Result<Handshakes, Fault> {
    let wanted = input.filter.is_none_or(|filter| {
        filter.parent_handshake_id.is_none()
            && filter.action_type.is_none_or(|action| action == "INVITE")
    });
    let mut all = records::handshakes(cx)?;
    all.retain(|handshake| wanted && mine(handshake));
    let (page, next_token) = input.paging.cut(all, |handshake| handshake.id.clone())?;
    let views = page.iter().map(|handshake| view(cx, handshake));
    Ok(Handshakes { handshakes: views.collect::<Result<_, _>>()?, next_token })
}

pub(super) fn list_for_account(cx: &Cx, input: ListInput) -> Result<Handshakes, Fault> {
    let caller = cx.account()?;
    page_of(cx, input, |handshake| handshake.invited == *caller)
}

pub(super) fn list_for_organization(cx: &Cx, input: ListInput) -> Result<Handshakes, Fault> {
    let organization = reading(cx)?;
    page_of(cx, input, |handshake| handshake.organization == organization.id)
}
