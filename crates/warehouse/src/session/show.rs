//! SET, RESET, SHOW, USE, DISCARD, CANCEL: statements about the session itself.
//! Redshift Developer Guide, "SET", "SHOW", "SHOW TABLES", "CANCEL".

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field as ArrowField, Schema};
use arrow::record_batch::RecordBatch;
use redshift_sql::{Kind, Set, Show};

use super::engine_sql::{describe_sql, stream, text_fields};
use super::settings::{REPORTED, unknown};
use super::show_table::Definition;
use super::{Field, Output, Parameter, Session};
use crate::catalog::users;
use crate::errors::Failure;

/// What SHOW PROCEDURE calls its column.
const PROCEDURE_COLUMN: &str = "Stored Procedure Definition";

impl Session {
    /// Carries out the statements of this file.
    pub(super) fn run_session(
        &mut self,
        kind: &Kind,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        match kind {
            Kind::Set(set) => self.set(set, output),
            Kind::Reset { name } => self.reset(name.as_deref(), output),
            Kind::SetSessionAuthorization { user, .. } => self.become_user(user.as_deref()),
            Kind::Use { database } => self.use_database(database.as_deref()),
            Kind::Show(show) => self.show(show, parameters, output),
            Kind::Explain(explain) => self.explain(explain, output),
            Kind::Discard => self.discard(),
            Kind::Cancel { pid, message } => self.cancel(*pid, message.as_deref()),
            _ => Err(Failure::internal("not a session statement")),
        }
    }

    fn set(&mut self, set: &Set, output: &mut dyn Output) -> Result<String, Failure> {
        self.set_parameter(&set.name, set.values.as_deref(), set.local, output)?;
        Ok(String::from("SET"))
    }

    /// Sets a parameter; `None` is DEFAULT. The client is told of those it must know.
    pub(super) fn set_parameter(
        &mut self,
        name: &str,
        values: Option<&[String]>,
        local: bool,
        output: &mut dyn Output,
    ) -> Result<(), Failure> {
        let value = self.settings.set(name, values, local)?;
        if let Some((_, shown)) = REPORTED.iter().find(|(known, _)| *known == name) {
            output.parameter(shown, &value)?;
        }
        self.setting_changed(name)
    }

    fn reset(&mut self, name: Option<&str>, output: &mut dyn Output) -> Result<String, Failure> {
        self.settings.reset(name)?;
        for (known, shown) in REPORTED {
            if name.is_none_or(|name| name == known) {
                output.parameter(shown, self.settings.get(known).unwrap_or_default())?;
            }
        }
        self.setting_changed(name.unwrap_or("search_path"))?;
        Ok(String::from("RESET"))
    }

    pub(super) fn setting_changed(&mut self, name: &str) -> Result<(), Failure> {
        if name == "search_path" {
            self.path = None;
            self.search_path()?;
        }
        Ok(())
    }

    /// `SET SESSION AUTHORIZATION`: only the superuser who logged in may become another.
    fn become_user(&mut self, name: Option<&str>) -> Result<String, Failure> {
        let user = match name {
            None => self.session_user.clone(),
            Some(name) => {
                if !self.session_user.superuser && name != self.session_user.name {
                    return Err(Failure::new(
                        "42501",
                        "permission denied to set session authorization",
                    ));
                }
                users::find(&self.connection, &self.cluster.home, name)?.ok_or_else(|| {
                    Failure::new("42704", format!("user \"{name}\" does not exist"))
                })?
            }
        };
        self.user = user;
        self.user_changed()?;
        Ok(String::from("SET"))
    }

    /// The session has become another user: whose rights and schemas count is looked up again.
    pub(super) fn user_changed(&mut self) -> Result<(), Failure> {
        self.identity = None;
        self.path = None;
        self.set_user_variables()?;
        self.search_path().map(drop)
    }

    fn use_database(&mut self, name: Option<&str>) -> Result<String, Failure> {
        let Some(name) = name else { return Ok(String::from("RESET")) };
        if name == self.database_name {
            return Ok(String::from("USE"));
        }
        self.database_named(name)?;
        Err(Failure::not_implemented("USE of another database"))
    }

    fn discard(&mut self) -> Result<String, Failure> {
        self.prepared.clear();
        self.close_cursors();
        self.settings.reset(None)?;
        self.setting_changed("search_path")?;
        Ok(String::from("DISCARD ALL"))
    }

    fn show(
        &mut self,
        show: &Show,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        match show {
            Show::Parameter(name) => {
                let value = self.settings.get(name).ok_or_else(|| unknown(name))?.to_owned();
                send_text(output, &[name.as_str()], &[vec![value]])?;
            }
            Show::All => {
                let rows: Vec<Vec<String>> =
                    self.settings.all().into_iter().map(|(n, v)| vec![n, v]).collect();
                send_text(output, &["name", "setting"], &rows)?;
            }
            Show::Procedure(routine) => {
                let text = self.show_procedure(routine)?;
                send_text(output, &[PROCEDURE_COLUMN], &[vec![text]])?;
            }
            other => {
                let sql = self.show_sql(other, Some(parameters))?;
                stream(&self.connection, &sql, output)?;
            }
        }
        Ok(String::from("SHOW"))
    }

    /// The columns a SHOW answers with.
    pub(super) fn describe_show(&mut self, show: &Show) -> Result<Vec<Field>, Failure> {
        match show {
            Show::Parameter(name) => Ok(text_fields(&[name.as_str()])),
            Show::All => Ok(text_fields(&["name", "setting"])),
            Show::Procedure(_) => Ok(text_fields(&[PROCEDURE_COLUMN])),
            other => {
                let sql = self.show_sql(other, None)?;
                describe_sql(&self.connection, &sql)
            }
        }
    }

    /// `SHOW TABLES` and its kin are queries over the catalog's views.
    fn show_sql(
        &mut self,
        show: &Show,
        parameters: Option<&[Parameter]>,
    ) -> Result<String, Failure> {
        match show {
            Show::List(list) => self.list_sql(list, parameters),
            Show::Table(name) => self.definition_sql(name, Definition::Table),
            Show::View(name) => self.definition_sql(name, Definition::View),
            _ => Err(Failure::not_implemented("this SHOW statement")),
        }
    }
}

/// Sends a small result of text.
pub(super) fn send_text(
    output: &mut dyn Output,
    names: &[&str],
    rows: &[Vec<String>],
) -> Result<(), Failure> {
    let column = |index: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter(rows.iter().map(|row| row.get(index))))
    };
    let arrow: Vec<ArrowField> =
        names.iter().map(|name| ArrowField::new(*name, DataType::Utf8, true)).collect();
    let columns: Vec<ArrayRef> = (0..names.len()).map(column).collect();
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(arrow)), columns).map_err(Failure::internal)?;
    output.columns(&text_fields(names))?;
    output.rows(&batch)
}
