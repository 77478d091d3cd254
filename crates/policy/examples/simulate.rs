//! Policy decisions from standard input: a JSON vector a line in, a decision a line out.

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        writeln!(out, "{}", policy::vector::simulate_line(&line?))?;
    }
    out.flush()
}
