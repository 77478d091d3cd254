//! Roles granted to users and roles, and system permissions granted to roles.
//! Redshift Developer Guide, "GRANT", "Role hierarchy", "System permissions for RBAC".

use super::super::Session;
use super::{Change, To};
use crate::catalog::own;
use crate::catalog::roles;
use crate::catalog::users::Collective;
use crate::errors::Failure;
use crate::privileges::require_superuser;

impl Session {
    pub(super) fn change_roles(
        &mut self,
        names: &[String],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for name in names {
            let role = self.existing(Collective::Role, name)?;
            self.require_role_admin(role, name)?;
            for (holder, admin) in holders {
                if holder.kind == "role" && matches!(change, Change::Give) {
                    self.refuse_cycle(role, holder.id)?;
                }
                self.change_role(role, (holder.kind, holder.id), *admin, change)?;
            }
        }
        Ok(())
    }

    /// Superusers, `sys:secadmin`, the role's owner and those who hold it with the admin option
    /// give it on.
    pub(in crate::session) fn require_role_admin(
        &mut self,
        role: i64,
        name: &str,
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        let (connection, home) = (&self.connection, &self.cluster.home);
        let allowed = identity.manages_policies()
            || roles::owner(connection, home, role)? == Some(identity.user)
            || roles::is_administered(connection, home, role, &identity.filter)?;
        if allowed { Ok(()) } else { Err(Failure::denied("role", name)) }
    }

    fn refuse_cycle(&self, role: i64, to: i64) -> Result<(), Failure> {
        if !roles::reaches(&self.connection, &self.cluster.home, role, to)? {
            return Ok(());
        }
        let text = "cannot grant this role, a circular dependency was detected between these roles";
        Err(Failure::new("0LP01", text))
    }

    fn change_role(
        &self,
        role: i64,
        (kind, id): (&str, i64),
        admin: bool,
        change: Change,
    ) -> Result<(), Failure> {
        let table = own(&self.cluster.home, "role_grants");
        let same = format!("role = {role} AND grantee_kind = '{kind}' AND grantee = {id}");
        let had = self.connection.rows(&format!("SELECT admin FROM {table} WHERE {same}"))?;
        let had = had.first().and_then(|row| row.first());
        let keep = match change {
            Change::Give => Some(admin || had.is_some_and(crate::engine::Value::is_true)),
            Change::Take { option_only: true, .. } => had.map(|_| false),
            Change::Take { option_only: false, .. } => None,
        };
        self.connection.run(&format!("DELETE FROM {table} WHERE {same}"))?;
        if let Some(admin) = keep {
            self.connection
                .run(&format!("INSERT INTO {table} VALUES ({role}, '{kind}', {id}, {admin})"))?;
        }
        Ok(())
    }

    pub(super) fn change_permissions(
        &mut self,
        permissions: &[&'static str],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        let given = match change {
            Change::Give => true,
            Change::Take { option_only: true, .. } => return Ok(()),
            Change::Take { option_only: false, .. } => false,
        };
        for (holder, _) in holders {
            for permission in permissions {
                // Whoever manages policies says who is exempt from them.
                let policies = permission.ends_with(" RLS") || permission.ends_with(" MASKING");
                if !(policies && identity.security_admin) {
                    require_superuser(&identity, "grant or revoke system permissions")?;
                }
                let (connection, home) = (&self.connection, &self.cluster.home);
                let (kind, id) = (holder.kind, holder.id);
                roles::set_permission(connection, home, permission, kind, id, given)?;
            }
        }
        Ok(())
    }
}
