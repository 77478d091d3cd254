//! COMMENT ON: owners of objects write what these are for.
//!
//! Redshift Developer Guide, "COMMENT". Start reading at [`Session::comment`].

use redshift_sql::{Comment, CommentTarget, ObjectName, Privilege};

use super::super::Session;
use super::alter::no_column;
use crate::catalog::comments::{self, Object};
use crate::catalog::{databases, optional, relations};
use crate::errors::Failure;
use crate::privileges::Resolved;

impl Session {
    pub(super) fn comment(&mut self, comment: &Comment) -> Result<String, Failure> {
        let text = comment.text.as_deref();
        match &comment.on {
            CommentTarget::Table(name) | CommentTarget::View(name) => {
                self.comment_on_relation(name, None, text)?;
            }
            CommentTarget::Column(name, column) => {
                self.comment_on_relation(name, Some(column), text)?;
            }
            CommentTarget::Schema(name) => {
                let identity = self.identity()?;
                self.require_schema_owner(name, &identity, Privilege::Alter)?;
                comments::set(&self.connection, &self.database, Object::Schema(name), text)?;
            }
            CommentTarget::Database(name) => self.comment_on_database(name, text)?,
            CommentTarget::Constraint(name, table) => {
                self.comment_on_constraint(name, table, text)?;
            }
        }
        Ok(String::from("COMMENT"))
    }

    fn comment_on_relation(
        &mut self,
        name: &ObjectName,
        column: Option<&str>,
        text: Option<&str>,
    ) -> Result<(), Failure> {
        let remarks = format!("remarks = {}", optional(text));
        let target = self.target(name, Privilege::Alter)?;
        let Resolved::Relation { relation, .. } = target else { return Ok(()) };
        let (connection, database) = (&self.connection, &self.database);
        match column {
            Some(column) => {
                let columns = relations::column_facts(connection, database, relation.id)?;
                if !columns.iter().any(|known| known.name == column) {
                    return Err(no_column(column, &relation.name));
                }
                let column = Some(column);
                relations::change_columns(connection, database, relation.id, column, &remarks)?;
            }
            None => relations::change(connection, database, relation.id, &remarks)?,
        }
        Ok(())
    }

    fn comment_on_database(&mut self, name: &str, text: Option<&str>) -> Result<(), Failure> {
        let database = self.database_named(name)?;
        let identity = self.identity()?;
        if !identity.superuser && database.owner != identity.user {
            return Err(Failure::new("42501", format!("must be owner of database {name}")));
        }
        if database.key != self.database {
            let message = "database comments may only be applied to the current database";
            return Err(Failure::new("0A000", message));
        }
        let remarks = format!("remarks = {}", optional(text));
        self.atomically(|session| {
            let home = &session.cluster.home;
            Ok(databases::change(&session.connection, home, database.number, &remarks)?)
        })
    }

    fn comment_on_constraint(
        &mut self,
        name: &str,
        table: &ObjectName,
        text: Option<&str>,
    ) -> Result<(), Failure> {
        let target = self.target(table, Privilege::Alter)?;
        let Resolved::Relation { relation, .. } = target else { return Ok(()) };
        if !self.constraints_of(&relation)?.iter().any(|known| known == name) {
            let table = &relation.name;
            let message = format!("constraint \"{name}\" for table \"{table}\" does not exist");
            return Err(Failure::new("42704", message));
        }
        let object = Object::Constraint { relation: relation.id, name };
        Ok(comments::set(&self.connection, &self.database, object, text)?)
    }
}
