//! Time zones behind a time: offsets, and the names that mean one.

use redshift_sql::Zone;

/// Offsets reach so far, in hours.
const FARTHEST: i32 = 15;

/// Seconds east of UTC of `+HH`, `+HHMM`, `+HH:MM` or a name, where clocks show `local`:
/// microseconds from 1970-01-01.
pub(super) fn offset(text: &[u8], local: i64) -> Option<i32> {
    let (sign, digits) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => {
            let zone = Zone::read(std::str::from_utf8(text).ok()?)?;
            return i32::try_from(zone.offset_of_local(local)?).ok();
        }
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i32::from(byte - b'0'));
    let (hours, minutes) = match *digits {
        [h] => (digit(h)?, 0),
        [h0, h1] => (digit(h0)? * 10 + digit(h1)?, 0),
        [h0, h1, m0, m1] | [h0, h1, b':', m0, m1] => {
            (digit(h0)? * 10 + digit(h1)?, digit(m0)? * 10 + digit(m1)?)
        }
        _ => return None,
    };
    (hours <= FARTHEST && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
