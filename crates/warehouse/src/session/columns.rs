//! A result's columns in Redshift's types: from the engine's Arrow schema, or from its DESCRIBE.

use arrow::datatypes::{DataType, Schema, TimeUnit};
use redshift_sql::SqlType;

/// A column of a result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: FieldType,
}

/// A result column's type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FieldType {
    /// A type of Redshift; lengths of 0 are unknown.
    Sql(SqlType),
    /// A list of texts, as the catalog's functions give it.
    TextArray,
    /// A list of SMALLINT, as `pg_constraint.conkey`.
    SmallIntArray,
    /// A list of INTEGER, as `pg_group.grolist`.
    IntegerArray,
    /// A list of object ids, as `pg_proc.proallargtypes`; the engine has them as UINTEGER.
    OidArray,
}

impl FieldType {
    /// The type without the arrays; they are shown as text.
    pub(crate) fn sql(self) -> SqlType {
        match self {
            Self::Sql(sql) => sql,
            Self::TextArray | Self::SmallIntArray | Self::IntegerArray | Self::OidArray => {
                SqlType::Varchar(0)
            }
        }
    }
}

/// The fields of an engine result.
pub(crate) fn of_schema(schema: &Schema) -> Vec<Field> {
    schema
        .fields()
        .iter()
        .map(|field| Field { name: field.name().clone(), kind: of_arrow(field.data_type()) })
        .collect()
}

fn of_arrow(data_type: &DataType) -> FieldType {
    FieldType::Sql(match data_type {
        DataType::Boolean => SqlType::Boolean,
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => SqlType::SmallInt,
        DataType::Int32 | DataType::UInt16 => SqlType::Integer,
        DataType::Int64 | DataType::UInt32 => SqlType::BigInt,
        DataType::UInt64 => SqlType::Decimal { precision: 20, scale: 0 },
        DataType::Float32 => SqlType::Real,
        DataType::Float64 => SqlType::Double,
        DataType::Decimal128(precision, scale) => {
            SqlType::Decimal { precision: *precision, scale: scale.unsigned_abs() }
        }
        DataType::Date32 => SqlType::Date,
        DataType::Time64(_) => SqlType::Time,
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => SqlType::TimestampTz,
        DataType::Timestamp(_, _) => SqlType::Timestamp,
        DataType::Interval(_) => SqlType::IntervalDayToSecond,
        DataType::Binary | DataType::LargeBinary => SqlType::Varbyte(0),
        DataType::List(item) if *item.data_type() == DataType::UInt32 => {
            return FieldType::OidArray;
        }
        DataType::List(item) => return array_of(&of_arrow(item.data_type())),
        _ => SqlType::Varchar(0),
    })
}

fn array_of(item: &FieldType) -> FieldType {
    match item {
        FieldType::Sql(SqlType::SmallInt) => FieldType::SmallIntArray,
        FieldType::Sql(SqlType::Integer) => FieldType::IntegerArray,
        _ => FieldType::TextArray,
    }
}

/// A type as the engine's DESCRIBE writes it.
pub(crate) fn of_engine_name(name: &str) -> FieldType {
    if name == "UINTEGER[]" {
        return FieldType::OidArray;
    }
    if let Some(item) = name.strip_suffix("[]") {
        return array_of(&of_engine_name(item));
    }
    FieldType::Sql(match name {
        "BOOLEAN" => SqlType::Boolean,
        "TINYINT" | "SMALLINT" | "UTINYINT" => SqlType::SmallInt,
        "INTEGER" | "USMALLINT" => SqlType::Integer,
        "BIGINT" | "UINTEGER" => SqlType::BigInt,
        "UBIGINT" => SqlType::Decimal { precision: 20, scale: 0 },
        "HUGEINT" => SqlType::Decimal { precision: 38, scale: 0 },
        "FLOAT" => SqlType::Real,
        "DOUBLE" => SqlType::Double,
        "DATE" => SqlType::Date,
        "TIME" | "TIME WITH TIME ZONE" => SqlType::Time,
        "TIMESTAMP WITH TIME ZONE" => SqlType::TimestampTz,
        "INTERVAL" => SqlType::IntervalDayToSecond,
        "BLOB" => SqlType::Varbyte(0),
        "JSON" => SqlType::Super,
        name if name.starts_with("TIMESTAMP") => SqlType::Timestamp,
        name => return FieldType::Sql(decimal(name).unwrap_or(SqlType::Varchar(0))),
    })
}

fn decimal(name: &str) -> Option<SqlType> {
    let inner = name.strip_prefix("DECIMAL(")?.strip_suffix(')')?;
    let (precision, scale) = inner.split_once(',')?;
    Some(SqlType::Decimal {
        precision: precision.trim().parse().ok()?,
        scale: scale.trim().parse().ok()?,
    })
}

/// A declared type as the catalog keeps and shows it (`character varying(20)`).
pub(crate) fn type_name(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Boolean => "boolean".into(),
        SqlType::SmallInt => "smallint".into(),
        SqlType::Integer => "integer".into(),
        SqlType::BigInt => "bigint".into(),
        SqlType::Real => "real".into(),
        SqlType::Double => "double precision".into(),
        SqlType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        SqlType::Char(length) => format!("character({length})"),
        SqlType::Varchar(length) => format!("character varying({length})"),
        SqlType::Date => "date".into(),
        SqlType::Time => "time without time zone".into(),
        SqlType::TimeTz => "time with time zone".into(),
        SqlType::Timestamp => "timestamp without time zone".into(),
        SqlType::TimestampTz => "timestamp with time zone".into(),
        SqlType::IntervalYearToMonth => "interval year to month".into(),
        SqlType::IntervalDayToSecond => "interval day to second".into(),
        SqlType::Super => "super".into(),
        SqlType::Varbyte(length) => format!("binary varying({length})"),
        SqlType::Geometry => "geometry".into(),
        SqlType::Geography => "geography".into(),
        SqlType::HllSketch => "hllsketch".into(),
        SqlType::Oid => "oid".into(),
        SqlType::Name => "name".into(),
    }
}

/// Reads [`type_name`] back.
pub(crate) fn declared(name: &str) -> Option<SqlType> {
    let (base, arguments) = match name.split_once('(') {
        Some((base, rest)) => (base, rest.trim_end_matches(')')),
        None => (name, ""),
    };
    let length = || arguments.parse().unwrap_or(0);
    Some(match base {
        "boolean" => SqlType::Boolean,
        "smallint" => SqlType::SmallInt,
        "integer" => SqlType::Integer,
        "bigint" => SqlType::BigInt,
        "real" => SqlType::Real,
        "double precision" => SqlType::Double,
        "numeric" => decimal(&format!("DECIMAL({arguments})"))?,
        "character" => SqlType::Char(length()),
        "character varying" => SqlType::Varchar(length()),
        "date" => SqlType::Date,
        "time without time zone" => SqlType::Time,
        "time with time zone" => SqlType::TimeTz,
        "timestamp without time zone" => SqlType::Timestamp,
        "timestamp with time zone" => SqlType::TimestampTz,
        "interval year to month" => SqlType::IntervalYearToMonth,
        "interval day to second" => SqlType::IntervalDayToSecond,
        "super" => SqlType::Super,
        "binary varying" => SqlType::Varbyte(length()),
        "geometry" => SqlType::Geometry,
        "geography" => SqlType::Geography,
        "hllsketch" => SqlType::HllSketch,
        "oid" => SqlType::Oid,
        "name" => SqlType::Name,
        _ => return None,
    })
}
