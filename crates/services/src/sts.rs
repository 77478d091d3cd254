//! AWS Security Token Service (query protocol, 2011-06-15).
//!
//! Modelled: AssumeRole with trust policies, external ids, session policies, session tags, source
//! identities, MFA and the one-hour cap of role chaining; AssumeRoleWithWebIdentity against key
//! sets that the platform was given; sessions of users and federated users; who am I; and the
//! opening of encoded authorization messages. Temporary credentials live in their own token
//! (`identity/token.rs`). Not built: SAML, AssumeRoot, outbound identity tokens.
//! Start at `assume_role.rs`.

mod assume_role;
mod caller;
mod duration;
mod federation;
mod issuers;
mod jwt;
mod mfa;
mod passed;
mod role;
mod session_token;
mod sessions;
mod tags;
mod web_identity;

use gateway::{Service, read};

pub use issuers::set_issuer_keys;
pub(crate) use sessions::may_call_iam;

/// The operations that are built.
pub fn service() -> Service {
    let service = Service::new(
        "sts",
        vec![
            // AssumeRole changes nothing: the session lies in the token that it answers.
            read("AssumeRole", assume_role::access, assume_role::assume)
                .brief()
                .refusing(&["ProvidedContexts"]),
            read("AssumeRoleWithWebIdentity", web_identity::access, web_identity::assume)
                .refusing(&["ProviderId"]),
            read("DecodeAuthorizationMessage", caller::decode_access, caller::decode),
            read("GetAccessKeyInfo", caller::key_info_access, caller::key_info),
            read("GetCallerIdentity", caller::identity_access, caller::identity).brief(),
            read("GetFederationToken", federation::access, federation::get),
            read("GetSessionToken", session_token::access, session_token::get),
        ],
    );
    service.with_gate(sessions::may_call_sts)
}
