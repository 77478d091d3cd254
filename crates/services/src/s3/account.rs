//! Block Public Access of an account: the part of S3 Control that every bucket of the account is
//! under ("Configuring block public access settings for your account", S3 User Guide).

use ::policy::PublicAccessBlock;
use gateway::{Access, Check, Cx, Fault};
use names::AccountId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults;
use super::public_access::Switches;
use super::state;

/// The account that a request to S3 Control names in a header.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountInput {
    pub account_id: String,
}

impl AccountInput {
    /// The account.
    ///
    /// # Errors
    /// `InvalidRequest` for what is no account's id.
    pub(super) fn account(&self) -> Result<AccountId, Fault> {
        let invalid = |_| faults::invalid_request("Invalid account id in the request");
        self.account_id.parse().map_err(invalid)
    }

    /// The access of an operation on the account's settings: nobody but its own may.
    ///
    /// # Errors
    /// As [`AccountInput::account`].
    pub(super) fn access(&self, action: &str) -> Result<Access, Fault> {
        Ok(Access::to(Check::on_everything(action).owned_by(&self.account()?)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    account: AccountInput,
    public_access_block_configuration: Switches,
}

pub(super) fn put_access(_: &Cx, input: &PutInput) -> Result<Access, Fault> {
    input.account.access("s3:PutAccountPublicAccessBlock")
}

/// PutPublicAccessBlock of an account.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let block = PublicAccessBlock::from(input.public_access_block_configuration);
    state::put_account_block(cx, &input.account.account()?, Some(block))?;
    Ok(json!({}))
}

pub(super) fn get_access(_: &Cx, input: &AccountInput) -> Result<Access, Fault> {
    input.access("s3:GetAccountPublicAccessBlock")
}

/// GetPublicAccessBlock of an account.
pub(super) fn get(cx: &Cx, input: AccountInput) -> Result<Value, Fault> {
    let Some(block) = state::account_block(cx, &input.account()?)? else {
        let text = "The public access block configuration was not found";
        return Err(Fault::new("NoSuchPublicAccessBlockConfiguration", text)
            .status(404)
            .with("AccountId", input.account_id));
    };
    Ok(json!({ "PublicAccessBlockConfiguration": Switches::from(block) }))
}

pub(super) fn delete_access(_: &Cx, input: &AccountInput) -> Result<Access, Fault> {
    input.access("s3:PutAccountPublicAccessBlock")
}

/// DeletePublicAccessBlock of an account.
pub(super) fn delete(cx: &mut Cx, input: AccountInput) -> Result<Value, Fault> {
    state::put_account_block(cx, &input.account()?, None)?;
    Ok(json!({}))
}
