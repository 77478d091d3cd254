//! A statement turned into decisions: where, in which format, under which names and limits.
//!
//! Everything that can be refused before the cloud is asked is refused here. It must not know
//! rows, threads or the cloud. Start reading at [`Plan::new`].

use std::sync::Arc;

use redshift_sql::{
    Compression, Encryption, Existing, Partitioning, SqlType, Unload, UnloadFormat,
};

use super::cells::Layout;
use super::encoder::Encoder;
use super::parquet::ParquetFormat;
use super::text::{Delimited, FixedWidth, Json, LineEncoder, LineFormat, Show, Style};
use super::{ResultColumn, UnloadError, UnloadRequest};
use crate::ports::{PutOptions, Sse};

/// Slices that write in parallel; Redshift's smallest cluster has two.
const SLICES: u16 = 2;

/// MAXFILESIZE when none is given: 6.2 GB.
const DEFAULT_FILE_SIZE: u64 = 6_657_199_308;

/// Parquet files are made of whole row groups of this many bytes.
const PARQUET_UNIT: u64 = 32 << 20;

/// What is written, and where.
pub(super) struct Plan {
    pub bucket: String,
    /// Key prefix of everything, with its `/` when the files are partitioned.
    pub prefix: String,
    pub layout: Layout,
    /// The query's columns that go into the files, by position.
    pub file_columns: Vec<usize>,
    pub partition: Option<PartitionPlan>,
    pub format: FileFormat,
    pub compression: Compression,
    /// What follows the part number in every file name.
    pub suffix: String,
    pub parallel: bool,
    /// Bytes a data file may have.
    pub max_file_size: u64,
    pub existing: Existing,
    pub put: PutOptions,
    /// An empty result still makes one (empty) object.
    pub writes_empty: bool,
}

/// The columns that make the folders.
pub(super) struct PartitionPlan {
    /// Position in the query, name and type.
    pub columns: Vec<(usize, String, SqlType)>,
    pub show: Show,
}

/// What makes the files' contents.
pub(super) enum FileFormat {
    Lines(Arc<dyn LineFormat>, Arc<[SqlType]>),
    Parquet(Arc<ParquetFormat>),
}

impl FileFormat {
    /// The encoder of a new file.
    pub(super) fn open(&self) -> Box<dyn Encoder> {
        match self {
            Self::Lines(format, types) => {
                Box::new(LineEncoder::new(Arc::clone(format), Arc::clone(types)))
            }
            Self::Parquet(format) => Box::new(format.open()),
        }
    }
}

impl Plan {
    /// Checks the statement against the query's columns.
    ///
    /// # Errors
    /// What Redshift refuses: a target that is no bucket, types a format cannot hold, partition
    /// columns that are not in the query or leave nothing to write.
    pub(super) fn new(request: &UnloadRequest<'_>) -> Result<Self, UnloadError> {
        let statement = request.statement;
        let columns = &request.columns;
        let (bucket, prefix) = target(&statement.to)?;
        check_types(&statement.format, columns)?;
        let show = Show::new(request.extra_float_digits);
        let partition = statement
            .partition_by
            .as_ref()
            .map(|partitioning| partition_plan(partitioning, columns, show))
            .transpose()?;
        let file_columns =
            file_columns(columns.len(), partition.as_ref(), statement.partition_by.as_ref())?;
        let written: Vec<&ResultColumn> =
            file_columns.iter().filter_map(|&index| columns.get(index)).collect();
        Ok(Self {
            prefix: if partition.is_some() { folder(prefix) } else { prefix.to_owned() },
            bucket: bucket.to_owned(),
            layout: Layout::new(columns),
            format: file_format(statement, &written, show)?,
            file_columns,
            partition,
            compression: statement.compression,
            suffix: suffix(statement),
            parallel: statement.parallel,
            max_file_size: max_file_size(statement),
            existing: statement.existing,
            put: PutOptions { sse: sse(&statement.encryption), content_type: None },
            writes_empty: matches!(
                statement.format,
                UnloadFormat::Text { .. } | UnloadFormat::Csv { .. } | UnloadFormat::FixedWidth(_)
            ) && statement.partition_by.is_none(),
        })
    }

    /// How many slices write.
    pub(super) fn slices(&self) -> u16 {
        if self.parallel { SLICES } else { 1 }
    }

    /// The key of a data file. Amazon Redshift Developer Guide, "UNLOAD", TO and PARALLEL.
    pub(super) fn key(&self, folder: &str, slice: u16, part: u32) -> String {
        let Self { prefix, suffix, .. } = self;
        if self.parallel {
            format!("{prefix}{folder}{slice:04}_part_{part:02}{suffix}")
        } else {
            format!("{prefix}{folder}{part:03}{suffix}")
        }
    }

    /// The key of the manifest.
    pub(super) fn manifest_key(&self) -> String {
        format!("{}manifest", self.prefix)
    }
}

/// Bucket and key prefix of `s3://bucket/prefix`.
fn target(to: &str) -> Result<(&str, &str), UnloadError> {
    let refused = |message: String| Err(UnloadError::plain("XX000", message));
    let scheme = to.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("s3://"));
    let Some(path) = scheme.and_then(|_| to.get(5..)) else {
        return refused(format!("UNLOAD destination is not supported. ({to})"));
    };
    let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
    if bucket.is_empty() {
        return refused(format!("UNLOAD destination names no bucket. ({to})"));
    }
    if bucket.ends_with("-s3alias") {
        return refused("UNLOAD does not support Amazon S3 access point aliases.".to_owned());
    }
    Ok((bucket, prefix))
}

/// PARTITION BY makes folders: the prefix ends with `/`.
fn folder(prefix: &str) -> String {
    let end = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
    format!("{prefix}{end}")
}

/// GEOMETRY, HLLSKETCH and VARBYTE go to text and CSV only.
fn check_types(format: &UnloadFormat, columns: &[ResultColumn]) -> Result<(), UnloadError> {
    if matches!(format, UnloadFormat::Text { .. } | UnloadFormat::Csv { .. }) {
        return Ok(());
    }
    let binary = |column: &&ResultColumn| {
        matches!(
            column.redshift_type,
            SqlType::Geometry | SqlType::Geography | SqlType::HllSketch | SqlType::Varbyte(_)
        )
    };
    match columns.iter().find(binary) {
        None => Ok(()),
        Some(column) => Err(UnloadError::plain(
            "0A000",
            format!(
                "UNLOAD of column \"{}\" of type {} is only supported for text and CSV",
                column.name,
                column.base(),
            ),
        )),
    }
}

fn partition_plan(
    partitioning: &Partitioning,
    columns: &[ResultColumn],
    show: Show,
) -> Result<PartitionPlan, UnloadError> {
    let find = |name: &String| {
        let found = columns.iter().enumerate().find(|(_, column)| column.name == *name);
        let Some((index, column)) = found else {
            return Err(UnloadError::plain(
                "42703",
                format!("Partition column \"{name}\" does not exist in the query result"),
            ));
        };
        if !may_partition(column.redshift_type) {
            return Err(UnloadError::plain(
                "0A000",
                format!("Partition column \"{name}\" of type {} is not supported", column.base()),
            ));
        }
        Ok((index, name.clone(), column.redshift_type))
    };
    let columns = partitioning.columns.iter().map(find).collect::<Result<_, _>>()?;
    Ok(PartitionPlan { columns, show })
}

/// The types the page lists under "PARTITION BY clause".
fn may_partition(ty: SqlType) -> bool {
    matches!(
        ty,
        SqlType::SmallInt
            | SqlType::Integer
            | SqlType::BigInt
            | SqlType::Decimal { .. }
            | SqlType::Real
            | SqlType::Boolean
            | SqlType::Char(_)
            | SqlType::Varchar(_)
            | SqlType::Date
            | SqlType::Timestamp
    )
}

/// Partition columns leave the files unless INCLUDE; something must remain.
fn file_columns(
    count: usize,
    partition: Option<&PartitionPlan>,
    partitioning: Option<&Partitioning>,
) -> Result<Vec<usize>, UnloadError> {
    let is_key = |index: &usize| {
        partition.is_some_and(|plan| plan.columns.iter().any(|(key, ..)| key == index))
    };
    let rest: Vec<usize> = (0..count).filter(|index| !is_key(index)).collect();
    if rest.is_empty() {
        return Err(UnloadError::plain(
            "0A000",
            "UNLOAD with PARTITION BY needs at least one column that is not a partition column",
        ));
    }
    let include = partitioning.is_some_and(|partitioning| partitioning.include);
    Ok(if include { (0..count).collect() } else { rest })
}

fn file_format(
    statement: &Unload,
    columns: &[&ResultColumn],
    show: Show,
) -> Result<FileFormat, UnloadError> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let null = statement.null_as.as_deref().unwrap_or_default();
    let header = statement.header.then_some(names.as_slice());
    let lines: Arc<dyn LineFormat> = match &statement.format {
        UnloadFormat::Text { delimiter } => {
            let style = Style::Text { add_quotes: statement.add_quotes, escape: statement.escape };
            Arc::new(Delimited::new(*delimiter, style, null, header, show))
        }
        UnloadFormat::Csv { delimiter } => {
            Arc::new(Delimited::new(*delimiter, Style::Csv, null, header, show))
        }
        UnloadFormat::FixedWidth(widths) if widths.len() != columns.len() => {
            return Err(UnloadError::plain(
                "42601",
                format!(
                    "The fixed width specification has {} columns and the query {}",
                    widths.len(),
                    columns.len(),
                ),
            ));
        }
        UnloadFormat::FixedWidth(widths) => Arc::new(FixedWidth::new(widths.clone(), null, show)),
        UnloadFormat::Json => Arc::new(Json::new(&names, show)),
        UnloadFormat::Parquet => {
            let format = ParquetFormat::new(columns, statement.row_group_size)?;
            return Ok(FileFormat::Parquet(Arc::new(format)));
        }
    };
    let types = columns.iter().map(|column| column.redshift_type).collect();
    Ok(FileFormat::Lines(lines, types))
}

/// The end of every file name: EXTENSION replaces the usual one whole.
fn suffix(statement: &Unload) -> String {
    if let Some(extension) = &statement.extension {
        return format!(".{}", extension.trim_start_matches('.'));
    }
    let usual = match (&statement.format, statement.compression) {
        (UnloadFormat::Parquet, _) => ".parquet",
        (_, Compression::Gzip) => ".gz",
        (_, Compression::Bzip2) => ".bz2",
        (_, Compression::Zstd) => ".zst",
        (_, Compression::None | Compression::Lzop) => "",
    };
    usual.to_owned()
}

/// For Parquet rounded down to whole units of 32 MB, at least one.
fn max_file_size(statement: &Unload) -> u64 {
    let size = statement.max_file_size.unwrap_or(DEFAULT_FILE_SIZE);
    match statement.format {
        UnloadFormat::Parquet => (size / PARQUET_UNIT).max(1) * PARQUET_UNIT,
        _ => size,
    }
}

fn sse(encryption: &Encryption) -> Sse {
    match encryption {
        Encryption::Default | Encryption::Encrypted => Sse::S3,
        Encryption::Auto => Sse::BucketDefault,
        Encryption::Kms(key) => Sse::Kms { key_id: Some(key.clone()) },
    }
}
