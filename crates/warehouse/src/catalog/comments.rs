//! Comments on objects whose own rows have no place for them: schemas and constraints.
//!
//! It must not know who may comment. Start reading at [`set`].

use super::own;
use crate::engine::{Connection, EngineFault, literal};

/// What a comment is on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Object<'a> {
    /// A schema.
    Schema(&'a str),
    /// A constraint of a relation.
    Constraint {
        /// The relation's id.
        relation: i64,
        /// The constraint's name.
        name: &'a str,
    },
}

impl Object<'_> {
    /// Kind, relation and name as the table has them.
    fn parts(self) -> (&'static str, i64, String) {
        match self {
            Self::Schema(name) => ("schema", 0, literal(name)),
            Self::Constraint { relation, name } => ("constraint", relation, literal(name)),
        }
    }
}

/// Writes a comment in place of the one before; without a text there is none.
pub(crate) fn set(
    connection: &Connection,
    database: &str,
    object: Object<'_>,
    text: Option<&str>,
) -> Result<(), EngineFault> {
    let (kind, relation, name) = object.parts();
    let table = own(database, "comments");
    connection.run(&format!(
        "DELETE FROM {table} WHERE object = '{kind}' AND relation = {relation} AND name = {name}"
    ))?;
    if let Some(text) = text {
        let text = literal(text);
        connection
            .run(&format!("INSERT INTO {table} VALUES ('{kind}', {relation}, {name}, {text})"))?;
    }
    Ok(())
}
