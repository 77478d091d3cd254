//! The KMS key of a table ("DynamoDB encryption at rest", Developer Guide).
//!
//! The key is tried as the caller when it is set, both ways, so that no table has one that nobody
//! there can use. Items themselves lie in the state's own store and are not sealed under it.

use gateway::{Cx, Fault, Invocation};
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::invalid;

const SERVICE: &str = "dynamodb";
/// AWS's own key for tables of an account.
const DEFAULT_KEY: &str = "alias/aws/dynamodb";

/// `SSESpecification`.
#[derive(Deserialize)]
pub(super) struct Encryption {
    #[serde(rename = "Enabled")]
    enabled: Option<bool>,
    #[serde(rename = "SSEType")]
    kind: Option<String>,
    #[serde(rename = "KMSMasterKeyId")]
    key: Option<String>,
}

/// The ARN of the key that a table gets: none for the key that DynamoDB owns.
pub(super) fn key_of(
    cx: &Cx,
    table: &str,
    given: Option<&Encryption>,
) -> Result<Option<String>, Fault> {
    let Some(given) = given else { return Ok(None) };
    if given.enabled != Some(true) {
        if given.key.is_some() || given.kind.is_some() {
            return Err(invalid(
                "One or more parameter values were invalid: SSEType and KMSMasterKeyId can be \
                 specified only when SSE is enabled",
            ));
        }
        return Ok(None);
    }
    if given.kind.as_deref() == Some("AES256") {
        return Err(invalid(
            "One or more parameter values were invalid: Unsupported SSEType: AES256",
        ));
    }
    let key = given.key.as_deref().unwrap_or(DEFAULT_KEY);
    let account = cx.account()?.to_string();
    let context = json!({
        "aws:dynamodb:tableName": table, "aws:dynamodb:subscriberId": account,
    });
    let input = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context });
    let made = as_caller(cx, "GenerateDataKey", input)?;
    let input =
        json!({ "CiphertextBlob": made.get("CiphertextBlob"), "EncryptionContext": context });
    as_caller(cx, "Decrypt", input)?;
    Ok(made.get("KeyId").and_then(Value::as_str).map(str::to_owned))
}

/// KMS as the caller, its refusals in DynamoDB's words.
fn as_caller(cx: &Cx, operation: &'static str, input: Value) -> Result<Value, Fault> {
    cx.invoke(Invocation::forwarded(SERVICE, "kms", operation, input)).map_err(|fault| match fault
        .code
        .as_ref()
    {
        "InternalFailure" | "ServiceUnavailable" => fault,
        code => Fault {
            authorization_message: fault.authorization_message.clone(),
            ..invalid(format!("KMS validation error: {code}: {}", fault.message))
        },
    })
}
