//! A whole cluster whose cloud is one directory: every bucket is that directory, every role may.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use names::Region;
use tokio_postgres::{Client, NoTls};
use warehouse::ports::{
    AccessKeys, Cloud, CloudError, ClusterFacts, ClusterRef, ClusterStatus, Directory, Hop,
    ItemPage, ObjectSummary, ObjectWriter, OpenObject, PutOptions, RoleSession, StagedObject,
    World,
};
use warehouse::{ClusterSpec, PasswordVerifier, Warehouse};

use super::Outcome;

/// The role that is attached to the cluster.
pub const ROLE: &str = "arn:aws:iam::111111111111:role/Bench";
const PASSWORD: &str = "Bench12345";

/// Opens a cluster, serves it, and logs in as its owner.
///
/// # Errors
/// What opening a cluster or logging in fails with.
pub async fn serve(directory: &Path) -> Outcome<(Warehouse, Client)> {
    let cluster = open(directory)?;
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
pub fn open(directory: &Path) -> Outcome<Warehouse> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let spec = ClusterSpec {
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

/// Objects as files of one directory.
#[derive(Clone)]
struct Disk {
    directory: PathBuf,
}

impl Cloud for Disk {
    fn assume_chain(
        &self,
        _cluster: &ClusterRef,
        _db_user: &str,
        _roles: &[String],
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        Ok(Box::new(self.clone()))
    }

    fn use_keys(
        &self,
        _cluster: &ClusterRef,
        _keys: &AccessKeys,
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        Ok(Box::new(self.clone()))
    }
}

impl Disk {
    fn file(&self, key: &str) -> Result<(File, u64), CloudError> {
        let file = File::open(self.directory.join(key));
        let file = file.map_err(|error| refused(error.to_string()))?;
        let bytes = file.metadata().map_or(0, |facts| facts.len());
        Ok((file, bytes))
    }
}

impl RoleSession for Disk {
    fn bucket_region(&self, _bucket: &str) -> Result<Region, CloudError> {
        "us-east-1".parse().map_err(|error: names::NameError| refused(error.to_string()))
    }

    fn list(
        &self,
        _bucket: &str,
        prefix: &str,
        _max: usize,
    ) -> Result<Vec<ObjectSummary>, CloudError> {
        let (_, size) = self.file(prefix)?;
        Ok(vec![ObjectSummary { key: prefix.to_owned(), size, etag: String::new() }])
    }

    fn open(
        &self,
        _bucket: &str,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<OpenObject, CloudError> {
        let (mut file, size) = self.file(key)?;
        let (from, bytes) = range.unwrap_or((0, size));
        file.seek(SeekFrom::Start(from)).map_err(|error| refused(error.to_string()))?;
        Ok(OpenObject { bytes, body: Box::new(file.take(bytes)) })
    }

    fn describe_table(&self, _region: &Region, _table: &str) -> Result<(), CloudError> {
        Err(refused(String::from("no tables")))
    }

    fn scan_table(
        &self,
        _region: &Region,
        _table: &str,
        _from: Option<&serde_json::Value>,
    ) -> Result<ItemPage, CloudError> {
        Err(refused(String::from("no tables")))
    }

    fn create(
        &self,
        _bucket: &str,
        _key: &str,
        _options: &PutOptions,
    ) -> Result<Box<dyn ObjectWriter>, CloudError> {
        Err(refused(String::from("nothing is written")))
    }

    fn commit(
        &self,
        _delete: Vec<(String, String)>,
        _staged: Vec<StagedObject>,
    ) -> Result<(), CloudError> {
        Ok(())
    }
}

fn refused(message: String) -> CloudError {
    CloudError {
        service: "s3".to_owned(),
        code: "InternalError".to_owned(),
        message,
        status: 500,
        request_id: String::new(),
        extended_request_id: String::new(),
        hop: Hop::Storage,
        authorization_message: None,
    }
}

/// Time and randomness play no part here.
struct Still;

impl World for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn random_bytes(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}
