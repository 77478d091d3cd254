//! Damaged SQL is parsed or refused with a SQLSTATE and words, never a panic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

use dice::Dice;
use redshift_sql::{Options, parse};

/// Texts altogether.
const ROUNDS: u64 = 20_000;

const TEXTS: [&str; 12] = [
    "select a.id, count(*) over (partition by b order by c) from t a join u b on a.id = b.id where x in (1,2)",
    "unload ('select * from t where n = ''x''') to 's3://b/k' iam_role 'arn:aws:iam::1:role/r' manifest csv",
    "copy t from 's3://b/k' iam_role default format as parquet",
    "create table t (id bigint identity(1,1), n varchar(20) encode zstd) distkey(id) sortkey(n)",
    "create user u password 'Passw0rd' in group g",
    "grant select on all tables in schema s to group g",
    "with recursive c(n) as (select 1 union all select n+1 from c where n < 5) select * from c",
    "insert into t values (1, 'a'), (2, e'b\\n'), (3, null)",
    "select dateadd(day, 1, getdate()), nvl(a, b)::varchar(3), listagg(x, ',') within group (order by y) from t",
    "begin; update t set a = a + 1 where b like '%x\\\\_%' escape '\\\\'; commit",
    "select $$a$$, \"q\"\"q\", 'it''s', 1e10, .5, -- end\n /* in /* nested */ */ 2",
    "alter table t add column c super; show search_path; set x to 'y'; declare c cursor for select 1",
];
const PIECES: [&str; 24] = [
    "'",
    "\"",
    "$$",
    "(",
    ")",
    ";",
    "--",
    "/*",
    "*/",
    "\\",
    "::",
    "é",
    "\u{0}",
    "select",
    "from",
    "null",
    "union",
    "(((((((((((",
    "case when",
    "e'",
    "%",
    "999999999999999999999999",
    "||",
    "interval",
];

fn damaged(dice: &mut Dice) -> String {
    let mut chars: Vec<char> = TEXTS[dice.below(TEXTS.len())].chars().collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(chars.len() + 1);
        let to = at + dice.below((chars.len() - at + 1).min(20));
        match dice.below(4) {
            0 => drop(chars.drain(at..to)),
            1 => chars.truncate(at),
            2 => {
                let other: Vec<char> = TEXTS[dice.below(TEXTS.len())].chars().collect();
                let from = dice.below(other.len());
                drop(chars.splice(at..at, other[from..].iter().copied()));
            }
            _ => drop(chars.splice(at..at, PIECES[dice.below(PIECES.len())].chars())),
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_sql_is_parsed_or_refused() {
    let (mut parsed, mut refused) = (0, 0);
    for seed in 0..ROUNDS {
        let text = damaged(&mut Dice::new(seed));
        let outcome = std::panic::catch_unwind(|| parse(&text, &Options::default()));
        let Ok(outcome) = outcome else { panic!("seed {seed} panicked: {text}") };
        match outcome {
            Ok(_) => parsed += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty(), "seed {seed}: {text}");
            }
        }
        redshift_sql::redact(&text);
    }
    assert!(parsed > 100 && refused > ROUNDS / 2, "{parsed} parsed, {refused} refused");
}
