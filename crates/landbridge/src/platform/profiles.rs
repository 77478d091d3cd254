//! `aws/config` and `aws/credentials`: a profile per account, ready for any AWS client.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use names::Region;
use zeroize::Zeroizing;

use super::accounts::PreparedAccount;
use super::{Endpoint, StartError};

/// Writes both files anew: the endpoint may be another after each start.
pub fn write(
    root: &Path,
    endpoint: &Endpoint,
    region: &Region,
    accounts: &[PreparedAccount],
) -> Result<(), StartError> {
    let directory = root.join("aws");
    fs::create_dir_all(&directory)
        .map_err(StartError::io(format!("create {}", directory.display())))?;
    let mut config = String::new();
    let mut credentials = Zeroizing::new(String::new());
    for account in accounts {
        let PreparedAccount { name, keys, .. } = account;
        // Writing to a String cannot fail.
        let _ = write!(
            config,
            "[profile {name}]\nregion = {region}\nendpoint_url = {}\noutput = json\n\
             s3 =\n    addressing_style = path\n    signature_version = s3v4\n\n",
            endpoint.url()
        );
        if let Some(keys) = keys {
            let _ = write!(
                credentials,
                "[{name}]\naws_access_key_id = {}\naws_secret_access_key = {}\n\n",
                keys.access_key_id,
                keys.secret_access_key.as_str()
            );
        }
    }
    private(&directory.join("config"), config.as_bytes())?;
    private(&directory.join("credentials"), credentials.as_bytes())
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
