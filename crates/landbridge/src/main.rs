//! The `landbridge` binary: one subcommand, one file of `commands/`.
//!
//! The contract of the command line: data on standard output, progress and logs on standard
//! error; exit status 0 done or allowed, 1 failed, 2 usage, "changes pending" or "denied".

mod commands;
mod output;
mod platform;

use std::process::ExitCode;

use clap::Parser;

/// A request is hundreds of small values, made on one thread and often dropped on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(cli.log_level())
        .with_target(false)
        .init();
    match cli.run() {
        Ok(code) => code,
        Err(failure) => {
            output::error(&failure);
            ExitCode::FAILURE
        }
    }
}
