//! GetFederationToken: a user's credentials handed to somebody else, narrowed by policies.
//!
//! Without a policy the session may do only what resource-based policies grant to it by name;
//! the policy engine knows that rule.

use chrono::Duration;
use gateway::{Access, Check, Cx, Fault, FederatedUser, Principal, SessionFacts, User};
use names::Arn;
use serde::{Deserialize, Serialize};

use super::duration;
use super::passed::{Passed, packed_size};
use super::tags::{self, Tag};
use crate::identity::{IssuedCredentials, issue};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    name: String,
    duration_seconds: Option<i64>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(flatten)]
    passed: Passed,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    credentials: IssuedCredentials,
    federated_user: FederatedView,
    packed_policy_size: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FederatedView {
    federated_user_id: String,
    arn: String,
}

pub(super) fn access(cx: &Cx, input: &Input) -> Result<Access, Fault> {
    tags::check(cx.principal(), &input.tags, &[])?;
    input.passed.check()?;
    let resource = format!("federated-user/{}", input.name);
    let arn = Arn::new("sts", None, Some(cx.account()?), resource);
    let question = |action| tags::requested(Check::new(action, &arn), &input.tags);
    let access = Access::to(question("sts:GetFederationToken"));
    Ok(if input.tags.is_empty() { access } else { access.and(question("sts:TagSession")) })
}

/// For users with long-term keys. Root users have no keys in this world that could sign the call.
pub(super) fn get(cx: &Cx, input: Input) -> Result<Answer, Fault> {
    let Principal::User(user) = cx.principal() else {
        let text = "Cannot call GetFederationToken with session credentials";
        return Err(Fault::new("AccessDenied", text).status(403));
    };
    let policies = input.passed.documents(cx, &user.account)?;
    let packed_policy_size = packed_size(&policies, &input.tags);
    let seconds = input.duration_seconds.unwrap_or(duration::OF_USERS);
    let session = SessionFacts {
        issued_at: cx.now(),
        expires_at: cx.now() + Duration::seconds(seconds),
        source_identity: None,
        transitive_tag_keys: Vec::new(),
        policies,
        mfa: false,
    };
    let tags = tags::of_session(cx.principal(), &input.tags, &user.tags);
    let user = User { tags, session: Some(session), ..user.clone() };
    let principal = Principal::Federated(FederatedUser { name: input.name, user });
    let federated_user =
        FederatedView { federated_user_id: principal.user_id(), arn: principal.arn() };
    Ok(Answer { credentials: issue(cx, &principal)?, federated_user, packed_policy_size })
}
