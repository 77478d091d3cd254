//! The accountant: takes the steps of all files in order, counts, numbers lines, decides when
//! there are too many errors, and passes good rows on. It must not know how files are read.
//! Start reading at [`Accountant::run`].

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use load::block::Parsed;

use super::columnar::{self, Told};
use super::objects::Source;
use super::read::Step;
use super::request::LoadRequest;
use super::{Around, BadRow, LoadEnd, LoadReport, LoadedFile, ReplacedValue};
use crate::engine::{Fed, Group};
use crate::unload::UnloadError;
use crate::unload::error::Context;

/// How often a cancellation is looked for while nothing comes.
const LOOK: Duration = Duration::from_millis(50);
/// `STL_REPLACEMENTS` keeps the first so many of each slice.
const KEPT_REPLACEMENTS: u64 = 100;

/// What the accountant works with.
pub(super) struct Accountant<'a> {
    pub request: &'a LoadRequest<'a>,
    pub around: &'a Around<'a>,
    pub sources: &'a [Source],
    pub stop: &'a Arc<AtomicBool>,
    /// Where good rows go; nowhere with NOLOAD.
    pub feed: Option<SyncSender<Fed>>,
    pub report: LoadReport,
    pub replacements: u64,
    /// Groups of rows that are being read.
    pub groups: VecDeque<Reading>,
}

/// A group of rows that is being read.
pub(super) struct Reading {
    /// The index of its file in the report.
    file: usize,
    /// What errors say of the file.
    context: Context,
    /// Where it is told how the reading went.
    told: Receiver<Told>,
}

impl Accountant<'_> {
    /// Takes steps until there are no more, then waits for what is still being read.
    pub(super) fn run<E>(mut self, steps: &Receiver<Step>) -> (LoadReport, Result<(), LoadEnd<E>>) {
        let mut end = self.steps(steps);
        if end.is_ok() {
            if let Some(feed) = self.feed.take() {
                // When this fails the insertion has failed, and says why itself.
                let _ = feed.send(Fed::End);
            }
            end = self.last_groups();
        }
        if end.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        (self.report, end)
    }

    fn steps<E>(&mut self, steps: &Receiver<Step>) -> Result<(), LoadEnd<E>> {
        loop {
            let Some(step) = self.wait(steps)? else { return Ok(()) };
            match step {
                Step::Begin(number) => self.begin(number),
                Step::Block { parsed, skipped, offset } => {
                    // A worker that died dropped its sender.
                    let parsed = self.wait(&parsed)?.ok_or_else(|| worker_died())?;
                    let before = self.lines().saturating_add(skipped);
                    self.parsed(parsed.map_err(LoadEnd::Refused)?, before, offset)?;
                    self.add_lines(skipped);
                }
                Step::Records(parsed) => self.parsed(parsed, 0, 0)?,
                Step::Group { group, context, told } => self.group(group, context, told)?,
                Step::End(bytes) => {
                    let ended = self.around.world.now();
                    if let Some(file) = self.report.files.last_mut() {
                        (file.bytes, file.ended) = (bytes, ended);
                    }
                }
                Step::Failed(error) => return Err(LoadEnd::Refused(error)),
            }
        }
    }

    /// The next of a channel, `None` at its end; looks for a cancellation meanwhile.
    fn wait<T, E>(&self, channel: &Receiver<T>) -> Result<Option<T>, LoadEnd<E>> {
        loop {
            if self.around.cancelled.load(Ordering::Relaxed) {
                return Err(LoadEnd::Refused(UnloadError::cancelled(&self.request.caller)));
            }
            match channel.recv_timeout(LOOK) {
                Ok(next) => return Ok(Some(next)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    /// A group of rows on its way: whoever inserts it reads it. (NOLOAD is no option of columnar
    /// formats.) Some that were sent before may have been read by now.
    fn group<E>(
        &mut self,
        group: Group,
        context: Context,
        told: Receiver<Told>,
    ) -> Result<(), LoadEnd<E>> {
        let file = self.report.files.len().saturating_sub(1);
        self.groups.push_back(Reading { file, context, told });
        let sent = self.feed.as_ref().is_some_and(|feed| feed.send(Fed::Group(group)).is_ok());
        if !sent {
            self.nobody_inserts();
        }
        while let Some(told) = self.groups.front().and_then(|next| next.told.try_recv().ok()) {
            let Some(reading) = self.groups.pop_front() else { break };
            self.read(&reading, told)?;
        }
        Ok(())
    }

    /// Waits for the groups that are still being read. If the insertion ends before them, one of
    /// them may tell why; otherwise it says so itself.
    fn last_groups<E>(&mut self) -> Result<(), LoadEnd<E>> {
        while let Some(reading) = self.groups.pop_front() {
            let told = loop {
                if self.around.cancelled.load(Ordering::Relaxed) {
                    return Err(LoadEnd::Refused(UnloadError::cancelled(&self.request.caller)));
                }
                match reading.told.recv_timeout(LOOK) {
                    Ok(told) => break Some(told),
                    Err(RecvTimeoutError::Timeout) if !self.stop.load(Ordering::Relaxed) => {}
                    Err(_) => break None,
                }
            };
            if let Some(told) = told {
                self.read(&reading, told)?;
            }
        }
        Ok(())
    }

    /// A group has been read: its rows count.
    fn read<E>(&mut self, reading: &Reading, told: Told) -> Result<(), LoadEnd<E>> {
        let refused = |error| columnar::refused(error, &reading.context, self.request);
        let rows = told.map_err(|error| LoadEnd::Refused(refused(error)))?;
        self.report.rows = self.report.rows.saturating_add(rows);
        let ended = self.around.world.now();
        if let Some(file) = self.report.files.get_mut(reading.file) {
            file.lines = file.lines.saturating_add(rows);
            file.ended = ended;
        }
        Ok(())
    }

    fn begin(&mut self, number: usize) {
        let now = self.around.world.now();
        let url = self.sources.get(number).map(Source::url).unwrap_or_default();
        let file = LoadedFile { url, bytes: 0, lines: 0, errors: 0, started: now, ended: now };
        self.report.files.push(file);
    }

    fn lines(&self) -> u64 {
        self.report.files.last().map_or(0, |file| file.lines)
    }

    fn add_lines(&mut self, lines: u64) {
        if let Some(file) = self.report.files.last_mut() {
            file.lines = file.lines.saturating_add(lines);
        }
    }

    fn parsed<E>(&mut self, parsed: Parsed, before: u64, offset: u64) -> Result<(), LoadEnd<E>> {
        let Parsed { batch, lines, bad, unlisted, replaced } = parsed;
        let url = self.report.files.last().map(|file| file.url.clone()).unwrap_or_default();
        let room = KEPT_REPLACEMENTS.saturating_sub(self.replacements);
        let told: Vec<ReplacedValue> = replaced
            .iter()
            .take(usize::try_from(room).unwrap_or(0))
            .map(|r| ReplacedValue { url: url.clone(), line: before + r.line, column: r.column })
            .collect();
        if !told.is_empty() {
            self.replacements = self.replacements.saturating_add(told.len() as u64);
            (self.around.replaced)(told);
        }
        self.add_lines(lines);
        let most = self.request.options.max_errors;
        let left = most.map_or(usize::MAX, |most| {
            usize::try_from(most.saturating_sub(self.report.errors)).unwrap_or(usize::MAX)
        });
        let found = bad.len();
        let rows: Vec<BadRow> = bad
            .into_iter()
            .take(left)
            .map(|bad| BadRow {
                url: url.clone(),
                line: before + bad.line,
                offset: offset + bad.offset,
                raw: bad.raw,
                rejection: bad.rejection,
                fields: bad.fields,
            })
            .collect();
        let errors = (rows.len() as u64).saturating_add(unlisted);
        self.report.errors = self.report.errors.saturating_add(errors);
        if let Some(file) = self.report.files.last_mut() {
            file.errors = file.errors.saturating_add(errors);
        }
        if !rows.is_empty() {
            (self.around.bad)(rows);
        }
        if found > 0 && most.is_some_and(|most| self.report.errors >= most) {
            return Err(LoadEnd::TooManyErrors);
        }
        self.pass_on(batch);
        Ok(())
    }

    /// Good rows on their way. When nobody takes them the insertion has failed, which says why.
    fn pass_on(&mut self, batch: arrow::record_batch::RecordBatch) {
        let rows = batch.num_rows() as u64;
        self.report.rows = self.report.rows.saturating_add(rows);
        let Some(feed) = self.feed.as_ref().filter(|_| rows > 0) else { return };
        if feed.send(Fed::Rows(batch)).is_err() {
            self.nobody_inserts();
        }
    }

    fn nobody_inserts(&mut self) {
        self.feed = None;
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn worker_died<E>() -> LoadEnd<E> {
    LoadEnd::Refused(UnloadError::plain("XX000", "COPY: a reader ended unexpectedly"))
}
