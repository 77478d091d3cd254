//! GRANT and REVOKE ASSUMEROLE.
//! Redshift Developer Guide, "Usage notes for granting the ASSUMEROLE permission".

use redshift_sql::{AssumeRoleCommand, AssumeRoleTarget};

use super::super::Session;
use super::{Change, To};
use crate::catalog::own;
use crate::engine::literal;
use crate::errors::Failure;
use crate::privileges::assume_role::{ANY_CHAIN, DEFAULT_CHAIN, ENFORCED};
use crate::privileges::require_superuser;

impl Session {
    pub(super) fn change_assume_role(
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
