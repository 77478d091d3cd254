//! AWS Identity and Access Management (query protocol, 2010-05-08).
//!
//! Modelled: users with long-term keys, passwords and virtual MFA devices; groups; roles with
//! trust policies, service-linked ones too; inline and customer managed policies with versions,
//! and the AWS managed ones that `identity/aws_managed.rs` lists; permissions boundaries; instance
//! profiles; identity providers as records; tags; the account's alias and password policy.
//! IAM is global: every Region shows the same. State lies in `identity`; start at `entity.rs`.

mod access_key;
mod account;
mod attached;
mod authorization_details;
mod boundary;
mod common;
mod entity;
mod group;
mod holder;
mod inline;
mod instance_profile;
mod last_accessed;
mod last_used;
mod login;
mod managed;
mod mfa;
mod oidc;
mod report;
mod role;
mod saml;
mod service_linked;
mod simulate;
mod tagging;
mod trust;
mod usage;
mod user;
mod version;

use gateway::{Operation, Service, read, write};

use self::holder::Holder;
use self::tagging::Tagged;
use crate::identity::{
    GroupRecord, InstanceProfileRecord, ManagedPolicyRecord, MfaDeviceRecord, OidcProviderRecord,
    RoleRecord, SamlProviderRecord, UserRecord,
};

/// The operations that are built.
pub fn service() -> Service {
    let tables = [
        users(),
        groups(),
        roles(),
        policies(),
        inline_and_attached(),
        instance_profiles(),
        providers(),
        sign_in(),
        account(),
        insight(),
        tags(),
    ];
    Service::new("iam", tables.into_iter().flatten().collect()).with_gate(crate::sts::may_call_iam)
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
        write("CreateServiceLinkedRole", service_linked::create_access, service_linked::create),
        write("DeleteServiceLinkedRole", service_linked::delete_access, service_linked::delete),
        read(
            "GetServiceLinkedRoleDeletionStatus",
            service_linked::status_access,
            service_linked::status,
        ),
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

fn instance_profiles() -> Vec<Operation> {
    use instance_profile::*;
    vec![
        write("AddRoleToInstanceProfile", add_role_access, add_role),
        write("CreateInstanceProfile", create_access, create),
        write("DeleteInstanceProfile", delete_access, delete),
        read("GetInstanceProfile", get_access, get),
        read(
            "ListInstanceProfiles",
            entity::list_access::<InstanceProfileRecord>,
            entity::list::<InstanceProfileRecord>,
        ),
        read("ListInstanceProfilesForRole", of_role_access, of_role),
        write("RemoveRoleFromInstanceProfile", remove_role_access, remove_role),
    ]
}

fn providers() -> Vec<Operation> {
    vec![
        write("AddClientIDToOpenIDConnectProvider", oidc::add_client_access, oidc::add_client),
        write("CreateOpenIDConnectProvider", oidc::create_access, oidc::create),
        write("CreateSAMLProvider", saml::create_access, saml::create),
        write("DeleteOpenIDConnectProvider", oidc::delete_access, oidc::delete),
        write("DeleteSAMLProvider", saml::delete_access, saml::delete),
        read("GetOpenIDConnectProvider", oidc::get_access, oidc::get),
        read("GetSAMLProvider", saml::get_access, saml::get),
        read("ListOpenIDConnectProviders", oidc::list_access, oidc::list),
        read("ListSAMLProviders", saml::list_access, saml::list),
        write(
            "RemoveClientIDFromOpenIDConnectProvider",
            oidc::remove_client_access,
            oidc::remove_client,
        ),
        write(
            "UpdateOpenIDConnectProviderThumbprint",
            oidc::thumbprints_access,
            oidc::update_thumbprints,
        ),
        write("UpdateSAMLProvider", saml::update_access, saml::update),
    ]
}

fn sign_in() -> Vec<Operation> {
    vec![
        write("ChangePassword", login::change_access, login::change),
        write("CreateLoginProfile", login::create_access, login::create),
        write("CreateVirtualMFADevice", mfa::create_access, mfa::create),
        write("DeactivateMFADevice", mfa::deactivate_access, mfa::deactivate),
        write("DeleteLoginProfile", login::delete_access, login::delete),
        write("DeleteVirtualMFADevice", mfa::delete_access, mfa::delete),
        write("EnableMFADevice", mfa::enable_access, mfa::enable),
        read("GetLoginProfile", login::get_access, login::get),
        read("GetMFADevice", mfa::get_access, mfa::get),
        read("ListMFADevices", mfa::list_access, mfa::list),
        read("ListVirtualMFADevices", mfa::list_virtual_access, mfa::list_virtual),
        write("ResyncMFADevice", mfa::resync_access, mfa::resync),
        write("UpdateLoginProfile", login::update_access, login::update),
    ]
}

fn account() -> Vec<Operation> {
    use account::*;
    vec![
        write("CreateAccountAlias", create_alias_access, create_alias),
        write("DeleteAccountAlias", delete_alias_access, delete_alias),
        write("DeleteAccountPasswordPolicy", delete_policy_access, delete_policy),
        read("GetAccountPasswordPolicy", get_policy_access, get_policy),
        read("ListAccountAliases", list_aliases_access, list_aliases),
        write("UpdateAccountPasswordPolicy", update_policy_access, update_policy),
    ]
}

/// What tells of permissions without changing any.
fn insight() -> Vec<Operation> {
    vec![
        read("GetContextKeysForCustomPolicy", simulate::custom_keys_access, simulate::custom_keys),
        read(
            "GetContextKeysForPrincipalPolicy",
            simulate::principal_keys_access,
            simulate::principal_keys,
        ),
        write(
            "GenerateServiceLastAccessedDetails",
            last_accessed::generate_access,
            last_accessed::generate,
        ),
        read("GetServiceLastAccessedDetails", last_accessed::get_access, last_accessed::get),
        read(
            "GetServiceLastAccessedDetailsWithEntities",
            last_accessed::entities_access,
            last_accessed::entities,
        ),
        read(
            "ListPoliciesGrantingServiceAccess",
            last_accessed::granting_access,
            last_accessed::granting,
        ),
        write("GenerateCredentialReport", report::generate_access, report::generate),
        read("GetAccessKeyLastUsed", last_used::key_access, last_used::key),
        read(
            "GetAccountAuthorizationDetails",
            authorization_details::access,
            authorization_details::details,
        ),
        read("GetAccountSummary", report::summary_access, report::summary),
        read("GetCredentialReport", report::get_access, report::get),
        // The option chooses among scenarios of EC2, which all come to the same decisions here.
        read("SimulateCustomPolicy", simulate::custom_access, simulate::custom)
            .ignoring(&["ResourceHandlingOption"]),
        read("SimulatePrincipalPolicy", simulate::principal_access, simulate::principal)
            .ignoring(&["ResourceHandlingOption"]),
    ]
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
        tagged::<InstanceProfileRecord>([
            "ListInstanceProfileTags",
            "TagInstanceProfile",
            "UntagInstanceProfile",
        ]),
        tagged::<OidcProviderRecord>([
            "ListOpenIDConnectProviderTags",
            "TagOpenIDConnectProvider",
            "UntagOpenIDConnectProvider",
        ]),
        tagged::<SamlProviderRecord>([
            "ListSAMLProviderTags",
            "TagSAMLProvider",
            "UntagSAMLProvider",
        ]),
        tagged::<MfaDeviceRecord>(["ListMFADeviceTags", "TagMFADevice", "UntagMFADevice"]),
        tagged::<UserRecord>(["ListUserTags", "TagUser", "UntagUser"]),
    ];
    tables.into_iter().flatten().collect()
}
