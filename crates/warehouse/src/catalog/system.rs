//! The system catalog that users see: views and session functions in the engine's in-memory
//! root, made anew at each start, so that they need no migration.
//!
//! The session hands its facts in as engine variables (`lb_user`, `lb_database`, …). Which
//! system names exist, and who may read them, is [`find`].

use super::databases::Database;
use super::{empty, own};
use crate::engine::{Connection, EngineFault, catalog_of, literal, quote};

/// The engine schema of our `pg_catalog`, and of the `svv_`, `stl_`, `sys_` views.
pub(crate) const CATALOG_SCHEMA: &str = "memory.rs_catalog";
/// The engine schema of our `information_schema`.
pub(crate) const INFORMATION_SCHEMA: &str = "memory.rs_information";

/// The scripts of views and functions, in order: a view needs those it reads. `home.x` is a table
/// of the cluster, `memory.rs_own.x` the union of a table over all databases.
const SCRIPTS: &[&str] = &[
    include_str!("typing.sql"),
    include_str!("library.sql"),
    include_str!("acl.sql"),
    include_str!("views.sql"),
    include_str!("keys.sql"),
    include_str!("routines.sql"),
    include_str!("postgres.sql"),
    include_str!("names.sql"),
    include_str!("functions.sql"),
    include_str!("information.sql"),
    include_str!("show.sql"),
    include_str!("privileges.sql"),
    include_str!("history.sql"),
    include_str!("policies.sql"),
    include_str!("materialized.sql"),
];
/// Tables that every database has, for the unions.
const PER_DATABASE: &[&str] = &[
    "schemas",
    "relations",
    "columns",
    "constraints",
    "grants",
    "default_privileges",
    "dependencies",
    "routines",
    "routine_arguments",
    "policies",
    "policy_attachments",
    "policy_relations",
    "materialized_views",
    "comments",
];

/// Creates the schemas and every view and function.
pub(super) fn create_views(connection: &Connection, home: &str) -> Result<(), EngineFault> {
    connection.run_script(&format!(
        "CREATE SCHEMA {CATALOG_SCHEMA}; CREATE SCHEMA {INFORMATION_SCHEMA}; \
         CREATE SCHEMA memory.rs_own"
    ))?;
    for table in PER_DATABASE.iter().chain([&"databases"]) {
        let from = own(home, &union_of(table));
        connection.run(&format!("CREATE VIEW memory.rs_own.{table} AS SELECT * FROM {from}"))?;
    }
    // A view is bound by the types of the variables it reads: this one is a list of pairs.
    connection.run("SET VARIABLE lb_settings = [{'name': '', 'setting': ''}]")?;
    connection.run("SET VARIABLE lb_temporary = [{'relation': '', 'name': '', 'type': ''}]")?;
    let home = own(home, "");
    connection.run_script(&empty::script(CATALOG_SCHEMA))?;
    SCRIPTS.iter().try_for_each(|script| connection.run_script(&script.replace("home.", &home)))
}

/// What the view with the rows of all databases is called, beside the first database's own table.
fn union_of(table: &str) -> String {
    format!("every_{table}")
}

/// The unions of our own tables over all databases, made again, in the open transaction, when
/// there is another database or one has another name. They lie in the file and not in memory:
/// whoever does not see a database yet does not see them change either.
pub(crate) fn create_unions(
    connection: &Connection,
    home: &str,
    databases: &[Database],
) -> Result<(), EngineFault> {
    for table in PER_DATABASE {
        let parts: Vec<String> =
            databases.iter().map(|database| rows_of(table, database)).collect();
        let union = parts.join(" UNION ALL ");
        let view = own(home, &union_of(table));
        connection.run(&format!("CREATE OR REPLACE VIEW {view} AS {union}"))?;
    }
    let (view, from) = (own(home, &union_of("databases")), own(home, "databases"));
    connection.run(&format!("CREATE OR REPLACE VIEW {view} AS SELECT * FROM {from}"))?;
    Ok(())
}

/// One database's part of a union.
fn rows_of(table: &str, database: &Database) -> String {
    let (name, catalog) = (literal(&database.name), literal(&catalog_of(&database.key)));
    let from = own(&database.key, table);
    match table {
        // To clients a materialized view is a view.
        "relations" => format!(
            "SELECT {name} AS db, {catalog} AS engine_catalog, \
             coalesce(s.engine_name, s.name) AS engine_schema, \
             r.* REPLACE (CASE r.kind WHEN 'm' THEN 'v' ELSE r.kind END AS kind), \
             r.kind AS own_kind FROM {from} r LEFT JOIN {} s ON s.name = r.schema_name",
            own(&database.key, "schemas")
        ),
        _ => format!("SELECT {name} AS db, {catalog} AS engine_catalog, * FROM {from}"),
    }
}

/// Who may read a system relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Every user (rows may be limited to the user's own).
    All,
    /// Superusers.
    Superuser,
}

/// What a system relation's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// A view that exists.
    View(Visibility),
    /// Documented by Redshift, not built yet.
    NotBuilt,
}

/// Views of `pg_catalog` that exist here.
const BUILT: &[&str] = &[
    "pg_locks",
    "pg_stat_activity",
    "stl_ddltext",
    "stl_query",
    "stl_querytext",
    "stl_sessions",
    "stl_utilitytext",
    "stv_db_isolation_level",
    "stv_inflight",
    "stv_sessions",
    "svl_qlog",
    "svl_stored_proc_call",
    "svl_stored_proc_messages",
    "sys_procedure_messages",
    "svl_statementtext",
    "svl_mv_refresh_status",
    "svl_terminate",
    "svv_all_schemas",
    "svv_interleaved_columns",
    "svv_query_inflight",
    "svv_redshift_columns",
    "svv_redshift_functions",
    "svv_redshift_schemas",
    "svv_redshift_tables",
    "svv_schema_quota_state",
    "sys_query_text",
    "pg_attribute",
    "pg_class",
    "pg_collation",
    "pg_database",
    "pg_group",
    "pg_namespace",
    "pg_settings",
    "pg_table_def",
    "pg_tables",
    "pg_type",
    "pg_user",
    "pg_views",
    "stl_load_commits",
    "stl_load_errors",
    "stl_loaderror_detail",
    "stl_replacements",
    "stl_unload_log",
    "stv_mv_info",
    "stv_recents",
    "svv_all_columns",
    "svv_all_tables",
    "svv_columns",
    "svv_iam_privileges",
    "svv_mv_info",
    "svv_redshift_databases",
    "svv_tables",
    "sys_load_detail",
    "sys_load_error_detail",
    "sys_load_history",
    "sys_query_history",
    "sys_unload_detail",
    "sys_unload_history",
    "pg_attrdef",
    "pg_aggregate",
    "pg_attribute_info",
    "pg_cast",
    "pg_enum",
    "pg_external_schema",
    "pg_library",
    "pg_opclass",
    "pg_operator",
    "pg_range",
    "pg_statistic_indicator",
    "pg_trigger",
    "pg_class_info",
    "pg_database_info",
    "pg_depend",
    "pg_description",
    "pg_indexes",
    "pg_language",
    "pg_proc_info",
    "pg_rewrite",
    "pg_tablespace",
    "pg_index",
    "pg_constraint",
    "pg_am",
    "pg_auth_members",
    "pg_inherits",
    "pg_proc",
    "pg_roles",
];
/// Views of who holds what: each shows what its reader may know.
const PRIVILEGES: &[&str] = &[
    "pg_default_acl",
    "svv_attached_masking_policy",
    "svv_column_privileges",
    "svv_database_privileges",
    "svv_default_privileges",
    "svv_function_privileges",
    "svv_language_privileges",
    "svv_masking_policy",
    "svv_relation_privileges",
    "svv_rls_attached_policy",
    "svv_rls_policy",
    "svv_rls_relation",
    "svv_role_grants",
    "svv_roles",
    "svv_schema_privileges",
    "svv_system_privileges",
    "svv_user_grants",
    "svv_user_info",
];
/// Those of them that only superusers may read.
const SUPERUSER_ONLY: &[&str] = &[
    "pg_shadow",
    "stl_connection_log",
    "stl_userlog",
    "stv_slices",
    "stv_tbl_perm",
    "svv_table_info",
    "sys_connection_log",
    "sys_userlog",
];
/// Views of `information_schema` that exist here.
const INFORMATION: &[&str] = &[
    "check_constraints",
    "column_privileges",
    "columns",
    "constraint_column_usage",
    "constraint_table_usage",
    "enabled_roles",
    "information_schema_catalog_name",
    "key_column_usage",
    "referential_constraints",
    "routines",
    "schemata",
    "table_constraints",
    "table_privileges",
    "tables",
    "view_table_usage",
    "views",
];
/// Beginnings of names that belong to the system.
const PREFIXES: [&str; 7] = ["pg_", "stl_", "stv_", "svl_", "svv_", "svcs_", "sys_"];

/// Looks a name of `pg_catalog` up; `None` when it is no system name at all.
pub(crate) fn find(name: &str) -> Option<System> {
    if SUPERUSER_ONLY.contains(&name) {
        return Some(System::View(Visibility::Superuser));
    }
    if BUILT.contains(&name) || PRIVILEGES.contains(&name) {
        return Some(System::View(Visibility::All));
    }
    let empty = empty::find(name).map(System::View);
    empty.or_else(|| is_documented(name).then_some(System::NotBuilt))
}

/// The engine's name of a system view that [`find`] or [`find_information`] knows.
pub(crate) fn engine_name(name: &str) -> String {
    let schema = match INFORMATION.contains(&name) {
        true => INFORMATION_SCHEMA,
        false => CATALOG_SCHEMA,
    };
    format!("{schema}.{}", quote(name))
}

/// Looks a name of `information_schema` up.
pub(crate) fn find_information(name: &str) -> Option<System> {
    INFORMATION.contains(&name).then_some(System::View(Visibility::All))
}

/// Whether a name lies in the system's own name space.
pub(crate) fn is_system_name(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn is_documented(name: &str) -> bool {
    DOCUMENTED.contains(&name)
}

/// Names documented in the developer guide's "System tables and views reference".
static DOCUMENTED: &[&str] = &include!("documented.in");

#[cfg(test)]
mod tests {
    use redshift_sql::FORMED_FUNCTIONS;

    /// A function with several forms that the rewriting does not know of could not be called with
    /// an aggregate.
    #[test]
    fn functions_with_several_forms_are_known() {
        let text = include_str!("library.sql");
        let mut found = Vec::new();
        for statement in text.split("CREATE MACRO memory.rs_catalog.").skip(1) {
            let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            let (name, _) = words.split_once('(').unwrap();
            if words.contains(", (x") {
                found.push(name.to_owned());
            }
        }
        found.sort();
        assert_eq!(found, FORMED_FUNCTIONS);
    }
}
