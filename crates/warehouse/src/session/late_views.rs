//! Late-binding views: at each use their text is read again, checked with the rights of the view's
//! owner, and put in the place of the view's name. Redshift Developer Guide, "CREATE VIEW", "WITH
//! NO SCHEMA BINDING".

use redshift_sql::{Access, EngineStatement, Resolution};

use super::Session;
use super::known::Known;
use crate::catalog::relations;
use crate::errors::Failure;
use crate::privileges::{self, Resolved};

/// Views on views that are looked through.
const DEPTH: usize = 32;

impl Session {
    /// Tells `known` the columns of a statement's relations and the queries of its late-binding
    /// views; gives every name that the engine knows otherwise.
    pub(super) fn know(
        &mut self,
        known: &mut Known,
        accesses: &[Access],
        found: &[Resolved],
    ) -> Result<Vec<Access>, Failure> {
        self.know_down_to(known, accesses, found, DEPTH)
    }

    fn know_down_to(
        &mut self,
        known: &mut Known,
        accesses: &[Access],
        found: &[Resolved],
        depth: usize,
    ) -> Result<Vec<Access>, Failure> {
        let mut names = accesses.to_vec();
        for (access, found) in accesses.iter().zip(found) {
            if let Some(columns) = self.columns_of(found)? {
                known.columns.insert(access.name.clone(), columns);
            }
            let Resolved::Relation { database, relation } = found else { continue };
            if !relation.late_binding || known.views.contains_key(&access.name) {
                continue;
            }
            if *database != self.database {
                return Err(Failure::not_implemented("a late-binding view of another database"));
            }
            let Some(depth) = depth.checked_sub(1) else {
                return Err(Failure::new("54001", "views are nested too deeply"));
            };
            let text = relations::definition(&self.connection, database, relation.id)?;
            let query = self.view_query(&text)?;
            let inside = self.check_as_owner(&query.accesses, relation.owner)?;
            let below = self.know_down_to(known, &query.accesses, &inside, depth)?;
            names.extend(below);
            // Policies are always those of who reads.
            let mut guards = Known::default();
            names.extend(self.know_guards_inside(&mut guards, &query.accesses, &inside, depth)?);
            let guarded = query.parsed.guarded(&guards)?;
            known.views.insert(access.name.clone(), guarded.with_views(known)?);
        }
        Ok(names)
    }

    fn view_query(&mut self, text: &str) -> Result<EngineStatement, Failure> {
        let read = self.parse(text)?.into_iter().next().map(|statement| statement.kind);
        match read {
            Some(redshift_sql::Kind::Engine(query)) if query.returns_rows => Ok(query),
            _ => Err(Failure::internal("a view's text is no query")),
        }
    }

    /// Checks what a view reads: its owner must be allowed to, not who reads the view.
    fn check_as_owner(
        &mut self,
        accesses: &[Access],
        owner: i64,
    ) -> Result<Vec<Resolved>, Failure> {
        let identity = self.identity_of(owner)?;
        self.with_scope(|connection, scope| {
            privileges::check(connection, scope, &identity, accesses)
        })
        .map_err(|mut failure| {
            // Places in the view's text mean nothing in the statement's.
            failure.position = None;
            failure
        })
    }

    /// A query of an owner's, as a refresh runs it whoever asks for it.
    pub(super) fn resolve_as_owner(
        &mut self,
        query: &EngineStatement,
        owner: i64,
    ) -> Result<Resolution, Failure> {
        let found = self.check_as_owner(&query.accesses, owner)?;
        let mut known = Known::default();
        let names = self.know(&mut known, &query.accesses, &found)?;
        let mut resolution = query.resolve(&known)?;
        self.answer_functions(&resolution.session_functions)?;
        resolution.sql = self.engine_names(&resolution.sql, &names)?;
        Ok(resolution)
    }
}
