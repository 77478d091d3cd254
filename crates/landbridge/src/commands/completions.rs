//! `landbridge completions SHELL`.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::Done;

/// Print shell completions
#[derive(Args)]
#[command(after_help = "Example: landbridge completions bash > /etc/bash_completion.d/landbridge")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Writes the script to standard output.
pub fn run(args: CompletionsArgs, command: &mut clap::Command) -> Done {
    clap_complete::generate(args.shell, command, "landbridge", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
