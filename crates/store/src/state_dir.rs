//! The state directory: where each kind of file lies, and who may open it.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::StoreError;

/// An exclusively locked state directory.
///
/// The lock is the operating system's, so it goes with the process however that ends.
#[derive(Debug)]
pub struct StateDir {
    root: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Creates the directory where needed, readable by its owner only, and takes its lock.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process holds it, [`StoreError::Io`] otherwise.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(root).map_err(|e| StoreError::io("create", root, e))?;
        fs::set_permissions(root, fs::Permissions::from_mode(0o700))
            .map_err(|e| StoreError::io("restrict", root, e))?;
        let path = root.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| StoreError::io("open", &path, e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(root.to_owned())),
            Err(TryLockError::Error(e)) => Err(StoreError::io("lock", &path, e)),
        }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Refuses when fewer than `wanted` bytes are free.
    ///
    /// # Errors
    /// [`StoreError::Full`].
    pub(crate) fn check_room(&self, wanted: u64) -> Result<(), StoreError> {
        check_room(&self.root, wanted)
    }

    /// A directory inside, created when absent.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn subdirectory(&self, name: &str) -> Result<PathBuf, StoreError> {
        let path = self.root.join(name);
        fs::create_dir_all(&path).map_err(|e| StoreError::io("create", &path, e))?;
        Ok(path)
    }
}

/// Refuses when the disk of `path` has fewer than `wanted` bytes free for this process. A disk that
/// does not tell is taken to have room: what is written then says otherwise.
pub(crate) fn check_room(path: &Path, wanted: u64) -> Result<(), StoreError> {
    let Ok(disk) = rustix::fs::statvfs(path) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < wanted {
        return Err(StoreError::Full { path: path.to_owned(), free });
    }
    Ok(())
}

/// Writes a file that only its owner can read, whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    use std::io::Write;
    let temporary = path.with_extension("new");
    let io = |e| StoreError::io("write", path, e);
    let mut file = File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(io)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)?;
    fs::rename(&temporary, path).map_err(io)
}
