//! Cluster to cluster: an unload to a stage and a load from it, two movements under one journal.
//!
//! Each leg is a whole movement with its own roles and its own lines in the journal; here is their
//! order, and what passes from one to the other: which run filled the stage, and whether it has been
//! loaded. A run that was cut goes on where it was, so that nothing is unloaded or loaded twice.

use crate::context::{Context, Options};
use crate::file::{Mode, Movement, Way};
use crate::journal::{Entry, Journal};
use crate::objects;
use crate::report::{Event, Exit, Outcome};
use crate::trouble::{Result, Trouble};
use crate::work::{Mode as Open, Work};

/// The two movements.
pub(crate) struct Legs {
    unload: Movement,
    load: Movement,
}

/// What lies in the stage and waits to be loaded.
struct Staged {
    run: String,
    /// An UNLOAD of no rows may leave nothing at all.
    empty: bool,
}

impl Legs {
    /// `None` for a movement of one leg.
    pub fn of(movement: &Movement) -> Option<Self> {
        let load = movement.then.as_deref()?.clone();
        Some(Self { unload: Movement { then: None, ..movement.clone() }, load })
    }

    fn announce(&self, cx: &Context, leg: u8) {
        let (near, far, stage) =
            (&self.unload.warehouse, &self.load.warehouse, self.unload.store.url());
        let text = match leg {
            1 => format!("1  {} unloads to {stage}", near.cluster),
            _ => format!("2  {} loads from {stage}", far.cluster),
        };
        cx.reporter.report(&Event::Phase(text));
    }

    /// What would be made for both.
    pub async fn plan(&self, cx: &Context) -> Outcome {
        self.announce(cx, 1);
        let unload = Box::pin(crate::plan(&self.unload, cx)).await;
        self.announce(cx, 2);
        let load = Box::pin(crate::plan(&self.load, cx)).await;
        self.merged("plan", vec![unload, load])
    }

    /// Makes what both need; the unload's stage first.
    pub async fn apply(&self, cx: &Context, options: &Options) -> Outcome {
        self.announce(cx, 1);
        let mut phases = vec![Box::pin(crate::apply(&self.unload, cx, options)).await];
        if went_well(&phases) {
            self.announce(cx, 2);
            phases.push(Box::pin(crate::apply(&self.load, cx, options)).await);
        }
        self.merged("apply", phases)
    }

    /// Every hop of both.
    pub async fn check(&self, cx: &Context) -> Outcome {
        self.announce(cx, 1);
        let unload = Box::pin(crate::check(&self.unload, cx)).await;
        self.announce(cx, 2);
        let load = Box::pin(crate::check(&self.load, cx)).await;
        self.merged("check", vec![unload, load])
    }

    /// What the journal knows of both.
    pub async fn status(&self, cx: &Context) -> Outcome {
        let unload = Box::pin(crate::status(&self.unload, cx)).await;
        let load = Box::pin(crate::status(&self.load, cx)).await;
        self.merged("status", vec![unload, load])
    }

    /// The table that was loaded, against its history and against what was unloaded.
    pub async fn verify(&self, cx: &Context, options: &Options) -> Outcome {
        Box::pin(crate::verify(&self.load, cx, options)).await
    }

    /// Who did what in both.
    pub async fn audit(&self, cx: &Context) -> Outcome {
        self.announce(cx, 1);
        let unload = Box::pin(crate::audit(&self.unload, cx)).await;
        self.announce(cx, 2);
        let load = Box::pin(crate::audit(&self.load, cx)).await;
        self.merged("audit", vec![unload, load])
    }

    /// Takes both back; the load first, because it stands on the unload's stage.
    pub async fn destroy(&self, cx: &Context, options: &Options) -> Outcome {
        self.announce(cx, 2);
        let mut phases = vec![Box::pin(crate::destroy(&self.load, cx, options)).await];
        if went_well(&phases) {
            self.announce(cx, 1);
            phases.push(Box::pin(crate::destroy(&self.unload, cx, options)).await);
        }
        self.merged("destroy", phases)
    }

    /// Unloads, unless something waits in the stage; loads; empties the stage.
    pub async fn run(&self, cx: &Context, options: &Options) -> Outcome {
        let mut phases = Vec::new();
        let ended = self.try_run(cx, options, &mut phases).await;
        let outcome = self.merged("run", phases);
        cx.conclude(outcome, ended)
    }

    async fn try_run(
        &self,
        cx: &Context,
        options: &Options,
        phases: &mut Vec<Outcome>,
    ) -> Result<()> {
        if self.staged(cx)?.is_none() {
            self.announce(cx, 1);
            phases.push(Box::pin(crate::run(&self.unload, cx, options)).await);
        }
        let (true, Some(staged)) = (went_well(phases), self.staged(cx)?) else { return Ok(()) };
        if !self.is_loaded(cx, &staged.run)? {
            if staged.empty {
                self.nothing_to_load(cx)?;
            } else {
                self.announce(cx, 2);
                let load = self.load_of(&staged.run);
                phases.push(Box::pin(crate::run(&load, cx, options)).await);
                if !went_well(phases) {
                    return Ok(());
                }
            }
        }
        self.leave_stage(cx, staged.run).await
    }

    /// The load, told which run it loads.
    fn load_of(&self, run: &str) -> Movement {
        let mut movement = self.load.clone();
        if let Way::In(load) = &mut movement.way {
            load.of_run = Some(run.to_owned());
        }
        movement
    }

    /// The last unload that arrived and that nothing has been done with yet.
    fn staged(&self, cx: &Context) -> Result<Option<Staged>> {
        let journal = Journal::read(&cx.state, &self.unload.name, false)?;
        let mut staged = None;
        for entry in journal.entries() {
            match entry {
                Entry::Arrived { run, manifest, .. } => {
                    staged = Some(Staged { run: run.clone(), empty: manifest.is_none() });
                }
                Entry::DataDeleted | Entry::StageKept { .. } => staged = None,
                _ => {}
            }
        }
        Ok(staged)
    }

    fn is_loaded(&self, cx: &Context, wanted: &str) -> Result<bool> {
        let journal = Journal::read(&cx.state, &self.load.name, true)?;
        Ok(journal.entries().iter().any(|entry| match entry {
            Entry::Arrived { landing: Some(landing), .. } => {
                landing.of_run.as_deref() == Some(wanted)
            }
            _ => false,
        }))
    }

    /// No rows and no files: nothing for COPY to read, and only an overwrite would still change
    /// something.
    fn nothing_to_load(&self, cx: &Context) -> Result<()> {
        if self.load.inward().is_some_and(|load| load.mode == Mode::Overwrite) {
            let trouble = Trouble::new(format!("load from {}", self.load.store.url()))
                .said("no rows were unloaded, and a COPY of nothing is refused")
                .fix("delete the rows of the target by hand, if that is what is meant");
            return Err(Box::new(trouble));
        }
        cx.reporter.report(&Event::Note("no rows were unloaded: there is nothing to load".into()));
        Ok(())
    }

    /// Empties the stage, or notes that what it keeps has been loaded.
    async fn leave_stage(&self, cx: &Context, run: String) -> Result<()> {
        let mut work = Work::open(&self.unload, cx, Open::Change).await?;
        if self.unload.keep_stage {
            return work.note(Entry::StageKept { run });
        }
        let listed = objects::list(&work, self.unload.store.prefix()).await?;
        for object in &listed {
            objects::delete(&work, &object.key).await?;
        }
        work.note(Entry::DataDeleted)?;
        let stage = self.unload.store.url();
        work.say(Event::Summary(format!("{stage} is empty again: {} objects", listed.len())));
        Ok(())
    }

    /// One outcome of several: the worst exit, everything that was made or found, each leg a phase.
    fn merged(&self, command: &'static str, phases: Vec<Outcome>) -> Outcome {
        let mut outcome = Outcome::new(command, &self.unload.name);
        for phase in &phases {
            if severity(phase.exit) > severity(outcome.exit) {
                outcome.exit = phase.exit;
            }
            outcome.steps.extend(phase.steps.iter().cloned());
            outcome.findings.extend(phase.findings.iter().cloned());
            outcome.moved = phase.moved.clone().or(outcome.moved);
            outcome.under_way = phase.under_way.clone().or(outcome.under_way);
            outcome.trouble = outcome.trouble.or_else(|| phase.trouble.clone());
        }
        outcome.phases = phases;
        outcome
    }
}

fn severity(exit: Exit) -> u8 {
    match exit {
        Exit::Done => 0,
        Exit::Pending => 1,
        Exit::Denied => 2,
        Exit::Failed => 3,
    }
}

/// Whether everything so far is done, and not left to the warehouse.
fn went_well(phases: &[Outcome]) -> bool {
    phases.iter().all(|phase| phase.exit == Exit::Done && phase.under_way.is_none())
}
