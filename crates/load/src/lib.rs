//! What COPY reads: files of every format, from bytes to records of fields, and fields to values.
//!
//! Knows files and Redshift's rules about them. It must not know the engine, sessions, the cloud
//! or where bytes come from: it is given readers. Start at [`record::Record`].

pub mod decompress;
pub mod json;
pub mod jsonpath;
pub mod record;
pub mod target;
