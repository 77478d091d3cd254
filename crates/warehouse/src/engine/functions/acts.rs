//! Functions that do something to a session: its query is cancelled, it is ended, a parameter of
//! it is set (Redshift guide, SQL functions › System administration functions).
//!
//! What is done is the business of [`Acts`]; here are only the functions. The engine calls them once
//! for each row and never when it plans. Who calls them comes as arguments that rewritten SQL adds.

use std::error::Error;
use std::sync::Arc;

use duckdb::core::DataChunkHandle;
use duckdb::vscalar::{ScalarFunctionSignature, VScalar};
use duckdb::vtab::arrow::{WritableVector, data_chunk_to_arrow};

use super::kinds::{Bool, Integer, Kind, Kinds, Text, column, signature};
use super::{Answer, Refusal};
use crate::engine::EngineFault;

/// The session that asks for something, and what it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asking<'a> {
    /// Its process id.
    pub session: i32,
    /// Its user of now.
    pub user: &'a str,
    /// It may do so to the sessions of all users.
    pub all: bool,
}

/// What is asked for belongs to another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denied;

/// What functions can do to sessions.
pub(crate) trait Acts: Send + Sync {
    /// Cancels what a session runs, or ends the session; tells whether there is such a session.
    ///
    /// # Errors
    /// [`Denied`].
    fn signal(&self, asking: Asking<'_>, pid: i32, end: bool) -> Result<bool, Denied>;

    /// Sets a parameter of a session when its statement has ended.
    fn set(&self, session: i32, name: &str, value: &str, local: bool);
}

/// Makes the functions known to an engine.
pub(super) fn register(root: &duckdb::Connection, acts: &Arc<dyn Acts>) -> Result<(), EngineFault> {
    add::<(Integer, Bool, Integer, Text, Bool), Integer>(root, acts, "lb_signal", signal)?;
    add::<(Text, Text, Bool, Integer), Text>(root, acts, "lb_set_config", set_config)
}

/// What carries such a function out.
type Act<A, R> = for<'s, 'a> fn(
    &'s (dyn Acts + 'static),
    <A as Kinds>::Read<'a>,
) -> Answer<<R as Kind>::Written>;

fn add<A: Kinds, R: Kind>(
    root: &duckdb::Connection,
    acts: &Arc<dyn Acts>,
    name: &str,
    act: Act<A, R>,
) -> Result<(), EngineFault> {
    let state = (Arc::clone(acts), act);
    Ok(root.register_scalar_function_with_state::<Acting<A, R>>(name, &state)?)
}

/// `(pid, end, session, user, all)`: 1, or 0 when there is no such session.
fn signal(acts: &(dyn Acts + 'static), given: (i32, bool, i32, &str, bool)) -> Answer<i32> {
    let (pid, end, session, user, all) = given;
    match acts.signal(Asking { session, user, all }, pid, end) {
        Ok(found) => Ok(Some(i32::from(found))),
        Err(Denied) => {
            Err(Refusal::new("42501", "must be superuser to signal other server processes"))
        }
    }
}

/// `(name, value, local, session)`: the value.
fn set_config(acts: &(dyn Acts + 'static), given: (&str, &str, bool, i32)) -> Answer<String> {
    let (name, value, local, session) = given;
    acts.set(session, name, value, local);
    Ok(Some(value.to_owned()))
}

/// A function that acts; NULL, and nothing done, where an argument is NULL.
struct Acting<A, R>(std::marker::PhantomData<(A, R)>);

impl<A: Kinds, R: Kind> VScalar for Acting<A, R> {
    type State = (Arc<dyn Acts>, Act<A, R>);

    fn invoke(
        (acts, act): &Self::State,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn Error>> {
        let rows = data_chunk_to_arrow(input)?;
        column::<A, R>(|given| act(acts.as_ref(), given), &rows, output)
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        vec![signature::<A, R>()]
    }

    fn volatile() -> bool {
        true
    }
}
