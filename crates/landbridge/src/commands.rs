//! The subcommands: arguments here, each one's work in its own file.

mod completions;
mod coverage;
mod demo;
mod env;
mod explain;
mod movement;
mod serve;
mod simulate;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

/// Why a command ended without doing what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    /// A failure in words: what was tried, what was said.
    pub fn new(text: impl std::fmt::Display) -> Self {
        Self(text.to_string())
    }
}

/// The result of a command.
pub type Done = Result<ExitCode, Failure>;

/// AWS accounts on your own machine, enforcing, and governed movements of data between them.
#[derive(Parser)]
#[command(name = "landbridge", version, max_term_width = 100)]
pub struct Cli {
    /// Say more on standard error; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

/// The state directory, unless said otherwise.
const DEFAULT_STATE: &str = "./.landbridge";
/// The variable that says otherwise.
const STATE_VARIABLE: &str = "LANDBRIDGE_STATE";

/// Where the world lies.
#[derive(Args, Clone)]
pub struct StateArgs {
    /// Directory of the world's state
    #[arg(long, value_name = "DIR", env = STATE_VARIABLE, default_value = DEFAULT_STATE)]
    pub state: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Start the platform: every AWS API of this world on one endpoint
    Serve(serve::ServeArgs),
    /// Print export lines for a shell: keys, Region, endpoint of an account
    Env(env::EnvArgs),
    /// The whole story on a throw-away world: set-up, movement, verification, clean-up
    Demo(demo::DemoArgs),
    /// Why an access is allowed or denied: every policy, the deciding statement, the fix
    Explain(explain::ExplainArgs),
    /// Show what a movement would create, change and open, and its path hop by hop
    Plan(movement::PlanArgs),
    /// Make what a movement needs, each step journalled with its undo
    Apply(movement::ApplyArgs),
    /// Try or evaluate every hop, and say what mends those that fail
    Check(movement::CheckArgs),
    /// Carry the movement out
    Run(movement::RunArgs),
    /// Show what the journal knows of a movement
    Status(movement::StatusArgs),
    /// Compare what arrived with manifest, source and journal
    Verify(movement::VerifyArgs),
    /// Show who did what through which roles, from the audit trails of both accounts
    Audit(movement::AuditArgs),
    /// Take back everything that apply made
    Destroy(movement::DestroyArgs),
    /// Decide policy questions: JSON lines in, JSON lines out
    Simulate(simulate::SimulateArgs),
    /// Print shell completions
    Completions(completions::CompletionsArgs),
    /// Print which operations are built, as Markdown
    #[command(hide = true)]
    Coverage,
}

impl Cli {
    /// What goes to standard error.
    pub fn log_level(&self) -> tracing::Level {
        match self.verbose {
            0 => tracing::Level::WARN,
            1 => tracing::Level::INFO,
            _ => tracing::Level::DEBUG,
        }
    }

    /// Runs the subcommand.
    ///
    /// # Errors
    /// What is to be told to the user, beside exit status 1.
    pub fn run(self) -> Done {
        match self.command {
            Command::Serve(args) => serve::run(args),
            Command::Env(args) => env::run(&args),
            Command::Demo(args) => demo::run(args),
            Command::Explain(args) => explain::run(args),
            Command::Plan(args) => movement::plan(args),
            Command::Apply(args) => movement::apply(args),
            Command::Check(args) => movement::check(args),
            Command::Run(args) => movement::run(args),
            Command::Status(args) => movement::status(args),
            Command::Verify(args) => movement::verify(args),
            Command::Audit(args) => movement::audit(args),
            Command::Destroy(args) => movement::destroy(args),
            Command::Simulate(args) => simulate::run(&args),
            Command::Completions(args) => completions::run(args, &mut Self::command()),
            Command::Coverage => coverage::run(),
        }
    }
}

/// A runtime for one command.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(format!("cannot start the runtime: {e}")))
}
