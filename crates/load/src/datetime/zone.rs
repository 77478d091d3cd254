//! Time zones behind a time: offsets and the abbreviations that mean one.

/// Abbreviations and their offsets from UTC in hours.
const NAMES: [(&str, i32); 11] = [
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];
/// Offsets reach so far, in hours.
const FARTHEST: i32 = 15;

/// Seconds east of UTC of `+HH`, `+HHMM`, `+HH:MM` or an abbreviation.
pub(super) fn offset(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => {
            let named = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()));
            return named.map(|(_, hours)| hours * 3600);
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
