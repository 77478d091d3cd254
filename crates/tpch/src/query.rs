//! The queries with the substitution parameters of the validation run (clauses 2.4.x.3), and the
//! number of rows that count where the specification says so.

use tpchgen::q_and_a::queries;

/// How many queries there are.
pub const QUERIES: i32 = 22;

/// Each query's parameters, `:1` first, and its row limit.
const PARAMETERS: [(&[&str], Option<u32>); 22] = [
    (&["90"], None),
    (&["15", "BRASS", "EUROPE"], Some(100)),
    (&["BUILDING", "1995-03-15"], Some(10)),
    (&["1993-07-01"], None),
    (&["ASIA", "1994-01-01"], None),
    (&["1994-01-01", "0.06", "24"], None),
    (&["FRANCE", "GERMANY"], None),
    (&["BRAZIL", "AMERICA", "ECONOMY ANODIZED STEEL"], None),
    (&["green"], None),
    (&["1993-10-01"], Some(20)),
    (&["GERMANY", "0.0001"], None),
    (&["MAIL", "SHIP", "1994-01-01"], None),
    (&["special", "requests"], None),
    (&["1995-09-01"], None),
    (&["1996-01-01"], None),
    (&["Brand#45", "MEDIUM POLISHED", "49", "14", "23", "45", "19", "3", "36", "9"], None),
    (&["Brand#23", "MED BOX"], None),
    (&["300"], Some(100)),
    (&["Brand#12", "Brand#23", "Brand#34", "1", "10", "20"], None),
    (&["forest", "1994-01-01", "CANADA"], None),
    (&["SAUDI ARABIA"], Some(100)),
    (&["13", "31", "23", "29", "30", "18", "17"], None),
];

/// The statements of a query: before it, itself, after it; `None` for numbers outside 1 to 22.
#[must_use]
pub fn query(number: i32) -> Option<Vec<String>> {
    let text = queries::query(number)?;
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    let (parameters, limit) = PARAMETERS.get(index)?;
    // The leading precision of an interval literal is SQL's, and of neither database here.
    let mut text = text.replace(" day (3)", " day").replace(":s", "0");
    // From the last, so that `:1` does not take the beginning of `:10`.
    for (at, value) in parameters.iter().enumerate().rev() {
        text = text.replace(&format!(":{}", at.saturating_add(1)), value);
    }
    let mut statements: Vec<String> = text
        .split(';')
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    if let (Some(limit), [only]) = (limit, statements.as_mut_slice()) {
        only.push_str(&format!("\nlimit {limit}"));
    }
    Some(statements)
}

#[cfg(test)]
mod tests {
    use super::{QUERIES, query};

    #[test]
    fn every_parameter_has_a_value() {
        for number in 1..=QUERIES {
            let statements = query(number).unwrap();
            assert_eq!(statements.len(), if number == 15 { 3 } else { 1 });
            for statement in statements {
                let left = statement.match_indices(':').count();
                assert_eq!(left, 0, "query {number}: {statement}");
            }
        }
        assert_eq!(query(23), None);
    }
}
