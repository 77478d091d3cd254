//! Default privileges: grants that new objects are born with.
//! Redshift Developer Guide, "ALTER DEFAULT PRIVILEGES", "PG_DEFAULT_ACL".

use super::grants::{Holder, Object, Right, give, holder_kind};
use super::own;
use crate::engine::{Connection, EngineFault, literal};

/// One default privilege.
pub(crate) struct Default<'a> {
    /// Whose new objects.
    pub owner: i64,
    /// In this schema; empty is everywhere.
    pub schema: &'a str,
    /// `relation`, `function` or `procedure`.
    pub object: &'static str,
    /// `SELECT`, `EXECUTE`, ….
    pub privilege: &'a str,
    /// Who gets it.
    pub holder: &'a Holder,
}

impl Default<'_> {
    fn filter(&self) -> String {
        format!(
            "owner = {} AND schema_name = {} AND object = '{}' AND privilege = '{}' \
             AND grantee_kind = '{}' AND grantee = {}",
            self.owner,
            literal(self.schema),
            self.object,
            self.privilege,
            self.holder.kind,
            self.holder.id
        )
    }
}

/// Functions may be called by everybody unless their owner's defaults say otherwise.
fn is_built_in(default: &Default<'_>) -> bool {
    default.object == "function"
        && default.schema.is_empty()
        && default.privilege == "EXECUTE"
        && default.holder.kind == "public"
}

/// Sets a default privilege: `Some(grant option)` gives it, `None` takes it.
pub(crate) fn set(
    connection: &Connection,
    database: &str,
    default: &Default<'_>,
    given: Option<bool>,
) -> Result<(), EngineFault> {
    let table = own(database, "default_privileges");
    connection.run(&format!("DELETE FROM {table} WHERE {}", default.filter()))?;
    // What is given by nature is remembered when taken; everything else when given.
    let keep = given.is_none() == is_built_in(default);
    if keep {
        connection.run(&format!(
            "INSERT INTO {table} VALUES ({}, {}, '{}', '{}', '{}', {}, {}, {})",
            default.owner,
            literal(default.schema),
            default.object,
            default.privilege,
            default.holder.kind,
            default.holder.id,
            given.unwrap_or_default(),
            given.is_some(),
        ))?;
    }
    Ok(())
}

/// Takes only the grant option of a default privilege.
pub(crate) fn take_option(
    connection: &Connection,
    database: &str,
    default: &Default<'_>,
) -> Result<(), EngineFault> {
    let table = own(database, "default_privileges");
    connection
        .run(&format!("UPDATE {table} SET grant_option = false WHERE {}", default.filter()))?;
    Ok(())
}

/// Gives a new object the privileges that its owner's defaults say.
pub(crate) fn apply(
    connection: &Connection,
    database: &str,
    object: &Object<'_>,
    schema: &str,
    owner: i64,
) -> Result<(), EngineFault> {
    let table = own(database, "default_privileges");
    let rows = connection.rows(&format!(
        "SELECT privilege, grantee_kind, grantee, grant_option, given FROM {table} \
         WHERE owner = {owner} AND object = '{}' AND schema_name IN ('', {})",
        object.word(),
        literal(schema)
    ))?;
    let mut closed = false;
    for row in &rows {
        let [privilege, kind, id, option, given] = row.as_slice() else { continue };
        if !given.is_true() {
            closed = true;
            continue;
        }
        let right = Right { privilege: privilege.text(), column: "" };
        let holder = Holder { kind: holder_kind(kind.text()), id: id.int() };
        give(connection, database, object, right, &holder, option.is_true(), owner)?;
    }
    if object.word() == "function" && !closed {
        let right = Right { privilege: "EXECUTE", column: "" };
        let everybody = Holder { kind: "public", id: 0 };
        give(connection, database, object, right, &everybody, false, owner)?;
    }
    Ok(())
}
