//! `GRANT` and `REVOKE` (SQL commands › GRANT, REVOKE).
//!
//! [`object`] reads what both share; the rest is who receives or loses it.

use sqlparser::tokenizer::Token;

use super::grant_scope;
use crate::ast::{
    AssumeRoleCommand, AssumeRoleTarget, ColumnPrivilege, Grant, GrantObject, Grantee, Kind,
    Privilege, Revoke, RoutineKind, SYSTEM_PERMISSIONS,
};
use crate::cursor::{Cursor, Parse};
use crate::error::{SYNTAX_ERROR, SqlError};

/// Privileges by their words.
const PRIVILEGES: &[(&str, Privilege)] = &[
    ("select", Privilege::Select),
    ("insert", Privilege::Insert),
    ("update", Privilege::Update),
    ("delete", Privilege::Delete),
    ("references", Privilege::References),
    ("drop", Privilege::Drop),
    ("alter", Privilege::Alter),
    ("truncate", Privilege::Truncate),
    ("create", Privilege::Create),
    ("usage", Privilege::Usage),
    ("temporary", Privilege::Temp),
    ("temp", Privilege::Temp),
    ("execute", Privilege::Execute),
    ("assumerole", Privilege::AssumeRole),
];

pub(super) const TABLE: &[Privilege] = &[
    Privilege::Select,
    Privilege::Insert,
    Privilege::Update,
    Privilege::Delete,
    Privilege::Drop,
    Privilege::References,
    Privilege::Alter,
    Privilege::Truncate,
];
pub(super) const SCHEMA: &[Privilege] =
    &[Privilege::Create, Privilege::Usage, Privilege::Alter, Privilege::Drop];
const DATABASE: &[Privilege] =
    &[Privilege::Create, Privilege::Usage, Privilege::Temp, Privilege::Alter];

/// Reads the statement after the word `GRANT`.
pub(super) fn grant(c: &mut Cursor<'_>) -> Parse<Kind> {
    let mut what = object(c, "to")?;
    c.expect("to")?;
    let to = c.comma_separated(|c| grantee(c, true))?;
    finish_assume_role(c, &mut what)?;
    finish_roles(&mut what, &to);
    check_grant(&what, &to, c)?;
    Ok(Kind::Grant(Grant { what, to }))
}

/// Reads the statement after the word `REVOKE`.
pub(super) fn revoke(c: &mut Cursor<'_>) -> Parse<Kind> {
    let option_only = c.accept("grant option for") || c.accept("admin option for");
    let mut what = object(c, "from")?;
    c.expect("from")?;
    let from = c.comma_separated(|c| grantee(c, false))?;
    finish_assume_role(c, &mut what)?;
    check_grantees(&what, &from, c)?;
    let cascade = c.accept("cascade");
    let _ = !cascade && c.accept("restrict");
    Ok(Kind::Revoke(Revoke { what, from, option_only, cascade }))
}

fn object(c: &mut Cursor<'_>, then: &str) -> Parse<GrantObject> {
    if c.looking_at(&["role"]) {
        c.expect("role")?;
        let roles = c.comma_separated(|c| {
            c.accept("role");
            c.role_name()
        })?;
        return Ok(GrantObject::Roles { roles, admin: false });
    }
    if let Some(permissions) = system_permissions(c)? {
        return Ok(GrantObject::System { permissions });
    }
    let at = c.position();
    let privileges = privileges(c)?;
    if c.looking_at(&[then])
        && matches!(privileges.as_slice(), [only] if only.privilege == Privilege::All)
    {
        return Ok(GrantObject::System { permissions: SYSTEM_PERMISSIONS.to_vec() });
    }
    if c.accept("for") {
        return grant_scope::scoped(c, &privileges)
            .map_err(|e| if e.position.is_some() { e } else { e.at(at) });
    }
    c.expect("on")?;
    if privileges.iter().any(|p| p.privilege == Privilege::AssumeRole) {
        return assume_role(c);
    }
    let target = target(c, privileges)?;
    check_privileges(&target).map_err(|error| error.at(at))?;
    Ok(target)
}

/// `CREATE USER, DROP USER, …`: a list of system permissions, if one is next.
fn system_permissions(c: &mut Cursor<'_>) -> Parse<Option<Vec<&'static str>>> {
    let Some(first) = system_permission(c) else { return Ok(None) };
    let mut found = vec![first];
    while c.accept_token(&Token::Comma) {
        found.push(system_permission(c).ok_or_else(|| c.unexpected())?);
    }
    Ok(Some(found))
}

fn system_permission(c: &mut Cursor<'_>) -> Option<&'static str> {
    let words = |words: &&&str| words.to_ascii_lowercase();
    SYSTEM_PERMISSIONS.iter().find(|name| c.accept(&words(name))).copied()
}

fn target(c: &mut Cursor<'_>, privileges: Vec<ColumnPrivilege>) -> Parse<GrantObject> {
    let plain = |privileges: &[ColumnPrivilege]| -> Vec<Privilege> {
        privileges.iter().map(|p| p.privilege).collect()
    };
    if c.accept("all tables in schema") {
        let schemas = c.comma_separated(Cursor::object_name)?;
        return Ok(GrantObject::AllTablesInSchema { privileges: plain(&privileges), schemas });
    }
    if c.accept("schema") {
        let schemas = c.comma_separated(Cursor::object_name)?;
        return Ok(GrantObject::Schemas { privileges: plain(&privileges), schemas });
    }
    if c.accept("database") {
        let databases = c.comma_separated(Cursor::name)?;
        return Ok(GrantObject::Databases { privileges: plain(&privileges), databases });
    }
    if c.accept("language") {
        let languages = c.comma_separated(Cursor::name)?;
        return match plain(&privileges).as_slice() {
            [Privilege::Usage | Privilege::All] => Ok(GrantObject::Languages { languages }),
            [wrong, ..] => Err(invalid(*wrong, "language")),
            [] => Err(c.unexpected()),
        };
    }
    if let Some(routines) = grant_scope::routines(c)? {
        check_execute(c, &privileges)?;
        return Ok(routines);
    }
    let others = ["datashare", "model", "external", "copy", "all", "template"];
    if let Some(other) = others.iter().find(|word| c.looking_at(&[word])) {
        let message = format!("privileges ON {} are not supported", other.to_ascii_uppercase());
        return Err(SqlError::unsupported(message).at(c.position()));
    }
    c.accept("table");
    let tables = c.comma_separated(Cursor::object_name)?;
    Ok(GrantObject::Tables { privileges, tables })
}

/// Functions and procedures can only be called.
fn check_execute(c: &Cursor<'_>, privileges: &[ColumnPrivilege]) -> Parse<()> {
    let wrong = privileges.iter().map(|p| p.privilege);
    match wrong.into_iter().find(|p| !matches!(p, Privilege::Execute | Privilege::All)) {
        Some(wrong) => Err(invalid(wrong, "function").at(c.last_position())),
        None => Ok(()),
    }
}

/// The privileges of a grant, each perhaps with columns.
pub(super) fn privileges(c: &mut Cursor<'_>) -> Parse<Vec<ColumnPrivilege>> {
    c.comma_separated(|c| {
        let privilege = if c.accept("all") {
            c.accept("privileges");
            Privilege::All
        } else {
            let found = PRIVILEGES.iter().find(|(word, _)| c.accept(word));
            found.map(|(_, privilege)| *privilege).ok_or_else(|| c.unexpected())?
        };
        let in_parens = matches!(c.peek().map(|l| &l.token), Some(Token::LParen));
        let columns = if in_parens { Some(c.names_in_parens()?) } else { None };
        Ok(ColumnPrivilege { privilege, columns })
    })
}

/// Each kind of object has its own privileges; columns only SELECT and UPDATE.
fn check_privileges(target: &GrantObject) -> Parse<()> {
    let (kind, allowed, given): (_, &[Privilege], Vec<Privilege>) = match target {
        GrantObject::Tables { privileges, .. } => {
            let on_columns = privileges.iter().filter(|p| p.columns.is_some());
            let allowed = [Privilege::Select, Privilege::Update, Privilege::All];
            if let Some(wrong) = on_columns.map(|p| p.privilege).find(|p| !allowed.contains(p)) {
                return Err(invalid(wrong, "column"));
            }
            ("relation", TABLE, privileges.iter().map(|p| p.privilege).collect())
        }
        GrantObject::AllTablesInSchema { privileges, .. } => {
            ("relation", TABLE, privileges.clone())
        }
        GrantObject::Schemas { privileges, .. } => ("schema", SCHEMA, privileges.clone()),
        GrantObject::Databases { privileges, .. } => ("database", DATABASE, privileges.clone()),
        _ => return Ok(()),
    };
    match given.into_iter().find(|p| *p != Privilege::All && !allowed.contains(p)) {
        Some(wrong) => Err(invalid(wrong, kind)),
        None => Ok(()),
    }
}

/// A privilege that this kind of object does not have.
pub(super) fn invalid(privilege: Privilege, kind: &str) -> SqlError {
    let word = PRIVILEGES.iter().find(|(_, p)| *p == privilege).map_or("ALL", |(word, _)| word);
    let message = format!("invalid privilege type {} for {kind}", word.to_ascii_uppercase());
    SqlError::new("0LP01", message)
}

/// After `ASSUMEROLE ON`; the commands follow the grantees and are filled in later.
fn assume_role(c: &mut Cursor<'_>) -> Parse<GrantObject> {
    let roles = if c.accept("all") {
        AssumeRoleTarget::All
    } else if c.accept("default") {
        AssumeRoleTarget::Default
    } else {
        AssumeRoleTarget::Chains(c.comma_separated(Cursor::string)?)
    };
    Ok(GrantObject::AssumeRole { roles, commands: Vec::new() })
}

fn finish_assume_role(c: &mut Cursor<'_>, what: &mut GrantObject) -> Parse<()> {
    let GrantObject::AssumeRole { commands, .. } = what else { return Ok(()) };
    c.expect("for")?;
    *commands = c.comma_separated(|c| {
        let known = [
            ("all", AssumeRoleCommand::All),
            ("copy", AssumeRoleCommand::Copy),
            ("unload", AssumeRoleCommand::Unload),
            ("external function", AssumeRoleCommand::ExternalFunction),
            ("create model", AssumeRoleCommand::CreateModel),
        ];
        let found = known.into_iter().find(|(words, _)| c.accept(words));
        found.map(|(_, command)| command).ok_or_else(|| c.unexpected())
    })?;
    Ok(())
}

/// `WITH ADMIN OPTION` is read with the grantees.
fn finish_roles(what: &mut GrantObject, to: &[Grantee]) {
    if let GrantObject::Roles { admin, .. } = what {
        *admin = to.iter().any(|g| matches!(g, Grantee::User { grant_option: true, .. }));
    }
}

/// One grantee; when granting, a user may get the grant option.
pub(super) fn grantee(c: &mut Cursor<'_>, granting: bool) -> Parse<Grantee> {
    let found = if c.accept("public") {
        Grantee::Public
    } else if c.accept("group") {
        Grantee::Group(c.user_name()?)
    } else if c.accept("rls policy") {
        Grantee::RlsPolicy(c.name()?)
    } else if c.accept("role") {
        Grantee::Role(c.role_name()?)
    } else if let Some(other) =
        ["iam_role", "namespace", "account"].iter().find(|word| c.looking_at(&[word]))
    {
        let message = format!("privileges for {} are not supported", other.to_ascii_uppercase());
        return Err(SqlError::unsupported(message).at(c.position()));
    } else {
        let name = c.user_name()?;
        let grant_option = granting && accept_option(c);
        return Ok(Grantee::User { name, grant_option });
    };
    if granting && accept_option(c) {
        let message = "grant options can only be granted to individual users";
        return Err(SqlError::new("0LP01", message).at(c.last_position()));
    }
    Ok(found)
}

fn accept_option(c: &mut Cursor<'_>) -> bool {
    c.accept("with grant option") || c.accept("with admin option")
}

fn check_grant(what: &GrantObject, to: &[Grantee], c: &Cursor<'_>) -> Parse<()> {
    let optional = |g: &Grantee| matches!(g, Grantee::User { grant_option: true, .. });
    let on_columns = matches!(what, GrantObject::Tables { privileges, .. }
        if privileges.iter().any(|p| p.columns.is_some()));
    if on_columns && to.iter().any(optional) {
        return Err(c.unsupported("WITH GRANT OPTION is not supported for column privileges"));
    }
    if matches!(what, GrantObject::AssumeRole { .. }) && to.iter().any(optional) {
        return Err(c.unsupported("WITH GRANT OPTION is not supported for ASSUMEROLE"));
    }
    check_grantees(what, to, c)
}

/// Some objects have grantees of their own.
fn check_grantees(what: &GrantObject, to: &[Grantee], c: &Cursor<'_>) -> Parse<()> {
    let fits: fn(&Grantee) -> bool = match what {
        GrantObject::System { permissions }
            if permissions.iter().all(|name| name.ends_with(" RLS")) =>
        {
            |g| matches!(g, Grantee::Role(_) | Grantee::User { .. })
        }
        GrantObject::System { .. } => |g| matches!(g, Grantee::Role(_)),
        GrantObject::Roles { .. } | GrantObject::Scoped { .. } => {
            |g| matches!(g, Grantee::Role(_) | Grantee::User { .. })
        }
        GrantObject::Tables { .. } => |_| true,
        GrantObject::Routines { kind: RoutineKind::Function, .. } => |_| true,
        _ => |g| !matches!(g, Grantee::RlsPolicy(_)),
    };
    match to.iter().all(fits) {
        true => Ok(()),
        false => {
            let message = "this kind of grantee cannot hold the privilege";
            Err(SqlError::new(SYNTAX_ERROR, message).at(c.last_position()))
        }
    }
}
