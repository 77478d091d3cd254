//! The write-ahead journal: what is about to be made and how to take it back, one JSON object a
//! line, on disk before the call is sent.
//!
//! `<state>/movements/<name>/journal.jsonl`. After a crash at any point the journal names every
//! resource that may exist. A torn last line (a crash while writing it) counts as not written:
//! its call was not sent. One process holds the journal at a time.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::report::{Landing, MovedFile};
use crate::trouble::{Result, Trouble};
use crate::undo::Undo;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Entry {
    /// The first line.
    Begun {
        /// The movement's name.
        movement: String,
        /// The external id of hop 2.
        external_id: String,
        /// Whether the data goes into the warehouse.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        inward: bool,
    },
    /// A call is about to be sent.
    Intended {
        /// The step.
        step: String,
        /// How to take it back; absent when taking back another step does it.
        undo: Option<Undo>,
    },
    /// The call succeeded.
    Made {
        /// The step.
        step: String,
    },
    /// It has been taken back.
    Undone {
        /// The step.
        step: String,
    },
    /// What a load is about to read, and the rows that its table has.
    Sources {
        /// The run's id.
        run: String,
        /// Rows in the table, when they could be counted.
        before: Option<u64>,
        /// Every object.
        files: Vec<MovedFile>,
    },
    /// A run is about to send its statement.
    RunStarted {
        /// The run's id, part of the statement's mark.
        run: String,
        /// The warehouse's process id, for cancelling.
        process: Option<String>,
        /// SHA-256 of the statement, in hexadecimal.
        statement_sha256: String,
    },
    /// The UNLOAD is done.
    Unloaded {
        /// The run.
        run: String,
        /// What `pg_last_unload_count()` or the history said.
        rows: u64,
    },
    /// The COPY is done, and what it loaded is committed.
    Loaded {
        /// The run.
        run: String,
        /// What the notice, `pg_last_copy_count()` or the history said.
        rows: u64,
        /// Broken lines that were left out.
        rejected: u64,
        /// Rows that were replaced.
        replaced: u64,
    },
    /// What arrived has been looked at.
    Arrived {
        /// The run.
        run: String,
        /// Data rows.
        rows: u64,
        /// The manifest's key.
        manifest: Option<String>,
        /// SHA-256 of the manifest.
        manifest_sha256: Option<String>,
        /// Every file.
        files: Vec<MovedFile>,
        /// What became of the table, on the way in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        landing: Option<Landing>,
    },
    /// The run ended without result.
    RunFailed {
        /// The run.
        run: String,
        /// Why, in one line.
        reason: String,
    },
    /// The moved objects have been deleted.
    DataDeleted,
    /// What a run left in the stage has been loaded, and stays there.
    StageKept {
        /// The run.
        run: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Line {
    at: DateTime<Utc>,
    /// Whether it is of the load of a movement from cluster to cluster.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    from_stage: bool,
    #[serde(flatten)]
    entry: Entry,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// Whose lines these are, of a movement from cluster to cluster: its load's, or its unload's.
    from_stage: bool,
    /// Absent for a journal that is only read.
    file: Option<File>,
    entries: Vec<Entry>,
    began: Option<DateTime<Utc>>,
}

/// A step that was intended and not taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The step's id.
    pub step: String,
    /// How to take it back.
    pub undo: Option<Undo>,
    /// Whether its call is known to have succeeded.
    pub made: bool,
}

impl Journal {
    /// Where the journal of a movement lies.
    pub fn path(state: &Path, movement: &str) -> PathBuf {
        state.join("movements").join(movement).join("journal.jsonl")
    }

    /// Opens for writing, made when absent; a torn last line is cut off.
    ///
    /// # Errors
    /// When the file cannot be used or another process holds it.
    pub(crate) fn open(state: &Path, movement: &str, from_stage: bool) -> Result<Self> {
        let path = Self::path(state, movement);
        let failed = |error: std::io::Error| trouble(&path, &error.to_string());
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        if file.try_lock().is_err() {
            let busy = "another landbridge works on this movement";
            return Err(trouble(&path, busy));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let Parsed { entries, whole, began } = parse(&text, &path, from_stage)?;
        file.set_len(whole as u64).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { path, from_stage, file: Some(file), entries, began })
    }

    /// Reads without holding; an absent journal is empty.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub(crate) fn read(state: &Path, movement: &str, from_stage: bool) -> Result<Self> {
        let path = Self::path(state, movement);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(trouble(&path, &error.to_string())),
        };
        let Parsed { entries, began, .. } = parse(&text, &path, from_stage)?;
        Ok(Self { path, from_stage, file: None, entries, began })
    }

    /// Appends one entry; when this returns, it is on disk.
    ///
    /// # Errors
    /// When the disk refuses; then the call that follows must not be sent.
    pub(crate) fn append(&mut self, at: DateTime<Utc>, entry: Entry) -> Result<()> {
        let Some(file) = self.file.as_mut() else {
            return Err(trouble(&self.path, "it was opened for reading"));
        };
        let line = Line { at, from_stage: self.from_stage, entry };
        let write = serde_json::to_string(&line).map_err(std::io::Error::other).and_then(|text| {
            file.write_all(format!("{text}\n").as_bytes())?;
            file.sync_data()
        });
        write.map_err(|error| trouble(&self.path, &error.to_string()))?;
        self.began.get_or_insert(line.at);
        self.entries.push(line.entry);
        Ok(())
    }

    /// Every entry, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// When the first line was written.
    pub fn began(&self) -> Option<DateTime<Utc>> {
        self.began
    }

    /// The external id, when the movement has begun.
    pub fn external_id(&self) -> Option<&str> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Begun { external_id, .. } => Some(external_id.as_str()),
            _ => None,
        })
    }

    /// Which way the data goes, when the movement has begun.
    pub fn is_inward(&self) -> Option<bool> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Begun { inward, .. } => Some(*inward),
            _ => None,
        })
    }

    /// The steps that were intended and not taken back, in the order of their first intention.
    pub fn standing(&self) -> Vec<Standing> {
        let known = |standing: &[Standing], step: &str| standing.iter().any(|s| s.step == step);
        let mut standing: Vec<Standing> = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Intended { step, undo } if !known(&standing, step) => {
                    let (step, undo) = (step.clone(), undo.clone());
                    standing.push(Standing { step, undo, made: false });
                }
                Entry::Made { step } => {
                    standing.iter_mut().filter(|s| s.step == *step).for_each(|s| s.made = true);
                }
                Entry::Undone { step } => standing.retain(|known| known.step != *step),
                _ => {}
            }
        }
        standing
    }

    /// Whether this movement made (or was about to make) the resource of a step.
    pub fn is_ours(&self, step: &str) -> bool {
        self.standing().iter().any(|known| known.step == step)
    }
}

struct Parsed {
    entries: Vec<Entry>,
    /// The length of the part that is whole.
    whole: usize,
    began: Option<DateTime<Utc>>,
}

fn parse(text: &str, path: &Path, from_stage: bool) -> Result<Parsed> {
    let (mut entries, mut whole, mut began) = (Vec::new(), 0, None);
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if !line.ends_with('\n') {
            break;
        }
        let parsed: Line = serde_json::from_str(line)
            .map_err(|error| trouble(path, &format!("line {number}: {error}")))?;
        whole += line.len();
        if parsed.from_stage == from_stage {
            began.get_or_insert(parsed.at);
            entries.push(parsed.entry);
        }
    }
    Ok(Parsed { entries, whole, began })
}

fn trouble(path: &Path, said: &str) -> Box<Trouble> {
    Box::new(Trouble::new(format!("the journal {}", path.display())).said(said))
}
