//! The world's own certificate authority, and the certificate that every listener shows.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::StartError;

/// Names under which a client on this machine may reach a listener.
const NAMES: [&str; 4] = ["localhost", "*.localhost", "127.0.0.1", "::1"];

/// The authority of a state directory: `ca.pem` for clients, `ca-key.pem` for this process.
pub struct Certificates {
    issuer: Issuer<'static, KeyPair>,
}

impl Certificates {
    /// Opens the authority of the state directory, or makes it.
    pub fn open(root: &Path) -> Result<Self, StartError> {
        let (certificate, key) = (root.join("ca.pem"), root.join("ca-key.pem"));
        let pair = if key.exists() && certificate.exists() {
            let text = fs::read_to_string(&key).map_err(unreadable(&key))?;
            KeyPair::from_pem(&text).map_err(tls)?
        } else {
            let pair = KeyPair::generate().map_err(tls)?;
            let own = authority()?.self_signed(&pair).map_err(tls)?;
            private(&key, &pair.serialize_pem())?;
            fs::write(&certificate, own.pem()).map_err(unreadable(&certificate))?;
            pair
        };
        // The issuer needs name and key only, and the name is always the same.
        Ok(Self { issuer: Issuer::new(authority()?, pair) })
    }

    /// A server identity for loopback, signed by the authority, made anew at each start.
    pub fn server_config(&self) -> Result<Arc<rustls::ServerConfig>, StartError> {
        let names = NAMES.map(str::to_owned).to_vec();
        let mut params = CertificateParams::new(names).map_err(tls)?;
        params.distinguished_name.push(DnType::CommonName, "landbridge");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let pair = KeyPair::generate().map_err(tls)?;
        let signed = params.signed_by(&pair, &self.issuer).map_err(tls)?;
        let chain = vec![CertificateDer::from(signed.der().to_vec())];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(tls)?;
        Ok(Arc::new(config))
    }
}

fn authority() -> Result<CertificateParams, StartError> {
    let mut params = CertificateParams::new(Vec::<String>::new()).map_err(tls)?;
    params.distinguished_name.push(DnType::CommonName, "Landbridge local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn private(path: &PathBuf, text: &str) -> Result<(), StartError> {
    let mut file = fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(unreadable(path))?;
    file.write_all(text.as_bytes()).map_err(unreadable(path))
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> StartError + use<> {
    StartError::io(format!("use {}", path.display()))
}

fn tls(error: impl std::fmt::Display) -> StartError {
    StartError::Tls(error.to_string())
}
