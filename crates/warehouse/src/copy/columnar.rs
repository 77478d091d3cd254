//! Columnar files: an object that is read at any place, and its groups of rows, which whoever
//! inserts them reads. Start at [`open`].

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow::record_batch::RecordBatch;
use load::orc::Orc;
use load::parquet::Parquet;
use load::target::{ColumnarError, ReadAt};
use redshift_sql::CopyFormat;

use super::request::LoadRequest;
use crate::engine::{Group, Unread};
use crate::ports::RoleSession;
use crate::unload::UnloadError;
use crate::unload::error::{Block, Context};

/// The rows of one group.
type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ColumnarError>> + Send>;

/// A file whose groups of rows (Parquet's row groups, ORC's stripes) can be read beside each
/// other.
pub(super) trait Groups: Send + Sync {
    fn count(&self) -> usize;
    /// How many rows the file says a group has.
    fn rows(&self, group: usize) -> u64;
    fn read(&self, group: usize) -> Result<Batches, ColumnarError>;
}

impl Groups for Parquet {
    fn count(&self) -> usize {
        self.row_groups()
    }

    fn rows(&self, group: usize) -> u64 {
        self.rows_of(group)
    }

    fn read(&self, group: usize) -> Result<Batches, ColumnarError> {
        Ok(Box::new(Self::read(self, group)?))
    }
}

impl Groups for Orc {
    fn count(&self) -> usize {
        self.stripes()
    }

    fn rows(&self, group: usize) -> u64 {
        self.rows_of(group)
    }

    fn read(&self, group: usize) -> Result<Batches, ColumnarError> {
        Ok(Box::new(Self::read(self, group)?))
    }
}

/// How a group's reading went: how many rows it had, or why it failed.
pub(super) type Told = Result<u64, ColumnarError>;

/// A group for the feed. Nothing of it is read before its first rows are asked for; what became of
/// it is told when its last have been. After `stop` nothing more is read.
pub(super) fn group(
    file: &Arc<dyn Groups>,
    number: usize,
    stop: &Arc<AtomicBool>,
) -> (Group, Receiver<Told>) {
    let (told, heard) = sync_channel(1);
    let (source, stop) = (Arc::clone(file), Arc::clone(stop));
    let batches = Box::new(Rows { file: source, number, batches: None, rows: 0, told, stop });
    let rows = usize::try_from(file.rows(number)).unwrap_or(usize::MAX);
    (Group { rows, batches }, heard)
}

struct Rows {
    file: Arc<dyn Groups>,
    number: usize,
    /// Once it has been begun.
    batches: Option<Batches>,
    rows: u64,
    told: SyncSender<Told>,
    stop: Arc<AtomicBool>,
}

impl Rows {
    fn read(&mut self) -> Result<Option<RecordBatch>, ColumnarError> {
        let batches = match &mut self.batches {
            Some(batches) => batches,
            none => none.insert(self.file.read(self.number)?),
        };
        batches.next().transpose()
    }

    fn tell(&self, told: Told) {
        // Nobody listens any more when the load has ended for another reason.
        let _ = self.told.try_send(told);
    }
}

impl Iterator for Rows {
    type Item = Result<RecordBatch, Unread>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stop.load(Ordering::Relaxed) {
            return Some(Err(Unread));
        }
        match self.read() {
            Ok(Some(batch)) => {
                self.rows = self.rows.saturating_add(batch.num_rows() as u64);
                Some(Ok(batch))
            }
            Ok(None) => {
                self.tell(Ok(self.rows));
                None
            }
            Err(error) => {
                self.tell(Err(error));
                Some(Err(Unread))
            }
        }
    }
}

/// Opens an object of a known size as the statement's format.
pub(super) fn open(
    request: &LoadRequest<'_>,
    session: &Arc<dyn RoleSession>,
    (bucket, key, size): (&str, &str, u64),
) -> Result<Arc<dyn Groups>, ColumnarError> {
    let object = Object {
        session: Arc::clone(session),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        size,
    };
    let region = &request.caller.cluster.region;
    let name = format!("https://s3.{region}.amazonaws.com/{bucket}/{key}");
    let format = &request.statement.format;
    let options = request.options.columnar(format);
    let source = Arc::new(object);
    Ok(match format {
        CopyFormat::Orc { .. } => Arc::new(Orc::open(source, &name, request.targets, options)?),
        _ => Arc::new(Parquet::open(source, &name, request.targets, options)?),
    })
}

/// What the engine says of a file that it cannot scan.
pub(super) fn refused(
    error: ColumnarError,
    context: &Context,
    request: &LoadRequest<'_>,
) -> UnloadError {
    match error {
        ColumnarError::Scan { message, code, context } => {
            let block = Block { code, context: &context, location: "dory_util.cpp:1509" };
            UnloadError::engine(message, &block, &request.caller)
        }
        ColumnarError::Io(error) => UnloadError::from_io(&error, context, &request.caller),
    }
}

/// An object of a bucket, each part a request of its own.
struct Object {
    session: Arc<dyn RoleSession>,
    bucket: String,
    key: String,
    size: u64,
}

impl ReadAt for Object {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let end = offset.checked_add(length as u64).filter(|end| *end <= self.size);
        if end.is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if length == 0 {
            return Ok(Vec::new());
        }
        let range = Some((offset, length as u64));
        let opened = self.session.open(&self.bucket, &self.key, range).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(length);
        opened.body.take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }
}
