//! `docs/coverage.md`: which operations of which service are built, as `landbridge coverage`
//! prints it from the operation tables themselves, and what of Redshift's guide is tried.

use std::path::Path;
use std::process::Command;

use crate::check::Problem;
use crate::{guide, option, root};

const DOCUMENT: &str = "docs/coverage.md";
const USAGE: &str = "usage: cargo xtask coverage --binary PATH [--write]";

/// Compares the document with the binary, or with `--write` makes it anew.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let root = root();
    let binary = option(arguments, "--binary").ok_or(USAGE)?;
    if arguments.iter().any(|argument| argument == "--write") {
        let path = root.join(DOCUMENT);
        return std::fs::write(&path, document(&root, binary)?)
            .map_err(|error| format!("{}: {error}", path.display()));
    }
    problems(&root, binary)?.pop().map_or(Ok(()), |problem| Err(problem.0))
}

/// A problem when the document is not what the binary and the corpus say.
pub fn problems(root: &Path, binary: &str) -> Result<Vec<Problem>, String> {
    let written = std::fs::read(root.join(DOCUMENT)).unwrap_or_default();
    let stale = written != document(root, binary)?;
    Ok(stale.then(|| Problem::at(DOCUMENT, "is out of date: make coverage")).into_iter().collect())
}

/// The whole document.
fn document(root: &Path, binary: &str) -> Result<Vec<u8>, String> {
    let mut document = printed(binary)?;
    document.extend(guide::section(root)?.into_bytes());
    Ok(document)
}

/// What the binary says.
fn printed(binary: &str) -> Result<Vec<u8>, String> {
    let output = Command::new(binary)
        .arg("coverage")
        .output()
        .map_err(|error| format!("{binary}: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{binary} coverage: {}", String::from_utf8_lossy(&output.stderr)))
    }
}
