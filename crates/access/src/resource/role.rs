//! Roles as resources: what `sts:AssumeRole` asks, and tags of IAM's own things.

use names::{AccountId, Arn};
use policy::PolicyKind;

use crate::answer::Unread;
use crate::gathered::{self, Gathered, text};
use crate::survey::Survey;
use crate::{AccessError, document, principal};

/// The trust policy of the role to be assumed.
pub(super) async fn trust(
    survey: &Survey,
    account: &AccountId,
    arn: &Arn,
    gathered: &mut Gathered,
) -> Result<(), AccessError> {
    let name = last_segment(arn);
    let title = format!("trust policy of role {name}");
    let gap = |why| Unread::policy(PolicyKind::Trust, title.clone(), why);
    let role = match principal::get(survey, account, "Role", name).await? {
        Ok(role) => role,
        Err(error) if error.is_missing() => {
            super::absent(gathered, &format!("role {arn}"));
            return Ok(());
        }
        Err(error) => {
            gathered.unread.push(gap(error.to_string()));
            return Ok(());
        }
    };
    if text(&role, "/Role/Arn").is_some_and(|found| found != arn.to_string()) {
        super::absent(gathered, &format!("role {arn}"));
        return Ok(());
    }
    resource_tags(gathered, &gathered::tags(&role, "/Role/Tags"));
    let read = match text(&role, "/Role/AssumeRolePolicyDocument") {
        Some(document) => document::read(PolicyKind::Trust, &title, document),
        None => Err(gap("the answer has none".to_owned())),
    };
    gathered.policies.resource = gathered.take(read);
    Ok(())
}

/// Tags of a user or role that an `iam:` action is on. Other resources of IAM stay in doubt.
pub(super) async fn tags(
    survey: &Survey,
    account: &AccountId,
    arn: &Arn,
    gathered: &mut Gathered,
) -> Result<(), AccessError> {
    let noun = match arn.resource_parts().0 {
        "role" => "Role",
        "user" => "User",
        _ => return Ok(()),
    };
    if let Ok(found) = principal::get(survey, account, noun, last_segment(arn)).await? {
        resource_tags(gathered, &gathered::tags(&found, &format!("/{noun}/Tags")));
    }
    Ok(())
}

fn resource_tags(gathered: &mut Gathered, tags: &[(String, String)]) {
    gathered.tags("aws:ResourceTag", tags);
    gathered.tags("iam:ResourceTag", tags);
}

fn last_segment(arn: &Arn) -> &str {
    arn.resource.rsplit('/').next().unwrap_or_default()
}
