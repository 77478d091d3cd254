//! TPC-H for tests that are not in Rust: `tpch write DIRECTORY SCALE` writes `TABLE.csv`,
//! `TABLE.sql` (CREATE TABLE for Redshift) and `qNN.sql`; `tpch check NUMBER` reads rows from
//! standard input, cells between `|`, and says whether they are the answer at scale 1.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["write", directory, scale] => write(Path::new(directory), scale.parse()?),
        ["check", number] => check(number.parse()?),
        _ => Err("usage: tpch write DIRECTORY SCALE | tpch check NUMBER".into()),
    }
}

fn write(directory: &Path, scale: f64) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(directory)?;
    for table in tpch::TABLES {
        fs::write(directory.join(format!("{}.sql", table.name)), table.create(true))?;
        let file = File::create(directory.join(format!("{}.csv", table.name)))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        tpch::write(table.name, scale, 1, 1, &mut out)?;
        out.flush()?;
    }
    for number in 1..=tpch::QUERIES {
        let statements = tpch::query(number).unwrap_or_default().join(";\n");
        fs::write(directory.join(format!("q{number:02}.sql")), statements)?;
    }
    Ok(())
}

fn check(number: i32) -> Result<(), Box<dyn Error>> {
    let mut rows = Vec::new();
    for line in io::stdin().lock().lines() {
        rows.push(line?.split('|').map(str::to_owned).collect());
    }
    Ok(tpch::check(number, &rows)?)
}
