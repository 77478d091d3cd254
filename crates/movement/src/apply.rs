//! `plan` and `apply`: the same loop over the steps, once looking only, once making.
//!
//! The journal line with the undo is on disk before each call; what exists and is right is left
//! alone, so `apply` may be repeated at any time and after any crash.

use crate::context::{Context, Options};
use crate::file::{Format, Movement};
use crate::journal::Entry;
use crate::legs::Legs;
use crate::path;
use crate::report::{Action, Event, Exit, Outcome, StepLine};
use crate::steps::{self, Seen, Step};
use crate::trouble::Result;
use crate::work::{Mode, Work};

/// What `apply` would do, and the path hop by hop. Changes nothing, writes nothing.
///
/// The outcome's exit is [`Exit::Pending`] when there is something to change.
pub async fn plan(movement: &Movement, cx: &Context) -> Outcome {
    if let Some(legs) = Legs::of(movement) {
        return legs.plan(cx).await;
    }
    let mut outcome = Outcome::new("plan", &movement.name);
    let ended = try_plan(movement, cx, &mut outcome).await;
    cx.conclude(outcome, ended)
}

/// Makes everything the movement needs. With [`Options::hop`], only what belongs to that hop.
pub async fn apply(movement: &Movement, cx: &Context, options: &Options) -> Outcome {
    if let Some(legs) = Legs::of(movement) {
        return legs.apply(cx, options).await;
    }
    let mut outcome = Outcome::new("apply", &movement.name);
    let ended = try_apply(movement, cx, options, &mut outcome).await;
    cx.conclude(outcome, ended)
}

async fn try_plan(movement: &Movement, cx: &Context, outcome: &mut Outcome) -> Result<()> {
    let mut work = Work::open(movement, cx, Mode::Look).await?;
    work.say(path::title(&work));
    for hop in path::hops(&work) {
        work.say(Event::Hop(hop.clone()));
        outcome.hops.push(hop);
    }
    for step in steps::all(&work) {
        let seen = step.look(&mut work).await?;
        let line = line(&work, step.as_ref(), &seen);
        work.say(Event::Step(line.clone()));
        outcome.steps.push(line);
    }
    for note in notes(movement) {
        work.say(Event::Note(note));
    }
    let (create, change) = counts(&outcome.steps);
    if create + change > 0 {
        outcome.exit = Exit::Pending;
        let (counted, next) = (tally(create, change), work.command("apply", ""));
        work.say(Event::Summary(format!("{counted}   {next}")));
    } else {
        work.say(Event::Summary("nothing to change".into()));
    }
    Ok(())
}

async fn try_apply(
    movement: &Movement,
    cx: &Context,
    options: &Options,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut work = Work::open(movement, cx, Mode::Change).await?;
    work.say(path::title(&work));
    for step in steps::all(&work) {
        let seen = step.look(&mut work).await?;
        let line = line(&work, step.as_ref(), &seen);
        let chosen = options.hop.is_none_or(|hop| hop == step.hop());
        if chosen {
            settle(&mut work, step.as_ref(), &seen).await?;
            work.say(Event::Step(line.clone()));
            outcome.steps.push(line);
        }
    }
    let (create, change) = counts(&outcome.steps);
    let summary = match create + change {
        0 => "everything was in place".to_owned(),
        _ => format!("{}   {}", tally_done(create, change), work.command("run", "")),
    };
    work.say(Event::Summary(summary));
    Ok(())
}

/// Journals and makes one step, unless it is as it should be.
async fn settle(work: &mut Work<'_>, step: &dyn Step, seen: &Seen) -> Result<()> {
    let id = step.id(work.movement);
    let standing = work.journal.standing().into_iter().find(|known| known.step == id);
    if *seen == Seen::Same {
        // The call came through, and the crash came before its journal line.
        return match standing {
            Some(known) if !known.made => work.note(Entry::Made { step: id }),
            _ => Ok(()),
        };
    }
    // The first intention knows the value before the movement; a later one would record our own.
    if standing.is_none() {
        let undo = step.undo(work, seen);
        work.note(Entry::Intended { step: id.clone(), undo })?;
    }
    step.make(work, seen).await?;
    work.note(Entry::Made { step: id })
}

fn line(work: &Work<'_>, step: &dyn Step, seen: &Seen) -> StepLine {
    let ours = work.journal.is_ours(&step.id(work.movement));
    let action = match seen {
        Seen::Absent => Action::Create,
        Seen::Differs { .. } => Action::Change,
        Seen::Same if ours => Action::Keep,
        Seen::Same => Action::Use,
    };
    let opens = step.opens(work);
    let detail = match seen {
        Seen::Differs { how, .. } => format!("{opens} ({how})"),
        _ => opens,
    };
    StepLine {
        id: step.id(work.movement),
        hop: step.hop(),
        side: work.movement.side(step.account()),
        label: work.label(step.account()).to_owned(),
        action,
        what: step.what(work),
        detail,
    }
}

fn counts(steps: &[StepLine]) -> (usize, usize) {
    let count = |action| steps.iter().filter(|step| step.action == action).count();
    (count(Action::Create), count(Action::Change))
}

fn tally(create: usize, change: usize) -> String {
    format!("{create} to create, {change} to change")
}

fn tally_done(create: usize, change: usize) -> String {
    format!("{create} created, {change} changed")
}

/// What the chosen form cannot tell apart.
fn notes(movement: &Movement) -> Vec<String> {
    let form = movement.form();
    let delimited = matches!(form.format, Format::Csv | Format::Text);
    let mut notes = Vec::new();
    if delimited && form.null_as.is_none() && movement.outward().is_some() {
        let format = form.format.word();
        notes.push(format!(
            "in {format}, NULL and the empty string look the same; set null_as to keep them apart"
        ));
    }
    notes
}
