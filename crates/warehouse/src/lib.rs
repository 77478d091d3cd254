//! Redshift clusters: DuckDB sessions behind the Postgres wire.
//!
//! A [`Warehouse`] is one running cluster. A connection is greeted and authenticated by `front`,
//! its statements are parsed by `redshift_sql`, checked by `privileges` against `catalog`, and
//! carried out by `session` with `engine` (the only module that knows DuckDB); `unload` moves
//! results to object storage and `copy` objects into tables, through [`ports`].
//! The crate must not know other services: the control plane and the cloud are traits of
//! [`ports`]. Start reading at [`Warehouse::open`].

mod catalog;
mod copy;
mod engine;
mod errors;
mod front;
mod history;
mod locks;
mod password;
pub mod ports;
mod privileges;
mod registry;
mod session;
pub mod unload;
mod warehouse;

pub use errors::Failure;
#[cfg(fuzzing)]
pub use front::fuzz;
pub use password::PasswordVerifier;
pub use warehouse::{ClusterSpec, OpenError, Warehouse};
