//! ALTER TABLE: what it refuses, and the change in the engine, in the catalog and in the views.

use redshift_sql::{AlterTable, AlterTableAction, Constraint, Privilege, SqlType};

use super::super::Session;
use super::super::columns::{declared, type_name};
use super::Place;
use super::table::{dist_style, exists, facts_of, sort_style};
use super::view::Moved;
use crate::catalog::relations::{self, ColumnFacts, Relation};
use crate::engine::{literal, quote};
use crate::errors::Failure;
use crate::privileges::Resolved;

impl Session {
    pub(super) fn alter_table(&mut self, alter: &AlterTable) -> Result<String, Failure> {
        if let AlterTableAction::Append { source, ignore_extra, fill_target } = &alter.action {
            self.append(&alter.table, source, *ignore_extra, *fill_target)?;
            return Ok(String::from("ALTER TABLE APPEND"));
        }
        let target = self.target(&alter.table, Privilege::Alter)?;
        match &target {
            Resolved::Relation { relation, .. } => {
                let database = self.database.clone();
                let columns = relations::column_facts(&self.connection, &database, relation.id)?;
                self.check_alter(relation, &columns, &alter.action)?;
                self.atomically(|session| session.alter_relation(relation, alter))?;
            }
            Resolved::Temporary { name } => {
                self.atomically(|session| {
                    alter.sql.iter().try_for_each(|sql| session.connection.run(sql).map(drop))?;
                    Ok(())
                })?;
                self.rename_temporary(name, alter)?;
            }
            Resolved::System { .. } => {}
        }
        Ok(String::from("ALTER TABLE"))
    }

    fn rename_temporary(&mut self, name: &str, alter: &AlterTable) -> Result<(), Failure> {
        if let AlterTableAction::Rename(to) = &alter.action
            && let Some(names) = &mut self.temporary
        {
            names.remove(name);
            names.insert(to.clone());
        }
        Ok(())
    }

    /// What is wrong with a change before anything is done.
    fn check_alter(
        &mut self,
        relation: &Relation,
        columns: &[ColumnFacts],
        action: &AlterTableAction,
    ) -> Result<(), Failure> {
        let table = &relation.name;
        let for_any = matches!(action, AlterTableAction::Rename(_) | AlterTableAction::Owner(_));
        let changes = relation.is_table() || for_any && relation.is_view();
        if !changes {
            return Err(Failure::new("42809", format!("\"{table}\" is not a table")));
        }
        let column = |name: &str| {
            let found = columns.iter().find(|column| column.name == name);
            found.ok_or_else(|| no_column(name, table))
        };
        let new = |name: &str| match column(name) {
            Ok(_) => {
                let message = format!("column \"{name}\" of relation \"{table}\" already exists");
                Err(Failure::new("42701", message))
            }
            Err(_) => Ok(()),
        };
        match action {
            AlterTableAction::Rename(to) => {
                let place = Place { schema: relation.schema.clone(), name: to.clone() };
                match self.find_relation(&place)? {
                    Some(_) => Err(exists(to)),
                    None => Ok(()),
                }
            }
            AlterTableAction::RenameColumn { from, to } => {
                column(from)?;
                new(to)
            }
            AlterTableAction::AddColumn(added) => new(&added.name),
            AlterTableAction::DropColumn { column: name, .. } => check_drop(column(name)?, columns),
            AlterTableAction::AlterType { column: name, data_type } => {
                self.check_type(relation, column(name)?, data_type)
            }
            AlterTableAction::AlterEncode { columns } => {
                columns.iter().try_for_each(|(name, e)| {
                    let sql_type = column(name)?.type_name.as_deref().and_then(declared);
                    match sql_type {
                        Some(sql_type) => Ok(redshift_sql::check_encoding(name, &sql_type, e)?),
                        None => Ok(()),
                    }
                })
            }
            AlterTableAction::Attributes(attributes) => {
                let sort = attributes.sort_key.iter().flat_map(|key| &key.columns);
                attributes.dist_key.iter().chain(sort).try_for_each(|name| column(name).map(drop))
            }
            AlterTableAction::AddConstraint { name, constraint } => {
                self.check_constraint(relation, name.as_deref())?;
                let (Constraint::PrimaryKey(keys)
                | Constraint::Unique(keys)
                | Constraint::ForeignKey { columns: keys, .. }) = constraint;
                keys.iter().try_for_each(|name| column(name).map(drop))
            }
            AlterTableAction::DropConstraint(name) => {
                if self.constraints_of(relation)?.contains(name) {
                    return Ok(());
                }
                Err(Failure::new("42704", format!("constraint \"{name}\" does not exist")))
            }
            AlterTableAction::Owner(_) | AlterTableAction::Append { .. } => Ok(()),
        }
    }

    pub(super) fn constraints_of(&self, relation: &Relation) -> Result<Vec<String>, Failure> {
        let rows = self.connection.rows(&format!(
            "SELECT name FROM {} WHERE relation = {}",
            crate::catalog::own(&self.database, "constraints"),
            relation.id
        ))?;
        Ok(rows.iter().flatten().map(|name| name.text().to_owned()).collect())
    }

    fn check_constraint(&self, relation: &Relation, name: Option<&str>) -> Result<(), Failure> {
        let Some(name) = name else { return Ok(()) };
        if !self.constraints_of(relation)?.iter().any(|known| known == name) {
            return Ok(());
        }
        let table = &relation.name;
        let message = format!("constraint \"{name}\" for relation \"{table}\" already exists");
        Err(Failure::new("42710", message))
    }

    /// Only a VARCHAR changes, only in length, and not below what is stored in it.
    fn check_type(
        &mut self,
        relation: &Relation,
        column: &ColumnFacts,
        data_type: &SqlType,
    ) -> Result<(), Failure> {
        if self.transaction.is_block() {
            return Err(Failure::new(
                "25001",
                "ALTER TABLE ALTER COLUMN cannot run inside a transaction block",
            ));
        }
        let (name, table) = (&column.name, &relation.name);
        let refused = |why: &str| {
            let message = format!("cannot alter column \"{name}\" of relation \"{table}\", {why}");
            Failure::new("0A000", message)
        };
        let old = column.type_name.as_deref().and_then(declared);
        let (Some(SqlType::Varchar(old)), SqlType::Varchar(new)) = (old, data_type) else {
            return Err(refused("target data type is not supported"));
        };
        if old == *new {
            return Err(refused("target column size should be different"));
        }
        if column.default_text.is_some() {
            return Err(refused("column has a default value"));
        }
        if matches!(column.encoding.as_str(), "bytedict" | "runlength" | "text255" | "text32k") {
            return Err(refused("column encoding is not supported"));
        }
        let place = Place { schema: relation.schema.clone(), name: table.clone() };
        let rows = self.connection.rows(&format!(
            "SELECT 1 FROM {} WHERE strlen({}) > {new} LIMIT 1",
            self.engine_place(&place)?,
            quote(name)
        ))?;
        if rows.is_empty() {
            return Ok(());
        }
        Err(refused("current data size is larger than the target column size"))
    }

    fn alter_relation(&mut self, relation: &Relation, alter: &AlterTable) -> Result<(), Failure> {
        match &alter.action {
            AlterTableAction::Rename(to) => return self.rename_relation(relation, to),
            AlterTableAction::DropColumn { column, cascade } => {
                self.drop_users_of(relation, column, *cascade)?;
            }
            AlterTableAction::AlterType { .. } => {
                // The engine keeps the old length in a check that it cannot drop.
                let place = Place { schema: relation.schema.clone(), name: relation.name.clone() };
                self.rebuild(&place, &place)?;
            }
            _ => {}
        }
        for sql in &alter.sql {
            let sql = self.engine_names_of(sql, &alter.table)?;
            self.connection.run(&sql)?;
        }
        self.record_change(relation, alter)
    }

    fn rename_relation(&mut self, relation: &Relation, to: &str) -> Result<(), Failure> {
        let database = self.database.clone();
        if !relation.late_binding {
            let word = if relation.is_view() { "VIEW" } else { "TABLE" };
            let place = Place { schema: relation.schema.clone(), name: relation.name.clone() };
            let place = self.engine_place(&place)?;
            self.connection.run(&format!("ALTER {word} {place} RENAME TO {}", quote(to)))?;
        }
        let name = format!("name = {}", literal(to));
        relations::change(&self.connection, &database, relation.id, &name)?;
        relations::rename_grants(&self.connection, &database, relation, to)?;
        let schema = relation.schema.as_str();
        self.follow(relation, &Moved::Renamed { schema, name: to })
    }

    /// Views that read a column keep it, or go with it.
    fn drop_users_of(
        &mut self,
        relation: &Relation,
        column: &str,
        cascade: bool,
    ) -> Result<(), Failure> {
        let database = self.database.clone();
        let mut users = Vec::new();
        for view in relations::dependents(&self.connection, &database, relation.id)? {
            let text = self.text_of(&view)?;
            let query = self.query_of(&text)?;
            let reads = query.accesses.iter().any(|access| {
                access.name.name == relation.name
                    && access.columns.as_ref().is_none_or(|names| names.iter().any(|n| n == column))
            });
            if reads {
                users.push(view);
            }
        }
        if !users.is_empty() && !cascade {
            let what = format!("table {} column {column}", relation.name);
            return Err(super::in_use(&what));
        }
        users.iter().try_for_each(|view| self.drop_view_of(&database, view))
    }

    fn record_change(&mut self, relation: &Relation, alter: &AlterTable) -> Result<(), Failure> {
        let database = self.database.clone();
        if let AlterTableAction::AddConstraint { name, constraint } = &alter.action {
            return self.record_constraint(
                relation.id,
                &relation.name,
                name.as_deref(),
                constraint,
            );
        }
        let (connection, id) = (&self.connection, relation.id);
        match &alter.action {
            AlterTableAction::Rename(_) | AlterTableAction::Append { .. } => {}
            AlterTableAction::RenameColumn { from, to } => {
                let name = format!("name = {}", literal(to));
                relations::change_columns(connection, &database, id, Some(from), &name)?;
                let columns: Vec<String> = relations::column_facts(connection, &database, id)?
                    .into_iter()
                    .map(|column| column.name)
                    .collect();
                self.follow(relation, &Moved::Column { from, to, columns: &columns })?;
            }
            AlterTableAction::AddColumn(column) => {
                let facts = facts_of(column, &redshift_sql::TableAttributes::default());
                relations::add_column(connection, &database, id, &facts)?;
            }
            AlterTableAction::DropColumn { column, .. } => {
                relations::remove_column(connection, &database, id, column)?;
            }
            AlterTableAction::AlterType { column, data_type } => {
                let change = format!("type_name = {}", literal(&type_name(data_type)));
                relations::change_columns(connection, &database, id, Some(column), &change)?;
            }
            AlterTableAction::AlterEncode { columns } => {
                for (column, encoding) in columns {
                    let change = format!("encoding = {}", literal(encoding));
                    relations::change_columns(connection, &database, id, Some(column), &change)?;
                }
            }
            // Recorded above.
            AlterTableAction::AddConstraint { .. } => {}
            AlterTableAction::DropConstraint(name) => {
                relations::remove_constraint(connection, &database, id, name)?;
            }
            AlterTableAction::Owner(user) => {
                let owner = format!("owner = {}", self.existing_user(user)?.id);
                relations::change(connection, &database, id, &owner)?;
            }
            AlterTableAction::Attributes(attributes) => {
                self.record_attributes(id, attributes)?;
            }
        }
        Ok(())
    }

    fn record_attributes(
        &self,
        id: i64,
        attributes: &redshift_sql::TableAttributes,
    ) -> Result<(), Failure> {
        let (connection, database) = (&self.connection, &self.database);
        if attributes.dist_style.is_some() || attributes.dist_key.is_some() {
            let style = format!("dist_style = '{}'", dist_style(attributes));
            relations::change(connection, database, id, &style)?;
            let key = attributes.dist_key.as_deref().unwrap_or_default();
            let change = format!("dist_key = (name = {})", literal(key));
            relations::change_columns(connection, database, id, None, &change)?;
        }
        if let Some(key) = &attributes.sort_key {
            let style = format!("sort_style = '{}'", sort_style(attributes));
            relations::change(connection, database, id, &style)?;
            relations::change_columns(connection, database, id, None, "sort_key = 0")?;
            for (index, column) in key.columns.iter().enumerate() {
                let change = format!("sort_key = {}", index.saturating_add(1));
                relations::change_columns(connection, database, id, Some(column), &change)?;
            }
        }
        Ok(())
    }
}

/// 42703 as ALTER TABLE says it.
pub(super) fn no_column(name: &str, table: &str) -> Failure {
    Failure::new("42703", format!("column \"{name}\" of relation \"{table}\" does not exist"))
}

/// Distribution and sort keys stay, and so does the last column.
fn check_drop(column: &ColumnFacts, columns: &[ColumnFacts]) -> Result<(), Failure> {
    let name = &column.name;
    if column.dist_key {
        return Err(Failure::new("0A000", format!("cannot drop distkey column \"{name}\"")));
    }
    if column.sort_key != 0 {
        return Err(Failure::new("0A000", format!("cannot drop sortkey column \"{name}\"")));
    }
    if columns.len() == 1 {
        return Err(Failure::new("0A000", "cannot drop the only column of a table"));
    }
    Ok(())
}
