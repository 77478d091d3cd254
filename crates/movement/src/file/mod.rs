//! The movement file: what is moved, from where, to where, and who may start it.
//!
//! Types and [`Movement::load`]; `read` turns TOML into them, `problem` says what is wrong and
//! where. Nothing in the file says *how*: roles, policies and statements are derived.

mod problem;
mod read;
mod section;

use std::path::{Path, PathBuf};

use names::{Arn, Region};

pub use problem::{FileError, Problem};

/// A movement as its file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// Where it was read from; messages and fixes name it.
    pub path: PathBuf,
    /// Its name; also the name of its journal and the mark on what it makes.
    pub name: String,
    /// Where the data is.
    pub source: Source,
    /// Where it goes.
    pub target: Target,
    /// Who may start it.
    pub access: Access,
    /// The names of the four roles.
    pub roles: Roles,
    /// Whether `run` and `verify` read every object and keep its SHA-256.
    pub checksums: bool,
}

/// `[source]`: a database user of a Redshift cluster and what it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The profile of the account that owns the data.
    pub profile: String,
    /// The cluster's Region; the profile's when absent.
    pub region: Option<Region>,
    /// The cluster's identifier.
    pub cluster: String,
    /// The database.
    pub database: String,
    /// The database user that unloads. Made when it does not exist.
    pub user: String,
    /// The name of the secret with that user's login. Made when it does not exist.
    pub secret: String,
    /// The KMS key of that secret; Secrets Manager's own key when absent.
    pub secret_key: Option<Key>,
    /// The secret with the login that may grant; the cluster's managed one when absent.
    pub admin_secret: Option<String>,
    /// What is read.
    pub what: What,
    /// Whether `apply` closes `ASSUMEROLE` to `PUBLIC`, so that only this user may use the roles.
    pub restrict_assumerole: bool,
}

/// What is read.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A table, some of its columns, some of its rows.
    Table {
        /// The table.
        table: TableName,
        /// The columns; all when empty.
        columns: Vec<String>,
        /// The condition, as SQL.
        filter: Option<String>,
    },
    /// Any select.
    Query {
        /// The select.
        sql: String,
        /// The relations it reads.
        reads: Vec<TableName>,
    },
}

/// `schema.relation`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableName {
    /// The schema; `public` when the file names none.
    pub schema: String,
    /// The table or view.
    pub relation: String,
}

/// `[target]`: a prefix of a bucket and the form of the files.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The profile of the account that receives.
    pub profile: String,
    /// The bucket's Region; the profile's when absent.
    pub region: Option<Region>,
    /// The bucket. Made when it does not exist.
    pub bucket: String,
    /// The key prefix, ending in `/`.
    pub prefix: String,
    /// The KMS key of the objects; SSE-S3 when absent. An alias is made when it does not exist.
    pub key: Option<Key>,
    /// The form of the files.
    pub form: Form,
    /// What to do when the prefix already holds objects.
    pub if_exists: IfExists,
}

/// The form of the files, as UNLOAD's options have it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Form {
    /// The row format.
    pub format: Format,
    /// Partition columns, in order.
    pub partition_by: Vec<String>,
    /// Whether these stay in the files.
    pub include_partition_columns: bool,
    /// A first line with the column names (text and CSV).
    pub header: bool,
    /// The delimiter (text and CSV).
    pub delimiter: Option<char>,
    /// What stands for NULL (text and CSV).
    pub null_as: Option<String>,
    /// Backslashes before delimiters, line ends and backslashes (text).
    pub escape: bool,
    /// Quotes around every field (text).
    pub add_quotes: bool,
    /// Compression of the files (not Parquet, which compresses inside).
    pub compression: Option<Compression>,
    /// The largest file, in MB.
    pub max_file_size_mb: Option<u32>,
    /// Whether several files are written at once.
    pub parallel: bool,
}

/// `format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Apache Parquet.
    #[default]
    Parquet,
    /// Comma-separated values.
    Csv,
    /// Delimited text.
    Text,
    /// One JSON object a line.
    Json,
}

impl Format {
    /// The word of the file and of UNLOAD.
    pub fn word(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// `compression`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// `.gz`
    Gzip,
    /// `.bz2`
    Bzip2,
    /// `.zst`
    Zstd,
}

impl Compression {
    /// The word of the file and of UNLOAD.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
        }
    }
}

/// `if_exists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// Refuse (Redshift's default).
    Fail,
    /// Overwrite objects of the same name (ALLOWOVERWRITE).
    Overwrite,
    /// Remove what is under the prefix first (CLEANPATH).
    Replace,
}

/// A KMS key as the file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// `alias/…`; made together with a key when it does not exist.
    Alias(String),
    /// A key id or ARN; it must exist.
    Existing(String),
}

impl Key {
    /// What KMS takes as `KeyId`.
    pub fn id(&self) -> &str {
        match self {
            Self::Alias(id) | Self::Existing(id) => id,
        }
    }
}

/// `[access]`: who may start the movement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// The profile that runs it; the target's when absent.
    pub profile: Option<String>,
    /// The principal that may; the profile's own identity when absent.
    pub principal: Option<Arn>,
}

/// `[roles]`: the names of the four roles of the pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// In the target's account: whoever runs the movement starts here.
    pub entry: String,
    /// In the source's account: may read the one secret.
    pub secret_reader: String,
    /// In the source's account: associated with the cluster.
    pub cluster: String,
    /// In the target's account: may write under the prefix.
    pub writer: String,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            entry: "CrossAccount-SM-Read-Role".into(),
            secret_reader: "SM-Read-Role".into(),
            cluster: "CrossAccount-S3-Write-Role".into(),
            writer: "S3-Write-Role".into(),
        }
    }
}

impl Movement {
    /// Reads a movement file.
    ///
    /// # Errors
    /// [`FileError`] with every problem found, each with line and column.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let text = std::fs::read_to_string(path).map_err(|error| FileError::io(path, &error))?;
        Self::parse(&text, path)
    }

    /// Reads a movement from text; `path` is for messages.
    ///
    /// # Errors
    /// As [`Movement::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        read::movement(text, path)
    }

    /// The profile that runs the movement.
    pub fn runner_profile(&self) -> &str {
        self.access.profile.as_deref().unwrap_or(&self.target.profile)
    }
}
