//! Schemas, tables and views: who owns them and the Redshift attributes the engine does not keep.

use chrono::{DateTime, Utc};

use super::grants::Object;
use super::users::BOOTSTRAP_ID;
use super::{comments, defaults, next_number, optional, own, timestamp};
use crate::engine::{Connection, EngineFault, MARK, Value, catalog_of, literal, number_of, quote};

/// Ids of schemas and relations start here, above PostgreSQL's own.
const FIRST_ID: i64 = 100_000;
/// The id of `public` in every database, as in PostgreSQL.
const PUBLIC_ID: i64 = 2200;

/// A table or view of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    /// Its id (`oid`).
    pub id: i64,
    /// The schema it is in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `r` table, `v` view, `m` materialized view.
    pub kind: String,
    /// The owner's user id.
    pub owner: i64,
    /// `WITH NO SCHEMA BINDING`: the engine has no such view.
    pub late_binding: bool,
}

impl Relation {
    /// Whether it is a view.
    pub(crate) fn is_view(&self) -> bool {
        self.kind == "v"
    }

    /// Whether it is a materialized view: to the engine a table.
    pub(crate) fn is_materialized(&self) -> bool {
        self.kind == "m"
    }

    /// Whether it is a plain table.
    pub(crate) fn is_table(&self) -> bool {
        self.kind == "r"
    }
}

/// A schema of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema {
    /// Its name.
    pub name: String,
    /// The owner's user id.
    pub owner: i64,
    /// Its name in the engine.
    pub engine_name: String,
}

/// What is written about a new relation.
pub(crate) struct NewRelation<'a> {
    /// The schema it is in.
    pub schema: &'a str,
    /// Its name.
    pub name: &'a str,
    /// `r` or `v`.
    pub kind: &'a str,
    /// The owner's user id.
    pub owner: i64,
    /// `AUTO`, `EVEN`, `KEY`, `ALL`.
    pub dist_style: &'a str,
    /// `COMPOUND`, `INTERLEAVED`, `AUTO` or empty.
    pub sort_style: &'a str,
    /// `WITH NO SCHEMA BINDING`.
    pub late_binding: bool,
    /// A view's query as Redshift SQL.
    pub definition: Option<&'a str>,
    /// Its columns' attributes; for views empty.
    pub columns: Vec<ColumnFacts>,
}

/// What the engine does not keep of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ColumnFacts {
    /// Its name.
    pub name: String,
    /// The declared type as the catalog shows it (`character varying(20)`); `None` when the
    /// engine's own type says everything.
    pub type_name: Option<String>,
    /// `lzo`, `az64`, `none`, ….
    pub encoding: String,
    /// `DISTKEY`.
    pub dist_key: bool,
    /// Position in the sort key, 0 when none; interleaved keys alternate in sign.
    pub sort_key: i32,
    /// `DEFAULT` as written.
    pub default_text: Option<String>,
    /// `IDENTITY`.
    pub is_identity: bool,
}

/// Finds a schema.
pub(crate) fn schema(
    connection: &Connection,
    database: &str,
    name: &str,
) -> Result<Option<Schema>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT name, owner, coalesce(engine_name, name) FROM {} WHERE name = {}",
        own(database, "schemas"),
        literal(name)
    ))?;
    let Some([name, owner, engine]) = rows.first().map(Vec::as_slice) else { return Ok(None) };
    Ok(Some(Schema {
        name: name.text().to_owned(),
        owner: owner.int(),
        engine_name: engine.text().to_owned(),
    }))
}

/// The engine's name of a schema that must exist.
pub(crate) fn engine_schema(
    connection: &Connection,
    database: &str,
    name: &str,
) -> Result<String, EngineFault> {
    let found = schema(connection, database, name)?;
    let missing = || EngineFault { message: format!("the catalog has no schema \"{name}\"") };
    Ok(found.ok_or_else(missing)?.engine_name)
}

/// A relation's catalog, schema and name in the engine.
pub(crate) fn engine_parts(
    connection: &Connection,
    database: &str,
    relation: &Relation,
) -> Result<[String; 3], EngineFault> {
    let schema = engine_schema(connection, database, &relation.schema)?;
    Ok([catalog_of(database), schema, relation.name.clone()])
}

/// Finds a relation in the first of these schemas that has it.
pub(crate) fn find(
    connection: &Connection,
    database: &str,
    schemas: &[String],
    name: &str,
) -> Result<Option<Relation>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT id, schema_name, name, kind, owner, late_binding FROM {} WHERE name = {}",
        own(database, "relations"),
        literal(name)
    ))?;
    let mut found: Vec<Relation> = rows.iter().filter_map(|row| relation_of(row)).collect();
    found.retain(|relation| schemas.contains(&relation.schema));
    found.sort_by_key(|relation| schemas.iter().position(|s| *s == relation.schema));
    Ok(found.into_iter().next())
}

/// All relations of a schema.
pub(crate) fn in_schema(
    connection: &Connection,
    database: &str,
    schema: &str,
) -> Result<Vec<Relation>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT id, schema_name, name, kind, owner, late_binding FROM {} WHERE schema_name = {} ORDER BY name",
        own(database, "relations"),
        literal(schema)
    ))?;
    Ok(rows.iter().filter_map(|row| relation_of(row)).collect())
}

fn relation_of(row: &[Value]) -> Option<Relation> {
    let [id, schema, name, kind, owner, late] = row else { return None };
    Some(Relation {
        id: id.int(),
        schema: schema.text().to_owned(),
        name: name.text().to_owned(),
        kind: kind.text().to_owned(),
        owner: owner.int(),
        late_binding: late.is_true(),
    })
}

/// The relations that a view reads.
pub(crate) fn read_by(
    connection: &Connection,
    database: &str,
    view: i64,
) -> Result<Vec<Relation>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT r.id, r.schema_name, r.name, r.kind, r.owner, r.late_binding FROM {} d JOIN {} r \
         ON r.id = d.relation WHERE d.view_id = {view} ORDER BY r.id",
        own(database, "dependencies"),
        own(database, "relations")
    ))?;
    Ok(rows.iter().filter_map(|row| relation_of(row)).collect())
}

/// An id that no object of the database has.
pub(crate) fn next_id(connection: &Connection, database: &str) -> Result<i64, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT CAST(coalesce(max(id), {FIRST_ID}) AS BIGINT) FROM (
           SELECT id FROM {} UNION ALL SELECT id FROM {} UNION ALL SELECT id FROM {})",
        own(database, "relations"),
        own(database, "schemas"),
        own(database, "routines")
    ))?;
    let highest = rows.first().and_then(|row| row.first()).map_or(FIRST_ID, Value::int);
    next_number(connection, &own(database, "ids"), highest.max(FIRST_ID))
}

/// Makes a schema, in the engine and in the catalog.
pub(crate) fn add_schema(
    connection: &Connection,
    database: &str,
    name: &str,
    owner: i64,
    quota_mb: Option<u64>,
) -> Result<(), EngineFault> {
    let id = next_id(connection, database)?;
    let quota = quota_mb.map_or_else(|| String::from("NULL"), |n| n.to_string());
    insert_schema(connection, database, id, name, owner, &quota)
}

/// Makes the schema that every database begins with.
pub(super) fn add_public(connection: &Connection, database: &str) -> Result<(), EngineFault> {
    insert_schema(connection, database, PUBLIC_ID, "public", BOOTSTRAP_ID, "NULL")
}

fn insert_schema(
    connection: &Connection,
    database: &str,
    id: i64,
    name: &str,
    owner: i64,
    quota: &str,
) -> Result<(), EngineFault> {
    let (table, written) = (own(database, "schemas"), literal(name));
    let taken = connection
        .rows(&format!("SELECT 1 FROM {table} WHERE coalesce(engine_name, name) = {written}"))?;
    // All databases lie in one catalog of the engine, and schemas keep its name when renamed.
    let engine = match (number_of(database), taken.is_empty()) {
        (None, true) => name.to_owned(),
        (number, _) => format!("{name}${}-{id}{MARK}", number.unwrap_or("0")),
    };
    let catalog = quote(&catalog_of(database));
    connection.run(&format!("CREATE SCHEMA {catalog}.{}", quote(&engine)))?;
    connection.run(&format!(
        "INSERT INTO {table} (id, name, owner, quota_mb, engine_name) \
         VALUES ({id}, {written}, {owner}, {quota}, {})",
        literal(&engine)
    ))?;
    Ok(())
}

/// Drops a schema in the engine, forgets it and the grants on it.
pub(crate) fn remove_schema(
    connection: &Connection,
    database: &str,
    name: &str,
) -> Result<(), EngineFault> {
    let engine = engine_schema(connection, database, name)?;
    let catalog = quote(&catalog_of(database));
    connection.run(&format!("DROP SCHEMA {catalog}.{} CASCADE", quote(&engine)))?;
    let name = literal(name);
    connection.run(&format!("DELETE FROM {} WHERE name = {name}", own(database, "schemas")))?;
    connection.run(&format!(
        "DELETE FROM {} WHERE object = 'schema' AND schema_name = {name}",
        own(database, "grants")
    ))?;
    connection.run(&format!(
        "DELETE FROM {} WHERE object = 'schema' AND name = {name}",
        own(database, "comments")
    ))?;
    Ok(())
}

/// Records a relation and its columns; gives its id.
pub(crate) fn add(
    connection: &Connection,
    database: &str,
    relation: &NewRelation<'_>,
    now: DateTime<Utc>,
) -> Result<i64, EngineFault> {
    let id = next_id(connection, database)?;
    connection.run(&format!(
        "INSERT INTO {table} VALUES ({id}, {schema}, {name}, '{kind}', {owner}, '{dist}', \
         '{sort}', {late}, {definition}, {now}, NULL)",
        table = own(database, "relations"),
        schema = literal(relation.schema),
        name = literal(relation.name),
        kind = relation.kind,
        owner = relation.owner,
        dist = relation.dist_style,
        sort = relation.sort_style,
        late = relation.late_binding,
        definition = optional(relation.definition),
        now = timestamp(now),
    ))?;
    for column in &relation.columns {
        add_column(connection, database, id, column)?;
    }
    let object = Object::Relation { schema: relation.schema, name: relation.name };
    defaults::apply(connection, database, &object, relation.schema, relation.owner)?;
    Ok(id)
}

/// Records a column's attributes.
pub(crate) fn add_column(
    connection: &Connection,
    database: &str,
    relation: i64,
    column: &ColumnFacts,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "INSERT INTO {} VALUES ({relation}, {}, {}, {}, {}, {}, {}, {}, NULL)",
        own(database, "columns"),
        literal(&column.name),
        optional(column.type_name.as_deref()),
        literal(&column.encoding),
        column.dist_key,
        column.sort_key,
        optional(column.default_text.as_deref()),
        column.is_identity,
    ))?;
    Ok(())
}

/// Records a view's columns in place of those it had.
pub(crate) fn replace_columns(
    connection: &Connection,
    database: &str,
    relation: i64,
    columns: &[ColumnFacts],
) -> Result<(), EngineFault> {
    let table = own(database, "columns");
    connection.run(&format!("DELETE FROM {table} WHERE relation = {relation}"))?;
    columns.iter().try_for_each(|column| add_column(connection, database, relation, column))
}

/// A table's distribution and sort style.
pub(crate) fn styles(
    connection: &Connection,
    database: &str,
    id: i64,
) -> Result<(String, String), EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT dist_style, sort_style FROM {} WHERE id = {id}",
        own(database, "relations")
    ))?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([dist, sort]) => (dist.text().to_owned(), sort.text().to_owned()),
        _ => Default::default(),
    })
}

/// The tables whose foreign keys point at a table.
pub(crate) fn pointing_at(
    connection: &Connection,
    database: &str,
    id: i64,
) -> Result<Vec<i64>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT DISTINCT relation FROM {} WHERE foreign_relation = {id} AND relation <> {id}",
        own(database, "constraints")
    ))?;
    Ok(rows.iter().flatten().map(Value::int).collect())
}

/// Forgets the foreign keys that point at a table.
pub(crate) fn remove_pointing_at(
    connection: &Connection,
    database: &str,
    id: i64,
) -> Result<(), EngineFault> {
    let table = own(database, "constraints");
    connection.run(&format!("DELETE FROM {table} WHERE foreign_relation = {id}"))?;
    Ok(())
}

/// An informational constraint.
pub(crate) struct Key<'a> {
    /// The table it is of.
    pub relation: i64,
    /// Its name.
    pub name: &'a str,
    /// `p` primary, `u` unique, `f` foreign.
    pub kind: &'a str,
    /// Its columns.
    pub columns: &'a [String],
    /// The table that a foreign key points at, and its columns; none for its primary key.
    pub references: Option<(i64, &'a [String])>,
}

/// Records an informational constraint.
pub(crate) fn add_constraint(
    connection: &Connection,
    database: &str,
    key: &Key<'_>,
) -> Result<(), EngineFault> {
    let list = |columns: &[String]| {
        columns.iter().map(|column| literal(column)).collect::<Vec<_>>().join(", ")
    };
    let references = key.references.map_or_else(
        || String::from("NULL, NULL"),
        |(table, columns)| format!("{table}, CAST([{}] AS VARCHAR[])", list(columns)),
    );
    connection.run(&format!(
        "INSERT INTO {} VALUES ({}, {}, '{}', [{}], {references})",
        own(database, "constraints"),
        key.relation,
        literal(key.name),
        key.kind,
        list(key.columns)
    ))?;
    Ok(())
}

/// Forgets a relation, its columns and the grants on it.
pub(crate) fn remove(
    connection: &Connection,
    database: &str,
    relation: &Relation,
) -> Result<(), EngineFault> {
    let id = relation.id;
    connection.run(&format!("DELETE FROM {} WHERE id = {id}", own(database, "relations")))?;
    for (table, column) in [
        ("columns", "relation"),
        ("constraints", "relation"),
        ("dependencies", "view_id"),
        ("policy_attachments", "relation"),
        ("policy_relations", "relation"),
        ("materialized_views", "relation"),
        ("comments", "relation"),
    ] {
        connection.run(&format!("DELETE FROM {} WHERE {column} = {id}", own(database, table)))?;
    }
    connection.run(&format!(
        "DELETE FROM {} WHERE object = 'relation' AND schema_name = {} AND name = {}",
        own(database, "grants"),
        literal(&relation.schema),
        literal(&relation.name)
    ))?;
    Ok(())
}

/// Changes one column of a relation's row; `assignment` is SQL of ours.
pub(crate) fn change(
    connection: &Connection,
    database: &str,
    id: i64,
    assignment: &str,
) -> Result<(), EngineFault> {
    let relations = own(database, "relations");
    connection.run(&format!("UPDATE {relations} SET {assignment} WHERE id = {id}"))?;
    Ok(())
}

/// Changes rows of a relation's columns; `assignment` is SQL of ours, `column` limits it to one.
pub(crate) fn change_columns(
    connection: &Connection,
    database: &str,
    id: i64,
    column: Option<&str>,
    assignment: &str,
) -> Result<(), EngineFault> {
    let only = column.map(|name| format!(" AND name = {}", literal(name))).unwrap_or_default();
    connection.run(&format!(
        "UPDATE {} SET {assignment} WHERE relation = {id}{only}",
        own(database, "columns")
    ))?;
    Ok(())
}

/// Forgets a column's attributes.
pub(crate) fn remove_column(
    connection: &Connection,
    database: &str,
    id: i64,
    column: &str,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "DELETE FROM {} WHERE relation = {id} AND name = {}",
        own(database, "columns"),
        literal(column)
    ))?;
    Ok(())
}

/// A relation's columns as the catalog keeps them, in order of their making.
pub(crate) fn column_facts(
    connection: &Connection,
    database: &str,
    relation: i64,
) -> Result<Vec<ColumnFacts>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT name, type_name, encoding, dist_key, sort_key, default_text, is_identity FROM {} \
         WHERE relation = {relation} ORDER BY rowid",
        own(database, "columns")
    ))?;
    let facts = |row: &Vec<Value>| match row.as_slice() {
        [name, type_name, encoding, dist_key, sort_key, default, identity] => Some(ColumnFacts {
            name: name.text().to_owned(),
            type_name: type_name.opt_text(),
            encoding: encoding.text().to_owned(),
            dist_key: dist_key.is_true(),
            sort_key: i32::try_from(sort_key.int()).unwrap_or(0),
            default_text: default.opt_text(),
            is_identity: identity.is_true(),
        }),
        _ => None,
    };
    Ok(rows.iter().filter_map(facts).collect())
}

/// The names of a table's columns; none for a view.
pub(crate) fn column_names(
    connection: &Connection,
    database: &str,
    relation: i64,
) -> Result<Vec<String>, EngineFault> {
    let table = own(database, "columns");
    let rows = connection.rows(&format!("SELECT name FROM {table} WHERE relation = {relation}"))?;
    Ok(rows.iter().filter_map(|row| row.first()).map(|name| name.text().to_owned()).collect())
}

/// A view's query, as Redshift SQL.
pub(crate) fn definition(
    connection: &Connection,
    database: &str,
    id: i64,
) -> Result<String, EngineFault> {
    let table = own(database, "relations");
    let rows = connection.rows(&format!("SELECT definition FROM {table} WHERE id = {id}"))?;
    Ok(rows
        .first()
        .and_then(|row| row.first())
        .map(|text| text.text().to_owned())
        .unwrap_or_default())
}

/// A relation's declared column types, by column name.
pub(crate) fn declared_types(
    connection: &Connection,
    database: &str,
    id: i64,
) -> Result<Vec<(String, String)>, EngineFault> {
    let table = own(database, "columns");
    let of = format!("relation = {id} AND type_name IS NOT NULL");
    text_pairs(connection, &format!("SELECT name, type_name FROM {table} WHERE {of}"))
}

/// The rows of a query of two texts.
pub(super) fn text_pairs(
    connection: &Connection,
    sql: &str,
) -> Result<Vec<(String, String)>, EngineFault> {
    let rows = connection.rows(sql)?;
    let pair = |row: &Vec<Value>| match row.as_slice() {
        [name, value] => Some((name.text().to_owned(), value.text().to_owned())),
        _ => None,
    };
    Ok(rows.iter().filter_map(pair).collect())
}

/// How a column says that it takes values from statements too.
const BY_DEFAULT: &str = "GENERATED BY DEFAULT";

impl ColumnFacts {
    /// Whether the table alone gives the column values.
    pub(crate) fn is_strict_identity(&self) -> bool {
        let text = self.default_text.as_deref().unwrap_or_default();
        self.is_identity && !text.starts_with(BY_DEFAULT)
    }
}

/// The columns that the table alone gives values.
pub(crate) fn strict_identities(
    connection: &Connection,
    database: &str,
    relation: i64,
) -> Result<Vec<String>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT name FROM {} WHERE relation = {relation} AND is_identity \
         AND NOT coalesce(starts_with(default_text, {}), false)",
        own(database, "columns"),
        literal(BY_DEFAULT)
    ))?;
    Ok(rows.iter().filter_map(|row| row.first()).map(|name| name.text().to_owned()).collect())
}

/// Changes a schema's row; `assignment` is SQL of ours.
pub(crate) fn change_schema(
    connection: &Connection,
    database: &str,
    name: &str,
    assignment: &str,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "UPDATE {} SET {assignment} WHERE name = {}",
        own(database, "schemas"),
        literal(name)
    ))?;
    Ok(())
}

/// Gives a schema another name, wherever it is named; the engine keeps the one it has.
pub(crate) fn rename_schema(
    connection: &Connection,
    database: &str,
    from: &str,
    to: &str,
) -> Result<(), EngineFault> {
    let engine = literal(&engine_schema(connection, database, from)?);
    let name = format!("name = {}, engine_name = {engine}", literal(to));
    change_schema(connection, database, from, &name)?;
    for table in ["relations", "grants", "default_privileges", "routines"] {
        connection.run(&format!(
            "UPDATE {} SET schema_name = {} WHERE schema_name = {}",
            own(database, table),
            literal(to),
            literal(from)
        ))?;
    }
    connection.run(&format!(
        "UPDATE {} SET name = {} WHERE object = 'schema' AND name = {}",
        own(database, "comments"),
        literal(to),
        literal(from)
    ))?;
    Ok(())
}

/// Whether a user owns anything in a database: such a user cannot be dropped.
pub(crate) fn owned_by(
    connection: &Connection,
    database: &str,
    user: i64,
) -> Result<Option<String>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT name FROM {} WHERE owner = {user} UNION ALL SELECT name FROM {} \
         WHERE owner = {user} UNION ALL SELECT name FROM {} WHERE owner = {user} LIMIT 1",
        own(database, "relations"),
        own(database, "schemas"),
        own(database, "routines")
    ))?;
    Ok(rows.first().and_then(|row| row.first()).map(|name| name.text().to_owned()))
}

/// The views that read a relation, late-binding ones left out.
pub(crate) fn dependents(
    connection: &Connection,
    database: &str,
    id: i64,
) -> Result<Vec<Relation>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT r.id, r.schema_name, r.name, r.kind, r.owner, r.late_binding FROM {} d JOIN {} r \
         ON r.id = d.view_id WHERE d.relation = {id} AND NOT r.late_binding ORDER BY r.id",
        own(database, "dependencies"),
        own(database, "relations")
    ))?;
    Ok(rows.iter().filter_map(|row| relation_of(row)).collect())
}

/// Records what a view reads, in place of what was known before.
pub(crate) fn set_dependencies(
    connection: &Connection,
    database: &str,
    view: i64,
    uses: &[i64],
) -> Result<(), EngineFault> {
    let table = own(database, "dependencies");
    connection.run(&format!("DELETE FROM {table} WHERE view_id = {view}"))?;
    for relation in uses {
        connection.run(&format!("INSERT INTO {table} VALUES ({view}, {relation})"))?;
    }
    Ok(())
}

/// Grants name their relation: they follow it to its new name.
pub(crate) fn rename_grants(
    connection: &Connection,
    database: &str,
    relation: &Relation,
    to: &str,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "UPDATE {} SET name = {} WHERE object = 'relation' AND schema_name = {} AND name = {}",
        own(database, "grants"),
        literal(to),
        literal(&relation.schema),
        literal(&relation.name)
    ))?;
    Ok(())
}

/// Forgets a constraint.
pub(crate) fn remove_constraint(
    connection: &Connection,
    database: &str,
    relation: i64,
    name: &str,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "DELETE FROM {} WHERE relation = {relation} AND name = {}",
        own(database, "constraints"),
        literal(name)
    ))?;
    comments::set(connection, database, comments::Object::Constraint { relation, name }, None)
}
