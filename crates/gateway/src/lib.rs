//! The one path that every request takes to a handler.
//!
//! ```text
//! bytes ─ http.rs ─▶ decode ─▶ authenticate ─▶ access ─▶ policy ─▶ transaction + audit ─▶ encode
//! ```
//!
//! A handler gets its tables only from a [`Cx`], and only this crate can make one, after the
//! decision; so a read that nobody authorised does not compile. A service that uses another does
//! so by [`Cx::invoke`]: the same path without the bytes.
//!
//! This crate knows no service: they are tables of operations handed to [`Gateway::new`], and the
//! identity behind an access key is asked of an [`IdentitySource`].
//!
//! Start reading at [`Service`] (what a service is), then `dispatch.rs` (the path itself).

mod access;
mod activity;
mod audit;
mod authenticate;
mod authorize;
mod body;
mod context;
mod cross_origin;
mod cx;
mod digest;
mod dispatch;
mod fault;
mod http;
mod identity;
mod message;
mod operation;
mod principal;
mod redact;
mod upload;
mod world;

#[cfg(test)]
mod tests;

pub use access::{Access, Check, GuardPolicy};
pub use activity::{Activity, LastUse};
pub use audit::{EventFilter, LoggedEvent, ServiceEvent, Term};
pub use cross_origin::{CrossOrigin, CrossOriginRules};
pub use cx::{Cx, Invocation, Origin, Standing};
pub use digest::{Checksum, Digests};
pub use dispatch::{Gateway, Output};
pub use fault::Fault;
pub use http::{Incoming, Outgoing, OutgoingBody};
pub use identity::{Credential, IdentitySource, Membership, PrincipalPolicies};
pub use message::AuthorizationMessage;
pub use operation::{
    Download, Gate, Operation, Service, Streamed, Upkeep, download, read, staged, upload, write,
};
pub use principal::{
    FederatedUser, Principal, RoleSession, ServicePrincipal, SessionFacts, User, WebIdentity,
};
pub use upload::{Staged, StagedUpload, Upload, UploadPlan};
pub use world::{Clock, SystemClock, SystemEntropy, World};
