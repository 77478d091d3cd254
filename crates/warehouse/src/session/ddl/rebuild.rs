//! Tables made anew where the engine cannot change one in place, and rows that move from one table
//! to another. Redshift Developer Guide, "ALTER TABLE", "ALTER TABLE APPEND".

use redshift_sql::{ObjectName, Privilege};

use super::super::Session;
use super::Place;
use crate::catalog::relations::{self, ColumnFacts, Relation};
use crate::engine::{catalog_of, literal, quote};
use crate::errors::Failure;
use crate::privileges::Resolved;

/// A column as the engine has it.
struct EngineColumn {
    name: String,
    kind: String,
    default: Option<String>,
    nullable: bool,
}

impl EngineColumn {
    fn definition(&self) -> String {
        let default = self.default.as_ref().map(|d| format!(" DEFAULT {d}")).unwrap_or_default();
        let not_null = if self.nullable { "" } else { " NOT NULL" };
        format!("{} {}{default}{not_null}", quote(&self.name), self.kind)
    }
}

impl Session {
    fn engine_columns(&self, place: &Place) -> Result<Vec<EngineColumn>, Failure> {
        let rows = self.connection.rows(&format!(
            "SELECT column_name, data_type, column_default, is_nullable FROM duckdb_columns() \
             WHERE database_name = {} AND schema_name = {} AND table_name = {} \
             ORDER BY column_index",
            literal(&catalog_of(&self.database)),
            literal(&relations::engine_schema(&self.connection, &self.database, &place.schema)?),
            literal(&place.name),
        ))?;
        let column = |row: &Vec<crate::engine::Value>| match row.as_slice() {
            [name, kind, default, nullable] => Some(EngineColumn {
                name: name.text().to_owned(),
                kind: kind.text().to_owned(),
                default: default.opt_text(),
                nullable: nullable.is_true(),
            }),
            _ => None,
        };
        Ok(rows.iter().filter_map(column).collect())
    }

    /// Makes the table again at `to`, without the checks of its columns' lengths.
    pub(super) fn rebuild(&mut self, from: &Place, to: &Place) -> Result<(), Failure> {
        let columns = self.engine_columns(from)?;
        let definitions: Vec<String> = columns.iter().map(EngineColumn::definition).collect();
        let new = Place { schema: to.schema.clone(), name: String::from("lb rebuilt") };
        let (old, new, target) =
            (self.engine_place(from)?, self.engine_place(&new)?, quote(&to.name));
        for sql in [
            format!("CREATE TABLE {new} ({})", definitions.join(", ")),
            format!("INSERT INTO {new} SELECT * FROM {old}"),
            format!("DROP TABLE {old}"),
            format!("ALTER TABLE {new} RENAME TO {target}"),
        ] {
            self.connection.run(&sql)?;
        }
        Ok(())
    }

    /// The sequences behind a table's identity columns.
    pub(super) fn sequences_of(&self, place: &Place) -> Result<Vec<String>, Failure> {
        let columns = self.engine_columns(place)?;
        let name = |column: EngineColumn| {
            let default = column.default?;
            let inner = default.strip_prefix("nextval('")?.strip_suffix("')")?;
            Some(inner.replace("''", "'"))
        };
        Ok(columns.into_iter().filter_map(name).collect())
    }

    /// `ALTER TABLE t APPEND FROM s`: the rows of the source become rows of the target.
    pub(super) fn append(
        &mut self,
        target: &ObjectName,
        source: &ObjectName,
        ignore_extra: bool,
        fill_target: bool,
    ) -> Result<(), Failure> {
        if self.transaction.is_block() {
            return Err(Failure::new(
                "25001",
                "ALTER TABLE APPEND cannot run inside a transaction block",
            ));
        }
        let target = self.permanent(target)?;
        let source = self.permanent(source)?;
        if target.id == source.id {
            return Err(Failure::new("42809", "target and source tables must not be the same"));
        }
        self.refuse_protected(&[target.id, source.id], "ALTER TABLE APPEND")?;
        let database = self.database.clone();
        let to = relations::column_facts(&self.connection, &database, target.id)?;
        let from = relations::column_facts(&self.connection, &database, source.id)?;
        check_columns(&to, &from, ignore_extra, fill_target)?;
        let common: Vec<String> = from
            .iter()
            .filter(|column| to.iter().any(|other| other.name == column.name))
            .map(|column| quote(&column.name))
            .collect();
        let list = common.join(", ");
        let place = |relation: &Relation| Place {
            schema: relation.schema.clone(),
            name: relation.name.clone(),
        };
        let (to, from) = (self.engine_place(&place(&target))?, self.engine_place(&place(&source))?);
        self.atomically(|session| {
            session
                .connection
                .run(&format!("INSERT INTO {to} ({list}) SELECT {list} FROM {from}"))?;
            session.connection.run(&format!("DELETE FROM {from}"))?;
            Ok(())
        })
    }

    fn permanent(&mut self, name: &ObjectName) -> Result<Relation, Failure> {
        match self.target(name, Privilege::Alter)? {
            Resolved::Relation { relation, .. } if relation.is_table() => Ok(relation),
            Resolved::Temporary { name } => Err(Failure::new(
                "0A000",
                format!("ALTER TABLE APPEND is not supported for temporary table \"{name}\""),
            )),
            _ => Err(Failure::new("42809", format!("\"{}\" is not a table", name.name))),
        }
    }
}

/// Columns of one name have one type; those of one table only need an option.
fn check_columns(
    to: &[ColumnFacts],
    from: &[ColumnFacts],
    ignore_extra: bool,
    fill_target: bool,
) -> Result<(), Failure> {
    let find =
        |list: &[ColumnFacts], name: &str| list.iter().find(|column| column.name == name).cloned();
    for column in from {
        match find(to, &column.name) {
            Some(other) if other.type_name != column.type_name => {
                let message = format!(
                    "column \"{}\" has different types in the source and target tables",
                    column.name
                );
                return Err(Failure::new("42804", message));
            }
            None if !ignore_extra => {
                let message = format!(
                    "column \"{}\" of the source table is not in the target table",
                    column.name
                );
                let mut failure = Failure::new("42703", message);
                failure.hint = Some(String::from("Use IGNOREEXTRA to discard its values."));
                return Err(failure);
            }
            _ => {}
        }
    }
    let missing = to.iter().find(|column| find(from, &column.name).is_none());
    if let (Some(column), false) = (missing, fill_target) {
        let message =
            format!("column \"{}\" of the target table is not in the source table", column.name);
        let mut failure = Failure::new("42703", message);
        failure.hint = Some(String::from("Use FILLTARGET to fill it with its default."));
        return Err(failure);
    }
    Ok(())
}
