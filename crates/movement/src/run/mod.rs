//! `run`: from the person to the data, hop by hop, and resumable.
//!
//! `login` walks hops 1 to 4, `send` sends the statement of `unload` or `load` and watches it,
//! `blame` finds the hop a refused one belongs to, `arrive` looks at what came out, `landed` at what
//! went in. The run's mark is journalled before the
//! statement is sent and stands in the statement, so that a later run finds it in the history.

pub(crate) mod arrive;
pub(crate) mod blame;
pub(crate) mod landed;
mod load;
pub(crate) mod login;
mod resume;
pub(crate) mod send;
mod unload;

use crate::context::{Context, Options};
use crate::file::{Movement, Way};
use crate::journal::Entry;
use crate::legs::Legs;
use crate::path;
use crate::place::Account;
use crate::report::{Event, Hop, HopState, Outcome};
use crate::trouble::{Result, Trouble};
use crate::work::{Mode, Work};
use send::Counted;

/// Moves the data. A run that was interrupted is taken up again: if its statement goes on or went
/// through, it is not sent twice. With [`Options::detach`], only until the warehouse is at work;
/// the next run takes it up.
pub async fn run(movement: &Movement, cx: &Context, options: &Options) -> Outcome {
    if let Some(legs) = Legs::of(movement) {
        return legs.run(cx, options).await;
    }
    let mut outcome = Outcome::new("run", &movement.name);
    let ended = try_run(movement, cx, options, &mut outcome).await;
    cx.conclude(outcome, ended)
}

async fn try_run(
    movement: &Movement,
    cx: &Context,
    options: &Options,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut work = Work::open(movement, cx, Mode::Change).await?;
    work.say(path::title(&work));
    let mut path = Path { hops: path::hops(&work), outcome };
    if work.journal.standing().is_empty() {
        return Err(not_applied(&work, "run"));
    }
    find_store_key(&mut work).await?;
    let login = login::walk(&mut work, &mut path).await?;
    let sent = match resume::unfinished(&work) {
        Some(run) => resume::take_up(&mut work, &login, run, options.detach).await?,
        None => None,
    };
    let sent = match sent {
        Some(sent) => sent,
        None => send::send(&mut work, &login, &mut path, options.detach).await?,
    };
    let done = match sent {
        Sent::Done(done) => done,
        Sent::Left { run } => {
            let again = work.command("run", "");
            work.say(Event::Summary(format!("under way as {run}   {again}   takes it up")));
            path.outcome.under_way = Some(run);
            return Ok(());
        }
    };
    path.pass_all(&work, 5..=7);
    let moved = match &movement.way {
        Way::Out(unload) => arrive::look(&mut work, unload, &done).await?,
        Way::In(load) => landed::look(&mut work, load, login.session.as_ref(), &done).await?,
    };
    work.say(Event::Moved(moved.clone()));
    path.outcome.moved = Some(moved);
    Ok(())
}

/// The block of a movement that was never applied.
pub(crate) fn not_applied(work: &Work<'_>, verb: &str) -> Box<Trouble> {
    let trouble = Trouble::new(format!("{verb} {}", work.movement.name))
        .said("it has not been applied")
        .fix(work.command("apply", ""));
    Box::new(trouble)
}

/// The statement names the key by its ARN; the alias is resolved anew, as it may have moved.
async fn find_store_key(work: &mut Work<'_>) -> Result<()> {
    let Some(key) = &work.movement.store.key else { return Ok(()) };
    let account = Account::Store;
    match crate::steps::key::describe(work, account, key.id()).await? {
        Some(key) => work.facts.store_key_arn = Some(key.arn),
        None => {
            let trouble = Trouble::new(format!("find key {}", key.id()))
                .said("it does not exist")
                .fix(work.command("apply", "--hop 7"));
            return Err(Box::new(trouble.at(7, work.label(account))));
        }
    }
    Ok(())
}

/// The hops as they are passed, each told once.
pub(crate) struct Path<'o> {
    hops: Vec<Hop>,
    outcome: &'o mut Outcome,
}

impl Path<'_> {
    pub fn pass(&mut self, work: &Work<'_>, number: u8) {
        self.mark(work, number, HopState::Passed);
    }

    pub fn pass_all(&mut self, work: &Work<'_>, numbers: std::ops::RangeInclusive<u8>) {
        numbers.for_each(|number| self.pass(work, number));
    }

    pub fn fail(&mut self, work: &Work<'_>, number: u8) {
        self.mark(work, number, HopState::Failed);
    }

    fn mark(&mut self, work: &Work<'_>, number: u8, state: HopState) {
        let Some(hop) = self.hops.iter_mut().find(|hop| hop.number == number) else { return };
        // A hop that was passed may still fail: the data is touched to the end of the statement.
        if hop.state == state || hop.state == HopState::Failed {
            return;
        }
        hop.state = state;
        work.say(Event::Hop(hop.clone()));
        self.outcome.hops.retain(|told| told.number != number);
        self.outcome.hops.push(hop.clone());
    }
}

/// What became of a statement that was sent.
pub(crate) enum Sent {
    /// It went through.
    Done(Done),
    /// The warehouse is at work, and this process leaves it to that.
    Left { run: String },
}

/// A statement that went through.
pub(crate) struct Done {
    pub run: String,
    pub counted: Counted,
    /// Milliseconds, where this process watched it.
    pub elapsed_ms: Option<u64>,
}

/// Notes that a run ended without result.
pub(crate) fn note_failure(work: &mut Work<'_>, run: &str, reason: &str) -> Result<()> {
    let reason = reason.lines().next().unwrap_or_default().to_owned();
    work.note(Entry::RunFailed { run: run.to_owned(), reason })
}
