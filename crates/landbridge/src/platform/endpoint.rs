//! Where a platform answers, for people, scripts and the commands of this binary.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::StartError;
use super::accounts::PreparedAccount;

/// The file in the state directory that tells where its server answers.
const FILE: &str = "endpoint.json";

/// Address and accounts of a running platform.
pub struct Endpoint {
    url: String,
    accounts: Map<String, Value>,
    published: std::sync::Mutex<Option<PathBuf>>,
}

impl Endpoint {
    pub(super) fn new(address: SocketAddr, accounts: &[PreparedAccount]) -> Self {
        let entry = |account: &PreparedAccount| {
            let value = json!({ "id": account.id, "profile": account.name });
            (account.name.clone(), value)
        };
        Self {
            url: format!("http://{address}"),
            accounts: accounts.iter().map(entry).collect(),
            published: std::sync::Mutex::default(),
        }
    }

    /// Such as `http://127.0.0.1:4566`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What `--ready-file` holds.
    pub fn ready(&self) -> Value {
        json!({ "endpoint": self.url, "pid": std::process::id(), "accounts": self.accounts })
    }

    pub(super) fn publish(&self, root: &Path) -> Result<(), StartError> {
        let path = root.join(FILE);
        let failed = format!("write {}", path.display());
        fs::write(&path, self.ready().to_string()).map_err(StartError::io(failed))?;
        if let Ok(mut published) = self.published.lock() {
            *published = Some(path);
        }
        Ok(())
    }

    /// A server that has stopped must not be found any more.
    pub(super) fn withdraw(&self) {
        if let Ok(mut published) = self.published.lock()
            && let Some(path) = published.take()
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// The URL of the server that has `state` open; `None` when none says so. The file of a killed
/// server may still be there, so the address must be tried.
pub fn running_endpoint(state: &Path) -> Option<String> {
    let text = fs::read_to_string(state.join(FILE)).ok()?;
    let ready: Value = serde_json::from_str(&text).ok()?;
    let url = ready.get("endpoint")?.as_str()?;
    let address: SocketAddr = url.strip_prefix("http://")?.parse().ok()?;
    let reached = std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_secs(1));
    reached.ok().map(|_| url.to_owned())
}
