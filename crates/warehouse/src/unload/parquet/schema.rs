//! Redshift's columns as Parquet columns: physical and logical types.
//!
//! Recorded from files that Redshift wrote: TIMESTAMP is INT96, DECIMAL is FIXED_LEN_BYTE_ARRAY,
//! VARCHAR and SUPER are BYTE_ARRAY with the logical types String and JSON, all optional.
//! Start reading at [`of`].

use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};
use redshift_sql::SqlType;

use crate::unload::ResultColumn;

/// The file's schema.
///
/// # Errors
/// A name or type that Parquet cannot hold.
pub(super) fn of(columns: &[&ResultColumn]) -> Result<TypePtr, ParquetError> {
    let fields = columns
        .iter()
        .map(|column| field(&column.name, column.redshift_type).map(Arc::new))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn field(name: &str, ty: SqlType) -> Result<Type, ParquetError> {
    let builder = Type::primitive_type_builder(name, physical(ty))
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical(ty));
    match ty {
        SqlType::Decimal { precision, scale } => builder
            .with_converted_type(ConvertedType::DECIMAL)
            .with_length(i32::try_from(decimal_length(precision)).unwrap_or(16))
            .with_precision(i32::from(precision))
            .with_scale(i32::from(scale))
            .build(),
        _ => builder.build(),
    }
}

fn physical(ty: SqlType) -> Physical {
    match ty {
        SqlType::Boolean => Physical::BOOLEAN,
        SqlType::SmallInt | SqlType::Integer | SqlType::Date => Physical::INT32,
        SqlType::BigInt | SqlType::Oid | SqlType::Time | SqlType::TimeTz => Physical::INT64,
        SqlType::Real => Physical::FLOAT,
        SqlType::Double => Physical::DOUBLE,
        SqlType::Timestamp | SqlType::TimestampTz => Physical::INT96,
        SqlType::Decimal { .. } => Physical::FIXED_LEN_BYTE_ARRAY,
        _ => Physical::BYTE_ARRAY,
    }
}

fn logical(ty: SqlType) -> Option<LogicalType> {
    match ty {
        SqlType::SmallInt => Some(LogicalType::Integer { bit_width: 16, is_signed: true }),
        SqlType::Date => Some(LogicalType::Date),
        SqlType::Time | SqlType::TimeTz => {
            Some(LogicalType::Time { is_adjusted_to_u_t_c: false, unit: TimeUnit::MICROS })
        }
        SqlType::Decimal { precision, scale } => {
            Some(LogicalType::Decimal { scale: i32::from(scale), precision: i32::from(precision) })
        }
        SqlType::Super => Some(LogicalType::Json),
        SqlType::Char(_)
        | SqlType::Varchar(_)
        | SqlType::Name
        | SqlType::IntervalYearToMonth
        | SqlType::IntervalDayToSecond => Some(LogicalType::String),
        _ => None,
    }
}

/// Bytes that hold every decimal of this many digits: the least that Parquet's specification
/// allows ("LogicalTypes.md", DECIMAL), which is what Redshift was seen to write.
pub(super) fn decimal_length(precision: u8) -> usize {
    let digits = f64::from(precision) * std::f64::consts::LOG2_10 + 1.0;
    // One bit for the sign; 38 digits need 128.
    (digits / 8.0).ceil() as usize
}
