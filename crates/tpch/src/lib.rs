//! TPC-H (specification 3, clauses 1 to 4) as the benches and the acceptance need it: tables with
//! Redshift's keys, their data as CSV, the 22 queries with the validation parameters, and whether
//! rows are the answer that the specification gives at scale factor 1.
//!
//! Data, query texts and answers come from the `tpchgen` crate. It must not know any database.
//! Start reading at [`TABLES`], [`write`], [`query`] and [`check`].

mod answer;
mod data;
mod query;
mod table;

pub use answer::check;
pub use data::write;
pub use query::{QUERIES, query};
pub use table::{TABLES, Table};
