//! Passwords of users, and what an account says of them.

use gateway::{Access, Check, Cx, Fault, GuardPolicy, Principal};
use policy::PolicyKind;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::common::Done;
use super::entity::Entity;
use super::user::name_or_own;
use crate::identity::{LoginProfileRecord, PasswordPolicy, UserRecord, login_profiles, settings};

/// The shortest password of an account without a policy of its own.
const DEFAULT_LENGTH: usize = 8;
/// Of upper case, lower case, digits and symbols a password without a policy needs so many.
const DEFAULT_KINDS: usize = 3;
/// What counts as a symbol ("Setting an account password policy", IAM User Guide).
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProfileView {
    user_name: String,
    create_date: i64,
    password_reset_required: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProfileAnswer {
    login_profile: ProfileView,
}

fn view(user: UserRecord, profile: &LoginProfileRecord) -> ProfileAnswer {
    ProfileAnswer {
        login_profile: ProfileView {
            user_name: user.name,
            create_date: profile.created.timestamp(),
            password_reset_required: profile.reset_required,
        },
    }
}

fn find(cx: &Cx, user: &UserRecord) -> Result<LoginProfileRecord, Fault> {
    let text = format!("Login Profile for User {} cannot be found.", user.name);
    let absent = || Fault::new("NoSuchEntity", text).status(404);
    login_profiles::get(cx, &user.account, &user.id)?.ok_or_else(absent)
}

fn violation(text: &str) -> Fault {
    Fault::new("PasswordPolicyViolation", text).status(400)
}

/// Refuses a password that the account's policy, or AWS's own without one, does not admit.
fn admit(cx: &Cx, password: &str) -> Result<(), Fault> {
    let policy = settings::of(cx, cx.account()?)?.password_policy;
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let (upper, lower) = (has(|c| c.is_ascii_uppercase()), has(|c| c.is_ascii_lowercase()));
    let (digit, symbol) = (has(|c| c.is_ascii_digit()), has(|c| SYMBOLS.contains(c)));
    let Some(policy) = policy else {
        let kinds = [upper, lower, digit, symbol].into_iter().filter(|has| *has).count();
        let fits = password.chars().count() >= DEFAULT_LENGTH && kinds >= DEFAULT_KINDS;
        let text = "Password does not conform to the account password policy.";
        return if fits { Ok(()) } else { Err(violation(text)) };
    };
    if password.chars().count() < policy.minimum_length {
        let length = policy.minimum_length;
        return Err(violation(&format!("Password should have a minimum length of {length}")));
    }
    let demands = [
        (policy.uppercase, upper, "uppercase letter"),
        (policy.lowercase, lower, "lowercase letter"),
        (policy.numbers, digit, "number"),
        (policy.symbols, symbol, "symbol"),
    ];
    match demands.into_iter().find(|(asked, has, _)| *asked && !has) {
        Some((_, _, what)) => Err(violation(&format!("Password should have at least one {what}"))),
        None => Ok(()),
    }
}

fn unlike(policy: Option<PasswordPolicy>) -> usize {
    policy.and_then(|policy| policy.reuse_prevention).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    user_name: Option<String>,
    password: Option<String>,
    #[serde(default)]
    password_reset_required: bool,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    UserRecord::access(cx, "iam:CreateLoginProfile", &name)
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<ProfileAnswer, Fault> {
    let user = UserRecord::find(cx, &name_or_own(cx, input.user_name.as_ref())?)?;
    if login_profiles::get(cx, &user.account, &user.id)?.is_some() {
        let text = format!("Login Profile for user {} already exists.", user.name);
        return Err(Fault::new("EntityAlreadyExists", text).status(409));
    }
    let Some(password) = input.password else {
        return Err(Fault::new("ValidationError", "Password is required").status(400));
    };
    admit(cx, &password)?;
    let mut profile = LoginProfileRecord::new(cx, &user.id, &password);
    profile.reset_required = input.password_reset_required;
    login_profiles::put(cx, &user.account, &profile)?;
    Ok(view(user, &profile))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfUser {
    user_name: Option<String>,
}

pub(super) fn get_access(cx: &Cx, input: &OfUser) -> Result<Access, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    UserRecord::access(cx, "iam:GetLoginProfile", &name)
}

pub(super) fn get(cx: &Cx, input: OfUser) -> Result<ProfileAnswer, Fault> {
    let user = UserRecord::find(cx, &name_or_own(cx, input.user_name.as_ref())?)?;
    let profile = find(cx, &user)?;
    Ok(view(user, &profile))
}

pub(super) fn delete_access(cx: &Cx, input: &OfUser) -> Result<Access, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    UserRecord::access(cx, "iam:DeleteLoginProfile", &name)
}

pub(super) fn delete(cx: &mut Cx, input: OfUser) -> Result<Done, Fault> {
    let user = UserRecord::find(cx, &name_or_own(cx, input.user_name.as_ref())?)?;
    find(cx, &user)?;
    login_profiles::delete(cx, &user.account, &user.id)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    user_name: String,
    password: Option<String>,
    password_reset_required: Option<bool>,
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    UserRecord::access(cx, "iam:UpdateLoginProfile", &input.user_name)
}

/// An administrator may give a former password again: reuse is the user's own to avoid.
pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Done, Fault> {
    let user = UserRecord::find(cx, &input.user_name)?;
    let mut profile = find(cx, &user)?;
    if let Some(password) = input.password {
        admit(cx, &password)?;
        profile.change(cx.now(), &password, 0);
    }
    profile.reset_required = input.password_reset_required.unwrap_or(profile.reset_required);
    login_profiles::put(cx, &user.account, &profile)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeInput {
    old_password: String,
    new_password: String,
}

/// The caller's own: an account may allow it to all of its users, whom only an explicit deny
/// then stops ("Permit IAM users to change their own passwords", IAM User Guide).
pub(super) fn change_access(cx: &Cx, _: &ChangeInput) -> Result<Access, Fault> {
    let Principal::User(user) = cx.principal() else {
        let everyone = Check::on_everything("iam:ChangePassword");
        return Ok(Access::to(everyone));
    };
    let policy = settings::of(cx, &user.account)?.password_policy;
    let open = policy.is_some_and(|policy| policy.users_may_change);
    let guard = open.then(|| GuardPolicy {
        kind: PolicyKind::Resource,
        name: "account password policy".to_owned(),
        document: json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Principal": { "AWS": cx.principal().arn() },
                "Action": "iam:ChangePassword", "Resource": "*",
            }],
        })
        .to_string(),
    });
    let check = UserRecord::check(cx, "iam:ChangePassword", &user.name)?;
    Ok(Access::to(check.guarded_by(guard)))
}

pub(super) fn change(cx: &mut Cx, input: ChangeInput) -> Result<Done, Fault> {
    let Principal::User(caller) = cx.principal() else {
        let text = "Only IAM Users can change their own password";
        return Err(Fault::new("InvalidUserType", text).status(400));
    };
    let name = caller.name.clone();
    let user = UserRecord::find(cx, &name)?;
    let mut profile = find(cx, &user)?;
    if !profile.is(&input.old_password) {
        let text = "The old password was incorrect.";
        return Err(Fault::new("AccessDenied", text).status(403));
    }
    admit(cx, &input.new_password)?;
    let unlike = unlike(settings::of(cx, &user.account)?.password_policy);
    if !profile.change(cx.now(), &input.new_password, unlike) {
        let text = "Password was used recently and cannot be used again";
        return Err(violation(text));
    }
    profile.reset_required = false;
    login_profiles::put(cx, &user.account, &profile)?;
    Ok(Done {})
}
