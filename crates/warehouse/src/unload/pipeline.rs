//! Two slices at work: the caller's thread pulls batches and deals them out, one thread a slice
//! writes them.
//!
//! Batches are dealt in turn, not to whoever is free, so that the same rows make the same files.
//! It must not know what a slice does with a batch. Start reading at [`write_all`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use arrow::record_batch::RecordBatch;

use super::file::{Finished, Output};
use super::slice::Slice;
use super::{BatchSource, Progress, UnloadError};

/// Batches that may wait for a slice.
const QUEUE: usize = 16;

/// Whom the feeding thread listens to and tells.
pub(super) struct Control<'a> {
    pub progress: &'a dyn Fn(Progress),
    pub cancelled: &'a AtomicBool,
}

/// Writes all rows; the files come back staged, in the order of their keys.
///
/// # Errors
/// The first failure of the source, of a slice, or the cancellation.
pub(super) fn write_all(
    output: Output<'_>,
    rows: &mut dyn BatchSource,
    control: &Control<'_>,
) -> Result<Vec<Finished>, UnloadError> {
    let abandon = AtomicBool::new(false);
    let mut finished = thread::scope(|scope| -> Result<Vec<Finished>, UnloadError> {
        let slices = output.plan.slices();
        let (mut senders, mut workers) = (Vec::new(), Vec::new());
        for number in 0..slices {
            let (sender, receiver) = sync_channel(QUEUE);
            senders.push(sender);
            let abandon = &abandon;
            let run = move || run_slice(output, number, receiver, abandon);
            let named = thread::Builder::new().name(format!("unload-{number}"));
            workers.push(named.spawn_scoped(scope, run).map_err(|_| UnloadError::no_thread())?);
        }
        let fed = feed(&output, rows, &senders, control);
        abandon.store(fed.is_err(), Ordering::Relaxed);
        drop(senders);
        let mut finished = Vec::new();
        for worker in workers {
            let done = worker.join();
            finished.extend(done.unwrap_or_else(|_| Err(UnloadError::worker_died()))?);
        }
        fed.map(|()| finished)
    })?;
    if finished.is_empty() && output.plan.writes_empty {
        finished = Slice::new(output, 0).finish(true)?;
    }
    finished.sort_unstable_by(|a, b| a.staged.key.cmp(&b.staged.key));
    Ok(finished)
}

fn run_slice(
    output: Output<'_>,
    number: u16,
    batches: Receiver<RecordBatch>,
    abandon: &AtomicBool,
) -> Result<Vec<Finished>, UnloadError> {
    let mut slice = Slice::new(output, number);
    for batch in batches {
        if abandon.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        slice.write(&batch)?;
    }
    // Ending files for nobody would cost time and requests: dropping them discards them.
    if abandon.load(Ordering::Relaxed) { Ok(Vec::new()) } else { slice.finish(false) }
}

/// Deals the batches out. A slice that has failed has hung up: its error is in its result.
fn feed(
    output: &Output<'_>,
    rows: &mut dyn BatchSource,
    senders: &[SyncSender<RecordBatch>],
    control: &Control<'_>,
) -> Result<(), UnloadError> {
    let mut waiting: Option<RecordBatch> = None;
    let mut turn = senders.iter().cycle();
    let mut send = |batch| turn.next().is_some_and(|sender| sender.send(batch).is_ok());
    let mut dealt = false;
    loop {
        if control.cancelled.load(Ordering::Relaxed) {
            return Err(UnloadError::cancelled(&output.caller));
        }
        let Some(batch) = rows.next_batch()? else { break };
        if batch.num_rows() == 0 {
            continue;
        }
        if let Some(batch) = waiting.replace(batch) {
            dealt = true;
            if !send(batch) {
                return Ok(());
            }
        }
        (control.progress)(output.counters.progress());
    }
    // A result of one batch is still shared between the slices, as rows of a table are.
    for batch in waiting.into_iter().flat_map(|batch| share(batch, senders.len(), dealt)) {
        if !send(batch) {
            break;
        }
    }
    Ok(())
}

/// The last batch, cut into one piece per slice when it is the only one.
fn share(batch: RecordBatch, slices: usize, dealt: bool) -> Vec<RecordBatch> {
    let rows = batch.num_rows();
    if dealt || slices < 2 || rows < 2 {
        return vec![batch];
    }
    let first = rows.div_ceil(2);
    vec![batch.slice(0, first), batch.slice(first, rows - first)]
}
