//! From cluster records to running warehouses.
//!
//! One task takes the keys of changed records in turn and brings each cluster to what its record
//! says, then reports back. A process that was killed in between finds the record in its
//! unfinished state at the next start and does the same again.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gateway::{Fault, Gateway};
use names::Region;
use services::redshift::TOPIC;
use services::redshift::state::{self, ClusterRecord, Status};
use tokio::sync::mpsc;
use warehouse::ports::ClusterRef;
use warehouse::{ClusterSpec, PasswordVerifier, Warehouse};

use super::StartError;
use super::cloud::GatewayCloud;
use super::directory::{Directory, WarehouseWorld};

/// How long a change is shown as `modifying`, so that clients that wait for the state see it.
/// On AWS it is minutes.
const SETTLING: Duration = Duration::from_millis(300);

struct Running {
    warehouse: Warehouse,
    password_version: u32,
}

/// Every running cluster of the world.
pub struct Clusters {
    gateway: Arc<Gateway>,
    root: PathBuf,
    tls: Arc<rustls::ServerConfig>,
    running: Mutex<HashMap<String, Running>>,
}

impl Clusters {
    /// Starts every cluster that the state knows, and follows changes from then on.
    pub async fn start(
        gateway: Arc<Gateway>,
        root: PathBuf,
        tls: Arc<rustls::ServerConfig>,
    ) -> Result<Arc<Self>, StartError> {
        let clusters = Arc::new(Self { gateway, root, tls, running: Mutex::default() });
        let (changed, mut changes) = mpsc::unbounded_channel::<String>();
        let gateway = &clusters.gateway;
        gateway.listen(TOPIC, move |key| {
            // The receiver is gone only when the process stops.
            let _ = changed.send(key.to_owned());
        });
        let origin = gateway.own_origin(home_region()?);
        for record in gateway.inspect(origin, state::all)? {
            clusters.reconcile(&record.key()).await;
        }
        let following = Arc::downgrade(&clusters);
        tokio::spawn(async move {
            while let Some(key) = changes.recv().await {
                let Some(clusters) = following.upgrade() else { return };
                clusters.reconcile(&key).await;
            }
        });
        Ok(clusters)
    }

    /// Closes every cluster; their data stays.
    pub async fn stop(&self) {
        let running = std::mem::take(&mut *self.lock());
        for (_, Running { warehouse, .. }) in running {
            warehouse.shutdown().await;
        }
    }

    async fn reconcile(self: &Arc<Self>, key: &str) {
        if let Err(error) = self.try_reconcile(key).await {
            tracing::error!(%error, cluster = key, "the cluster did not reach its state");
        }
    }

    async fn try_reconcile(self: &Arc<Self>, key: &str) -> Result<(), String> {
        let origin = || Ok::<_, String>(self.gateway.own_origin(home_region().map_err(text)?));
        let record = self.gateway.inspect(origin()?, |cx| state::by_key(cx, key)).map_err(text)?;
        let Some(record) = record else { return Ok(()) };
        if record.status == Status::Deleting {
            self.remove(&record).await?;
            let origin = origin()?;
            return self.gateway.maintain(None, origin, |cx| state::forget(cx, key)).map_err(text);
        }
        let address = self.ensure_running(&record).await?;
        if record.status == Status::Modifying {
            tokio::time::sleep(SETTLING).await;
        }
        let host = address.ip().to_string();
        let settle = |cx: &mut gateway::Cx| -> Result<(), Fault> {
            state::settle(cx, key, &host, address.port())
        };
        self.gateway.maintain(None, origin()?, settle).map_err(text)
    }

    async fn ensure_running(&self, record: &ClusterRecord) -> Result<SocketAddr, String> {
        let key = record.key();
        if let Some(running) = self.lock().get_mut(&key) {
            if running.password_version != record.password_version {
                let verifier = PasswordVerifier::from_stored(&record.master_verifier);
                running.warehouse.set_master_password(&verifier).map_err(text)?;
                running.password_version = record.password_version;
            }
            return Ok(running.warehouse.address());
        }
        let warehouse = self.open(record).await?;
        let address = warehouse.address();
        let serving = warehouse.clone();
        tokio::spawn(async move {
            if let Err(error) = serving.serve().await {
                tracing::error!(%error, "a cluster stopped listening");
            }
        });
        let running = Running { warehouse, password_version: record.password_version };
        self.lock().insert(key, running);
        Ok(address)
    }

    async fn open(&self, record: &ClusterRecord) -> Result<Warehouse, String> {
        let wanted = record.endpoint.as_ref().map(|(_, port)| *port).or(record.wanted_port);
        // A port that is taken by now must not keep the cluster down: any free one will do, and
        // DescribeClusters says which.
        match self.open_at(record, wanted.unwrap_or(0)).await {
            Err(error) if wanted.is_some() => {
                tracing::warn!(%error, "the cluster's port is not free; taking another");
                self.open_at(record, 0).await
            }
            outcome => outcome,
        }
    }

    async fn open_at(&self, record: &ClusterRecord, port: u16) -> Result<Warehouse, String> {
        let spec = ClusterSpec {
            memory_megabytes: None,
            reference: ClusterRef {
                account: record.account.clone(),
                region: record.region.clone(),
                identifier: record.identifier.clone(),
            },
            directory: self.directory(record),
            database: record.database.clone(),
            master_user: record.master_user.clone(),
            master_password: PasswordVerifier::from_stored(&record.master_verifier),
            listen: (Ipv4Addr::LOCALHOST, port).into(),
            tls: Arc::clone(&self.tls),
        };
        let directory = Arc::new(Directory(Arc::clone(&self.gateway)));
        let cloud = Arc::new(GatewayCloud::new(Arc::clone(&self.gateway)));
        let world = Arc::new(WarehouseWorld(self.gateway.world().clone()));
        let open = move || Warehouse::open(spec, directory, cloud, world);
        tokio::task::spawn_blocking(open).await.map_err(text)?.map_err(text)
    }

    async fn remove(&self, record: &ClusterRecord) -> Result<(), String> {
        let running = self.lock().remove(&record.key());
        if let Some(Running { warehouse, .. }) = running {
            warehouse.shutdown().await;
        }
        let directory = self.directory(record);
        let gone = directory.clone();
        let removal = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(gone));
        match removal.await.map_err(text)? {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("cannot remove {}: {e}", directory.display()))
            }
            _ => Ok(()),
        }
    }

    fn directory(&self, record: &ClusterRecord) -> PathBuf {
        let ClusterRecord { account, region, identifier, .. } = record;
        self.root.join("warehouse").join(account.as_str()).join(region.as_str()).join(identifier)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The Region in which the platform does its own bookkeeping.
fn home_region() -> Result<Region, StartError> {
    "us-east-1".parse().map_err(|e: names::NameError| StartError::State(e.to_string()))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
