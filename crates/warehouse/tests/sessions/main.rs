//! A cluster as its clients see it: every test speaks the Postgres wire over TCP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

mod administration;
mod auto_refresh;
mod copy;
mod databases;
mod differential;
mod durability;
mod extended;
mod gate;
mod guide;
mod guide_files;
mod login;
mod malformed;
mod memory;
mod numbers;
mod policies;
mod privileges;
mod procedures;
mod statements;
mod support;
mod tap;
mod unload;
