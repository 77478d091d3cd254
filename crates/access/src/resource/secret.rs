//! Secrets: their policy, tags and full ARN.

use names::{AccountId, Arn};
use policy::PolicyKind;
use serde_json::json;

use super::Object;
use crate::answer::Unread;
use crate::gathered::{self, Gathered, text};
use crate::survey::{Read, Survey};
use crate::{AccessError, document};

pub(super) async fn read(
    survey: &Survey,
    account: &AccountId,
    arn: &Arn,
    gathered: &mut Gathered,
) -> Result<Object, AccessError> {
    let call = |operation| Read {
        account,
        region: arn.region.as_ref(),
        service: "secretsmanager",
        operation,
    };
    let id = json!({ "SecretId": arn.to_string() });
    let mut object =
        Object { arn: arn.to_string(), owner: Some(account.clone()), region: arn.region.clone() };
    let mut name = arn.resource.clone();
    match survey.read(&call("DescribeSecret"), id.clone()).await? {
        Ok(secret) => {
            object.arn = text(&secret, "/ARN").unwrap_or(&object.arn).to_owned();
            name = text(&secret, "/Name").unwrap_or(&name).to_owned();
            let tags = gathered::tags(&secret, "/Tags");
            gathered.tags("aws:ResourceTag", &tags);
            gathered.tags("secretsmanager:ResourceTag", &tags);
            also_needs_key(gathered, text(&secret, "/KmsKeyId"));
        }
        Err(error) if error.is_missing() => {
            super::absent(gathered, &format!("secret {arn}"));
            return Ok(object);
        }
        // The policy below may be readable all the same.
        Err(_) => {}
    }
    gathered.context.set("secretsmanager:SecretId", object.arn.clone());
    let title = format!("resource policy of secret {name}");
    match survey.read(&call("GetResourcePolicy"), id).await? {
        Ok(answer) => {
            // A secret without a policy answers without the member.
            if let Some(policy) = text(&answer, "/ResourcePolicy") {
                let read = document::read(PolicyKind::Resource, &title, policy);
                gathered.policies.resource = gathered.take(read);
            }
        }
        Err(error) => {
            gathered.unread.push(Unread::policy(PolicyKind::Resource, title, error.to_string()));
        }
    }
    Ok(object)
}

/// Values are encrypted; with a key of one's own its policy must allow too.
fn also_needs_key(gathered: &mut Gathered, key: Option<&str>) {
    if let Some(key) = key.filter(|key| !key.starts_with("alias/aws/")) {
        gathered.notes.push(format!(
            "reading or writing its value also needs kms:Decrypt or kms:GenerateDataKey on {key} \
             through Secrets Manager"
        ));
    }
}
