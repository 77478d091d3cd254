//! ECDSA (FIPS 186-5) and ECDH over the four curves. The curves' crates have the same names for
//! the same things, so one text serves them all.

macro_rules! curve {
    ($name:ident, $library:ident) => {
        pub(super) mod $name {
            use ::$library::SecretKey;
            use ::$library::ecdsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
            use ::$library::ecdsa::{Signature, SigningKey, VerifyingKey};
            use ::$library::elliptic_curve::sec1::ToEncodedPoint;
            use ::$library::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
            use zeroize::Zeroizing;

            use crate::kms::primitives::{Random, Secret, Unusable};

            pub(in crate::kms::primitives) fn read(private: &[u8]) -> Result<SecretKey, Unusable> {
                SecretKey::from_pkcs8_der(private).map_err(|_| Unusable)
            }

            fn write(key: &SecretKey) -> Result<Secret, Unusable> {
                let der = key.to_pkcs8_der().map_err(|_| Unusable)?;
                Ok(Zeroizing::new(der.as_bytes().to_vec()))
            }

            pub(in crate::kms::primitives) fn generate(
                random: &mut Random<'_>,
            ) -> Result<Secret, Unusable> {
                write(&SecretKey::random(random))
            }

            pub(in crate::kms::primitives) fn accept(material: &[u8]) -> Result<Secret, Unusable> {
                write(&read(material)?)
            }

            pub(in crate::kms::primitives) fn public(private: &[u8]) -> Result<Vec<u8>, Unusable> {
                let der = read(private)?.public_key().to_public_key_der();
                Ok(der.map_err(|_| Unusable)?.into_vec())
            }

            pub(in crate::kms::primitives) fn sign(
                private: &[u8],
                digest: &[u8],
                random: &mut Random<'_>,
            ) -> Result<Vec<u8>, Unusable> {
                let key = SigningKey::from_bytes(&read(private)?.to_bytes());
                let key = key.map_err(|_| Unusable)?;
                let signature: Signature =
                    key.sign_prehash_with_rng(random, digest).map_err(|_| Unusable)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }

            pub(in crate::kms::primitives) fn verify(
                private: &[u8],
                digest: &[u8],
                signature: &[u8],
            ) -> Result<bool, Unusable> {
                let point = read(private)?.public_key().to_encoded_point(false);
                let key = VerifyingKey::from_encoded_point(&point).map_err(|_| Unusable)?;
                let Ok(signature) = Signature::from_der(signature) else { return Ok(false) };
                // Both halves of the order are valid; one of the libraries admits the lower only.
                let signature = signature.normalize_s().unwrap_or(signature);
                Ok(key.verify_prehash(digest, &signature).is_ok())
            }
        }
    };
}

macro_rules! agreement {
    ($function:ident, $library:ident) => {
        pub(super) fn $function(
            private: &[u8],
            peer: &[u8],
        ) -> Result<super::Secret, super::Unusable> {
            use ::$library::pkcs8::DecodePublicKey as _;
            let peer = ::$library::PublicKey::from_public_key_der(peer);
            let peer = peer.map_err(|_| super::Unusable)?;
            let own = $library::read(private)?;
            let shared =
                ::$library::ecdh::diffie_hellman(own.to_nonzero_scalar(), peer.as_affine());
            Ok(zeroize::Zeroizing::new(shared.raw_secret_bytes().to_vec()))
        }
    };
}

curve!(p256, p256);
curve!(p384, p384);
curve!(p521, p521);
curve!(k256, k256);
agreement!(agree_p256, p256);
agreement!(agree_p384, p384);
agreement!(agree_p521, p521);
