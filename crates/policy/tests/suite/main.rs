//! The engine against its corpus, against a second evaluator, and against damage.
//!
//! `corpus` holds the decisions written down, `naive` the second evaluator, `generate` random
//! vectors for `differential` (agreement and laws), `advice` (fixes do what they say) and `robust`;
//! `grants` is about what counts beside a key's policy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod advice;
mod corpus;
mod differential;
mod generate;
mod grants;
mod naive;
mod robust;
