//! One governed movement of data between two accounts: plan, apply, check, run, verify, audit,
//! destroy.
//!
//! A [`Movement`] is read from a TOML file that says *what* to move. The crate derives the
//! least-privilege roles, policies and grants from it, makes them with an undo journalled before
//! each call ([`journal`]), sends the UNLOAD, checks what arrived, and takes everything back.
//!
//! It speaks only the public AWS APIs (through [`aws::Api`]) and the PostgreSQL protocol (through
//! [`database::Databases`]); it must not know whether a local platform or AWS answers. It prints
//! nothing: progress goes to a [`report::Reporter`], results come back as a [`report::Outcome`].
//!
//! Start reading at [`file::Movement`], then `steps` (what is made) and `run` (the movement itself).

mod apply;
mod audit;
mod check;
mod context;
pub mod database;
pub mod demo;
mod destroy;
mod explain;
mod facts;
pub mod file;
pub mod journal;
mod legs;
mod objects;
mod path;
mod place;
mod policies;
mod records;
mod render;
pub mod report;
mod run;
mod saved;
mod sql;
mod status;
mod steps;
mod trouble;
mod undo;
mod verify;
mod work;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use ::aws;
pub use apply::{apply, plan};
pub use audit::audit;
pub use check::check;

pub use aws::Clock;
pub use context::{Cancel, Context, Entropy, Options, Pace};
pub use destroy::destroy;
pub use file::{FileError, Movement};
pub use render::{Style, Text};
pub use report::{Exit, Outcome, Reporter};
pub use run::run;
pub use saved::SavedPlan;
pub use status::status;
pub use trouble::Trouble;
pub use verify::verify;
