//! What PostgreSQL and Redshift answer differently by intent, each with its reason.
//!
//! A generated statement writes both ways beside each other, `«rule:redshift¦postgresql»`; values
//! are compared by what they say, not by how many digits they say it with.

/// Differences that statements may be written in two ways for.
const RULES: &[(&str, &str)] = &[
    ("avg", "AVG of integers is a truncated BIGINT in Redshift, NUMERIC in PostgreSQL"),
    ("concat", "CONCAT of NULL is NULL in Redshift; PostgreSQL leaves NULLs out"),
    ("date_trunc", "DATE_TRUNC of a date is a TIMESTAMP in Redshift, TIMESTAMPTZ in PostgreSQL"),
    ("listagg", "LISTAGG is called STRING_AGG"),
    ("escape", "a backslash in a literal escapes in Redshift, and is a character in PostgreSQL"),
    ("inexact", "quotients have other scales, and sums of floats another order"),
];

/// Errors that have another SQLSTATE in Redshift: theirs, PostgreSQL's, why.
const CODES: &[(&str, &str, &str)] = &[];

/// PostgreSQL's side of the rules.
pub const HELPERS: &str = "
    create function rs_concat(a text, b text) returns text immutable language sql
        return a || b;
    create function rs_avg_next(s numeric[], v bigint) returns numeric[] immutable language sql
        return case when v is null then s else array[s[1] + v, s[2] + 1] end;
    create function rs_avg_end(s numeric[]) returns bigint immutable language sql
        return case when s[2] = 0 then null else trunc(s[1] / s[2])::bigint end;
    create aggregate rs_avg(bigint)
        (sfunc = rs_avg_next, stype = numeric[], initcond = '{0,0}', finalfunc = rs_avg_end);
";

/// A statement for both servers.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub redshift: String,
    pub postgres: String,
    /// Numbers need only be near.
    pub inexact: bool,
}

impl Pair {
    /// Reads the rules in a statement.
    pub fn of(text: &str) -> Self {
        let (mut redshift, mut postgres) = (String::new(), String::new());
        let mut inexact = false;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('«') {
            let (rule, after) = after.split_once('»').unwrap();
            let (name, ways) = rule.split_once(':').unwrap();
            assert!(RULES.iter().any(|(known, _)| *known == name), "no rule {name}");
            inexact |= name == "inexact";
            let (ours, theirs) = ways.split_once('¦').unwrap();
            redshift.push_str(before);
            redshift.push_str(ours);
            postgres.push_str(before);
            postgres.push_str(theirs);
            rest = after;
        }
        redshift.push_str(rest);
        postgres.push_str(rest);
        Self { redshift, postgres, inexact }
    }
}

/// Whether two answers (rows of cells, or an error) say the same.
pub fn agree(ours: &[String], theirs: &[String], inexact: bool) -> bool {
    if let (Some(one), Some(other)) = (code(ours), code(theirs)) {
        return one == other || CODES.iter().any(|(a, b, _)| (*a, *b) == (one, other));
    }
    ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(one, other)| {
            let (one, other) = (one.split('|'), other.split('|'));
            one.clone().count() == other.clone().count()
                && one.zip(other).all(|(one, other)| same(one, other, inexact))
        })
}

/// The SQLSTATE of an error.
fn code(answer: &[String]) -> Option<&str> {
    answer.first()?.strip_prefix('!').and_then(|text| text.get(..5))
}

/// Whether two cells say the same: numbers may have zeros at their end.
fn same(one: &str, other: &str, inexact: bool) -> bool {
    if one == other || plain(one) == plain(other) {
        return true;
    }
    let (Ok(left), Ok(right)) = (one.parse::<f64>(), other.parse::<f64>()) else { return false };
    if !inexact {
        return one.contains(['e', 'E']) && left == right;
    }
    let digits = |text: &str| text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let shown = digits(one).min(digits(other));
    let unit = 10_f64.powi(-i32::try_from(shown).unwrap());
    (left - right).abs() <= unit.max(left.abs() * 1e-9)
}

/// A row whose numbers have no zeros at their end.
pub fn plain_row(row: &str) -> String {
    row.split('|').map(plain).collect::<Vec<_>>().join("|")
}

/// A number without the zeros at its end.
fn plain(text: &str) -> &str {
    let number = text.parse::<f64>().is_ok() && text.contains('.') && !text.contains(['e', 'E']);
    match number {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

#[test]
fn answers_are_compared_by_what_they_say() {
    let rows = |text: &str| text.split(';').map(str::to_owned).collect::<Vec<_>>();
    for (one, other, inexact, expect) in [
        ("1|a;~|b", "1|a;~|b", false, true),
        ("1.50|a", "1.5|a", false, true),
        ("10", "1", false, false),
        ("1.5000", "1.5001", false, false),
        ("0.3333", "0.33333333333333333333", true, true),
        ("0.3333", "0.34333333333333333333", true, false),
        ("1;2", "1", false, false),
        ("!22012 Divide by zero", "!22012 division by zero", false, true),
        ("!22012 Divide by zero", "!22003 out of range", false, false),
        ("!22012 Divide by zero", "1", false, false),
    ] {
        assert_eq!(agree(&rows(one), &rows(other), inexact), expect, "{one} and {other}");
    }
}
