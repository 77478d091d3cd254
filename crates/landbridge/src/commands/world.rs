//! The world a movement works in: the platform of a state directory, or AWS through profiles.
//!
//! Start at [`with_world`].

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use movement::aws::{Client, Profiles, Roots};
use movement::database::Postgres;
use movement::report::{Outcome, Reporter, Silent};
use movement::{Cancel, Context, Movement, Pace, Style, Text};

use super::{Done, Failure, StateArgs, runtime};
use crate::output;
use crate::platform::{Platform, Settings, running_endpoint};

/// Where the accounts of a movement are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// The platform of `--state`
    Local,
    /// AWS, through the profiles of your AWS configuration
    Aws,
}

/// The world to work in.
#[derive(Args)]
pub struct WorldArgs {
    #[command(flatten)]
    state: StateArgs,
    /// Whose accounts the file's profiles name; journals lie in the state directory either way
    #[arg(long, value_enum, default_value_t = Target::Local)]
    target: Target,
}

/// What a command needs of its world.
#[derive(Debug, Clone, Copy, Default)]
pub struct Needs {
    /// A world that goes on when this process ends.
    pub lasting: bool,
}

/// Finds or starts the world, and does the work in it.
pub fn with_world(
    args: &WorldArgs,
    json: bool,
    needs: Needs,
    movement: Movement,
    work: impl AsyncFnOnce(Movement, Context) -> Result<Outcome, Failure>,
) -> Done {
    runtime()?.block_on(async move {
        let state = &args.state.state;
        let platform = match args.target {
            Target::Aws => None,
            Target::Local if running_endpoint(state).is_some() => None,
            Target::Local if needs.lasting => return Err(nothing_lasting(state)),
            Target::Local => Some(start(state).await?),
        };
        let cx = match args.target {
            Target::Local => context(state, reporter(json)),
            Target::Aws => aws_context(state, reporter(json)),
        };
        let outcome = match cx {
            Ok(cx) => {
                let afar = args.target == Target::Aws;
                work(movement, Context { arguments: args.repeated(), afar, ..cx }).await
            }
            Err(failure) => Err(failure),
        };
        if let Some(platform) = platform {
            platform.stop().await;
        }
        Ok(report(&outcome?, json))
    })
}

fn nothing_lasting(state: &Path) -> Failure {
    let state = state.display();
    Failure::new(format!(
        "nothing would go on with the statement when this command ends: start \
         `landbridge serve --state {state}` first"
    ))
}

impl WorldArgs {
    /// The same arguments for a command that is printed to be run.
    fn repeated(&self) -> String {
        let state = &self.state.state;
        let usual = Path::new(super::DEFAULT_STATE) == state
            || std::env::var_os(super::STATE_VARIABLE).is_some_and(|set| set == *state);
        let mut text = if usual {
            String::new()
        } else {
            format!(" --state {}", quoted(&state.display().to_string()))
        };
        if self.target == Target::Aws {
            text.push_str(" --target aws");
        }
        text
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@".contains(c);
    match word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Starts the platform of `state` inside this process, on a free port.
pub async fn start(state: &Path) -> Result<Platform, Failure> {
    let region = "us-east-1".parse().map_err(Failure::new)?;
    let listen = (std::net::Ipv4Addr::LOCALHOST, 0).into();
    let settings = Settings { accounts: Vec::new(), region, listen, issuers: Vec::new() };
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
    Ok(assembled(profiles, roots, state, reporter))
}

/// The same over the user's own AWS configuration. Journals are kept apart from those of the
/// platform.
fn aws_context(state: &Path, reporter: Arc<dyn Reporter>) -> Result<Context, Failure> {
    let (profiles, roots) = own_configuration()?;
    Ok(assembled(profiles, roots, &state.join("aws-target"), reporter))
}

/// The profiles of whoever calls; certificates are trusted as `AWS_CA_BUNDLE` and libpq's
/// `PGSSLROOTCERT` say.
pub fn own_configuration() -> Result<(Profiles, Roots), Failure> {
    let profiles = Profiles::standard(&|name| std::env::var(name).ok()).map_err(Failure::new)?;
    let extra: Vec<PathBuf> = ["AWS_CA_BUNDLE", "PGSSLROOTCERT"]
        .iter()
        .filter_map(|variable| std::env::var_os(variable).map(PathBuf::from))
        .filter(|path| path.is_file())
        .collect();
    Ok((profiles, Roots::load(&extra).map_err(Failure::new)?))
}

fn assembled(
    profiles: Profiles,
    roots: Roots,
    state: &Path,
    reporter: Arc<dyn Reporter>,
) -> Context {
    let clock = Arc::new(Machine(gateway::World::system()));
    let (switch, cancel) = Cancel::new();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            switch.send_replace(true);
        }
        // The switch must outlive the wait, or the token would take its end for a request.
        std::future::pending::<()>().await;
    });
    Context {
        profiles,
        databases: Arc::new(Postgres::new(&roots)),
        api: Arc::new(Client::new(roots, clock.clone())),
        state: state.to_owned(),
        entropy: clock.clone(),
        clock,
        reporter,
        cancel,
        pace: Pace::default(),
        arguments: String::new(),
        afar: false,
    }
}

/// The machine's clock and randomness in the movement's terms.
pub struct Machine(pub gateway::World);

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
