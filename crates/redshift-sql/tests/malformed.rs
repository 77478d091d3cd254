//! Damaged SQL is parsed or refused with a SQLSTATE and words, never a panic, and soon.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

use std::time::{Duration, Instant};

use redshift_sql::{Options, parse};

/// Texts altogether.
const ROUNDS: u64 = 20_000;
/// Longest time for one: they are a few hundred characters.
const SOON: Duration = Duration::from_secs(5);

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

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

fn damaged(dice: &mut Dice) -> String {
    let mut chars: Vec<char> = TEXTS[dice.roll(TEXTS.len())].chars().collect();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(chars.len() + 1);
        let to = at + dice.roll((chars.len() - at + 1).min(20));
        match dice.roll(4) {
            0 => drop(chars.drain(at..to)),
            1 => chars.truncate(at),
            2 => {
                let other: Vec<char> = TEXTS[dice.roll(TEXTS.len())].chars().collect();
                let from = dice.roll(other.len());
                drop(chars.splice(at..at, other[from..].iter().copied()));
            }
            _ => drop(chars.splice(at..at, PIECES[dice.roll(PIECES.len())].chars())),
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_sql_is_parsed_or_refused() {
    let (mut parsed, mut refused) = (0, 0);
    for seed in 0..ROUNDS {
        let text = damaged(&mut Dice(seed));
        let begun = Instant::now();
        let outcome = std::panic::catch_unwind(|| parse(&text, &Options::default()));
        let Ok(outcome) = outcome else { panic!("seed {seed} panicked: {text}") };
        assert!(begun.elapsed() < SOON, "seed {seed} took {:?}: {text}", begun.elapsed());
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
