//! The result's columns as Redshift names their types; knows no Arrow and no file format.

use redshift_sql::SqlType;

/// A column of the unloaded query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// The column's name, folded as the session's settings ask.
    pub name: String,
    /// Its Redshift type.
    pub redshift_type: SqlType,
}

impl ResultColumn {
    /// The type's name as catalogs and the verbose manifest write it, without modifiers.
    pub fn base(&self) -> &'static str {
        match self.redshift_type {
            SqlType::Boolean => "boolean",
            SqlType::SmallInt => "smallint",
            SqlType::Integer => "integer",
            SqlType::BigInt => "bigint",
            SqlType::Decimal { .. } => "numeric",
            SqlType::Real => "real",
            SqlType::Double => "double precision",
            SqlType::Char(_) => "character",
            SqlType::Varchar(_) => "character varying",
            SqlType::Date => "date",
            SqlType::Time => "time without time zone",
            SqlType::TimeTz => "time with time zone",
            SqlType::Timestamp => "timestamp without time zone",
            SqlType::TimestampTz => "timestamp with time zone",
            SqlType::IntervalYearToMonth => "interval year to month",
            SqlType::IntervalDayToSecond => "interval day to second",
            SqlType::Super => "super",
            SqlType::Varbyte(_) => "binary varying",
            SqlType::Geometry => "geometry",
            SqlType::Geography => "geography",
            SqlType::HllSketch => "hllsketch",
            SqlType::Oid => "oid",
            SqlType::Name => "name",
        }
    }
}
