//! What a session knows of relations' columns: for typing a statement, and for describing its
//! result.
//!
//! The engine keeps no lengths of strings and no SUPER, our catalog does; the engine alone knows
//! the columns of tables made by queries. Both are asked once for each relation and kept until a
//! relation changes anywhere. It must not know rewriting. Start reading at [`Session::resolve`].

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{LazyLock, Mutex, PoisonError};

use redshift_sql::{
    Catalog, ColumnType, EngineStatement, Guard, Kind, ObjectName, Parsed, Resolution, SqlType,
    Statement, Verb,
};

use super::columns::{declared, of_engine_name, type_name};
use super::ddl::default_encoding;
use super::engine_sql::describe_sql;
use super::transaction::Transaction;
use super::{Field, FieldType, Session};
use crate::catalog::relations::{ColumnFacts, declared_types, strict_identities};
use crate::catalog::{column_types, system};
use crate::engine::quote;
use crate::errors::Failure;
use crate::privileges::{Resolved, resolve};

/// The columns of relations, as long as no relation changes.
#[derive(Default)]
pub(super) struct Shapes {
    /// The cluster's count of changes for which the rest holds.
    version: u64,
    /// That count when the open transaction began: what it sees does not change after.
    transaction: u64,
    /// The open transaction changed relations: what others see changes with its end.
    changed: bool,
    /// By database and relation id; temporary tables have neither.
    columns: HashMap<(String, i64), Vec<ColumnType>>,
    /// Columns that no statement gives values, by the same keys.
    identities: HashMap<(String, i64), Vec<String>>,
    /// The same of temporary tables, by name.
    temporary_identities: HashMap<String, Vec<String>>,
    /// Types of temporary tables' columns as they were declared.
    pub(super) temporary: HashMap<String, Vec<ColumnType>>,
}

/// What is known of one statement's relations and parameters.
#[derive(Default)]
pub(super) struct Known {
    pub columns: HashMap<ObjectName, Vec<ColumnType>>,
    pub parameters: Vec<Option<SqlType>>,
    /// Columns that no statement gives values.
    pub identities: HashMap<ObjectName, Vec<String>>,
    /// What stands for guarded relations.
    pub guards: HashMap<ObjectName, Guard>,
    /// The queries of late-binding views.
    pub views: HashMap<ObjectName, Parsed>,
}

impl Catalog for Known {
    fn columns(&self, relation: &ObjectName) -> Option<Vec<ColumnType>> {
        self.columns.get(relation).cloned()
    }

    fn parameter(&self, number: usize) -> Option<SqlType> {
        self.parameters.get(number.checked_sub(1)?).copied().flatten()
    }

    fn identities(&self, relation: &ObjectName) -> Vec<String> {
        self.identities.get(relation).cloned().unwrap_or_default()
    }

    fn guard(&self, relation: &ObjectName) -> Option<Guard> {
        self.guards.get(relation).cloned()
    }

    fn late_view(&self, relation: &ObjectName) -> Option<Parsed> {
        self.views.get(relation).cloned()
    }
}

impl Session {
    /// Checks a statement's accesses and gives what the engine gets: SQL with the engine's names,
    /// parameters still in it, and what is known of the result.
    pub(super) fn resolve(
        &mut self,
        statement: &EngineStatement,
        parameters: &[Option<SqlType>],
    ) -> Result<Resolution, Failure> {
        let found = self.check_accesses(&statement.accesses)?;
        if found.iter().any(is_view) {
            // It may call current_setting().
            self.tell_settings()?;
        }
        let mut known = Known { parameters: parameters.to_vec(), ..Known::default() };
        let behind = self.know_guards(&mut known, &statement.accesses, &found)?;
        let names = self.know(&mut known, &statement.accesses, &found)?;
        if matches!(statement.verb, Verb::Insert | Verb::Update | Verb::Merge) {
            for (access, found) in statement.accesses.iter().zip(&found) {
                known.identities.insert(access.name.clone(), self.identities_of(found)?);
            }
        }
        let mut resolution = statement.resolve(&known)?;
        forget_unread_clocks(&mut resolution, statement.verb, &found);
        self.answer_functions(&resolution.session_functions)?;
        resolution.sql = self.engine_names(&resolution.sql, &names)?;
        if !behind.is_empty() {
            resolution.sql = self.engine_names(&resolution.sql, &behind)?;
        }
        Ok(resolution)
    }

    /// The types of a statement's parameters by object id: those the client gave, and where it
    /// gave none those that their places tell. What cannot be found out now is told by Describe.
    pub(crate) fn parameter_types(
        &mut self,
        statement: &Statement,
        given: &[Option<u32>],
    ) -> Vec<Option<u32>> {
        let Kind::Engine(engine) = &statement.kind else { return given.to_vec() };
        let known = given.iter().all(Option::is_some);
        if known || self.transaction == Transaction::Aborted {
            return given.to_vec();
        }
        let Ok(resolution) = self.resolve(engine, &[]) else { return given.to_vec() };
        let found = resolution.parameters.iter().copied().chain(std::iter::repeat(None));
        let text = |known: &SqlType| !matches!(known, SqlType::Char(_) | SqlType::Varchar(_));
        let oid = |found: Option<SqlType>| found.filter(text).map(|known| known.oid());
        given.iter().zip(found).map(|(given, found)| given.or_else(|| oid(found))).collect()
    }

    /// How many columns a relation has.
    pub(super) fn width_of(&mut self, name: &ObjectName) -> Result<usize, Failure> {
        let found = self.with_scope(|connection, scope| resolve(connection, scope, name))?;
        Ok(self.columns_of(&found)?.map_or(0, |columns| columns.len()))
    }

    /// What the catalog keeps of the columns of a query that becomes a view or a table; `names`
    /// are those it gives them.
    pub(super) fn columns_of_query(
        &mut self,
        resolution: &Resolution,
        names: &[String],
    ) -> Result<Vec<ColumnFacts>, Failure> {
        let fields = describe_sql(&self.connection, &resolution.sql)?;
        let mut fields = typed(fields, resolution);
        for (field, name) in fields.iter_mut().zip(names) {
            field.name.clone_from(name);
        }
        let facts = |field: Field| ColumnFacts {
            name: field.name,
            type_name: Some(field.kind.sql())
                .filter(|known| *known != SqlType::Varchar(0))
                .map(|known| type_name(&known)),
            encoding: default_encoding(Some(&field.kind.sql()), 0).to_owned(),
            ..ColumnFacts::default()
        };
        Ok(fields.into_iter().map(facts).collect())
    }

    /// Keeps the types of a new temporary table's columns.
    pub(super) fn know_temporary(&mut self, name: &str, columns: &[ColumnFacts]) {
        let identities = columns.iter().filter(|column| column.is_strict_identity());
        let identities = identities.map(|column| column.name.clone());
        let columns = columns.iter().map(|column| ColumnType {
            name: column.name.clone(),
            sql_type: column.type_name.as_deref().and_then(declared),
        });
        self.shapes.temporary.insert(name.to_owned(), columns.collect());
        self.shapes.temporary_identities.insert(name.to_owned(), identities.collect());
    }

    /// The columns of a relation that no statement gives values; asked after its columns, with
    /// which they are forgotten.
    fn identities_of(&mut self, found: &Resolved) -> Result<Vec<String>, Failure> {
        let (database, relation) = match found {
            Resolved::System { .. } => return Ok(Vec::new()),
            Resolved::Temporary { name } => {
                let kept = self.shapes.temporary_identities.get(name);
                return Ok(kept.cloned().unwrap_or_default());
            }
            Resolved::Relation { relation, .. } if relation.is_view() => return Ok(Vec::new()),
            Resolved::Relation { database, relation } => (database, relation),
        };
        let key = (database.clone(), relation.id);
        if let Some(kept) = self.shapes.identities.get(&key) {
            return Ok(kept.clone());
        }
        let names = strict_identities(&self.connection, database, relation.id)?;
        self.shapes.identities.insert(key, names.clone());
        Ok(names)
    }

    /// Relations changed: everybody looks again, now and when the transaction ends.
    pub(super) fn relations_changed(&mut self) {
        let before = self.cluster.relations_version.fetch_add(1, Ordering::SeqCst);
        self.shapes.transaction = before.saturating_add(1);
        self.shapes.changed = self.transaction.is_open();
    }

    /// A transaction begins: what it sees of relations does not change by others.
    pub(super) fn relations_seen(&mut self) {
        self.shapes.transaction = self.cluster.relations_version.load(Ordering::SeqCst);
        self.shapes.changed = false;
    }

    /// A transaction ended.
    pub(super) fn relations_settled(&mut self) {
        if std::mem::take(&mut self.shapes.changed) {
            self.cluster.relations_version.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The columns of a relation; `None` for a late-binding view.
    pub(super) fn columns_of(
        &mut self,
        found: &Resolved,
    ) -> Result<Option<Vec<ColumnType>>, Failure> {
        let (key, name) = match found {
            Resolved::System { name, .. } => return self.columns_of_system(name).map(Some),
            // It is its query, which is put in its place.
            Resolved::Relation { relation, .. } if relation.late_binding => return Ok(None),
            Resolved::Temporary { name } => {
                // Their names change with every rollback: cheap to ask, not worth keeping.
                let engine = self.described(&format!("temp.main.{}", quote(name)))?;
                let declared = self.shapes.temporary.get(name).cloned().unwrap_or_default();
                return Ok(Some(overlaid(engine, &declared)));
            }
            Resolved::Relation { database, relation } => {
                let schema = self.engine_schema(database, &relation.schema)?;
                let name = format!("{schema}.{}", quote(&relation.name));
                ((database.clone(), relation.id), name)
            }
        };
        let version = match self.transaction.is_open() {
            true => self.shapes.transaction,
            false => self.cluster.relations_version.load(Ordering::SeqCst),
        };
        if self.shapes.version != version {
            self.shapes.version = version;
            self.shapes.columns.clear();
            self.shapes.identities.clear();
        }
        if let Some(columns) = self.shapes.columns.get(&key) {
            return Ok(Some(columns.clone()));
        }
        let engine = self.described(&name)?;
        let own: Vec<ColumnType> = declared_types(&self.connection, &key.0, key.1)?
            .into_iter()
            .map(|(name, text)| ColumnType { name, sql_type: declared(&text) })
            .collect();
        let columns = overlaid(engine, &own);
        self.shapes.columns.insert(key, columns.clone());
        Ok(Some(columns))
    }

    /// The columns of a system view: the same in every session, so each is asked for once.
    fn columns_of_system(&self, name: &str) -> Result<Vec<ColumnType>, Failure> {
        static KNOWN: LazyLock<Mutex<HashMap<String, Vec<ColumnType>>>> =
            LazyLock::new(Mutex::default);
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(columns) = known().get(name) {
            return Ok(columns.clone());
        }
        let mut columns = self.described(&system::engine_name(name))?;
        for column in &mut columns {
            column.sql_type = column_types::of(name, &column.name).or(column.sql_type);
        }
        known().insert(name.to_owned(), columns.clone());
        Ok(columns)
    }

    /// A relation's columns in order, with the types that the engine's own tell for certain.
    fn described(&self, engine_name: &str) -> Result<Vec<ColumnType>, Failure> {
        let rows = self.connection.rows(&format!("DESCRIBE {engine_name}"))?;
        Ok(rows
            .iter()
            .filter_map(|row| match row.as_slice() {
                [name, kind, ..] => Some(ColumnType {
                    name: name.text().to_owned(),
                    sql_type: certain(kind.text()),
                }),
                _ => None,
            })
            .collect())
    }
}

/// The clocks are listed for every statement with relations, whose views and defaults may read
/// them: a query of tables reads them only where it says so.
fn forget_unread_clocks(resolution: &mut Resolution, verb: Verb, found: &[Resolved]) {
    let is_table = |found: &Resolved| match found {
        Resolved::Relation { relation, .. } => !relation.is_view(),
        Resolved::Temporary { .. } | Resolved::System { .. } => false,
    };
    if verb != Verb::Select || !found.iter().all(is_table) {
        return;
    }
    let sql = &resolution.sql;
    resolution.session_functions.retain(|name| {
        let told = |variable: &str| sql.contains(&format!("'{variable}'"));
        match name.as_str() {
            "getdate" => told("getdate"),
            "sysdate" => told("sysdate") || told("lb_now"),
            _ => true,
        }
    });
}

fn is_view(found: &Resolved) -> bool {
    matches!(found, Resolved::Relation { relation, .. } if relation.is_view())
}

/// A type that the engine's own tells for certain: computing with its other integers follows the
/// engine's rules.
fn certain(engine: &str) -> Option<SqlType> {
    match engine {
        "VARCHAR" => Some(SqlType::Varchar(0)),
        "JSON" => Some(SqlType::Super),
        "HUGEINT" | "UBIGINT" | "UINTEGER" | "USMALLINT" | "UTINYINT" | "TINYINT" => None,
        other => match of_engine_name(other) {
            FieldType::Sql(SqlType::Varchar(_)) => None,
            FieldType::Sql(known) => Some(known),
            _ => None,
        },
    }
}

/// The engine's columns with the types that were declared.
fn overlaid(mut engine: Vec<ColumnType>, declared: &[ColumnType]) -> Vec<ColumnType> {
    for column in &mut engine {
        let own = declared.iter().find(|own| own.name == column.name);
        column.sql_type = own.and_then(|own| own.sql_type).or(column.sql_type);
    }
    engine
}

/// The engine's fields with the types that typing found, where they fit.
pub(super) fn typed(mut fields: Vec<Field>, resolution: &Resolution) -> Vec<Field> {
    let Some(columns) = &resolution.columns else { return fields };
    if columns.len() != fields.len() {
        return fields;
    }
    for (field, column) in fields.iter_mut().zip(columns) {
        if let (FieldType::Sql(engine), Some(known)) = (field.kind, column.sql_type)
            && field.name == column.name
            && fits(engine, known)
        {
            field.kind = FieldType::Sql(known);
        }
    }
    fields
}

/// Whether a value of the engine's type is sent as one of `known`.
fn fits(engine: SqlType, known: SqlType) -> bool {
    use SqlType as T;
    match (engine, known) {
        (T::Varchar(0), T::Char(_) | T::Varchar(_) | T::Name | T::Super) => true,
        (T::Decimal { scale: engine, .. }, T::Decimal { scale, .. }) => engine == scale,
        (T::Varbyte(_), T::Varbyte(_)) => true,
        (T::IntervalDayToSecond, T::IntervalYearToMonth) => true,
        (T::Integer, T::Oid) => true,
        // It is sent as its text; see `zoned_times.rs`.
        (T::Varchar(0) | T::Time, T::TimeTz) => true,
        (engine, known) => engine == known,
    }
}

#[cfg(test)]
mod tests {
    use redshift_sql::SqlType;

    use super::{certain, fits};

    #[test]
    fn only_certain_types_are_the_engines() {
        assert_eq!(certain("INTEGER"), Some(SqlType::Integer));
        assert_eq!(certain("VARCHAR"), Some(SqlType::Varchar(0)));
        assert_eq!(certain("JSON"), Some(SqlType::Super));
        assert_eq!(certain("HUGEINT"), None);
        assert_eq!(certain("ENUM('a')"), None);
        assert_eq!(certain("INTEGER[]"), None);
    }

    #[test]
    fn a_type_is_told_only_where_the_values_are_sent_the_same() {
        let decimal = |precision, scale| SqlType::Decimal { precision, scale };
        assert!(fits(SqlType::Varchar(0), SqlType::Char(5)));
        assert!(fits(decimal(38, 2), decimal(12, 2)));
        assert!(!fits(decimal(38, 2), decimal(12, 4)));
        assert!(!fits(SqlType::BigInt, SqlType::Integer));
        assert!(!fits(SqlType::Double, decimal(12, 4)));
    }
}
