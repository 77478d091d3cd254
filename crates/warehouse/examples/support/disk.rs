//! Objects as files of one directory, whatever their bucket; every role may. And a world without
//! time.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use names::Region;
use warehouse::ports::{
    AccessKeys, Cloud, CloudError, ClusterRef, Hop, ItemPage, ObjectSummary, ObjectWriter,
    OpenObject, PutOptions, RoleSession, StagedObject, World,
};

/// Objects as files of one directory.
#[derive(Clone)]
pub struct Disk {
    pub directory: PathBuf,
}

impl Disk {
    fn path(&self, key: &str) -> PathBuf {
        self.directory.join(key.replace('/', "_"))
    }
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
        let Ok(facts) = fs::metadata(self.path(prefix)) else { return Ok(Vec::new()) };
        let key = prefix.to_owned();
        Ok(vec![ObjectSummary { key, size: facts.len(), etag: String::new() }])
    }

    fn open(
        &self,
        _bucket: &str,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<OpenObject, CloudError> {
        let (file, bytes) = part(&self.path(key), range).map_err(|e| refused(e.to_string()))?;
        Ok(OpenObject { bytes, body: Box::new(file.take(bytes)) })
    }

    fn describe_table(&self, _region: &Region, _table: &str) -> Result<Option<f64>, CloudError> {
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
        bucket: &str,
        key: &str,
        _options: &PutOptions,
    ) -> Result<Box<dyn ObjectWriter>, CloudError> {
        let file = File::create(self.path(key)).map_err(|error| refused(error.to_string()))?;
        Ok(Box::new(Body { bucket: bucket.to_owned(), key: key.to_owned(), bytes: 0, file }))
    }

    fn commit(
        &self,
        _delete: Vec<(String, String)>,
        _staged: Vec<StagedObject>,
    ) -> Result<(), CloudError> {
        Ok(())
    }
}

/// A file at the beginning of a part of it, and how many bytes the part has.
fn part(path: &Path, range: Option<(u64, u64)>) -> io::Result<(File, u64)> {
    let mut file = File::open(path)?;
    let (from, bytes) = range.unwrap_or((0, file.metadata()?.len()));
    file.seek(SeekFrom::Start(from))?;
    Ok((file, bytes))
}

struct Body {
    bucket: String,
    key: String,
    bytes: u64,
    file: File,
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl ObjectWriter for Body {
    fn finish(self: Box<Self>) -> Result<StagedObject, CloudError> {
        let Self { bucket, key, bytes, .. } = *self;
        Ok(StagedObject { bucket, key, bytes, etag: String::new(), handle: Box::new(()) })
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
pub struct Still;

impl World for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn random_bytes(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}
