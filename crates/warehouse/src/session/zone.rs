//! The session's time zone: for the engine a variable that functions of ours read, for the clock of
//! `sysdate` a shift, for values on the wire a way to write them.
//! Redshift Developer Guide, "timezone" (configuration reference).

use chrono::{DateTime, TimeDelta, Utc};

use super::Session;
use redshift_sql::Zone;

use crate::engine::literal;
use crate::errors::Failure;

/// The zone of a session that sets none; the engine's variable is then not set.
pub(super) const UTC: &str = "UTC";

impl Session {
    /// The zone, where it is another than UTC.
    pub(crate) fn zone(&self) -> Option<Zone> {
        let name = self.settings.get("timezone").filter(|name| *name != UTC)?;
        Zone::find(name).map(|(_, zone)| zone)
    }

    /// Tells the engine the zone, when it has changed since the last statement.
    pub(super) fn tell_zone(&self) -> Result<(), Failure> {
        let name = self.settings.get("timezone").unwrap_or(UTC);
        if *self.zone_told.borrow() == name {
            return Ok(());
        }
        self.set_variable("timezone", &literal(name))?;
        *self.zone_told.borrow_mut() = name.to_owned();
        Ok(())
    }

    /// The clock of the session's zone, as if it were UTC's.
    pub(super) fn local(&self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let Some(zone) = self.zone() else { return moment };
        let (_, seconds) = zone.clock(moment.timestamp_micros());
        moment.checked_add_signed(TimeDelta::seconds(seconds)).unwrap_or(moment)
    }
}
