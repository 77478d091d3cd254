//! A whole cluster whose cloud is one directory: every bucket is that directory, every role may.

use std::path::Path;
use std::sync::Arc;

use tokio_postgres::{Client, NoTls};
use warehouse::ports::{ClusterFacts, ClusterRef, ClusterStatus, Directory};
use warehouse::{ClusterSpec, PasswordVerifier, Warehouse};

use super::Outcome;
use super::disk::{Disk, Still};

/// The role that is attached to the cluster.
pub const ROLE: &str = "arn:aws:iam::111111111111:role/Bench";
const PASSWORD: &str = "Bench12345";

/// Opens a cluster, serves it, and logs in as its owner. Its memory is in megabytes; without a
/// number it has what clusters have.
///
/// # Errors
/// What opening a cluster or logging in fails with.
pub async fn serve(directory: &Path, memory: Option<u64>) -> Outcome<(Warehouse, Client)> {
    let cluster = open(directory, memory)?;
    let serving = cluster.clone();
    tokio::spawn(async move { serving.serve().await });
    let client = connect(&cluster).await?;
    Ok((cluster, client))
}

/// One more session of the owner's.
///
/// # Errors
/// What logging in fails with.
pub async fn connect(cluster: &Warehouse) -> Outcome<Client> {
    let port = cluster.address().port();
    let login = format!("host=127.0.0.1 port={port} user=owner password={PASSWORD} dbname=dev");
    let (client, connection) = tokio_postgres::connect(&login, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Opens a cluster in `directory/cluster`, whose bucket `bench` is `directory`; nothing serves yet.
///
/// # Errors
/// What opening a cluster fails with.
pub fn open(directory: &Path, memory: Option<u64>) -> Outcome<Warehouse> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let spec = ClusterSpec {
        memory_megabytes: memory,
        reference: ClusterRef {
            account: "111111111111".parse()?,
            region: "us-east-1".parse()?,
            identifier: "bench".to_owned(),
        },
        directory: directory.join("cluster"),
        database: "dev".to_owned(),
        master_user: "owner".to_owned(),
        master_password: PasswordVerifier::from_password("owner", PASSWORD),
        listen: "127.0.0.1:0".parse()?,
        tls: Arc::new(tls),
    };
    let disk = Disk { directory: directory.to_owned() };
    Ok(Warehouse::open(spec, Arc::new(Plain), Arc::new(disk), Arc::new(Still))?)
}

/// A cluster with the one role.
struct Plain;

impl Directory for Plain {
    fn cluster(&self, _id: &ClusterRef) -> Option<ClusterFacts> {
        Some(ClusterFacts {
            attached_roles: vec![ROLE.to_owned()],
            default_role: None,
            require_ssl: false,
            status: ClusterStatus::Available,
        })
    }
}
