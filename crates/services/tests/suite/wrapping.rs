//! Wrapping key material for import, as a client does it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::DecodePublicKey as _;

/// Material under RSAES_OAEP_SHA_256, both in base64.
pub fn oaep_sha256(public_key: &str, material: &[u8]) -> String {
    let key = rsa::RsaPublicKey::from_public_key_der(&STANDARD.decode(public_key).unwrap());
    let padding = rsa::Oaep::new::<rsa::sha2::Sha256>();
    let sealed = key.unwrap().encrypt(&mut Numbers(1), padding, material).unwrap();
    STANDARD.encode(sealed)
}

/// Randomness for a test: an RSA padding needs it, and nothing depends on its being good.
struct Numbers(u64);

impl rsa::rand_core::RngCore for Numbers {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = (self.next_u64() >> 33) as u8);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for Numbers {}
