//! Key sets of token issuers, as `serve --web-identity-keys` hands them in: AWS would fetch them
//! from the issuer, and there may be no network.

use std::path::PathBuf;

use gateway::Gateway;
use names::Region;

use super::StartError;

/// An issuer and the file with its JSON Web Key Set (RFC 7517).
#[derive(Debug, Clone)]
pub struct IssuerKeys {
    issuer: String,
    file: PathBuf,
}

/// `ISSUER=FILE`.
impl std::str::FromStr for IssuerKeys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "expected ISSUER=FILE, such as token.example.com=jwks.json";
        let (issuer, file) = text.split_once('=').ok_or(expected)?;
        if issuer.is_empty() || file.is_empty() {
            return Err(expected.to_owned());
        }
        Ok(Self { issuer: issuer.to_owned(), file: PathBuf::from(file) })
    }
}

/// Reads the files into the world, which keeps the keys for later starts.
pub fn remember(
    gateway: &Gateway,
    region: &Region,
    issuers: &[IssuerKeys],
) -> Result<(), StartError> {
    for IssuerKeys { issuer, file } in issuers {
        let jwks = std::fs::read_to_string(file)
            .map_err(StartError::io(format!("read {}", file.display())))?;
        let origin = gateway.own_origin(region.clone());
        gateway.maintain(None, origin, |cx| services::sts::set_issuer_keys(cx, issuer, &jwks))?;
    }
    Ok(())
}
