//! AssumeRoleWithWebIdentity: a token of an identity provider for a session of a role.
//!
//! The call is unsigned; the token is the proof. Keys of the issuer come from `issuers.rs`, the
//! audiences that it may speak for from the provider's record in IAM, and the trust policy decides
//! by the keys `ISSUER:aud`, `ISSUER:oaud`, `ISSUER:sub`, `ISSUER:amr` ("Available keys for AWS
//! OIDC federation", IAM User Guide).

use gateway::{Access, Check, Cx, Fault, GuardPolicy, Principal, WebIdentity};
use names::Arn;
use policy::PolicyKind;
use serde::{Deserialize, Serialize};

use super::issuers::{keys_of, plain};
use super::jwt::{Claims, Token};
use super::passed::Passed;
use super::role::{self, AssumedRoleUser, Wanted};
use super::tags::{self, Tag};
use crate::identity::{IssuedCredentials, RoleRecord, oidc_providers};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    role_arn: String,
    role_session_name: String,
    web_identity_token: String,
    duration_seconds: Option<i64>,
    #[serde(flatten)]
    passed: Passed,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    credentials: IssuedCredentials,
    subject_from_web_identity_token: String,
    assumed_role_user: AssumedRoleUser,
    packed_policy_size: Option<usize>,
    provider: String,
    audience: String,
    source_identity: Option<String>,
}

fn invalid(text: impl Into<String>) -> Fault {
    Fault::new("InvalidIdentityToken", text).status(400)
}

pub(super) fn access(cx: &Cx, input: &Input) -> Result<Access, Fault> {
    let arn = role::arn(&input.role_arn)?;
    input.passed.check()?;
    let (identity, claims) = verified(cx, &arn, &input.web_identity_token)?;
    let asked = Asked::of(&claims)?;
    tags::check(cx.principal(), &asked.tags, &asked.transitive)?;
    let role = role::find(cx, &arn)?;
    let question = |action| {
        let check = question(action, input, &arn, role.as_ref(), &identity, &claims);
        let check = tags::requested(check, &asked.tags)
            .with_some("sts:SourceIdentity", asked.source_identity.clone());
        if asked.transitive.is_empty() {
            return check;
        }
        check.with_all("sts:TransitiveTagKeys", asked.transitive.clone())
    };
    let mut access = Access::to(question("sts:AssumeRoleWithWebIdentity"));
    if !asked.tags.is_empty() {
        access = access.and(question("sts:TagSession"));
    }
    if asked.source_identity.is_some() {
        access = access.and(question("sts:SetSourceIdentity"));
    }
    Ok(access.as_web_identity(identity))
}

fn question(
    action: &str,
    input: &Input,
    arn: &Arn,
    role: Option<&RoleRecord>,
    identity: &WebIdentity,
    claims: &Claims,
) -> Check {
    let guard = role.map(|role| GuardPolicy {
        kind: PolicyKind::Trust,
        name: format!("trust policy of role {}", role.name),
        document: role.trust.clone(),
    });
    let key = |name: &str| format!("{}:{name}", identity.issuer);
    // With an authorized party, `aud` is that party and `oaud` what the token is for.
    let original = claims.azp.as_ref().and_then(|_| claims.audiences().first());
    let denied = format!("Not authorized to perform {action}");
    let mut check = Check::new(action, arn)
        .guarded_by(guard)
        .with("sts:RoleSessionName", input.role_session_name.clone())
        .with("aws:FederatedProvider", identity.provider.clone())
        .with(key("aud"), identity.audience.clone())
        .with(key("sub"), identity.subject.clone())
        .with_some(key("oaud"), original.cloned())
        .or_say(Fault::new("AccessDenied", denied).status(403));
    if !claims.methods().is_empty() {
        check = check.with_all(key("amr"), claims.methods().iter().cloned());
    }
    for (name, value) in role.into_iter().flat_map(|role| &role.tags) {
        check = check
            .with(format!("aws:ResourceTag/{name}"), value.clone())
            .with(format!("iam:ResourceTag/{name}"), value.clone());
    }
    match &arn.account {
        Some(account) => check.owned_by(account),
        None => check,
    }
}

/// What the provider asks of the session.
struct Asked {
    tags: Vec<Tag>,
    transitive: Vec<String>,
    source_identity: Option<String>,
}

impl Asked {
    fn of(claims: &Claims) -> Result<Self, Fault> {
        let mut tags = Vec::new();
        let asserted = claims.tags.as_ref();
        for (key, values) in asserted.into_iter().flat_map(|claim| &claim.principal_tags) {
            let [value] = values.values() else {
                return Err(invalid(format!("The session tag {key} must have one value.")));
            };
            tags.push(Tag { key: key.clone(), value: value.clone() });
        }
        let transitive = asserted.map(|claim| claim.transitive_tag_keys.clone());
        let source_identity = claims.source_identity.clone();
        Ok(Self { tags, transitive: transitive.unwrap_or_default(), source_identity })
    }
}

/// The identity behind a token that its issuer signed, that has not expired, and whose audience
/// the role's account takes from that issuer.
fn verified(cx: &Cx, role: &Arn, text: &str) -> Result<(WebIdentity, Claims), Fault> {
    let not_a_token = "The ID Token provided is not a valid JWT. (You may see this error if you \
                       sent an Access Token)";
    let token = Token::parse(text).ok_or_else(|| invalid(not_a_token))?;
    let missing = |claim: &str| invalid(format!("Missing a required claim: {claim}"));
    let issuer = token.claims.iss.as_ref().ok_or_else(|| missing("iss"))?;
    let name = plain(issuer).to_owned();
    let no_provider =
        || invalid(format!("No OpenIDConnect provider found in your account for {issuer}"));
    let account = role.account.as_ref().ok_or_else(no_provider)?;
    let provider = oidc_providers::get(cx, account, &name)?.ok_or_else(no_provider)?;
    let no_keys = "Couldn't retrieve verification key from your identity provider,  please \
                   reference AssumeRoleWithWebIdentity documentation for requirements";
    let keys = keys_of(cx, &name)?.ok_or_else(|| invalid(no_keys))?;
    if !token.is_signed_by(&keys) {
        return Err(invalid("Provided Token is not from the issuer: its signature is not valid."));
    }
    check_times(cx, &token.claims)?;
    let subject = token.claims.sub.clone().ok_or_else(|| missing("sub"))?;
    let audience = audience(&token.claims, &provider.client_ids)?;
    let provider = provider.arn().to_string();
    Ok((WebIdentity { provider, issuer: name, audience, subject }, token.claims))
}

fn check_times(cx: &Cx, claims: &Claims) -> Result<(), Fault> {
    let missing = |claim: &str| invalid(format!("Missing a required claim: {claim}"));
    let now = cx.now().timestamp();
    let expires = claims.exp.ok_or_else(|| missing("exp"))?;
    claims.iat.ok_or_else(|| missing("iat"))?;
    if expires <= now {
        let text = format!(
            "Token expired: current date/time {now} must be before the expiration date/time \
             {expires}"
        );
        return Err(Fault::new("ExpiredTokenException", text).status(400));
    }
    if claims.nbf.is_some_and(|from| from > now) {
        return Err(invalid("The token is not valid yet."));
    }
    Ok(())
}

/// Whom the token is for: the authorized party where it names one, else its audience.
fn audience(claims: &Claims, accepted: &[String]) -> Result<String, Fault> {
    let candidates = match &claims.azp {
        Some(party) => std::slice::from_ref(party),
        None => claims.audiences(),
    };
    let found = candidates.iter().find(|audience| accepted.contains(audience));
    found.cloned().ok_or_else(|| invalid("Incorrect token audience"))
}

pub(super) fn assume(cx: &Cx, input: Input) -> Result<Answer, Fault> {
    let gone = || Fault::internal("a role or token went during its decision");
    let Principal::Web(identity) = cx.principal() else { return Err(gone()) };
    let token = Token::parse(&input.web_identity_token).ok_or_else(gone)?;
    let asked = Asked::of(&token.claims)?;
    let role = role::find(cx, &role::arn(&input.role_arn)?)?.ok_or_else(gone)?;
    let wanted = Wanted {
        session_name: input.role_session_name,
        seconds: input.duration_seconds,
        passed: &input.passed,
        tags: &asked.tags,
        transitive: &asked.transitive,
        source_identity: asked.source_identity.clone(),
    };
    let assumed = role::assume(cx, &role, &wanted)?;
    Ok(Answer {
        credentials: assumed.credentials,
        subject_from_web_identity_token: identity.subject.clone(),
        assumed_role_user: assumed.user,
        packed_policy_size: assumed.packed_policy_size,
        provider: identity.provider.clone(),
        audience: identity.audience.clone(),
        source_identity: asked.source_identity,
    })
}
