//! AWS Identity and Access Management (query protocol, 2010-05-08).
//!
//! Modelled: users with long-term keys, groups, roles with trust policies, inline and customer
//! managed policies with versions, permissions boundaries, tags; the AWS managed policies that
//! `identity/aws_managed.rs` lists.
//! IAM is global: every Region shows the same. State lies in `identity`; start at `entity.rs`.

mod access_key;
mod attached;
mod boundary;
mod common;
mod entity;
mod group;
mod holder;
mod inline;
mod managed;
mod role;
mod tagging;
mod trust;
mod usage;
mod user;
mod version;

use gateway::{Operation, Service, read, write};

use self::holder::Holder;
use self::tagging::Tagged;
use crate::identity::{GroupRecord, ManagedPolicyRecord, RoleRecord, UserRecord};

/// The operations that are built.
pub fn service() -> Service {
    let tables = [users(), groups(), roles(), policies(), inline_and_attached(), tags()];
    Service::new("iam", tables.into_iter().flatten().collect())
}

fn users() -> Vec<Operation> {
    vec![
        write("CreateAccessKey", access_key::access_create, access_key::create),
        write("CreateUser", user::create_access, user::create),
        write("DeleteAccessKey", access_key::access_delete, access_key::delete),
        write("DeleteUser", user::delete_access, user::delete),
        write(
            "DeleteUserPermissionsBoundary",
            boundary::delete_access::<UserRecord>,
            boundary::delete::<UserRecord>,
        ),
        read("GetUser", user::get_access, user::get),
        read("ListAccessKeys", access_key::access_list, access_key::list),
        read("ListGroupsForUser", group::of_user_access, group::of_user),
        read("ListUsers", entity::list_access::<UserRecord>, entity::list::<UserRecord>),
        write(
            "PutUserPermissionsBoundary",
            boundary::put_access::<UserRecord>,
            boundary::put::<UserRecord>,
        ),
        write("UpdateAccessKey", access_key::access_update, access_key::update),
        write("UpdateUser", user::update_access, user::update),
    ]
}

fn groups() -> Vec<Operation> {
    vec![
        write("AddUserToGroup", group::add_access, group::add),
        write("CreateGroup", group::create_access, group::create),
        write("DeleteGroup", group::delete_access, group::delete),
        read("GetGroup", group::get_access, group::get),
        read("ListGroups", entity::list_access::<GroupRecord>, entity::list::<GroupRecord>),
        write("RemoveUserFromGroup", group::remove_access, group::remove),
        write("UpdateGroup", group::update_access, group::update),
    ]
}

fn roles() -> Vec<Operation> {
    vec![
        write("CreateRole", role::create_access, role::create),
        write("DeleteRole", role::delete_access, role::delete),
        write(
            "DeleteRolePermissionsBoundary",
            boundary::delete_access::<RoleRecord>,
            boundary::delete::<RoleRecord>,
        ),
        read("GetRole", role::get_access, role::get),
        read("ListRoles", entity::list_access::<RoleRecord>, entity::list::<RoleRecord>),
        write(
            "PutRolePermissionsBoundary",
            boundary::put_access::<RoleRecord>,
            boundary::put::<RoleRecord>,
        ),
        write("UpdateAssumeRolePolicy", role::trust_access, role::update_trust),
        write("UpdateRole", role::update_access, role::update),
        write("UpdateRoleDescription", role::describe_access, role::describe),
    ]
}

fn policies() -> Vec<Operation> {
    vec![
        write("CreatePolicy", managed::create_access, managed::create),
        write("CreatePolicyVersion", version::create_access, version::create),
        write("DeletePolicy", managed::delete_access, managed::delete),
        write("DeletePolicyVersion", version::delete_access, version::delete),
        read("GetPolicy", managed::get_access, managed::get),
        read("GetPolicyVersion", version::get_access, version::get),
        read("ListEntitiesForPolicy", usage::entities_access, usage::entities),
        read("ListPolicies", managed::list_access, managed::list),
        read("ListPolicyVersions", version::list_access, version::list),
        write("SetDefaultPolicyVersion", version::default_access, version::set_default),
    ]
}

/// The operations on the policies of one kind of identity.
fn held<H: Holder + 'static>(names: [&'static str; 7]) -> Vec<Operation> {
    let [attach, delete, detach, get, list_attached, list, put] = names;
    vec![
        write(attach, attached::attach_access::<H>, attached::attach::<H>),
        write(delete, inline::delete_access::<H>, inline::delete::<H>),
        write(detach, attached::detach_access::<H>, attached::detach::<H>),
        read(get, inline::get_access::<H>, inline::get::<H>),
        read(list_attached, attached::list_access::<H>, attached::list::<H>),
        read(list, inline::list_access::<H>, inline::list::<H>),
        write(put, inline::put_access::<H>, inline::put::<H>),
    ]
}

fn inline_and_attached() -> Vec<Operation> {
    let of_users = held::<UserRecord>([
        "AttachUserPolicy",
        "DeleteUserPolicy",
        "DetachUserPolicy",
        "GetUserPolicy",
        "ListAttachedUserPolicies",
        "ListUserPolicies",
        "PutUserPolicy",
    ]);
    let of_groups = held::<GroupRecord>([
        "AttachGroupPolicy",
        "DeleteGroupPolicy",
        "DetachGroupPolicy",
        "GetGroupPolicy",
        "ListAttachedGroupPolicies",
        "ListGroupPolicies",
        "PutGroupPolicy",
    ]);
    let of_roles = held::<RoleRecord>([
        "AttachRolePolicy",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "GetRolePolicy",
        "ListAttachedRolePolicies",
        "ListRolePolicies",
        "PutRolePolicy",
    ]);
    of_users.into_iter().chain(of_groups).chain(of_roles).collect()
}

/// The operations on the tags of one kind of thing.
fn tagged<T: Tagged + 'static>([list, tag, untag]: [&'static str; 3]) -> Vec<Operation> {
    vec![
        read(list, tagging::list_access::<T>, tagging::list::<T>),
        write(tag, tagging::tag_access::<T>, tagging::tag::<T>),
        write(untag, tagging::untag_access::<T>, tagging::untag::<T>),
    ]
}

fn tags() -> Vec<Operation> {
    let tables = [
        tagged::<ManagedPolicyRecord>(["ListPolicyTags", "TagPolicy", "UntagPolicy"]),
        tagged::<RoleRecord>(["ListRoleTags", "TagRole", "UntagRole"]),
        tagged::<UserRecord>(["ListUserTags", "TagUser", "UntagUser"]),
    ];
    tables.into_iter().flatten().collect()
}
