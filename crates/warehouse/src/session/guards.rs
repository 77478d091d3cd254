//! What the session's user may have of each relation: which rows, values and columns; and the
//! queries of views that read guarded relations, because the engine's own views would read past
//! the guards.
//!
//! Grants behind a view are its owner's; policies are always those of who reads. Redshift
//! Developer Guide, "Row-level security", "Dynamic data masking", "Usage notes for column-level
//! access control". Start reading at [`Session::know_guards`].

use redshift_sql::{
    Access, ColumnType, EngineStatement, Kind, Mask, ObjectName, Parsed, Privilege, Protected,
    RowFilter, SqlType,
};

use super::Session;
use super::columns::declared;
use super::known::Known;
use crate::catalog::grants::{Holder, Object, held, held_by, identity_filter, memberships};
use crate::catalog::policies::{self, Attachment, Policies, Policy};
use crate::catalog::relations::{self, Relation};
use crate::catalog::roles::{SECURITY_ADMIN, permissions};
use crate::catalog::users::by_id;
use crate::engine::quote;
use crate::errors::Failure;
use crate::privileges::{self, Identity, Resolved};

/// Views on views that are looked through.
const DEPTH: usize = 32;
/// Settings that must have their defaults where rows are filtered: names in policies are folded.
const CASE_SETTINGS: [(&str, &str); 3] = [
    ("enable_case_sensitive_identifier", "off"),
    ("enable_case_sensitive_super_attribute", "off"),
    ("downcase_delimited_identifier", "on"),
];

impl Session {
    /// Policies of the connected database, and what its views read. Not kept here: the connection
    /// remembers what the catalog answered until anything in it changes, and a view made a moment
    /// ago must not be taken for one that reads nothing guarded.
    pub(super) fn policies(&self) -> Result<Policies, Failure> {
        Ok(policies::load(&self.connection, &self.database)?)
    }

    /// Plans tell of policies: they are for those who may see these.
    ///
    /// # Errors
    /// 42501 when a policy of the statement resolved last is none of the user's business.
    pub(super) fn require_explain(&mut self) -> Result<(), Failure> {
        let identity = self.identity()?;
        for (used, permission) in
            [(self.guarded.0, "EXPLAIN RLS"), (self.guarded.1, "EXPLAIN MASKING")]
        {
            if used && !identity.may(permission) {
                return Err(Failure::new(
                    "42501",
                    format!(
                        "the plan of a relation with policies needs the permission {permission}"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Tells `known` the guards of a statement's relations; gives the accesses of the views that
    /// were looked into.
    pub(super) fn know_guards(
        &mut self,
        known: &mut Known,
        accesses: &[Access],
        found: &[Resolved],
    ) -> Result<Vec<Access>, Failure> {
        let policies = self.policies()?;
        self.guarded = (false, false);
        self.hidden.clear();
        let mut names = Vec::new();
        for (access, found) in accesses.iter().zip(found) {
            self.know_guard(known, &policies, access, found, &mut names, DEPTH)?;
        }
        Ok(names)
    }

    /// The guards of what a late-binding view reads.
    pub(super) fn know_guards_inside(
        &mut self,
        known: &mut Known,
        accesses: &[Access],
        found: &[Resolved],
        depth: usize,
    ) -> Result<Vec<Access>, Failure> {
        let policies = self.policies()?;
        let mut names = Vec::new();
        for (access, found) in accesses.iter().zip(found) {
            // The owner's grants count, so every column may be read.
            let mut access = access.clone();
            access.columns = Some(Vec::new());
            self.know_guard(known, &policies, &access, found, &mut names, depth)?;
        }
        Ok(names)
    }

    /// Refuses what would read or move a relation's rows past its policies, whoever asks.
    pub(super) fn refuse_protected(
        &mut self,
        relations: &[i64],
        what: &str,
    ) -> Result<(), Failure> {
        let policies = self.policies()?;
        let protected = |id: i64| {
            policies.filtered.contains_key(&id)
                || policies.attachments.iter().any(|attached| attached.relation == id)
        };
        let found = relations
            .iter()
            .any(|id| protected(*id) || policies.below(*id).into_iter().any(protected));
        match found {
            true => Err(Failure::new(
                "0A000",
                format!("{what} is not supported on relations with policies"),
            )),
            false => Ok(()),
        }
    }

    fn know_guard(
        &mut self,
        known: &mut Known,
        policies: &Policies,
        access: &Access,
        found: &Resolved,
        names: &mut Vec<Access>,
        depth: usize,
    ) -> Result<(), Failure> {
        let Resolved::Relation { database, relation } = found else { return Ok(()) };
        if known.guards.contains_key(&access.name) {
            return Ok(());
        }
        let readable = self.readable(access, database, relation)?;
        let elsewhere = *database != self.database;
        let guarded = match elsewhere {
            true => {
                let there = policies::load(&self.connection, database)?;
                self.is_guarded(&there, relation)?
            }
            false => self.is_guarded(policies, relation)?,
        };
        if !guarded && readable.is_none() {
            return Ok(());
        }
        if elsewhere {
            return Err(Failure::new(
                "0A000",
                format!(
                    "RLS-protected relation \"{}\" cannot be accessed via cross-database query.",
                    relation.name
                ),
            ));
        }
        let Some(columns) = self.columns_of(found)? else {
            return Err(Failure::internal("a guarded relation has no columns"));
        };
        let source = match relation.is_view() {
            true => Some(self.looked_into(known, policies, relation, &columns, names, depth)?),
            false => None,
        };
        let name = ObjectName {
            database: None,
            schema: Some(relation.schema.clone()),
            name: relation.name.clone(),
        };
        let protected = Protected {
            name: name.clone(),
            source,
            columns: readable,
            all: columns.iter().map(|column| column.name.clone()).collect(),
            filter: self.filter(policies, relation, names)?,
            masks: self.masks(policies, relation, &columns)?,
        };
        if let Some(shown) = &protected.columns {
            let hidden = protected.all.iter().filter(|column| !shown.contains(column)).cloned();
            self.hidden.push((relation.name.clone(), hidden.collect()));
        }
        self.guarded.0 |= protected.filter.is_some();
        self.guarded.1 |= !protected.masks.is_empty();
        // It stands in the statement by its schema, which the engine knows by another name.
        names.push(named(&name));
        known.columns.insert(name, columns);
        known.guards.insert(access.name.clone(), protected.guard()?);
        Ok(())
    }

    /// A column that is not shown to the user is none that does not exist.
    pub(super) fn denied_if_hidden(&self, failure: Failure) -> Failure {
        let hides = |(_, columns): &&(String, Vec<String>)| {
            let mut columns = columns.iter();
            columns.any(|column| failure.message.contains(&format!("\"{column}\"")))
        };
        let missing = matches!(failure.sqlstate.as_str(), "42703" | "42P01");
        match self.hidden.iter().find(hides).filter(|_| missing) {
            Some((relation, _)) => Failure::denied("relation", relation),
            None => failure,
        }
    }

    /// The columns that may be read, where they are not all.
    fn readable(
        &mut self,
        access: &Access,
        database: &str,
        relation: &Relation,
    ) -> Result<Option<Vec<String>>, Failure> {
        let identity = self.identity()?;
        let whole = access.privilege == Privilege::Select && access.columns.is_none();
        if !whole || identity.superuser || relation.owner == identity.user || relation.is_view() {
            return Ok(None);
        }
        let object = Object::Relation { schema: &relation.schema, name: &relation.name };
        let held = held(&self.connection, database, &object, &identity.filter)?;
        let mut reads = held.iter().filter(|held| held.privilege == "SELECT");
        if reads.any(|held| held.column.is_empty()) {
            return Ok(None);
        }
        let own = relations::column_names(&self.connection, database, relation.id)?;
        let may = |name: &String| {
            held.iter().any(|held| held.privilege == "SELECT" && held.column == *name)
        };
        Ok(Some(own.into_iter().filter(may).collect()))
    }

    /// Whether policies concern the user here, on the relation or below a view.
    fn is_guarded(&mut self, policies: &Policies, relation: &Relation) -> Result<bool, Failure> {
        if policies.is_empty() {
            return Ok(false);
        }
        let identity = self.identity()?;
        let concerns = |id: i64| {
            policies.filtered.contains_key(&id) && !identity.may("IGNORE RLS")
                || policies.attachments.iter().any(|a| {
                    a.relation == id
                        && counts(a, &identity)
                        && policies.all.get(&a.policy).is_some_and(|policy| policy.masks)
                })
        };
        if concerns(relation.id) {
            return Ok(true);
        }
        Ok(relation.is_view() && policies.below(relation.id).into_iter().any(concerns))
    }

    fn filter(
        &mut self,
        policies: &Policies,
        relation: &Relation,
        names: &mut Vec<Access>,
    ) -> Result<Option<RowFilter>, Failure> {
        let identity = self.identity()?;
        let Some(any) = policies.filtered.get(&relation.id).copied() else { return Ok(None) };
        if identity.may("IGNORE RLS") {
            return Ok(None);
        }
        if CASE_SETTINGS.iter().any(|(name, value)| self.setting(name) != Some(value)) {
            return Err(Failure::new(
                "0A000",
                "RLS protected relation does not support session level config on case \
                 sensitivity being different from its default value.",
            ));
        }
        let mut filter = RowFilter {
            alias: None,
            columns: Vec::new(),
            predicates: Vec::new(),
            any,
            lookups: Vec::new(),
        };
        let mut seen = Vec::new();
        for attachment in policies.attachments.iter().filter(|a| a.relation == relation.id) {
            let Some(policy) = policies.all.get(&attachment.policy) else { continue };
            if policy.masks || seen.contains(&policy.id) || !counts(attachment, &identity) {
                continue;
            }
            seen.push(policy.id);
            self.add_policy(&mut filter, policy, names)?;
        }
        Ok(Some(filter))
    }

    fn add_policy(
        &self,
        filter: &mut RowFilter,
        policy: &Policy,
        names: &mut Vec<Access>,
    ) -> Result<(), Failure> {
        for lookup in &policy.lookups {
            let object = Object::Relation { schema: &lookup.schema, name: &lookup.name };
            let holder = Holder { kind: "rls_policy", id: policy.id };
            let held = held_by(&self.connection, &self.database, &object, &holder)?;
            if !held.iter().any(|held| held.privilege == "SELECT") {
                return Err(Failure::denied("relation", &lookup.name));
            }
            let exact = ObjectName {
                database: None,
                schema: Some(lookup.schema.clone()),
                name: lookup.name.clone(),
            };
            names.push(named(&exact));
            filter.lookups.push((lookup.written.clone(), exact));
        }
        filter.alias.clone_from(&policy.alias);
        filter.columns.extend(policy.columns.iter().map(|(name, _)| name.clone()));
        filter.predicates.extend(policy.expressions.iter().map(|(text, _)| text.clone()));
        Ok(())
    }

    fn masks(
        &mut self,
        policies: &Policies,
        relation: &Relation,
        columns: &[ColumnType],
    ) -> Result<Vec<Mask>, Failure> {
        let identity = self.identity()?;
        let mut best: Vec<(&Attachment, &Policy, &String)> = Vec::new();
        for attachment in policies.attachments.iter().filter(|a| a.relation == relation.id) {
            let Some(policy) = policies.all.get(&attachment.policy).filter(|p| p.masks) else {
                continue;
            };
            if !counts(attachment, &identity) {
                continue;
            }
            for output in &attachment.outputs {
                match best.iter_mut().find(|(_, _, column)| *column == output) {
                    Some(kept) if kept.0.priority >= attachment.priority => {}
                    Some(kept) => *kept = (attachment, policy, output),
                    None => best.push((attachment, policy, output)),
                }
            }
        }
        best.into_iter().map(|(a, policy, output)| mask(a, policy, output, columns)).collect()
    }

    /// A view's query, with guards in it.
    fn looked_into(
        &mut self,
        known: &mut Known,
        policies: &Policies,
        view: &Relation,
        columns: &[ColumnType],
        names: &mut Vec<Access>,
        depth: usize,
    ) -> Result<Parsed, Failure> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Failure::new("54001", "views are nested too deeply"));
        };
        let text = relations::definition(&self.connection, &self.database, view.id)?;
        let list: Vec<String> = columns.iter().map(|column| quote(&column.name)).collect();
        let query = self.query_in(&format!("select * from ({text}) as v ({})", list.join(", ")))?;
        let identity = self.identity_of(view.owner)?;
        let found = self.with_scope(|connection, scope| {
            privileges::check(connection, scope, &identity, &query.accesses)
        });
        let found = found.map_err(|mut failure| {
            // Places in the view's text mean nothing in the statement's.
            failure.position = None;
            failure
        })?;
        // The names in the text must mean what they meant when the view was made.
        let reads = policies.reads.get(&view.id).cloned().unwrap_or_default();
        let strange = |found: &Resolved| match found {
            Resolved::Relation { relation, .. } => !reads.contains(&relation.id),
            Resolved::Temporary { .. } => true,
            Resolved::System { .. } => false,
        };
        if found.iter().any(strange) {
            let text = format!("view \"{}\" over relations with policies", view.name);
            return Err(Failure::not_implemented(&text));
        }
        let mut inside = Known::default();
        for (access, found) in query.accesses.iter().zip(&found) {
            // The owner's grants count, so every column may be read.
            let mut access = access.clone();
            access.columns = Some(Vec::new());
            self.know_guard(&mut inside, policies, &access, found, names, depth)?;
        }
        // What stands for the view is typed with the statement.
        for (access, found) in query.accesses.iter().zip(&found) {
            if let Some(columns) = self.columns_of(found)? {
                known.columns.entry(access.name.clone()).or_insert(columns);
            }
        }
        known.columns.extend(std::mem::take(&mut inside.columns));
        names.extend(query.accesses.iter().cloned());
        Ok(query.parsed.guarded(&inside)?)
    }

    fn query_in(&mut self, text: &str) -> Result<EngineStatement, Failure> {
        match self.parse(text)?.into_iter().next().map(|statement| statement.kind) {
            Some(Kind::Engine(query)) if query.returns_rows => Ok(query),
            _ => Err(Failure::internal("a view's text is no query")),
        }
    }

    /// What another user counts as.
    pub(super) fn identity_of(&self, user: i64) -> Result<Identity, Failure> {
        let home = self.home();
        let found = by_id(&self.connection, home, user)?;
        let (groups, roles) = memberships(&self.connection, home, user)?;
        let filter = identity_filter(user, &groups, &roles);
        Ok(Identity {
            user,
            // The owner of what came with the cluster is no user of it.
            superuser: found.is_none_or(|user| user.superuser),
            security_admin: roles.contains(&SECURITY_ADMIN),
            permissions: permissions(&self.connection, home, &filter)?.into_iter().collect(),
            roles,
            filter,
        })
    }
}

/// Whether an attachment concerns an identity.
fn counts(attachment: &Attachment, identity: &Identity) -> bool {
    match attachment.kind.as_str() {
        "public" => true,
        "user" => attachment.holder == identity.user,
        _ => identity.roles.contains(&attachment.holder),
    }
}

fn mask(
    attachment: &Attachment,
    policy: &Policy,
    output: &str,
    columns: &[ColumnType],
) -> Result<Mask, Failure> {
    let broken = || {
        Failure::internal(format!("masking policy \"{}\" does not fit its columns", policy.name))
    };
    let place = attachment.outputs.iter().position(|name| name == output).ok_or_else(broken)?;
    let each = policy.expressions.len() == 1 && attachment.outputs.len() > 1;
    let expression = policy.expressions.get(if each { 0 } else { place }).ok_or_else(broken)?;
    let inputs: Vec<String> = match each {
        true => vec![output.to_owned()],
        false => attachment.inputs.clone(),
    };
    let known = |name: &String| columns.iter().any(|column| column.name == *name);
    let shown = columns.iter().find(|column| column.name == output).ok_or_else(broken)?;
    if !inputs.iter().all(known) || inputs.len() != policy.columns.len() {
        return Err(broken());
    }
    let names = policy.columns.iter().map(|(name, _)| name.clone());
    let kind: Option<SqlType> = shown.sql_type.or_else(|| declared(&expression.1));
    Ok(Mask {
        column: output.to_owned(),
        expression: expression.0.clone(),
        inputs: names.zip(inputs).collect(),
        data_type: kind,
    })
}

/// A relation that the statement reads though its text does not name it.
fn named(name: &ObjectName) -> Access {
    Access { name: name.clone(), privilege: Privilege::Select, columns: None, position: 0 }
}
