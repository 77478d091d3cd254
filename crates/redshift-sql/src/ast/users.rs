//! Users, groups, roles and privileges.

use super::{ObjectName, Privilege};

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
    /// `PUBLIC`.
    Public,
}
