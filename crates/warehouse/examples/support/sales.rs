//! What the benches of UNLOAD and COPY have in common: their arguments, their rows, their place.

use std::fs;
use std::path::PathBuf;

use super::Outcome;

/// `[--rounds N] [--only WORD] [ROWS…]`.
pub struct Arguments {
    /// Runs of each side, one after the other; the medians count.
    pub rounds: usize,
    /// Only what has this in its name.
    pub only: String,
    /// Table sizes.
    pub sizes: Vec<u64>,
}

impl Arguments {
    pub fn read() -> Outcome<Self> {
        let mut read = Self { rounds: 3, only: String::new(), sizes: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--rounds" => read.rounds = arguments.next().unwrap_or_default().parse()?,
                "--only" => read.only = arguments.next().unwrap_or_default(),
                rows => read.sizes.push(rows.parse()?),
            }
        }
        if read.sizes.is_empty() {
            read.sizes = vec![1_000_000, 10_000_000];
        }
        read.rounds = read.rounds.max(1);
        Ok(read)
    }
}

/// A directory of our own, gone with this.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Outcome<Self> {
        let directory = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        Ok(Self(directory))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans temporary directories.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Ticket sales with an occasional quote, delimiter and NULL.
pub fn sales(rows: u64) -> String {
    format!(
        "select
           i as sale_id,
           (1 + hash(i) % 8)::integer as quantity,
           'buyer' || (hash(i + 1) % 50000) as buyer,
           ((hash(i + 2) % 99999) / 100)::decimal(8, 2) as price,
           timestamp '2008-01-01 00:00:00' + to_seconds((hash(i + 3) % 31536000)::bigint)
             as sold_at,
           case hash(i + 4) % 50
             when 0 then 'said \"two, please\"'
             when 1 then null
             else 'seat ' || (hash(i + 5) % 1000) || ' row ' || (hash(i + 6) % 100)
           end as comment
         from range({rows}) t(i)"
    )
}
