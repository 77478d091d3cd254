//! `GRANT` and `REVOKE` (SQL commands › GRANT, REVOKE).
//!
//! [`object`] reads what both share; the rest is who receives or loses it.

use sqlparser::tokenizer::Token;

use crate::ast::{
    AssumeRoleCommand, AssumeRoleTarget, ColumnPrivilege, Grant, GrantObject, Grantee, Kind,
    Privilege, Revoke,
};
use crate::cursor::{Cursor, Parse};
use crate::error::SqlError;

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

const TABLE: &[Privilege] = &[
    Privilege::Select,
    Privilege::Insert,
    Privilege::Update,
    Privilege::Delete,
    Privilege::Drop,
    Privilege::References,
    Privilege::Alter,
    Privilege::Truncate,
];
const SCHEMA: &[Privilege] =
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
    let cascade = c.accept("cascade");
    let _ = !cascade && c.accept("restrict");
    Ok(Kind::Revoke(Revoke { what, from, option_only, cascade }))
}

fn object(c: &mut Cursor<'_>, then: &str) -> Parse<GrantObject> {
    if c.looking_at(&["role"]) {
        c.expect("role")?;
        let roles = c.comma_separated(|c| {
            c.accept("role");
            c.user_name()
        })?;
        return Ok(GrantObject::Roles { roles, admin: false });
    }
    let at = c.position();
    let privileges = privileges(c)?;
    if !c.accept("on") {
        let expected =
            SqlError::unsupported(format!("this form of GRANT … {then} is not supported"));
        let known = c.looking_at(&[then]);
        return Err(if known { expected.at(at) } else { c.unexpected() });
    }
    if privileges.iter().any(|p| p.privilege == Privilege::AssumeRole) {
        return assume_role(c);
    }
    let target = target(c, privileges)?;
    check_privileges(&target).map_err(|error| error.at(at))?;
    Ok(target)
}

fn target(c: &mut Cursor<'_>, privileges: Vec<ColumnPrivilege>) -> Parse<GrantObject> {
    let plain = |privileges: &[ColumnPrivilege]| privileges.iter().map(|p| p.privilege).collect();
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
        return Ok(GrantObject::Languages { languages: c.comma_separated(Cursor::name)? });
    }
    let others =
        ["function", "procedure", "datashare", "model", "external", "copy", "all", "template"];
    if let Some(other) = others.iter().find(|word| c.looking_at(&[word])) {
        let message = format!("privileges ON {} are not supported", other.to_ascii_uppercase());
        return Err(SqlError::unsupported(message).at(c.position()));
    }
    c.accept("table");
    let tables = c.comma_separated(Cursor::object_name)?;
    Ok(GrantObject::Tables { privileges, tables })
}

fn privileges(c: &mut Cursor<'_>) -> Parse<Vec<ColumnPrivilege>> {
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

fn invalid(privilege: Privilege, kind: &str) -> SqlError {
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

fn grantee(c: &mut Cursor<'_>, granting: bool) -> Parse<Grantee> {
    if c.accept("public") {
        return Ok(Grantee::Public);
    }
    if c.accept("group") {
        return c.user_name().map(Grantee::Group);
    }
    if c.accept("role") {
        return c.user_name().map(Grantee::Role);
    }
    if c.looking_at(&["iam_role"]) {
        let message = "privileges of external objects for IAM_ROLE are not supported";
        return Err(SqlError::unsupported(message).at(c.position()));
    }
    let name = c.user_name()?;
    let grant_option = granting && (c.accept("with grant option") || c.accept("with admin option"));
    Ok(Grantee::User { name, grant_option })
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
    Ok(())
}
