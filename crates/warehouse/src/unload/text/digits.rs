//! Numbers, dates and times as bytes, without allocation; knows no Arrow and no file format.
//!
//! Decimal digits are made eight at a time inside one 64-bit word, which is what keeps UNLOAD
//! ahead of the disk. Start reading at [`push_u64`].

/// Eight decimal digits of `n` (below 10^8) as ASCII, leading zeros included.
fn eight_digits(n: u32) -> [u8; 8] {
    let n = u64::from(n);
    // Split 4 + 4, then 2 + 2 in each half, then 1 + 1 in each quarter: all lanes at once.
    // The multipliers are 2^20/100 and 2^10/10 rounded up, exact for these ranges.
    let fours = (n / 10_000) | ((n % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - tens * 10) << 8);
    (ones | 0x3030_3030_3030_3030).to_le_bytes()
}

const EIGHT: u64 = 100_000_000;

/// The lower 32 bits of a number known to be below 10^8.
fn low(n: u64) -> u32 {
    // `n` is a remainder of 10^8, so nothing is lost.
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn push_short(out: &mut Vec<u8>, n: u64) {
    if n < 10 {
        // One digit is common enough (quantities, flags) to skip the word.
        out.push(b'0' + (n as u8));
        return;
    }
    let digits = eight_digits(low(n));
    let zeros = (u64::from_le_bytes(digits) ^ 0x3030_3030_3030_3030).trailing_zeros() / 8;
    out.extend_from_slice(digits.get(zeros as usize..).unwrap_or_default());
}

/// Appends `n` in decimal.
pub(crate) fn push_u64(out: &mut Vec<u8>, n: u64) {
    if n < EIGHT {
        push_short(out, n);
    } else if n < EIGHT * EIGHT {
        push_short(out, n / EIGHT);
        out.extend_from_slice(&eight_digits(low(n % EIGHT)));
    } else {
        let rest = n % (EIGHT * EIGHT);
        push_short(out, n / (EIGHT * EIGHT));
        out.extend_from_slice(&eight_digits(low(rest / EIGHT)));
        out.extend_from_slice(&eight_digits(low(rest % EIGHT)));
    }
}

/// Appends `n` in decimal.
pub(crate) fn push_i64(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    push_u64(out, n.unsigned_abs());
}

/// Appends `n` in decimal with zeros in front up to `width` digits.
fn push_padded(out: &mut Vec<u8>, n: u64, width: usize) {
    if width <= 8 && n < EIGHT {
        let digits = eight_digits(low(n));
        let (skipped, shown) = digits.split_at(8 - width);
        if skipped.iter().all(|&digit| digit == b'0') {
            return out.extend_from_slice(shown);
        }
    }
    let mut digits = 1;
    let mut rest = n / 10;
    while rest > 0 {
        digits += 1;
        rest /= 10;
    }
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(digits)));
    push_u64(out, n);
}

/// Appends `n` in decimal with zeros in front up to `width` digits.
fn push_padded_u128(out: &mut Vec<u8>, n: u128, width: usize) {
    const WORD: u128 = 10_000_000_000_000_000_000;
    match u64::try_from(n) {
        Ok(n) if n < WORD as u64 => push_padded(out, n, width),
        _ => {
            push_padded_u128(out, n / WORD, width.saturating_sub(19));
            push_padded(out, (n % WORD) as u64, 19);
        }
    }
}

/// Appends an unscaled decimal with `scale` digits after the point, all of them, as Redshift does.
pub(crate) fn push_decimal(out: &mut Vec<u8>, unscaled: i128, scale: u8) {
    if unscaled < 0 {
        out.push(b'-');
    }
    let magnitude = unscaled.unsigned_abs();
    if scale == 0 {
        push_padded_u128(out, magnitude, 1);
        return;
    }
    match (u64::try_from(magnitude), 10u64.checked_pow(u32::from(scale))) {
        (Ok(magnitude), Some(unit)) => {
            push_u64(out, magnitude / unit);
            out.push(b'.');
            push_padded(out, magnitude % unit, usize::from(scale));
        }
        _ => {
            let unit = 10u128.saturating_pow(u32::from(scale));
            push_padded_u128(out, magnitude / unit, 1);
            out.push(b'.');
            push_padded_u128(out, magnitude % unit, usize::from(scale));
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01 in the proleptic Gregorian calendar.
/// Years of 400 years' cycle from 1 March, so that the leap day is the last.
fn civil(days: i64) -> (i64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month.unsigned_abs(), day.unsigned_abs())
}

/// Appends `YYYY-MM-DD` without the mark of the era; true when it is needed.
fn push_year_month_day(out: &mut Vec<u8>, days: i64) -> bool {
    let (year, month, day) = civil(days);
    let before_christ = year <= 0;
    let shown = if before_christ { 1 - year } else { year };
    push_padded(out, shown.unsigned_abs(), 4);
    // "-MM-DD" as one word: month and day as two digits each.
    let digits = eight_digits(low(month * 10_000 + day));
    let [_, _, m1, m2, _, _, d1, d2] = digits;
    out.extend_from_slice(&[b'-', m1, m2, b'-', d1, d2]);
    before_christ
}

/// Appends a date, counted in days from 1970-01-01: `YYYY-MM-DD`, with ` BC` before year 1.
pub(crate) fn push_date(out: &mut Vec<u8>, days: i32) {
    if push_year_month_day(out, i64::from(days)) {
        out.extend_from_slice(b" BC");
    }
}

const DAY: i64 = 86_400_000_000;

/// Appends a time of day in microseconds: `HH:MI:SS[.ffffff]` without trailing zeros.
pub(crate) fn push_time(out: &mut Vec<u8>, micros: i64) {
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 99 {
        push_u64(out, hours / 100);
    }
    let [_, h1, h2, m1, m2, _, s1, s2] =
        eight_digits(low((hours % 100) * 100_000 + minutes * 1_000 + seconds));
    out.extend_from_slice(&[h1, h2, b':', m1, m2, b':', s1, s2]);
    let fraction = micros % 1_000_000;
    if fraction != 0 {
        out.push(b'.');
        push_padded(out, fraction, 6);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// Appends a timestamp in microseconds from 1970-01-01: `YYYY-MM-DD HH:MI:SS[.ffffff]`, then
/// `zone`, then ` BC` before year 1.
pub(crate) fn push_timestamp(out: &mut Vec<u8>, micros: i64, zone: &[u8]) {
    let before_christ = push_year_month_day(out, micros.div_euclid(DAY));
    out.push(b' ');
    push_time(out, micros.rem_euclid(DAY));
    out.extend_from_slice(zone);
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}
