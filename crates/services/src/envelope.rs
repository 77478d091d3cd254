//! Sealing bytes under a data key: AES-256-GCM with a random nonce in front.
//!
//! Used by KMS for ciphertexts and by Secrets Manager for values; knows neither.

use gateway::World;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

/// Bytes that did not open: wrong key, wrong context, or altered.
#[derive(Debug)]
pub(crate) struct DoesNotOpen;

/// Nonce, ciphertext and tag of `plain`, bound to `context`.
pub(crate) fn seal(
    world: &World,
    key: &[u8],
    context: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, DoesNotOpen> {
    let nonce: [u8; NONCE_LEN] = world.bytes();
    let mut body = plain.to_vec();
    cipher(key)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut body,
        )
        .map_err(|_| DoesNotOpen)?;
    Ok([&nonce[..], &body].concat())
}

/// The inverse of [`seal`] for the same key and context.
pub(crate) fn open(
    key: &[u8],
    context: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(DoesNotOpen)?;
    let mut body = Zeroizing::new(body.to_vec());
    let plain_bytes = cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut body)
        .map_err(|_| DoesNotOpen)?
        .len();
    body.truncate(plain_bytes);
    Ok(body)
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, DoesNotOpen> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| DoesNotOpen)
}
