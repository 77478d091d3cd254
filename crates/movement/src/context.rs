//! What the binary hands to the movement: clients, clock, randomness, a reporter.
//!
//! Nothing here reads the environment; the caller decides where profiles and state lie.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::{Api, Clock, Profiles};
use crate::database::Databases;
use crate::file::Movement;
use crate::report::{Event, Outcome, Reporter};
use crate::trouble::Result;

/// A source of unpredictable bytes for external ids, run ids and generated passwords.
pub trait Entropy: Send + Sync {
    /// Fills the buffer; must be suitable for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

/// How often to look again while AWS works, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The pause between two looks.
    pub poll: Duration,
    /// After this long without the awaited state, the step fails.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { poll: Duration::from_millis(250), patience: Duration::from_secs(20 * 60) }
    }
}

/// Asks a running movement to stop: the statement is cancelled, nothing is left half done.
#[derive(Debug, Clone)]
pub struct Cancel(tokio::sync::watch::Receiver<bool>);

impl Cancel {
    /// A pair of (switch, token): send `true` on the switch when the user presses Ctrl-C.
    pub fn new() -> (tokio::sync::watch::Sender<bool>, Self) {
        let (switch, token) = tokio::sync::watch::channel(false);
        (switch, Self(token))
    }

    /// Whether the switch has been thrown.
    pub fn requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes when the switch is thrown; never, when the switch is gone.
    pub async fn wait(&self) {
        let mut token = self.0.clone();
        if token.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Everything a movement needs from its surroundings.
#[derive(Clone)]
pub struct Context {
    /// The accounts' credentials, endpoints and Regions.
    pub profiles: Profiles,
    /// The AWS APIs.
    pub api: Arc<dyn Api>,
    /// Connections to warehouses.
    pub databases: Arc<dyn Databases>,
    /// The directory of Landbridge's state; the journal is
    /// `<state>/movements/<name>/journal.jsonl`.
    pub state: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Who hears of progress.
    pub reporter: Arc<dyn Reporter>,
    /// Ctrl-C.
    pub cancel: Cancel,
    /// Polling.
    pub pace: Pace,
    /// What every command of this crate's caller needs besides the file, such as
    /// ` --state DIR --target aws`: the commands that are printed as remedies can then be run as
    /// they stand.
    pub arguments: String,
    /// Whether the profiles are those of the user's AWS configuration, not of a platform's state.
    pub afar: bool,
}

impl Context {
    /// `landbridge VERB FILE OPTIONS`, as a person would type it here.
    pub(crate) fn command(&self, movement: &Movement, verb: &str, options: &str) -> String {
        let (file, gap) = (movement.path.display(), if options.is_empty() { "" } else { " " });
        format!("landbridge {verb} {file}{gap}{options}{}", self.arguments)
    }

    /// A command's outcome at its end; trouble is told, and makes it a failure.
    pub(crate) fn conclude(&self, outcome: Outcome, ended: Result<()>) -> Outcome {
        match ended {
            Ok(()) => outcome,
            Err(trouble) => {
                self.reporter.report(&Event::Trouble((*trouble).clone()));
                outcome.failed(*trouble)
            }
        }
    }
}

/// What the command line chose for one command.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `destroy --data`: also delete the objects that were moved.
    pub data: bool,
    /// `apply --hop N`: only what belongs to this hop (1 to 7).
    pub hop: Option<u8>,
    /// `run --detach`: leave as soon as the warehouse is at work.
    pub detach: bool,
    /// `verify --recount`: count the rows at the source again.
    pub recount: bool,
}
