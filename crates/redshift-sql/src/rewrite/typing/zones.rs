//! Times with a zone beside the others: which of them are read and shown in the session's zone.
//!
//! The engine takes a TIMESTAMPTZ for the same clock in UTC. Redshift guide, "Datetime types": a
//! TIMESTAMPTZ is a moment; as any other type, and from any other type, it is the clock of the
//! session's time zone. The functions of the engine named here are in the warehouse's library and
//! read the zone from a variable. Start reading at [`converted`].

use sqlparser::ast::Expr;

use super::super::{build, casts};
use super::arithmetic::is_text;
use super::{Type, take};
use crate::types::SqlType;

/// The clock of the session's zone: a TIMESTAMP.
const LOCAL: &str = "memory.rs_catalog.lb_local";
/// The moment at which clocks of the session's zone show a TIMESTAMP.
const ZONED: &str = "memory.rs_catalog.lb_zoned";
/// A moment as text.
const TEXT: &str = "memory.rs_catalog.lb_zoned_text";
/// A moment of what the engine alone knows the type of.
const ANY_ZONED: &str = "lb_any_zoned";

/// A value on its way to another type; the cast to it is still to come. Literals are read when casts
/// are written.
pub(super) fn converted(expr: &mut Expr, of: Type, to: SqlType) {
    use SqlType as T;
    let name = match (of, to) {
        (Type::Sql(T::TimestampTz), T::Timestamp | T::Date | T::Time) => LOCAL,
        (Type::Sql(T::TimestampTz), T::Varchar(_) | T::Char(_)) => TEXT,
        (Type::Sql(T::Timestamp | T::Date), T::TimestampTz) => ZONED,
        (Type::Sql(text), T::TimestampTz) if is_text(text) => ANY_ZONED,
        (Type::Unknown, T::TimestampTz) if casts::literal(expr).is_none() => ANY_ZONED,
        _ => return,
    };
    *expr = build::engine_call(name, vec![build::nested(take(expr))]);
}

/// Makes one side a moment where the other is one.
pub(super) fn like_the_other(expr: &mut Expr, of: Type, other: Type) {
    if other == Type::Sql(SqlType::TimestampTz)
        && matches!(of, Type::Sql(SqlType::Timestamp | SqlType::Date))
    {
        converted(expr, of, SqlType::TimestampTz);
    }
}

/// The text of a moment, where text is joined to it.
pub(super) fn as_text(expr: &mut Expr, of: Type) {
    if of == Type::Sql(SqlType::TimestampTz) {
        converted(expr, of, SqlType::Varchar(0));
    }
}

/// `moment + days` by the calendar of the session's zone: the clock shows the same.
pub(super) fn by_calendar(moment: Expr, add: impl FnOnce(Expr) -> Expr) -> Expr {
    let local = build::engine_call(LOCAL, vec![build::nested(moment)]);
    build::engine_call(ZONED, vec![add(local)])
}
