//! ALTER DEFAULT PRIVILEGES.
//! Redshift Developer Guide, "ALTER DEFAULT PRIVILEGES".

use redshift_sql::{AlterDefaultPrivileges, DefaultChange, DefaultObjects, ObjectName, Privilege};

use super::super::Session;
use super::expand;
use super::relations::ALL_ON_TABLES;
use crate::catalog::defaults::{self, Default};
use crate::errors::Failure;

impl Session {
    pub(in crate::session) fn alter_default_privileges(
        &mut self,
        alter: &AlterDefaultPrivileges,
    ) -> Result<(), Failure> {
        let owners = self.owners_of_defaults(alter)?;
        let holders = self.holders(&alter.grantees)?;
        let mut schemas = Vec::new();
        for name in &alter.schemas {
            let name = ObjectName { database: None, schema: None, name: name.clone() };
            schemas.push(self.existing_schema(&name)?.1.name);
        }
        if schemas.is_empty() {
            schemas.push(String::new());
        }
        let (object, all): (_, &[Privilege]) = match alter.objects {
            DefaultObjects::Tables => ("relation", &ALL_ON_TABLES),
            DefaultObjects::Functions => ("function", &[Privilege::Execute]),
            DefaultObjects::Procedures => ("procedure", &[Privilege::Execute]),
        };
        let privileges = expand(&alter.privileges, all);
        self.atomically(|session| {
            for owner in owners {
                for schema in &schemas {
                    for (holder, option) in &holders {
                        for privilege in &privileges {
                            let default = Default { owner, schema, object, privilege, holder };
                            session.change_default(&default, alter.change, *option)?;
                        }
                    }
                }
            }
            Ok(())
        })
    }

    fn change_default(
        &self,
        default: &Default<'_>,
        change: DefaultChange,
        option: bool,
    ) -> Result<(), Failure> {
        let (connection, database) = (&self.connection, &self.database);
        match change {
            DefaultChange::Grant => defaults::set(connection, database, default, Some(option))?,
            DefaultChange::Revoke { option_only: true } => {
                defaults::take_option(connection, database, default)?;
            }
            DefaultChange::Revoke { option_only: false } => {
                defaults::set(connection, database, default, None)?;
            }
        }
        Ok(())
    }

    /// One's own defaults, or with the permission those of others.
    fn owners_of_defaults(&mut self, alter: &AlterDefaultPrivileges) -> Result<Vec<i64>, Failure> {
        let identity = self.identity()?;
        if alter.users.is_empty() {
            return Ok(vec![identity.user]);
        }
        let mut owners = Vec::new();
        for name in &alter.users {
            let owner = self.existing_user(name)?.id;
            if owner != identity.user && !identity.may("ALTER DEFAULT PRIVILEGES") {
                let text =
                    format!("must be superuser to alter default privileges of user \"{name}\"");
                return Err(Failure::new("42501", text));
            }
            owners.push(owner);
        }
        Ok(owners)
    }
}
