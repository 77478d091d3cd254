//! Functions of Redshift's that the engine does not have, or has with another meaning, written in
//! Rust and made known to the engine.
//!
//! Their names begin with `lb_`; only rewritten SQL can call them. All of them are strict: NULL in,
//! NULL out. They must not know sessions: what depends on one (its time zone) is an argument, what
//! is done to one goes through [`acts::Acts`].
//! Start reading at [`register`]; one file for each kind of function.

pub(super) mod acts;
mod codes;
mod dates;
mod format;
mod hashes;
mod kinds;
mod numbers;
mod regex;
mod sketches;
mod text;
pub(super) mod zones;

use std::sync::Arc;

use kinds::{Kinds, Strict};

use super::EngineFault;

/// Why a function refuses its arguments: a SQLSTATE and Redshift's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    sqlstate: &'static str,
    message: String,
}

impl Refusal {
    /// A refusal with its code.
    fn new(sqlstate: &'static str, message: impl Into<String>) -> Self {
        Self { sqlstate, message: message.into() }
    }
}

impl std::fmt::Display for Refusal {
    /// As `error()` writes it in rewritten SQL, so that one reader finds the SQLSTATE of both.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&redshift_sql::raise_text(self.sqlstate, &self.message))
    }
}

impl std::error::Error for Refusal {}

/// What a function gives: a value, NULL, or a refusal.
type Answer<T> = Result<Option<T>, Refusal>;

/// The door through which the files below make their functions known.
struct Registry<'a>(&'a duckdb::Connection);

impl Registry<'_> {
    /// Makes a function from `A` to `R` known under a name.
    fn add<A: Kinds, R: kinds::Kind>(
        &self,
        name: &str,
        function: kinds::Function<A, R>,
    ) -> Result<(), EngineFault> {
        Ok(self.0.register_scalar_function_with_state::<Strict<A, R>>(name, &function)?)
    }
}

/// Makes every function known to an engine.
pub(super) fn register(
    root: &duckdb::Connection,
    acts: &Arc<dyn acts::Acts>,
) -> Result<(), EngineFault> {
    acts::register(root, acts)?;
    let registry = Registry(root);
    codes::register(&registry)?;
    dates::register(&registry)?;
    format::register(&registry)?;
    hashes::register(&registry)?;
    numbers::register(&registry)?;
    regex::register(&registry)?;
    sketches::register(&registry)?;
    text::register(&registry)?;
    zones::register(&registry)
}
