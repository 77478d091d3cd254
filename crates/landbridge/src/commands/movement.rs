//! `plan`, `apply`, `check`, `run`, `status`, `verify`, `audit`, `destroy`: a movement file and
//! what is done with it.
//!
//! The movement itself is the `movement` crate's; the world it works in is `world.rs`'s.

use std::path::{Path, PathBuf};

use clap::Args;
use movement::report::{Exit, Outcome};
use movement::{Context, Movement, Options, SavedPlan};

use super::world::{Needs, WorldArgs, with_world};
use super::{Done, Failure};
use crate::output;

/// A movement file and where to carry it out.
#[derive(Args)]
pub struct FileArgs {
    /// The movement file
    file: PathBuf,
    #[command(flatten)]
    world: WorldArgs,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// What a movement would create, change and open, and its path hop by hop.
///
/// Exit status: 0 nothing to change, 2 changes are pending, 1 failed.
#[derive(Args)]
#[command(after_help = "Example: landbridge plan tickets-to-dev.toml --out tickets.plan")]
pub struct PlanArgs {
    #[command(flatten)]
    movement: FileArgs,
    /// Write the plan to this file, for `landbridge apply PLAN`
    #[arg(long, value_name = "PLAN")]
    out: Option<PathBuf>,
}

/// Make what a movement needs, each step journalled with its undo.
///
/// A PLAN of `landbridge plan --out` is applied exactly, or refused when the world or the movement
/// file has changed since.
#[derive(Args)]
#[command(after_help = "Examples: landbridge apply tickets-to-dev.toml --yes
          landbridge apply tickets.plan")]
pub struct ApplyArgs {
    #[command(flatten)]
    movement: FileArgs,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Only what belongs to this hop of the path, 1 to 7
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=7))]
    hop: Option<u8>,
}

/// Try or evaluate every hop, and say what mends those that fail. Moves nothing, leaves nothing.
///
/// Exit status: 0 every hop is open, 2 denied or unreachable, 1 it could not be found out.
#[derive(Args)]
#[command(after_help = "Example: landbridge check tickets-to-dev.toml")]
pub struct CheckArgs {
    #[command(flatten)]
    movement: FileArgs,
}

/// Carry the movement out; a run that was interrupted or detached is taken up again.
#[derive(Args)]
#[command(after_help = "Example: landbridge run tickets-to-dev.toml")]
pub struct RunArgs {
    #[command(flatten)]
    movement: FileArgs,
    /// Leave as soon as the warehouse is at work; the next run takes it up
    #[arg(long)]
    detach: bool,
}

/// What the journal knows of a movement.
#[derive(Args)]
#[command(after_help = "Example: landbridge status tickets-to-dev.toml")]
pub struct StatusArgs {
    #[command(flatten)]
    movement: FileArgs,
}

/// Compare what arrived with manifest, journal and, on request, source.
#[derive(Args)]
#[command(after_help = "Example: landbridge verify tickets-to-dev.toml --recount")]
pub struct VerifyArgs {
    #[command(flatten)]
    movement: FileArgs,
    /// Also count at the source, now, what the movement selects
    #[arg(long)]
    recount: bool,
}

/// Who did what through which roles, from the audit trails of both accounts.
#[derive(Args)]
#[command(after_help = "Example: landbridge audit tickets-to-dev.toml")]
pub struct AuditArgs {
    #[command(flatten)]
    movement: FileArgs,
}

/// Take back what apply made.
#[derive(Args)]
#[command(after_help = "Example: landbridge destroy tickets-to-dev.toml --data --yes")]
pub struct DestroyArgs {
    #[command(flatten)]
    movement: FileArgs,
    /// Also delete the objects that were moved
    #[arg(long)]
    data: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// `landbridge plan FILE [--out PLAN]`.
pub fn plan(args: PlanArgs) -> Done {
    let out = args.out;
    with_file(args.movement, Needs::default(), async |movement, cx| {
        let outcome = movement::plan(&movement, &cx).await;
        if let (Some(out), true) = (&out, outcome.exit != Exit::Failed) {
            let saved = SavedPlan::new(&movement, &outcome).map_err(Failure::new)?;
            let failed = |e| Failure::new(format!("cannot write {}: {e}", out.display()));
            std::fs::write(out, saved.to_json()).map_err(failed)?;
        }
        Ok(outcome)
    })
}

/// `landbridge apply FILE|PLAN`.
pub fn apply(args: ApplyArgs) -> Done {
    let options = Options { hop: args.hop, ..Options::default() };
    let Some(plan) = saved_plan(&args.movement.file) else {
        confirm(args.yes, "Make what this movement needs?")?;
        return with_file(args.movement, Needs::default(), async |movement, cx| {
            Ok(movement::apply(&movement, &cx, &options).await)
        });
    };
    if args.hop.is_some() {
        return Err(Failure::new("a plan is applied as a whole: leave --hop away"));
    }
    confirm(args.yes, "Make exactly what this plan says?")?;
    let args = FileArgs { file: plan.file().to_owned(), ..args.movement };
    with_file(args, Needs::default(), async |movement, cx| {
        Ok(plan.apply(&movement, &cx, &options).await)
    })
}

/// `landbridge check FILE`.
pub fn check(args: CheckArgs) -> Done {
    with_file(args.movement, Needs::default(), async |movement, cx| {
        Ok(movement::check(&movement, &cx).await)
    })
}

/// `landbridge run FILE [--detach]`.
pub fn run(args: RunArgs) -> Done {
    let options = Options { detach: args.detach, ..Options::default() };
    with_file(args.movement, Needs { lasting: args.detach }, async |movement, cx| {
        Ok(movement::run(&movement, &cx, &options).await)
    })
}

/// `landbridge status FILE`.
pub fn status(args: StatusArgs) -> Done {
    with_file(args.movement, Needs::default(), async |movement, cx| {
        Ok(movement::status(&movement, &cx).await)
    })
}

/// `landbridge verify FILE [--recount]`.
pub fn verify(args: VerifyArgs) -> Done {
    let options = Options { recount: args.recount, ..Options::default() };
    with_file(args.movement, Needs::default(), async |movement, cx| {
        Ok(movement::verify(&movement, &cx, &options).await)
    })
}

/// `landbridge audit FILE`.
pub fn audit(args: AuditArgs) -> Done {
    with_file(args.movement, Needs::default(), async |movement, cx| {
        Ok(movement::audit(&movement, &cx).await)
    })
}

/// `landbridge destroy FILE`.
pub fn destroy(args: DestroyArgs) -> Done {
    confirm(args.yes, "Take back everything that this movement made?")?;
    let options = Options { data: args.data, ..Options::default() };
    with_file(args.movement, Needs::default(), async |movement, cx| {
        Ok(movement::destroy(&movement, &cx, &options).await)
    })
}

/// The plan in a file; `None` for a movement file, and for one that cannot be read (its reading as
/// a movement then says why).
fn saved_plan(file: &Path) -> Option<SavedPlan> {
    SavedPlan::parse(&std::fs::read_to_string(file).ok()?)
}

/// Loads the movement file and does the work in its world.
fn with_file(
    args: FileArgs,
    needs: Needs,
    work: impl AsyncFnOnce(Movement, Context) -> Result<Outcome, Failure>,
) -> Done {
    let movement = Movement::load(&args.file).map_err(Failure::new)?;
    with_world(&args.world, args.json, needs, movement, work)
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
