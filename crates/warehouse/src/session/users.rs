//! CREATE, ALTER and DROP of users, groups and roles.
//! Redshift Developer Guide, "CREATE USER", "ALTER USER", "CREATE GROUP", "CREATE ROLE".

use redshift_sql::{
    AlterGroup, AlterGroupAction, AlterRole, AlterRoleAction, AlterUser, AlterUserAction,
    CreateGroup, CreateRole, CreateUser, DropNames, Kind, Password, UserOption,
};

use chrono::{NaiveDate, NaiveDateTime};

use super::Session;
use crate::catalog::grants::{held_by_group, privileged_on};
use crate::catalog::history::{Record, UserRecord};
use crate::catalog::users::{self, Collective, User};
use crate::catalog::{relations, roles};
use crate::engine::literal;
use crate::errors::Failure;
use crate::password::PasswordVerifier;
use crate::privileges::{Identity, require_permission, require_superuser};

/// Bytes of salt of a SHA-256 password.
const SALT_BYTES: usize = 32;

impl Session {
    /// Carries out the statements of this file.
    pub(super) fn run_users(&mut self, kind: &Kind) -> Result<String, Failure> {
        let tag = self.atomically(|session| match kind {
            Kind::CreateUser(user) => session.create_user(user).map(|()| "CREATE USER"),
            Kind::AlterUser(user) => session.alter_user(user).map(|()| "ALTER USER"),
            Kind::DropUser(names) => session.drop_users(names).map(|()| "DROP USER"),
            Kind::CreateGroup(group) => session.create_group(group).map(|()| "CREATE GROUP"),
            Kind::AlterGroup(group) => session.alter_group(group).map(|()| "ALTER GROUP"),
            Kind::DropGroup(names) => session.drop_groups(names).map(|()| "DROP GROUP"),
            Kind::CreateRole(role) => session.create_role(role).map(|()| "CREATE ROLE"),
            Kind::AlterRole(role) => session.alter_role(role).map(|()| "ALTER ROLE"),
            Kind::DropRole(names) => session.drop_roles(names).map(|()| "DROP ROLE"),
            _ => Err(Failure::internal("not a statement about users")),
        })?;
        self.privileges_changed();
        Ok(tag.to_owned())
    }

    fn create_user(&mut self, create: &CreateUser) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_permission(&identity, "CREATE USER", "create users")?;
        refuse_superuser_option(&identity, &create.options)?;
        let home = self.cluster.home.clone();
        if users::find(&self.connection, &home, &create.name)?.is_some() {
            return Err(Failure::new("42710", format!("user \"{}\" already exists", create.name)));
        }
        let mut user = User {
            id: users::next_id(&self.connection, &home)?,
            name: create.name.clone(),
            superuser: false,
            create_db: false,
            syslog_unrestricted: false,
            password: self.verifier(&create.name, &create.password),
            valid_until: None,
            connection_limit: None,
            session_timeout: None,
            external_id: None,
        };
        let groups = apply_options(&mut user, &create.options)?;
        users::create(&self.connection, &home, &user, self.cluster.world.now())?;
        for group in groups {
            let id = self.existing(Collective::Group, &group)?;
            users::add_members(&self.connection, &home, id, &[user.id])?;
        }
        self.log_user(&user, "create", None);
        Ok(())
    }

    /// Tells `stl_userlog` of a change.
    fn log_user(&self, user: &User, action: &'static str, old_name: Option<&str>) {
        self.cluster.history.add(Record::User(UserRecord {
            action,
            id: user.id,
            name: user.name.clone(),
            old_name: old_name.map(str::to_owned),
            rights: [user.create_db, user.superuser],
            valid_until: user.valid_until.clone(),
            place: (self.pid, self.transaction_number),
            time: self.cluster.world.now(),
        }));
    }

    fn alter_user(&mut self, alter: &AlterUser) -> Result<(), Failure> {
        let identity = self.identity()?;
        let home = self.cluster.home.clone();
        let mut user = self.existing_user(&alter.name)?;
        // Superusers are altered by superusers only.
        let may = identity.superuser || identity.may("ALTER USER") && !user.superuser;
        let denied = |what: &str| Failure::new("42501", format!("must be superuser to {what}"));
        match &alter.action {
            AlterUserAction::Options { password, options } => {
                // Everybody may change their own password.
                if !(may || user.id == identity.user && options.is_empty()) {
                    return Err(denied("alter users"));
                }
                refuse_superuser_option(&identity, options)?;
                if let Some(password) = password {
                    user.password = self.verifier(&user.name.clone(), password);
                }
                let groups = apply_options(&mut user, options)?;
                for group in groups {
                    let id = self.existing(Collective::Group, &group)?;
                    users::add_members(&self.connection, &home, id, &[user.id])?;
                }
            }
            AlterUserAction::Rename(name) => {
                if !may {
                    return Err(denied("rename users"));
                }
                if users::find(&self.connection, &home, name)?.is_some() {
                    return Err(Failure::new("42710", format!("user \"{name}\" already exists")));
                }
                // An MD5 password holds the old name as its salt.
                user.password = PasswordVerifier::disabled();
                user.name.clone_from(name);
            }
            AlterUserAction::Set { name, value } => {
                if !(may || user.id == identity.user) {
                    return Err(denied("alter users"));
                }
                return self.set_for_user(user.id, name, value.as_deref());
            }
            AlterUserAction::Reset(name) => {
                if !(may || user.id == identity.user) {
                    return Err(denied("alter users"));
                }
                return self.set_for_user(user.id, name, None);
            }
        }
        users::update(&self.connection, &home, &user)?;
        match &alter.action {
            AlterUserAction::Rename(_) => self.log_user(&user, "rename", Some(&alter.name)),
            _ => self.log_user(&user, "alter", None),
        }
        Ok(())
    }

    /// A parameter that the user's sessions begin with, checked as SET would.
    fn set_for_user(&self, user: i64, name: &str, value: Option<&str>) -> Result<(), Failure> {
        let values = value.map(|value| vec![value.to_owned()]);
        let checked = self.settings.clone().set(name, values.as_deref(), false)?;
        let value = value.map(|_| checked.as_str());
        Ok(users::set_setting(&self.connection, &self.cluster.home, user, name, value)?)
    }

    fn drop_users(&mut self, names: &DropNames) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_permission(&identity, "DROP USER", "drop users")?;
        let home = self.cluster.home.clone();
        for name in &names.names {
            let Some(user) = users::find(&self.connection, &home, name)? else {
                if names.if_exists {
                    continue;
                }
                return Err(no_such("user", name));
            };
            if user.id == identity.user {
                return Err(Failure::new("55006", "current user cannot be dropped"));
            }
            if user.superuser {
                require_superuser(&identity, "drop superusers")?;
            }
            let databases = self.all_databases()?;
            if let Some(owned) = databases.iter().find(|database| database.owner == user.id) {
                let detail = format!("owner of database {}", owned.name);
                return Err(still_used(name, "owns some object", &detail));
            }
            let databases = self.database_keys()?;
            for database in &databases {
                if let Some(object) = relations::owned_by(&self.connection, database, user.id)? {
                    return Err(still_used(
                        name,
                        "owns some object",
                        &format!("owner of {object}"),
                    ));
                }
                if let Some(object) = privileged_on(&self.connection, database, user.id)? {
                    let detail = format!("privilege on {object}");
                    return Err(still_used(name, "has a privilege on some object", &detail));
                }
            }
            users::remove(&self.connection, &home, &databases, "user", user.id)?;
            self.log_user(&user, "drop", None);
        }
        Ok(())
    }

    fn create_group(&mut self, create: &CreateGroup) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "create groups")?;
        let home = self.cluster.home.clone();
        let kind = Collective::Group;
        if users::collective_id(&self.connection, &home, kind, &create.name)?.is_some() {
            return Err(Failure::new("42710", format!("group \"{}\" already exists", create.name)));
        }
        let id = users::next_id(&self.connection, &home)?;
        users::create_group(&self.connection, &home, id, &create.name)?;
        let members = self.user_ids(&create.users)?;
        Ok(users::add_members(&self.connection, &home, id, &members)?)
    }

    fn alter_group(&mut self, alter: &AlterGroup) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "alter groups")?;
        let home = self.cluster.home.clone();
        let id = self.existing(Collective::Group, &alter.name)?;
        match &alter.action {
            AlterGroupAction::Add(names) => {
                let members = self.user_ids(names)?;
                users::add_members(&self.connection, &home, id, &members)?;
            }
            AlterGroupAction::Drop(names) => {
                let members = self.user_ids(names)?;
                users::remove_members(&self.connection, &home, id, &members)?;
            }
            AlterGroupAction::Rename(name) => {
                users::rename_collective(&self.connection, &home, Collective::Group, id, name)?;
            }
        }
        Ok(())
    }

    fn create_role(&mut self, create: &CreateRole) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_permission(&identity, "CREATE ROLE", "create roles")?;
        let home = self.cluster.home.clone();
        let kind = Collective::Role;
        refuse_system_role(&create.name)?;
        if users::collective_id(&self.connection, &home, kind, &create.name)?.is_some() {
            return Err(Failure::new("42710", format!("role \"{}\" already exists", create.name)));
        }
        let id = users::next_id(&self.connection, &home)?;
        let external = create.external_id.as_deref();
        Ok(users::create_role(&self.connection, &home, id, &create.name, identity.user, external)?)
    }

    fn alter_role(&mut self, alter: &AlterRole) -> Result<(), Failure> {
        let id = self.existing(Collective::Role, &alter.name)?;
        refuse_system_role(&alter.name)?;
        self.require_role_admin(id, &alter.name)?;
        let (connection, home) = (&self.connection, &self.cluster.home);
        match &alter.action {
            AlterRoleAction::Rename(name) => {
                refuse_system_role(name)?;
                if users::collective_id(connection, home, Collective::Role, name)?.is_some() {
                    return Err(Failure::new("42710", format!("role \"{name}\" already exists")));
                }
                users::rename_collective(connection, home, Collective::Role, id, name)?;
            }
            AlterRoleAction::Owner(owner) => {
                let owner = self.existing_user(owner)?.id;
                users::change_role(connection, home, id, &format!("owner = {owner}"))?;
            }
            AlterRoleAction::ExternalId(external) => {
                let assignment = format!("external_id = {}", literal(external));
                users::change_role(connection, home, id, &assignment)?;
            }
        }
        Ok(())
    }

    fn drop_groups(&mut self, names: &DropNames) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "drop groups")?;
        for name in &names.names {
            let home = &self.cluster.home;
            match users::collective_id(&self.connection, home, Collective::Group, name)? {
                Some(id) => self.drop_group(id, name)?,
                None if names.if_exists => {}
                None => return Err(no_such("group", name)),
            }
        }
        Ok(())
    }

    fn drop_group(&self, id: i64, name: &str) -> Result<(), Failure> {
        let (connection, databases) = (&self.connection, self.database_keys()?);
        for database in &databases {
            if let Some(object) = held_by_group(connection, database, id)? {
                let text = format!(
                    "group \"{name}\" cannot be dropped because the group has a privilege on some object"
                );
                let mut failure = Failure::new("55006", text);
                failure.detail = Some(format!("privilege on {object}"));
                return Err(failure);
            }
        }
        Ok(users::remove(connection, &self.cluster.home, &databases, "group", id)?)
    }

    fn drop_roles(&mut self, names: &DropNames) -> Result<(), Failure> {
        let identity = self.identity()?;
        for name in &names.names {
            let home = self.cluster.home.clone();
            let found = users::collective_id(&self.connection, &home, Collective::Role, name)?;
            let Some(id) = found else {
                if names.if_exists {
                    continue;
                }
                return Err(no_such("role", name));
            };
            refuse_system_role(name)?;
            if !identity.may("DROP ROLE") {
                self.require_role_admin(id, name)?;
            }
            let in_use = roles::in_use(&self.connection, &home, id)?;
            if let Some(why) = in_use.filter(|_| !names.force) {
                return Err(Failure::new("2BP01", why));
            }
            users::remove(&self.connection, &home, &self.database_keys()?, "role", id)?;
        }
        Ok(())
    }

    /// The id of a group or role that must exist.
    pub(super) fn existing(&self, kind: Collective, name: &str) -> Result<i64, Failure> {
        users::collective_id(&self.connection, self.home(), kind, name)?
            .ok_or_else(|| no_such(kind.word(), name))
    }

    /// A user that must exist.
    pub(super) fn existing_user(&self, name: &str) -> Result<User, Failure> {
        users::find(&self.connection, self.home(), name)?.ok_or_else(|| no_such("user", name))
    }

    fn user_ids(&self, names: &[String]) -> Result<Vec<i64>, Failure> {
        names.iter().map(|name| self.existing_user(name).map(|user| user.id)).collect()
    }

    fn verifier(&self, user: &str, password: &Password) -> PasswordVerifier {
        match password {
            Password::Plain(text) => PasswordVerifier::from_password(user, text),
            Password::Md5(digest) => PasswordVerifier::from_md5(digest),
            Password::Sha256Plain(text) => {
                let mut salt = [0; SALT_BYTES];
                self.cluster.world.random_bytes(&mut salt);
                PasswordVerifier::sha256_of(text, &salt)
            }
            Password::Sha256 { digest, salt } => PasswordVerifier::from_sha256(digest, salt),
            Password::Disable => PasswordVerifier::disabled(),
        }
    }
}

/// Applies the options and gives the groups to join.
fn apply_options(user: &mut User, options: &[UserOption]) -> Result<Vec<String>, Failure> {
    let mut groups = Vec::new();
    for option in options {
        match option {
            UserOption::CreateDb(yes) => user.create_db = *yes,
            UserOption::CreateUser(yes) => user.superuser = *yes,
            UserOption::SyslogUnrestricted(yes) => user.syslog_unrestricted = *yes,
            UserOption::InGroup(names) => groups.extend(names.iter().cloned()),
            UserOption::ValidUntil(until) => {
                user.valid_until = until.as_deref().map(moment).transpose()?;
            }
            UserOption::ConnectionLimit(limit) => user.connection_limit = limit.map(i64::from),
            UserOption::SessionTimeout(seconds) => user.session_timeout = seconds.map(i64::from),
            UserOption::ExternalId(id) => user.external_id.clone_from(id),
        }
    }
    Ok(groups)
}

/// A `VALID UNTIL` in one form, so that moments compare as texts.
fn moment(text: &str) -> Result<String, Failure> {
    let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"];
    let exact = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let found = exact.or_else(|| day(text)).ok_or_else(|| {
        Failure::new("22007", format!("invalid input syntax for type abstime: \"{text}\""))
    })?;
    Ok(found.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// Only superusers make superusers, or unmake them.
fn refuse_superuser_option(identity: &Identity, options: &[UserOption]) -> Result<(), Failure> {
    if options.iter().any(|option| matches!(option, UserOption::CreateUser(_))) {
        require_superuser(identity, "create or alter superusers")?;
    }
    Ok(())
}

/// The system's roles are not made, changed or dropped.
fn refuse_system_role(name: &str) -> Result<(), Failure> {
    if roles::is_system_role(name) {
        return Err(Failure::new("42939", format!("role name \"{name}\" is reserved")));
    }
    Ok(())
}

fn no_such(kind: &str, name: &str) -> Failure {
    Failure::new("42704", format!("{kind} \"{name}\" does not exist"))
}

/// Redshift Developer Guide, "DROP USER", usage notes.
fn still_used(user: &str, why: &str, detail: &str) -> Failure {
    let text = format!("user \"{user}\" cannot be dropped because the user {why}");
    let mut failure = Failure::new("55006", text);
    failure.detail = Some(detail.to_owned());
    failure
}
