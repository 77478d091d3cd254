//! Privileges inside the database: `ASSUMEROLE` closed to all, then given for this one chain;
//! `USAGE` and `SELECT` on what is read, or `INSERT`, and what the mode needs beside it, on what is
//! loaded. What the user already has is neither granted nor revoked.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{Seen, Step};
use crate::file::{Mode, Movement, TableName, Way, What};
use crate::place::Account;
use crate::sql;
use crate::trouble::Result;
use crate::undo::Undo;
use crate::work::Work;

pub(super) fn steps(movement: &Movement) -> Vec<Box<dyn Step>> {
    let mut grants = Vec::new();
    let tables = sql::relations_of(movement);
    let schemas: BTreeSet<&String> = tables.iter().map(|table| &table.schema).collect();
    grants.extend(schemas.into_iter().map(|schema| Grant::Usage { schema: schema.clone() }));
    match &movement.way {
        Way::Out(unload) => grants.extend(tables.iter().map(|table| Grant::Select {
            table: table.clone(),
            columns: granted_columns(&unload.what),
        })),
        Way::In(load) => grants.extend(privileges(&load.mode).iter().map(|privilege| {
            Grant::Privilege { table: load.table.clone(), privilege: (*privilege).to_owned() }
        })),
    }
    if movement.warehouse.restrict_assumerole {
        grants.push(Grant::CloseAssumeRole);
    }
    grants.push(Grant::AssumeRole);
    grants.into_iter().map(|grant| Box::new(grant) as Box<dyn Step>).collect()
}

/// What a load needs on its table: COPY only `INSERT` ("COPY", "Required permissions"); the other
/// modes delete first, and an upsert compares keys.
fn privileges(mode: &Mode) -> &'static [&'static str] {
    match mode {
        Mode::Append => &["INSERT"],
        Mode::Overwrite => &["INSERT", "DELETE"],
        Mode::Upsert { .. } => &["SELECT", "INSERT", "DELETE"],
    }
}

/// Single columns are granted where the file names them; a condition may read others.
fn granted_columns(what: &What) -> Vec<String> {
    match what {
        What::Table { columns, filter: None, .. } => columns.clone(),
        _ => Vec::new(),
    }
}

/// The recorded prior state of `ASSUMEROLE` of `PUBLIC`.
const OPEN: &str = "open";

enum Grant {
    Usage {
        schema: String,
    },
    Select {
        table: TableName,
        columns: Vec<String>,
    },
    /// A privilege on the table that is loaded.
    Privilege {
        table: TableName,
        privilege: String,
    },
    CloseAssumeRole,
    AssumeRole,
}

impl Grant {
    /// Whether the user has the privilege; `None` when nobody can tell.
    async fn held(&self, work: &mut Work<'_>) -> Result<Option<bool>> {
        let chain = work.facts.chain(&work.movement.roles);
        match self {
            Self::Usage { schema } if work.movement.inward().is_some() => {
                // A schema's name is taken as it is, unlike a table's, which may be qualified.
                has_privilege(work, "schema", &sql::literal(schema), "usage").await
            }
            Self::Privilege { table, privilege } => {
                let table = sql::literal(&sql::qualified(table));
                has_privilege(work, "table", &table, privilege).await
            }
            Self::Usage { schema } => {
                let reads = sql::relations_of(work.movement);
                let Some(table) = reads.into_iter().find(|table| table.schema == *schema) else {
                    return Ok(None);
                };
                // What is refused may be the table; then the schema was passed.
                Ok(match probe(work, &table, &[]).await? {
                    Probe::Reads => Some(true),
                    Probe::Refused(said) => Some(!said.contains("schema")),
                    Probe::Unknown => None,
                })
            }
            Self::Select { table, columns } => Ok(match probe(work, table, columns).await? {
                Probe::Reads => Some(true),
                Probe::Refused(_) => Some(false),
                Probe::Unknown => None,
            }),
            Self::CloseAssumeRole => open_to_all(work, &format!("{chain}-not-granted")).await,
            Self::AssumeRole => match may_assume(work, &chain).await? {
                None => listed(work, &chain).await,
                known => Ok(known),
            },
        }
    }

    fn statement(&self, work: &Work<'_>) -> String {
        let user = sql::identifier(&work.movement.warehouse.user);
        match self {
            Self::Usage { schema } => {
                format!("GRANT USAGE ON SCHEMA {} TO {user}", sql::identifier(schema))
            }
            Self::Select { table, columns } => {
                let privilege = sql::select_privilege(columns);
                format!("GRANT {privilege} ON {} TO {user}", sql::qualified(table))
            }
            Self::Privilege { table, privilege } => {
                format!("GRANT {privilege} ON {} TO {user}", sql::qualified(table))
            }
            Self::CloseAssumeRole => "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL".to_owned(),
            Self::AssumeRole => {
                let chain = sql::literal(&work.facts.chain(&work.movement.roles));
                let statement = work.movement.statement();
                format!("GRANT ASSUMEROLE ON {chain} TO {user} FOR {statement}")
            }
        }
    }
}

/// What a select of no rows as the database user shows.
enum Probe {
    Reads,
    Refused(String),
    Unknown,
}

/// Tries to read nothing, as the user: what it may is what counts, whoever granted it.
async fn probe(work: &mut Work<'_>, table: &TableName, columns: &[String]) -> Result<Probe> {
    let list: Vec<String> = columns.iter().map(|column| sql::identifier(column)).collect();
    let list = if list.is_empty() { "*".to_owned() } else { list.join(", ") };
    let sql = format!("SELECT {list} FROM {} WHERE false", sql::qualified(table));
    Ok(match work.user_sql(&sql).await? {
        Some(Ok(_)) => Probe::Reads,
        // 42501: insufficient privilege.
        Some(Err(error)) if error.sqlstate.as_deref() == Some("42501") => {
            Probe::Refused(error.message)
        }
        Some(Err(_)) | None => Probe::Unknown,
    })
}

/// Asks `has_table_privilege` or `has_schema_privilege`: what the user may is what counts, whoever
/// granted it. Inserting or deleting cannot be tried without effect.
async fn has_privilege(
    work: &mut Work<'_>,
    kind: &str,
    name: &str,
    privilege: &str,
) -> Result<Option<bool>> {
    let user = sql::literal(&work.movement.warehouse.user);
    let privilege = sql::literal(&privilege.to_lowercase());
    let sql = format!("SELECT has_{kind}_privilege({user}, {name}, {privilege})");
    Ok(work.admin_sql(&sql).await?.ok().map(|rows| rows.is_true()))
}

/// Asks the function that Redshift has for it.
async fn may_assume(work: &mut Work<'_>, chain: &str) -> Result<Option<bool>> {
    let user = sql::literal(&work.movement.warehouse.user);
    let chain = sql::literal(chain);
    let statement = work.movement.statement().to_lowercase();
    let sql = format!("SELECT has_assumerole_privilege({user}, {chain}, '{statement}')");
    Ok(work.admin_sql(&sql).await?.ok().map(|rows| rows.is_true()))
}

/// Whether every ordinary user may use a role that nobody was given; `None` when there is none to
/// ask for.
async fn open_to_all(work: &mut Work<'_>, chain: &str) -> Result<Option<bool>> {
    let sql = format!(
        "SELECT bool_and(has_assumerole_privilege(usename, {}, '{}')) FROM pg_user \
         WHERE usesuper = false",
        sql::literal(chain),
        work.movement.statement().to_lowercase()
    );
    let rows = work.admin_sql(&sql).await?.ok();
    Ok(rows.filter(|rows| rows.first().is_some()).map(|rows| rows.is_true()))
}

/// Asks the list of grants, where the function is unknown.
async fn listed(work: &mut Work<'_>, chain: &str) -> Result<Option<bool>> {
    let sql = format!(
        "SELECT iam_arn FROM svv_iam_privileges WHERE TRIM(iam_arn) = {} \
         AND TRIM(identity_name) = {} AND UPPER(TRIM(command_type)) IN ('{}', 'ALL')",
        sql::literal(chain),
        sql::literal(&work.movement.warehouse.user),
        work.movement.statement()
    );
    Ok(work.admin_sql(&sql).await?.ok().map(|rows| !rows.rows.is_empty()))
}

#[async_trait]
impl Step for Grant {
    fn id(&self, movement: &Movement) -> String {
        let section = movement.section(Account::Warehouse);
        match self {
            Self::Usage { schema } => format!("{section}.grant.usage.{schema}"),
            Self::Select { table, .. } => {
                format!("{section}.grant.select.{}.{}", table.schema, table.relation)
            }
            Self::Privilege { table, privilege } => {
                let privilege = privilege.to_lowercase();
                format!("{section}.grant.{privilege}.{}.{}", table.schema, table.relation)
            }
            Self::CloseAssumeRole => format!("{section}.close-assumerole"),
            Self::AssumeRole => format!("{section}.grant.assumerole"),
        }
    }

    fn hop(&self) -> u8 {
        5
    }

    fn account(&self) -> Account {
        Account::Warehouse
    }

    fn what(&self, work: &Work<'_>) -> String {
        match self {
            Self::Usage { schema } => format!("grant USAGE on schema {schema}"),
            Self::Select { table, columns } => {
                let columns = match columns.len() {
                    0 => String::new(),
                    1..=3 => format!(" ({})", columns.join(", ")),
                    many => format!(" ({many} columns)"),
                };
                format!("grant SELECT on {}.{}{columns}", table.schema, table.relation)
            }
            Self::CloseAssumeRole => "ASSUMEROLE of PUBLIC".to_owned(),
            Self::Privilege { table, privilege } => {
                format!("grant {privilege} on {}.{}", table.schema, table.relation)
            }
            Self::AssumeRole => {
                let what = if work.facts.chained { "chain" } else { "role" };
                format!("grant ASSUMEROLE on the {what} for {}", work.movement.statement())
            }
        }
    }

    fn opens(&self, work: &Work<'_>) -> String {
        match self {
            Self::CloseAssumeRole => {
                "closed; others who COPY or UNLOAD then need a grant".to_owned()
            }
            _ => format!("to {}", work.movement.warehouse.user),
        }
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        work.cluster()?;
        let id = self.id(work.movement);
        let made = work.journal.standing().iter().any(|known| known.step == id && known.made);
        let held = self.held(work).await?;
        Ok(match (self, held) {
            (Self::CloseAssumeRole, Some(true)) => {
                Seen::Differs { prior: Some(OPEN.into()), how: "it is open to everybody".into() }
            }
            (Self::CloseAssumeRole, Some(false)) => Seen::Same,
            (Self::CloseAssumeRole, None) if !made => {
                Seen::Differs { prior: None, how: "it is open until closed".into() }
            }
            // Everybody may use every role: that is no grant of ours.
            (Self::AssumeRole, Some(true)) if !work.journal.is_ours(&id) => Seen::Absent,
            (_, Some(true)) => Seen::Same,
            (_, None) if made => Seen::Same,
            (_, _) => Seen::Absent,
        })
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        let statement = self.statement(work);
        match work.admin_sql(&statement).await? {
            Ok(_) => Ok(()),
            Err(error) => Err(work.db_refused(5, statement, &error).await),
        }
    }

    fn undo(&self, work: &Work<'_>, seen: &Seen) -> Option<Undo> {
        let user = work.movement.warehouse.user.clone();
        Some(match self {
            Self::Usage { schema } => Undo::RevokeUsage { user, schema: schema.clone() },
            Self::Select { table, columns } => Undo::RevokeSelect {
                user,
                schema: table.schema.clone(),
                relation: table.relation.clone(),
                columns: columns.clone(),
            },
            Self::Privilege { table, privilege } => Undo::RevokePrivilege {
                user,
                schema: table.schema.clone(),
                relation: table.relation.clone(),
                privilege: privilege.clone(),
            },
            Self::CloseAssumeRole => {
                // Given back only where it is known that it was there.
                let open =
                    matches!(seen, Seen::Differs { prior: Some(prior), .. } if prior == OPEN);
                if open { Undo::ReopenAssumeRole } else { Undo::LeaveAssumeRoleClosed }
            }
            Self::AssumeRole => {
                let chain = work.facts.chain(&work.movement.roles);
                let statement = work.movement.statement().to_owned();
                Undo::RevokeAssumeRole { user, chain, statement }
            }
        })
    }
}
