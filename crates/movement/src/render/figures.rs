//! Numbers as people read them.

/// `10,000,000`
pub(crate) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `7.4 M`, `412 k`, `93`
pub(super) fn short(number: u64) -> String {
    scaled(number, &[(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")], "")
}

/// `561 MB`; powers of ten, as disks are sold and AWS bills storage.
pub(crate) fn bytes(number: u64) -> String {
    scaled(number, &[(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")], "B")
}

fn scaled(number: u64, units: &[(u64, &str)], smallest: &str) -> String {
    for (size, unit) in units {
        if number >= *size {
            let tenths = number / (size / 10);
            return match tenths {
                0..100 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
                _ => format!("{} {unit}", tenths / 10),
            };
        }
    }
    format!("{number} {smallest}").trim_end().to_owned()
}

/// `61 ms`, `1.4 s`, `12 s`, `3 min 5 s`
pub(super) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..10 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
