//! `UNLOAD` and `COPY`: statements that move data between the warehouse and object storage.

use super::ObjectName;

/// `UNLOAD` with its options checked against each other (SQL commands › UNLOAD).
#[derive(Debug, Clone, PartialEq)]
pub struct Unload {
    /// The query, unquoted: Redshift SQL, to be handed to [`crate::parse_query`].
    pub query: String,
    /// Where the query's text starts in the statement, in characters from 1.
    pub query_position: usize,
    /// `TO`: an `s3://bucket/prefix`.
    pub to: String,
    /// Whose rights are used.
    pub authorization: Authorization,
    /// Row format.
    pub format: UnloadFormat,
    /// `PARTITION BY (…)`.
    pub partition_by: Option<Partitioning>,
    /// `MANIFEST [VERBOSE]`.
    pub manifest: Option<ManifestKind>,
    /// `HEADER`.
    pub header: bool,
    /// `ADDQUOTES`.
    pub add_quotes: bool,
    /// `ESCAPE`.
    pub escape: bool,
    /// `NULL AS`; `None` when not given.
    pub null_as: Option<String>,
    /// `BZIP2`, `GZIP`, `ZSTD`.
    pub compression: Compression,
    /// Server-side encryption.
    pub encryption: Encryption,
    /// What to do with objects already under the prefix.
    pub existing: Existing,
    /// `PARALLEL`, on unless switched off.
    pub parallel: bool,
    /// `MAXFILESIZE` in bytes (5 MB to 6.2 GB); `None` is the default of 6.2 GB.
    pub max_file_size: Option<u64>,
    /// `ROWGROUPSIZE` in bytes (32 MB to 128 MB); Parquet only.
    pub row_group_size: Option<u64>,
    /// `REGION`.
    pub region: Option<String>,
    /// `EXTENSION`: replaces the usual file name extension.
    pub extension: Option<String>,
}

/// Row format of an `UNLOAD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnloadFormat {
    /// Delimited text; the default delimiter is `|`.
    Text {
        /// One ASCII character.
        delimiter: u8,
    },
    /// `FIXEDWIDTH`: name or number of each column and its width in bytes.
    FixedWidth(Vec<FixedWidthColumn>),
    /// `CSV`; the default delimiter is `,`.
    Csv {
        /// One ASCII character.
        delimiter: u8,
    },
    /// `PARQUET`.
    Parquet,
    /// `JSON`, one object a line.
    Json,
}

/// One `label:width` of a fixed-width specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedWidthColumn {
    /// Any text; has no relation to the column's name.
    pub label: String,
    /// Bytes.
    pub width: usize,
}

/// `PARTITION BY ( column [, …] ) [ INCLUDE ]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partitioning {
    /// Folded column names, in order.
    pub columns: Vec<String>,
    /// `INCLUDE`: the columns stay in the files.
    pub include: bool,
}

/// `MANIFEST`, or `MANIFEST VERBOSE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestKind {
    /// URLs only.
    Plain,
    /// With sizes, record counts and the schema.
    Verbose,
}

/// Compression of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// None.
    #[default]
    None,
    /// `GZIP`.
    Gzip,
    /// `BZIP2`.
    Bzip2,
    /// `ZSTD`.
    Zstd,
    /// `LZOP` (COPY only).
    Lzop,
}

/// Server-side encryption of unloaded objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Encryption {
    /// Nothing written: the platform's default, SSE-S3.
    #[default]
    Default,
    /// `ENCRYPTED` alone: the same, asked for.
    Encrypted,
    /// `ENCRYPTED AUTO`: the bucket's default key.
    Auto,
    /// `ENCRYPTED KMS_KEY_ID '…'`.
    Kms(String),
}

/// What an `UNLOAD` does with objects already under its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Refuse.
    #[default]
    Refuse,
    /// `ALLOWOVERWRITE`: overwrite those of the same name.
    Overwrite,
    /// `CLEANPATH`: delete them first.
    Clean,
}

/// Whose rights a `COPY` or `UNLOAD` uses (SQL commands › COPY › authorization parameters).
#[derive(Clone, PartialEq, Eq)]
pub enum Authorization {
    /// `IAM_ROLE default`: the cluster's default role.
    Default,
    /// `IAM_ROLE 'arn1,arn2'`: a chain, first the role attached to the cluster.
    Roles(Vec<String>),
    /// `IAM_ROLE 'SESSION'`: the federated session's own identity.
    Session,
    /// `ACCESS_KEY_ID … SECRET_ACCESS_KEY … [SESSION_TOKEN …]`, or the same in `CREDENTIALS`.
    Keys {
        /// Access key id.
        access_key_id: String,
        /// Secret access key.
        secret_access_key: String,
        /// Session token of temporary keys.
        session_token: Option<String>,
    },
}

/// `COPY table FROM …` (SQL commands › COPY).
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// The target.
    pub table: ObjectName,
    /// The column list, folded.
    pub columns: Option<Vec<String>>,
    /// `FROM`.
    pub from: CopySource,
    /// Whose rights are used.
    pub authorization: Authorization,
    /// Row format.
    pub format: CopyFormat,
    /// `GZIP`, `BZIP2`, `LZOP`, `ZSTD`.
    pub compression: Compression,
    /// `REGION`.
    pub region: Option<String>,
    /// The remaining parameters, in order of appearance.
    pub options: Vec<CopyOption>,
}

/// Where a `COPY` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopySource {
    /// A key prefix, `s3://…`.
    S3(String),
    /// A manifest object, `s3://… MANIFEST`.
    S3Manifest(String),
    /// `dynamodb://table` with `READRATIO`.
    DynamoDb {
        /// Table name.
        table: String,
        /// Per cent of the table's read capacity, 1 to 200.
        read_ratio: u32,
    },
    /// `emr://…`.
    Emr(String),
    /// An object with SSH endpoints, `s3://… SSH`.
    Ssh(String),
}

/// Row format of a `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyFormat {
    /// Delimited text.
    Text {
        /// One ASCII character.
        delimiter: u8,
    },
    /// `CSV`.
    Csv {
        /// One ASCII character.
        delimiter: u8,
        /// `QUOTE AS`.
        quote: u8,
    },
    /// `FIXEDWIDTH`.
    FixedWidth(Vec<FixedWidthColumn>),
    /// `JSON`: `auto`, `auto ignorecase`, `noshred` or the URL of a JSONPaths file.
    Json(String),
    /// `AVRO`: `auto`, `auto ignorecase` or the URL of a JSONPaths file.
    Avro(String),
    /// `PARQUET [SERIALIZETOJSON]`.
    Parquet {
        /// Nested values become SUPER.
        serialize_to_json: bool,
    },
    /// `ORC [SERIALIZETOJSON]`.
    Orc {
        /// Nested values become SUPER.
        serialize_to_json: bool,
    },
    /// `SHAPEFILE`.
    Shapefile,
}

/// Conversion and load-control parameters of a `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyOption {
    /// `ACCEPTANYDATE`.
    AcceptAnyDate,
    /// `ACCEPTINVCHARS [AS] 'c'`.
    AcceptInvChars(char),
    /// `BLANKSASNULL`.
    BlanksAsNull,
    /// `EMPTYASNULL`.
    EmptyAsNull,
    /// `DATEFORMAT [AS] '…'`.
    DateFormat(String),
    /// `TIMEFORMAT [AS] '…'`.
    TimeFormat(String),
    /// `ENCODING [AS] name`, upper case.
    Encoding(String),
    /// `ESCAPE`.
    Escape,
    /// `EXPLICIT_IDS`.
    ExplicitIds,
    /// `FILLRECORD`.
    FillRecord,
    /// `IGNOREBLANKLINES`.
    IgnoreBlankLines,
    /// `IGNOREHEADER [AS] n`.
    IgnoreHeader(u64),
    /// `NULL AS '…'`.
    NullAs(String),
    /// `REMOVEQUOTES`.
    RemoveQuotes,
    /// `ROUNDEC`.
    RoundDec,
    /// `TRIMBLANKS`.
    TrimBlanks,
    /// `TRUNCATECOLUMNS`.
    TruncateColumns,
    /// `COMPROWS n`.
    CompRows(u64),
    /// `COMPUPDATE`: the word given, upper case, `ON` when none.
    CompUpdate(String),
    /// `STATUPDATE`: on or off.
    StatUpdate(bool),
    /// `IGNOREALLERRORS`.
    IgnoreAllErrors,
    /// `MAXERROR [AS] n`.
    MaxError(u32),
    /// `NOLOAD`.
    NoLoad,
    /// `ENCRYPTED` (client-side encrypted input; the key is refused).
    Encrypted,
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("Default"),
            Self::Session => f.write_str("Session"),
            Self::Roles(roles) => f.debug_tuple("Roles").field(roles).finish(),
            // Keys are secrets: only their presence may show.
            Self::Keys { .. } => f.write_str("Keys(***)"),
        }
    }
}
