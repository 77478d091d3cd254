//! CREATE, ALTER and DROP of users, groups and roles.
//! Redshift Developer Guide, "CREATE USER", "ALTER USER", "CREATE GROUP", "CREATE ROLE".

use redshift_sql::{
    AlterGroup, AlterGroupAction, AlterRole, AlterRoleAction, AlterUser, AlterUserAction,
    CreateGroup, CreateRole, CreateUser, DropNames, Kind, Password, UserOption,
};

use super::Session;
use crate::catalog::grants::privileged_on;
use crate::catalog::relations;
use crate::catalog::users::{self, Collective, User};
use crate::errors::Failure;
use crate::password::PasswordVerifier;
use crate::privileges::require_superuser;

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
            Kind::DropGroup(names) => {
                session.drop_collectives(Collective::Group, names).map(|()| "DROP GROUP")
            }
            Kind::CreateRole(role) => session.create_role(role).map(|()| "CREATE ROLE"),
            Kind::AlterRole(role) => session.alter_role(role).map(|()| "ALTER ROLE"),
            Kind::DropRole(names) => {
                session.drop_collectives(Collective::Role, names).map(|()| "DROP ROLE")
            }
            _ => Err(Failure::internal("not a statement about users")),
        })?;
        self.privileges_changed();
        Ok(tag.to_owned())
    }

    fn create_user(&mut self, create: &CreateUser) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "create users")?;
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
        };
        let groups = apply_options(&mut user, &create.options);
        users::create(&self.connection, &home, &user, self.cluster.world.now())?;
        for group in groups {
            let id = self.existing(Collective::Group, &group)?;
            users::add_members(&self.connection, &home, id, &[user.id])?;
        }
        Ok(())
    }

    fn alter_user(&mut self, alter: &AlterUser) -> Result<(), Failure> {
        let identity = self.identity()?;
        let home = self.cluster.home.clone();
        let mut user = self.existing_user(&alter.name)?;
        match &alter.action {
            AlterUserAction::Options { password, options } => {
                // Everybody may change their own password; the rest is the superuser's.
                if !(user.id == identity.user && options.is_empty()) {
                    require_superuser(&identity, "alter users")?;
                }
                if let Some(password) = password {
                    user.password = self.verifier(&user.name.clone(), password);
                }
                apply_options(&mut user, options);
            }
            AlterUserAction::Rename(name) => {
                require_superuser(&identity, "rename users")?;
                if users::find(&self.connection, &home, name)?.is_some() {
                    return Err(Failure::new("42710", format!("user \"{name}\" already exists")));
                }
                // An MD5 password holds the old name as its salt.
                user.password = PasswordVerifier::disabled();
                user.name.clone_from(name);
            }
            AlterUserAction::Set { .. } | AlterUserAction::Reset(_) => {
                return Err(Failure::not_implemented("ALTER USER … SET"));
            }
        }
        Ok(users::update(&self.connection, &home, &user)?)
    }

    fn drop_users(&mut self, names: &DropNames) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "drop users")?;
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
            for database in &self.cluster.databases {
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
            users::remove(&self.connection, &home, &self.cluster.databases, "user", user.id)?;
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
        require_superuser(&identity, "create roles")?;
        let home = self.cluster.home.clone();
        let kind = Collective::Role;
        if users::collective_id(&self.connection, &home, kind, &create.name)?.is_some() {
            return Err(Failure::new("42710", format!("role \"{}\" already exists", create.name)));
        }
        let id = users::next_id(&self.connection, &home)?;
        let external = create.external_id.as_deref();
        Ok(users::create_role(&self.connection, &home, id, &create.name, identity.user, external)?)
    }

    fn alter_role(&mut self, alter: &AlterRole) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "alter roles")?;
        let id = self.existing(Collective::Role, &alter.name)?;
        match &alter.action {
            AlterRoleAction::Rename(name) => {
                let home = &self.cluster.home;
                Ok(users::rename_collective(&self.connection, home, Collective::Role, id, name)?)
            }
            AlterRoleAction::Owner(_) | AlterRoleAction::ExternalId(_) => {
                Err(Failure::not_implemented("this ALTER ROLE"))
            }
        }
    }

    fn drop_collectives(&mut self, kind: Collective, names: &DropNames) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "drop groups and roles")?;
        let home = self.cluster.home.clone();
        for name in &names.names {
            match users::collective_id(&self.connection, &home, kind, name)? {
                Some(id) => {
                    let databases = &self.cluster.databases;
                    users::remove(&self.connection, &home, databases, kind.word(), id)?;
                }
                None if names.if_exists => {}
                None => return Err(no_such(kind.word(), name)),
            }
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
fn apply_options(user: &mut User, options: &[UserOption]) -> Vec<String> {
    let mut groups = Vec::new();
    for option in options {
        match option {
            UserOption::CreateDb(yes) => user.create_db = *yes,
            UserOption::CreateUser(yes) => user.superuser = *yes,
            UserOption::SyslogUnrestricted(yes) => user.syslog_unrestricted = *yes,
            UserOption::InGroup(names) => groups.extend(names.iter().cloned()),
            UserOption::ValidUntil(until) => user.valid_until.clone_from(until),
            UserOption::ConnectionLimit(limit) => user.connection_limit = limit.map(i64::from),
            // Kept by the control plane's identity providers only.
            UserOption::SessionTimeout(_) | UserOption::ExternalId(_) => {}
        }
    }
    groups
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
