//! AWS Organizations (JSON 1.1, 2016-11-28).
//!
//! Modelled: organizations with units and accounts, accounts that are really made, invitations,
//! service and resource control policies with their attachments, tags, trusted access, delegated
//! administrators (who may read; resource-based delegation policies are not built). What the
//! policies mean is decided elsewhere: `control.rs` tells where an account stands, the gateway
//! asks it in every decision. Not built: the other policy types, consolidated billing's path to
//! all features, GovCloud. Start at `organization.rs`, then `control.rs`.

mod account;
mod aws_managed;
mod common;
mod control;
mod creation;
mod delegation;
mod faults;
mod handshake;
mod organization;
mod policy;
mod state;
mod tags;
mod tree;

use gateway::{Operation, Service, read, write};

use common::{Empty, Paging, on, on_all, on_both};

pub(crate) use control::membership;
pub use creation::{ACCOUNTS_CHANGED, CreatedAccount, created_accounts};

/// The operations that are built.
pub fn service() -> Service {
    let mut all = organization_operations();
    all.extend(tree_operations());
    all.extend(account_operations());
    all.extend(policy_operations());
    all.extend(handshake_operations());
    all.extend(delegation_operations());
    Service::new("organizations", all).with_upkeep(creation::upkeep)
}

fn organization_operations() -> Vec<Operation> {
    vec![
        write("CreateOrganization", |_, _| on_all("CreateOrganization"), organization::create),
        write("DeleteOrganization", |_, _| on_all("DeleteOrganization"), organization::delete),
        read("DescribeOrganization", |_, _| on_all("DescribeOrganization"), organization::describe),
        write(
            "DisablePolicyType",
            |cx, i: &organization::TypeInput| on(cx, "DisablePolicyType", &i.root_id),
            organization::disable,
        ),
        write(
            "EnablePolicyType",
            |cx, i: &organization::TypeInput| on(cx, "EnablePolicyType", &i.root_id),
            organization::enable,
        ),
        read("ListRoots", |_, _| on_all("ListRoots"), organization::list_roots),
        read("ListTagsForResource", tags::list_access, tags::list),
        write("TagResource", tags::tag_access, tags::tag),
        write("UntagResource", tags::untag_access, tags::untag),
    ]
}

fn tree_operations() -> Vec<Operation> {
    vec![
        write("CreateOrganizationalUnit", tree::create_access, tree::create),
        write(
            "DeleteOrganizationalUnit",
            |cx, i: &tree::UnitInput| on(cx, "DeleteOrganizationalUnit", &i.organizational_unit_id),
            tree::delete,
        ),
        read(
            "DescribeOrganizationalUnit",
            |cx, i: &tree::UnitInput| {
                on(cx, "DescribeOrganizationalUnit", &i.organizational_unit_id)
            },
            tree::describe,
        ),
        read(
            "ListChildren",
            |cx, i: &tree::ChildrenInput| on(cx, "ListChildren", &i.parent_id),
            tree::children,
        ),
        read(
            "ListOrganizationalUnitsForParent",
            |cx, i: &tree::OfParentInput| on(cx, "ListOrganizationalUnitsForParent", &i.parent_id),
            tree::list,
        ),
        read(
            "ListParents",
            |cx, i: &tree::ParentsInput| on(cx, "ListParents", &i.child_id),
            tree::parents,
        ),
        write(
            "UpdateOrganizationalUnit",
            |cx, i: &tree::UpdateInput| {
                on(cx, "UpdateOrganizationalUnit", &i.organizational_unit_id)
            },
            tree::update,
        ),
    ]
}

fn account_operations() -> Vec<Operation> {
    vec![
        write(
            "CloseAccount",
            |cx, i: &account::AccountInput| on(cx, "CloseAccount", &i.account_id),
            account::close,
        ),
        // Whether IAM users see bills is nobody's question here.
        write("CreateAccount", creation::create_access, creation::create)
            .ignoring(&["IamUserAccessToBilling"]),
        read(
            "DescribeAccount",
            |cx, i: &account::AccountInput| on(cx, "DescribeAccount", &i.account_id),
            account::describe,
        ),
        read(
            "DescribeCreateAccountStatus",
            |_, _| on_all("DescribeCreateAccountStatus"),
            creation::describe,
        ),
        write("LeaveOrganization", |_, _: &Empty| on_all("LeaveOrganization"), account::leave),
        read("ListAccounts", |_, _: &Paging| on_all("ListAccounts"), account::list),
        read(
            "ListAccountsForParent",
            |cx, i: &tree::OfParentInput| on(cx, "ListAccountsForParent", &i.parent_id),
            account::list_for_parent,
        ),
        read("ListCreateAccountStatus", |_, _| on_all("ListCreateAccountStatus"), creation::list),
        write(
            "MoveAccount",
            |cx, i: &account::MoveInput| {
                on_both(cx, "MoveAccount", &i.account_id, &i.destination_parent_id)
            },
            account::relocate,
        ),
        write(
            "RemoveAccountFromOrganization",
            |cx, i: &account::AccountInput| on(cx, "RemoveAccountFromOrganization", &i.account_id),
            account::remove,
        ),
    ]
}

fn policy_operations() -> Vec<Operation> {
    vec![
        write(
            "AttachPolicy",
            |cx, i: &policy::AttachInput| on_both(cx, "AttachPolicy", &i.policy_id, &i.target_id),
            policy::attach,
        ),
        write("CreatePolicy", policy::create_access, policy::create),
        write(
            "DeletePolicy",
            |cx, i: &policy::PolicyInput| on(cx, "DeletePolicy", &i.policy_id),
            policy::delete,
        ),
        read(
            "DescribePolicy",
            |cx, i: &policy::PolicyInput| on(cx, "DescribePolicy", &i.policy_id),
            policy::describe,
        ),
        write(
            "DetachPolicy",
            |cx, i: &policy::AttachInput| on_both(cx, "DetachPolicy", &i.policy_id, &i.target_id),
            policy::detach,
        ),
        read("ListPolicies", policy::list_access, policy::list),
        read(
            "ListPoliciesForTarget",
            |cx, i: &policy::ForTargetInput| on(cx, "ListPoliciesForTarget", &i.target_id),
            policy::list_for_target,
        ),
        read(
            "ListTargetsForPolicy",
            |cx, i: &policy::TargetsInput| on(cx, "ListTargetsForPolicy", &i.policy_id),
            policy::list_targets,
        ),
        write(
            "UpdatePolicy",
            |cx, i: &policy::UpdateInput| on(cx, "UpdatePolicy", &i.policy_id),
            policy::update,
        ),
    ]
}

fn handshake_operations() -> Vec<Operation> {
    vec![
        write(
            "AcceptHandshake",
            |cx, i| handshake::access(cx, "AcceptHandshake", i),
            handshake::accept,
        ),
        write(
            "CancelHandshake",
            |cx, i| handshake::access(cx, "CancelHandshake", i),
            handshake::cancel,
        ),
        write(
            "DeclineHandshake",
            |cx, i| handshake::access(cx, "DeclineHandshake", i),
            handshake::decline,
        ),
        read(
            "DescribeHandshake",
            |cx, i| handshake::access(cx, "DescribeHandshake", i),
            handshake::describe,
        ),
        write("InviteAccountToOrganization", handshake::invite_access, handshake::invite),
        read(
            "ListHandshakesForAccount",
            |_, _| on_all("ListHandshakesForAccount"),
            handshake::list_for_account,
        ),
        read(
            "ListHandshakesForOrganization",
            |_, _| on_all("ListHandshakesForOrganization"),
            handshake::list_for_organization,
        ),
    ]
}

fn delegation_operations() -> Vec<Operation> {
    vec![
        write(
            "DeregisterDelegatedAdministrator",
            |cx, i| delegation::delegate_access(cx, "DeregisterDelegatedAdministrator", i),
            delegation::deregister,
        ),
        write(
            "DisableAWSServiceAccess",
            |_, i| delegation::on_service("DisableAWSServiceAccess", i),
            delegation::disable,
        ),
        write(
            "EnableAWSServiceAccess",
            |_, i| delegation::on_service("EnableAWSServiceAccess", i),
            delegation::enable,
        ),
        read(
            "ListAWSServiceAccessForOrganization",
            |_, _| on_all("ListAWSServiceAccessForOrganization"),
            delegation::list_services,
        ),
        read(
            "ListDelegatedAdministrators",
            |_, _| on_all("ListDelegatedAdministrators"),
            delegation::administrators,
        ),
        read(
            "ListDelegatedServicesForAccount",
            |cx, i: &delegation::OfAccountInput| {
                on(cx, "ListDelegatedServicesForAccount", &i.account_id)
            },
            delegation::services_of,
        ),
        write(
            "RegisterDelegatedAdministrator",
            |cx, i| delegation::delegate_access(cx, "RegisterDelegatedAdministrator", i),
            delegation::register,
        ),
    ]
}
