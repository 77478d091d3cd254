//! DynamoDB tables and their indexes: the policy that may stand on the table.

use names::{AccountId, Arn};
use policy::PolicyKind;
use serde_json::json;

use super::Object;
use crate::answer::Unread;
use crate::gathered::{Gathered, text};
use crate::survey::{Read, Survey};
use crate::{AccessError, document};

/// What DynamoDB says of a table without a policy ("GetResourcePolicy", DynamoDB API Reference).
const NO_POLICY: &str = "PolicyNotFoundException";

pub(super) async fn read(
    survey: &Survey,
    account: &AccountId,
    arn: &Arn,
    gathered: &mut Gathered,
) -> Result<Object, AccessError> {
    let object =
        Object { arn: arn.to_string(), owner: Some(account.clone()), region: arn.region.clone() };
    let call = Read {
        account,
        region: arn.region.as_ref(),
        service: "dynamodb",
        operation: "GetResourcePolicy",
    };
    let title = format!("resource policy of {}", arn.resource);
    match survey.read(&call, json!({ "ResourceArn": arn.to_string() })).await? {
        Ok(answer) => {
            if let Some(policy) = text(&answer, "/Policy") {
                let read = document::read(PolicyKind::Resource, &title, policy);
                gathered.policies.resource = gathered.take(read);
            }
        }
        Err(error) if error.code() == Some(NO_POLICY) => {}
        Err(error) if error.is_missing() => {
            super::absent(gathered, &format!("DynamoDB table {arn}"));
        }
        Err(error) => {
            gathered.unread.push(Unread::policy(PolicyKind::Resource, title, error.to_string()));
        }
    }
    Ok(object)
}
