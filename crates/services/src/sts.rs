//! AWS Security Token Service (query protocol, 2011-06-15).
//!
//! Modelled: AssumeRole with trust policies, external ids, session policies, session tags, source
//! identities and the one-hour cap of role chaining; who am I; and the opening of encoded
//! authorization messages. Temporary credentials live in their own token (`identity/token.rs`).
//! Start at `assume_role.rs`.

mod assume_role;
mod caller;
mod duration;
mod tags;

use gateway::{Service, read};

/// The operations that are built.
pub fn service() -> Service {
    Service::new(
        "sts",
        vec![
            // AssumeRole changes nothing: the session lies in the token that it answers.
            read("AssumeRole", assume_role::access, assume_role::assume),
            read("DecodeAuthorizationMessage", caller::decode_access, caller::decode),
            read("GetAccessKeyInfo", caller::key_info_access, caller::key_info),
            read("GetCallerIdentity", caller::identity_access, caller::identity),
            read("GetSessionToken", caller::session_token_access, caller::session_token),
        ],
    )
}
