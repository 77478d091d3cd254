//! Durable state: key-value transactions, sealed blob files, an append-only audit log.
//!
//! This crate knows nothing of AWS: tables hold versioned records under text keys, blobs are
//! bytes under random ids, audit records are bytes with a small header.
//! No clock and no randomness of its own: callers hand in an [`Entropy`].
//!
//! What survives: everything [`Store::commit`] returned for survives `kill -9` of the process at
//! any instant; records of the key-value store also survive a loss of power, because a group of
//! commits is synchronised to disk before any of them returns. On a full disk changes are refused,
//! reads and their audit records go on, and a disk that fails in the middle of a commit takes the
//! state back to the last commit that succeeded.
//!
//! Start reading at [`Store`].

pub mod as_text;
mod audit;
mod blobs;
mod database;
mod error;
mod flush;
mod frames;
mod group;
mod kv;
mod record;
mod seal;
mod state_dir;
mod turn;
mod undo;

#[cfg(test)]
mod tests;

pub use audit::{AuditFilter, AuditHeader, AuditPosition, AuditRecord, AuditScan, AuditWalk, mark};
pub use blobs::{BlobId, BlobReader, BlobWriter, Blobs, HeldBlob, INLINE_BYTES};
pub use error::StoreError;
pub use frames::{DataKey, FRAME_BYTES};
pub use kv::{Store, Tx, TxMode};
pub use record::{Record, Table};
pub use seal::Seal;
pub use state_dir::StateDir;

/// The one source of random bytes. A seeded implementation replays a run.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}
