//! Grants on tables and views, and on their columns.
//! Redshift Developer Guide, "Usage notes for column-level access control".

use redshift_sql::{ColumnPrivilege, ObjectName, Privilege};

use super::super::Session;
use super::{Change, Place, To, expand};
use crate::catalog::grants::{Object, Right, held_by, take_columns};
use crate::catalog::relations::{self, Relation};
use crate::errors::Failure;
use crate::privileges::{self, Resolved};

/// What `ALL` means for tables and views.
pub(super) const ALL_ON_TABLES: [Privilege; 8] = [
    Privilege::Select,
    Privilege::Insert,
    Privilege::Update,
    Privilege::Delete,
    Privilege::References,
    Privilege::Drop,
    Privilege::Alter,
    Privilege::Truncate,
];

impl Session {
    pub(super) fn change_on_tables(
        &mut self,
        wanted: &[ColumnPrivilege],
        tables: &[ObjectName],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for table in tables {
            let resolved =
                self.with_scope(|connection, scope| privileges::resolve(connection, scope, table))?;
            match resolved {
                Resolved::Relation { database, relation } => {
                    self.change_on_relation(&database, &relation, wanted, holders, change)?;
                }
                // The system's views have their own rule of who may read them.
                Resolved::System { .. } => {
                    self.require_superuser_for("grant privileges on system tables")?;
                }
                Resolved::Temporary { .. } => {}
            }
        }
        Ok(())
    }

    fn require_superuser_for(&mut self, what: &str) -> Result<(), Failure> {
        let identity = self.identity()?;
        privileges::require_superuser(&identity, what)
    }

    pub(super) fn change_on_all_tables(
        &mut self,
        wanted: &[Privilege],
        schemas: &[ObjectName],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let wanted: Vec<ColumnPrivilege> =
            wanted.iter().map(|p| ColumnPrivilege { privilege: *p, columns: None }).collect();
        for schema in schemas {
            let (database, schema) = self.existing_schema(schema)?;
            for relation in relations::in_schema(&self.connection, &database, &schema.name)? {
                self.change_on_relation(&database, &relation, &wanted, holders, change)?;
            }
        }
        Ok(())
    }

    fn change_on_relation(
        &mut self,
        database: &str,
        relation: &Relation,
        wanted: &[ColumnPrivilege],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let place = Place {
            database,
            object: Object::Relation { schema: &relation.schema, name: &relation.name },
            owner: relation.owner,
            name: &relation.name,
        };
        for wish in wanted {
            match &wish.columns {
                Some(columns) => {
                    let privileges = on_columns(wish.privilege, relation)?;
                    self.require_columns(database, relation, columns)?;
                    for privilege in privileges {
                        self.change_on_columns(&place, privilege, columns, holders, change)?;
                    }
                }
                None => {
                    for privilege in expand(&[wish.privilege], &ALL_ON_TABLES) {
                        self.change_on_whole(&place, privilege, holders, change)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Only owners and superusers give privileges on columns, and only on those there are.
    fn require_columns(
        &mut self,
        database: &str,
        relation: &Relation,
        columns: &[String],
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        if !identity.superuser && relation.owner != identity.user {
            return Err(Failure::denied("relation", &relation.name));
        }
        let known = relations::column_names(&self.connection, database, relation.id)?;
        match columns.iter().find(|column| !known.contains(column)) {
            Some(unknown) => Err(Failure::new(
                "42703",
                format!("column \"{unknown}\" of relation \"{}\" does not exist", relation.name),
            )),
            None => Ok(()),
        }
    }

    /// The same privilege is never held on a table and on its columns.
    fn change_on_columns(
        &mut self,
        place: &Place<'_>,
        privilege: &str,
        columns: &[String],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for to in holders {
            let (connection, database) = (&self.connection, place.database);
            let held = held_by(connection, database, &place.object, &to.0)?;
            let whole = held.iter().any(|h| h.privilege == privilege && h.column.is_empty());
            match change {
                Change::Give if whole => continue,
                Change::Take { .. } if whole => {
                    return Err(Failure::new(
                        "0LP01",
                        format!(
                            "cannot revoke column privilege {privilege}: it is granted on the \
                             whole relation {}",
                            place.name
                        ),
                    ));
                }
                _ => {}
            }
            for column in columns {
                let right = Right { privilege, column };
                self.apply(place, right, std::slice::from_ref(to), change)?;
            }
        }
        Ok(())
    }

    fn change_on_whole(
        &mut self,
        place: &Place<'_>,
        privilege: &str,
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for (holder, _) in holders {
            let (connection, database) = (&self.connection, place.database);
            let held = held_by(connection, database, &place.object, holder)?;
            let on_columns = held.iter().any(|h| h.privilege == privilege && !h.column.is_empty());
            match change {
                Change::Give if on_columns => {
                    return Err(Failure::new(
                        "0LP01",
                        format!(
                            "cannot grant privilege {privilege} on relation {}: it is granted on \
                             columns of it",
                            place.name
                        ),
                    ));
                }
                Change::Take { option_only: false, .. } if on_columns => {
                    self.grantor(place, privilege)?;
                    let connection = &self.connection;
                    take_columns(connection, database, &place.object, privilege, holder)?;
                }
                _ => {}
            }
        }
        self.apply(place, Right { privilege, column: "" }, holders, change)
    }
}

/// The privileges that columns have: SELECT on tables and views, UPDATE on tables.
fn on_columns(wish: Privilege, relation: &Relation) -> Result<Vec<&'static str>, Failure> {
    match wish {
        Privilege::Update if relation.is_view() => {
            Err(Failure::new("0LP01", "invalid privilege type UPDATE for column of a view"))
        }
        Privilege::All if relation.is_view() => Ok(vec!["SELECT"]),
        other => Ok(expand(&[other], &[Privilege::Select, Privilege::Update])),
    }
}
