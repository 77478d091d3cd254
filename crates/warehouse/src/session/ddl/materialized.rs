//! Materialized views: to the engine a table, filled by the view's query when it is made and when
//! it is refreshed.
//!
//! Whether one is stale is told by the counts of changes of the tables below it, which the locks
//! keep since the cluster's start; after a start every view is taken for stale once. Redshift
//! Developer Guide, "Materialized views", "CREATE MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW".

use chrono::{DateTime, Utc};
use redshift_sql::{CreateMaterializedView, ObjectName, Privilege};

use super::super::{Notice, Output, Session};
use super::Place;
use super::table::{attributed, dist_style, exists, require_distinct, sort_style};
use crate::catalog::history::{Record, RefreshRecord};
use crate::catalog::own;
use crate::catalog::relations::{self, NewRelation, Relation};
use crate::engine::{Connection, EngineFault, literal};
use crate::errors::Failure;
use crate::privileges::Resolved;

/// Levels of views on views that are looked through.
const DEPTH: usize = 32;

/// What is kept of a materialized view.
struct Kept {
    query: String,
    incremental: bool,
    stamp: String,
}

impl Session {
    pub(super) fn create_materialized(
        &mut self,
        create: &CreateMaterializedView,
    ) -> Result<String, Failure> {
        let place = self.place(&create.name)?;
        self.require_create(&place.schema, "CREATE MATERIALIZED VIEW")?;
        if self.find_relation(&place)?.is_some() {
            return Err(exists(&place.name));
        }
        self.check_accesses(&create.engine_query.accesses)?;
        let (text, query) = self.qualified_query(&create.query)?;
        let reads = self.check_accesses(&query.accesses)?;
        self.refuse_elsewhere(&reads, "materialized views")?;
        let mut uses = Vec::new();
        for read in &reads {
            match read {
                Resolved::Relation { relation, .. } if !relation.late_binding => {
                    uses.push(relation.id);
                }
                _ => {
                    return Err(Failure::new(
                        "0A000",
                        "Materialized views cannot be created on temporary tables, system tables \
                         or late-binding views",
                    ));
                }
            }
        }
        self.refuse_protected(&uses, "CREATE MATERIALIZED VIEW")?;
        let statement = self.statement_text.trim().trim_end_matches(';').to_owned();
        self.atomically(|session| {
            let resolution = session.resolve(&query, &[])?;
            let mut columns = session.columns_of_query(&resolution, &[])?;
            require_distinct(&columns)?;
            attributed(&mut columns, &create.attributes)?;
            let target = session.engine_place(&place)?;
            session.connection.run(&format!("CREATE TABLE {target} AS {}", resolution.sql))?;
            let new = NewRelation {
                schema: &place.schema,
                name: &place.name,
                kind: "m",
                owner: session.user.id,
                dist_style: dist_style(&create.attributes),
                sort_style: sort_style(&create.attributes),
                late_binding: false,
                definition: Some(&statement),
                columns,
            };
            let now = session.cluster.world.now();
            let database = session.database.clone();
            let id = relations::add(&session.connection, &database, &new, now)?;
            relations::set_dependencies(&session.connection, &database, id, &uses)?;
            let stamp = session.stamp_of(id)?;
            session.connection.run(&format!(
                "INSERT INTO {} VALUES ({id}, {}, {}, {}, {}, false)",
                own(&database, "materialized_views"),
                literal(&text),
                create.auto_refresh,
                create.incremental,
                literal(&stamp)
            ))?;
            Ok(())
        })?;
        Ok(String::from("CREATE MATERIALIZED VIEW"))
    }

    pub(super) fn refresh(
        &mut self,
        name: &ObjectName,
        cascade: bool,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let view = self.materialized(name)?;
        let started = self.cluster.world.now();
        let told = self.atomically(|session| session.refresh_view(&view, cascade, DEPTH));
        let told = told.inspect_err(|failure| {
            let status = format!("Refresh failed. {}", failure.message);
            self.remember_refresh(&view, started, status);
        })?;
        for (view, how) in told {
            self.remember_refresh(&view, started, how.status().to_owned());
            let (name, how) = (&view.name, how.words());
            output.notice(&Notice::info(format!("Materialized view {name} {how}.")))?;
        }
        Ok(String::from("REFRESH MATERIALIZED VIEW"))
    }

    /// Refreshes a view, and those below it first if asked; gives what became of each.
    fn refresh_view(
        &mut self,
        view: &Relation,
        cascade: bool,
        depth: usize,
    ) -> Result<Vec<(Relation, Refreshed)>, Failure> {
        let mut told = Vec::new();
        let database = self.database.clone();
        if let (true, Some(depth)) = (cascade, depth.checked_sub(1)) {
            for below in relations::read_by(&self.connection, &database, view.id)? {
                if below.is_materialized() {
                    told.extend(self.refresh_view(&below, cascade, depth)?);
                }
            }
        }
        let kept = self.kept(view.id)?;
        let stamp = self.stamp_of(view.id)?;
        if kept.stamp == stamp {
            told.push((view.clone(), Refreshed::Not));
            return Ok(told);
        }
        let reads = relations::read_by(&self.connection, &database, view.id)?;
        let reads: Vec<i64> = reads.iter().map(|relation| relation.id).collect();
        self.refuse_protected(&reads, "REFRESH MATERIALIZED VIEW")?;
        let query = self.query_of(&kept.query)?;
        let resolution = self.resolve_as_owner(&query, view.owner)?;
        let place = Place { schema: view.schema.clone(), name: view.name.clone() };
        let target = self.engine_place(&place)?;
        self.connection.run(&format!("DELETE FROM {target}"))?;
        self.connection.run(&format!("INSERT INTO {target} {}", resolution.sql))?;
        let stamped = format!("stamp = {}, stale = false", literal(&stamp));
        change(&self.connection, &database, view.id, &stamped)?;
        told.push((
            view.clone(),
            match kept.incremental {
                true => Refreshed::Incrementally,
                false => Refreshed::Anew,
            },
        ));
        Ok(told)
    }

    fn remember_refresh(&self, view: &Relation, started: DateTime<Utc>, status: String) {
        self.cluster.history.add(Record::Refresh(RefreshRecord {
            view: [self.database_name.clone(), view.schema.clone(), view.name.clone()],
            user: self.user.id,
            transaction: self.transaction_number,
            started,
            ended: self.cluster.world.now(),
            status,
            automatic: self.unseen,
        }));
    }

    /// Whether a view would change by a refresh.
    pub(in crate::session) fn is_stale(&self, view: i64) -> Result<bool, Failure> {
        Ok(self.kept(view)?.stamp != self.stamp_of(view)?)
    }

    pub(super) fn alter_materialized(
        &mut self,
        name: &ObjectName,
        auto_refresh: bool,
    ) -> Result<String, Failure> {
        let view = self.materialized(name)?;
        let assignment = format!("auto_refresh = {auto_refresh}");
        change(&self.connection, &self.database, view.id, &assignment)?;
        Ok(String::from("ALTER MATERIALIZED VIEW"))
    }

    /// The materialized view of this name, which only its owner changes.
    fn materialized(&mut self, name: &ObjectName) -> Result<Relation, Failure> {
        match self.target(name, Privilege::Alter)? {
            Resolved::Relation { relation, .. } if relation.is_materialized() => Ok(relation),
            _ => {
                let message = format!("\"{}\" is not a materialized view", name.name);
                Err(Failure::new("42809", message))
            }
        }
    }

    /// The query of a materialized view.
    pub(super) fn materialized_query(&self, view: i64) -> Result<String, Failure> {
        Ok(self.kept(view)?.query)
    }

    fn kept(&self, view: i64) -> Result<Kept, Failure> {
        let rows = self.connection.rows(&format!(
            "SELECT query, incremental, stamp FROM {} WHERE relation = {view}",
            own(&self.database, "materialized_views")
        ))?;
        match rows.first().map(Vec::as_slice) {
            Some([query, incremental, stamp]) => Ok(Kept {
                query: query.text().to_owned(),
                incremental: incremental.is_true(),
                stamp: stamp.text().to_owned(),
            }),
            _ => Err(Failure::internal("a materialized view without its query")),
        }
    }

    /// The state of all that a view is made from: it is stale when that is another.
    fn stamp_of(&self, view: i64) -> Result<String, Failure> {
        let mut parts = vec![self.cluster.run.clone()];
        let mut next = vec![(view, 0_usize)];
        while let Some((one, depth)) = next.pop() {
            for below in relations::read_by(&self.connection, &self.database, one)? {
                if below.is_view() && depth < DEPTH {
                    next.push((below.id, depth.saturating_add(1)));
                } else {
                    let table = (self.database.clone(), below.id);
                    let changes = self.cluster.locks.changes(&table);
                    parts.push(format!("{}:{changes}", below.id));
                }
            }
        }
        Ok(parts.join(" "))
    }

    /// Writes down which views are stale, before somebody asks.
    pub(in crate::session) fn note_stale(&self) -> Result<(), Failure> {
        let table = own(&self.database, "materialized_views");
        let rows = self.connection.rows(&format!("SELECT relation, stamp, stale FROM {table}"))?;
        for row in &rows {
            let [relation, stamp, stale] = row.as_slice() else { continue };
            let now = self.stamp_of(relation.int())? != stamp.text();
            if now != stale.is_true() {
                let assignment = format!("stale = {now}");
                change(&self.connection, &self.database, relation.int(), &assignment)?;
            }
        }
        Ok(())
    }
}

/// What a refresh has done to a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refreshed {
    /// Nothing.
    Not,
    /// It could have followed the changes.
    Incrementally,
    /// It was computed again.
    Anew,
}

impl Refreshed {
    /// As the client is told.
    fn words(self) -> &'static str {
        match self {
            Self::Not => "is already up to date",
            Self::Incrementally => "was incrementally updated successfully",
            Self::Anew => "was recomputed from scratch",
        }
    }

    /// As `SVL_MV_REFRESH_STATUS` tells.
    fn status(self) -> &'static str {
        match self {
            Self::Not => "MV was already updated",
            Self::Incrementally => "Refresh successfully updated MV incrementally",
            Self::Anew => "Refresh successfully recomputed MV from scratch",
        }
    }
}

/// Changes what is kept of a materialized view; `assignment` is SQL of ours.
pub(super) fn change(
    connection: &Connection,
    database: &str,
    view: i64,
    assignment: &str,
) -> Result<(), EngineFault> {
    let table = own(database, "materialized_views");
    connection.run(&format!("UPDATE {table} SET {assignment} WHERE relation = {view}"))?;
    Ok(())
}
