//! One of the engine's readers: what it has begun, and what its chunk shows. It must not know the
//! engine. Start reading at [`Reader::next`].

use std::error::Error;

use arrow::record_batch::RecordBatch;

use super::chunk::Shown;
use super::{Fed, Group};

/// Rows that the engine takes at a time.
const VECTOR: usize = 2048;

/// The engine gives each of its readers a chunk of its own, and has used up what it shows when it
/// asks for more.
#[derive(Default)]
pub(super) struct Reader {
    group: Option<Group>,
    /// The batch it takes rows from, and how many it has taken.
    batch: Option<(RecordBatch, usize)>,
    /// Bytes of the batches begun since [`Reader::begun`] was asked.
    begun: usize,
    /// What its chunk shows.
    pub shown: Shown,
}

impl Reader {
    /// The next rows, `None` when there are no more; `take` gives what comes next.
    pub(super) fn next(
        &mut self,
        take: impl Fn() -> Result<Option<Fed>, Box<dyn Error>>,
    ) -> Result<Option<RecordBatch>, Box<dyn Error>> {
        loop {
            if let Some(slice) = self.slice() {
                return Ok(Some(slice));
            }
            if let Some(group) = &mut self.group {
                match group.batches.next() {
                    Some(Ok(batch)) => self.begin(batch),
                    Some(Err(_)) => return Err("rows cannot be read".into()),
                    None => self.group = None,
                }
                continue;
            }
            match take()? {
                Some(Fed::Rows(batch)) => self.begin(batch),
                Some(Fed::Group(group)) => self.group = Some(group),
                Some(Fed::End) | None => return Ok(None),
            }
        }
    }

    fn begin(&mut self, batch: RecordBatch) {
        self.begun = self.begun.saturating_add(batch.get_array_memory_size());
        self.batch = Some((batch, 0));
    }

    /// Bytes of the batches begun since this was last asked.
    pub(super) fn begun(&mut self) -> usize {
        std::mem::take(&mut self.begun)
    }

    /// The next rows of the batch; one without any more is forgotten.
    fn slice(&mut self) -> Option<RecordBatch> {
        let (batch, given) = self.batch.as_mut()?;
        let left = batch.num_rows().saturating_sub(*given);
        let slice = batch.slice(*given, left.min(VECTOR));
        *given = given.saturating_add(slice.num_rows());
        if *given >= batch.num_rows() {
            self.batch = None;
        }
        (slice.num_rows() > 0).then_some(slice)
    }
}
