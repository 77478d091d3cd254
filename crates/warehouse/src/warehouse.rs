//! A cluster: its engine, its listener, and what its sessions share.
//!
//! [`Warehouse`] is the crate's door. It must not know the control plane beyond
//! [`ports::Directory`](crate::ports::Directory), nor object storage beyond
//! [`ports::Cloud`](crate::ports::Cloud). Start reading at [`Warehouse::open`].

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::catalog;
use crate::engine::{Acts, DatabaseFile, Engine, EngineFault, EngineOptions};
use crate::front;
use crate::history::History;
use crate::locks::Locks;
use crate::password::PasswordVerifier;
use crate::ports::{Cloud, ClusterRef, Directory, World};
use crate::registry::Registry;

/// Upper bound of the engine's buffers where nothing else is said, in megabytes.
const ENGINE_MEMORY_MEGABYTES: u64 = 2048;
/// Worker threads of a cluster's engine at most.
const ENGINE_THREADS: usize = 8;
/// The file that keeps the port given by the system on the first start.
const ADDRESS_FILE: &str = "address";

/// What a cluster is made from.
pub struct ClusterSpec {
    /// Which cluster it is.
    pub reference: ClusterRef,
    /// Where the file with its databases lies; created when missing.
    pub directory: PathBuf,
    /// The first database (`DBName`, Redshift's default is `dev`).
    pub database: String,
    /// The superuser made with the cluster (`MasterUsername`).
    pub master_user: String,
    /// The verifier of the master password, used on the first start only.
    pub master_password: PasswordVerifier,
    /// Where to listen. Port 0 takes a free port on the first start and keeps it.
    pub listen: SocketAddr,
    /// The TLS identity offered to clients.
    pub tls: Arc<rustls::ServerConfig>,
    /// Upper bound of what all its statements hold in memory, in megabytes; 2,048 for `None`. What
    /// does not fit is spilled to disk, sixteen times as much at most; a statement that cannot go
    /// on fails with 53200.
    pub memory_megabytes: Option<u64>,
}

/// Why a cluster did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or the socket.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The engine could not open or prepare the databases.
    #[error("the engine did not open: {0}")]
    Engine(String),
}

impl From<EngineFault> for OpenError {
    fn from(fault: EngineFault) -> Self {
        Self::Engine(fault.message)
    }
}

/// What all sessions of a cluster share.
pub(crate) struct Cluster {
    pub reference: ClusterRef,
    pub master_user: String,
    /// The key of the first database, with which the cluster's own tables lie.
    pub home: String,
    pub engine: Engine,
    pub tls: Arc<rustls::ServerConfig>,
    pub directory: Arc<dyn Directory>,
    pub cloud: Arc<dyn Cloud>,
    pub world: Arc<dyn World>,
    pub sessions: Arc<Registry>,
    pub locks: Locks,
    /// Held while a database is made, changed or dropped, and while a session is let into one.
    pub databases: Mutex<()>,
    /// What this run of the cluster is called: nothing that is counted outlives it.
    pub run: String,
    pub history: History,
    /// Counts changes of users, groups, grants and schemas: sessions know when to look again.
    pub privileges_version: AtomicU64,
    /// Counts changes of relations: sessions know when what they keep of columns is old.
    pub relations_version: AtomicU64,
    /// The last query id given out.
    pub query_ids: AtomicI64,
}

/// A running cluster. Clones are the same cluster.
#[derive(Clone)]
pub struct Warehouse {
    cluster: Arc<Cluster>,
    listener: Arc<TcpListener>,
    address: SocketAddr,
    stop: Arc<watch::Sender<bool>>,
}

impl Warehouse {
    /// Opens the databases (creating the first on the first start) and binds the listener.
    /// Connections are accepted once [`Warehouse::serve`] runs.
    ///
    /// # Errors
    /// [`OpenError`] when the directory, the socket or a database cannot be opened.
    pub fn open(
        spec: ClusterSpec,
        directory: Arc<dyn Directory>,
        cloud: Arc<dyn Cloud>,
        world: Arc<dyn World>,
    ) -> Result<Self, OpenError> {
        let staging = prepare_directory(&spec.directory)?;
        let path = spec.directory.join(format!("{}.duckdb", spec.database));
        let file = DatabaseFile { name: spec.database.clone(), path };
        let sessions = Arc::new(Registry::default());
        let acts: Arc<dyn Acts> = Arc::clone(&sessions) as Arc<dyn Acts>;
        let options = EngineOptions {
            acts,
            file: &file,
            staging: &staging,
            memory_megabytes: spec.memory_megabytes.unwrap_or(ENGINE_MEMORY_MEGABYTES),
            threads: std::thread::available_parallelism()
                .map_or(2, |n| n.get().min(ENGINE_THREADS)),
        };
        let master = catalog::Master { name: &spec.master_user, password: &spec.master_password };
        let engine = Engine::open(&options, |connection| {
            catalog::prepare(connection, &spec.database, &master, world.now())
        })?;
        let last_query = catalog::history::last_query_id(&engine.connect()?, &spec.database)?;
        let history = History::start(engine.connect_aside()?, &spec.database);
        let run = world.now().timestamp_micros().to_string();
        let (listener, address) = bind(&spec.directory, spec.listen)?;
        let cluster = Arc::new(Cluster {
            reference: spec.reference,
            master_user: spec.master_user,
            home: spec.database,
            engine,
            tls: spec.tls,
            directory,
            cloud,
            world,
            sessions,
            locks: Locks::default(),
            databases: Mutex::default(),
            run,
            history,
            privileges_version: AtomicU64::new(0),
            relations_version: AtomicU64::new(0),
            query_ids: AtomicI64::new(last_query),
        });
        let (stop, _) = watch::channel(false);
        Ok(Self { cluster, listener: Arc::new(listener), address, stop: Arc::new(stop) })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections until [`Warehouse::shutdown`].
    ///
    /// # Errors
    /// When the listener cannot be handed to the runtime.
    pub async fn serve(&self) -> std::io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener.try_clone()?)?;
        front::accept(Arc::clone(&self.cluster), listener, self.stop.subscribe()).await;
        Ok(())
    }

    /// Replaces the master user's password (`ModifyCluster`, `MasterUserPassword`); open
    /// sessions live on.
    ///
    /// # Errors
    /// When the change cannot be written.
    pub fn set_master_password(&self, password: &PasswordVerifier) -> Result<(), OpenError> {
        let connection = self.cluster.engine.connect()?;
        let user = &self.cluster.master_user;
        Ok(catalog::users::set_password(&connection, &self.cluster.home, user, password)?)
    }

    /// Ends every session (57P01), stops accepting, and writes the databases' log into their
    /// file.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        self.cluster.sessions.terminate_all();
        self.cluster.sessions.wait_until_empty().await;
        self.cluster.history.flush();
        if let Err(fault) = self.cluster.engine.checkpoint(&self.cluster.home) {
            tracing::warn!(error = %fault, "checkpoint at shutdown failed");
        }
    }
}

fn io_error(what: &Path) -> impl FnOnce(std::io::Error) -> OpenError {
    let what = what.display().to_string();
    move |source| OpenError::Io { what, source }
}

/// Makes the directory and an empty staging directory in it: spills of a killed run are waste.
fn prepare_directory(directory: &Path) -> Result<PathBuf, OpenError> {
    let staging = directory.join("staging");
    if staging.exists() {
        std::fs::remove_dir_all(&staging).map_err(io_error(&staging))?;
    }
    std::fs::create_dir_all(&staging).map_err(io_error(&staging))?;
    staging.canonicalize().map_err(io_error(&staging))
}

/// Binds where asked; port 0 means the port of the last start, or a free one on the first.
fn bind(directory: &Path, asked: SocketAddr) -> Result<(TcpListener, SocketAddr), OpenError> {
    let kept_at = directory.join(ADDRESS_FILE);
    let mut wanted = asked;
    if asked.port() == 0
        && let Ok(text) = std::fs::read_to_string(&kept_at)
        && let Ok(port) = text.trim().parse::<u16>()
    {
        wanted.set_port(port);
    }
    let failed = |source| OpenError::Io { what: format!("listening at {wanted}"), source };
    let listener = TcpListener::bind(wanted).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    if asked.port() == 0 {
        std::fs::write(&kept_at, address.port().to_string()).map_err(io_error(&kept_at))?;
    }
    Ok((listener, address))
}
