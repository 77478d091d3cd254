//! Numbers that do not fit, and text that is no number, in Redshift's words.
//!
//! The engine names its own types in the middle of its messages. Text of users is quoted there,
//! so each message is taken apart from its beginning.

use super::Failure;

/// What a decimal's overflow is called.
const OVERFLOW: &str = "Numeric data overflow (result precision)";

/// The engine's names of integer types.
const INTEGERS: [(&str, &str); 3] =
    [("INT16", "smallint"), ("INT32", "integer"), ("INT64", "bigint")];
/// Its names of other numbers and of what else text is read as.
const OTHERS: [(&str, &str); 4] = [
    ("FLOAT", "type real"),
    ("DOUBLE", "type double precision"),
    ("BOOL", "type boolean"),
    ("DECIMAL", "type numeric"),
];

/// The failure that an engine message about a number means; `None` for other messages.
pub(super) fn failure(message: &str) -> Option<Failure> {
    if let Some(rest) = message.strip_prefix("Out of Range Error: ") {
        return overflow(rest);
    }
    let rest = message.strip_prefix("Conversion Error: ")?;
    if let Some(rest) = rest.strip_prefix("Could not convert string ") {
        return unreadable(rest);
    }
    if let Some(failure) = date(rest) {
        return Some(failure);
    }
    if rest.starts_with("Casting value ") && rest.ends_with("value is out of range!") {
        return Some(out_of_range(OVERFLOW));
    }
    if let Some(rest) = rest.strip_prefix("Could not cast value ") {
        return rest.rsplit_once(" to DECIMAL(").map(|_| out_of_range(OVERFLOW));
    }
    let (start, wanted) = rest.rsplit_once(" out of range for the destination type ")?;
    start.starts_with("Type ").then(|| range(wanted))
}

/// `Overflow in addition of INT32 (70 + 2147483647)!`
fn overflow(rest: &str) -> Option<Failure> {
    let (_, of) = rest.strip_prefix("Overflow in ")?.split_once(" of ")?;
    let end = of.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(of.len());
    Some(range(of.get(..end)?))
}

/// The range of an engine type was left.
fn range(engine: &str) -> Failure {
    match INTEGERS.iter().find(|(name, _)| engine.starts_with(name)) {
        Some((_, name)) => out_of_range(&format!("{name} out of range")),
        None => out_of_range(OVERFLOW),
    }
}

/// `'abc' to INT32`, `"abc" to DECIMAL(5,2)`: the text may hold the same words, the type is the last.
fn unreadable(rest: &str) -> Option<Failure> {
    let mark = if rest.starts_with('"') { '"' } else { '\'' };
    let (text, wanted) = rest.strip_prefix(mark)?.rsplit_once(&format!("{mark} to "))?;
    let of = |types: &[(&str, &'static str)]| {
        types.iter().find(|(name, _)| wanted.starts_with(name)).map(|(_, name)| *name)
    };
    let integer = of(&INTEGERS);
    if integer.is_some() && text.trim().parse::<i128>().is_ok() {
        return Some(out_of_range(&format!("{} out of range", integer.unwrap_or_default())));
    }
    let name = integer.or_else(|| of(&OTHERS))?;
    Some(Failure::new("22P02", format!("invalid input syntax for {name}: \"{text}\"")))
}

/// `invalid date field format: "x", expected …`, `timestamp field value out of range: "x", …`.
fn date(rest: &str) -> Option<Failure> {
    for name in ["date", "timestamp", "time"] {
        if let Some(rest) = rest.strip_prefix(&format!("invalid {name} field format: ")) {
            let text = quoted(rest)?;
            let message = format!("invalid input syntax for type {name}: \"{text}\"");
            return Some(Failure::new("22007", message));
        }
        if let Some(rest) = rest.strip_prefix(&format!("{name} field value out of range: ")) {
            let text = quoted(rest)?;
            let message = format!("date/time field value out of range: \"{text}\"");
            return Some(Failure::new("22008", message));
        }
    }
    None
}

/// The text in double quotes at the beginning, perhaps followed by what was expected.
fn quoted(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('"')?;
    let text = inner.split_once("\", expected format is ").map(|(text, _)| text);
    text.or_else(|| inner.strip_suffix('"'))
}

fn out_of_range(message: &str) -> Failure {
    Failure::new("22003", message)
}

#[cfg(test)]
mod tests {
    use super::failure;

    #[test]
    fn messages_about_numbers_are_redshifts() {
        for (message, expect) in [
            (
                "Out of Range Error: Overflow in addition of INT32 (70 + 2147483647)!",
                "22003 integer out of range",
            ),
            (
                "Out of Range Error: Overflow in multiplication of DECIMAL(38) (9 * 10). You might",
                "22003 Numeric data overflow (result precision)",
            ),
            (
                "Conversion Error: Could not cast value 1000000 to DECIMAL(8,2)",
                "22003 Numeric data overflow (result precision)",
            ),
            (
                "Conversion Error: Type INT32 with value 70000 can't be cast because the value is \
                 out of range for the destination type INT16",
                "22003 smallint out of range",
            ),
            (
                "Conversion Error: Could not convert string 'a' to INT32' to INT64",
                "22P02 invalid input syntax for bigint: \"a' to INT32\"",
            ),
            (
                "Conversion Error: Could not convert string '99999999999' to INT32",
                "22003 integer out of range",
            ),
            (
                "Conversion Error: invalid date field format: \"x\", expected format is (YYYY-MM-DD)",
                "22007 invalid input syntax for type date: \"x\"",
            ),
            (
                "Conversion Error: date field value out of range: \"2024-02-30\"",
                "22008 date/time field value out of range: \"2024-02-30\"",
            ),
        ] {
            let found = failure(message).unwrap();
            assert_eq!(format!("{} {}", found.sqlstate, found.message), expect);
        }
        assert!(failure("Conversion Error: something else").is_none());
        assert!(failure("Out of Range Error: Overflow").is_none());
    }
}
