//! ALTER TABLE.

use redshift_sql::{AlterTable, AlterTableAction, Privilege};

use super::super::Session;
use super::super::columns::type_name;
use super::table::{dist_style, facts_of, sort_style};
use crate::catalog::relations::{self, Relation};
use crate::engine::literal;
use crate::errors::Failure;
use crate::privileges::Resolved;

impl Session {
    pub(super) fn alter_table(&mut self, alter: &AlterTable) -> Result<String, Failure> {
        let target = self.target(&alter.table, Privilege::Alter)?;
        self.atomically(|session| {
            // Redshift renames views by ALTER TABLE too.
            let view = matches!(&target, Resolved::Relation { relation, .. } if relation.is_view());
            for sql in &alter.sql {
                let as_view = sql.strip_prefix("ALTER TABLE ").filter(|_| view);
                match as_view {
                    Some(rest) => session.connection.run(&format!("ALTER VIEW {rest}"))?,
                    None => session.connection.run(sql)?,
                };
            }
            match &target {
                Resolved::Relation { relation, .. } => session.record_change(relation, alter),
                Resolved::Temporary { name } => session.rename_temporary(name, alter),
                Resolved::System { .. } => Ok(()),
            }
        })?;
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
            AlterTableAction::Rename(to) => {
                let name = format!("name = {}", literal(to));
                relations::change(connection, &database, id, &name)?;
                relations::rename_grants(connection, &database, relation, to)?;
            }
            AlterTableAction::RenameColumn { from, to } => {
                let name = format!("name = {}", literal(to));
                relations::change_columns(connection, &database, id, Some(from), &name)?;
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
