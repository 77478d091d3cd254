//! The format of blob files: AES-256-GCM over fixed frames, so that ranges can be read.
//!
//! Frame `n` is sealed under nonce `n` with a key of the blob's own (HKDF over the data key and
//! the blob's id), so no nonce repeats. The last frame's nonce carries a flag: a file cut at a
//! frame boundary does not open as a shorter blob (the STREAM construction of Hoang et al., 2015).

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf;
use zeroize::Zeroizing;

use crate::StoreError;

/// Plain bytes in a frame.
pub const FRAME_BYTES: usize = 64 * 1024;
/// Bytes of the authentication tag behind each frame.
pub(crate) const TAG_BYTES: usize = 16;
/// A frame as it lies in the file.
pub(crate) const SEALED_FRAME_BYTES: u64 = (FRAME_BYTES + TAG_BYTES) as u64;

/// A 256-bit key that encrypts object bodies. Wiped when dropped; never printed.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Wraps key material.
    pub fn new(material: [u8; 32]) -> Self {
        Self(Zeroizing::new(material))
    }

    /// Wraps key material of a length known only at run time.
    ///
    /// # Errors
    /// [`StoreError::Unsealable`] unless it has 32 bytes.
    pub fn from_slice(material: &[u8]) -> Result<Self, StoreError> {
        material.try_into().map(Self::new).map_err(|_| StoreError::Unsealable)
    }

    /// The material, for wrapping it under another key.
    pub fn material(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// Seals and opens the frames of one blob.
pub(crate) struct FrameCipher(LessSafeKey);

impl FrameCipher {
    pub(crate) fn new(key: &DataKey, blob: &str) -> Result<Self, StoreError> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"landbridge blob v1");
        let derived = salt.extract(key.material());
        let info = [blob.as_bytes()];
        let unbound = derived.expand(&info, &AES_256_GCM).map_err(|_| StoreError::Unsealable)?;
        Ok(Self(LessSafeKey::new(UnboundKey::from(unbound))))
    }

    /// Seals a frame in place and appends its tag.
    pub(crate) fn seal(
        &self,
        index: u64,
        last: bool,
        frame: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        self.0
            .seal_in_place_append_tag(nonce(index, last), Aad::empty(), frame)
            .map_err(|_| StoreError::Unsealable)
    }

    /// Opens a frame in place and cuts its tag.
    pub(crate) fn open(
        &self,
        index: u64,
        last: bool,
        frame: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        let plain_bytes = self
            .0
            .open_in_place(nonce(index, last), Aad::empty(), frame)
            .map_err(|_| StoreError::Unsealable)?
            .len();
        frame.truncate(plain_bytes);
        Ok(())
    }
}

fn nonce(index: u64, last: bool) -> Nonce {
    let [a, b, c, d, e, f, g, h] = index.to_be_bytes();
    Nonce::assume_unique_for_key([0, 0, 0, u8::from(last), a, b, c, d, e, f, g, h])
}
