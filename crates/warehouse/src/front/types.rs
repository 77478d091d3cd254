//! Redshift's types on the wire: object ids, sizes and modifiers.
//! The ids are those of PostgreSQL, and Redshift's own for its own types.

use redshift_sql::SqlType;

use crate::session::FieldType;

/// How a type is announced in RowDescription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WireType {
    /// The type's object id.
    pub oid: u32,
    /// Bytes, −1 for types of any length.
    pub size: i16,
    /// The modifier, −1 for none.
    pub modifier: i32,
}

const fn fixed(oid: u32, size: i16) -> WireType {
    WireType { oid, size, modifier: -1 }
}

/// Arrays of NAME, INT2, INT4 and OID.
const NAME_ARRAY: u32 = 1003;
const INT2_ARRAY: u32 = 1005;
const INT4_ARRAY: u32 = 1007;
const OID_ARRAY: u32 = 1028;
/// The modifier of SUPER.
const SUPER_MODIFIER: i32 = 16_384_000;

/// The wire's view of a column.
pub(super) fn wire_type(kind: FieldType) -> WireType {
    match kind {
        FieldType::TextArray => fixed(NAME_ARRAY, -1),
        FieldType::SmallIntArray => fixed(INT2_ARRAY, -1),
        FieldType::IntegerArray => fixed(INT4_ARRAY, -1),
        FieldType::OidArray => fixed(OID_ARRAY, -1),
        FieldType::Sql(sql) => sql_type(sql),
    }
}

fn sql_type(sql: SqlType) -> WireType {
    match sql {
        SqlType::Boolean => fixed(16, 1),
        SqlType::SmallInt => fixed(21, 2),
        SqlType::Integer => fixed(23, 4),
        SqlType::BigInt => fixed(20, 8),
        SqlType::Real => fixed(700, 4),
        SqlType::Double => fixed(701, 8),
        SqlType::Decimal { precision, scale } => {
            let digits = (i32::from(precision) << 16) | i32::from(scale);
            WireType { oid: 1700, size: -1, modifier: digits.saturating_add(4) }
        }
        SqlType::Char(length) => sized(1042, length),
        SqlType::Varchar(length) => sized(1043, length),
        SqlType::Date => fixed(1082, 4),
        SqlType::Time => fixed(1083, 8),
        SqlType::TimeTz => fixed(1266, 12),
        SqlType::Timestamp => fixed(1114, 8),
        SqlType::TimestampTz => fixed(1184, 8),
        SqlType::IntervalYearToMonth => fixed(1188, 4),
        SqlType::IntervalDayToSecond => fixed(1190, 8),
        SqlType::Super => WireType { oid: 4000, size: -1, modifier: SUPER_MODIFIER },
        SqlType::Varbyte(length) => sized(6551, length),
        SqlType::Geometry => fixed(3000, -1),
        SqlType::Geography => fixed(3001, -1),
        SqlType::HllSketch => fixed(2935, -1),
        SqlType::Oid => fixed(26, 4),
        SqlType::Name => fixed(19, 128),
    }
}

/// A length of 0 is unknown.
fn sized(oid: u32, length: u32) -> WireType {
    let modifier = match length {
        0 => -1,
        length => i32::try_from(length).map_or(-1, |length| length.saturating_add(4)),
    };
    WireType { oid, size: -1, modifier }
}

/// The engine's type for a parameter that the client gave a type; `None` for text and unknown.
pub(super) fn engine_type(oid: u32) -> Option<&'static str> {
    Some(match oid {
        16 => "BOOLEAN",
        20 => "BIGINT",
        21 => "SMALLINT",
        23 | 26 => "INTEGER",
        700 => "FLOAT",
        701 => "DOUBLE",
        1700 => "DECIMAL",
        1082 => "DATE",
        1083 => "TIME",
        1114 => "TIMESTAMP",
        1184 => "TIMESTAMP WITH TIME ZONE",
        1186 | 1188 | 1190 => "INTERVAL",
        17 | 6551 => "BLOB",
        _ => return None,
    })
}
