//! The IAM policy language: parse, validate, evaluate, explain.
//!
//! This crate decides whether a principal may perform an action on a resource, given every policy
//! that AWS would consult. It is pure: no I/O, no clock, no storage, no async; the request context
//! is complete when it arrives and nothing is added to it.
//!
//! Start reading at [`evaluate()`], whose body is the decision order, then [`statement`] for when a
//! statement applies, then `condition/` with one file for each family of operators.
//! Behaviour follows "Policy evaluation logic" and "Policy reference" in the IAM User Guide.

mod arn;
mod call;
mod condition;
pub mod decision;
pub mod document;
pub mod doubt;
pub mod evaluate;
pub mod explain;
mod glob;
pub mod grant;
mod keys;
mod pattern;
pub mod policies;
pub mod public;
pub mod request;
mod sentence;
mod service_rules;
pub mod source;
pub mod statement;
pub mod validate;
pub mod vector;

pub use decision::{Blocker, Cause, Decision, StatementRef, Style, Verdict};
pub use document::{Document, ParseError};
pub use doubt::{Range, range};
pub use evaluate::evaluate;
pub use explain::{Change, Explanation, Fix, explain};
pub use policies::{Level, Policies, Policy, PolicyKind, PublicAccessBlock, Settings};
pub use request::{Context, Principal, PrincipalKind, Request};
