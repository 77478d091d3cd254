//! Columns being filled, of the targets' types; a row that turns out bad is taken back.
//! Start at [`Columns`].

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Decimal128Array, PrimitiveArray, RecordBatch, StringArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, SchemaRef, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use crate::target::{Target, schema};

/// One column's values so far.
#[derive(Debug)]
pub(crate) struct Column {
    pub values: Values,
    valid: Vec<bool>,
    has_null: bool,
}

/// Values by how wide they are; a null has a value too, which means nothing.
#[derive(Debug)]
pub(crate) enum Values {
    Bool(Vec<bool>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    I128(Vec<i128>),
    /// The bytes of all values, and where each ends.
    Bytes {
        ends: Vec<i32>,
        bytes: Vec<u8>,
    },
}

impl Column {
    fn new(kind: &DataType) -> Self {
        let values = match kind {
            DataType::Boolean => Values::Bool(Vec::new()),
            DataType::Int16 => Values::I16(Vec::new()),
            DataType::Int32 | DataType::Date32 => Values::I32(Vec::new()),
            DataType::Int64 | DataType::Time64(_) | DataType::Timestamp(..) => {
                Values::I64(Vec::new())
            }
            DataType::Float32 => Values::F32(Vec::new()),
            DataType::Float64 => Values::F64(Vec::new()),
            DataType::Decimal128(..) => Values::I128(Vec::new()),
            _ => Values::Bytes { ends: Vec::new(), bytes: Vec::new() },
        };
        Self { values, valid: Vec::new(), has_null: false }
    }

    /// Ends a value that has been put into `values`.
    #[inline]
    pub(crate) fn end_value(&mut self) {
        if let Values::Bytes { ends, bytes } = &mut self.values {
            // A block is far smaller than what offsets can tell.
            ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        }
        self.valid.push(true);
    }

    /// Adds a null.
    pub(crate) fn push_null(&mut self) {
        match &mut self.values {
            Values::Bool(values) => values.push(false),
            Values::I16(values) => values.push(0),
            Values::I32(values) => values.push(0),
            Values::I64(values) => values.push(0),
            Values::F32(values) => values.push(0.0),
            Values::F64(values) => values.push(0.0),
            Values::I128(values) => values.push(0),
            Values::Bytes { ends, bytes } => {
                ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
            }
        }
        self.valid.push(false);
        self.has_null = true;
    }

    fn truncate(&mut self, rows: usize) {
        match &mut self.values {
            Values::Bool(values) => values.truncate(rows),
            Values::I16(values) => values.truncate(rows),
            Values::I32(values) => values.truncate(rows),
            Values::I64(values) => values.truncate(rows),
            Values::F32(values) => values.truncate(rows),
            Values::F64(values) => values.truncate(rows),
            Values::I128(values) => values.truncate(rows),
            Values::Bytes { ends, bytes } => {
                ends.truncate(rows);
                let end = ends.last().copied().unwrap_or(0);
                bytes.truncate(usize::try_from(end).unwrap_or(0));
            }
        }
        self.valid.truncate(rows);
    }

    fn finish(self, kind: &DataType) -> Result<ArrayRef, ArrowError> {
        let nulls = self.has_null.then(|| NullBuffer::from(self.valid));
        Ok(match self.values {
            Values::Bool(values) => Arc::new(BooleanArray::new(values.into(), nulls)),
            Values::I16(values) => primitive::<Int16Type>(values, nulls)?,
            Values::I32(values) if *kind == DataType::Date32 => {
                primitive::<Date32Type>(values, nulls)?
            }
            Values::I32(values) => primitive::<Int32Type>(values, nulls)?,
            Values::I64(values) => match kind {
                DataType::Time64(_) => primitive::<Time64MicrosecondType>(values, nulls)?,
                DataType::Timestamp(_, zone) => Arc::new(
                    PrimitiveArray::<TimestampMicrosecondType>::try_new(values.into(), nulls)?
                        .with_timezone_opt(zone.clone()),
                ),
                _ => primitive::<Int64Type>(values, nulls)?,
            },
            Values::F32(values) => primitive::<Float32Type>(values, nulls)?,
            Values::F64(values) => primitive::<Float64Type>(values, nulls)?,
            Values::I128(values) => Arc::new(
                Decimal128Array::try_new(values.into(), nulls)?.with_data_type(kind.clone()),
            ),
            Values::Bytes { ends, bytes } => {
                let starts: Vec<i32> = std::iter::once(0).chain(ends).collect();
                let offsets = OffsetBuffer::new(ScalarBuffer::from(starts));
                match kind {
                    DataType::Binary => {
                        Arc::new(BinaryArray::try_new(offsets, bytes.into(), nulls)?)
                    }
                    _ => Arc::new(StringArray::try_new(offsets, bytes.into(), nulls)?),
                }
            }
        })
    }
}

fn primitive<T: ArrowPrimitiveType>(
    values: Vec<T::Native>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(PrimitiveArray::<T>::try_new(ScalarBuffer::from(values), nulls)?))
}

/// A batch being filled row by row.
#[derive(Debug)]
pub(crate) struct Columns {
    pub columns: Vec<Column>,
    pub rows: usize,
    schema: SchemaRef,
}

impl Columns {
    pub(crate) fn new(targets: &[Target]) -> Self {
        let schema = Arc::new(schema(targets));
        let columns = schema.fields().iter().map(|field| Column::new(field.data_type())).collect();
        Self { columns, rows: 0, schema }
    }

    /// Takes back what has been added of the row that is not complete.
    pub(crate) fn take_back(&mut self) {
        let rows = self.rows;
        for column in &mut self.columns {
            column.truncate(rows);
        }
    }

    /// The rows as a batch; leaves it empty.
    ///
    /// # Errors
    /// A fault of our own: the columns do not have the same length.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let fresh = |field: &Arc<arrow::datatypes::Field>| Column::new(field.data_type());
        let fresh: Vec<Column> = self.schema.fields().iter().map(fresh).collect();
        let columns = std::mem::replace(&mut self.columns, fresh);
        self.rows = 0;
        let arrays = columns
            .into_iter()
            .zip(self.schema.fields())
            .map(|(column, field)| column.finish(field.data_type()))
            .collect::<Result<Vec<_>, _>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}
