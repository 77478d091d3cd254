//! The master password: its rules, and the only form in which it is kept.

use gateway::Fault;
use md5::{Digest, Md5};

/// Characters that a master password must not have (CreateCluster, Redshift API Reference).
const FORBIDDEN: &str = "'\"\\/@ ";

/// Redshift's own verifier: `md5` and the MD5 of the password followed by the user's name.
pub(super) fn verifier(user: &str, password: &str) -> String {
    let mut md5 = Md5::new();
    md5.update(password.as_bytes());
    md5.update(user.as_bytes());
    format!("md5{}", hex::encode(md5.finalize()))
}

/// 8 to 64 printable ASCII characters with an upper-case letter, a lower-case letter and a digit.
pub(super) fn check(password: &str) -> Result<(), Fault> {
    let has = |test: fn(&char) -> bool| password.chars().any(|c| test(&c));
    let printable = |c: char| ('!'..='~').contains(&c) && !FORBIDDEN.contains(c);
    let reason = if !(8..=64).contains(&password.chars().count()) {
        "it must contain from 8 to 64 characters"
    } else if !has(char::is_ascii_uppercase) {
        "it must contain at least one uppercase letter"
    } else if !has(char::is_ascii_lowercase) {
        "it must contain at least one lowercase letter"
    } else if !has(char::is_ascii_digit) {
        "it must contain at least one number"
    } else if !password.chars().all(printable) {
        "only printable ASCII characters except for '/', '@', '\"', ' ', '\\', ''' may be used"
    } else {
        return Ok(());
    };
    let text =
        format!("The parameter MasterUserPassword is not a valid password because {reason}.");
    Err(Fault::new("InvalidParameterValue", text).status(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_follow_the_rules_of_create_cluster() {
        let reason = |password: &str| check(password).err().map(|fault| fault.message);
        assert_eq!(reason("Passw0rd"), None);
        for (password, part) in [
            ("Pass0", "8 to 64"),
            ("passw0rd", "uppercase"),
            ("PASSW0RD", "lowercase"),
            ("Password", "number"),
            ("Passw0rd@", "printable"),
            ("Passw0rdé", "printable"),
        ] {
            assert!(reason(password).unwrap().contains(part), "{password}");
        }
    }

    #[test]
    fn the_verifier_is_redshifts_own_form() {
        // What `select 'md5' || md5('secret' || 'admin')` gives.
        assert_eq!(verifier("admin", "secret"), "md5ea909ccfbf42c1d230f26167db4d4fdb");
    }
}
