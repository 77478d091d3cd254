//! The daily turn of the lifecycle rules: what is due goes, or changes its class.
//!
//! Each bucket with rules has a record of the day it was last gone through; until the next
//! midnight UTC that is all that is read. A turn looks at a snapshot, collects what is due, and
//! changes it in transactions of bounded size, each of which looks again at what it changes.
//! Nothing here is a request: S3 leaves no audit records of it either ("Lifecycle and logging").
//!
//! Start reading at [`upkeep`].

use std::collections::HashSet;
use std::sync::Arc;

use gateway::{Cx, Fault, Gateway, Origin};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::rule::{Configuration, Rule, coldness};
use crate::s3::state::versions::{self, Placed, Stored, Versioning};
use crate::s3::state::{self, Bucket, Object};

/// By bucket: those that have rules.
const RUNS: Table<Run> = Table::new("s3.lifecycle_runs");
/// Seconds of a day.
const DAY: i64 = 86_400;
/// Versions read at a time, and most changes of one transaction.
const BATCH: usize = 500;

/// When a bucket's rules had their turn.
#[derive(Serialize, Deserialize)]
struct Run {
    /// The day, counted from 1970-01-01.
    day: i64,
}

impl Record for Run {}

/// Something that is due.
enum Due {
    /// A current object is hidden, or goes where there are no versions.
    Expire { key: String, stamp: u64 },
    /// A version or a delete marker goes for good.
    Remove { key: String, version_id: String },
    /// A version changes its storage class.
    Move { key: String, version_id: String, class: String },
    /// An upload is aborted.
    Abort { key: String, id: String },
}

/// Has the rules of a bucket applied from the next midnight on.
pub(super) fn schedule(cx: &mut Cx, bucket: &str) -> Result<(), Fault> {
    let day = cx.now().timestamp().div_euclid(DAY);
    cx.put(&RUNS, bucket, &Run { day })
}

/// Ends that.
pub(super) fn unschedule(cx: &mut Cx, bucket: &str) -> Result<(), Fault> {
    cx.delete(&RUNS, bucket).map(drop)
}

/// Gives every bucket whose day has passed its turn.
///
/// # Errors
/// A failure of the store; what was done before it stays done.
pub(in crate::s3) fn upkeep(gateway: &Arc<Gateway>, origin: &Origin) -> Result<(), Fault> {
    let today = origin.time.timestamp().div_euclid(DAY);
    let waiting = gateway.inspect(origin.clone(), |cx| {
        let runs = cx.scan(&RUNS, "", None, usize::MAX)?;
        Ok(runs.into_iter().filter(|(_, run)| run.day < today).map(|(name, _)| name))
    })?;
    for name in waiting {
        take_turn(gateway, origin, &name)?;
        gateway.maintain(None, origin.clone(), |cx| match state::find_bucket(cx, &name)? {
            Some(bucket) if bucket.lifecycle.is_some() => cx.put(&RUNS, &name, &Run { day: today }),
            _ => unschedule(cx, &name),
        })?;
    }
    Ok(())
}

fn take_turn(gateway: &Arc<Gateway>, origin: &Origin, name: &str) -> Result<(), Fault> {
    let mut behind: Option<String> = None;
    loop {
        let found = gateway.inspect(origin.clone(), |cx| look(cx, name, behind.take()))?;
        let Some(Found { bucket, due, next }) = found else { return Ok(()) };
        apply(gateway, origin, &bucket, due)?;
        match next {
            Some(next) => behind = Some(next),
            None => break,
        }
    }
    let mut after: Option<String> = None;
    loop {
        let found =
            gateway.inspect(origin.clone(), |cx| look_at_uploads(cx, name, after.take()))?;
        let Some(Found { bucket, due, next }) = found else { return Ok(()) };
        apply(gateway, origin, &bucket, due)?;
        match next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// What one look at a bucket came to.
struct Found {
    bucket: Bucket,
    due: Vec<Due>,
    /// Where to look on, unless that was all.
    next: Option<String>,
}

/// Collects what is due among the versions behind a place.
fn look(cx: &Cx, name: &str, mut after: Option<String>) -> Result<Option<Found>, Fault> {
    let Some(bucket) = state::find_bucket(cx, name)? else { return Ok(None) };
    let Some(configuration) = bucket.lifecycle.clone() else { return Ok(None) };
    let mut turn = Turn {
        now: cx.now().timestamp(),
        configuration: &configuration,
        due: Vec::new(),
        group: None,
    };
    loop {
        let batch = versions::all(cx, name, "", after.as_deref(), BATCH)?;
        let Some(last) = batch.last() else { break };
        after = Some(last.position.clone());
        for placed in batch {
            let enough = turn.due.len() >= BATCH;
            if enough && turn.group.as_ref().is_none_or(|group| group.key != placed.key) {
                turn.close();
                // Behind the last key that was looked at whole.
                let next = turn.group.map(|group| versions::behind(&group.key));
                let due = turn.due;
                return Ok(Some(Found { bucket, due, next }));
            }
            turn.see(cx, placed);
        }
    }
    turn.close();
    let due = turn.due;
    Ok(Some(Found { bucket, due, next: None }))
}

/// A key whose versions are being looked at, the newest first.
struct Group {
    key: String,
    /// When the version before was made: since then the next one has not been current.
    successor: i64,
    /// Noncurrent versions so far.
    noncurrent: usize,
    /// A delete marker that is all there is of the key.
    lone_marker: Option<(i64, String)>,
}

struct Turn<'a> {
    now: i64,
    configuration: &'a Configuration,
    due: Vec<Due>,
    group: Option<Group>,
}

fn named(version_id: Option<&str>) -> String {
    version_id.unwrap_or(versions::NULL).to_owned()
}

impl<'a> Turn<'a> {
    fn see(&mut self, cx: &Cx, placed: Placed) {
        let version_id = named(placed.stored.version_id());
        let modified = placed.stored.modified();
        let Some(group) = self.group.as_mut().filter(|group| group.key == placed.key) else {
            self.close();
            let marker = placed.stored.is_marker();
            self.group = Some(Group {
                key: placed.key.clone(),
                successor: modified,
                noncurrent: 0,
                lone_marker: marker.then_some((modified, version_id)),
            });
            if let Stored::Object(object) = &placed.stored {
                self.see_current(&placed.key, object);
            }
            return;
        };
        let (since, newer) = (group.successor, group.noncurrent);
        group.lone_marker = None;
        group.successor = modified;
        group.noncurrent += 1;
        self.see_noncurrent(cx, &placed, version_id, since, newer);
    }

    fn rules_for(&self, key: &str, stored: Option<&Object>) -> Vec<&'a Rule> {
        let applies = |rule: &&Rule| match stored {
            Some(object) => rule.matches(key, object),
            None => rule.matches_bare(key),
        };
        self.configuration.rules.iter().filter(applies).collect()
    }

    fn see_current(&mut self, key: &str, object: &Object) {
        let now = self.now;
        let rules = self.rules_for(key, Some(object));
        if rules.iter().any(|rule| rule.expires(object.modified).is_some_and(|due| due <= now)) {
            self.due.push(Due::Expire { key: key.to_owned(), stamp: object.stamp });
            return;
        }
        let class = rules
            .into_iter()
            .filter(|rule| rule.moves(object, &self.configuration.minimum))
            .filter_map(|rule| rule.class_at(now, object));
        self.move_to(key, object, class.max_by_key(|class| coldness(class)));
    }

    fn see_noncurrent(
        &mut self,
        cx: &Cx,
        placed: &Placed,
        version_id: String,
        since: i64,
        newer: usize,
    ) {
        let now = self.now;
        let object = match &placed.stored {
            Stored::Object(object) => Some(object.as_ref()),
            Stored::Marker(_) => None,
        };
        let due =
            |rule: &&Rule| rule.noncurrent_expires(since, newer).is_some_and(|due| due <= now);
        let rules = self.rules_for(&placed.key, object);
        if rules.iter().any(due) {
            // What is locked stays until it is not.
            if object.is_none_or(|object| object.lock.refuse_removal(cx, false).is_ok()) {
                self.due.push(Due::Remove { key: placed.key.clone(), version_id });
            }
            return;
        }
        let Some(object) = object else { return };
        let class = rules
            .into_iter()
            .filter(|rule| rule.moves(object, &self.configuration.minimum))
            .filter_map(|rule| rule.noncurrent_class_at(now, since, newer));
        self.move_to(&placed.key, object, class.max_by_key(|class| coldness(class)));
    }

    fn move_to(&mut self, key: &str, object: &Object, class: Option<&str>) {
        let Some(class) = class else { return };
        if coldness(class) > coldness(object.headers.class()) {
            let version_id = named(object.version_id.as_deref());
            let (key, class) = (key.to_owned(), class.to_owned());
            self.due.push(Due::Move { key, version_id, class });
        }
    }

    /// The end of a key: a delete marker that hides nothing may go.
    fn close(&mut self) {
        let Some(group) = self.group.as_mut() else { return };
        let (key, marker) = (group.key.clone(), group.lone_marker.take());
        let Some((modified, version_id)) = marker else { return };
        let now = self.now;
        let due = |rule: &&Rule| rule.marker_expires(modified).is_some_and(|due| due <= now);
        if self.rules_for(&key, None).iter().any(due) {
            self.due.push(Due::Remove { key, version_id });
        }
    }
}

/// Collects the uploads that are due behind a place.
fn look_at_uploads(cx: &Cx, name: &str, after: Option<String>) -> Result<Option<Found>, Fault> {
    let Some(bucket) = state::find_bucket(cx, name)? else { return Ok(None) };
    let Some(configuration) = &bucket.lifecycle else { return Ok(None) };
    let now = cx.now().timestamp();
    let batch = state::uploads(cx, name, "", after.as_deref(), BATCH)?;
    let next = batch.last().map(|last| state::upload_position(&last.key, Some(&last.id)));
    let due = batch.into_iter().filter(|upload| {
        configuration.aborts(&upload.key, upload.initiated).is_some_and(|(due, _)| due <= now)
    });
    let due = due.map(|upload| Due::Abort { key: upload.key, id: upload.id }).collect();
    Ok(Some(Found { bucket, due, next }))
}

/// Does what is due, in transactions of bounded size.
fn apply(
    gateway: &Arc<Gateway>,
    origin: &Origin,
    bucket: &Bucket,
    due: Vec<Due>,
) -> Result<(), Fault> {
    let mut due = due.into_iter().peekable();
    while due.peek().is_some() {
        let some: Vec<Due> = due.by_ref().take(BATCH).collect();
        let origin = Origin { region: bucket.region.clone(), ..origin.clone() };
        gateway.maintain(Some(bucket.account.clone()), origin, |cx| {
            // The bucket may be another by now, with other versioning.
            let Some(bucket) = state::find_bucket(cx, &bucket.name)? else { return Ok(()) };
            some.into_iter().try_for_each(|one| one.apply(cx, &bucket))
        })?;
    }
    Ok(())
}

impl Due {
    fn apply(self, cx: &mut Cx, bucket: &Bucket) -> Result<(), Fault> {
        let name = &bucket.name;
        match self {
            Self::Expire { key, stamp } => {
                let Some(object) = state::find_object(cx, name, &key)? else { return Ok(()) };
                let goes = bucket.versioning != Versioning::Enabled;
                let kept = goes && object.lock.refuse_removal(cx, false).is_err();
                if object.stamp == stamp && !kept {
                    versions::hide(cx, bucket, &key)?;
                }
            }
            Self::Remove { key, version_id } => {
                match versions::find(cx, name, &key, &version_id)? {
                    Some(Stored::Object(object))
                        if object.lock.refuse_removal(cx, false).is_err() => {}
                    _ => drop(versions::remove(cx, name, &key, &version_id)?),
                }
            }
            Self::Move { key, version_id, class } => {
                if let Some(Stored::Object(mut object)) =
                    versions::find(cx, name, &key, &version_id)?
                {
                    object.headers.storage_class = Some(class);
                    versions::update(cx, name, &key, &object)?;
                }
            }
            Self::Abort { key, id } => {
                if let Ok(upload) = state::upload(cx, name, &key, &id) {
                    state::delete_upload(cx, name, &upload, &HashSet::new())?;
                }
            }
        }
        Ok(())
    }
}
