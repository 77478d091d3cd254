//! Columnar files: an object that is read at any place, and its row groups as work for the
//! converting threads. Start at [`open`].

use std::io::{self, Read};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use load::orc::Orc;
use load::parquet::Parquet;
use load::target::{ColumnarError, ReadAt};
use redshift_sql::CopyFormat;

use super::request::LoadRequest;
use crate::ports::RoleSession;
use crate::unload::UnloadError;
use crate::unload::error::{Block, Context};

/// The rows of one group.
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ColumnarError>>>;

/// A file whose groups of rows (Parquet's row groups, ORC's stripes) can be read beside each
/// other.
pub(super) trait Groups: Send + Sync {
    fn count(&self) -> usize;
    fn read(&self, group: usize) -> Result<Batches, ColumnarError>;
}

impl Groups for Parquet {
    fn count(&self) -> usize {
        self.row_groups()
    }

    fn read(&self, group: usize) -> Result<Batches, ColumnarError> {
        Ok(Box::new(Self::read(self, group)?))
    }
}

impl Groups for Orc {
    fn count(&self) -> usize {
        self.stripes()
    }

    fn read(&self, group: usize) -> Result<Batches, ColumnarError> {
        Ok(Box::new(Self::read(self, group)?))
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
