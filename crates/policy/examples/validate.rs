//! Checks identity policies from standard input: a JSON string with the document's text a line
//! in, `ok` or AWS's error text a line out.

use std::io::{self, BufRead, Write};

use policy::validate::{Place, validate};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        match validate(Place::Identity, &text) {
            Ok(_) => writeln!(out, "ok")?,
            Err(error) => writeln!(out, "{}", error.message)?,
        }
    }
    out.flush()
}
