//! Sealing small values (keys, passwords) at rest under the state's master key.

use std::path::Path;
use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf;
use zeroize::Zeroizing;

use crate::state_dir::write_private;
use crate::{DataKey, Entropy, StoreError};

const KEY_BYTES: usize = 32;

/// Seals and opens values with AES-256-GCM under a key file that never leaves the state directory.
///
/// A sealed value is bound to a context text (what it is and whose), so that one sealed value
/// cannot be put in another's place.
pub struct Seal {
    key: LessSafeKey,
    root: hkdf::Prk,
    entropy: Arc<dyn Entropy>,
}

impl Seal {
    /// Opens the key file, or makes it.
    pub(crate) fn open(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> {
        let material = match std::fs::read(path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let mut fresh = Zeroizing::new(vec![0; KEY_BYTES]);
                entropy.fill(&mut fresh);
                write_private(path, &fresh)?;
                fresh
            }
            Err(e) => return Err(StoreError::io("read", path, e)),
        };
        let key = UnboundKey::new(&AES_256_GCM, &material).map_err(|_| StoreError::Unsealable)?;
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"landbridge derived v1").extract(&material);
        Ok(Self { key: LessSafeKey::new(key), root, entropy })
    }

    /// A key that is always the same for `purpose` in this state directory and nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Unsealable`], which the length asked for here cannot cause.
    pub fn derive(&self, purpose: &str) -> Result<DataKey, StoreError> {
        let mut material = [0; KEY_BYTES];
        self.root
            .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|key| key.fill(&mut material))
            .map_err(|_| StoreError::Unsealable)?;
        Ok(DataKey::new(material))
    }

    /// Seals `plain` for `context`; the answer is nonce, ciphertext and tag.
    ///
    /// # Errors
    /// [`StoreError::Unsealable`] when the value is beyond the cipher's size limit.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        self.entropy.fill(&mut nonce);
        let mut body = plain.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                &mut body,
            )
            .map_err(|_| StoreError::Unsealable)?;
        Ok([&nonce[..], &body].concat())
    }

    /// Opens what [`Seal::seal`] made for the same `context`.
    ///
    /// # Errors
    /// [`StoreError::Unsealable`] for anything else.
    pub fn open_sealed(
        &self,
        context: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let (nonce, body) =
            sealed.split_first_chunk::<NONCE_LEN>().ok_or(StoreError::Unsealable)?;
        let mut body = Zeroizing::new(body.to_vec());
        let plain_bytes = self
            .key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(context.as_bytes()),
                &mut body,
            )
            .map_err(|_| StoreError::Unsealable)?
            .len();
        body.truncate(plain_bytes);
        Ok(body)
    }
}
