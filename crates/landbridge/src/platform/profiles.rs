//! `aws/config` and `aws/credentials`: a profile per account, ready for any AWS client.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use gateway::Gateway;
use names::Region;
use services::organizations::{ACCOUNTS_CHANGED, CreatedAccount, created_accounts};
use zeroize::Zeroizing;

use super::accounts::PreparedAccount;
use super::{Endpoint, StartError};

/// What the files are made of, beside the accounts that Organizations makes meanwhile.
pub struct Profiles {
    directory: PathBuf,
    url: String,
    region: Region,
    accounts: Vec<PreparedAccount>,
}

impl Profiles {
    /// The profiles of accounts that were prepared. The endpoint may be another at each start.
    pub fn new(
        root: &Path,
        endpoint: &Endpoint,
        region: &Region,
        accounts: Vec<PreparedAccount>,
    ) -> Self {
        Self {
            directory: root.join("aws"),
            url: endpoint.url().to_owned(),
            region: region.clone(),
            accounts,
        }
    }

    /// Writes both files anew.
    pub fn write(&self, gateway: &Gateway) -> Result<(), StartError> {
        let origin = gateway.own_origin(self.region.clone());
        let created = gateway.inspect(origin, created_accounts)?;
        fs::create_dir_all(&self.directory)
            .map_err(StartError::io(format!("create {}", self.directory.display())))?;
        let mut config = String::new();
        let mut credentials = Zeroizing::new(String::new());
        for PreparedAccount { name, keys, .. } in &self.accounts {
            self.profile(&mut config, name);
            config.push('\n');
            if let Some(keys) = keys {
                // Writing to a String cannot fail.
                let _ = write!(
                    credentials,
                    "[{name}]\naws_access_key_id = {}\naws_secret_access_key = {}\n\n",
                    keys.access_key_id,
                    keys.secret_access_key.as_str()
                );
            }
        }
        self.created(&mut config, &created);
        private(&self.directory.join("config"), config.as_bytes())?;
        private(&self.directory.join("credentials"), credentials.as_bytes())
    }

    /// An account that Organizations made has no keys: its profile goes by way of the management
    /// account into the role that lets it in.
    fn created(&self, config: &mut String, created: &[CreatedAccount]) {
        let mut taken: BTreeSet<String> =
            self.accounts.iter().map(|account| account.name.clone()).collect();
        for account in created {
            let Some((management, role)) = &account.way_in else { continue };
            let source = self.accounts.iter().find(|known| known.id == *management);
            let Some(source) = source else { continue };
            let mut name = plain(&account.name);
            if name.is_empty() || !taken.insert(name.clone()) {
                name = account.id.to_string();
            }
            self.profile(config, &name);
            let _ = write!(config, "role_arn = {role}\nsource_profile = {}\n\n", source.name);
        }
    }

    fn profile(&self, config: &mut String, name: &str) {
        let _ = write!(
            config,
            "[profile {name}]\nregion = {}\nendpoint_url = {}\noutput = json\n\
             s3 =\n    addressing_style = path\n    signature_version = s3v4\n",
            self.region, self.url
        );
    }

    /// Writes the files again whenever Organizations has made an account.
    pub fn follow(self, gateway: &Arc<Gateway>) {
        let known: Weak<Gateway> = Arc::downgrade(gateway);
        gateway.listen(ACCOUNTS_CHANGED, move |account| {
            let Some(gateway) = known.upgrade() else { return };
            if let Err(error) = self.write(&gateway) {
                tracing::warn!(account, %error, "the profiles lack a new account");
            }
        });
    }
}

/// A profile's name must be one word.
fn plain(name: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.chars().map(|c| if kept(c) { c } else { '-' }).collect()
}

fn private(path: &Path, bytes: &[u8]) -> Result<(), StartError> {
    let failed = || format!("write {}", path.display());
    let mut file = fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(StartError::io(failed()))?;
    file.write_all(bytes).map_err(StartError::io(failed()))
}
