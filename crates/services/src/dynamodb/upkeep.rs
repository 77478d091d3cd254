//! What time brings about: the end of items whose time to live is over, of the items of
//! deleted tables, and of the tokens of transactions.

use std::sync::Arc;

use gateway::{Fault, Gateway, Origin};

use super::state;

/// Items of one transaction.
const AT_ONCE: usize = 500;

/// Removes what is due, in transactions of some items each.
pub(super) fn run(gateway: &Arc<Gateway>, origin: &Origin) -> Result<(), Fault> {
    loop {
        let due = gateway.inspect(origin.clone(), |cx| state::expired(cx, AT_ONCE))?;
        if due.is_empty() {
            break;
        }
        gateway.maintain(None, origin.clone(), |cx| {
            due.iter().try_for_each(|(entry, place)| state::expire(cx, entry, place))
        })?;
    }
    while let Some((entry, purge)) = gateway.inspect(origin.clone(), state::purgeable)? {
        let account = Some(purge.account.clone());
        gateway.maintain(account, origin.clone(), |cx| state::purge(cx, &entry, &purge))?;
    }
    while gateway.inspect(origin.clone(), state::has_old_tokens)? {
        gateway.maintain(None, origin.clone(), state::forget_tokens)?;
    }
    Ok(())
}
