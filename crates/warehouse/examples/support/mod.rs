//! What the benches share: a whole cluster in this process, a PostgreSQL server beside it, and
//! the process's memory. Each bench uses what it needs of it.
#![allow(dead_code, reason = "each bench uses a part")]

pub mod cluster;
pub mod cost;
pub mod disk;
pub mod loads;
pub mod memory;
pub mod postgres;
pub mod sales;

/// A bench's outcome: what goes wrong ends it.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
