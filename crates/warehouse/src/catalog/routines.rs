//! Stored procedures and SQL functions as rows: what they are called, take, give and do.
//! Redshift Developer Guide, "CREATE PROCEDURE", "CREATE FUNCTION", "PG_PROC_INFO".

use chrono::{DateTime, Utc};
use redshift_sql::{Argument, ArgumentMode, ArgumentType, RoutineKind, SqlType, signature};

use super::grants::Object;
use super::{own, relations, timestamp};
use crate::engine::{Connection, EngineFault, Value, literal};

/// A routine of a database.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Routine {
    /// Its id (`oid`).
    pub id: i64,
    /// Procedure or function.
    pub kind: RoutineKind,
    /// The schema it is in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The owner's user id.
    pub owner: i64,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// What a function gives.
    pub returns: Option<SqlType>,
    /// `v`, `s`, `i`.
    pub volatility: String,
    /// `SECURITY DEFINER`.
    pub definer: bool,
    /// `NONATOMIC`.
    pub nonatomic: bool,
    /// `SET parameter TO value`.
    pub settings: Vec<(String, String)>,
    /// The text between the dollars.
    pub body: String,
}

impl Routine {
    /// The name with the types of the inputs: how grants and messages name it.
    pub(crate) fn signature(&self) -> String {
        format!("{}({})", self.name, signature(&self.arguments))
    }

    /// The arguments that a call gives values for.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Argument> {
        self.arguments.iter().filter(|argument| argument.mode.is_input())
    }
}

/// The object of grants on the routine of this signature.
pub(crate) fn object<'a>(routine: &'a Routine, signature: &'a str) -> Object<'a> {
    Object::Routine { kind: routine.kind.word(), schema: &routine.schema, signature }
}

const COLUMNS: &str = "id, schema_name, name, owner, returns, volatility, definer, nonatomic, body";

/// The routines of this name in these schemas, in the schemas' order.
pub(crate) fn named(
    connection: &Connection,
    database: &str,
    schemas: &[String],
    kind: RoutineKind,
    name: &str,
) -> Result<Vec<Routine>, EngineFault> {
    let filter = format!("kind = '{}' AND name = {}", kind.word(), literal(name));
    let mut found = read(connection, database, kind, &filter)?;
    found.retain(|routine| schemas.contains(&routine.schema));
    found.sort_by_key(|routine| schemas.iter().position(|schema| *schema == routine.schema));
    Ok(found)
}

/// All routines of a kind in a schema.
pub(crate) fn in_schema(
    connection: &Connection,
    database: &str,
    kind: RoutineKind,
    schema: &str,
) -> Result<Vec<Routine>, EngineFault> {
    let filter = format!("kind = '{}' AND schema_name = {}", kind.word(), literal(schema));
    read(connection, database, kind, &filter)
}

/// All procedures and functions of a schema.
pub(crate) fn all_in_schema(
    connection: &Connection,
    database: &str,
    schema: &str,
) -> Result<Vec<Routine>, EngineFault> {
    let mut found = in_schema(connection, database, RoutineKind::Procedure, schema)?;
    found.extend(in_schema(connection, database, RoutineKind::Function, schema)?);
    Ok(found)
}

fn read(
    connection: &Connection,
    database: &str,
    kind: RoutineKind,
    filter: &str,
) -> Result<Vec<Routine>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT {COLUMNS} FROM {} WHERE {filter} ORDER BY id",
        own(database, "routines")
    ))?;
    let mut found = Vec::new();
    for row in &rows {
        let [id, schema, name, owner, returns, volatility, definer, nonatomic, body] =
            row.as_slice()
        else {
            continue;
        };
        found.push(Routine {
            id: id.int(),
            kind,
            schema: schema.text().to_owned(),
            name: name.text().to_owned(),
            owner: owner.int(),
            arguments: arguments_of(connection, database, id.int())?,
            returns: returns.opt_text().and_then(|text| SqlType::parse(&text).ok()),
            volatility: volatility.text().to_owned(),
            definer: definer.is_true(),
            nonatomic: nonatomic.is_true(),
            settings: settings_of(connection, database, id.int())?,
            body: body.text().to_owned(),
        });
    }
    Ok(found)
}

fn arguments_of(
    connection: &Connection,
    database: &str,
    routine: i64,
) -> Result<Vec<Argument>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT name, mode, type_name FROM {} WHERE routine_id = {routine} ORDER BY position",
        own(database, "routine_arguments")
    ))?;
    Ok(rows.iter().filter_map(|row| argument_of(row)).collect())
}

fn argument_of(row: &[Value]) -> Option<Argument> {
    let [name, mode, kind] = row else { return None };
    let mode = match mode.text() {
        "o" => ArgumentMode::Out,
        "b" => ArgumentMode::InOut,
        _ => ArgumentMode::In,
    };
    let kind = match kind.text() {
        "refcursor" => ArgumentType::Cursor,
        text => ArgumentType::Sql(SqlType::parse(text).ok()?),
    };
    Some(Argument { name: name.opt_text(), mode, kind })
}

fn settings_of(
    connection: &Connection,
    database: &str,
    routine: i64,
) -> Result<Vec<(String, String)>, EngineFault> {
    let table = own(database, "routine_settings");
    let sql = format!("SELECT name, value FROM {table} WHERE routine_id = {routine} ORDER BY name");
    relations::text_pairs(connection, &sql)
}

/// Records a routine. An id of 0 becomes a new one; the id of a removed one is used again.
pub(crate) fn add(
    connection: &Connection,
    database: &str,
    routine: &Routine,
    now: DateTime<Utc>,
) -> Result<(), EngineFault> {
    let id = match routine.id {
        0 => relations::next_id(connection, database)?,
        id => id,
    };
    let returns = routine.returns.map(|returns| returns.to_string());
    connection.run(&format!(
        "INSERT INTO {} VALUES ({id}, '{}', {}, {}, {}, {}, {}, '{}', {}, {}, {}, {})",
        own(database, "routines"),
        routine.kind.word(),
        literal(&routine.schema),
        literal(&routine.name),
        routine.owner,
        literal(&signature(&routine.arguments)),
        super::optional(returns.as_deref()),
        routine.volatility,
        routine.definer,
        routine.nonatomic,
        literal(&routine.body),
        timestamp(now),
    ))?;
    for (position, argument) in routine.arguments.iter().enumerate() {
        let mode = match argument.mode {
            ArgumentMode::In => "i",
            ArgumentMode::Out => "o",
            ArgumentMode::InOut => "b",
        };
        connection.run(&format!(
            "INSERT INTO {} VALUES ({id}, {position}, {}, '{mode}', {})",
            own(database, "routine_arguments"),
            super::optional(argument.name.as_deref()),
            literal(&argument.kind.to_string()),
        ))?;
    }
    for (name, value) in &routine.settings {
        connection.run(&format!(
            "INSERT INTO {} VALUES ({id}, {}, {})",
            own(database, "routine_settings"),
            literal(name),
            literal(value),
        ))?;
    }
    Ok(())
}

/// Forgets a routine; the grants on it stay, for one that replaces it.
pub(crate) fn remove(connection: &Connection, database: &str, id: i64) -> Result<(), EngineFault> {
    connection.run(&format!("DELETE FROM {} WHERE id = {id}", own(database, "routines")))?;
    for table in ["routine_arguments", "routine_settings"] {
        connection.run(&format!("DELETE FROM {} WHERE routine_id = {id}", own(database, table)))?;
    }
    Ok(())
}

/// Forgets the grants on a routine.
pub(crate) fn remove_grants(
    connection: &Connection,
    database: &str,
    routine: &Routine,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "DELETE FROM {} WHERE {}",
        own(database, "grants"),
        of_grants(routine)
    ))?;
    Ok(())
}

/// Gives a routine another name; its grants go with it.
pub(crate) fn rename(
    connection: &Connection,
    database: &str,
    routine: &Routine,
    name: &str,
) -> Result<(), EngineFault> {
    let renamed = Routine { name: name.to_owned(), ..routine.clone() };
    connection.run(&format!(
        "UPDATE {} SET name = {} WHERE {}",
        own(database, "grants"),
        literal(&renamed.signature()),
        of_grants(routine)
    ))?;
    connection.run(&format!(
        "UPDATE {} SET name = {} WHERE id = {}",
        own(database, "routines"),
        literal(name),
        routine.id
    ))?;
    Ok(())
}

fn of_grants(routine: &Routine) -> String {
    format!(
        "object = '{}' AND schema_name = {} AND name = {}",
        routine.kind.word(),
        literal(&routine.schema),
        literal(&routine.signature())
    )
}

/// Gives a routine to another owner.
pub(crate) fn set_owner(
    connection: &Connection,
    database: &str,
    id: i64,
    owner: i64,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "UPDATE {} SET owner = {owner} WHERE id = {id}",
        own(database, "routines")
    ))?;
    Ok(())
}
