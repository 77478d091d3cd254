//! `landbridge simulate`: the policy engine on JSON lines. No server, no state, no network.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use clap::Args;

use super::{Done, Failure};

/// Decide policy questions: one JSON object a line in, one a line out.
#[derive(Args)]
#[command(
    after_help = "Example: echo '{\"request\":{…},\"identity_policies\":[…]}' | landbridge simulate"
)]
pub struct SimulateArgs {}

/// Answers each line in turn.
pub fn run(_: &SimulateArgs) -> Done {
    let failed = |e: io::Error| Failure::new(format!("cannot read or write: {e}"));
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(failed)?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", policy::vector::simulate_line(&line)).map_err(failed)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
