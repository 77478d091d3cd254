//! What can go wrong with durable state.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A failure of the state directory or of what lies in it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has this state directory open.
    #[error("state directory `{}` is in use by another landbridge process", .0.display())]
    InUse(PathBuf),
    /// A file or directory could not be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The key-value file refused.
    #[error("the state database failed: {0}")]
    Database(Box<redb::Error>),
    /// A stored record does not have the form its table promises.
    #[error("record `{key}` of table `{table}` is damaged: {reason}")]
    Damaged {
        /// The table's name.
        table: &'static str,
        /// The record's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A record of the audit log is not what was appended.
    #[error("the audit log `{}` is damaged before byte {offset}", path.display())]
    DamagedAudit {
        /// The segment.
        path: PathBuf,
        /// How far it is whole, from the side that was being read.
        offset: u64,
    },
    /// Sealed bytes do not open: wrong key or altered content.
    #[error("sealed data does not open: altered, or sealed under another key")]
    Unsealable,
    /// A change was attempted in a reading transaction.
    #[error("a reading transaction cannot change table `{0}`")]
    ReadOnly(&'static str),
    /// Synchronising failed; the state is being taken back to the last commit that succeeded.
    #[error("changes cannot be written to disk: {0}")]
    Halted(String),
    /// Too little room is left for changes, in bytes.
    #[error("the disk of state directory `{}` is full: {free} bytes are free", path.display())]
    Full {
        /// The directory.
        path: PathBuf,
        /// Bytes that are free.
        free: u64,
    },
}

impl StoreError {
    /// Whether the disk, and not the data or the caller, is the reason: it may work again later.
    pub fn is_of_the_disk(&self) -> bool {
        match self {
            Self::Halted(_) | Self::Full { .. } => true,
            Self::Io { source, .. } => cannot_be_written(source.kind()),
            Self::Database(error) => {
                matches!(**error, redb::Error::Io(_) | redb::Error::PreviousIo)
            }
            _ => false,
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}

/// What a full, read-only or forbidden disk says.
fn cannot_be_written(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::FileTooLarge
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::PermissionDenied
    )
}

/// redb has one error type per step; all are the same to us.
macro_rules! from_redb {
    ($($kind:ident),*) => {$(
        impl From<redb::$kind> for StoreError {
            fn from(error: redb::$kind) -> Self {
                Self::Database(Box::new(redb::Error::from(error)))
            }
        }
    )*};
}
from_redb!(TransactionError, TableError, StorageError, CommitError, SetDurabilityError);
