//! Users, groups, roles and privileges.

use super::{ObjectName, Privilege};
use crate::types::SqlType;

/// A password as it was written, checked, not yet hashed.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// Plain text; Redshift stores it as MD5 with the user's name as salt.
    Plain(String),
    /// `'md5…'`: 32 hexadecimal digits of MD5(password ‖ user name), without the prefix.
    Md5(String),
    /// `'sha256|password'`: plain text to be stored as salted SHA-256.
    Sha256Plain(String),
    /// `'sha256|digest|salt'`, both hexadecimal.
    Sha256 {
        /// SHA-256(password ‖ salt bytes), 64 hexadecimal digits.
        digest: String,
        /// 64 hexadecimal digits.
        salt: String,
    },
    /// `PASSWORD DISABLE`: no password login.
    Disable,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Disable) { "Disable" } else { "***" })
    }
}

/// `CREATE USER name PASSWORD …`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateUser {
    /// The user; a quoted name keeps its case.
    pub name: String,
    /// Mandatory in Redshift.
    pub password: Password,
    /// Options in order of appearance.
    pub options: Vec<UserOption>,
}

/// `ALTER USER name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterUser {
    /// The user.
    pub name: String,
    /// What changes.
    pub action: AlterUserAction,
}

/// What an `ALTER USER` changes.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterUserAction {
    /// `[WITH] option …`, with the password among them if given.
    Options {
        /// `PASSWORD …`.
        password: Option<Password>,
        /// The rest.
        options: Vec<UserOption>,
    },
    /// `RENAME TO`.
    Rename(String),
    /// `SET parameter TO value`.
    Set {
        /// Folded parameter name.
        name: String,
        /// `None` is `DEFAULT`.
        value: Option<String>,
    },
    /// `RESET parameter`.
    Reset(String),
}

/// An option of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserOption {
    /// `CREATEDB` / `NOCREATEDB`.
    CreateDb(bool),
    /// `CREATEUSER` / `NOCREATEUSER`: a superuser.
    CreateUser(bool),
    /// `SYSLOG ACCESS UNRESTRICTED` (true) or `RESTRICTED`.
    SyslogUnrestricted(bool),
    /// `IN GROUP g, …`.
    InGroup(Vec<String>),
    /// `VALID UNTIL '…'`; `infinity` is `None`.
    ValidUntil(Option<String>),
    /// `CONNECTION LIMIT n`; `UNLIMITED` is `None`.
    ConnectionLimit(Option<u32>),
    /// `SESSION TIMEOUT n` in seconds (60 to 1,728,000); `RESET SESSION TIMEOUT` is `None`.
    SessionTimeout(Option<u32>),
    /// `EXTERNALID id`; `RESET EXTERNALID` is `None`.
    ExternalId(Option<String>),
}

/// `DROP USER`, `DROP GROUP`, `DROP ROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropNames {
    /// The names.
    pub names: Vec<String>,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `FORCE` (roles).
    pub force: bool,
}

/// `CREATE GROUP name [WITH USER u, …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateGroup {
    /// The group.
    pub name: String,
    /// First members.
    pub users: Vec<String>,
}

/// `ALTER GROUP name …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterGroup {
    /// The group.
    pub name: String,
    /// What changes.
    pub action: AlterGroupAction,
}

/// What an `ALTER GROUP` changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterGroupAction {
    /// `ADD USER u, …`.
    Add(Vec<String>),
    /// `DROP USER u, …`.
    Drop(Vec<String>),
    /// `RENAME TO`.
    Rename(String),
}

/// `CREATE ROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRole {
    /// The role.
    pub name: String,
    /// `EXTERNALID`.
    pub external_id: Option<String>,
}

/// `ALTER ROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterRole {
    /// The role.
    pub name: String,
    /// What changes.
    pub action: AlterRoleAction,
}

/// What an `ALTER ROLE` changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterRoleAction {
    /// `RENAME TO`.
    Rename(String),
    /// `OWNER TO`.
    Owner(String),
    /// `EXTERNALID TO`.
    ExternalId(String),
}

/// `GRANT … TO …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What is granted.
    pub what: GrantObject,
    /// To whom.
    pub to: Vec<Grantee>,
}

/// `REVOKE [GRANT OPTION FOR] … FROM …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// What is taken back.
    pub what: GrantObject,
    /// From whom.
    pub from: Vec<Grantee>,
    /// `GRANT OPTION FOR` (or `ADMIN OPTION FOR`).
    pub option_only: bool,
    /// `CASCADE`.
    pub cascade: bool,
}

/// Privileges on objects, or roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantObject {
    /// On tables and views, with columns per privilege where given.
    Tables {
        /// Privileges.
        privileges: Vec<ColumnPrivilege>,
        /// Tables.
        tables: Vec<ObjectName>,
    },
    /// `ON ALL TABLES IN SCHEMA …`.
    AllTablesInSchema {
        /// Privileges.
        privileges: Vec<Privilege>,
        /// Schemas (the name is in `name`, a database in `schema`).
        schemas: Vec<ObjectName>,
    },
    /// `ON SCHEMA …`.
    Schemas {
        /// Privileges.
        privileges: Vec<Privilege>,
        /// Schemas.
        schemas: Vec<ObjectName>,
    },
    /// `ON DATABASE …`.
    Databases {
        /// Privileges.
        privileges: Vec<Privilege>,
        /// Databases.
        databases: Vec<String>,
    },
    /// `ON LANGUAGE …`.
    Languages {
        /// Languages.
        languages: Vec<String>,
    },
    /// `EXECUTE ON FUNCTION f(…), …` or `ON PROCEDURE …`.
    Routines {
        /// Functions or procedures.
        kind: RoutineKind,
        /// Which.
        routines: Vec<RoutineName>,
    },
    /// `EXECUTE ON ALL FUNCTIONS IN SCHEMA …` or `ALL PROCEDURES`.
    AllRoutinesInSchema {
        /// Functions or procedures.
        kind: RoutineKind,
        /// Schemas (the name is in `name`, a database in `schema`).
        schemas: Vec<ObjectName>,
    },
    /// `FOR TABLES IN SCHEMA s` and its kin: all objects of a kind that are there and will be.
    Scoped {
        /// Privileges.
        privileges: Vec<Privilege>,
        /// On which objects.
        objects: ScopedObjects,
        /// In which schema; `None` is the whole database.
        schema: Option<String>,
        /// In which database; `None` is the connected one.
        database: Option<String>,
    },
    /// System permissions, to roles: `CREATE USER`, `IGNORE RLS`, … (see
    /// [`SYSTEM_PERMISSIONS`]).
    System {
        /// Their words, upper case.
        permissions: Vec<&'static str>,
    },
    /// `ASSUMEROLE ON … FOR …`.
    AssumeRole {
        /// Which roles.
        roles: AssumeRoleTarget,
        /// For which statements.
        commands: Vec<AssumeRoleCommand>,
    },
    /// `GRANT ROLE r, …`.
    Roles {
        /// Roles.
        roles: Vec<String>,
        /// `WITH ADMIN OPTION`.
        admin: bool,
    },
}

/// System permissions for role-based access control (System permissions for RBAC in the Redshift
/// developer guide), by their words.
pub const SYSTEM_PERMISSIONS: &[&str] = &[
    "ACCESS CATALOG",
    "ACCESS SYSTEM TABLE",
    "ALTER DATASHARE",
    "ALTER DEFAULT PRIVILEGES",
    "ALTER TABLE",
    "ALTER USER",
    "ANALYZE",
    "CANCEL",
    "CREATE DATASHARE",
    "CREATE LIBRARY",
    "CREATE MODEL",
    "CREATE OR REPLACE EXTERNAL FUNCTION",
    "CREATE OR REPLACE FUNCTION",
    "CREATE OR REPLACE PROCEDURE",
    "CREATE OR REPLACE VIEW",
    "CREATE ROLE",
    "CREATE SCHEMA",
    "CREATE TABLE",
    "CREATE USER",
    "DROP DATASHARE",
    "DROP FUNCTION",
    "DROP LIBRARY",
    "DROP MODEL",
    "DROP PROCEDURE",
    "DROP ROLE",
    "DROP SCHEMA",
    "DROP TABLE",
    "DROP USER",
    "DROP VIEW",
    "EXPLAIN MASKING",
    "EXPLAIN RLS",
    "IGNORE RLS",
    "TRUNCATE TABLE",
    "VACUUM",
];

/// Functions or procedures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoutineKind {
    /// `FUNCTION`.
    Function,
    /// `PROCEDURE`.
    Procedure,
}

impl RoutineKind {
    /// The word in messages and in the catalog.
    pub fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Procedure => "procedure",
        }
    }
}

/// A function or procedure named with its arguments' types: names may be overloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutineName {
    /// Its name.
    pub name: ObjectName,
    /// The types of its arguments; `None` where the statement gives no list.
    pub arguments: Option<Vec<SqlType>>,
}

/// What a scoped permission is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopedObjects {
    /// `FOR SCHEMAS IN DATABASE`.
    Schemas,
    /// `FOR TABLES IN …`: views too.
    Tables,
    /// `FOR FUNCTIONS IN …`.
    Functions,
    /// `FOR PROCEDURES IN …`.
    Procedures,
    /// `FOR LANGUAGES IN DATABASE`.
    Languages,
}

impl ScopedObjects {
    /// The word in the catalog.
    pub fn word(self) -> &'static str {
        match self {
            Self::Schemas => "schemas",
            Self::Tables => "tables",
            Self::Functions => "functions",
            Self::Procedures => "procedures",
            Self::Languages => "languages",
        }
    }
}

/// `ALTER DEFAULT PRIVILEGES [FOR USER …] [IN SCHEMA …] { GRANT | REVOKE } …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterDefaultPrivileges {
    /// Whose new objects; empty is the current user's.
    pub users: Vec<String>,
    /// In which schemas; empty is everywhere.
    pub schemas: Vec<String>,
    /// On which kind of object.
    pub objects: DefaultObjects,
    /// Privileges.
    pub privileges: Vec<Privilege>,
    /// To or from whom.
    pub grantees: Vec<Grantee>,
    /// Granted or revoked.
    pub change: DefaultChange,
}

/// Kinds of objects with default privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultObjects {
    /// `ON TABLES`: views too.
    Tables,
    /// `ON FUNCTIONS`.
    Functions,
    /// `ON PROCEDURES`.
    Procedures,
}

/// What becomes of default privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultChange {
    /// `GRANT`.
    Grant,
    /// `REVOKE`.
    Revoke {
        /// `GRANT OPTION FOR`.
        option_only: bool,
    },
}

/// A privilege and the columns it is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnPrivilege {
    /// The privilege.
    pub privilege: Privilege,
    /// Only these columns.
    pub columns: Option<Vec<String>>,
}

/// The IAM roles of a `GRANT ASSUMEROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssumeRoleTarget {
    /// `ALL`.
    All,
    /// `default`.
    Default,
    /// Each string as written: a chain `'arn1,arn2'` is usable only as that whole chain.
    Chains(Vec<String>),
}

/// What an IAM role may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AssumeRoleCommand {
    /// All of them.
    All,
    /// `COPY`.
    Copy,
    /// `UNLOAD`.
    Unload,
    /// `EXTERNAL FUNCTION`.
    ExternalFunction,
    /// `CREATE MODEL`.
    CreateModel,
}

/// Who receives a privilege.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// A user.
    User {
        /// Name.
        name: String,
        /// `WITH GRANT OPTION` (for roles granted: `WITH ADMIN OPTION`).
        grant_option: bool,
    },
    /// `GROUP g`.
    Group(String),
    /// `ROLE r`.
    Role(String),
    /// `RLS POLICY p`: what the policy reads.
    RlsPolicy(String),
    /// `PUBLIC`.
    Public,
}
