//! A page of a bucket's keys, with those behind a delimiter rolled up into common prefixes
//! ("Organizing objects using prefixes", S3 User Guide).
//!
//! Reads a batch at a time and jumps over rolled-up keys, so a page costs what it shows, not what
//! lies beneath its prefixes. Knows no tables: objects, versions and uploads are handed in by who
//! lists them, as [`Entry`]s in order.

use gateway::Fault;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Entries read at a time.
const BATCH: usize = 1_000;
/// Sorts behind everything that a common prefix holds, save keys that hold it themselves.
const BEHIND: char = char::MAX;

/// What S3 leaves as it is with `encoding-type=url`.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/');

/// Which keys are wanted.
pub(super) struct Walk<'a> {
    /// Keys that begin with this.
    pub prefix: &'a str,
    /// Rolls up what follows it.
    pub delimiter: Option<&'a str>,
    /// The key or common prefix shown last.
    pub after: Option<&'a str>,
    /// Where to go on, where that is more than the key: behind one of its versions or uploads.
    pub resume: Option<String>,
    /// Most keys and common prefixes together.
    pub max: usize,
}

/// Something under a key.
pub(super) struct Entry<T> {
    /// The key.
    pub key: String,
    /// Its place in the order of all entries; begins with the key.
    pub position: String,
    /// What is there.
    pub item: T,
}

/// What was found.
pub(super) struct Page<T> {
    /// What was found under keys that are not rolled up.
    pub items: Vec<(String, T)>,
    /// Common prefixes.
    pub prefixes: Vec<String>,
    /// The last key or common prefix of the page.
    pub last: Option<String>,
    /// Whether more follows.
    pub is_truncated: bool,
}

impl<T> Page<T> {
    /// The last item, when the page ends with it and not with a common prefix.
    pub(super) fn last_item(&self) -> Option<&T> {
        let (key, item) = self.items.last()?;
        Some(item).filter(|_| self.last.as_ref() == Some(key))
    }
}

impl Walk<'_> {
    /// Reads the page; `read` answers up to so many entries after a position.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(super) fn page<T>(
        &self,
        read: impl Fn(Option<&str>, usize) -> Result<Vec<Entry<T>>, Fault>,
    ) -> Result<Page<T>, Fault> {
        let mut page =
            Page { items: Vec::new(), prefixes: Vec::new(), last: None, is_truncated: false };
        if self.max == 0 {
            return Ok(page);
        }
        // The common prefix whose keys are being passed over.
        let mut rolled =
            self.after.filter(|after| self.common(after) == Some(after)).map(str::to_owned);
        let start = self.resume.as_deref().or(self.after);
        let mut after = start.map(|start| jump(start.to_owned(), rolled.as_deref()));
        loop {
            let batch = read(after.as_deref(), BATCH)?;
            let Some(last) = batch.last() else { return Ok(page) };
            let last = last.position.clone();
            for Entry { key, item, .. } in batch {
                let common = self.common(&key).map(str::to_owned);
                if common.is_some() && common == rolled {
                    continue;
                }
                if page.items.len() + page.prefixes.len() == self.max {
                    page.is_truncated = true;
                    return Ok(page);
                }
                match common {
                    Some(prefix) => {
                        page.last = Some(prefix.clone());
                        page.prefixes.push(prefix.clone());
                        rolled = Some(prefix);
                    }
                    None => {
                        page.last = Some(key.clone());
                        page.items.push((key, item));
                    }
                }
            }
            after = Some(jump(last, rolled.as_deref()));
        }
    }

    /// The common prefix that a key is rolled up into.
    fn common<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let at = key.strip_prefix(self.prefix)?.find(delimiter)?;
        key.get(..self.prefix.len() + at + delimiter.len())
    }
}

/// Where to read on: behind the common prefix when the batch ended inside it.
fn jump(last: String, rolled: Option<&str>) -> String {
    match rolled {
        Some(prefix) if last.starts_with(prefix) => last.max(format!("{prefix}{BEHIND}")),
        _ => last,
    }
}

/// A key as the answer shows it: percent-encoded when the client asked for that.
pub(super) fn encoded(encoding_type: Option<&str>, text: &str) -> String {
    match encoding_type {
        Some(_) => utf8_percent_encode(text, KEPT).to_string(),
        None => text.to_owned(),
    }
}
