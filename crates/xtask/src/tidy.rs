//! How big files and functions may get, that every module says what it is, and that nobody
//! switches a lint off quietly. Test files and test modules are apart.

use std::path::{Path, PathBuf};

use crate::check::Problem;
use crate::exceptions::Exceptions;
use crate::read;
use crate::source::Source;

/// The most lines of a file that is not a test.
const FILE_LINES: usize = 800;
/// The most lines from a function's `fn` to its closing brace.
const FUNCTION_LINES: usize = 70;
/// Lints that production code may not switch off without an exception.
const KEPT_LINTS: [&str; 9] = [
    "unwrap_used",
    "expect_used",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
    "indexing_slicing",
    "string_slice",
    "unsafe_code",
];

/// Checks every Rust file under `crates/`.
pub fn problems(root: &Path, exceptions: &mut Exceptions) -> Result<Vec<Problem>, String> {
    let mut problems = Vec::new();
    for path in rust_files(&root.join("crates"))? {
        let text = read(&path)?;
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        problems.extend(file_problems(&name, &text, exceptions));
    }
    Ok(problems)
}

/// The rules for one file; `name` is its path from the root.
fn file_problems(name: &str, text: &str, exceptions: &mut Exceptions) -> Vec<Problem> {
    let mut problems = Vec::new();
    if is_test_file(name) {
        return problems;
    }
    if !opens_with_docs(text) {
        problems.push(Problem::at(name, "does not open with `//!`: what it is, where to start"));
    }
    let lines = text.lines().count();
    if lines > FILE_LINES && !exceptions.excuse("file-length", name) {
        problems.push(Problem::at(name, format!("{lines} lines, at most {FILE_LINES}")));
    }
    let source = Source::new(text);
    for function in source.functions() {
        let place = format!("{name}#{}", function.name);
        let long = function.length > FUNCTION_LINES && !source.is_test(function.line);
        if long && !exceptions.excuse("function-length", &place) {
            let what = format!("{} lines, at most {FUNCTION_LINES}", function.length);
            problems.push(Problem::at(format!("{name}:{}", function.line + 1), what));
        }
    }
    for (number, lint) in switched_off(&source) {
        if !exceptions.excuse("lint", &format!("{name}#{lint}")) {
            problems.push(Problem::at(
                format!("{name}:{}", number + 1),
                format!("switches {lint} off"),
            ));
        }
    }
    problems
}

/// The kept lints that an `allow` or `expect` attribute outside tests names, with their lines.
fn switched_off(source: &Source) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (number, line) in source.lines.iter().enumerate() {
        let starts = ["allow(", "expect("].iter().any(|word| {
            line.contains(&format!("#[{word}")) || line.contains(&format!("#![{word}"))
        });
        inside |= starts;
        if inside && !source.is_test(number) {
            let named = KEPT_LINTS.iter().filter(|lint| {
                line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == **lint)
            });
            found.extend(named.map(|lint| (number, *lint)));
        }
        inside &= !line.contains(")]");
    }
    found
}

/// Whether the first thing in a file, attributes apart, is a module comment.
fn opens_with_docs(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
    first.is_some_and(|line| line.starts_with("//!"))
}

/// Test files: `tests.rs`, `…_tests.rs`, and everything in a folder named `tests`.
fn is_test_file(name: &str) -> bool {
    let mut parts = name.rsplit('/');
    let file = parts.next().unwrap_or_default();
    file == "tests.rs" || file.ends_with("_tests.rs") || parts.any(|folder| folder == "tests")
}

/// All `.rs` files below a folder, in order.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let problem = |error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switching_a_kept_lint_off_is_seen_outside_tests_only() {
        let seen = |text: &str| switched_off(&Source::new(text)).len();
        assert_eq!(seen("#[allow(clippy::unwrap_used, reason = \"x\")]\nfn a() {}"), 1);
        assert_eq!(seen("#![allow(\n clippy::panic,\n clippy::todo,\n)]"), 2);
        assert_eq!(seen("#[allow(clippy::print_stdout)]\nfn panic() {}"), 0);
        assert_eq!(seen("#[cfg(test)]\nmod t {\n#[allow(clippy::panic)]\nfn a() {}\n}"), 0);
        assert_eq!(seen("// #[allow(clippy::panic)]"), 0);
    }

    #[test]
    fn a_file_opens_with_its_own_words() {
        assert!(opens_with_docs("//! Says.\n"));
        assert!(opens_with_docs("#![allow(dead_code)]\n\n//! Says.\n"));
        assert!(!opens_with_docs("// Not docs.\n//! Late.\n"));
        assert!(!opens_with_docs(""));
    }
}
