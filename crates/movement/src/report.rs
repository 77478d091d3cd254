//! What a command has to say, as values: hops, steps, findings, one error block.
//!
//! Values only; how they look on a terminal is `render`, as JSON their `Serialize` form.
//! Nothing in here ever holds a secret.

use serde::Serialize;

use crate::trouble::Trouble;

/// The exit status of a command (the command line's contract).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// Done, allowed, nothing to change: 0.
    Done,
    /// Failed: 1.
    Failed,
    /// `plan` found changes to make, `check` a path that is open and not as it is meant: 2.
    Pending,
    /// `check` found a hop denied or unreachable: 2.
    Denied,
}

impl Exit {
    /// The process's exit status.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Pending | Self::Denied => 2,
        }
    }
}

/// On which side of the movement something lies.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The owner of the data.
    Source,
    /// The receiver.
    Target,
}

/// How far a hop has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HopState {
    /// Shown by `plan`.
    Planned,
    /// It worked.
    Passed,
    /// It failed; the error block says why.
    Failed,
    /// Nobody could tell; the error block says what is missing.
    Unknown,
}

/// How the state of a hop was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// It was done, as a run does it.
    Tried,
    /// Its policies were read and evaluated.
    Evaluated,
    /// The warehouse was asked for its part, the policies of the rest were evaluated.
    Asked,
}

/// One hop of the path from the person to the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// 1 to 7.
    pub number: u8,
    /// The side that decides.
    pub side: Side,
    /// The profile's name, such as `prod`.
    pub label: String,
    /// What happens: `→ SM-Read-Role`.
    pub what: String,
    /// What is worth knowing of it: `external id, 1 h`.
    pub detail: String,
    /// How far it has come.
    pub state: HopState,
    /// How that was found out (`check`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Evidence>,
}

/// What a step does to its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It does not exist and is made.
    Create,
    /// It exists and is changed; the prior value is recorded.
    Change,
    /// It belongs to somebody else and is used as it is.
    Use,
    /// This movement made it before; nothing to do.
    Keep,
    /// `destroy` takes it away.
    Remove,
    /// `destroy` puts the recorded prior value back.
    Restore,
    /// `destroy` leaves it on purpose.
    Leave,
}

/// One resource of a movement and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct StepLine {
    /// The step's stable id, such as `target.role.S3-Write-Role`.
    pub id: String,
    /// The hop it serves.
    pub hop: u8,
    /// The side it lies on.
    pub side: Side,
    /// The profile's name.
    pub label: String,
    /// What happens.
    pub action: Action,
    /// The resource: `role S3-Write-Role`.
    pub what: String,
    /// What it opens or why it is left.
    pub detail: String,
}

/// What is known of something that takes its time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Progress {
    /// What goes on: `unloading`, `loading`.
    pub what: &'static str,
    /// Since it began, in milliseconds.
    pub elapsed_ms: u64,
    /// All the rows there will be, when known.
    pub total: Option<u64>,
    /// Rows written so far, when the warehouse tells.
    pub rows: Option<u64>,
    /// Bytes written so far, when the warehouse tells.
    pub bytes: Option<u64>,
}

/// One file that the UNLOAD wrote or the COPY read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct MovedFile {
    /// The object key.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Records, header lines included: as the manifest of an UNLOAD counts them; as the file itself
    /// has them, or the warehouse scanned them, of a COPY; 0 when neither tells.
    pub records: u64,
    /// SHA-256 of the bytes in hexadecimal, absent when checksums are switched off.
    pub sha256: Option<String>,
    /// The object's ETag when it was loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// What a load did to its table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Landing {
    /// `database.schema.table`.
    pub table: String,
    /// `append`, `overwrite` or `upsert`.
    pub mode: String,
    /// Rows in the table before, when they could be counted.
    pub before: Option<u64>,
    /// Rows in the table afterwards, when they could be counted.
    pub after: Option<u64>,
    /// Rows that the loaded ones took the place of.
    pub replaced: u64,
    /// Broken lines that were left out (`max_errors`).
    pub rejected: u64,
    /// The run of the unload that filled the stage, of cluster to cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_run: Option<String>,
}

/// What arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The run's id.
    pub run: String,
    /// Data rows (header lines not counted).
    pub rows: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// The manifest's key; absent when nothing was written.
    pub manifest: Option<String>,
    /// Every file.
    pub files: Vec<MovedFile>,
    /// How long the statement took, in milliseconds; absent for a resumed run.
    pub elapsed_ms: Option<u64>,
    /// What became of the table, on the way in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landing: Option<Landing>,
}

/// One thing `verify` or `status` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it is as it should be.
    pub good: bool,
    /// What was looked at: `orders/0000_part_00`.
    pub what: String,
    /// What was found.
    pub said: String,
}

/// One call of the path, as the audit trail has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrailLine {
    /// The hop it belongs to, 1 to 7.
    pub hop: u8,
    /// When, to the second (RFC 3339).
    pub at: String,
    /// The side whose trail has it.
    pub side: Side,
    /// That side's profile.
    pub label: String,
    /// The profiles of all accounts that have it.
    pub accounts: Vec<String>,
    /// Who called.
    pub principal: String,
    /// `sts:AssumeRole`.
    pub action: String,
    /// On what.
    pub resource: String,
    /// Whether it was allowed.
    pub allowed: bool,
    /// The error code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How many calls in a row differ in nothing but their time.
    pub times: u64,
    /// The id of the first of them.
    pub event: String,
}

impl TrailLine {
    /// Whether two calls differ in nothing worth a second line.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let key = |line: &Self| {
            let TrailLine { hop, side, principal, action, resource, error, .. } = line.clone();
            (hop, side, principal, action, resource, error)
        };
        key(self) == key(other)
    }
}

/// Everything a command has to say at its end; `--json` is this value.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// `plan`, `apply`, `check`, `run`, `status`, `verify`, `audit`, `destroy`, `demo`.
    pub command: &'static str,
    /// The movement's name.
    pub movement: String,
    /// How it ended.
    pub exit: Exit,
    /// The path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// The resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepLine>,
    /// What arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// The run that was left to the warehouse (`run --detach`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under_way: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The calls of the path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<TrailLine>,
    /// The parts of a demonstration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<Outcome>,
    /// Everything in the way (`check`), by hop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<Trouble>,
    /// The one error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

impl Outcome {
    /// A command that has not said anything yet.
    pub fn new(command: &'static str, movement: &str) -> Self {
        Self {
            command,
            movement: movement.to_owned(),
            exit: Exit::Done,
            hops: Vec::new(),
            steps: Vec::new(),
            moved: None,
            under_way: None,
            findings: Vec::new(),
            trail: Vec::new(),
            phases: Vec::new(),
            troubles: Vec::new(),
            trouble: None,
        }
    }

    /// The one JSON document of `--json`, with a final line feed.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
        text.push('\n');
        text
    }

    pub(crate) fn failed(mut self, trouble: Trouble) -> Self {
        self.exit = Exit::Failed;
        self.trouble = Some(trouble);
        self
    }
}

/// What happens while a command works.
#[derive(Debug, Clone)]
pub enum Event {
    /// The movement in one line: name, from, to, how.
    Title {
        /// The movement's name.
        name: String,
        /// What is read.
        from: String,
        /// Where it goes.
        to: String,
        /// In which form.
        form: String,
    },
    /// A chapter of the demonstration.
    Phase(String),
    /// A hop was passed, failed, or is planned.
    Hop(Hop),
    /// A resource is planned, made or taken back.
    Step(StepLine),
    /// The statement goes on.
    Progress(Progress),
    /// What arrived.
    Moved(Moved),
    /// Something was found.
    Finding(Finding),
    /// A call of the path was found in the audit trail.
    Trail(TrailLine),
    /// A plain line.
    Note(String),
    /// The error block.
    Trouble(Trouble),
    /// The last line of a command.
    Summary(String),
}

/// Hears of progress. Must not block for long.
pub trait Reporter: Send + Sync {
    /// One event, in order.
    fn report(&self, event: &Event);
}

/// Says nothing: for `--json`, where the [`Outcome`] is the whole answer.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _: &Event) {}
}
