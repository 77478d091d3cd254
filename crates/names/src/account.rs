//! AWS account ids.

use std::str::FromStr;

use crate::{NameError, text_newtype};

/// A 12-digit AWS account id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a number, as access key ids encode it.
    pub fn number(&self) -> u64 {
        // INVARIANT (twelve digits): kept by `from_str`, so the sum cannot overflow.
        self.0.bytes().fold(0, |n, digit| n * 10 + u64::from(digit - b'0'))
    }
}

impl FromStr for AccountId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // INVARIANT (twelve digits): checked here, relied on by `number`.
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::new(text, "a 12-digit account id"))
        }
    }
}

text_newtype!(AccountId);
