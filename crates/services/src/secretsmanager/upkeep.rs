//! What time brings about: the end of secrets whose recovery window has passed.

use std::sync::Arc;

use gateway::{Fault, Gateway, Origin};

use super::state;

/// Removes every secret whose time has come, each in a transaction of its own.
pub(super) fn run(gateway: &Arc<Gateway>, origin: &Origin) -> Result<(), Fault> {
    while let Some((entry, due)) = gateway.inspect(origin.clone(), state::due)? {
        let account = Some(due.account.clone());
        gateway.maintain(account, origin.clone(), |cx| state::remove_due(cx, &entry, &due))?;
    }
    Ok(())
}
