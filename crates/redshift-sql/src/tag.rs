//! Command tags: what CommandComplete says of a statement.

use crate::ast::{Kind, PolicyKind, PolicyStatement, RelationKind, RoutineKind, TableSource, Verb};

/// The command tag of a statement, as PostgreSQL's protocol writes it.
///
/// `rows` counts for the statements that have a count (`SELECT 3`, `INSERT 0 3`); it is ignored
/// for the others. `EXECUTE` answers with the tag of the statement it runs.
pub fn command_tag(kind: &Kind, rows: u64) -> String {
    match kind {
        Kind::Engine(statement) => verb_tag(statement.verb, rows),
        Kind::CreateTable(table) => match table.source {
            TableSource::Query { .. } => "SELECT".into(),
            TableSource::Columns | TableSource::Like { .. } => "CREATE TABLE".into(),
        },
        Kind::Merge(_) => verb_tag(Verb::Merge, rows),
        Kind::Fetch(_) => format!("FETCH {rows}"),
        Kind::DropRelation(dropped) => match dropped.kind {
            RelationKind::Table => "DROP TABLE".into(),
            RelationKind::View => "DROP VIEW".into(),
            RelationKind::MaterializedView => "DROP MATERIALIZED VIEW".into(),
        },
        other => fixed(other).into(),
    }
}

fn verb_tag(verb: Verb, rows: u64) -> String {
    match verb {
        Verb::Select => format!("SELECT {rows}"),
        Verb::Insert => format!("INSERT 0 {rows}"),
        Verb::Update => format!("UPDATE {rows}"),
        Verb::Delete => format!("DELETE {rows}"),
        Verb::Merge => format!("MERGE {rows}"),
    }
}

/// Tags without a count.
fn fixed(kind: &Kind) -> &'static str {
    match kind {
        Kind::Unload(_) => "UNLOAD",
        Kind::Copy(_) => "COPY",
        Kind::CreateView(_) => "CREATE VIEW",
        Kind::CreateSchema(_) => "CREATE SCHEMA",
        Kind::AlterSchema(_) => "ALTER SCHEMA",
        Kind::DropSchema(_) => "DROP SCHEMA",
        Kind::CreateDatabase(_) => "CREATE DATABASE",
        Kind::DropDatabase { .. } => "DROP DATABASE",
        Kind::AlterDatabase(_) => "ALTER DATABASE",
        Kind::CreateMaterializedView(_) => "CREATE MATERIALIZED VIEW",
        Kind::AlterMaterializedView { .. } => "ALTER MATERIALIZED VIEW",
        Kind::RefreshMaterializedView { .. } => "REFRESH MATERIALIZED VIEW",
        Kind::AlterTable(_) => "ALTER TABLE",
        Kind::Truncate { .. } => "TRUNCATE TABLE",
        Kind::Comment(_) => "COMMENT",
        Kind::Analyze { .. } => "ANALYZE",
        Kind::Vacuum { .. } => "VACUUM",
        Kind::Lock { .. } => "LOCK TABLE",
        Kind::Grant(_) => "GRANT",
        Kind::Revoke(_) => "REVOKE",
        Kind::Policy(statement) => policy(statement),
        Kind::AlterDefaultPrivileges(_) => "ALTER DEFAULT PRIVILEGES",
        Kind::Show(_) => "SHOW",
        Kind::Explain(_) => "EXPLAIN",
        Kind::Cancel { .. } => "CANCEL",
        Kind::CreateProcedure(_) => "CREATE PROCEDURE",
        Kind::CreateFunction(_) => "CREATE FUNCTION",
        Kind::AlterRoutine(alter) => {
            routine(alter.routine.kind, "ALTER PROCEDURE", "ALTER FUNCTION")
        }
        Kind::DropRoutine { routine: named, .. } => {
            routine(named.kind, "DROP PROCEDURE", "DROP FUNCTION")
        }
        Kind::Call(_) => "CALL",
        Kind::Use { .. } => "USE",
        _ => session(kind).unwrap_or_else(|| users(kind)),
    }
}

fn routine(kind: RoutineKind, procedure: &'static str, function: &'static str) -> &'static str {
    if kind == RoutineKind::Procedure { procedure } else { function }
}

fn policy(statement: &PolicyStatement) -> &'static str {
    use PolicyStatement as P;
    match statement {
        P::CreateRls { .. } => "CREATE RLS POLICY",
        P::AlterRls { .. } => "ALTER RLS POLICY",
        P::CreateMasking { .. } => "CREATE MASKING POLICY",
        P::AlterMasking { .. } => "ALTER MASKING POLICY",
        P::Drop { kind: PolicyKind::Rls, .. } => "DROP RLS POLICY",
        P::Drop { kind: PolicyKind::Masking, .. } => "DROP MASKING POLICY",
        P::AttachRls { attach: true, .. } => "ATTACH RLS POLICY",
        P::AttachRls { attach: false, .. } => "DETACH RLS POLICY",
        P::AttachMasking { attach: true, .. } => "ATTACH MASKING POLICY",
        P::AttachMasking { attach: false, .. } => "DETACH MASKING POLICY",
        P::RowLevelSecurity { .. } => "ALTER TABLE",
    }
}

fn session(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Begin(_) => "BEGIN",
        Kind::Commit => "COMMIT",
        Kind::Rollback => "ROLLBACK",
        Kind::Set(_) | Kind::SetSessionAuthorization { .. } => "SET",
        Kind::Reset { .. } => "RESET",
        Kind::Discard => "DISCARD ALL",
        Kind::DeclareCursor { .. } => "DECLARE CURSOR",
        Kind::Close { .. } => "CLOSE CURSOR",
        Kind::Prepare(_) => "PREPARE",
        Kind::Execute(_) => "EXECUTE",
        Kind::Deallocate { .. } => "DEALLOCATE",
        _ => return None,
    })
}

fn users(kind: &Kind) -> &'static str {
    match kind {
        Kind::CreateUser(_) => "CREATE USER",
        Kind::AlterUser(_) => "ALTER USER",
        Kind::DropUser(_) => "DROP USER",
        Kind::CreateGroup(_) => "CREATE GROUP",
        Kind::AlterGroup(_) => "ALTER GROUP",
        Kind::DropGroup(_) => "DROP GROUP",
        Kind::CreateRole(_) => "CREATE ROLE",
        Kind::AlterRole(_) => "ALTER ROLE",
        Kind::DropRole(_) => "DROP ROLE",
        _ => "",
    }
}
