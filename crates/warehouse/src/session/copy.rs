//! COPY seen from the session: its table and columns, its gates in the database, the insertion,
//! its records. What happens between the objects and the rows is [`crate::copy`]'s.
//! Start reading at [`Session::run_copy`].

mod table;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use load::options::Options;
use load::target::{Target, schema};
use redshift_sql::{Copy, CopyFormat, CopySource, SqlType};

use super::{Notice, Output, Session};
use crate::catalog::history::{
    ColumnRecord, LoadErrorRecord, LoadFileRecord, LoadRecord, Origin, Record, ReplacementRecord,
};
use crate::copy::{
    Around, BadRow, LoadEnd, LoadReport, LoadRequest, ReplacedValue, check_supported, execute,
};
use crate::engine::EngineFault;
use crate::errors::Failure;
use crate::unload::Caller;
use crate::warehouse::Cluster;
use table::Table;

impl Session {
    /// Carries out a COPY; its success is told by INFO notices.
    pub(super) fn run_copy(
        &mut self,
        copy: &Copy,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let started = self.cluster.world.now();
        self.copy_count = 0;
        let options = Options::of(copy)?;
        check_supported(copy)?;
        let table = self.copy_table(copy, &options)?;
        let roles = self.roles_for(&copy.authorization, "COPY")?;
        let mut report = LoadReport::default();
        let mut load = |session: &mut Self| {
            let (counted, loaded) = session.load(copy, &options, &table, &roles);
            report = counted;
            loaded
        };
        // A check only changes nothing, so it needs no transaction of its own.
        let result = if options.no_load { load(self) } else { self.atomically(load) };
        if report.begun {
            self.last_copy = self.last_query;
        }
        self.remember_load(copy, &table, started, &report, result.is_ok());
        result?;
        self.copy_count = if options.no_load { 0 } else { report.rows };
        for notice in report.notices(&table.name) {
            output.notice(&Notice::info(notice))?;
        }
        Ok(String::from("COPY"))
    }

    fn load(
        &mut self,
        copy: &Copy,
        options: &Options,
        table: &Table,
        roles: &[String],
    ) -> (LoadReport, Result<(), Failure>) {
        let cluster = Arc::clone(&self.cluster);
        let signals = Arc::clone(&self.signals);
        let caller = Caller {
            cluster: &cluster.reference,
            db_user: &self.user.name,
            query_id: self.last_query,
            pid: self.pid,
        };
        let (name, targets) = (table.name.as_str(), table.targets.as_slice());
        let request = LoadRequest { statement: copy, options, targets, roles, caller };
        let teller = Teller { cluster: &cluster, origin: self.origin(self.last_query), table };
        let around = Around {
            cloud: cluster.cloud.as_ref(),
            world: cluster.world.as_ref(),
            cancelled: &signals.cancelled,
            bad: &|rows| teller.bad(rows),
            replaced: &|values| teller.replaced(values),
        };
        let connection = &self.connection;
        let (report, end) = execute(&request, &around, |rows| {
            let schema = Arc::new(schema(targets));
            let rows = (rows, table.is_temporary());
            connection.insert_from(schema, rows, |source| table.insert(source)).map(drop)
        });
        let failed = |end: LoadEnd<EngineFault>| match end {
            LoadEnd::Refused(error) => Failure::from(error),
            LoadEnd::Insert(fault) => cancelled_or(fault.into(), &signals.cancelled),
            LoadEnd::TooManyErrors => Failure::new("XX000", too_many(name)),
        };
        (report, end.map_err(failed))
    }

    fn remember_load(
        &self,
        copy: &Copy,
        table: &Table,
        started: DateTime<Utc>,
        report: &LoadReport,
        completed: bool,
    ) {
        let file = |file: &crate::copy::LoadedFile| LoadFileRecord {
            url: file.url.clone(),
            counts: [file.bytes, file.lines, file.errors],
            times: [file.started, file.ended],
        };
        tracing::debug!(rows = report.rows, bytes = report.bytes(), "COPY ended");
        self.cluster.history.add(Record::Load(LoadRecord {
            origin: self.origin(self.last_query),
            status: if completed { "completed" } else { "aborted" },
            started,
            ended: self.cluster.world.now(),
            table: (table.name.clone(), table.id),
            source: source(&copy.from),
            format: format_name(copy),
            rows: if completed { report.rows } else { 0 },
            source_files: report.source_files,
            errors: report.errors,
            files: report.files.iter().map(file).collect(),
        }));
    }
}

/// The message of a load that found too many bad records.
fn too_many(table: &str) -> String {
    format!("Load into table '{table}' failed.  Check 'stl_load_errors' system table for details.")
}

/// The engine tells of an interrupt in several ways.
fn cancelled_or(failure: Failure, cancelled: &AtomicBool) -> Failure {
    if cancelled.load(Ordering::SeqCst) {
        return Failure::new("57014", "Query (0) cancelled on user's request");
    }
    failure
}

fn source(from: &CopySource) -> String {
    match from {
        CopySource::S3(url)
        | CopySource::S3Manifest(url)
        | CopySource::Emr(url)
        | CopySource::Ssh(url) => url.clone(),
        CopySource::DynamoDb { table, .. } => format!("dynamodb://{table}"),
    }
}

/// As `SYS_LOAD_HISTORY.file_format` shows it.
fn format_name(copy: &Copy) -> &'static str {
    match &copy.format {
        CopyFormat::Csv { .. } => "csv",
        CopyFormat::Text { .. } | CopyFormat::FixedWidth(_) | CopyFormat::Shapefile => "txt",
        CopyFormat::Json(_) => "json",
        CopyFormat::Avro(_) => "avro",
        CopyFormat::Parquet { .. } => "parquet",
        CopyFormat::Orc { .. } => "orc",
    }
}

/// Tells history of bad records while the load runs: they stay whatever becomes of it.
struct Teller<'a> {
    cluster: &'a Cluster,
    origin: Origin,
    table: &'a Table,
}

impl Teller<'_> {
    fn bad(&self, rows: Vec<BadRow>) {
        for row in rows {
            let column = |index: usize| self.table.targets.get(index).map(column_record);
            let fields = row.fields.iter().enumerate();
            let fields = fields
                .filter_map(|(index, value)| Some((column(index)?, value.as_deref().map(text))));
            self.cluster.history.add(Record::LoadError(LoadErrorRecord {
                origin: self.origin.clone(),
                table: self.table.id,
                time: self.cluster.world.now(),
                fields: fields.collect(),
                column: row.rejection.column.and_then(column).unwrap_or_default(),
                url: row.url,
                line: row.line,
                position: row.rejection.position,
                raw: [text(&row.raw), text(&row.rejection.value)],
                code: row.rejection.code,
                reason: row.rejection.reason,
                offset: row.offset,
            }));
        }
    }

    fn replaced(&self, values: Vec<ReplacedValue>) {
        for value in values {
            let column = self.table.targets.get(value.column);
            self.cluster.history.add(Record::Replacement(ReplacementRecord {
                origin: self.origin.clone(),
                url: value.url,
                line: value.line,
                column: column.map(|column| column.name.clone()).unwrap_or_default(),
            }));
        }
    }
}

/// Bytes of a file as the system tables can show them.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', " ")
}

/// A column as `STL_LOAD_ERRORS` names its type: `numeric`, `18, 2`.
fn column_record(target: &Target) -> ColumnRecord {
    let (kind, length) = match target.ty {
        SqlType::Boolean => ("bool", String::from("0")),
        SqlType::SmallInt => ("int2", String::from("0")),
        SqlType::Integer => ("int4", String::from("0")),
        SqlType::BigInt => ("int8", String::from("0")),
        SqlType::Real => ("float4", String::from("0")),
        SqlType::Double => ("float8", String::from("0")),
        SqlType::Decimal { precision, scale } => ("numeric", format!("{precision}, {scale}")),
        SqlType::Char(length) => ("char", length.to_string()),
        SqlType::Varchar(length) => ("varchar", length.to_string()),
        SqlType::Varbyte(length) => ("varbyte", length.to_string()),
        SqlType::Date => ("date", String::from("0")),
        SqlType::Time => ("time", String::from("0")),
        SqlType::TimeTz => ("timetz", String::from("0")),
        SqlType::Timestamp => ("timestamp", String::from("0")),
        SqlType::TimestampTz => ("timestamptz", String::from("0")),
        SqlType::Super => ("super", String::from("0")),
        _ => ("", String::from("0")),
    };
    ColumnRecord { name: target.name.clone(), kind, length }
}
