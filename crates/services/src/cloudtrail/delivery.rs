//! Delivery of log files to buckets.
//!
//! About once a second each trail is looked at: what it wants of the log behind the place it was
//! delivered up to is written as gzip JSON into its bucket, by S3's own path and as CloudTrail, so
//! bucket and key policies decide. File and place are committed together: after a crash each
//! event is delivered once.
//!
//! AWS delivers within about five minutes; here it takes seconds ([`DELAY`]). Start at [`upkeep`].

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use gateway::{Cx, Digests, Fault, Gateway, Origin};
use serde_json::{Value, json};
use store::AuditPosition;

use super::destination::{self, CLOUDTRAIL};
use super::digest::{self, Chain, LogFile};
use super::find::fault;
use super::matching::wants;
use super::state::{self, Span, Trail};

/// How old the oldest waiting event is when a file is written.
pub(super) const DELAY: Duration = Duration::seconds(5);
/// The same where all that waits are traces of CloudTrail's own deliveries, so that one delivery
/// is no reason for the next.
const OWN_DELAY: Duration = Duration::minutes(5);
/// The pause after a delivery that failed.
pub(super) const RETRY: Duration = Duration::seconds(30);
/// Most events delivered at once; about what is held in memory.
const MAX_EVENTS: usize = 5_000;
/// Bytes of the log with nothing for a trail in them, after which the place is kept all the same.
const SKIPPED_BYTES: u64 = 64 * 1024;
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What there is to deliver for a trail.
struct Batch {
    /// Events by Region.
    events: BTreeMap<String, Vec<Value>>,
    /// How far the log was read.
    place: AuditPosition,
    /// Whether the first span was read to its end.
    ended: bool,
    due: bool,
}

/// One trail's turn, prepared.
struct Turn {
    trail: Trail,
    /// The first span of the trail's delivery.
    span: Span,
    batch: Batch,
}

/// Delivers what is due for every trail of the world.
///
/// # Errors
/// When the state cannot be read or written. A bucket's refusal is kept in the trail's status.
pub(super) fn upkeep(gateway: &Arc<Gateway>, origin: &Origin) -> Result<(), Fault> {
    for trail in gateway.inspect(origin.clone(), state::all)? {
        let turn = gateway.inspect(origin.clone(), |cx| prepare(cx, trail.clone()))?;
        if let Some(turn) = turn {
            take(gateway, origin, turn)?;
        }
        digest::upkeep(gateway, origin, &trail)?;
    }
    Ok(())
}

fn prepare(cx: &Cx, trail: Trail) -> Result<Option<Turn>, Fault> {
    let delivery = state::delivery(cx, &trail)?;
    let Some(span) = delivery.spans.first() else { return Ok(None) };
    let waits = delivery.error.is_some()
        && delivery.attempted.is_some_and(|attempted| cx.now() < attempted + RETRY);
    if waits || (span.from == cx.end_of_events() && span.until.is_none()) {
        return Ok(None);
    }
    let batch = gather(cx, &trail, span)?;
    let moved = batch.place.bytes_since(span.from) > SKIPPED_BYTES;
    let worth = batch.due || batch.ended || (batch.events.is_empty() && moved);
    Ok(worth.then_some(Turn { span: span.clone(), trail, batch }))
}

/// Reads on from the beginning of a span until its end or a full batch, or until it is clear that
/// nothing is due yet.
fn gather(cx: &Cx, trail: &Trail, span: &Span) -> Result<Batch, Fault> {
    let mut batch = Batch { events: BTreeMap::new(), place: span.from, ended: false, due: false };
    let mut count = 0;
    for walked in cx.events_after(&trail.account, span.from) {
        let (event, place) = walked?;
        batch.place = place;
        let Some(event) = event else { continue };
        let request = event.record.get("requestID").and_then(Value::as_str);
        let last = span.until.is_some() && request == span.until.as_deref();
        if wants(trail, &event.record) {
            let delay = if is_own(&event.record) { OWN_DELAY } else { DELAY };
            let came = DateTime::from_timestamp_millis(event.time_ms).unwrap_or_else(|| cx.now());
            batch.due |= came + delay <= cx.now();
            if !batch.due && delay == DELAY && !last {
                // What comes behind is younger still.
                return Ok(batch);
            }
            let region = event.record.get("awsRegion").and_then(Value::as_str);
            let region = region.unwrap_or_default().to_owned();
            batch.events.entry(region).or_default().push(event.record);
            count += 1;
        }
        if last {
            (batch.ended, batch.due) = (true, true);
            return Ok(batch);
        }
        if count == MAX_EVENTS {
            batch.due = true;
            return Ok(batch);
        }
    }
    Ok(batch)
}

/// Whether an event is a trace of CloudTrail's own work.
fn is_own(event: &Value) -> bool {
    let invoked_by = event.pointer("/userIdentity/invokedBy").and_then(Value::as_str);
    invoked_by == Some(CLOUDTRAIL)
}

fn take(gateway: &Arc<Gateway>, origin: &Origin, turn: Turn) -> Result<(), Fault> {
    if turn.batch.events.is_empty() {
        return gateway.maintain(None, origin.clone(), |cx| keep(cx, &turn, Outcome::default()));
    }
    let Err(fault) = write(gateway, origin, &turn) else { return Ok(()) };
    let error = Some(fault.code.into_owned());
    let failed = Outcome { events: true, error, files: Vec::new() };
    gateway.maintain(None, origin.clone(), |cx| keep(cx, &turn, failed))
}

/// What a turn came to.
#[derive(Default)]
struct Outcome {
    /// Whether there was anything to deliver.
    events: bool,
    error: Option<String>,
    /// The files delivered, with their Regions.
    files: Vec<(String, LogFile)>,
}

/// Keeps a turn's outcome. A trail that was deleted, stopped or started while the turn was
/// prepared is left as it is; the next turn sees it.
///
/// # Errors
/// `ConflictException` for such a trail when something was delivered, which then is not.
fn keep(cx: &mut Cx, turn: &Turn, outcome: Outcome) -> Result<(), Fault> {
    let Turn { trail, span, batch } = turn;
    let mut delivery = state::delivery(cx, trail)?;
    let Some(first) = delivery.spans.first_mut().filter(|first| *first == span) else {
        let text = "The trail has changed.";
        let lost = outcome.events && outcome.error.is_none();
        return if lost { Err(fault("ConflictException", text)) } else { Ok(()) };
    };
    if outcome.error.is_none() {
        first.from = batch.place;
        if batch.ended {
            delivery.spans.remove(0);
        }
    }
    if outcome.events {
        delivery.attempted = Some(cx.now());
        delivery.delivered = match outcome.error {
            None => Some(cx.now()),
            Some(_) => delivery.delivered,
        };
        delivery.error = outcome.error;
    }
    if trail.validation {
        for (region, file) in outcome.files {
            let chain = delivery.chains.entry(region).or_insert_with(|| Chain::new(cx.now()));
            chain.files.push(file);
        }
    }
    state::put_delivery(cx, trail, &delivery)
}

/// Writes a file for each Region of the batch and keeps the place with them, all or nothing.
fn write(gateway: &Arc<Gateway>, origin: &Origin, turn: &Turn) -> Result<(), Fault> {
    let trail = &turn.trail;
    let principal = destination::service(&trail.account, &trail.arn());
    let origin = Origin { region: trail.bucket_region.clone(), ..origin.clone() };
    let (mut staged, mut files) = (Vec::new(), Vec::new());
    for (region, events) in &turn.batch.events {
        let key = key(gateway, trail, region, origin.time);
        let input = destination::put_input(trail, &key);
        let mut upload = gateway.begin_upload(
            principal.clone(),
            origin.clone(),
            "s3",
            "PutObject",
            input,
            &Digests::default(),
        )?;
        let text = json!({ "Records": events }).to_string();
        upload.write_all(&compressed(text.as_bytes())?).map_err(Fault::internal)?;
        files.push((region.clone(), LogFile::new(trail, &key, text.as_bytes(), events)));
        staged.push(upload.stage(gateway)?);
    }
    let outcome = Outcome { events: true, error: None, files };
    gateway.commit_uploads(principal, origin, staged, |cx| keep(cx, turn, outcome)).map(drop)
}

/// `[prefix/]AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/` and the file's name ("Finding your
/// CloudTrail log files", CloudTrail User Guide).
fn key(gateway: &Gateway, trail: &Trail, region: &str, now: DateTime<Utc>) -> String {
    let folder = destination::folder(trail);
    let (day, minute) = (now.format("%Y/%m/%d"), now.format("%Y%m%dT%H%MZ"));
    let unique = gateway.world().text(ALPHANUMERIC, 16);
    let account = &trail.account;
    format!(
        "{folder}CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{minute}_{unique}.json.gz"
    )
}

/// A file as it is delivered.
pub(super) fn compressed(text: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text).map_err(Fault::internal)?;
    gzip.finish().map_err(Fault::internal)
}
