//! Comparing what happened with what a test expects.

use std::fmt::{Debug, Display};

use expect_test::Expect;

/// Compares a text with the expected one; `UPDATE_EXPECT=1` rewrites the expectation in place.
#[track_caller]
pub fn check(actual: impl Display, expect: Expect) {
    expect.assert_eq(&actual.to_string());
}

/// The value of something that a test cannot go on without.
#[track_caller]
pub fn must<T, E: Debug>(outcome: Result<T, E>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => fail(&format!("the test cannot go on: {error:?}")),
    }
}

/// Ends the test that called.
#[track_caller]
pub fn fail(message: &str) -> ! {
    assert!(message.is_empty(), "{message}");
    // For a message without a word, which the assertion lets pass.
    std::panic::resume_unwind(Box::new("failed"))
}
