//! Who may do what: each statement's accesses are checked here before the engine sees it.
//!
//! Owners and superusers may do everything with an object; others need a grant to themselves,
//! a group, a role or PUBLIC, and USAGE on the schema. It must not know how statements run.
//! Start reading at [`check`]. Redshift Developer Guide, "Default database user permissions",
//! "GRANT".

pub(crate) mod assume_role;
mod names;

pub(crate) use names::{Resolved, Scope, is_hidden_schema, resolve};

use std::collections::BTreeSet;

use redshift_sql::{Access, Privilege};

use crate::catalog::grants::{Held, Object, held};
use crate::catalog::relations::{self, Relation};
use crate::catalog::system::Visibility;
use crate::engine::{Connection, EngineFault};
use crate::errors::Failure;

/// Whose privileges count, with everything it counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The user's id.
    pub user: i64,
    /// CREATEUSER.
    pub superuser: bool,
    /// The roles it holds, those of its roles included.
    pub roles: Vec<i64>,
    /// Holds `sys:secadmin`: manages roles and policies.
    pub security_admin: bool,
    /// The system permissions of its roles.
    pub permissions: BTreeSet<String>,
    /// The grantees it counts as, as SQL of ours.
    pub filter: String,
}

impl Identity {
    /// Whether it may do what this system permission is for (`CREATE USER`, …).
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.superuser || self.permissions.contains(permission)
    }

    /// Superusers and `sys:secadmin` manage row-level security and masking.
    pub(crate) fn manages_policies(&self) -> bool {
        self.superuser || self.security_admin
    }
}

/// Checks every relation a statement touches. Gives what each name stands for, in order.
///
/// # Errors
/// 42P01 or 3F000 for names that do not exist, 42501 for missing privileges, 0A000 for system
/// views that are not built.
pub(crate) fn check(
    connection: &Connection,
    scope: &Scope<'_>,
    identity: &Identity,
    accesses: &[Access],
) -> Result<Vec<Resolved>, Failure> {
    let is_target = |access: &Access| {
        accesses
            .iter()
            .any(|other| other.name == access.name && other.privilege != Privilege::Select)
    };
    accesses
        .iter()
        .map(|access| check_one(connection, scope, identity, access, is_target(access)))
        .collect()
}

fn check_one(
    connection: &Connection,
    scope: &Scope<'_>,
    identity: &Identity,
    access: &Access,
    is_target: bool,
) -> Result<Resolved, Failure> {
    let resolved = resolve(connection, scope, &access.name).map_err(|f| f.at(access.position))?;
    match &resolved {
        Resolved::Temporary { .. } => Ok(()),
        Resolved::System { name, visibility } => check_system(identity, access, name, *visibility),
        Resolved::Relation { database, relation } => {
            refuse_change_of_view(relation, access.privilege)?;
            // `*` is what may be read of a table: the guard leaves the other columns out.
            let narrowed = access.privilege == Privilege::Select
                && access.columns.is_none()
                && !is_target
                && !relation.is_view();
            let columns = if narrowed { Some(&[][..]) } else { access.columns.as_deref() };
            let wanted = Wanted { privilege: access.privilege, columns };
            check_relation(connection, database, relation, identity, &wanted)
        }
    }?;
    Ok(resolved)
}

/// Rows change in tables only.
fn refuse_change_of_view(relation: &Relation, privilege: Privilege) -> Result<(), Failure> {
    let verb = match privilege {
        Privilege::Insert => "insert into",
        Privilege::Update => "update",
        Privilege::Delete => "delete from",
        _ => return Ok(()),
    };
    match relation {
        relation if relation.is_materialized() => Err(Failure::new(
            "42809",
            format!("cannot {verb} materialized view \"{}\"", relation.name),
        )),
        relation if relation.is_view() => {
            Err(Failure::new("0A000", format!("cannot {verb} a view")))
        }
        _ => Ok(()),
    }
}

fn check_system(
    identity: &Identity,
    access: &Access,
    name: &str,
    visibility: Visibility,
) -> Result<(), Failure> {
    let readable = identity.may("ACCESS SYSTEM TABLE") || visibility == Visibility::All;
    if access.privilege == Privilege::Select && readable {
        return Ok(());
    }
    Err(Failure::denied("relation", name))
}

/// A privilege, perhaps only on some columns.
pub(crate) struct Wanted<'a> {
    /// The privilege.
    pub privilege: Privilege,
    /// The columns, `None` for the whole relation.
    pub columns: Option<&'a [String]>,
}

/// Checks one privilege on one relation: schema first, then the relation, as Redshift does.
pub(crate) fn check_relation(
    connection: &Connection,
    database: &str,
    relation: &Relation,
    identity: &Identity,
    wanted: &Wanted<'_>,
) -> Result<(), Failure> {
    if identity.superuser || permitted(identity, relation, wanted.privilege) {
        return Ok(());
    }
    require_on_schema(connection, database, &relation.schema, identity, Privilege::Usage)?;
    if relation.owner == identity.user {
        return Ok(());
    }
    let object = Object::Relation { schema: &relation.schema, name: &relation.name };
    let held = held(connection, database, &object, &identity.filter)?;
    let name = privilege_name(wanted.privilege);
    let columns = wanted_columns(connection, database, relation, wanted)?;
    if covers(&held, name, columns.as_deref()) {
        return Ok(());
    }
    if matches!(wanted.privilege, Privilege::Alter | Privilege::Drop) {
        return Err(Failure::new("42501", format!("must be owner of relation {}", relation.name)));
    }
    Err(Failure::denied("relation", &relation.name))
}

/// Whether a system permission lets it do this to any relation of the kind.
fn permitted(identity: &Identity, relation: &Relation, privilege: Privilege) -> bool {
    let permission = match privilege {
        Privilege::Drop if relation.is_view() => "DROP VIEW",
        Privilege::Drop => "DROP TABLE",
        Privilege::Alter if !relation.is_view() => "ALTER TABLE",
        Privilege::Truncate => "TRUNCATE TABLE",
        _ => return false,
    };
    identity.may(permission)
}

fn covers(held: &[Held], privilege: &str, columns: Option<&[String]>) -> bool {
    let has = |column: &str| {
        held.iter().any(|grant| grant.privilege == privilege && grant.column == column)
    };
    match columns {
        _ if has("") => true,
        None => false,
        // `select count(*)` reads no column: any one that may be read will do.
        Some([]) => held.iter().any(|grant| grant.privilege == privilege),
        Some(all) => all.iter().all(|column| has(column)),
    }
}

/// The relation's own columns among those that the statement names; `None` for the whole relation,
/// as where its columns are not known.
fn wanted_columns(
    connection: &Connection,
    database: &str,
    relation: &Relation,
    wanted: &Wanted<'_>,
) -> Result<Option<Vec<String>>, EngineFault> {
    let Some(named) = wanted.columns else { return Ok(None) };
    if wanted.privilege != Privilege::Select {
        return Ok(Some(named.to_vec()).filter(|columns| !columns.is_empty()));
    }
    let own = relations::column_names(connection, database, relation.id)?;
    let known = !own.is_empty();
    Ok(known.then(|| own.into_iter().filter(|column| named.contains(column)).collect()))
}

/// Requires USAGE or CREATE on a schema.
pub(crate) fn require_on_schema(
    connection: &Connection,
    database: &str,
    schema: &str,
    identity: &Identity,
    privilege: Privilege,
) -> Result<(), Failure> {
    if holds_on_schema(connection, database, schema, identity, privilege)? {
        return Ok(());
    }
    Err(Failure::denied("schema", schema))
}

/// Whether it has a privilege on a schema, as its owner or by a grant.
pub(crate) fn holds_on_schema(
    connection: &Connection,
    database: &str,
    schema: &str,
    identity: &Identity,
    privilege: Privilege,
) -> Result<bool, Failure> {
    if identity.superuser {
        return Ok(true);
    }
    let Some(found) = relations::schema(connection, database, schema)? else {
        return Err(Failure::new("3F000", format!("schema \"{schema}\" does not exist")));
    };
    let held = held(connection, database, &Object::Schema(schema), &identity.filter)?;
    Ok(found.owner == identity.user || covers(&held, privilege_name(privilege), None))
}

/// Requires CREATE or TEMP on the database, given with its name.
pub(crate) fn require_on_database(
    connection: &Connection,
    (database, name): (&str, &str),
    identity: &Identity,
    privilege: Privilege,
) -> Result<(), Failure> {
    if identity.superuser {
        return Ok(());
    }
    let held = held(connection, database, &Object::Database, &identity.filter)?;
    if covers(&held, privilege_name(privilege), None) {
        return Ok(());
    }
    Err(Failure::denied("database", name))
}

/// Requires a superuser: `must be superuser to <what>`.
pub(crate) fn require_superuser(identity: &Identity, what: &str) -> Result<(), Failure> {
    if identity.superuser {
        return Ok(());
    }
    Err(Failure::new("42501", format!("must be superuser to {what}")))
}

/// Requires a system permission: `must be superuser to <what>`.
pub(crate) fn require_permission(
    identity: &Identity,
    permission: &str,
    what: &str,
) -> Result<(), Failure> {
    if identity.may(permission) {
        return Ok(());
    }
    Err(Failure::new("42501", format!("must be superuser to {what}")))
}

/// A privilege's keyword.
pub(crate) fn privilege_name(privilege: Privilege) -> &'static str {
    match privilege {
        Privilege::Select => "SELECT",
        Privilege::Insert => "INSERT",
        Privilege::Update => "UPDATE",
        Privilege::Delete => "DELETE",
        Privilege::References => "REFERENCES",
        Privilege::Drop => "DROP",
        Privilege::Alter => "ALTER",
        Privilege::Truncate => "TRUNCATE",
        Privilege::Create => "CREATE",
        Privilege::Usage => "USAGE",
        Privilege::Temp => "TEMP",
        Privilege::Execute => "EXECUTE",
        Privilege::AssumeRole => "ASSUMEROLE",
        Privilege::All => "ALL",
    }
}
