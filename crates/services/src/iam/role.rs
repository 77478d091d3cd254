//! Roles: who may assume them is their trust policy, what they may do are their policies.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::boundary;
use super::common::{
    Done, Page, Paging, Tag, conflict, encoded, exists, iam_arn, no_such, on_all, path_or_root,
    tag_list, tag_map,
};
use super::trust::check_trust;
use crate::identity::{self, Attachments, RoleRecord, roles};

/// Seconds that a session of a role lasts at most, when the role does not say.
const DEFAULT_MAX_SESSION: i64 = 3_600;

/// A role in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Role {
    path: String,
    role_name: String,
    role_id: String,
    arn: String,
    create_date: i64,
    assume_role_policy_document: String,
    description: Option<String>,
    max_session_duration: i64,
    permissions_boundary: Option<Boundary>,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Boundary {
    permissions_boundary_type: &'static str,
    permissions_boundary_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleAnswer {
    role: Role,
}

impl From<RoleRecord> for Role {
    fn from(record: RoleRecord) -> Self {
        Self {
            arn: record.arn().to_string(),
            path: record.path,
            role_name: record.name,
            role_id: record.id,
            create_date: record.created.timestamp(),
            assume_role_policy_document: encoded(&record.trust),
            description: record.description,
            max_session_duration: record.max_session_seconds,
            permissions_boundary: record.policies.boundary.map(|arn| Boundary {
                permissions_boundary_type: "Policy",
                permissions_boundary_arn: arn,
            }),
            tags: tag_list(&record.tags),
        }
    }
}

/// The role, or IAM's words for its absence.
pub(super) fn find(cx: &Cx, name: &str) -> Result<RoleRecord, Fault> {
    roles::get(cx, cx.account()?, name)?.ok_or_else(|| no_such("role", name))
}

/// The ARN to ask about: with the role's path when it exists.
pub(super) fn resource(cx: &Cx, name: &str) -> Result<String, Fault> {
    let known = roles::get(cx, cx.account()?, name)?;
    let arn = known.map(|role| role.arn());
    Ok(match arn {
        Some(arn) => arn.resource,
        None => format!("role/{name}"),
    })
}

/// The check for an action on an existing role, with its tags.
pub(super) fn on_role(cx: &Cx, action: &str, name: &str) -> Result<Access, Fault> {
    let account = cx.account()?;
    let mut check = Check::new(action, iam_arn(account, resource(cx, name)?));
    for (key, value) in roles::get(cx, account, name)?.into_iter().flat_map(|role| role.tags) {
        check = check
            .with(format!("aws:ResourceTag/{key}"), value.clone())
            .with(format!("iam:ResourceTag/{key}"), value);
    }
    Ok(Access::to(check))
}

pub(super) fn save(cx: &mut Cx, role: &RoleRecord) -> Result<(), Fault> {
    roles::put(cx, &role.account, role)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    role_name: String,
    path: Option<String>,
    assume_role_policy_document: String,
    description: Option<String>,
    max_session_duration: Option<i64>,
    permissions_boundary: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let path = path_or_root(input.path.clone());
    let arn = iam_arn(cx.account()?, format!("role{path}{}", input.role_name));
    let mut check = Check::new("iam:CreateRole", arn)
        .with_some("iam:PermissionsBoundary", input.permissions_boundary.clone());
    for Tag { key, value } in &input.tags {
        check = check.with(format!("aws:RequestTag/{key}"), value.clone());
    }
    if !input.tags.is_empty() {
        check = check.with_all("aws:TagKeys", input.tags.iter().map(|tag| tag.key.clone()));
    }
    Ok(Access::to(check))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<RoleAnswer, Fault> {
    let account = cx.account()?.clone();
    if roles::get(cx, &account, &input.role_name)?.is_some() {
        return Err(exists("Role", &input.role_name));
    }
    check_trust(cx, &input.assume_role_policy_document)?;
    if let Some(arn) = &input.permissions_boundary {
        boundary::check(cx, arn)?;
    }
    let role = RoleRecord {
        id: identity::unique_id(cx.world(), "AROA"),
        account,
        name: input.role_name,
        path: path_or_root(input.path),
        created: cx.now(),
        description: input.description,
        trust: input.assume_role_policy_document,
        max_session_seconds: input.max_session_duration.unwrap_or(DEFAULT_MAX_SESSION),
        tags: tag_map(input.tags),
        policies: Attachments { boundary: input.permissions_boundary, ..Attachments::default() },
    };
    save(cx, &role)?;
    Ok(RoleAnswer { role: role.into() })
}

/// A role by name: the input of several operations.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    role_name: String,
}

pub(super) fn get_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    on_role(cx, "iam:GetRole", &input.role_name)
}

pub(super) fn get(cx: &Cx, input: Named) -> Result<RoleAnswer, Fault> {
    Ok(RoleAnswer { role: find(cx, &input.role_name)?.into() })
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    on_role(cx, "iam:DeleteRole", &input.role_name)
}

pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Done, Fault> {
    let role = find(cx, &input.role_name)?;
    if !role.policies.managed.is_empty() {
        return Err(conflict("detach all policies"));
    }
    if !role.policies.inline.is_empty() {
        return Err(conflict("delete policies"));
    }
    roles::delete(cx, &role.account, &role.name)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    path_prefix: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAnswer {
    roles: Vec<Role>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_access(cx: &Cx, _: &ListInput) -> Result<Access, Fault> {
    on_all(cx, "iam:ListRoles", "role")
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let prefix = path_or_root(input.path_prefix);
    let mut all = roles::list(cx, cx.account()?)?;
    all.retain(|role| role.path.starts_with(&prefix));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let (page, next) = input.paging.cut(all, |role| &role.name);
    Ok(ListAnswer { roles: page.into_iter().map(Role::from).collect(), page: next })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TrustInput {
    role_name: String,
    policy_document: String,
}

pub(super) fn trust_access(cx: &Cx, input: &TrustInput) -> Result<Access, Fault> {
    on_role(cx, "iam:UpdateAssumeRolePolicy", &input.role_name)
}

pub(super) fn update_trust(cx: &mut Cx, input: TrustInput) -> Result<Done, Fault> {
    let mut role = find(cx, &input.role_name)?;
    check_trust(cx, &input.policy_document)?;
    role.trust = input.policy_document;
    save(cx, &role)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    role_name: String,
    description: Option<String>,
    max_session_duration: Option<i64>,
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    on_role(cx, "iam:UpdateRole", &input.role_name)
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Done, Fault> {
    let mut role = find(cx, &input.role_name)?;
    role.description = input.description.or(role.description);
    role.max_session_seconds = input.max_session_duration.unwrap_or(role.max_session_seconds);
    save(cx, &role)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    role_name: String,
    tags: Vec<Tag>,
}

pub(super) fn tag_access(cx: &Cx, input: &TagInput) -> Result<Access, Fault> {
    on_role(cx, "iam:TagRole", &input.role_name)
}

pub(super) fn tag(cx: &mut Cx, input: TagInput) -> Result<Done, Fault> {
    let mut role = find(cx, &input.role_name)?;
    role.tags.extend(tag_map(input.tags));
    save(cx, &role)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagInput {
    role_name: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag_access(cx: &Cx, input: &UntagInput) -> Result<Access, Fault> {
    on_role(cx, "iam:UntagRole", &input.role_name)
}

pub(super) fn untag(cx: &mut Cx, input: UntagInput) -> Result<Done, Fault> {
    let mut role = find(cx, &input.role_name)?;
    role.tags.retain(|key, _| !input.tag_keys.contains(key));
    save(cx, &role)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagsAnswer {
    tags: Vec<Tag>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_tags_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    on_role(cx, "iam:ListRoleTags", &input.role_name)
}

pub(super) fn list_tags(cx: &Cx, input: Named) -> Result<TagsAnswer, Fault> {
    let tags = tag_list(&find(cx, &input.role_name)?.tags);
    Ok(TagsAnswer { tags, page: Page { is_truncated: false, marker: None } })
}
