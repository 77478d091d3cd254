//! Columns of a columnar file as columns of the table: which types go together, and what of their
//! values fits.
//!
//! Shared by Parquet and ORC. Redshift reads both through Spectrum, which converts nothing: a
//! BIGINT column wants 64-bit integers. Widened here is only what loses nothing and has no other
//! form in the file: scales of decimals, units of times. It must not know how files are laid out.
//! Start at [`Columns::batch`].

mod nested;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Decimal128Array, RecordBatch, make_array, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use redshift_sql::SqlType;

use crate::target::{Columnar, ColumnarError, Target, schema};

/// `code:` of what Spectrum finds wrong with a file.
const SCAN: u32 = 15007;

/// The columns of a statement and the file that fills them.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    pub targets: Vec<Target>,
    pub options: Columnar,
    /// The file's name as errors show it.
    pub file: String,
    /// `Parquet` or `ORC`.
    pub format: &'static str,
    /// What the file has, once it is known to fit.
    sources: Vec<Source>,
    schema: SchemaRef,
}

/// A column of a file: its values' type, and how the file's own schema words it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// What its reader gives.
    pub ty: DataType,
    /// Such as `optional int32 id`.
    pub words: String,
    /// Its text is declared to be JSON.
    pub json: bool,
}

impl Columns {
    pub fn new(targets: &[Target], options: Columnar, file: &str, format: &'static str) -> Self {
        let (schema, file) = (Arc::new(schema(targets)), file.to_owned());
        Self { targets: targets.to_vec(), options, file, format, sources: Vec::new(), schema }
    }

    /// Refuses a file whose columns do not fit, before anything is read.
    pub fn fill_from(self, sources: Vec<Source>) -> Result<Self, ColumnarError> {
        let (table, data) = (self.targets.len(), sources.len());
        // A file without columns could claim any number of rows.
        if data == 0 || data > table || (data < table && !self.options.fill_record) {
            return Err(self.scan(format!(
                "Unmatched number of columns between table and file. Table columns: {table}, Data columns: {data}, File name: {}",
                self.file
            )));
        }
        for (target, source) in self.targets.iter().zip(&sources) {
            if !self.loads(target, source)? {
                return Err(self.scan(format!(
                    "File '{}' has an incompatible {} schema for column '{}'. Column type: {}, {} schema:\n{}",
                    self.file,
                    self.format,
                    target.name,
                    target.ty.to_string().to_uppercase(),
                    self.format,
                    source.words
                )));
            }
        }
        Ok(Self { sources, ..self })
    }

    /// Whether a column of this type can be loaded from a file's column.
    fn loads(&self, target: &Target, source: &Source) -> Result<bool, ColumnarError> {
        use DataType as D;
        let ty = &source.ty;
        let text = matches!(ty, D::Utf8 | D::Utf8View | D::Binary | D::BinaryView);
        Ok(match target.ty {
            _ if *ty == D::Null => true,
            SqlType::Boolean => *ty == D::Boolean,
            SqlType::SmallInt => matches!(ty, D::Int8 | D::Int16 | D::Int32 | D::UInt8),
            SqlType::Integer => {
                matches!(ty, D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16)
            }
            SqlType::BigInt | SqlType::Oid => matches!(ty, D::Int64 | D::UInt32),
            SqlType::Real => *ty == D::Float32,
            SqlType::Double => *ty == D::Float64,
            SqlType::Decimal { scale, .. } => match ty {
                D::Decimal128(_, from) | D::Decimal256(_, from) => {
                    u8::try_from(*from).is_ok_and(|from| from <= scale)
                }
                _ => false,
            },
            SqlType::Date => *ty == D::Date32,
            SqlType::Time | SqlType::TimeTz => matches!(ty, D::Time32(_) | D::Time64(_)),
            SqlType::Timestamp | SqlType::TimestampTz => matches!(ty, D::Timestamp(..)),
            SqlType::Varbyte(_) => text || matches!(ty, D::FixedSizeBinary(_)),
            SqlType::Super if self.options.serialize_to_json => true,
            SqlType::Super => return Err(self.needs_serialize()),
            _ => text,
        })
    }

    /// A batch of the targets' types from a batch of the file's columns.
    pub fn batch(&self, columns: &[ArrayRef], rows: usize) -> Result<RecordBatch, ColumnarError> {
        let mut made = Vec::with_capacity(self.targets.len());
        for (index, target) in self.targets.iter().enumerate() {
            made.push(match columns.get(index) {
                Some(column) => {
                    let json = self.sources.get(index).is_some_and(|source| source.json);
                    self.column(column, target, json)?
                }
                None => new_null_array(&target.arrow(), rows),
            });
        }
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), made, &options)
            .map_err(|error| self.damaged(&error))
    }

    fn column(
        &self,
        column: &ArrayRef,
        target: &Target,
        json: bool,
    ) -> Result<ArrayRef, ColumnarError> {
        let to = target.arrow();
        if *column.data_type() == DataType::Null {
            return Ok(new_null_array(&to, column.len()));
        }
        match target.ty {
            SqlType::Super => nested::json(self, column, json),
            SqlType::TimeTz => text::time_tz(self, column),
            _ if to == DataType::Utf8 => text::text(self, column, target),
            SqlType::Varbyte(_) => text::bytes(self, column, target),
            SqlType::Decimal { precision, .. } => {
                let made = self.cast(column, target)?;
                let decimals = made.as_any().downcast_ref::<Decimal128Array>();
                let fits =
                    decimals.is_some_and(|d| d.validate_decimal_precision(precision).is_ok());
                if fits { Ok(made) } else { Err(self.overflow(target)) }
            }
            SqlType::Timestamp | SqlType::TimestampTz => self.timestamp(column, target),
            _ => self.cast(column, target),
        }
    }

    /// A file's timestamps are UTC, or of no zone, and stay what they are: only their unit changes.
    fn timestamp(&self, column: &ArrayRef, target: &Target) -> Result<ArrayRef, ColumnarError> {
        let unzoned = match column.data_type() {
            DataType::Timestamp(unit, Some(_)) => {
                let data =
                    column.to_data().into_builder().data_type(DataType::Timestamp(*unit, None));
                make_array(data.build().map_err(|error| self.damaged(&error))?)
            }
            _ => Arc::clone(column),
        };
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        let made = self.cast_to(&unzoned, &micros, target)?;
        if target.ty == SqlType::Timestamp {
            return Ok(made);
        }
        let data = made.to_data().into_builder().data_type(target.arrow());
        Ok(make_array(data.build().map_err(|error| self.damaged(&error))?))
    }

    fn cast(&self, column: &ArrayRef, target: &Target) -> Result<ArrayRef, ColumnarError> {
        self.cast_to(column, &target.arrow(), target)
    }

    fn cast_to(
        &self,
        column: &ArrayRef,
        to: &DataType,
        target: &Target,
    ) -> Result<ArrayRef, ColumnarError> {
        if column.data_type() == to {
            return Ok(Arc::clone(column));
        }
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(column, to, &options).map_err(|_| self.overflow(target))
    }

    fn overflow(&self, target: &Target) -> ColumnarError {
        let (name, ty) = (&target.name, target.ty.to_string().to_uppercase());
        self.scan(format!(
            "Value out of range for column {name}. Column type: {ty}, File name: {}",
            self.file
        ))
    }

    fn needs_serialize(&self) -> ColumnarError {
        ColumnarError::Scan {
            message: "SUPER column in COPY query requires SERIALIZETOJSON option".into(),
            code: 8001,
            context: String::new(),
        }
    }

    /// An error of the scan with its context.
    pub fn scan(&self, context: String) -> ColumnarError {
        ColumnarError::Scan { message: "Spectrum Scan Error".into(), code: SCAN, context }
    }

    /// A file that contradicts itself.
    pub fn damaged(&self, why: &dyn std::fmt::Display) -> ColumnarError {
        self.scan(format!("File '{}' could not be read as {}: {why}", self.file, self.format))
    }
}
