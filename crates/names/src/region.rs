//! AWS Region names.

use std::str::FromStr;

use crate::{NameError, text_newtype};

/// A Region such as `eu-west-1`.
/// The form is checked, not the existence: new Regions need no new release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// The Region's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts: Vec<&str> = text.split('-').collect();
        let words = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
        match parts.split_last() {
            Some((number, names))
                if (2..=3).contains(&names.len())
                    && names.iter().all(words)
                    && (1..=2).contains(&number.len())
                    && number.bytes().all(|b| b.is_ascii_digit()) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(NameError::new(text, "a Region such as `us-east-1`")),
        }
    }
}

text_newtype!(Region);
