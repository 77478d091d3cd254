//! GRANT and REVOKE. Redshift Developer Guide, "GRANT", "REVOKE".
//!
//! Start reading at [`Session::grant`]; each kind of object has a file below `grants/`.

mod assume_role;
mod defaults;
mod objects;
mod relations;
mod roles;

use redshift_sql::{Grant, GrantObject, Grantee, Privilege, Revoke};

use super::Session;
use crate::catalog::grants::{Holder, Object, Right, give, given_on, held, held_by, take};
use crate::catalog::policies;
use crate::catalog::users::Collective;
use crate::errors::Failure;
use crate::privileges::privilege_name;

/// A grant to give or to take.
#[derive(Clone, Copy)]
enum Change {
    Give,
    Take { option_only: bool, cascade: bool },
}

/// A holder and whether it may give the privilege on.
type To = (Holder, bool);

/// Where a privilege is to change, and in whose name.
struct Place<'a> {
    database: &'a str,
    object: Object<'a>,
    /// The object's owner: superusers give in its name.
    owner: i64,
    /// Its name in messages.
    name: &'a str,
}

impl Session {
    pub(super) fn grant(&mut self, grant: &Grant) -> Result<(), Failure> {
        self.change_grants(&grant.what, &grant.to, Change::Give)
    }

    pub(super) fn revoke(&mut self, revoke: &Revoke) -> Result<(), Failure> {
        let Revoke { option_only, cascade, .. } = *revoke;
        self.change_grants(&revoke.what, &revoke.from, Change::Take { option_only, cascade })
    }

    fn change_grants(
        &mut self,
        what: &GrantObject,
        grantees: &[Grantee],
        change: Change,
    ) -> Result<(), Failure> {
        let holders = self.holders(grantees)?;
        self.atomically(|session| session.change_on(what, &holders, change))?;
        self.privileges_changed();
        Ok(())
    }

    fn change_on(
        &mut self,
        what: &GrantObject,
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        match what {
            GrantObject::Tables { privileges, tables } => {
                self.change_on_tables(privileges, tables, holders, change)
            }
            GrantObject::AllTablesInSchema { privileges, schemas } => {
                self.change_on_all_tables(privileges, schemas, holders, change)
            }
            GrantObject::Schemas { privileges, schemas } => {
                self.change_on_schemas(privileges, schemas, holders, change)
            }
            GrantObject::Databases { privileges, databases } => {
                self.change_on_databases(privileges, databases, holders, change)
            }
            GrantObject::Languages { languages } => {
                self.change_on_languages(languages, holders, change)
            }
            GrantObject::Routines { kind, routines } => {
                self.change_on_routines(*kind, routines, holders, change)
            }
            GrantObject::AllRoutinesInSchema { kind, schemas } => {
                self.change_on_all_routines(*kind, schemas, holders, change)
            }
            GrantObject::Scoped { privileges, objects, schema, database } => {
                let place = (schema.as_deref(), database.as_deref());
                self.change_scoped(privileges, *objects, place, holders, change)
            }
            GrantObject::AssumeRole { roles, commands } => {
                self.change_assume_role(roles, commands, holders, change)
            }
            GrantObject::Roles { roles, .. } => self.change_roles(roles, holders, change),
            GrantObject::System { permissions } => {
                self.change_permissions(permissions, holders, change)
            }
        }
    }

    /// The holders behind the names, each of which must exist.
    pub(super) fn holders(&self, grantees: &[Grantee]) -> Result<Vec<To>, Failure> {
        grantees
            .iter()
            .map(|grantee| {
                Ok(match grantee {
                    Grantee::User { name, grant_option } => {
                        let id = self.existing_user(name)?.id;
                        (Holder { kind: "user", id }, *grant_option)
                    }
                    Grantee::Group(name) => {
                        let id = self.existing(Collective::Group, name)?;
                        (Holder { kind: "group", id }, false)
                    }
                    Grantee::Role(name) => {
                        let id = self.existing(Collective::Role, name)?;
                        (Holder { kind: "role", id }, false)
                    }
                    Grantee::RlsPolicy(name) => (self.rls_policy(name)?, false),
                    Grantee::Public => (Holder { kind: "public", id: 0 }, false),
                })
            })
            .collect()
    }

    fn rls_policy(&self, name: &str) -> Result<Holder, Failure> {
        let known = policies::load(&self.connection, &self.database)?;
        let policy = known.named(false, name).ok_or_else(|| {
            Failure::new("42704", format!("RLS policy \"{name}\" does not exist"))
        })?;
        Ok(Holder { kind: "rls_policy", id: policy.id })
    }

    /// Owners, superusers and holders of the grant option may give a privilege; gives in whose
    /// name.
    fn grantor(&mut self, place: &Place<'_>, privilege: &str) -> Result<i64, Failure> {
        let identity = self.identity()?;
        if identity.superuser || place.owner == identity.user {
            return Ok(place.owner);
        }
        let held = held(&self.connection, place.database, &place.object, &identity.filter)?;
        if held.iter().any(|grant| grant.privilege == privilege && grant.grant_option) {
            return Ok(identity.user);
        }
        Err(Failure::denied(place.object.word(), place.name))
    }

    /// Gives or takes one privilege of every holder.
    fn apply(
        &mut self,
        place: &Place<'_>,
        right: Right<'_>,
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let grantor = self.grantor(place, right.privilege)?;
        for (holder, option) in holders {
            let (connection, database) = (&self.connection, place.database);
            match change {
                Change::Give => {
                    give(connection, database, &place.object, right, holder, *option, grantor)?;
                }
                Change::Take { option_only, cascade } => {
                    self.take_given_on(place, right, holder, cascade)?;
                    let connection = &self.connection;
                    take(connection, database, &place.object, right, holder, option_only)?;
                }
            }
        }
        Ok(())
    }

    /// What a holder of the grant option has given on goes with it (CASCADE) or keeps it.
    fn take_given_on(
        &self,
        place: &Place<'_>,
        right: Right<'_>,
        holder: &Holder,
        cascade: bool,
    ) -> Result<(), Failure> {
        let (connection, database, object) = (&self.connection, place.database, &place.object);
        let optional = held_by(connection, database, object, holder)?
            .iter()
            .any(|held| held.privilege == right.privilege && held.grant_option);
        if !optional || holder.kind != "user" || holder.id == place.owner {
            return Ok(());
        }
        let given = given_on(connection, database, object, right.privilege, holder.id)?;
        if !given.is_empty() && !cascade {
            let mut failure = Failure::new("2BP01", "dependent privileges exist");
            failure.hint = Some(String::from("Use CASCADE to revoke them too."));
            return Err(failure);
        }
        for next in given {
            self.take_given_on(place, right, &next, cascade)?;
            take(connection, database, object, right, &next, false)?;
        }
        Ok(())
    }
}

/// The privileges by their words; `ALL` is every one in `all`.
fn expand(wanted: &[Privilege], all: &[Privilege]) -> Vec<&'static str> {
    let whole = wanted.contains(&Privilege::All);
    let list = if whole { all } else { wanted };
    list.iter().map(|privilege| privilege_name(*privilege)).collect()
}
