//! Types of arguments and results: how a Rust function reads the engine's rows and writes its own.
//!
//! `Strict<(Text, BigInt), Text>` is a function of the engine that a plain
//! `fn((&str, i64)) -> Answer<String>` carries out row by row.

use std::error::Error;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Float64Array, Int32Array,
    Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use duckdb::core::{DataChunkHandle, LogicalTypeHandle, LogicalTypeId};
use duckdb::vscalar::{ScalarFunctionSignature, VScalar};
use duckdb::vtab::arrow::{WritableVector, data_chunk_to_arrow, write_arrow_array_to_vector};

use super::Answer;

/// A type of the engine and its values in Rust.
pub(super) trait Kind: 'static {
    /// The engine's type; of lists that of their values.
    const ID: LogicalTypeId;
    /// The same as the engine is told it.
    fn engine() -> LogicalTypeHandle {
        LogicalTypeHandle::from(Self::ID)
    }
    /// A value as read.
    type Read<'a>;
    /// A value as written.
    type Written;
    /// The value of a row that is not NULL; `None` when the column is of another type.
    fn read(column: &ArrayRef, row: usize) -> Option<Self::Read<'_>>;
    /// A column of values.
    fn write(values: Vec<Option<Self::Written>>) -> ArrayRef;
}

/// One `Kind` of plain values.
macro_rules! plain {
    ($(#[$doc:meta])* $name:ident, $id:ident, $arrow:ty, $array:ty, $rust:ty) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl Kind for $name {
            const ID: LogicalTypeId = LogicalTypeId::$id;
            type Read<'a> = $rust;
            type Written = $rust;
            fn read(column: &ArrayRef, row: usize) -> Option<$rust> {
                Some(column.as_primitive_opt::<$arrow>()?.value(row))
            }
            fn write(values: Vec<Option<$rust>>) -> ArrayRef {
                Arc::new(<$array>::from(values))
            }
        }
    };
}

plain!(
    /// `INTEGER`.
    Integer, Integer, Int32Type, Int32Array, i32
);
plain!(
    /// `BIGINT`.
    BigInt, Bigint, Int64Type, Int64Array, i64
);
plain!(
    /// `DOUBLE PRECISION`.
    Double, Double, Float64Type, Float64Array, f64
);
plain!(
    /// `DATE`: days since 1970.
    Date, Date, Date32Type, Date32Array, i32
);
plain!(
    /// `TIMESTAMP`: microseconds since 1970.
    Timestamp, Timestamp, TimestampMicrosecondType, TimestampMicrosecondArray, i64
);

/// `BOOLEAN`.
pub(super) struct Bool;

impl Kind for Bool {
    const ID: LogicalTypeId = LogicalTypeId::Boolean;
    type Read<'a> = bool;
    type Written = bool;
    fn read(column: &ArrayRef, row: usize) -> Option<bool> {
        Some(column.as_boolean_opt()?.value(row))
    }
    fn write(values: Vec<Option<bool>>) -> ArrayRef {
        Arc::new(BooleanArray::from(values))
    }
}

/// Any type: the column as the engine has it, and the row.
pub(super) struct Any;

impl Kind for Any {
    const ID: LogicalTypeId = LogicalTypeId::Any;
    type Read<'a> = (&'a ArrayRef, usize);
    type Written = ();
    fn read(column: &ArrayRef, row: usize) -> Option<(&ArrayRef, usize)> {
        Some((column, row))
    }
    fn write(values: Vec<Option<()>>) -> ArrayRef {
        arrow::array::new_null_array(&DataType::Null, values.len())
    }
}

/// `VARCHAR`.
pub(super) struct Text;

impl Kind for Text {
    const ID: LogicalTypeId = LogicalTypeId::Varchar;
    type Read<'a> = &'a str;
    type Written = String;
    fn read(column: &ArrayRef, row: usize) -> Option<&str> {
        Some(column.as_string_opt::<i32>()?.value(row))
    }
    fn write(values: Vec<Option<String>>) -> ArrayRef {
        Arc::new(StringArray::from(values))
    }
}

/// `VARBYTE`.
pub(super) struct Bytes;

impl Kind for Bytes {
    const ID: LogicalTypeId = LogicalTypeId::Blob;
    type Read<'a> = &'a [u8];
    type Written = Vec<u8>;
    fn read(column: &ArrayRef, row: usize) -> Option<&[u8]> {
        Some(column.as_binary_opt::<i32>()?.value(row))
    }
    fn write(values: Vec<Option<Vec<u8>>>) -> ArrayRef {
        Arc::new(values.into_iter().collect::<BinaryArray>())
    }
}

/// A list, without its NULLs; only read.
pub(super) struct List<K>(PhantomData<K>);

impl<K: Kind> Kind for List<K> {
    const ID: LogicalTypeId = K::ID;
    type Read<'a> = Vec<K::Read<'a>>;
    type Written = ();
    fn engine() -> LogicalTypeHandle {
        LogicalTypeHandle::list(&K::engine())
    }
    fn read(column: &ArrayRef, row: usize) -> Option<Vec<K::Read<'_>>> {
        let lists = column.as_list_opt::<i32>()?;
        let place =
            |at: usize| lists.value_offsets().get(at).and_then(|n| usize::try_from(*n).ok());
        let values = lists.values();
        let inside = place(row)?..place(row.checked_add(1)?)?;
        inside.filter(|at| !values.is_null(*at)).map(|at| K::read(values, at)).collect()
    }
    fn write(values: Vec<Option<()>>) -> ArrayRef {
        arrow::array::new_null_array(&DataType::Null, values.len())
    }
}

/// The arguments of a function: a tuple of kinds.
pub(super) trait Kinds: 'static {
    /// A row's values.
    type Read<'a>;
    /// The engine's types.
    fn engine() -> Vec<LogicalTypeHandle>;
    /// A row without NULLs.
    fn read(columns: &[ArrayRef], row: usize) -> Option<Self::Read<'_>>;
}

macro_rules! tuple {
    ($($kind:ident $index:tt),+) => {
        impl<$($kind: Kind),+> Kinds for ($($kind,)+) {
            type Read<'a> = ($($kind::Read<'a>,)+);
            fn engine() -> Vec<LogicalTypeHandle> {
                vec![$($kind::engine()),+]
            }
            fn read(columns: &[ArrayRef], row: usize) -> Option<Self::Read<'_>> {
                Some(($($kind::read(columns.get($index)?, row)?,)+))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);

/// What carries a function out.
pub(super) type Function<A, R> = for<'a> fn(<A as Kinds>::Read<'a>) -> Answer<<R as Kind>::Written>;

/// A function that is NULL where an argument is.
pub(super) struct Strict<A, R>(PhantomData<(A, R)>);

impl<A: Kinds, R: Kind> VScalar for Strict<A, R> {
    type State = Function<A, R>;

    fn invoke(
        function: &Self::State,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn Error>> {
        column::<A, R>(function, &data_chunk_to_arrow(input)?, output)
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        vec![signature::<A, R>()]
    }
}

/// The types of a function from `A` to `R`.
pub(super) fn signature<A: Kinds, R: Kind>() -> ScalarFunctionSignature {
    ScalarFunctionSignature::exact(A::engine(), R::engine())
}

/// Writes the answers for all rows.
///
/// # Errors
/// The function's refusal, or values of other types than it takes.
pub(super) fn column<A: Kinds, R: Kind>(
    function: impl for<'a> Fn(A::Read<'a>) -> Answer<R::Written>,
    rows: &RecordBatch,
    output: &mut dyn WritableVector,
) -> Result<(), Box<dyn Error>> {
    let mut values = Vec::with_capacity(rows.num_rows());
    for row in 0..rows.num_rows() {
        values.push(answer::<A, R>(&function, rows, row)?);
    }
    write_arrow_array_to_vector(&R::write(values), output)
}

/// The answer for one row.
fn answer<A: Kinds, R: Kind>(
    function: &impl for<'a> Fn(A::Read<'a>) -> Answer<R::Written>,
    rows: &RecordBatch,
    row: usize,
) -> Result<Option<R::Written>, Box<dyn Error>> {
    if rows.columns().iter().any(|column| column.is_null(row)) {
        return Ok(None);
    }
    let arguments = A::read(rows.columns(), row).ok_or("a function got values of another type")?;
    Ok(function(arguments)?)
}
