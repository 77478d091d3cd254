//! What an account says of itself: its alias and its password policy.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::common::{Done, Page, Paging};
use crate::identity::{PasswordPolicy, settings};

/// The shortest password when a policy does not say (UpdateAccountPasswordPolicy).
const DEFAULT_LENGTH: usize = 6;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AliasInput {
    account_alias: String,
}

/// The interface's pattern looks ahead, which the validation in front of the services does not.
const ALIAS: &str = "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$";

fn check_alias(alias: &str) -> Result<(), Fault> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let hyphens = alias.contains("--") || alias.starts_with('-') || alias.ends_with('-');
    if alias.chars().all(letters) && !hyphens {
        return Ok(());
    }
    let text = format!(
        "1 validation error detected: Value at 'accountAlias' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: {ALIAS}"
    );
    Err(Fault::new("ValidationError", text).status(400))
}

fn on_account(action: &str) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything(action)))
}

pub(super) fn create_alias_access(_: &Cx, _: &AliasInput) -> Result<Access, Fault> {
    on_account("iam:CreateAccountAlias")
}

/// An account has one alias; a second takes the place of the first.
pub(super) fn create_alias(cx: &mut Cx, input: AliasInput) -> Result<Done, Fault> {
    check_alias(&input.account_alias)?;
    let account = cx.account()?.clone();
    let mut own = settings::of(cx, &account)?;
    if settings::alias_taken(cx, &input.account_alias)? {
        let text = format!("The account alias {} already exists.", input.account_alias);
        return Err(Fault::new("EntityAlreadyExists", text).status(409));
    }
    own.alias = Some(input.account_alias);
    settings::put(cx, &account, &own)?;
    Ok(Done {})
}

pub(super) fn delete_alias_access(_: &Cx, _: &AliasInput) -> Result<Access, Fault> {
    on_account("iam:DeleteAccountAlias")
}

pub(super) fn delete_alias(cx: &mut Cx, input: AliasInput) -> Result<Done, Fault> {
    let account = cx.account()?.clone();
    let mut own = settings::of(cx, &account)?;
    if own.alias.as_ref() != Some(&input.account_alias) {
        let text = format!("The account alias {} cannot be found.", input.account_alias);
        return Err(Fault::new("NoSuchEntity", text).status(404));
    }
    own.alias = None;
    settings::put(cx, &account, &own)?;
    Ok(Done {})
}

#[derive(Deserialize)]
pub(super) struct ListInput {
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAnswer {
    account_aliases: Vec<String>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_aliases_access(_: &Cx, _: &ListInput) -> Result<Access, Fault> {
    on_account("iam:ListAccountAliases")
}

pub(super) fn list_aliases(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let alias = settings::of(cx, cx.account()?)?.alias;
    let (account_aliases, page) = input.paging.cut(alias.into_iter().collect(), |alias| alias);
    Ok(ListAnswer { account_aliases, page })
}

/// What is left out goes back to its default, as with AWS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyInput {
    minimum_password_length: Option<usize>,
    #[serde(default)]
    require_symbols: bool,
    #[serde(default)]
    require_numbers: bool,
    #[serde(default)]
    require_uppercase_characters: bool,
    #[serde(default)]
    require_lowercase_characters: bool,
    #[serde(default)]
    allow_users_to_change_password: bool,
    max_password_age: Option<i64>,
    password_reuse_prevention: Option<usize>,
    hard_expiry: Option<bool>,
}

pub(super) fn update_policy_access(_: &Cx, _: &PolicyInput) -> Result<Access, Fault> {
    on_account("iam:UpdateAccountPasswordPolicy")
}

pub(super) fn update_policy(cx: &mut Cx, input: PolicyInput) -> Result<Done, Fault> {
    let account = cx.account()?.clone();
    let mut own = settings::of(cx, &account)?;
    own.password_policy = Some(PasswordPolicy {
        minimum_length: input.minimum_password_length.unwrap_or(DEFAULT_LENGTH),
        symbols: input.require_symbols,
        numbers: input.require_numbers,
        uppercase: input.require_uppercase_characters,
        lowercase: input.require_lowercase_characters,
        users_may_change: input.allow_users_to_change_password,
        max_age_days: input.max_password_age,
        reuse_prevention: input.password_reuse_prevention,
        hard_expiry: input.hard_expiry,
    });
    settings::put(cx, &account, &own)?;
    Ok(Done {})
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyAnswer {
    password_policy: PolicyView,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyView {
    minimum_password_length: usize,
    require_symbols: bool,
    require_numbers: bool,
    require_uppercase_characters: bool,
    require_lowercase_characters: bool,
    allow_users_to_change_password: bool,
    expire_passwords: bool,
    max_password_age: Option<i64>,
    password_reuse_prevention: Option<usize>,
    hard_expiry: Option<bool>,
}

fn no_policy(cx: &Cx) -> Result<Fault, Fault> {
    let account = cx.account()?;
    let text = format!("The Password Policy with domain name {account} cannot be found.");
    Ok(Fault::new("NoSuchEntity", text).status(404))
}

pub(super) fn get_policy_access(_: &Cx, _: &Nothing) -> Result<Access, Fault> {
    on_account("iam:GetAccountPasswordPolicy")
}

pub(super) fn get_policy(cx: &Cx, _: Nothing) -> Result<PolicyAnswer, Fault> {
    let Some(policy) = settings::of(cx, cx.account()?)?.password_policy else {
        return Err(no_policy(cx)?);
    };
    Ok(PolicyAnswer {
        password_policy: PolicyView {
            minimum_password_length: policy.minimum_length,
            require_symbols: policy.symbols,
            require_numbers: policy.numbers,
            require_uppercase_characters: policy.uppercase,
            require_lowercase_characters: policy.lowercase,
            allow_users_to_change_password: policy.users_may_change,
            expire_passwords: policy.max_age_days.is_some(),
            max_password_age: policy.max_age_days,
            password_reuse_prevention: policy.reuse_prevention,
            hard_expiry: policy.hard_expiry,
        },
    })
}

pub(super) fn delete_policy_access(_: &Cx, _: &Nothing) -> Result<Access, Fault> {
    on_account("iam:DeleteAccountPasswordPolicy")
}

pub(super) fn delete_policy(cx: &mut Cx, _: Nothing) -> Result<Done, Fault> {
    let account = cx.account()?.clone();
    let mut own = settings::of(cx, &account)?;
    if own.password_policy.take().is_none() {
        return Err(no_policy(cx)?);
    }
    settings::put(cx, &account, &own)?;
    Ok(Done {})
}
