//! `plan`, `apply`, `run`, `status`, `verify`, `destroy`: a movement file and what is done with it.
//!
//! The movement itself is the `movement` crate's; here it is given a world to work in.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use movement::aws::{Client, Profiles, Roots};
use movement::database::Postgres;
use movement::report::{Outcome, Reporter, Silent};
use movement::{Cancel, Context, Movement, Options, Pace, Style, Text};

use super::{Done, Failure, StateArgs, runtime};
use crate::output;
use crate::platform::{Platform, Settings, running_endpoint};

/// A movement file and where to carry it out.
#[derive(Args)]
#[command(after_help = "Example: landbridge run tickets-to-dev.toml")]
pub struct MovementArgs {
    /// The movement file
    file: PathBuf,
    #[command(flatten)]
    state: StateArgs,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// Make what a movement needs.
#[derive(Args)]
#[command(after_help = "Example: landbridge apply tickets-to-dev.toml --yes")]
pub struct ApplyArgs {
    #[command(flatten)]
    movement: MovementArgs,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Only what belongs to this hop of the path, 1 to 7
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=7))]
    hop: Option<u8>,
}

/// Take back what apply made.
#[derive(Args)]
#[command(after_help = "Example: landbridge destroy tickets-to-dev.toml --data --yes")]
pub struct DestroyArgs {
    #[command(flatten)]
    movement: MovementArgs,
    /// Also delete the objects that were moved
    #[arg(long)]
    data: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// `landbridge plan FILE`.
pub fn plan(args: MovementArgs) -> Done {
    with_world(args, async |movement, cx| movement::plan(&movement, &cx).await)
}

/// `landbridge run FILE`.
pub fn run(args: MovementArgs) -> Done {
    with_world(args, async |movement, cx| movement::run(&movement, &cx).await)
}

/// `landbridge status FILE`.
pub fn status(args: MovementArgs) -> Done {
    with_world(args, async |movement, cx| movement::status(&movement, &cx).await)
}

/// `landbridge verify FILE`.
pub fn verify(args: MovementArgs) -> Done {
    with_world(args, async |movement, cx| movement::verify(&movement, &cx).await)
}

/// `landbridge apply FILE`.
pub fn apply(args: ApplyArgs) -> Done {
    confirm(args.yes, "Make what this movement needs?")?;
    let options = Options { hop: args.hop, ..Options::default() };
    with_world(args.movement, async move |movement, cx| {
        movement::apply(&movement, &cx, &options).await
    })
}

/// `landbridge destroy FILE`.
pub fn destroy(args: DestroyArgs) -> Done {
    confirm(args.yes, "Take back everything that this movement made?")?;
    let options = Options { data: args.data, ..Options::default() };
    with_world(args.movement, async move |movement, cx| {
        movement::destroy(&movement, &cx, &options).await
    })
}

/// Asks on a terminal; without one, `--yes` must have been said.
fn confirm(yes: bool, question: &str) -> Result<(), Failure> {
    use std::io::{BufRead, IsTerminal};
    if yes {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::new("nobody is there to ask: say --yes"));
    }
    output::note(&format!("{question} [y/N]"));
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    match read {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => Err(Failure::new("nothing was done")),
    }
}

/// Loads the file, finds or starts the platform, and does the work on it.
fn with_world(args: MovementArgs, work: impl AsyncFnOnce(Movement, Context) -> Outcome) -> Done {
    let movement = Movement::load(&args.file).map_err(Failure::new)?;
    let json = args.json;
    runtime()?.block_on(async move {
        let state = args.state.state;
        let platform = match running_endpoint(&state) {
            Some(_) => None,
            None => Some(start(&state).await?),
        };
        let outcome = match context(&state, reporter(json)) {
            Ok(cx) => Ok(work(movement, cx).await),
            Err(failure) => Err(failure),
        };
        if let Some(platform) = platform {
            platform.stop().await;
        }
        Ok(report(&outcome?, json))
    })
}

/// Starts the platform of `state` inside this process, on a free port.
pub async fn start(state: &Path) -> Result<Platform, Failure> {
    let region = "us-east-1".parse().map_err(Failure::new)?;
    let listen = (std::net::Ipv4Addr::LOCALHOST, 0).into();
    let settings = Settings { accounts: Vec::new(), region, listen };
    Platform::open(state, settings).await.map_err(Failure::new)
}

/// Text as it happens, or nothing before the document at the end.
pub fn reporter(json: bool) -> Arc<dyn Reporter> {
    if json {
        return Arc::new(Silent);
    }
    let style = Style { colour: output::colour(), width: None };
    Arc::new(Text::new(Box::new(std::io::stdout()), output::live(), style))
}

/// Prints the document of `--json`; answers the exit status.
pub fn report(outcome: &Outcome, json: bool) -> ExitCode {
    if json {
        output::line(&outcome.to_json());
    }
    ExitCode::from(outcome.exit.code())
}

/// Everything a movement needs, over the profiles of a world's state directory.
pub fn context(state: &Path, reporter: Arc<dyn Reporter>) -> Result<Context, Failure> {
    let aws = state.join("aws");
    let profiles =
        Profiles::load(&aws.join("config"), &aws.join("credentials")).map_err(Failure::new)?;
    let roots = Roots::load(&[state.join("ca.pem")]).map_err(Failure::new)?;
    let clock = Arc::new(Machine(gateway::World::system()));
    let (switch, cancel) = Cancel::new();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            switch.send_replace(true);
        }
        // The switch must outlive the wait, or the token would take its end for a request.
        std::future::pending::<()>().await;
    });
    Ok(Context {
        profiles,
        databases: Arc::new(Postgres::new(&roots)),
        api: Arc::new(Client::new(roots, clock.clone())),
        state: state.to_owned(),
        entropy: clock.clone(),
        clock,
        reporter,
        cancel,
        pace: Pace::default(),
    })
}

/// The machine's clock and randomness in the movement's terms.
struct Machine(gateway::World);

impl movement::Clock for Machine {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.now()
    }
}

impl movement::Entropy for Machine {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.entropy().fill(bytes);
    }
}
