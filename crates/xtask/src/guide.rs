//! The warehouse's part of `docs/coverage.md`: how many statements of each chapter of Redshift's
//! guide the corpus answers, and which of them with "not supported".
//!
//! Reads `corpus/redshift/CHAPTER/PAGE.txt` as text; the warehouse's tests run it. Start at
//! [`section`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::read;

const CORPUS: &str = "corpus/redshift";
/// SQLSTATE `feature_not_supported`.
const NOT_SUPPORTED: &str = "ERROR 0A000";

/// What the corpus says of one chapter.
#[derive(Debug, Default, PartialEq, Eq)]
struct Chapter {
    pages: usize,
    statements: usize,
    errors: usize,
    refused: BTreeSet<String>,
}

/// The section, as Markdown.
///
/// # Errors
/// When the corpus cannot be read.
pub fn section(root: &Path) -> Result<String, String> {
    let chapters = chapters(&root.join(CORPUS))?;
    let mut out = String::from(
        "\n## Redshift SQL\n\n\
         Statements of `corpus/redshift`, by chapters of Redshift's guide: each has the answer that is expected of it, and is run through the wire by `make test`.\n\n\
         | chapter | pages | statements | of them with an expected error |\n|---|---|---|---|\n",
    );
    let mut row = |name: &str, chapter: &Chapter| {
        let Chapter { pages, statements, errors, .. } = chapter;
        writeln!(out, "| {name} | {pages} | {statements} | {errors} |").map_err(|e| e.to_string())
    };
    let mut all = Chapter::default();
    for (name, chapter) in &chapters {
        row(name, chapter)?;
        all.pages += chapter.pages;
        all.statements += chapter.statements;
        all.errors += chapter.errors;
    }
    row("all", &all)?;
    out.push_str("\nRefused as not supported:\n\n");
    for (name, chapter) in chapters.iter().filter(|(_, chapter)| !chapter.refused.is_empty()) {
        let refused: Vec<&str> = chapter.refused.iter().map(String::as_str).collect();
        writeln!(out, "- {name}: {}.", refused.join("; ")).map_err(|error| error.to_string())?;
    }
    Ok(out)
}

fn chapters(corpus: &Path) -> Result<BTreeMap<String, Chapter>, String> {
    let mut chapters = BTreeMap::new();
    for folder in entries(corpus)? {
        let mut chapter = Chapter::default();
        for page in entries(&folder)? {
            add(&mut chapter, &read(&page)?);
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        chapters.insert(name, chapter);
    }
    Ok(chapters)
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let listed = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry.map_err(|error| error.to_string())?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Counts the blocks of a page: each has a line `----` between statement and answer.
fn add(chapter: &mut Chapter, page: &str) {
    chapter.pages += 1;
    for block in page.split("\n\n") {
        let Some((_, answer)) = block.split_once("\n----") else { continue };
        chapter.statements += 1;
        let error = answer.lines().find(|line| line.starts_with("ERROR "));
        chapter.errors += usize::from(error.is_some());
        let refused = error.filter(|line| line.starts_with(NOT_SUPPORTED));
        if let Some((_, message)) = refused.and_then(|line| line.split_once(": ")) {
            chapter.refused.insert(message.trim_end_matches('.').to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chapter, add};

    #[test]
    fn blocks_with_answers_are_statements() {
        let page = "# A comment alone\n\nselect 1\n----\n?column? integer\n1\n\n\
                    select x\n----\nERROR 42703 at 8: column \"x\" does not exist\n\n\
                    select y\n----\nERROR 0A000: y is not supported.";
        let mut found = Chapter::default();
        add(&mut found, page);
        let refused = ["y is not supported".to_owned()].into();
        assert_eq!(found, Chapter { pages: 1, statements: 3, errors: 2, refused });
    }
}
