//! The platform in one process: a world's state, its gateway, its clusters and its listener.
//!
//! This is the only module that knows every part. It decides nothing about requests. Start at
//! [`Platform::open`], then `listener.rs` for how bytes come in and `clusters.rs` for how a
//! cluster record becomes a running warehouse.

mod accounts;
mod bridge;
mod certificates;
mod cloud;
mod clusters;
mod directory;
mod endpoint;
mod issuers;
mod listener;
mod profiles;
mod upkeep;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use gateway::{Gateway, World};
use names::{AccountId, Region};
use services::identity::Identities;
use store::Store;

pub use accounts::NamedAccount;
pub use endpoint::{Endpoint, running_endpoint};
pub use issuers::IssuerKeys;

use certificates::Certificates;
use clusters::Clusters;
use listener::Listener;
use profiles::Profiles;
use upkeep::Upkeep;

/// Why the platform did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state directory.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// What the state says.
    #[error("cannot read the world's state: {0}")]
    State(String),
    /// A file or socket.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The certificates.
    #[error("cannot prepare TLS: {0}")]
    Tls(String),
}

impl StartError {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl From<gateway::Fault> for StartError {
    fn from(fault: gateway::Fault) -> Self {
        Self::State(fault.to_string())
    }
}

/// What `serve` asks for.
pub struct Settings {
    /// Accounts to have; with none given a fresh world gets `prod` and `dev`.
    pub accounts: Vec<NamedAccount>,
    /// The Region of the profiles.
    pub region: Region,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Key sets of token issuers, beside those that the world knows already.
    pub issuers: Vec<IssuerKeys>,
}

/// A running platform. Dropped, its listener ends; [`Platform::stop`] ends it in order.
pub struct Platform {
    endpoint: Endpoint,
    clusters: Arc<Clusters>,
    listener: Listener,
    upkeep: Upkeep,
}

impl Platform {
    /// Opens (and on first use makes) the world in `state`, starts its clusters, and answers
    /// requests from then on.
    ///
    /// # Errors
    /// [`StartError`]; in particular when another process has the state open.
    pub async fn open(state: &Path, settings: Settings) -> Result<Self, StartError> {
        let world = World::system();
        let store = Store::open(state, Arc::clone(world.entropy()))?;
        let root = store.directory().root().to_owned();
        let certificates = Certificates::open(&root)?;
        let services = services::all();
        let gateway = Arc::new(Gateway::new(world, store, services, Box::new(Identities)));
        sweep(&gateway, &settings.region)?;
        let accounts = accounts::prepare(&gateway, &settings.region, &settings.accounts)?;
        issuers::remember(&gateway, &settings.region, &settings.issuers)?;
        let tls = certificates.server_config()?;
        let clusters =
            Clusters::start(Arc::clone(&gateway), root.clone(), Arc::clone(&tls)).await?;
        let listener = Listener::start(Arc::clone(&gateway), settings.listen, tls).await?;
        let endpoint = Endpoint::new(listener.address(), &accounts);
        let profiles = Profiles::new(&root, &endpoint, &settings.region, accounts);
        profiles.write(&gateway)?;
        profiles.follow(&gateway);
        endpoint.publish(&root)?;
        let upkeep = Upkeep::start(gateway, settings.region);
        Ok(Self { endpoint, clusters, listener, upkeep })
    }

    /// Where it answers, and for whom.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Takes no more requests, lets those under way end, closes every cluster.
    pub async fn stop(self) {
        self.listener.stop().await;
        self.upkeep.stop().await;
        self.clusters.stop().await;
        self.endpoint.withdraw();
    }
}

/// Removes what a killed process staged and never made visible.
fn sweep(gateway: &Gateway, region: &Region) -> Result<(), StartError> {
    let origin = gateway.own_origin(region.clone());
    let referenced = gateway.inspect(origin, services::s3::referenced_blobs)?;
    let removed = gateway.store().blobs().sweep(&|id| referenced.contains(id))?;
    if removed > 0 {
        tracing::info!(removed, "removed staged object data of an earlier process");
    }
    Ok(())
}

/// `NAME=ID`, as `serve --account` takes it.
impl std::str::FromStr for NamedAccount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, id) =
            text.split_once('=').ok_or("expected NAME=ID, such as prod=111111111111")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return Err(format!("`{name}` is not a name of letters, digits, `-`, `_` and `.`"));
        }
        let id: AccountId = id.parse().map_err(|e: names::NameError| e.to_string())?;
        Ok(Self { name: name.to_owned(), id })
    }
}
