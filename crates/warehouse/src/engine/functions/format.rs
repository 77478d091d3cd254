//! Data type formatting functions (Redshift guide, SQL functions › Data type formatting
//! functions): `TO_CHAR`, `TO_DATE`, `TO_TIMESTAMP`, `TO_NUMBER` and their patterns.

mod number;
mod parse;
mod pattern;
mod roman;
mod time;

use super::kinds::{Bool, Text, Timestamp};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Timestamp, Text), Text>("lb_to_char_time", |(at, pattern)| {
        time::to_char(at, pattern)
    })?;
    registry.add::<(Text, Text), Text>("lb_to_char_number", |(number, pattern)| {
        number::to_char(number, pattern)
    })?;
    registry.add::<(Text, Text), Text>("lb_to_number", |(text, pattern)| {
        number::to_number(text, pattern)
    })?;
    registry.add::<(Text, Text, Bool), Timestamp>("lb_to_timestamp", |(text, pattern, strict)| {
        parse::to_timestamp(text, pattern, strict)
    })
}

/// 22023 for a part of a pattern that is not known.
fn unknown(pattern: &str) -> Refusal {
    Refusal::new("0A000", format!("the format \"{pattern}\" is not supported"))
}
