//! The database file: opening it, our own bookkeeping in it, and its replacement after a failure.
//!
//! After a write that failed, on a full disk say, nobody knows what of the last commits reached
//! the file, and the database refuses all further use. [`Databases::replace`] then opens the file
//! again as of its last durable commit, as a restart would; transactions of the generation before
//! can no longer read or write. Knows nothing of records. Start at [`Databases::open`].

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{
    Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition, TableError,
    WriteTransaction,
};

use crate::StoreError;
use crate::audit::AuditPosition;

/// The number of the last commit, and where the audit log stood at it.
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("store.meta");
const META_COMMIT: &str = "commit";
/// Pages of the database kept in memory. Idle memory counts; the working set is small.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// The database in use, and its number: each replacement has the next.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) generation: u64,
    pub(crate) database: Arc<Database>,
    pub(crate) retired: Arc<AtomicBool>,
}

/// One database file.
pub(crate) struct Databases {
    path: PathBuf,
    current: RwLock<Current>,
}

impl Databases {
    /// Opens the file, creating it when it is absent.
    pub(crate) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let current = RwLock::new(open(&path, 0)?);
        Ok(Self { path, current })
    }

    pub(crate) fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens the file anew as of its last durable commit. `settle` gets the new generation and
    /// that commit before anybody can use it.
    pub(crate) fn replace(
        &self,
        settle: impl FnOnce(u64, u64, AuditPosition) -> Result<(), StoreError>,
    ) -> Result<u64, StoreError> {
        let old = self.current();
        // First: the file must not have two writers.
        old.retired.store(true, Ordering::SeqCst);
        let fresh = open(&self.path, old.generation + 1)?;
        let (commit, position) = last_commit(&fresh.database)?;
        let generation = fresh.generation;
        settle(generation, commit, position)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(generation)
    }
}

fn open(path: &Path, generation: u64) -> Result<Current, StoreError> {
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|e| StoreError::io("open", path, e))?;
    let retired = Arc::new(AtomicBool::new(false));
    let database = redb::Builder::new()
        .set_cache_size(CACHE_BYTES)
        .create_with_backend(Backend { file, retired: Arc::clone(&retired) })
        .map_err(|e| StoreError::Database(Box::new(e.into())))?;
    Ok(Current { generation, database: Arc::new(database), retired })
}

/// The number of the commit that a transaction builds on.
pub(crate) fn commit_number(tx: &WriteTransaction) -> Result<u64, StoreError> {
    let meta = tx.open_table(META)?;
    let stored = meta.get(META_COMMIT)?;
    Ok(stored.map_or(0, |bytes| AuditPosition::decode(bytes.value()).0))
}

/// Notes a transaction's commit number, and where the audit log ends with it.
pub(crate) fn note_commit(
    tx: &WriteTransaction,
    commit: u64,
    position: AuditPosition,
) -> Result<(), StoreError> {
    let mut meta = tx.open_table(META)?;
    meta.insert(META_COMMIT, position.with_commit(commit).as_slice())?;
    Ok(())
}

/// The last commit of a database: its number and where the audit log stood.
pub(crate) fn last_commit(database: &Database) -> Result<(u64, AuditPosition), StoreError> {
    let tx = database.begin_read()?;
    match tx.open_table(META) {
        Ok(meta) => {
            let stored = meta.get(META_COMMIT)?;
            Ok(stored.map_or_else(Default::default, |b| AuditPosition::decode(b.value())))
        }
        Err(TableError::TableDoesNotExist(_)) => Ok(Default::default()),
        Err(e) => Err(e.into()),
    }
}

/// The file as the database sees it, until it is retired. The state directory's lock keeps other
/// processes away, so it needs none of its own.
#[derive(Debug)]
struct Backend {
    file: File,
    retired: Arc<AtomicBool>,
}

impl Backend {
    fn file(&self) -> io::Result<&File> {
        if self.retired.load(Ordering::SeqCst) {
            return Err(io::Error::other("the database was opened anew after a failure"));
        }
        Ok(&self.file)
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file()?.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file()?.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file()?.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file()?.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file()?.write_all_at(data, offset)
    }
}
