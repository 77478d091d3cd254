//! Database passwords as the cluster keeps them: never in clear.
//!
//! Redshift Developer Guide, "CREATE USER": a plain password is stored as
//! `md5` + MD5(password ‖ user name); `sha256` forms keep a digest and a salt.
//! Start reading at [`PasswordVerifier`].

use std::fmt;

use md5::{Digest, Md5};

/// What a password is checked against.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordVerifier(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    /// 32 hexadecimal digits of MD5(password ‖ user).
    Md5(String),
    /// SHA-256(password ‖ salt bytes), both hexadecimal.
    Sha256 { digest: String, salt: String },
    /// `PASSWORD DISABLE`: no password is right.
    Disabled,
}

impl fmt::Debug for PasswordVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordVerifier(***)")
    }
}

impl PasswordVerifier {
    /// The verifier Redshift keeps for a plain password: MD5 with the user's name as salt.
    pub fn from_password(user: &str, password: &str) -> Self {
        Self(Kind::Md5(md5_hex(&[password.as_bytes(), user.as_bytes()])))
    }

    /// From 32 hexadecimal digits of MD5(password ‖ user), without the `md5` prefix.
    pub fn from_md5(digest: &str) -> Self {
        Self(Kind::Md5(digest.to_ascii_lowercase()))
    }

    /// From SHA-256(password ‖ salt bytes) and its salt, both hexadecimal.
    pub fn from_sha256(digest: &str, salt: &str) -> Self {
        Self(Kind::Sha256 { digest: digest.to_ascii_lowercase(), salt: salt.to_ascii_lowercase() })
    }

    /// Salts and hashes a plain password with SHA-256 (`'sha256|password'`).
    pub fn sha256_of(password: &str, salt: &[u8]) -> Self {
        Self(Kind::Sha256 { digest: sha256_hex(password, salt), salt: hex::encode(salt) })
    }

    /// No password is right.
    pub fn disabled() -> Self {
        Self(Kind::Disabled)
    }

    /// The form kept on disk: `md5…`, `sha256|digest|salt`, or empty when disabled.
    pub fn to_stored(&self) -> String {
        match &self.0 {
            Kind::Md5(digest) => format!("md5{digest}"),
            Kind::Sha256 { digest, salt } => format!("sha256|{digest}|{salt}"),
            Kind::Disabled => String::new(),
        }
    }

    /// Reads [`PasswordVerifier::to_stored`]; anything else is a disabled password.
    pub fn from_stored(stored: &str) -> Self {
        if let Some(digest) = stored.strip_prefix("md5") {
            return Self::from_md5(digest);
        }
        let mut parts = stored.strip_prefix("sha256|").unwrap_or_default().split('|');
        match (parts.next(), parts.next()) {
            (Some(digest), Some(salt)) if !digest.is_empty() => Self::from_sha256(digest, salt),
            _ => Self::disabled(),
        }
    }

    /// Whether the client must send its password in clear (SHA-256 forms): the MD5 exchange
    /// of the Postgres protocol needs MD5(password ‖ user).
    pub fn needs_cleartext(&self) -> bool {
        matches!(self.0, Kind::Sha256 { .. })
    }

    /// Checks the answer to `AuthenticationMD5Password`: `md5` + MD5(MD5 hex ‖ salt).
    pub fn accepts_md5(&self, answer: &str, salt: &[u8]) -> bool {
        let Kind::Md5(digest) = &self.0 else { return false };
        let expected = format!("md5{}", md5_hex(&[digest.as_bytes(), salt]));
        same(expected.as_bytes(), answer.as_bytes())
    }

    /// Checks a password sent in clear.
    pub fn accepts(&self, user: &str, password: &str) -> bool {
        match &self.0 {
            Kind::Md5(digest) => {
                let found = md5_hex(&[password.as_bytes(), user.as_bytes()]);
                same(digest.as_bytes(), found.as_bytes())
            }
            Kind::Sha256 { digest, salt } => hex::decode(salt)
                .is_ok_and(|salt| same(digest.as_bytes(), sha256_hex(password, &salt).as_bytes())),
            Kind::Disabled => false,
        }
    }
}

fn md5_hex(parts: &[&[u8]]) -> String {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

fn sha256_hex(password: &str, salt: &[u8]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(password.as_bytes());
    context.update(salt);
    hex::encode(context.finish())
}

/// Compares without telling by time where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::PasswordVerifier;

    #[test]
    fn each_form_accepts_its_password_only() {
        // The first digest is the developer guide's own example of md5(password ‖ user).
        for verifier in [
            PasswordVerifier::from_md5("153c434b4b77c89e6b94f12c5393af5b"),
            PasswordVerifier::from_password("user2", "ez"),
            PasswordVerifier::sha256_of("ez", &[7; 32]),
        ] {
            let stored = PasswordVerifier::from_stored(&verifier.to_stored());
            assert_eq!(stored, verifier);
            let right = ["ez", "Mypass"].iter().filter(|p| stored.accepts("user2", p)).count();
            let guide = verifier == PasswordVerifier::from_md5("153c434b4b77c89e6b94f12c5393af5b");
            assert_eq!(right, usize::from(!guide), "{}", verifier.to_stored());
        }
        assert!(!PasswordVerifier::disabled().accepts("user2", ""));
    }

    #[test]
    fn md5_exchange_needs_the_salt() {
        let verifier = PasswordVerifier::from_password("u", "Secret123");
        let inner = super::md5_hex(&[b"Secret123u"]);
        let answer = format!("md5{}", super::md5_hex(&[inner.as_bytes(), b"salt"]));
        assert!(verifier.accepts_md5(&answer, b"salt"));
        assert!(!verifier.accepts_md5(&answer, b"tlas"));
        assert!(!verifier.accepts_md5("", b"salt"));
        assert_eq!(format!("{verifier:?}"), "PasswordVerifier(***)");
    }
}
