//! Roman numerals.

/// A number of 1 to 3999; `None` for any other.
pub(super) fn roman(number: i128) -> Option<String> {
    const PARTS: [(i128, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..=3999).contains(&number) {
        return None;
    }
    let mut rest = number;
    let mut out = String::new();
    for (value, digits) in PARTS {
        while rest >= value {
            out.push_str(digits);
            rest = rest.saturating_sub(value);
        }
    }
    Some(out)
}
