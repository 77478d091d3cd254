//! ORC files: stripes as batches of the table's types (Apache ORC specification v1).
//!
//! A reader of our own for what Hive, Spark and Arrow write: both run lengths, dictionaries,
//! nested types, blocks in zlib, Snappy and Zstandard. Refused by name: LZO and LZ4, unions,
//! encrypted files, and timestamps that were written in a time zone other than UTC, as there is no
//! time-zone database here. Streams are unpacked a block at a time; stripes are read independently
//! of each other. Start at [`Orc::open`].

mod column;
mod proto;
mod rle;
mod stream;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::columnar::Columns;
use crate::target::{Columnar, ColumnarError, ReadAt, Target};
use column::Column;
use proto::{Footer, PostScript, StripeFooter};
use stream::{Broken, Codec, Damage, LARGEST_BLOCK, Packing, Stream};
use tree::Tree;

/// Rows of a batch at most.
const ROWS: usize = 1024;
/// What the file says about itself at most, unpacked, in bytes.
const LARGEST_FOOTER: usize = 64 << 20;

/// An open file.
pub struct Orc {
    source: Arc<dyn ReadAt>,
    packing: Packing,
    footer: Footer,
    tree: Tree,
    columns: Arc<Columns>,
}

impl Orc {
    /// Reads the file's description and compares it with the columns of the statement. `file` is
    /// its name in errors.
    ///
    /// # Errors
    /// As [`crate::parquet::Parquet::open`], for ORC.
    pub fn open(
        source: Arc<dyn ReadAt>,
        file: &str,
        targets: &[Target],
        options: Columnar,
    ) -> Result<Self, ColumnarError> {
        let columns = Columns::new(targets, options, file, "ORC");
        let (packing, footer) = tail(&source).map_err(|error| told(&columns, error))?;
        let tree = Tree::new(&footer.types).map_err(|error| told(&columns, error))?;
        let columns = Arc::new(columns.fill_from(tree.sources())?);
        Ok(Self { source, packing, footer, tree, columns })
    }

    /// How many stripes there are.
    pub fn stripes(&self) -> usize {
        self.footer.stripes.len()
    }

    /// How many rows a stripe has, if the file says so rightly.
    pub fn rows_of(&self, stripe: usize) -> u64 {
        self.footer.stripes.get(stripe).map_or(0, |stripe| stripe.rows)
    }

    /// The rows of one stripe, in order.
    ///
    /// # Errors
    /// A stripe that is not there; a file that contradicts itself.
    pub fn read(&self, stripe: usize) -> Result<Stripe, ColumnarError> {
        let (left, columns) = self.stripe(stripe).map_err(|error| told(&self.columns, error))?;
        Ok(Stripe { readers: columns, left, columns: Arc::clone(&self.columns) })
    }

    fn stripe(&self, stripe: usize) -> Damage<(u64, Vec<Column>)> {
        const WRONG: Broken = Broken::Damaged("a stripe is not where it should be");
        let info = self.footer.stripes.get(stripe).ok_or(WRONG)?;
        let footer_at = info.offset.checked_add(info.index_length);
        let footer_at = footer_at.and_then(|at| at.checked_add(info.data_length)).ok_or(WRONG)?;
        let footer = Stream::new(&self.source, self.packing, footer_at, info.footer_length)?;
        let footer = StripeFooter::parse(&footer.whole(LARGEST_FOOTER)?)?;
        let streams = tree::Streams::new(&self.source, self.packing, info.offset, &footer)?;
        Ok((info.rows, self.tree.columns(&streams)?))
    }
}

/// The batches of one stripe, of the schema that [`crate::target::schema`] makes of the targets.
pub struct Stripe {
    readers: Vec<Column>,
    left: u64,
    columns: Arc<Columns>,
}

impl Stripe {
    fn batch(&mut self, rows: usize) -> Result<RecordBatch, ColumnarError> {
        let all = vec![true; rows];
        let arrays = self.readers.iter_mut().map(|reader| reader.read(&all));
        let arrays = arrays.collect::<Damage<Vec<_>>>();
        self.columns.batch(&arrays.map_err(|error| told(&self.columns, error))?, rows)
    }
}

impl Iterator for Stripe {
    type Item = Result<RecordBatch, ColumnarError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let rows = usize::try_from(self.left).unwrap_or(ROWS).min(ROWS);
        let batch = self.batch(rows);
        self.left = if batch.is_ok() { self.left - rows as u64 } else { 0 };
        Some(batch)
    }
}

/// The end of the file: its post script says how to read its footer.
fn tail(source: &Arc<dyn ReadAt>) -> Damage<(Packing, Footer)> {
    const NOT_ORC: Broken = Broken::Damaged("not an ORC file");
    let last = source.size().checked_sub(1).ok_or(NOT_ORC)?;
    let length = source.read_at(last, 1)?.first().copied().unwrap_or(0);
    let at = last.checked_sub(u64::from(length)).ok_or(NOT_ORC)?;
    let script = PostScript::parse(&source.read_at(at, usize::from(length))?);
    let script = script.ok().filter(|script| script.magic).ok_or(NOT_ORC)?;
    let codec = match script.compression {
        0 => Codec::None,
        1 => Codec::Zlib,
        2 => Codec::Snappy,
        5 => Codec::Zstd,
        _ => return Err(Broken::Damaged("LZO and LZ4 are not supported")),
    };
    let block = usize::try_from(script.block_size).unwrap_or(usize::MAX);
    if block > LARGEST_BLOCK {
        return Err(Broken::Damaged("its blocks are too large"));
    }
    let packing = Packing { codec, block };
    let footer_at = at.checked_sub(script.footer_length).ok_or(Broken::SHORT)?;
    let footer = Stream::new(source, packing, footer_at, script.footer_length)?;
    let footer = Footer::parse(&footer.whole(LARGEST_FOOTER)?)?;
    if footer.encrypted {
        return Err(Broken::Damaged("encrypted files are not supported"));
    }
    let rows = footer.stripes.iter().map(|stripe| u128::from(stripe.rows)).sum::<u128>();
    if rows != u128::from(footer.rows) {
        return Err(Broken::Damaged("its stripes have other rows than it says"));
    }
    Ok((packing, footer))
}

fn told(columns: &Columns, error: Broken) -> ColumnarError {
    match error {
        Broken::Damaged(why) => columns.damaged(&why),
        Broken::Io(error) => ColumnarError::Io(error),
    }
}
