//! What a statement is once it has been understood.
//!
//! One [`Statement`] per statement of the text; its [`Kind`] says who carries it out: the session
//! layer (settings, cursors, transactions, users, grants), the movement executors (`UNLOAD`,
//! `COPY`), or the engine ([`EngineStatement`], already rewritten to the engine's own SQL).
//! These types must not know the engine's API, the catalog or the network.
//! Start reading at [`Kind`]; the parts with many options have a file each below `ast/`.

mod ddl;
mod movement;
mod policies;
mod routines;
mod session;
mod show;
mod users;

pub use ddl::*;
pub use movement::*;
pub use policies::*;
pub use routines::*;
pub use session::*;
pub use show::*;
pub use users::*;

use crate::resolve::Parsed;

/// One statement of a text that may hold several, separated by `;`.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it asks for.
    pub kind: Kind,
    /// Its own source text without the separating `;`; may hold secrets, see [`crate::redact`].
    pub text: String,
    /// Where the text starts in the whole, in characters, from 1.
    pub position: usize,
}

/// What a statement asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing between two semicolons, or nothing at all.
    Empty,
    /// `SELECT`, `INSERT`, `UPDATE`, `DELETE`, `VALUES`: for the engine.
    Engine(EngineStatement),
    /// `MERGE INTO …`.
    Merge(Box<Merge>),
    /// `UNLOAD ('…') TO '…'`.
    Unload(Unload),
    /// `COPY table FROM '…'`.
    Copy(Copy),
    /// `CREATE TABLE`, in every form (`LIKE`, `AS`, `SELECT … INTO`).
    CreateTable(CreateTable),
    /// `CREATE [OR REPLACE] VIEW`.
    CreateView(CreateView),
    /// `CREATE SCHEMA`.
    CreateSchema(CreateSchema),
    /// `ALTER SCHEMA`.
    AlterSchema(AlterSchema),
    /// `DROP SCHEMA`.
    DropSchema(DropSchema),
    /// `CREATE DATABASE`.
    CreateDatabase(CreateDatabase),
    /// `DROP DATABASE`.
    DropDatabase {
        /// Folded name.
        name: String,
        /// `FORCE`: its sessions are ended.
        force: bool,
    },
    /// `ALTER DATABASE`.
    AlterDatabase(AlterDatabase),
    /// `CREATE MATERIALIZED VIEW`.
    CreateMaterializedView(Box<CreateMaterializedView>),
    /// `REFRESH MATERIALIZED VIEW`.
    RefreshMaterializedView {
        /// The view.
        name: ObjectName,
        /// `CASCADE`: those it reads are refreshed first.
        cascade: bool,
    },
    /// `ALTER MATERIALIZED VIEW v AUTO REFRESH { YES | NO }`.
    AlterMaterializedView {
        /// The view.
        name: ObjectName,
        /// `YES`.
        auto_refresh: bool,
    },
    /// `DROP TABLE`, `DROP VIEW`, `DROP MATERIALIZED VIEW`.
    DropRelation(DropRelation),
    /// `ALTER TABLE`.
    AlterTable(AlterTable),
    /// `TRUNCATE [TABLE] t`; commits the open transaction, as Redshift documents.
    Truncate {
        /// The table.
        table: ObjectName,
        /// Engine SQL that empties it.
        sql: String,
    },
    /// `COMMENT ON … IS …`.
    Comment(Comment),
    /// `ANALYZE …`: accepted, the engine keeps its own statistics.
    Analyze {
        /// The table named, if one is.
        table: Option<ObjectName>,
    },
    /// `VACUUM …`: accepted, refused by Redshift inside a transaction block.
    Vacuum {
        /// The table named, if one is.
        table: Option<ObjectName>,
    },
    /// `LOCK [TABLE] t, …`.
    Lock {
        /// The tables.
        tables: Vec<ObjectName>,
    },
    /// `CREATE USER`.
    CreateUser(CreateUser),
    /// `ALTER USER`.
    AlterUser(AlterUser),
    /// `DROP USER`.
    DropUser(DropNames),
    /// `CREATE GROUP`.
    CreateGroup(CreateGroup),
    /// `ALTER GROUP`.
    AlterGroup(AlterGroup),
    /// `DROP GROUP`.
    DropGroup(DropNames),
    /// `CREATE ROLE name [EXTERNALID id]`.
    CreateRole(CreateRole),
    /// `ALTER ROLE`.
    AlterRole(AlterRole),
    /// `DROP ROLE name [FORCE | RESTRICT]`.
    DropRole(DropNames),
    /// `GRANT`.
    Grant(Grant),
    /// `REVOKE`.
    Revoke(Revoke),
    /// Row-level security and masking.
    Policy(PolicyStatement),
    /// `ALTER DEFAULT PRIVILEGES`.
    AlterDefaultPrivileges(AlterDefaultPrivileges),
    /// `BEGIN` or `START TRANSACTION`.
    Begin(Begin),
    /// `COMMIT` or `END`.
    Commit,
    /// `ROLLBACK` or `ABORT`.
    Rollback,
    /// `SET name TO value`, `SET LOCAL`, `SET SESSION`, `SET TIME ZONE`.
    Set(Set),
    /// `SET SESSION AUTHORIZATION`, `RESET SESSION AUTHORIZATION`: `None` is `DEFAULT`.
    SetSessionAuthorization {
        /// The database user to become.
        user: Option<String>,
        /// `LOCAL`: until the end of the transaction.
        local: bool,
    },
    /// `RESET name` or `RESET ALL` (`None`).
    Reset {
        /// Folded name of the parameter.
        name: Option<String>,
    },
    /// `USE database`; `RESET USE` gives `None`.
    Use {
        /// Folded name of the database.
        database: Option<String>,
    },
    /// `SHOW …`.
    Show(Show),
    /// `DISCARD ALL` and its kin.
    Discard,
    /// `DECLARE name CURSOR FOR query`.
    DeclareCursor {
        /// Folded name.
        name: String,
        /// What it reads.
        query: EngineStatement,
    },
    /// `FETCH [direction] FROM cursor`.
    Fetch(Fetch),
    /// `CLOSE cursor` or `CLOSE ALL` (`None`).
    Close {
        /// Folded name.
        cursor: Option<String>,
    },
    /// `PREPARE name [(types)] AS statement`.
    Prepare(Prepare),
    /// `EXECUTE name [(values)]`.
    Execute(Execute),
    /// `DEALLOCATE [PREPARE] name` or `ALL` (`None`).
    Deallocate {
        /// Folded name.
        name: Option<String>,
    },
    /// `EXPLAIN [VERBOSE] statement`.
    Explain(Explain),
    /// `CREATE [OR REPLACE] PROCEDURE`.
    CreateProcedure(CreateProcedure),
    /// `CREATE [OR REPLACE] FUNCTION`.
    CreateFunction(CreateFunction),
    /// `ALTER PROCEDURE` or `ALTER FUNCTION`.
    AlterRoutine(AlterRoutine),
    /// `DROP PROCEDURE` or `DROP FUNCTION`.
    DropRoutine {
        /// Which one.
        routine: RoutineRef,
        /// `CASCADE`: Redshift keeps no dependencies of routines, so it changes nothing.
        cascade: bool,
    },
    /// `CALL procedure (…)`.
    Call(Call),
    /// `CANCEL pid ['message']`.
    Cancel {
        /// What the client of the cancelled statement is told.
        message: Option<String>,
        /// The session's process id.
        pid: i64,
    },
}

/// A statement for the engine: rewritten SQL and everything that must be allowed first.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineStatement {
    /// The engine's SQL without knowledge of the relations; see [`EngineStatement::resolve`].
    /// Parameters are `$1`, `$2`, ….
    pub sql: String,
    /// The tree as read.
    pub parsed: Parsed,
    /// The verb for the command tag.
    pub verb: Verb,
    /// Every relation it touches and how, in order of first appearance, without CTE names.
    pub accesses: Vec<Access>,
    /// Whether it answers with rows.
    pub returns_rows: bool,
    /// The highest `$n` in it.
    pub parameters: usize,
    /// Functions with a meaning of the session (`current_user`, `pg_backend_pid`, …) it calls,
    /// folded, once each: the SQL reads each as the engine's variable of that name. The clock's
    /// (`getdate`, `sysdate`) are listed too when a relation's default or view may call them.
    pub session_functions: Vec<String>,
}

/// `MERGE`, as the statements it is carried out by, together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// A query with a row where several rows of the source match one of the target: refused.
    pub duplicates: Option<EngineStatement>,
    /// In order.
    pub statements: Vec<EngineStatement>,
    /// `REMOVE DUPLICATES`: both tables must have as many columns.
    pub simple: bool,
}

/// The verb of an [`EngineStatement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// A query.
    Select,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `MERGE`.
    Merge,
}

/// One use of a relation by a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The relation as written, folded; not yet resolved by the search path.
    pub name: ObjectName,
    /// What is done to it.
    pub privilege: Privilege,
    /// The columns touched where the statement names them (`INSERT (a, b)`, `UPDATE SET a = …`);
    /// `None` when all or unknown. For `SELECT` always `None`: columns need the catalog.
    pub columns: Option<Vec<String>>,
    /// Where the name stands, in characters from 1 of the statement's own text; 0 when unknown.
    pub position: usize,
}

/// A name of up to three parts, each folded by the session's case rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName {
    /// The database, if written.
    pub database: Option<String>,
    /// The schema, if written.
    pub schema: Option<String>,
    /// The object itself; a temporary table written `#t` keeps its `#`.
    pub name: String,
}

impl std::fmt::Display for ObjectName {
    /// As written, without quotes: for messages.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [self.database.as_deref(), self.schema.as_deref()];
        for part in parts.into_iter().flatten() {
            write!(f, "{part}.")?;
        }
        f.write_str(&self.name)
    }
}

/// Privileges of the warehouse (SQL commands › GRANT in the Redshift developer guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Privilege {
    /// Read.
    Select,
    /// Append rows.
    Insert,
    /// Change rows.
    Update,
    /// Remove rows.
    Delete,
    /// Create a foreign key to it.
    References,
    /// Drop it.
    Drop,
    /// Alter it.
    Alter,
    /// Empty it.
    Truncate,
    /// Create objects inside.
    Create,
    /// Reach objects inside; call a language.
    Usage,
    /// Create temporary tables in the database.
    Temp,
    /// Call it.
    Execute,
    /// Use an IAM role.
    AssumeRole,
    /// `ALL [PRIVILEGES]`: every one that the object has.
    All,
}
