//! What time brings about: deletions, rotations, expiry of imported material.

use std::sync::Arc;

use gateway::{Cx, Fault, Gateway, Origin};

use super::state::{self, DueRecord};
use super::{deletion, rotation};

/// Does everything that is due, each key in a transaction of its own.
pub(super) fn run(gateway: &Arc<Gateway>, origin: &Origin) -> Result<(), Fault> {
    while let Some((entry, due)) = gateway.inspect(origin.clone(), state::due)? {
        let account = Some(due.account.clone());
        gateway.maintain(account, origin.clone(), |cx| attend(cx, &entry, &due))?;
    }
    Ok(())
}

fn attend(cx: &mut Cx, entry: &str, due: &DueRecord) -> Result<(), Fault> {
    state::done(cx, entry)?;
    let Some(mut key) = state::stored(cx, &due.account, &due.region, &due.key)? else {
        return Ok(());
    };
    let now = cx.now();
    if key.deletion.is_some_and(|deletion| deletion <= now) {
        return deletion::carry_out(cx, &key);
    }
    key.drop_expired(now);
    rotation::rotate_when_due(cx, &mut key)?;
    state::put_key(cx, &key)
}
