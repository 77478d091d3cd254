//! What the repository checks about itself, and how its generated files are made.
//!
//! Knows the tree and Cargo's metadata, never a line of the product: no crate of the workspace is
//! a dependency of this one. Start at [`check::run`]; each rule is one function that returns the
//! problems it found.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool reports")]

mod check;
mod coverage;
mod dependencies;
mod exceptions;
mod guide;
mod models;
mod source;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask check [--binary PATH]             house rules; with a binary its generated docs too
cargo xtask coverage --binary PATH [--write]  docs/coverage.md, checked or written
cargo xtask models ARGUMENTS                  the interface models (models/README.md)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((command, rest)) if command == "check" => check::run(rest),
        Some((command, rest)) if command == "coverage" => coverage::run(rest),
        Some((command, rest)) if command == "models" => models::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root folder, wherever the command is started from.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The value after `--name`, when it was given.
fn option<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).map(String::as_str)
}

/// Reads a file; an error names it.
fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
