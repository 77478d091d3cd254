//! Calls about the caller itself, and about keys and messages it holds.

use gateway::{Access, AuthorizationMessage, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use crate::identity::access_key_account;

/// No members.
#[derive(Deserialize)]
pub(super) struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CallerIdentity {
    user_id: String,
    account: String,
    arn: String,
}

pub(super) fn identity_access(_: &Cx, _: &Empty) -> Result<Access, Fault> {
    Ok(Access::open_to_all_authenticated(
        "GetCallerIdentity: no permissions are required, and none can be denied",
    ))
}

pub(super) fn identity(cx: &Cx, _: Empty) -> Result<CallerIdentity, Fault> {
    let principal = cx.principal();
    let account = cx.account()?.to_string();
    Ok(CallerIdentity { user_id: principal.user_id(), account, arn: principal.arn() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyInfoInput {
    access_key_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyInfo {
    account: String,
}

pub(super) fn key_info_access(_: &Cx, _: &KeyInfoInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("sts:GetAccessKeyInfo")))
}

/// The account is part of the key id itself, whether the key exists or not.
pub(super) fn key_info(_: &Cx, input: KeyInfoInput) -> Result<KeyInfo, Fault> {
    let unknown = || Fault::new("ValidationError", "Invalid access key ID").status(400);
    let account = access_key_account(&input.access_key_id).ok_or_else(unknown)?;
    Ok(KeyInfo { account: account.to_string() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DecodeInput {
    encoded_message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Decoded {
    decoded_message: String,
}

pub(super) fn decode_access(_: &Cx, _: &DecodeInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("sts:DecodeAuthorizationMessage")))
}

/// Opens a message for principals of an account that had a part in the denied call, as far as it
/// concerns that account's policies.
pub(super) fn decode(cx: &Cx, input: DecodeInput) -> Result<Decoded, Fault> {
    let invalid = || {
        let text = "Message is not decodable";
        Fault::new("InvalidAuthorizationMessageException", text).status(400)
    };
    let account = cx.account()?.to_string();
    let explanation = AuthorizationMessage::open(cx.seal(), &input.encoded_message)
        .and_then(|message| message.read_by(&account))
        .ok_or_else(invalid)?;
    Ok(Decoded { decoded_message: explanation.to_string() })
}
