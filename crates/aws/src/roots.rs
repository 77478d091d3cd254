//! Whom TLS trusts: a certificate authority given by the caller, or the system's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// Where Linux systems keep the certificates that every program trusts.
const SYSTEM_BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// The trusted roots of one process, ready for both HTTPS and the warehouse's TLS.
#[derive(Clone)]
pub struct Roots {
    config: Arc<ClientConfig>,
}

/// Why there is nothing to trust.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path} as a list of trusted certificates: {reason}")]
pub struct RootsError {
    path: String,
    reason: String,
}

impl Roots {
    /// Trusts the system's certificates and, beside them, those of `extra` (PEM files).
    ///
    /// # Errors
    /// [`RootsError`] when a file of `extra` cannot be used; a missing system bundle is not an
    /// error, TLS then trusts only `extra`.
    pub fn load(extra: &[PathBuf]) -> Result<Self, RootsError> {
        let mut store = RootCertStore::empty();
        for bundle in SYSTEM_BUNDLES.map(Path::new) {
            if bundle.exists() && add(&mut store, bundle).is_ok() {
                break;
            }
        }
        for path in extra {
            add(&mut store, path)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| RootsError { path: "TLS".into(), reason: error.to_string() })?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config) })
    }

    /// The TLS configuration that trusts these roots, for protocols other than HTTP.
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }
}

fn add(store: &mut RootCertStore, path: &Path) -> Result<(), RootsError> {
    let failed = |reason: String| RootsError { path: path.display().to_string(), reason };
    let mut usable = 0;
    for certificate in
        CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        usable += usize::from(store.add(certificate).is_ok());
    }
    if usable == 0 { Err(failed("it holds no certificate".into())) } else { Ok(()) }
}
