//! GRANT and REVOKE. Redshift Developer Guide, "GRANT", "REVOKE".

use redshift_sql::{
    AssumeRoleCommand, AssumeRoleTarget, ColumnPrivilege, Grant, GrantObject, Grantee, ObjectName,
    Privilege, Revoke,
};

use super::Session;
use crate::catalog::grants::{Holder, Object, Right, give, held, take};
use crate::catalog::own;
use crate::catalog::relations::{self, Relation};
use crate::catalog::users::Collective;
use crate::engine::literal;
use crate::errors::Failure;
use crate::privileges::assume_role::{ANY_CHAIN, DEFAULT_CHAIN, ENFORCED};
use crate::privileges::{self, Resolved, privilege_name, require_superuser};

/// What `ALL` means for tables and views.
const ALL_ON_TABLES: [Privilege; 8] = [
    Privilege::Select,
    Privilege::Insert,
    Privilege::Update,
    Privilege::Delete,
    Privilege::References,
    Privilege::Drop,
    Privilege::Alter,
    Privilege::Truncate,
];

/// A grant to give or to take.
#[derive(Clone, Copy)]
enum Change {
    Give,
    Take { option_only: bool },
}

/// A holder and whether it may give the privilege on.
type To = (Holder, bool);

impl Session {
    pub(super) fn grant(&mut self, grant: &Grant) -> Result<(), Failure> {
        self.change_grants(&grant.what, &grant.to, Change::Give)
    }

    pub(super) fn revoke(&mut self, revoke: &Revoke) -> Result<(), Failure> {
        let change = Change::Take { option_only: revoke.option_only };
        self.change_grants(&revoke.what, &revoke.from, change)
    }

    fn change_grants(
        &mut self,
        what: &GrantObject,
        grantees: &[Grantee],
        change: Change,
    ) -> Result<(), Failure> {
        let holders = self.holders(grantees)?;
        self.atomically(|session| match what {
            GrantObject::Tables { privileges, tables } => {
                session.change_on_tables(privileges, tables, &holders, change)
            }
            GrantObject::AllTablesInSchema { privileges, schemas } => {
                session.change_on_all_tables(privileges, schemas, &holders, change)
            }
            GrantObject::Schemas { privileges, schemas } => {
                session.change_on_schemas(privileges, schemas, &holders, change)
            }
            GrantObject::Databases { privileges, databases } => {
                session.change_on_databases(privileges, databases, &holders, change)
            }
            GrantObject::Languages { .. } => Ok(()),
            GrantObject::AssumeRole { roles, commands } => {
                session.change_assume_role(roles, commands, &holders, change)
            }
            GrantObject::Roles { roles, admin } => {
                session.change_roles(roles, *admin, &holders, change)
            }
        })?;
        self.privileges_changed();
        Ok(())
    }

    fn holders(&self, grantees: &[Grantee]) -> Result<Vec<To>, Failure> {
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
                    Grantee::Public => (Holder { kind: "public", id: 0 }, false),
                })
            })
            .collect()
    }

    fn change_on_tables(
        &mut self,
        wanted: &[ColumnPrivilege],
        tables: &[ObjectName],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for table in tables {
            let resolved =
                self.with_scope(|connection, scope| privileges::resolve(connection, scope, table))?;
            if let Resolved::Relation { database, relation } = resolved {
                self.change_on_relation(&database, &relation, wanted, holders, change)?;
            }
        }
        Ok(())
    }

    fn change_on_all_tables(
        &mut self,
        wanted: &[Privilege],
        schemas: &[ObjectName],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let wanted: Vec<ColumnPrivilege> =
            wanted.iter().map(|p| ColumnPrivilege { privilege: *p, columns: None }).collect();
        for schema in schemas {
            let database = schema.schema.clone().unwrap_or_else(|| self.database.clone());
            for relation in relations::in_schema(&self.connection, &database, &schema.name)? {
                self.change_on_relation(&database, &relation, &wanted, holders, change)?;
            }
        }
        Ok(())
    }

    fn change_on_relation(
        &mut self,
        database: &str,
        relation: &Relation,
        wanted: &[ColumnPrivilege],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let object = Object::Relation { schema: &relation.schema, name: &relation.name };
        let everything = [String::new()];
        for wish in wanted {
            let names: Vec<&'static str> = match wish.privilege {
                Privilege::All => ALL_ON_TABLES.iter().map(|p| privilege_name(*p)).collect(),
                privilege => vec![privilege_name(privilege)],
            };
            for privilege in names {
                let owner = relation.owner;
                self.require_grantor(database, &object, owner, &relation.name, privilege)?;
                for column in wish.columns.as_deref().unwrap_or(&everything) {
                    let right = Right { privilege, column };
                    self.apply(database, &object, right, holders, change)?;
                }
            }
        }
        Ok(())
    }

    fn change_on_schemas(
        &mut self,
        wanted: &[Privilege],
        schemas: &[ObjectName],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for name in schemas {
            let database = name.schema.clone().unwrap_or_else(|| self.database.clone());
            let schema =
                relations::schema(&self.connection, &database, &name.name)?.ok_or_else(|| {
                    Failure::new("3F000", format!("schema \"{}\" does not exist", name.name))
                })?;
            let object = Object::Schema(&schema.name);
            for privilege in expand(wanted, &[Privilege::Usage, Privilege::Create]) {
                self.require_grantor(&database, &object, schema.owner, &schema.name, privilege)?;
                let right = Right { privilege, column: "" };
                self.apply(&database, &object, right, holders, change)?;
            }
        }
        Ok(())
    }

    fn change_on_databases(
        &mut self,
        wanted: &[Privilege],
        databases: &[String],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "grant privileges on a database")?;
        for database in databases {
            if !self.cluster.databases.contains(database) {
                return Err(Failure::new(
                    "3D000",
                    format!("database \"{database}\" does not exist"),
                ));
            }
            for privilege in expand(wanted, &[Privilege::Create, Privilege::Temp]) {
                let right = Right { privilege, column: "" };
                self.apply(database, &Object::Database, right, holders, change)?;
            }
        }
        Ok(())
    }

    /// Owners, superusers and holders of the grant option may give a privilege.
    fn require_grantor(
        &mut self,
        database: &str,
        object: &Object<'_>,
        owner: i64,
        name: &str,
        privilege: &str,
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        if identity.superuser || owner == identity.user {
            return Ok(());
        }
        let held = held(&self.connection, database, object, &identity.filter)?;
        if held.iter().any(|grant| grant.privilege == privilege && grant.grant_option) {
            return Ok(());
        }
        let kind = if matches!(object, Object::Schema(_)) { "schema" } else { "relation" };
        Err(Failure::denied(kind, name))
    }

    fn apply(
        &self,
        database: &str,
        object: &Object<'_>,
        right: Right<'_>,
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for (holder, option) in holders {
            let connection = &self.connection;
            match change {
                Change::Give => {
                    give(connection, database, object, right, holder, *option, self.user.id)?;
                }
                Change::Take { option_only } => {
                    take(connection, database, object, right, holder, option_only)?;
                }
            }
        }
        Ok(())
    }

    fn change_assume_role(
        &mut self,
        roles: &AssumeRoleTarget,
        commands: &[AssumeRoleCommand],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "grant or revoke ASSUMEROLE")?;
        let chains = match roles {
            AssumeRoleTarget::All => vec![ANY_CHAIN.to_owned()],
            AssumeRoleTarget::Default => vec![DEFAULT_CHAIN.to_owned()],
            AssumeRoleTarget::Chains(chains) => chains.clone(),
        };
        let table = own(&self.cluster.home, "assume_role");
        for (holder, _) in holders {
            for chain in &chains {
                for command in commands {
                    let command = command_name(*command);
                    let (chain_text, kind) = (literal(chain), holder.kind);
                    let same = format!(
                        "grantee_kind = '{kind}' AND grantee = {} AND chain = {chain_text}",
                        holder.id
                    );
                    let narrower = if command == "ALL" {
                        String::new()
                    } else {
                        format!(" AND command = '{command}'")
                    };
                    self.connection.run(&format!("DELETE FROM {table} WHERE {same}{narrower}"))?;
                    let everybody =
                        holder.kind == "public" && chain == ANY_CHAIN && command == "ALL";
                    if everybody {
                        self.enforce_assume_role(!matches!(change, Change::Give))?;
                    } else if matches!(change, Change::Give) {
                        self.connection.run(&format!(
                            "INSERT INTO {table} VALUES ({chain_text}, '{command}', '{kind}', {})",
                            holder.id
                        ))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// `REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL`: from now on the privilege counts. The same
    /// granted again to everybody is the state that a cluster is born with.
    fn enforce_assume_role(&self, enforced: bool) -> Result<(), Failure> {
        let facts = own(&self.cluster.home, "facts");
        self.connection.run(&format!("DELETE FROM {facts} WHERE name = '{ENFORCED}'"))?;
        if enforced {
            self.connection.run(&format!("INSERT INTO {facts} VALUES ('{ENFORCED}', 'true')"))?;
        }
        Ok(())
    }

    fn change_roles(
        &mut self,
        roles: &[String],
        admin: bool,
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        require_superuser(&identity, "grant or revoke roles")?;
        let table = own(&self.cluster.home, "role_grants");
        for name in roles {
            let role = self.existing(Collective::Role, name)?;
            for (holder, option) in holders {
                let (kind, id) = (holder.kind, holder.id);
                self.connection.run(&format!(
                    "DELETE FROM {table} WHERE role = {role} AND grantee_kind = '{kind}' \
                     AND grantee = {id}"
                ))?;
                let keep = match change {
                    Change::Give => Some(admin || *option),
                    Change::Take { option_only: true } => Some(false),
                    Change::Take { option_only: false } => None,
                };
                if let Some(admin) = keep {
                    self.connection.run(&format!(
                        "INSERT INTO {table} VALUES ({role}, '{kind}', {id}, {admin})"
                    ))?;
                }
            }
        }
        Ok(())
    }
}

fn expand(wanted: &[Privilege], all: &[Privilege]) -> Vec<&'static str> {
    let whole = wanted.contains(&Privilege::All);
    let list = if whole { all } else { wanted };
    list.iter().map(|privilege| privilege_name(*privilege)).collect()
}

fn command_name(command: AssumeRoleCommand) -> &'static str {
    match command {
        AssumeRoleCommand::All => "ALL",
        AssumeRoleCommand::Copy => "COPY",
        AssumeRoleCommand::Unload => "UNLOAD",
        AssumeRoleCommand::ExternalFunction => "EXTERNAL FUNCTION",
        AssumeRoleCommand::CreateModel => "CREATE MODEL",
    }
}
