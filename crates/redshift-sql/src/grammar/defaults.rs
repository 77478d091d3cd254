//! `ALTER DEFAULT PRIVILEGES` (SQL commands › ALTER DEFAULT PRIVILEGES).

use super::grant::{TABLE, grantee, invalid, privileges};
use crate::ast::{AlterDefaultPrivileges, DefaultChange, DefaultObjects, Grantee, Kind, Privilege};
use crate::cursor::{Cursor, Parse};

/// Reads the statement after `ALTER DEFAULT PRIVILEGES`.
pub(super) fn parse(c: &mut Cursor<'_>) -> Parse<Kind> {
    let mut users = Vec::new();
    let mut schemas = Vec::new();
    if c.accept("for user") {
        users = c.comma_separated(Cursor::user_name)?;
    }
    if c.accept("in schema") {
        schemas = c.comma_separated(Cursor::name)?;
    }
    let change = if c.accept("grant") {
        DefaultChange::Grant
    } else {
        c.expect("revoke")?;
        DefaultChange::Revoke { option_only: c.accept("grant option for") }
    };
    let at = c.position();
    let wanted = privileges(c)?;
    c.expect("on")?;
    let objects = objects(c)?;
    let granting = change == DefaultChange::Grant;
    c.expect(if granting { "to" } else { "from" })?;
    let grantees = c.comma_separated(|c| grantee(c, granting))?;
    if !granting {
        c.accept_one_of(&["cascade", "restrict"]);
    }
    if grantees.iter().any(|g| matches!(g, Grantee::RlsPolicy(_))) {
        return Err(c.unexpected());
    }
    let allowed = if objects == DefaultObjects::Tables { TABLE } else { &[Privilege::Execute] };
    let fits = |p: Privilege| p == Privilege::All || allowed.contains(&p);
    let privileges: Vec<Privilege> = wanted.iter().map(|p| p.privilege).collect();
    let wrong = wanted.iter().find(|p| p.columns.is_some() || !fits(p.privilege));
    if let Some(wrong) = wrong {
        let kind = if objects == DefaultObjects::Tables { "relation" } else { "function" };
        return Err(invalid(wrong.privilege, kind).at(at));
    }
    Ok(Kind::AlterDefaultPrivileges(AlterDefaultPrivileges {
        users,
        schemas,
        objects,
        privileges,
        grantees,
        change,
    }))
}

fn objects(c: &mut Cursor<'_>) -> Parse<DefaultObjects> {
    match c.accept_one_of(&["tables", "functions", "procedures"]) {
        Some("tables") => Ok(DefaultObjects::Tables),
        Some("functions") => Ok(DefaultObjects::Functions),
        Some(_) => Ok(DefaultObjects::Procedures),
        None => Err(c.unexpected()),
    }
}
