//! `SHOW TABLE` and `SHOW VIEW`: the statement that makes a relation again.
//! Redshift Developer Guide, "SHOW TABLE", "SHOW VIEW".

use redshift_sql::{ObjectName, Privilege};

use super::Session;
use crate::engine::literal;
use crate::errors::Failure;
use crate::privileges::{self, Resolved, Wanted};

/// Which statement is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Definition {
    /// Of a table.
    Table,
    /// Of a view, whatever its kind.
    View,
}

impl Session {
    /// The query that gives the text. Who may read the relation may read its definition.
    ///
    /// # Errors
    /// 42P01 for an unknown relation, 42809 for one of the other kind, 42501 without SELECT.
    pub(super) fn definition_sql(
        &mut self,
        name: &ObjectName,
        wanted: Definition,
    ) -> Result<String, Failure> {
        let identity = self.identity()?;
        let resolved =
            self.with_scope(|connection, scope| privileges::resolve(connection, scope, name))?;
        let Resolved::Relation { database, relation } = resolved else {
            return Err(Failure::not_implemented("SHOW of a temporary or system table"));
        };
        let privilege = Wanted { privilege: Privilege::Select, columns: None };
        privileges::check_relation(&self.connection, &database, &relation, &identity, &privilege)?;
        let (view, label) = match wanted {
            Definition::Table if relation.is_view() => {
                return Err(Failure::new("42809", format!("\"{}\" is not a table", relation.name)));
            }
            Definition::View if !relation.is_view() => {
                return Err(Failure::new("42809", format!("\"{}\" is not a view", relation.name)));
            }
            Definition::Table => ("table_definitions", "Show Table DDL statement"),
            Definition::View => ("view_definitions", "Show View DDL statement"),
        };
        Ok(format!(
            "SELECT definition AS \"{label}\" FROM memory.rs_show.{view} WHERE db = {} AND id = {}",
            literal(&self.name_of(&database)?),
            relation.id
        ))
    }
}
