//! Conversions between time zones, of which [`redshift_sql::Zone`] knows the names and rules.

use chrono::{DateTime, NaiveDateTime};
use redshift_sql::{Written, Zone};

use super::kinds::{Bool, Text, Timestamp};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Timestamp, Text), Timestamp>("lb_zone_to_utc", |(local, name)| {
        let seconds = zone(name)?.offset_of_local(local).ok_or_else(out_of_range)?;
        shifted(local, seconds.checked_neg())
    })?;
    registry.add::<(Timestamp, Text), Timestamp>("lb_zone_from_utc", |(utc, name)| {
        let seconds = zone(name)?.offset_of_utc(utc).ok_or_else(out_of_range)?;
        shifted(utc, Some(seconds))
    })?;
    registry.add::<(Timestamp, Text), Text>("lb_zone_text", |(utc, name)| text(utc, name))?;
    registry.add::<(Timestamp, Text), Text>("lb_zone_short", |(local, name)| short(local, name))?;
    registry.add::<(Text,), Bool>("lb_has_offset", |(text,)| {
        Ok(Some(redshift_sql::zone_of(text) == Written::Offset))
    })?;
    registry.add::<(Text,), Text>("lb_zone_of", |(text,)| Ok(named(text).map(|(_, zone)| zone)))?;
    registry.add::<(Text,), Text>("lb_clock_of", |(text,)| Ok(named(text).map(|(clock, _)| clock)))
}

/// The clock and the zone of a text that names one.
fn named(text: &str) -> Option<(String, String)> {
    match redshift_sql::zone_of(text) {
        Written::Named { clock, zone } => Some((clock, zone)),
        Written::Nothing | Written::Offset => None,
    }
}

/// A moment as text: the clock of a zone, and its offset.
fn text(utc: i64, name: &str) -> Answer<String> {
    let seconds = zone(name)?.offset_of_utc(utc).ok_or_else(out_of_range)?;
    let Some(local) = shifted(utc, Some(seconds))? else { return Ok(None) };
    let clock = naive(local)?;
    let fraction = clock.format("%.6f").to_string();
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    let clock = clock.format("%Y-%m-%d %H:%M:%S");
    Ok(Some(format!("{clock}{fraction}{}", offset_text(seconds))))
}

/// What people call a zone at a time of its clock: `EDT`.
fn short(local: i64, name: &str) -> Answer<String> {
    let zone = zone(name)?;
    let Zone::Named(_) = zone else { return Ok(Some(name.to_ascii_uppercase())) };
    let offset = zone.offset_of_local(local).ok_or_else(out_of_range)?;
    let utc = shifted(local, offset.checked_neg())?.unwrap_or(local);
    Ok(Some(zone.abbreviation_at(utc).unwrap_or_else(|| offset_text(0))))
}

/// A zone by its name, or 22023.
fn zone(name: &str) -> Result<Zone, Refusal> {
    Zone::read(name).ok_or_else(|| {
        Refusal::new("22023", format!("time zone \"{}\" not recognized", name.trim()))
    })
}

/// `+02`, `-03:30`: seconds east of Greenwich as times show them.
pub(crate) fn offset_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (minutes, rest) = (seconds.abs() / 60, seconds.abs() % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match (minutes, rest) {
        (0, 0) => format!("{sign}{hours:02}"),
        (_, 0) => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

fn shifted(micros: i64, seconds: Option<i64>) -> Answer<i64> {
    let shift = seconds.and_then(|seconds| seconds.checked_mul(1_000_000));
    let moved = shift.and_then(|shift| micros.checked_add(shift));
    moved.map(Some).ok_or_else(out_of_range)
}

fn out_of_range() -> Refusal {
    Refusal::new("22008", "timestamp out of range")
}

fn naive(micros: i64) -> Result<NaiveDateTime, Refusal> {
    DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc()).ok_or_else(out_of_range)
}
