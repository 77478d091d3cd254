//! The second gate of COPY and UNLOAD: may this database user use this IAM role?
//! Redshift Developer Guide, "GRANT", "Usage notes for granting the ASSUMEROLE permission".

use crate::catalog::own;
use crate::engine::{Connection, EngineFault, literal};
use crate::errors::Failure;

use super::Identity;

/// The row of `facts` that says `REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL` has been run.
pub(crate) const ENFORCED: &str = "assumerole_enforced";
/// The `chain` of a grant on all roles.
pub(crate) const ANY_CHAIN: &str = "ALL";
/// The `chain` of a grant on the cluster's default role.
pub(crate) const DEFAULT_CHAIN: &str = "default";

/// Checks the privilege on a whole chain, as it is written: a grant on its parts is none on it.
///
/// # Errors
/// `User x does not have ASSUMEROLE permission on IAM role "…" for UNLOAD`.
pub(crate) fn check(
    connection: &Connection,
    home: &str,
    identity: &Identity,
    user_name: &str,
    chain: &str,
    is_default: bool,
    command: &str,
) -> Result<(), Failure> {
    if identity.superuser || !is_enforced(connection, home)? {
        return Ok(());
    }
    let default = if is_default { DEFAULT_CHAIN } else { ANY_CHAIN };
    let rows = connection.rows(&format!(
        "SELECT 1 FROM {} WHERE chain IN ({}, '{ANY_CHAIN}', '{default}') \
         AND command IN ('{command}', 'ALL') AND ({}) LIMIT 1",
        own(home, "assume_role"),
        literal(chain),
        identity.filter,
    ))?;
    if rows.is_empty() {
        return Err(Failure::new(
            "XX000",
            format!(
                "User {user_name} does not have ASSUMEROLE permission on IAM role \"{chain}\" \
                 for {command}"
            ),
        ));
    }
    Ok(())
}

/// Whether the privilege is enforced in this cluster.
pub(crate) fn is_enforced(connection: &Connection, home: &str) -> Result<bool, EngineFault> {
    let facts = own(home, "facts");
    let rows =
        connection.rows(&format!("SELECT 1 FROM {facts} WHERE name = {}", literal(ENFORCED)))?;
    Ok(!rows.is_empty())
}
