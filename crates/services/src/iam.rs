//! AWS Identity and Access Management (query protocol, 2010-05-08).
//!
//! Modelled: users with long-term keys, roles with trust policies, inline and customer managed
//! policies with versions, permissions boundaries, tags; the AWS managed policies that
//! `identity/aws_managed.rs` lists. Not yet: groups, instance profiles, identity providers.
//! IAM is global: every Region shows the same. State lies in `identity`; start at `role.rs`.

mod access_key;
mod attached;
mod boundary;
mod common;
mod holder;
mod inline;
mod managed;
mod role;
mod trust;
mod user;

use gateway::{Service, read, write};

use crate::identity::{RoleRecord, UserRecord};

/// The operations that are built.
pub fn service() -> Service {
    Service::new(
        "iam",
        vec![
            write(
                "AttachRolePolicy",
                attached::attach_access::<RoleRecord>,
                attached::attach::<RoleRecord>,
            ),
            write(
                "AttachUserPolicy",
                attached::attach_access::<UserRecord>,
                attached::attach::<UserRecord>,
            ),
            write("CreateAccessKey", access_key::access_create, access_key::create),
            write("CreatePolicy", managed::create_access, managed::create),
            write("CreatePolicyVersion", managed::version_access, managed::create_version),
            write("CreateRole", role::create_access, role::create),
            write("CreateUser", user::create_access, user::create),
            write("DeleteAccessKey", access_key::access_delete, access_key::delete),
            write("DeletePolicy", managed::delete_access, managed::delete),
            write("DeletePolicyVersion", managed::version_delete_access, managed::delete_version),
            write("DeleteRole", role::delete_access, role::delete),
            write(
                "DeleteRolePermissionsBoundary",
                boundary::delete_access::<RoleRecord>,
                boundary::delete::<RoleRecord>,
            ),
            write(
                "DeleteRolePolicy",
                inline::delete_access::<RoleRecord>,
                inline::delete::<RoleRecord>,
            ),
            write("DeleteUser", user::delete_access, user::delete),
            write(
                "DeleteUserPermissionsBoundary",
                boundary::delete_access::<UserRecord>,
                boundary::delete::<UserRecord>,
            ),
            write(
                "DeleteUserPolicy",
                inline::delete_access::<UserRecord>,
                inline::delete::<UserRecord>,
            ),
            write(
                "DetachRolePolicy",
                attached::detach_access::<RoleRecord>,
                attached::detach::<RoleRecord>,
            ),
            write(
                "DetachUserPolicy",
                attached::detach_access::<UserRecord>,
                attached::detach::<UserRecord>,
            ),
            read("GetPolicy", managed::get_access, managed::get),
            read("GetPolicyVersion", managed::version_get_access, managed::get_version),
            read("GetRole", role::get_access, role::get),
            read("GetRolePolicy", inline::get_access::<RoleRecord>, inline::get::<RoleRecord>),
            read("GetUser", user::get_access, user::get),
            read("GetUserPolicy", inline::get_access::<UserRecord>, inline::get::<UserRecord>),
            read("ListAccessKeys", access_key::access_list, access_key::list),
            read(
                "ListAttachedRolePolicies",
                attached::list_access::<RoleRecord>,
                attached::list::<RoleRecord>,
            ),
            read(
                "ListAttachedUserPolicies",
                attached::list_access::<UserRecord>,
                attached::list::<UserRecord>,
            ),
            read("ListPolicies", managed::list_access, managed::list),
            read("ListPolicyVersions", managed::versions_access, managed::list_versions),
            read("ListRolePolicies", inline::list_access::<RoleRecord>, inline::list::<RoleRecord>),
            read("ListRoles", role::list_access, role::list),
            read("ListRoleTags", role::list_tags_access, role::list_tags),
            read("ListUserPolicies", inline::list_access::<UserRecord>, inline::list::<UserRecord>),
            read("ListUsers", user::list_access, user::list),
            write(
                "PutRolePermissionsBoundary",
                boundary::put_access::<RoleRecord>,
                boundary::put::<RoleRecord>,
            ),
            write("PutRolePolicy", inline::put_access::<RoleRecord>, inline::put::<RoleRecord>),
            write(
                "PutUserPermissionsBoundary",
                boundary::put_access::<UserRecord>,
                boundary::put::<UserRecord>,
            ),
            write("PutUserPolicy", inline::put_access::<UserRecord>, inline::put::<UserRecord>),
            write("SetDefaultPolicyVersion", managed::default_access, managed::set_default),
            write("TagRole", role::tag_access, role::tag),
            write("UntagRole", role::untag_access, role::untag),
            write("UpdateAccessKey", access_key::access_update, access_key::update),
            write("UpdateAssumeRolePolicy", role::trust_access, role::update_trust),
            write("UpdateRole", role::update_access, role::update),
        ],
    )
}
