//! The account in figures: GetAccountSummary, and the credential report ("Getting credential
//! reports for your AWS account", IAM User Guide).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, Utc};
use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::entity::Listed;
use super::mfa;
use crate::identity::{
    AccessKeyRecord, GroupRecord, InstanceProfileRecord, LoginProfileRecord, RoleRecord,
    UserRecord, accounts, keys, login_profiles, managed_policies, mfa_devices, oidc_providers,
    saml_providers, settings,
};

/// Hours for which a report is kept.
const REPORT_HOURS: i64 = 4;
const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
    access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

#[derive(Deserialize)]
pub(super) struct Nothing {}

fn on_account(action: &str) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything(action)))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SummaryAnswer {
    summary_map: BTreeMap<&'static str, usize>,
}

pub(super) fn summary_access(_: &Cx, _: &Nothing) -> Result<Access, Fault> {
    on_account("iam:GetAccountSummary")
}

/// What there is and how much there may be. The root user of an account here has neither keys nor
/// devices; server certificates are not built, so there are none.
pub(super) fn summary(cx: &Cx, _: Nothing) -> Result<SummaryAnswer, Fault> {
    let account = cx.account()?;
    let policies = managed_policies::list(cx, account)?;
    let devices = mfa_devices::list(cx, account)?;
    let providers =
        oidc_providers::list(cx, account)?.len() + saml_providers::list(cx, account)?.len();
    let versions = policies.iter().map(|policy| policy.versions.len()).sum();
    let in_use = devices.iter().filter(|device| device.user.is_some()).count();
    let figures = [
        ("AccessKeysPerUserQuota", 2),
        ("AccountAccessKeysPresent", 0),
        ("AccountMFAEnabled", 0),
        ("AccountPasswordPresent", 1),
        ("AccountSigningCertificatesPresent", 0),
        ("AssumeRolePolicySizeQuota", 2_048),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("GlobalEndpointTokenVersion", 1),
        ("GroupPolicySizeQuota", 5_120),
        ("Groups", GroupRecord::all(cx)?.len()),
        ("GroupsPerUserQuota", 10),
        ("GroupsQuota", 300),
        ("InstanceProfiles", InstanceProfileRecord::all(cx)?.len()),
        ("InstanceProfilesQuota", 1_000),
        ("MFADevices", devices.len()),
        ("MFADevicesInUse", in_use),
        ("Policies", policies.len()),
        ("PoliciesQuota", 1_500),
        ("PolicySizeQuota", 6_144),
        ("PolicyVersionsInUse", versions),
        ("PolicyVersionsInUseQuota", 10_000),
        ("Providers", providers),
        ("RolePolicySizeQuota", 10_240),
        ("Roles", RoleRecord::all(cx)?.len()),
        ("RolesQuota", 1_000),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 20),
        ("SigningCertificatesPerUserQuota", 2),
        ("UserPolicySizeQuota", 2_048),
        ("Users", UserRecord::all(cx)?.len()),
        ("UsersQuota", 5_000),
        ("VersionsPerPolicyQuota", 5),
    ];
    Ok(SummaryAnswer { summary_map: BTreeMap::from(figures) })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GenerateAnswer {
    state: &'static str,
    description: Option<&'static str>,
}

pub(super) fn generate_access(_: &Cx, _: &Nothing) -> Result<Access, Fault> {
    on_account("iam:GenerateCredentialReport")
}

/// A report is made at once, and again when the last one is older than four hours.
pub(super) fn generate(cx: &mut Cx, _: Nothing) -> Result<GenerateAnswer, Fault> {
    let account = cx.account()?.clone();
    let mut own = settings::of(cx, &account)?;
    let kept = own.credential_report.as_ref();
    if kept.is_some_and(|(made, _)| is_fresh(cx, *made)) {
        return Ok(GenerateAnswer { state: "COMPLETE", description: None });
    }
    own.credential_report = Some((cx.now(), credential_report(cx)?));
    settings::put(cx, &account, &own)?;
    let description = "No report exists. Starting a new report generation task";
    Ok(GenerateAnswer { state: "STARTED", description: Some(description) })
}

fn is_fresh(cx: &Cx, made: DateTime<Utc>) -> bool {
    cx.now() - made < Duration::hours(REPORT_HOURS)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReportAnswer {
    content: String,
    report_format: &'static str,
    generated_time: i64,
}

pub(super) fn get_access(_: &Cx, _: &Nothing) -> Result<Access, Fault> {
    on_account("iam:GetCredentialReport")
}

pub(super) fn get(cx: &Cx, _: Nothing) -> Result<ReportAnswer, Fault> {
    let gone = |code: &'static str, text: &str| Fault::new(code, text).status(410);
    let Some((made, text)) = settings::of(cx, cx.account()?)?.credential_report else {
        return Err(gone("ReportNotPresent", "No report is present"));
    };
    if !is_fresh(cx, made) {
        return Err(gone("ReportExpired", "The most recent report has expired"));
    }
    Ok(ReportAnswer {
        content: STANDARD.encode(text),
        report_format: "text/csv",
        generated_time: made.timestamp(),
    })
}

fn at(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// A line a user, the root user first.
fn credential_report(cx: &Cx) -> Result<String, Fault> {
    let account = cx.account()?;
    let max_age = settings::of(cx, account)?.password_policy.and_then(|policy| policy.max_age_days);
    let mut lines = vec![COLUMNS.to_owned(), root_line(cx)?];
    let mut users = UserRecord::all(cx)?;
    users.sort_by(|a, b| a.name.cmp(&b.name));
    for user in users {
        let profile = login_profiles::get(cx, account, &user.id)?;
        let keys = keys::of_user(cx, account, &user.name)?;
        let mut cells = vec![user.name.clone(), user.arn().to_string(), at(user.created)];
        cells.extend(password(profile.as_ref(), max_age));
        cells.push((!mfa::of_user(cx, &user)?.is_empty()).to_string());
        for place in 0..2 {
            cells.extend(key_cells(cx, keys.get(place))?);
        }
        cells.extend(["false", "N/A", "false", "N/A"].map(str::to_owned));
        lines.push(cells.join(","));
    }
    Ok(lines.join("\n"))
}

/// The root user has a password, with AWS as here, that nobody can ask about.
fn root_line(cx: &Cx) -> Result<String, Fault> {
    let account = cx.account()?;
    let made = accounts::get(cx, account)?.map(|record| at(record.created));
    let arn = format!("arn:aws:iam::{account}:root");
    let none = "not_supported";
    let head = ["<root_account>", &arn, made.as_deref().unwrap_or("N/A"), none, "no_information"];
    let mut cells: Vec<String> = head.map(str::to_owned).to_vec();
    cells.extend([none, none, "false"].map(str::to_owned));
    for _ in 0..2 {
        cells.extend(key_cells(cx, None)?);
    }
    cells.extend(["false", "N/A", "false", "N/A"].map(str::to_owned));
    Ok(cells.join(","))
}

/// Enabled, last used, last changed, next rotation. Nobody signs in with a password here.
fn password(profile: Option<&LoginProfileRecord>, max_age: Option<i64>) -> [String; 4] {
    match profile {
        None => ["false", "N/A", "N/A", "N/A"].map(str::to_owned),
        Some(profile) => {
            let next = max_age.map(|days| at(profile.changed + Duration::days(days)));
            let next = next.unwrap_or_else(|| "N/A".to_owned());
            ["true".to_owned(), "no_information".to_owned(), at(profile.changed), next]
        }
    }
}

/// Active, last rotated, last used: when, where, for what.
fn key_cells(cx: &Cx, key: Option<&AccessKeyRecord>) -> Result<[String; 5], Fault> {
    let none = || "N/A".to_owned();
    let Some(key) = key else {
        return Ok(["false".to_owned(), none(), none(), none(), none()]);
    };
    let used = cx.activity()?.access_key(&key.id);
    let [when, place, service] = match used {
        Some(used) => [at(used.time), used.region, used.service],
        None => [none(), none(), none()],
    };
    Ok([key.active.to_string(), at(key.created), when, place, service])
}
