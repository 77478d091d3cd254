//! Whether rows are the answer. Clause 2.1.3.5 allows 100 $ for sums and 1 % for averages; here
//! numbers must agree to a cent or to seven places.

use std::cmp::Ordering;

use tpchgen::q_and_a::answers_sf1;

/// Compares the rows of a query at scale factor 1 with the specification's answer.
///
/// Cells are texts; trailing blanks do not count, nor does the order among equal sort keys.
///
/// # Errors
/// What differs first.
pub fn check(number: i32, rows: &[Vec<String>]) -> Result<(), String> {
    let text = answers_sf1::answer(number).ok_or_else(|| format!("no query {number}"))?;
    let expected: Vec<Vec<String>> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .skip(1)
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    let found: Vec<Vec<String>> = rows.iter().map(|row| shown(number, row)).collect();
    if found.len() != expected.len() {
        let (found, expected) = (found.len(), expected.len());
        return Err(format!("query {number}: {found} rows instead of {expected}"));
    }
    first_difference(&expected, &found)
        .and_then(|_| first_difference(&sorted(&expected), &sorted(&found)))
        .map_or(Ok(()), |(expected, found)| {
            Err(format!("query {number}: {found:?} instead of {expected:?}"))
        })
}

/// A row as the answers show it.
fn shown(number: i32, row: &[String]) -> Vec<String> {
    let mut cells: Vec<String> = row.iter().map(|cell| cell.trim().to_owned()).collect();
    // The part key of query 11 is cut to four of its six places in the answers.
    if let (11, Some(key)) = (number, cells.first_mut()) {
        *key = format!("{key:>6}").chars().take(4).collect::<String>().trim().to_owned();
    }
    cells
}

type Row = Vec<String>;

fn first_difference(expected: &[Row], found: &[Row]) -> Option<(Row, Row)> {
    let different = |(expected, found): &(&Row, &Row)| {
        expected.len() != found.len()
            || expected.iter().zip(*found).any(|(expected, found)| !same(expected, found))
    };
    let (expected, found) = expected.iter().zip(found).find(different)?;
    Some((expected.clone(), found.clone()))
}

fn sorted(rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    rows.sort_by(|one, other| {
        let cells = one.iter().zip(other).map(|(one, other)| compare(one, other));
        cells.fold(Ordering::Equal, Ordering::then)
    });
    rows
}

fn compare(one: &str, other: &str) -> Ordering {
    if same(one, other) { Ordering::Equal } else { one.cmp(other) }
}

/// Equal texts, or numbers that are the same in what the answer shows.
fn same(expected: &str, found: &str) -> bool {
    match (expected.parse::<f64>(), found.parse::<f64>()) {
        (Ok(expected), Ok(found)) => (expected - found).abs() <= 0.0101_f64.max(expected * 1e-7),
        _ => expected == found,
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    fn row(cells: &str) -> Vec<String> {
        cells.split('|').map(str::to_owned).collect()
    }

    #[test]
    fn an_answer_is_known_from_another() {
        let right =
            row("8449|Supplier#000008449       |Wp34zim9qYFbVctdW|20-469-856-8873|1772627.2087");
        assert_eq!(check(15, std::slice::from_ref(&right)), Ok(()));
        let mut wrong = right.clone();
        wrong[4] = "1772627.50".into();
        assert!(check(15, &[wrong]).unwrap_err().contains("instead of"));
        assert_eq!(check(15, &[]), Err("query 15: 0 rows instead of 1".into()));
        assert!(check(23, &[right]).is_err());
    }
}
