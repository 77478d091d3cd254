//! Values of Bind: bytes in text or binary format into parameters of a statement.

use bytes::{Buf, Bytes};
use chrono::{DateTime, NaiveDate};
use pgwire::messages::extendedquery::Bind;
use redshift_sql::SqlType;

use super::encode::Format;
use super::numeric;
use super::types::engine_type;
use crate::errors::Failure;
use crate::session::Parameter;

/// Types whose binary form is the bytes themselves.
const BYTEA: u32 = 17;
const VARBYTE: u32 = 6551;
/// Microseconds from 1970 to 2000, the wire's epoch.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Days from 1970 to 2000.
const EPOCH_DAYS: i32 = 10_957;

/// The formats named by codes.
pub(super) fn formats(codes: &[i16]) -> Result<Vec<Format>, Failure> {
    codes
        .iter()
        .map(|code| match code {
            0 => Ok(Format::Text),
            1 => Ok(Format::Binary),
            other => Err(Failure::new("08P01", format!("unsupported format code {other}"))),
        })
        .collect()
}

/// The parameters of a Bind, by the types given at Parse (0 and missing ones are unknown).
pub(super) fn parameters(bind: &Bind, types: &[u32]) -> Result<Vec<Parameter>, Failure> {
    let formats = formats(&bind.parameter_format_codes)?;
    bind.parameters
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let oid = types.get(index).copied().unwrap_or(0);
            let format = super::encode::format_of(&formats, index);
            parameter(value.as_ref(), oid, format)
        })
        .collect()
}

fn parameter(value: Option<&Bytes>, oid: u32, format: Format) -> Result<Parameter, Failure> {
    let engine = engine_type(oid);
    let Some(bytes) = value else { return Ok(Parameter::Null(engine)) };
    if format == Format::Binary && matches!(oid, BYTEA | VARBYTE) {
        return Ok(Parameter::Value(SqlType::Varbyte(0), Some(hex::encode(bytes))));
    }
    let text = match format {
        Format::Text => utf8(bytes)?,
        Format::Binary => binary(bytes, oid)?,
    };
    Ok(match engine {
        Some(engine) => Parameter::Typed(engine, text),
        None => Parameter::Unknown(text),
    })
}

fn utf8(bytes: &[u8]) -> Result<String, Failure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Failure::new("22021", "invalid byte sequence for encoding \"UTF8\""))?;
    Ok(text.to_owned())
}

/// A binary value as the text the engine reads.
fn binary(bytes: &Bytes, oid: u32) -> Result<String, Failure> {
    let wrong = || Failure::new("22P03", "incorrect binary data format in bind parameter");
    let mut rest = bytes.clone();
    let sized = |size: usize| if bytes.len() == size { Ok(()) } else { Err(wrong()) };
    Ok(match oid {
        16 => {
            sized(1)?;
            if rest.get_u8() == 0 { "false".into() } else { "true".into() }
        }
        21 => sized(2).map(|()| rest.get_i16().to_string())?,
        23 | 26 => sized(4).map(|()| rest.get_i32().to_string())?,
        20 => sized(8).map(|()| rest.get_i64().to_string())?,
        700 => sized(4).map(|()| rest.get_f32().to_string())?,
        701 => sized(8).map(|()| rest.get_f64().to_string())?,
        1082 => {
            sized(4)?;
            let days = rest.get_i32().checked_add(EPOCH_DAYS).ok_or_else(wrong)?;
            NaiveDate::from_epoch_days(days).ok_or_else(wrong)?.to_string()
        }
        1114 | 1184 => {
            sized(8)?;
            let micros = rest.get_i64().checked_add(EPOCH_MICROS).ok_or_else(wrong)?;
            let at = DateTime::from_timestamp_micros(micros).ok_or_else(wrong)?;
            let zone = if oid == 1184 { "+00" } else { "" };
            format!("{}{zone}", at.format("%Y-%m-%d %H:%M:%S%.6f"))
        }
        1083 => sized(8).and_then(|()| clock(rest.get_i64()))?,
        1266 => {
            sized(12)?;
            let time = clock(rest.get_i64())?;
            time + &zone(rest.get_i32())
        }
        // PostgreSQL's interval, and the two of Redshift.
        1186 => {
            sized(16)?;
            let micros = rest.get_i64();
            let days = rest.get_i32();
            interval(rest.get_i32(), days, micros)
        }
        1188 => sized(4).map(|()| interval(rest.get_i32(), 0, 0))?,
        1190 => sized(8).map(|()| interval(0, 0, rest.get_i64()))?,
        1700 => numeric::read_binary(bytes).ok_or_else(wrong)?,
        0 | 18 | 19 | 25 | 705 | 1042 | 1043 | 4000 => utf8(bytes)?,
        other => {
            return Err(Failure::new(
                "0A000",
                format!("binary parameters of type {other} are not supported"),
            ));
        }
    })
}

fn clock(micros: i64) -> Result<String, Failure> {
    let mut out = bytes::BytesMut::new();
    super::text::time(micros, &mut out);
    utf8(&out)
}

/// A zone by its seconds west of Greenwich.
fn zone(west: i32) -> String {
    let sign = if west > 0 { '-' } else { '+' };
    let minutes = west.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn interval(months: i32, days: i32, micros: i64) -> String {
    format!("{months} months {days} days {micros} microseconds")
}
