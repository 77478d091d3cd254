//! The only place that writes to the terminal directly.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this module is the terminal")]

use std::io::{IsTerminal, Write};

/// A line of data.
pub fn line(text: &str) {
    // A reader that went away (`| head`) is no failure of ours.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A line of progress.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// What ended a command.
pub fn error(failure: &crate::commands::Failure) {
    let _ = writeln!(std::io::stderr(), "landbridge: {failure}");
}

/// Whether standard output may carry colours (<https://no-color.org>).
pub fn colour() -> bool {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !plain && std::io::stdout().is_terminal()
}

/// Standard error as the place of a live line, when somebody looks at it.
pub fn live() -> Option<Box<dyn Write + Send>> {
    let stream = std::io::stderr();
    stream.is_terminal().then(|| Box::new(stream) as Box<dyn Write + Send>)
}
