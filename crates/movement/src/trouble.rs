//! The one error of the crate, shaped as the block a person reads: tried, said, why, fix.

use std::fmt;

use serde::Serialize;

/// A command that cannot go on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The hop that failed, 1 to 7.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop: Option<u8>,
    /// The profile whose account answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What was tried, in words.
    pub tried: String,
    /// What the service said: code and message, unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// Why, line by line: the deciding statement, then what it asks for and what came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// The smallest change, a command where there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<String>,
    /// The command that shows every policy consulted, where policies decide (`check`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<String>,
    /// The service's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Trouble {
    /// Something that failed before any service was asked.
    pub fn new(tried: impl Into<String>) -> Self {
        Self { tried: tried.into(), ..Self::default() }
    }

    /// With the words of whoever refused.
    #[must_use]
    pub fn said(mut self, said: impl Into<String>) -> Self {
        self.said = Some(said.into());
        self
    }

    /// With a line of reason.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    /// With a line of remedy.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix.push(fix.into());
        self
    }

    /// At a hop.
    #[must_use]
    pub fn at(mut self, hop: u8, label: &str) -> Self {
        self.hop = Some(hop);
        self.label = Some(label.to_owned());
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tried)?;
        if let Some(said) = &self.said {
            write!(f, ": {said}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

/// Results inside the crate; boxed, because the error is a whole block of text.
pub(crate) type Result<T> = std::result::Result<T, Box<Trouble>>;
