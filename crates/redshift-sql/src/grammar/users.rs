//! `CREATE`, `ALTER`, `DROP` of users, groups and roles (SQL commands › CREATE USER and on).

use sqlparser::tokenizer::Token;

use crate::ast::{
    AlterGroup, AlterGroupAction, AlterRole, AlterRoleAction, AlterUser, AlterUserAction,
    CreateGroup, CreateRole, CreateUser, DropNames, Kind, Password, UserOption,
};
use crate::cursor::{Cursor, Parse};
use crate::error::{INVALID_PARAMETER, SYNTAX_ERROR, SqlError};
use crate::password;

/// `SESSION TIMEOUT`: 60 seconds to 20 days.
const SESSION_TIMEOUT: std::ops::RangeInclusive<u32> = 60..=1_728_000;

/// Reads `USER …`, `GROUP …`, `ROLE …` after `CREATE`.
pub(super) fn create(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let kind = if c.accept("user") {
        create_user(c)?
    } else if c.accept("group") {
        let name = c.user_name()?;
        c.accept("with");
        let users = if c.accept("user") { c.comma_separated(Cursor::user_name)? } else { vec![] };
        Kind::CreateGroup(CreateGroup { name, users })
    } else if c.accept("role") {
        let name = c.role_name()?;
        c.accept("with");
        let external_id = if c.accept("externalid") { Some(external_id(c)?) } else { None };
        Kind::CreateRole(CreateRole { name, external_id })
    } else {
        return Ok(None);
    };
    Ok(Some(kind))
}

fn create_user(c: &mut Cursor<'_>) -> Parse<Kind> {
    let at = c.position();
    let name = c.user_name()?;
    if name.eq_ignore_ascii_case("public") {
        let message = format!("user name \"{name}\" is reserved");
        return Err(SqlError::new("42939", message).at(at));
    }
    c.accept("with");
    let (found, options) = options(c)?;
    let Some(password) = found else {
        let message = "Password must be specified: use PASSWORD { 'password' | DISABLE }";
        return Err(SqlError::new(SYNTAX_ERROR, message).at(c.position()));
    };
    Ok(Kind::CreateUser(CreateUser { name, password, options }))
}

/// Reads `USER …`, `GROUP …`, `ROLE …` after `ALTER`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let kind = if c.accept("user") {
        Kind::AlterUser(alter_user(c)?)
    } else if c.accept("group") {
        Kind::AlterGroup(alter_group(c)?)
    } else if c.accept("role") {
        Kind::AlterRole(alter_role(c)?)
    } else {
        return Ok(None);
    };
    Ok(Some(kind))
}

fn alter_user(c: &mut Cursor<'_>) -> Parse<AlterUser> {
    let name = c.user_name()?;
    let action = if c.accept("rename to") {
        AlterUserAction::Rename(c.user_name()?)
    } else if c.accept("set") {
        let parameter = super::session::parameter(c)?;
        if !c.accept("to") {
            c.expect_token(&Token::Eq)?;
        }
        let value = super::session::values(c)?.map(|values| values.join(", "));
        AlterUserAction::Set { name: parameter, value }
    } else if c.looking_at(&["reset"])
        && !c.looking_at(&["reset", "session"])
        && !c.looking_at(&["reset", "externalid"])
    {
        c.expect("reset")?;
        AlterUserAction::Reset(super::session::parameter(c)?)
    } else {
        c.accept("with");
        let (password, options) = options(c)?;
        if password.is_none() && options.is_empty() {
            return Err(c.unexpected());
        }
        AlterUserAction::Options { password, options }
    };
    Ok(AlterUser { name, action })
}

fn alter_group(c: &mut Cursor<'_>) -> Parse<AlterGroup> {
    let name = c.user_name()?;
    let action = if c.accept("add user") {
        AlterGroupAction::Add(c.comma_separated(Cursor::user_name)?)
    } else if c.accept("drop user") {
        AlterGroupAction::Drop(c.comma_separated(Cursor::user_name)?)
    } else {
        c.expect("rename to")?;
        AlterGroupAction::Rename(c.user_name()?)
    };
    Ok(AlterGroup { name, action })
}

fn alter_role(c: &mut Cursor<'_>) -> Parse<AlterRole> {
    let name = c.role_name()?;
    c.accept("with");
    let action = if c.accept("rename to") {
        AlterRoleAction::Rename(c.role_name()?)
    } else if c.accept("owner to") {
        AlterRoleAction::Owner(c.user_name()?)
    } else {
        c.expect("externalid")?;
        c.accept("to");
        AlterRoleAction::ExternalId(external_id(c)?)
    };
    Ok(AlterRole { name, action })
}

/// Reads `USER …`, `GROUP …`, `ROLE …` after `DROP`.
pub(super) fn drop(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let make = match c.accept_one_of(&["user", "group", "role"]) {
        Some("user") => Kind::DropUser,
        Some("group") => Kind::DropGroup,
        Some(_) => Kind::DropRole,
        None => return Ok(None),
    };
    let if_exists = c.accept("if exists");
    let names = c.comma_separated(Cursor::role_name)?;
    let force = c.accept("force");
    c.accept("restrict");
    Ok(Some(make(DropNames { names, if_exists, force })))
}

fn options(c: &mut Cursor<'_>) -> Parse<(Option<Password>, Vec<UserOption>)> {
    let (mut password, mut options) = (None, Vec::new());
    while !c.at_end() {
        if c.accept("password") || c.accept("encrypted password") {
            if password.replace(read_password(c)?).is_some() {
                return Err(super::authorization::redundant().at(c.last_position()));
            }
        } else {
            let option = option(c)?;
            let same =
                |o: &UserOption| std::mem::discriminant(o) == std::mem::discriminant(&option);
            if options.iter().any(same) {
                return Err(super::authorization::redundant().at(c.last_position()));
            }
            options.push(option);
        }
    }
    Ok((password, options))
}

fn read_password(c: &mut Cursor<'_>) -> Parse<Password> {
    if c.accept("disable") {
        return Ok(Password::Disable);
    }
    let text = c.string()?;
    password::parse(&text).map_err(|error| error.at(c.last_position()))
}

fn option(c: &mut Cursor<'_>) -> Parse<UserOption> {
    let flags = ["createdb", "nocreatedb", "createuser", "nocreateuser"];
    Ok(match c.accept_one_of(&flags) {
        Some("createdb") => UserOption::CreateDb(true),
        Some("nocreatedb") => UserOption::CreateDb(false),
        Some("createuser") => UserOption::CreateUser(true),
        Some(_) => UserOption::CreateUser(false),
        None if c.accept("syslog access unrestricted") => UserOption::SyslogUnrestricted(true),
        None if c.accept("syslog access restricted") => UserOption::SyslogUnrestricted(false),
        None if c.accept("in group") => UserOption::InGroup(c.comma_separated(Cursor::user_name)?),
        None if c.accept("valid until") => valid_until(c)?,
        None if c.accept("connection limit") => {
            let limit = if c.accept("unlimited") { None } else { Some(c.integer()?) };
            UserOption::ConnectionLimit(limit)
        }
        None if c.accept("session timeout") => session_timeout(c)?,
        None if c.accept("reset session timeout") => UserOption::SessionTimeout(None),
        None if c.accept("reset externalid") => UserOption::ExternalId(None),
        None if c.accept("externalid") => UserOption::ExternalId(Some(external_id(c)?)),
        None => return Err(c.unexpected()),
    })
}

fn valid_until(c: &mut Cursor<'_>) -> Parse<UserOption> {
    let text = c.string()?;
    let until = (!text.eq_ignore_ascii_case("infinity")).then_some(text);
    Ok(UserOption::ValidUntil(until))
}

fn session_timeout(c: &mut Cursor<'_>) -> Parse<UserOption> {
    let seconds: u32 = c.integer()?;
    if !SESSION_TIMEOUT.contains(&seconds) {
        let message = "SESSION TIMEOUT must be between 60 and 1728000 seconds";
        return Err(SqlError::new(INVALID_PARAMETER, message).at(c.last_position()));
    }
    Ok(UserOption::SessionTimeout(Some(seconds)))
}

fn external_id(c: &mut Cursor<'_>) -> Parse<String> {
    if c.at_string() { c.string() } else { c.user_name() }
}
