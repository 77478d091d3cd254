//! The movement file: what is moved, from where, to where, and who may start it.
//!
//! Types and [`Movement::load`]; `read` turns TOML into them (`load` what only the way in has),
//! `problem` says what is wrong and where. Nothing in the file says *how*: roles, policies and statements are derived.

mod load;
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
    /// The end that is a cluster: `[source]` on the way out, `[target]` on the way in.
    pub warehouse: Warehouse,
    /// The other end.
    pub store: Store,
    /// Which way the data goes, and what of it.
    pub way: Way,
    /// Who may start it.
    pub access: Access,
    /// The names of the four roles.
    pub roles: Roles,
    /// Whether `run` and `verify` read every object and keep its SHA-256.
    pub checksums: bool,
    /// Of cluster to cluster: the load that follows this unload, from the stage that it fills.
    pub then: Option<Box<Movement>>,
    /// Whether this is such a load.
    pub from_stage: bool,
    /// Whether the stage keeps its objects after the load.
    pub keep_stage: bool,
}

/// A database user of a Redshift cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Warehouse {
    /// The profile of the account that owns the cluster.
    pub profile: String,
    /// The cluster's Region; the profile's when absent.
    pub region: Option<Region>,
    /// The cluster's identifier.
    pub cluster: String,
    /// The database.
    pub database: String,
    /// The database user that unloads or loads. Made when it does not exist.
    pub user: String,
    /// The name of the secret with that user's login. Made when it does not exist.
    pub secret: String,
    /// The KMS key of that secret; Secrets Manager's own key when absent.
    pub secret_key: Option<Key>,
    /// The secret with the login that may grant; the cluster's managed one when absent.
    pub admin_secret: Option<String>,
    /// Whether `apply` closes `ASSUMEROLE` to `PUBLIC`, so that only this user may use the roles.
    pub restrict_assumerole: bool,
}

/// Which way the data goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// Out of the warehouse, by UNLOAD.
    Out(Unload),
    /// Into the warehouse, by COPY.
    In(Load),
}

/// What is unloaded, and how it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Unload {
    /// What is read.
    pub what: What,
    /// The form of the files.
    pub form: Form,
    /// What to do when the prefix already holds objects.
    pub if_exists: IfExists,
}

/// What is loaded, and how it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// The table, which must exist.
    pub table: TableName,
    /// Its columns in the order of the files; all when empty.
    pub columns: Vec<String>,
    /// What becomes of the rows that are there.
    pub mode: Mode,
    /// The form of the files; of a DynamoDB table nothing of it counts.
    pub form: Form,
    /// The key of the manifest, where the source is one.
    pub manifest: Option<String>,
    /// `READRATIO`: the percentage of a DynamoDB table's read capacity to use.
    pub read_ratio: u8,
    /// `MAXERROR`: broken lines that are left out before the load fails.
    pub max_errors: Option<u32>,
    /// Other options of COPY, as SQL.
    pub options: Option<String>,
    /// The run of the unload that filled the stage, once it has.
    pub of_run: Option<String>,
}

/// `mode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The rows are added.
    Append,
    /// They take the place of all that are there.
    Overwrite,
    /// They take the place of those with the same key.
    Upsert {
        /// The columns of the key.
        keys: Vec<String>,
    },
}

impl Mode {
    /// The word of the file.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Overwrite => "overwrite",
            Self::Upsert { .. } => "upsert",
        }
    }
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

/// The end that is no cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// The profile of the account that owns it.
    pub profile: String,
    /// Its Region; the profile's when absent.
    pub region: Option<Region>,
    /// What it is.
    pub place: Place,
    /// The KMS key of the data. On the way out: SSE-S3 when absent, and an alias is made when it
    /// does not exist. On the way in: the key under which the data lies already.
    pub key: Option<Key>,
}

/// Where the data lies, or comes to lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Part of a bucket.
    Bucket {
        /// The bucket. On the way out it is made when it does not exist.
        bucket: String,
        /// What the keys begin with; on the way out it ends in `/`.
        prefix: String,
    },
    /// A DynamoDB table, on the way in.
    Table(String),
}

impl Store {
    /// The bucket; empty for a DynamoDB table, of which no part asks.
    pub fn bucket(&self) -> &str {
        match &self.place {
            Place::Bucket { bucket, .. } => bucket,
            Place::Table(_) => "",
        }
    }

    /// The key prefix; empty for a whole bucket and for a DynamoDB table.
    pub fn prefix(&self) -> &str {
        match &self.place {
            Place::Bucket { prefix, .. } => prefix,
            Place::Table(_) => "",
        }
    }

    /// The place as COPY and UNLOAD name it.
    pub fn url(&self) -> String {
        match &self.place {
            Place::Bucket { bucket, prefix } => format!("s3://{bucket}/{prefix}"),
            Place::Table(table) => format!("dynamodb://{table}"),
        }
    }
}

/// The form of the files, as the options of UNLOAD and COPY have it.
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
    /// Quotes around every field (text): ADDQUOTES, and REMOVEQUOTES on the way in.
    pub add_quotes: bool,
    /// Compression of the files (not Parquet, which compresses inside).
    pub compression: Option<Compression>,
    /// The largest file, in MB.
    pub max_file_size_mb: Option<u32>,
    /// Whether several files are written at once.
    pub parallel: bool,
    /// Names in the files and columns may differ in case (JSON and Avro, on the way in).
    pub ignore_case: bool,
    /// FIXEDWIDTH's columns (text, on the way in): `a:3,b:10`.
    pub fixed_width: Option<String>,
    /// The key of a JSONPaths file in the source's bucket (JSON and Avro, on the way in).
    pub json_paths: Option<String>,
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
    /// JSON objects; UNLOAD writes one a line.
    Json,
    /// Apache Avro (COPY only).
    Avro,
    /// Apache ORC (COPY only).
    Orc,
}

impl Format {
    /// The word of the file and of the statement.
    pub fn word(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Text => "text",
            Self::Json => "json",
            Self::Avro => "avro",
            Self::Orc => "orc",
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
    /// `.lzo` (COPY only).
    Lzop,
}

impl Compression {
    /// The word of the file and of the statement.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
            Self::Lzop => "lzop",
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
    /// In the store's account: whoever runs the movement starts here.
    pub entry: String,
    /// In the warehouse's account: may read the one secret.
    pub secret_reader: String,
    /// In the warehouse's account: associated with the cluster.
    pub cluster: String,
    /// In the store's account: may write the data (`writer`) or read it (`reader`).
    pub data: String,
}

impl Roles {
    /// The usual names on the way out.
    pub fn out() -> Self {
        Self {
            entry: "CrossAccount-SM-Read-Role".into(),
            secret_reader: "SM-Read-Role".into(),
            cluster: "CrossAccount-S3-Write-Role".into(),
            data: "S3-Write-Role".into(),
        }
    }

    /// The usual names on the way in; others than on the way out, so that a movement of each way
    /// can stand in the same two accounts.
    pub fn into_warehouse(place: &Place) -> Self {
        let what = if matches!(place, Place::Table(_)) { "DynamoDB" } else { "S3" };
        Self {
            entry: "CrossAccount-SM-Load-Role".into(),
            secret_reader: "SM-Load-Role".into(),
            cluster: format!("CrossAccount-{what}-Read-Role"),
            data: format!("{what}-Read-Role"),
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
        self.access.profile.as_deref().unwrap_or(&self.store.profile)
    }

    /// What is unloaded; `None` on the way in.
    pub fn outward(&self) -> Option<&Unload> {
        match &self.way {
            Way::Out(unload) => Some(unload),
            Way::In(_) => None,
        }
    }

    /// What is loaded; `None` on the way out.
    pub fn inward(&self) -> Option<&Load> {
        match &self.way {
            Way::In(load) => Some(load),
            Way::Out(_) => None,
        }
    }

    /// The form of the files.
    pub fn form(&self) -> &Form {
        match &self.way {
            Way::Out(unload) => &unload.form,
            Way::In(load) => &load.form,
        }
    }

    /// What an UNLOAD does with objects that are there; `None` on the way in.
    pub(crate) fn if_exists(&self) -> Option<IfExists> {
        self.outward().map(|unload| unload.if_exists)
    }

    /// The statement that moves the data.
    pub fn statement(&self) -> &'static str {
        match self.way {
            Way::Out(_) => "UNLOAD",
            Way::In(_) => "COPY",
        }
    }
}
