//! One data file: an encoder, a buffer, and the object once there is enough to write.
//! It must not know partitions or slices. Start reading at [`DataFile::write`].

use std::io::Write;
use std::sync::atomic::Ordering;

use arrow::array::ArrayRef;
use redshift_sql::Compression;

use super::encoder::{Encoded, Encoder};
use super::error::Context;
use super::plan::Plan;
use super::sink::{Counters, Sink, SinkError};
use super::{Caller, UnloadError};
use crate::ports::{RoleSession, StagedObject};

/// Bytes gathered before they are handed to the object store.
const BUFFER: usize = 1 << 20;

/// A compressed file is full this fraction of its limit early, because compressors hold back
/// what they have not written yet.
const COMPRESSION_MARGIN: u64 = 32;

/// A compressed file that is not full takes at least this many bytes more before they are
/// compressed and it is looked at again.
const LEAST: u64 = 64 << 10;

/// What all slices share while they write.
#[derive(Clone, Copy)]
pub(super) struct Output<'a> {
    pub plan: &'a Plan,
    pub session: &'a dyn RoleSession,
    pub caller: Caller<'a>,
    pub counters: &'a Counters,
}

/// A data file that has been written but not committed.
pub(super) struct Finished {
    pub staged: StagedObject,
    pub slice: u16,
    /// Rows and header lines.
    pub records: u64,
    pub rows: u64,
}

/// A data file being written.
pub(super) struct DataFile<'a> {
    output: Output<'a>,
    key: String,
    encoder: Box<dyn Encoder>,
    buffer: Vec<u8>,
    sink: Option<Sink<'a>>,
    headers: u64,
    rows: u64,
}

impl<'a> DataFile<'a> {
    /// Begins a file; the object itself is created with the first full buffer.
    pub(super) fn begin(output: Output<'a>, key: String) -> Result<Self, UnloadError> {
        let mut encoder = output.plan.format.open();
        let mut buffer = Vec::new();
        let headers = encoder.begin(&mut buffer)?;
        Ok(Self { output, key, encoder, buffer, sink: None, headers, rows: 0 })
    }

    /// Writes rows from `from` on; returns how many the file took. Fewer than there are means
    /// that the file is full and must be finished.
    pub(super) fn write(
        &mut self,
        columns: &[ArrayRef],
        from: usize,
    ) -> Result<usize, UnloadError> {
        let mut taken = 0;
        loop {
            let room = self.room();
            if room == 0 && self.rows > 0 {
                return Ok(taken);
            }
            let encoded = self.encode(columns, from + taken, room)?;
            taken += encoded.rows;
            self.rows += encoded.rows as u64;
            self.output.counters.rows.fetch_add(encoded.rows as u64, Ordering::Relaxed);
            let look_again = encoded.full && self.compresses();
            if self.buffer.len() >= BUFFER || look_again {
                self.drain()?;
            }
            if !look_again {
                return Ok(taken);
            }
        }
    }

    /// Encodes the rows that have room, but at least one into an empty file or where only an
    /// estimate says that there is no room: a row larger than a whole file has to go somewhere.
    fn encode(
        &mut self,
        columns: &[ArrayRef],
        from: usize,
        room: u64,
    ) -> Result<Encoded, UnloadError> {
        let encoded = self.encoder.encode(columns, from, room, &mut self.buffer)?;
        let must_go = self.rows == 0 || self.compresses();
        if encoded.rows > 0 || !encoded.full || !must_go {
            return Ok(encoded);
        }
        let row: Vec<ArrayRef> = columns.iter().map(|c| c.slice(from, 1)).collect();
        let rows = self.encoder.encode(&row, 0, u64::MAX, &mut self.buffer)?.rows;
        Ok(Encoded { rows, full: true })
    }

    /// Bytes that the file may still take. Of a compressed file nobody knows before they are
    /// compressed: then it is what fits if they shrink as those before them did.
    fn room(&self) -> u64 {
        let limit = self.output.plan.max_file_size;
        let (given, written) = self.sink.as_ref().map_or((0, 0), |s| (s.given(), s.bytes()));
        if !self.compresses() {
            return limit.saturating_sub(written + self.buffer.len() as u64);
        }
        let left = (limit - limit / COMPRESSION_MARGIN).saturating_sub(written);
        let fits = match u128::from(written) {
            0 => left,
            written => {
                u64::try_from(u128::from(left) * u128::from(given) / written).unwrap_or(left)
            }
        };
        fits.saturating_sub(self.buffer.len() as u64).max(left.min(LEAST))
    }

    fn compresses(&self) -> bool {
        self.output.plan.compression != Compression::None
    }

    /// Bytes in memory for this file.
    pub(super) fn kept(&self) -> usize {
        self.buffer.len() + self.encoder.kept()
    }

    /// Whether the object has been created.
    pub(super) fn is_open(&self) -> bool {
        self.sink.is_some()
    }

    /// Hands everything in memory to the object store.
    pub(super) fn release(&mut self) -> Result<(), UnloadError> {
        self.encoder.release(&mut self.buffer)?;
        self.drain()
    }

    fn context(&self) -> Context {
        Context::Writing { bucket: self.output.plan.bucket.clone(), key: self.key.clone() }
    }

    fn drain(&mut self) -> Result<(), UnloadError> {
        let caller = self.output.caller;
        let context = self.context();
        let failed = |error: std::io::Error| UnloadError::from_io(&error, &context, &caller);
        if self.sink.is_none() {
            let Output { plan, session, counters, .. } = self.output;
            let writer = session
                .create(&plan.bucket, &self.key, &plan.put)
                .map_err(|error| UnloadError::from_cloud(&error, &context, &caller))?;
            self.sink = Some(Sink::new(writer, plan.compression, counters).map_err(failed)?);
        }
        if let Some(sink) = &mut self.sink {
            sink.write_all(&self.buffer).map_err(failed)?;
            self.buffer.clear();
            // A row group's worth of memory is not kept while the next one is gathered.
            self.buffer.shrink_to(2 * BUFFER);
        }
        Ok(())
    }

    /// Ends the file; it stays staged.
    pub(super) fn finish(mut self, slice: u16) -> Result<Finished, UnloadError> {
        self.encoder.finish(&mut self.buffer)?;
        self.drain()?;
        let context = self.context();
        let caller = self.output.caller;
        let sink = self.sink.take().ok_or_else(UnloadError::layout)?;
        let staged = sink.finish().map_err(|error| match error {
            SinkError::Io(error) => UnloadError::from_io(&error, &context, &caller),
            SinkError::Cloud(error) => UnloadError::from_cloud(&error, &context, &caller),
        })?;
        Ok(Finished { staged, slice, records: self.headers + self.rows, rows: self.rows })
    }
}
