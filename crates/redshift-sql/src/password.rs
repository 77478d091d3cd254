//! What Redshift accepts between the quotes of `PASSWORD '…'` (SQL commands › CREATE USER).
//!
//! Hashing is the warehouse's work; this only tells the forms apart and checks them.

use crate::ast::Password;
use crate::error::SqlError;

/// SQLSTATE of a password that breaks the rules.
const INVALID_PASSWORD: &str = "28P01";
/// Hexadecimal digits of MD5.
const MD5_DIGITS: usize = 32;
/// Hexadecimal digits of SHA-256, and of the salt.
const SHA256_DIGITS: usize = 64;
/// Length of a password in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=64;
/// Printable ASCII that may not occur.
const FORBIDDEN: &[char] = &['\'', '"', '\\', '/', '@'];

/// Tells the form of a password and checks it.
///
/// # Errors
/// The rule broken; the text never contains the password.
pub(crate) fn parse(text: &str) -> Result<Password, SqlError> {
    if let Some(digest) = text.strip_prefix("md5").filter(|digest| is_hex(digest, MD5_DIGITS)) {
        return Ok(Password::Md5(digest.to_ascii_lowercase()));
    }
    let Some(rest) = text.strip_prefix("sha256|") else {
        check_plain(text)?;
        return Ok(Password::Plain(text.to_owned()));
    };
    match rest.split_once('|') {
        None => {
            check_plain(rest)?;
            Ok(Password::Sha256Plain(rest.to_owned()))
        }
        Some((digest, salt)) if is_hex(digest, SHA256_DIGITS) && is_hex(salt, SHA256_DIGITS) => {
            Ok(Password::Sha256 {
                digest: digest.to_ascii_lowercase(),
                salt: salt.to_ascii_lowercase(),
            })
        }
        Some(_) => Err(broken("SHA256 digest and salt must be 64 hexadecimal digits each")),
    }
}

/// Checks a plain password against the rules.
///
/// # Errors
/// The first rule broken, in Redshift's order: length, upper case, lower case, digit, characters.
pub fn check_plain(password: &str) -> Result<(), SqlError> {
    let length = password.chars().count();
    if length < *LENGTH.start() {
        return Err(broken("Password must be at least 8 characters"));
    }
    if length > *LENGTH.end() {
        return Err(broken("Password must be at most 64 characters"));
    }
    if !password.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(broken("Password must contain an uppercase character"));
    }
    if !password.contains(|c: char| c.is_ascii_lowercase()) {
        return Err(broken("Password must contain a lowercase character"));
    }
    if !password.contains(|c: char| c.is_ascii_digit()) {
        return Err(broken("Password must contain a number"));
    }
    if password.contains(|c: char| !c.is_ascii_graphic() || FORBIDDEN.contains(&c)) {
        return Err(broken(
            "Password can contain only printable ASCII characters except ', \", \\, /, @ or space",
        ));
    }
    Ok(())
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn broken(rule: &str) -> SqlError {
    SqlError::new(INVALID_PASSWORD, rule)
}
