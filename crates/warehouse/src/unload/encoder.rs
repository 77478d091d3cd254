//! What a file format does for one file: bytes at its head, rows, bytes at its end.
//! It must not know where the bytes go.

use arrow::array::ArrayRef;

use super::UnloadError;

/// The writer of one file's content; a fresh one is made for every file.
pub(super) trait Encoder: Send {
    /// Appends what stands at the head of a file; returns the records that it counts for.
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<u64, UnloadError>;

    /// Appends rows from `from` on (or keeps them for later) while the file has `room` bytes
    /// left. It may encode no row at all, when not even the next one fits.
    ///
    /// # Errors
    /// A value that the format cannot hold.
    fn encode(
        &mut self,
        columns: &[ArrayRef],
        from: usize,
        room: u64,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, UnloadError>;

    /// Appends what [`Encoder::kept`] counts, so that memory becomes free.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    fn release(&mut self, out: &mut Vec<u8>) -> Result<(), UnloadError> {
        let _ = out;
        Ok(())
    }

    /// Appends what stands at the end of a file.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), UnloadError>;

    /// Bytes kept in memory for this file and not yet appended anywhere.
    fn kept(&self) -> usize {
        0
    }
}

/// How far [`Encoder::encode`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoded {
    /// Rows taken.
    pub rows: usize,
    /// The file has no room for the next row.
    pub full: bool,
}
