//! `destroy`: the journal walked back, source first; then a look whether anything is left.
//!
//! What the movement did not make is not touched. Unloaded data goes only with `--data`; while it
//! stays, its bucket, that bucket's policy and its key stay too, and `destroy` says so.

use serde_json::{Value, json};

use crate::context::{Context, Options};
use crate::file::Movement;
use crate::journal::{Entry, Standing};
use crate::legs::Legs;
use crate::objects;
use crate::path;
use crate::place::Account;
use crate::policies;
use crate::report::{Action, Event, Outcome, StepLine};
use crate::run::note_failure;
use crate::sql;
use crate::steps::{self, Seen};
use crate::trouble::{Result, Trouble};
use crate::undo::{Undo, policy_text};
use crate::verify::last_arrived;
use crate::work::{Mode, Work};

/// Takes back everything that `apply` made, in safe order. May be repeated after a crash.
pub async fn destroy(movement: &Movement, cx: &Context, options: &Options) -> Outcome {
    if let Some(legs) = Legs::of(movement) {
        return legs.destroy(cx, options).await;
    }
    let mut outcome = Outcome::new("destroy", &movement.name);
    let ended = try_destroy(movement, cx, options, &mut outcome).await;
    cx.conclude(outcome, ended)
}

async fn try_destroy(
    movement: &Movement,
    cx: &Context,
    options: &Options,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut work = Work::open(movement, cx, Mode::Change).await?;
    work.say(path::title(&work));
    let mut standing = work.journal.standing();
    standing.sort_by_key(|known| known.undo.as_ref().map_or(u8::MAX, Undo::rank));
    cancel_running(&mut work).await?;
    let own_bucket = work.journal.is_ours(&steps::bucket_id(work.movement));
    let (storage, doors): (Vec<Standing>, Vec<Standing>) = standing
        .into_iter()
        .partition(|known| known.undo.as_ref().is_some_and(|undo| undo.holds_data(own_bucket)));
    for known in doors {
        match shared(&mut work, &known).await? {
            Some(reason) => leave(&work, &known, &reason, outcome),
            None => take_back(&mut work, known, outcome).await?,
        }
    }
    let kept = data(&mut work, options.data, outcome).await?;
    for known in storage {
        let reason = match &kept {
            Some(reason) => Some(reason.clone()),
            None => shared(&mut work, &known).await?,
        };
        match reason {
            Some(reason) => leave(&work, &known, &reason, outcome),
            None => take_back(&mut work, known, outcome).await?,
        }
    }
    nothing_left(&mut work, outcome).await
}

/// Why something that this movement made or changed has to stay as it is for others. Our own
/// statements and grants are gone by now: what still stands beside the owner's is another's.
async fn shared(work: &mut Work<'_>, known: &Standing) -> Result<Option<String>> {
    let (call, input, usual) = match &known.undo {
        Some(Undo::DeleteBucket { bucket }) => {
            (("s3", "GetBucketPolicy"), json!({ "Bucket": bucket }), 0)
        }
        Some(Undo::DeleteKey { account: Account::Store, alias, .. }) => {
            let Some(key) = steps::key::describe(work, Account::Store, alias).await? else {
                return Ok(None);
            };
            (("kms", "GetKeyPolicy"), json!({ "KeyId": key.arn, "PolicyName": "default" }), 1)
        }
        Some(Undo::ReopenAssumeRole) if work.facts.cluster.is_some() => {
            return granted_to_others(work).await;
        }
        _ => return Ok(None),
    };
    let answer = match work.call(Account::Store, call.0, call.1, input).await {
        Ok(answer) => answer,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => {
            return Err(work
                .refused(Account::Store, 7, "look who else uses it".into(), &error)
                .await);
        }
    };
    let statements = policies::statements(Some(&policy_text(&answer)));
    let other = statements.get(usual..).and_then(<[Value]>::last);
    Ok(other.map(|statement| {
        let sid = statement.get("Sid").and_then(Value::as_str).unwrap_or("without a name");
        format!("others use it: its policy has statement {sid}")
    }))
}

/// Whoever was granted `ASSUMEROLE` since relies on its being closed to the rest.
async fn granted_to_others(work: &mut Work<'_>) -> Result<Option<String>> {
    let sql = "SELECT TRIM(identity_name) FROM svv_iam_privileges WHERE identity_type <> 'public'";
    let grants = work.admin_sql(sql).await?.unwrap_or_default();
    Ok(grants.first().map(|user| format!("stays closed: {user} was granted it, others were not")))
}

/// Takes one step back and journals that it is gone.
async fn take_back(work: &mut Work<'_>, known: Standing, outcome: &mut Outcome) -> Result<()> {
    if let Some(undo) = &known.undo {
        let mut line = line(work, &known.step, undo);
        let moot = undo.is_in_cluster() && work.facts.cluster.is_none();
        if moot {
            line.detail = "gone with the cluster".into();
        } else {
            undo.execute(work).await?;
        }
        work.say(Event::Step(line.clone()));
        outcome.steps.push(line);
    }
    work.note(Entry::Undone { step: known.step })
}

fn line(work: &Work<'_>, step: &str, undo: &Undo) -> StepLine {
    let detail = match undo {
        Undo::DeleteKey { .. } => "scheduled, 7 days",
        Undo::ReopenAssumeRole => "open to everybody, as it was",
        Undo::LeaveAssumeRoleClosed => "stays closed: what it was before could not be asked",
        undo if undo.restores() => "as it was before",
        _ => "",
    };
    StepLine {
        id: step.to_owned(),
        hop: 0,
        side: work.movement.side(undo.account()),
        label: work.label(undo.account()).to_owned(),
        action: match undo {
            Undo::LeaveAssumeRoleClosed => Action::Leave,
            undo if undo.restores() => Action::Restore,
            _ => Action::Remove,
        },
        what: undo.what(),
        detail: detail.to_owned(),
    }
}

fn leave(work: &Work<'_>, known: &Standing, reason: &str, outcome: &mut Outcome) {
    let Some(undo) = &known.undo else { return };
    let mut line = line(work, &known.step, undo);
    line.action = Action::Leave;
    line.detail = reason.to_owned();
    work.say(Event::Step(line.clone()));
    outcome.steps.push(line);
}

/// A statement of an interrupted run would go on writing while its roles are taken away.
async fn cancel_running(work: &mut Work<'_>) -> Result<()> {
    let mut open = None;
    for entry in work.journal.entries() {
        match entry {
            Entry::RunStarted { run, process, .. } => open = Some((run.clone(), process.clone())),
            Entry::Unloaded { .. }
            | Entry::Loaded { .. }
            | Entry::Arrived { .. }
            | Entry::RunFailed { .. } => open = None,
            _ => {}
        }
    }
    let Some((run, process)) = open else { return Ok(()) };
    if let (Some(process), true) = (process, work.facts.cluster.is_some()) {
        cancel(work, &run, &process).await?;
    }
    note_failure(work, &run, "ended by destroy")
}

/// Cancels the statement of a run. Its process number may be another's by now, so only one that
/// runs this very statement is cancelled; a warehouse that does not list what runs cannot be asked.
async fn cancel(work: &mut Work<'_>, run: &str, process: &str) -> Result<()> {
    let mark = sql::literal(&format!("%landbridge:{}:{run}%", work.movement.name));
    let process: u64 = process.parse().unwrap_or_default();
    let sql = format!(
        "SELECT pid FROM stv_recents WHERE pid = {process} AND TRIM(status) = 'Running' \
         AND query LIKE {mark}"
    );
    let running = work.admin_sql(&sql).await?.is_ok_and(|rows| !rows.rows.is_empty());
    if running {
        let end = format!("CANCEL {process}");
        if let Err(error) = work.admin_sql(&end).await? {
            return Err(work.db_refused(5, "end the running statement".into(), &error).await);
        }
    }
    Ok(())
}

/// Deletes the moved objects, or tells why what holds them has to stay. Rows that were loaded are
/// their table's, and the objects they came from their owner's.
async fn data(work: &mut Work<'_>, delete: bool, outcome: &mut Outcome) -> Result<Option<String>> {
    if work.movement.inward().is_some() || !objects::bucket_exists(work).await? {
        return Ok(None);
    }
    let keys = moved_keys(work).await?;
    if keys.is_empty() {
        return foreign_objects(work).await;
    }
    let count = keys.len();
    let target = &work.movement.store;
    let what = format!("{count} objects under s3://{}/{}", target.bucket(), target.prefix());
    let mut line = StepLine {
        id: "target.data".into(),
        hop: 7,
        side: work.movement.side(Account::Store),
        label: work.label(Account::Store).to_owned(),
        action: Action::Leave,
        what,
        detail: "kept; landbridge destroy --data deletes them".into(),
    };
    if !delete {
        work.say(Event::Step(line.clone()));
        outcome.steps.push(line);
        return Ok(Some("holds the moved data".into()));
    }
    for key in &keys {
        objects::delete(work, key).await?;
    }
    line.action = Action::Remove;
    line.detail = String::new();
    work.say(Event::Step(line.clone()));
    outcome.steps.push(line);
    work.note(Entry::DataDeleted)?;
    foreign_objects(work).await
}

/// The objects that are this movement's: in a bucket it made everything under its prefix, in
/// another's bucket only what a run is known to have written.
async fn moved_keys(work: &Work<'_>) -> Result<Vec<String>> {
    let listed = objects::list(work, work.movement.store.prefix()).await?;
    let mut keys: Vec<String> = listed.into_iter().map(|object| object.key).collect();
    if !work.journal.is_ours(&steps::bucket_id(work.movement)) {
        let arrived = last_arrived(work).map(|arrived| arrived.moved);
        let known: Vec<String> = arrived
            .into_iter()
            .flat_map(|moved| moved.files.into_iter().map(|file| file.key).chain(moved.manifest))
            .collect();
        keys.retain(|key| known.contains(key));
    }
    Ok(keys)
}

/// Why a bucket of ours cannot go: somebody else keeps objects in it.
async fn foreign_objects(work: &Work<'_>) -> Result<Option<String>> {
    if !work.journal.is_ours(&steps::bucket_id(work.movement)) {
        return Ok(None);
    }
    let left = objects::list(work, "").await?;
    Ok(left.first().map(|object| format!("holds objects of others, such as {}", object.key)))
}

/// Looks at every step again: what this movement made and did not leave on purpose must be gone.
async fn nothing_left(work: &mut Work<'_>, outcome: &mut Outcome) -> Result<()> {
    let left = outcome.steps.iter().filter(|step| step.action == Action::Leave).count();
    let removed: Vec<String> = outcome
        .steps
        .iter()
        .filter(|step| step.action == Action::Remove)
        .map(|step| step.id.clone())
        .collect();
    let mut still = Vec::new();
    for step in steps::all(work) {
        let in_database = matches!(step.hop(), 4 | 5) && step.account() == Account::Warehouse;
        if !removed.contains(&step.id(work.movement)) || in_database {
            continue;
        }
        // A role that is there again counts as foreign, and that look fails: it is left as well.
        if !matches!(step.look(work).await, Ok(Seen::Absent)) {
            still.push(step.what(work));
        }
    }
    if !still.is_empty() {
        let mut trouble = Trouble::new(format!("destroy {}", work.movement.name))
            .said("not everything is gone")
            .fix(work.command("destroy", ""));
        trouble.why = still;
        return Err(Box::new(trouble));
    }
    let summary = match (removed.len(), left) {
        (0, 0) => "there was nothing to take back".to_owned(),
        (_, 0) => "nothing of it is left".to_owned(),
        (_, left) => format!("{left} left on purpose; nothing else of it is left"),
    };
    work.say(Event::Summary(summary));
    Ok(())
}
