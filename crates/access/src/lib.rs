//! Decides from afar: reads every policy that counts for one access through the public AWS APIs,
//! and asks the policy engine what it means.
//!
//! A [`Survey`] knows the accounts that can be asked and reads each thing once;
//! [`Survey::decide`] answers a [`Question`]. What cannot be read, and condition keys whose values
//! nobody knows, are part of the [`Answer`]: where they could change the verdict, there is none.
//!
//! Must not know whether a local platform or AWS answers, and knows nothing of movements. Start
//! at `decide.rs`, then `principal.rs` and `resource.rs` for what is read.

mod answer;
mod context;
mod decide;
mod document;
mod gathered;
mod organization;
mod principal;
mod question;
mod resource;
mod survey;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Need, Unread, Verdict};
pub use question::Question;
pub use survey::Survey;

/// Why a question has no answer at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The question is not one.
    #[error("`{text}` is not {expected}")]
    Malformed {
        /// What was given.
        text: String,
        /// What is needed.
        expected: &'static str,
    },
    /// There is no such user or role.
    #[error("there is no {what}")]
    Absent {
        /// Such as `role arn:aws:iam::111111111111:role/etl`.
        what: String,
    },
    /// Nothing answered.
    #[error("{call}: {message}")]
    Unreachable {
        /// The call that was tried.
        call: String,
        /// What the transport said.
        message: String,
    },
}
