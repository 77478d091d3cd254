//! `check`: is every hop of the path open, and what mends those that are not?
//!
//! Hops 1 to 4 are tried for real, with the very calls of a run; where one fails, the ones behind it
//! are evaluated instead, so that everything in the way is told in one go. Of hop 5 the warehouse is
//! asked for its part. Hops 5 to 7 are evaluated: `access` reads their policies through the public
//! APIs and asks the policy engine. Nothing is moved, made or left behind.
//!
//! Start at [`check`]; what hops 5 to 7 are asked is `questions.rs`.

mod questions;
mod verdict;

use access::Survey;

use crate::aws::Session;
use crate::context::Context;
use crate::database::Login;
use crate::file::{IfExists, Movement};
use crate::legs::Legs;
use crate::objects;
use crate::path;
use crate::place::Account;
use crate::report::{Event, Evidence, Exit, Hop, HopState, Outcome};
use crate::run::blame::{self, Drift, Refusal};
use crate::run::{login, not_applied};
use crate::trouble::{Result, Trouble};
use crate::work::{Mode, Work};
use verdict::Verdict;

/// Tries or evaluates every hop.
///
/// The exit is [`Exit::Denied`] when a hop is denied or unreachable, [`Exit::Failed`] when that
/// could not be found out of one, [`Exit::Pending`] when all are open and something guards less
/// than this movement means it to.
pub async fn check(movement: &Movement, cx: &Context) -> Outcome {
    if let Some(legs) = Legs::of(movement) {
        return legs.check(cx).await;
    }
    let mut outcome = Outcome::new("check", &movement.name);
    let ended = try_check(movement, cx, &mut outcome).await;
    cx.conclude(outcome, ended)
}

async fn try_check(movement: &Movement, cx: &Context, outcome: &mut Outcome) -> Result<()> {
    let mut work = Work::open(movement, cx, Mode::Look).await?;
    work.say(path::title(&work));
    if work.journal.standing().is_empty() {
        return Err(not_applied(&work, "check"));
    }
    let (drifts, odd) = blame::look(&mut work).await;
    let check = Check { survey: questions::survey(&work), work: &work, drifts, odd };
    let hops = path::hops(&work);
    let mut verdicts = check.login().await;
    for hop in hops.iter().filter(|hop| hop.number > 4) {
        verdicts.push(check.evaluated(hop.number).await);
    }
    for (hop, verdict) in hops.into_iter().zip(&verdicts) {
        let hop = Hop { state: verdict.state(), by: Some(verdict.by), ..hop };
        work.say(Event::Hop(hop.clone()));
        outcome.hops.push(hop);
    }
    for trouble in verdicts.into_iter().filter_map(|verdict| verdict.trouble) {
        work.say(Event::Trouble(trouble.clone()));
        outcome.troubles.push(trouble);
    }
    check.guards(outcome);
    check.occupied().await?;
    conclude(&work, outcome);
    Ok(())
}

struct Check<'w> {
    work: &'w Work<'w>,
    survey: Survey,
    /// What is not as this movement makes it.
    drifts: Vec<Drift>,
    /// What could not be looked at, or is in a state in which it cannot be used.
    odd: Vec<Trouble>,
}

impl Check<'_> {
    /// Hops 1 to 4: each tried while the one before it was open, else evaluated.
    async fn login(&self) -> Vec<Verdict> {
        let work = self.work;
        let (first, entry) = self.tried(1, login::enter(work).await).await;
        let (second, reader) = match entry {
            Some(entry) => self.tried(2, login::become_reader(work, &entry).await).await,
            None => (self.evaluated(2).await, None::<Session>),
        };
        let (third, login) = match reader {
            Some(reader) => self.tried(3, login::read_secret(work, &reader).await).await,
            None => (self.evaluated(3).await, None::<Login>),
        };
        // The owner may read it too: whether the login holds does not hang on the hops before.
        let login = match login {
            Some(login) => Some(login),
            None => login::read_secret(work, &work.warehouse).await.ok(),
        };
        let fourth = match login {
            Some(login) => self.tried(4, login::log_in(work, &login).await).await.0,
            None => Verdict::unknown(Evidence::Tried, self.without_login()),
        };
        vec![first, second, third, fourth]
    }

    fn without_login(&self) -> Trouble {
        let source = &self.work.movement.warehouse;
        Trouble::new(format!("log in to {} as {}", source.cluster, source.user))
            .why("nobody could read the secret that holds the login")
            .at(4, &self.work.warehouse.label)
    }

    /// The verdict on something that was done.
    async fn tried<T>(
        &self,
        hop: u8,
        result: std::result::Result<T, Refusal>,
    ) -> (Verdict, Option<T>) {
        let refusal = match result {
            Ok(value) => return (Verdict::open(Evidence::Tried), Some(value)),
            Err(refusal) => refusal,
        };
        // AWS does not tell which statement decided; then reading the policies does.
        let told = refusal.is_explained();
        let mut trouble = blame::block_with(self.work, hop, refusal, &self.drifts).await;
        if let Some(found) = self.evaluated(hop).await.trouble {
            trouble.explain = found.explain;
            if !told {
                trouble.why = found.why;
                if trouble.fix.is_empty() {
                    trouble.fix = found.fix;
                }
            }
        }
        (Verdict::denied(Evidence::Tried, trouble), None)
    }

    /// The verdict by evaluation of every access that the hop needs, and by what the warehouse and
    /// the resources themselves say.
    async fn evaluated(&self, hop: u8) -> Verdict {
        let by = if hop == 5 { Evidence::Asked } else { Evidence::Evaluated };
        let mut verdict = Verdict::open(by);
        if hop == 5 {
            self.asked(&mut verdict);
        }
        for question in questions::of(self.work, hop) {
            let decided = self.survey.decide(&question).await;
            verdict.take(self.work, hop, &question, decided);
        }
        for odd in self.odd.iter().filter(|odd| odd.hop == Some(hop)) {
            verdict.odd(odd);
        }
        verdict.trouble = verdict.trouble.take().map(|trouble| {
            let trouble = trouble.at(hop, self.work.label(blame::account_of(hop)));
            blame::remedied(self.work, trouble, &self.drifts)
        });
        verdict
    }

    /// What the warehouse and its control plane said when the steps were looked at: the role's
    /// association and the user's privileges.
    fn asked(&self, verdict: &mut Verdict) {
        let near = &self.work.movement.warehouse;
        let section = self.work.movement.section(Account::Warehouse);
        let missing = self.drifts.iter().filter(|drift| is_privilege(drift, section));
        let why: Vec<String> = missing.map(ToString::to_string).collect();
        if !why.is_empty() {
            let mut trouble = Trouble::new(format!(
                "{} {} in {} through {}",
                near.user,
                if self.work.movement.inward().is_some() { "loads" } else { "unloads" },
                near.cluster,
                self.work.movement.roles.cluster
            ));
            trouble.why = why;
            verdict.deny(trouble);
        }
    }

    /// What is open but guards less, or otherwise, than meant: the hops pass, and `apply` would
    /// still change something.
    fn guards(&self, outcome: &mut Outcome) {
        let failed = |hop: u8| outcome.troubles.iter().any(|trouble| trouble.hop == Some(hop));
        let loose: Vec<&Drift> = self.drifts.iter().filter(|drift| !failed(drift.hop)).collect();
        let troubles: Vec<Trouble> = loose
            .into_iter()
            .map(|drift| {
                let label = self.work.label(blame::account_of(drift.hop));
                let tried = format!("{} is not as it is meant", drift.what);
                let trouble = Trouble::new(tried)
                    .why(format!("{}; the hop is open without it", drift.how))
                    .at(drift.hop, label);
                blame::remedied(self.work, trouble, std::slice::from_ref(drift))
            })
            .collect();
        if !troubles.is_empty() {
            outcome.exit = Exit::Pending;
        }
        for trouble in troubles {
            self.work.say(Event::Trouble(trouble.clone()));
            outcome.troubles.push(trouble);
        }
    }

    /// Objects under the prefix make Redshift refuse an UNLOAD that may not replace them.
    async fn occupied(&self) -> Result<()> {
        let target = &self.work.movement.store;
        let refused = self.work.movement.if_exists() == Some(IfExists::Fail);
        if !refused || !objects::bucket_exists(self.work).await? {
            return Ok(());
        }
        let found = objects::list(self.work, target.prefix()).await?.len();
        if found > 0 {
            let place = format!("s3://{}/{}", target.bucket(), target.prefix());
            let note =
                format!("{place} holds {found} objects: a run is refused while they are there");
            self.work.say(Event::Note(note));
        }
        Ok(())
    }
}

/// The steps of hop 5 that the statement cannot do without, and that were looked at by asking.
fn is_privilege(drift: &Drift, section: &str) -> bool {
    let step = drift.step.strip_prefix(section).unwrap_or_default();
    step == ".association" || step.starts_with(".grant.")
}

fn conclude(work: &Work<'_>, outcome: &mut Outcome) {
    let numbers = |state| {
        let hops = outcome.hops.iter().filter(|hop| hop.state == state);
        hops.map(|hop| hop.number.to_string()).collect::<Vec<_>>().join(", ")
    };
    let (failed, unknown) = (numbers(HopState::Failed), numbers(HopState::Unknown));
    let summary = match (failed.as_str(), unknown.as_str(), outcome.exit) {
        ("", "", Exit::Pending) => {
            "every hop is open, and something is not as it is meant".to_owned()
        }
        ("", "", _) => "every hop is open".to_owned(),
        ("", unknown, _) => format!("no hop is known to be closed; nobody could tell of {unknown}"),
        (failed, "", _) => format!("closed: {failed}"),
        (failed, unknown, _) => format!("closed: {failed}; nobody could tell of {unknown}"),
    };
    if !failed.is_empty() {
        outcome.exit = Exit::Denied;
    } else if !unknown.is_empty() {
        outcome.exit = Exit::Failed;
    }
    work.say(Event::Summary(summary));
}
