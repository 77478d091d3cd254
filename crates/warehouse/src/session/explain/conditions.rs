//! Conditions, keys and names of a plan, as Redshift's plans write them.
//!
//! Texts come from the engine: they are cut and put together, never understood. Where a text cannot
//! be told for certain, nothing is shown. Start reading at [`join`].

use crate::engine::{Plan, is_own_schema};

/// Operators, longer ones first.
const OPERATORS: [&str; 8] = [" IS NOT DISTINCT FROM ", "!=", "<>", "<=", ">=", "=", "<", ">"];

/// `Filter: (…)`; `None` when there are no conditions.
pub(super) fn filter(conditions: &[String]) -> Option<String> {
    // The engine makes conditions of its own while it runs.
    let written = conditions.iter().filter(|one| !one.starts_with("optional:"));
    Some(format!("Filter: {}", all(written.map(|one| condition(one)).collect())?))
}

/// Conditions that must all be met.
fn all(mut conditions: Vec<String>) -> Option<String> {
    match conditions.len() {
        0 => None,
        1 => conditions.pop(),
        _ => Some(format!("({})", conditions.join(" AND "))),
    }
}

/// A condition in parentheses, its operator between blanks.
fn condition(text: &str) -> String {
    if text.starts_with('(') && text.ends_with(')') {
        return text.to_owned();
    }
    let parts: Vec<&str> = text.split(" AND ").collect();
    if parts.len() > 1 && !text.contains(['\'', '(']) && !text.contains(" OR ") {
        let parts: Vec<String> = parts.into_iter().map(condition).collect();
        return format!("({})", parts.join(" AND "));
    }
    match split(text) {
        Some((left, operator, right)) => format!("({left} {operator} {right})"),
        None => format!("({text})"),
    }
}

/// The sides of a simple comparison and its operator.
fn split(text: &str) -> Option<(&str, &'static str, &str)> {
    let joined = text.contains(" AND ") || text.contains(" OR ");
    if joined || text.contains(['\'', '(']) && !simple_literal(text) {
        return None;
    }
    OPERATORS.iter().find_map(|operator| {
        let (left, right) = text.split_once(operator)?;
        Some((left.trim(), operator.trim(), right.trim()))
    })
}

/// Whether a text's only quotes are those of a literal at its end.
fn simple_literal(text: &str) -> bool {
    let after = text.rsplit('\'').next().unwrap_or_default();
    let cast = after.strip_prefix("::").unwrap_or(after);
    let ends = cast.chars().all(char::is_alphanumeric) && text.matches('\'').count() == 2;
    ends && text.split('\'').next().is_some_and(|before| !before.contains('('))
}

/// The condition of a join: `("outer".a = "inner".b)`; `None` where it cannot be told.
pub(super) fn join(conditions: &[String], [outer, inner]: [&Plan; 2]) -> Option<String> {
    let written: Option<Vec<String>> = conditions
        .iter()
        .map(|text| {
            let Some((left, operator, right)) = split(text) else {
                return (!text.contains('#')).then(|| condition(text));
            };
            let (left, right) = (outer.written(left)?, inner.written(right)?);
            Some(format!("({} {operator} {})", side("outer", &left), side("inner", &right)))
        })
        .collect();
    all(written?)
}

fn side(place: &str, expression: &str) -> String {
    let is_name = expression.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name { format!("\"{place}\".{expression}") } else { expression.to_owned() }
}

/// A sort key without its direction.
pub(super) fn key(text: &str) -> String {
    let mut text = text;
    for end in [" NULLS FIRST", " NULLS LAST", " ASC", " DESC"] {
        text = text.strip_suffix(end).unwrap_or(text);
    }
    text.to_owned()
}

/// `Partition: …` and `Order: …` of a window function.
pub(super) fn window(function: &str) -> Vec<String> {
    let Some((_, over)) = function.split_once(" OVER (") else { return Vec::new() };
    let over = over.strip_suffix(')').unwrap_or(over);
    let frames = [" ROWS ", " RANGE ", " GROUPS "];
    let over = frames.iter().fold(over, |text, frame| text.split(frame).next().unwrap_or(text));
    let (partition, order) = match over.split_once("ORDER BY ") {
        Some((before, order)) => (before, Some(order)),
        None => (over, None),
    };
    let partition = partition.trim().strip_prefix("PARTITION BY ");
    let order = order.map(|order| order.split(", ").map(key).collect::<Vec<_>>().join(", "));
    let partition = partition.map(|keys| format!("Partition: {keys}"));
    partition.into_iter().chain(order.map(|order| format!("Order: {order}"))).collect()
}

/// A table's own name, and whether it is one of the catalog's.
pub(super) fn table(name: &str) -> (bool, String) {
    let parts: Vec<String> =
        name.split('.').map(|part| part.trim_matches('"').to_owned()).collect();
    let user = parts.first().is_some_and(|catalog| catalog.ends_with("$db") || catalog == "temp");
    let own = !user || parts.iter().any(|part| is_own_schema(part));
    (own, parts.last().cloned().unwrap_or_default())
}

/// `LEFT_DELIM_JOIN` as words.
pub(super) fn words(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{}", first.to_uppercase(), rest.to_lowercase())
    };
    name.split('_').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{filter, key, table, window, words};

    #[test]
    fn conditions_are_written_as_in_plans() {
        for (conditions, expect) in [
            (&["id>5"][..], Some("Filter: (id > 5)")),
            (&["id>5", "shop='s1'"], Some("Filter: ((id > 5) AND (shop = 's1'))")),
            (&["(a < b)"], Some("Filter: (a < b)")),
            (&["d<'2024-02-01'::DATE"], Some("Filter: (d < '2024-02-01'::DATE)")),
            (&["shop='it>s'"], Some("Filter: (shop = 'it>s')")),
            (&["id>=1 AND id<9"], Some("Filter: ((id >= 1) AND (id < 9))")),
            (&["optional: Dynamic Filter (id)"], None),
            (&[], None),
        ] {
            let conditions: Vec<String> = conditions.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(filter(&conditions).as_deref(), expect);
        }
    }

    #[test]
    fn windows_tell_their_parts() {
        let found =
            window("ROW_NUMBER() OVER (PARTITION BY shop ORDER BY id ASC NULLS LAST, d DESC)");
        assert_eq!(found, ["Partition: shop", "Order: id, d"]);
        assert!(window("count(*) OVER ()").is_empty());
        assert_eq!(key("sum(amount) DESC NULLS FIRST"), "sum(amount)");
        assert_eq!(words("LEFT_DELIM_JOIN"), "Left Delim Join");
        assert_eq!(table("\"dev$db\".public.sales"), (false, String::from("sales")));
        assert_eq!(table("\"dev$db\".pg_landbridge.users"), (true, String::from("users")));
        let other = |schema: &str| table(&format!("\"dev$db\".\"{schema}$101$db\".sales"));
        assert_eq!(other("pg_landbridge"), (true, String::from("sales")));
        assert_eq!(other("public"), (false, String::from("sales")));
    }
}
