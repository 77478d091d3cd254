//! A page of a bucket's keys, with those behind a delimiter rolled up into common prefixes
//! ("Organizing objects using prefixes", S3 User Guide).
//!
//! Reads a batch at a time and jumps over rolled-up keys, so a page costs what it shows, not what
//! lies beneath its prefixes.

use gateway::{Cx, Fault};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::state::{self, Object};

/// Objects read at a time.
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
    /// Most keys and common prefixes together.
    pub max: usize,
}

/// What was found.
#[derive(Default)]
pub(super) struct Page {
    /// Objects with their keys.
    pub objects: Vec<(String, Object)>,
    /// Common prefixes.
    pub prefixes: Vec<String>,
    /// The last key or common prefix of the page.
    pub last: Option<String>,
    /// Whether more follows.
    pub is_truncated: bool,
}

impl Walk<'_> {
    /// Reads the page.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(super) fn page(&self, cx: &Cx, bucket: &str) -> Result<Page, Fault> {
        let mut page = Page::default();
        if self.max == 0 {
            return Ok(page);
        }
        let mut after = self.after.map(|after| self.start_behind(after));
        // The common prefix whose keys are being passed over.
        let mut rolled =
            self.after.filter(|after| self.common(after) == Some(after)).map(str::to_owned);
        loop {
            let batch = state::objects(cx, bucket, self.prefix, after.as_deref(), BATCH)?;
            let Some((last, _)) = batch.last() else { return Ok(page) };
            after = Some(last.clone());
            for (key, object) in batch {
                let common = self.common(&key).map(str::to_owned);
                if common.is_some() && common == rolled {
                    continue;
                }
                if page.objects.len() + page.prefixes.len() == self.max {
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
                        page.objects.push((key, object));
                    }
                }
            }
            after = after.map(|last| self.jump(last, rolled.as_deref()));
        }
    }

    /// Where to read on: behind the common prefix when the batch ended inside it.
    fn jump(&self, last: String, rolled: Option<&str>) -> String {
        match rolled {
            Some(prefix) if last.starts_with(prefix) => last.max(format!("{prefix}{BEHIND}")),
            _ => last,
        }
    }

    fn start_behind(&self, after: &str) -> String {
        let rolled = self.common(after).filter(|common| *common == after);
        self.jump(after.to_owned(), rolled)
    }

    /// The common prefix that a key is rolled up into.
    fn common<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let at = key.strip_prefix(self.prefix)?.find(delimiter)?;
        key.get(..self.prefix.len() + at + delimiter.len())
    }
}

/// A key as the answer shows it: percent-encoded when the client asked for that.
pub(super) fn encoded(encoding_type: Option<&str>, text: &str) -> String {
    match encoding_type {
        Some(_) => utf8_percent_encode(text, KEPT).to_string(),
        None => text.to_owned(),
    }
}
