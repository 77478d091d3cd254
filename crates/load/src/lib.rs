//! What COPY reads: files of every format, from bytes to records of fields, and fields to values.
//!
//! Text formats are read block by block ([`block`], [`text`]), so that blocks can be converted
//! beside each other; other row formats give [`record::Record`]s; columnar formats give batches.
//! [`convert`] makes values of the fields of the first two.
//! Knows files and Redshift's rules about them. It must not know the engine, sessions, the cloud
//! or where bytes come from: it is given readers. Start at [`convert::Converter`] and
//! [`record::Record`].

pub mod avro;
pub mod block;
mod columnar;
mod columns;
pub mod convert;
mod csv;
pub mod datetime;
pub mod decompress;
mod delimited;
pub mod encoding;
mod fixed_width;
pub mod json;
pub mod jsonpath;
mod number;
pub mod options;
pub mod orc;
pub mod parquet;
pub mod record;
pub mod row;
#[cfg(test)]
mod samples;
pub mod target;
pub mod text;
mod utf8;
