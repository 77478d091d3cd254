//! UNLOAD seen from the session: its query, its gates in the database, its records.
//! What happens to the rows is [`crate::unload`]'s.

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use redshift_sql::{Authorization, Resolution, Unload};

use super::engine_sql::describe_sql;
use super::known::typed;
use super::{Notice, Output, Session};
use crate::catalog::history::{Record, UnloadRecord};
use crate::engine::Prepared;
use crate::errors::{Failure, from_engine};
use crate::privileges::assume_role;
use crate::unload::{
    BatchSource, Caller, ResultColumn, SourceError, UnloadReport, UnloadRequest, execute,
    resolve_roles,
};

/// The engine's rows, pulled by the writers.
struct EngineRows<'a> {
    prepared: Prepared<'a>,
}

impl BatchSource for EngineRows<'_> {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, SourceError> {
        self.prepared.next_batch().map_err(|fault| {
            let failure = from_engine(&fault.message);
            SourceError { sqlstate: failure.sqlstate, message: failure.message }
        })
    }
}

impl Session {
    /// Carries out an UNLOAD; its success is told by an INFO notice.
    pub(super) fn run_unload(
        &mut self,
        unload: &Unload,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let started = self.cluster.world.now();
        self.unload_count = 0;
        let result = self.unload_checked(unload);
        self.remember_unload(unload, started, &result);
        let report = result?;
        self.last_unload = self.last_query;
        self.unload_count = report.rows;
        output.notice(&Notice::info(report.notice()))?;
        Ok(String::from("UNLOAD"))
    }

    fn unload_checked(&mut self, unload: &Unload) -> Result<UnloadReport, Failure> {
        let options = self.options();
        let functions = super::procedures::Functions::of(self);
        let query = redshift_sql::parse_query_with(&unload.query, &options, &functions)
            .map_err(|error| self.inside_query(Failure::from(error), unload))?;
        let resolution = self.engine_sql(&query, &[])?;
        let roles = self.roles_for(&unload.authorization, "UNLOAD")?;
        self.unload_rows(unload, &resolution, &roles)
    }

    /// The first two gates: the role is attached to the cluster, and the user may use it for the
    /// command (`UNLOAD`, `COPY`).
    pub(super) fn roles_for(
        &mut self,
        authorization: &Authorization,
        command: &str,
    ) -> Result<Vec<String>, Failure> {
        let reference = &self.cluster.reference;
        let facts = self
            .cluster
            .directory
            .cluster(reference)
            .ok_or_else(|| Failure::new("57P03", "the cluster is not available"))?;
        let name = self.user.name.clone();
        let caller =
            Caller { cluster: reference, db_user: &name, query_id: self.last_query, pid: self.pid };
        let roles = resolve_roles(authorization, &facts, &caller)?;
        if roles.is_empty() {
            return Ok(roles);
        }
        let identity = self.identity()?;
        let chain = roles.join(",");
        let is_default = matches!(authorization, Authorization::Default);
        let (connection, home) = (&self.connection, &self.cluster.home);
        assume_role::check(connection, home, &identity, &name, &chain, is_default, command)?;
        Ok(roles)
    }

    fn unload_rows(
        &mut self,
        unload: &Unload,
        resolution: &Resolution,
        roles: &[String],
    ) -> Result<UnloadReport, Failure> {
        // The types come first: looking them up would end the running query.
        let sql = &resolution.sql;
        let columns = typed(describe_sql(&self.connection, sql)?, resolution)
            .into_iter()
            .map(|field| ResultColumn { name: field.name, redshift_type: field.kind.sql() })
            .collect();
        let mut prepared = self.connection.prepare(sql)?;
        prepared.start()?;
        let request = UnloadRequest {
            statement: unload,
            columns,
            roles: roles.to_vec(),
            caller: Caller {
                cluster: &self.cluster.reference,
                db_user: &self.user.name,
                query_id: self.last_query,
                pid: self.pid,
            },
            extra_float_digits: i8::try_from(self.settings.int("extra_float_digits")).unwrap_or(0),
        };
        let mut rows = EngineRows { prepared };
        let (cloud, world) = (self.cluster.cloud.as_ref(), self.cluster.world.as_ref());
        let cancelled = &self.signals.cancelled;
        Ok(execute(&request, &mut rows, cloud, world, &|_| {}, cancelled)?)
    }

    /// A place inside the query's text is a place in the statement.
    fn inside_query(&self, mut failure: Failure, unload: &Unload) -> Failure {
        failure.position =
            failure.position.map(|at| at.saturating_add(unload.query_position).saturating_sub(1));
        failure
    }

    fn remember_unload(
        &self,
        unload: &Unload,
        started: DateTime<Utc>,
        result: &Result<UnloadReport, Failure>,
    ) {
        let report = result.as_ref().ok();
        let files = report.map(|report| {
            let file = |file: &crate::unload::UnloadedFile| {
                (file.url.clone(), file.slice, file.records, file.bytes)
            };
            report.files.iter().map(file).collect()
        });
        self.cluster.history.add(Record::Unload(UnloadRecord {
            origin: self.origin(self.last_query),
            status: if report.is_some() { "completed" } else { "aborted" },
            started,
            ended: self.cluster.world.now(),
            format: report.map_or("", |report| report.format).to_owned(),
            compression: report.map_or("", |report| report.compression).to_owned(),
            location: unload.to.clone(),
            rows: report.map_or(0, |report| report.rows),
            error: result.as_ref().err().map(|failure| failure.message.clone()),
            files: files.unwrap_or_default(),
        }));
    }
}
