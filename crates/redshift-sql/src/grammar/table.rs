//! `CREATE TABLE` and `CREATE VIEW` (SQL commands › CREATE TABLE, CREATE TABLE AS, CREATE VIEW).
//!
//! Redshift's attributes become metadata; the engine gets plain columns. Lengths of strings become
//! checks that raise Redshift's 22001, because the engine's strings have no length. Start reading
//! at [`create`].

use sqlparser::tokenizer::Token;

use super::attributes::table_attribute;
use super::column;
use crate::ast::{
    Access, Column, Constraint, CreateTable, CreateView, DistStyle, EngineStatement, Kind,
    ObjectName, Privilege, TableAttributes, TableSource,
};
use crate::cursor::{Cursor, Parse};
use crate::error::SqlError;
use crate::{emit, query, relations};

/// Columns of a table at most.
const MAX_COLUMNS: usize = 1600;

/// Reads `[OR REPLACE] VIEW …` or `[TEMP] TABLE …` after `CREATE`.
pub(super) fn create(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    if c.accept("or replace view") {
        return view(c, true).map(Some);
    }
    if c.accept("view") {
        return view(c, false).map(Some);
    }
    let mark = c.mark();
    let _ = c.accept("local") || c.accept("global");
    let temporary = c.accept("temporary") || c.accept("temp");
    if !c.accept("table") {
        c.reset(mark);
        return Ok(None);
    }
    table(c, temporary).map(|table| Some(Kind::CreateTable(table)))
}

fn table(c: &mut Cursor<'_>, temporary: bool) -> Parse<CreateTable> {
    let if_not_exists = c.accept("if not exists");
    let name = relations::new_name(c)?;
    let mut draft = Draft::new(name, temporary, if_not_exists);
    if matches!(c.peek().map(|lexeme| &lexeme.token), Some(Token::LParen)) {
        let mark = c.mark();
        if names_only(c) {
            c.reset(mark);
            draft.names(c.names_in_parens()?);
        } else {
            c.reset(mark);
            draft.elements(c)?;
        }
    }
    while !c.at_end() && !c.looking_at(&["as"]) {
        if !table_attribute(c, &mut draft.attributes)? {
            return Err(c.unexpected());
        }
    }
    if c.accept("as") {
        let query = query::select(c)?;
        return draft.with_query(&query, false, c);
    }
    draft.finish(c)
}

/// Whether the parentheses hold bare names, as in `CREATE TABLE t (a, b) AS …`.
fn names_only(c: &mut Cursor<'_>) -> bool {
    c.names_in_parens().is_ok()
}

/// `SELECT … INTO t`: the same as `CREATE TABLE t AS SELECT …`.
pub(crate) fn select_into(
    c: &Cursor<'_>,
    name: ObjectName,
    temporary: bool,
    query: &EngineStatement,
) -> Parse<CreateTable> {
    Draft::new(name, temporary, false).with_query(query, true, c)
}

/// A table as far as it has been read.
struct Draft {
    name: ObjectName,
    temporary: bool,
    if_not_exists: bool,
    columns: Vec<Column>,
    /// The engine's definition of each column.
    engine_columns: Vec<String>,
    sequences: Vec<String>,
    constraints: Vec<(Option<String>, Constraint)>,
    attributes: TableAttributes,
    like: Option<(ObjectName, bool)>,
    accesses: Vec<Access>,
}

impl Draft {
    fn new(name: ObjectName, temporary: bool, if_not_exists: bool) -> Self {
        // `#t` is a temporary table whatever stands before TABLE.
        let temporary = temporary || name.name.starts_with('#');
        Self {
            name,
            temporary,
            if_not_exists,
            columns: Vec::new(),
            engine_columns: Vec::new(),
            sequences: Vec::new(),
            constraints: Vec::new(),
            attributes: TableAttributes::default(),
            like: None,
            accesses: Vec::new(),
        }
    }

    fn names(&mut self, names: Vec<String>) {
        self.columns = names.into_iter().map(column::named).collect();
    }

    fn elements(&mut self, c: &mut Cursor<'_>) -> Parse<()> {
        c.parenthesized(|c| self.element(c)).map(|_| ())
    }

    fn element(&mut self, c: &mut Cursor<'_>) -> Parse<()> {
        if c.accept("like") {
            let at = c.position();
            let parent = c.object_name()?;
            self.accesses.push(read(&parent, at));
            let including_defaults = c.accept("including defaults");
            let _ = !including_defaults && c.accept("excluding defaults");
            self.like = Some((parent, including_defaults));
            return Ok(());
        }
        if let Some((name, constraint)) = column::table_constraint(c)? {
            self.reference(&constraint, c.last_position());
            self.constraints.push((name, constraint));
            return Ok(());
        }
        let at = c.position();
        let defined = column::definition(c, &self.name, &mut self.attributes)?;
        if self.columns.iter().any(|other| other.name == defined.column.name) {
            let message = format!("column \"{}\" duplicated", defined.column.name);
            return Err(SqlError::new("42701", message).at(at));
        }
        for constraint in defined.constraints {
            self.reference(&constraint, at);
            self.constraints.push((None, constraint));
        }
        self.engine_columns.push(defined.engine);
        self.sequences.extend(defined.sequence);
        self.columns.push(defined.column);
        Ok(())
    }

    fn reference(&mut self, constraint: &Constraint, position: usize) {
        // A table may name itself before it exists.
        if let Constraint::ForeignKey { table, .. } = constraint
            && table.name != self.name.name
        {
            let privilege = Privilege::References;
            self.accesses.push(Access { name: table.clone(), privilege, columns: None, position });
        }
    }

    fn check_limits(&self) -> Parse<()> {
        if self.columns.len() > MAX_COLUMNS {
            let message = format!("tables can have at most {MAX_COLUMNS} columns");
            return Err(SqlError::new("54011", message));
        }
        let keyed = self.attributes.dist_style == Some(DistStyle::Key);
        if keyed && self.attributes.dist_key.is_none() {
            let message = "DISTKEY must be specified with DISTSTYLE KEY";
            return Err(SqlError::new("42601", message));
        }
        Ok(())
    }

    fn head(&self) -> String {
        let temporary = if self.temporary { "TEMP " } else { "" };
        let exists = if self.if_not_exists { "IF NOT EXISTS " } else { "" };
        format!("CREATE {temporary}TABLE {exists}{}", emit::name(&self.name))
    }

    fn finish(mut self, c: &Cursor<'_>) -> Parse<CreateTable> {
        self.check_limits()?;
        if self.like.is_none() {
            self.check_keys()?;
        }
        let head = self.head();
        let body = match &self.like {
            // The engine copies names, types and NOT NULL; the catalog copies the rest.
            Some((parent, _)) if self.columns.is_empty() => {
                format!("{head} AS SELECT * FROM {} WITH NO DATA", emit::name(parent))
            }
            // The warehouse writes the whole definition, see `TableSource::Like`.
            Some(_) => String::new(),
            None if self.columns.is_empty() => {
                return Err(c.unexpected());
            }
            None => format!("{head} ({})", self.engine_columns.join(", ")),
        };
        self.mark_primary_key();
        let source = match self.like.take() {
            Some((parent, including_defaults)) => TableSource::Like { parent, including_defaults },
            None => TableSource::Columns,
        };
        let mut sql = std::mem::take(&mut self.sequences);
        sql.push(body);
        Ok(self.build(source, sql))
    }

    /// Columns of the primary key are NOT NULL; the key itself is not enforced.
    fn mark_primary_key(&mut self) {
        for (_, constraint) in &self.constraints {
            let Constraint::PrimaryKey(names) = constraint else { continue };
            for column in self.columns.iter_mut().filter(|column| names.contains(&column.name)) {
                column.not_null = true;
            }
        }
    }

    /// The distribution and sort keys name columns of the table, keys too.
    fn check_keys(&self) -> Parse<()> {
        let known = |name: &String| self.columns.iter().any(|column| column.name == *name);
        let keys = self
            .attributes
            .dist_key
            .iter()
            .chain(self.attributes.sort_key.iter().flat_map(|key| key.columns.iter()));
        for key in keys {
            if !known(key) {
                let message = format!(
                    "column \"{key}\" specified as distkey/sortkey is not in the table \"{}\"",
                    self.name.name
                );
                return Err(SqlError::new("42703", message));
            }
        }
        for (_, constraint) in &self.constraints {
            let (Constraint::PrimaryKey(columns)
            | Constraint::Unique(columns)
            | Constraint::ForeignKey { columns, .. }) = constraint;
            if let Some(missing) = columns.iter().find(|column| !known(column)) {
                let message = format!("column \"{missing}\" named in key does not exist");
                return Err(SqlError::new("42703", message));
            }
        }
        Ok(())
    }

    fn with_query(
        mut self,
        query: &EngineStatement,
        select_into: bool,
        c: &Cursor<'_>,
    ) -> Parse<CreateTable> {
        if !self.engine_columns.is_empty() || self.like.is_some() {
            return Err(c.unsupported("CREATE TABLE AS cannot define column types"));
        }
        self.check_limits()?;
        let names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        let columns = if names.is_empty() { String::new() } else { emit::list(&names) };
        let sql = format!("{}{columns} AS {}", self.head(), query.sql);
        self.accesses.extend(query.accesses.iter().cloned());
        let source = TableSource::Query { select_into, query: Box::new(query.clone()) };
        let mut table = self.build(source, vec![sql]);
        table.parameters = query.parameters;
        table.session_functions.clone_from(&query.session_functions);
        Ok(table)
    }

    fn build(self, source: TableSource, sql: Vec<String>) -> CreateTable {
        CreateTable {
            name: self.name,
            temporary: self.temporary,
            if_not_exists: self.if_not_exists,
            columns: self.columns,
            constraints: self.constraints,
            source,
            attributes: self.attributes,
            sql,
            accesses: self.accesses,
            parameters: 0,
            session_functions: Vec::new(),
        }
    }
}

fn read(name: &ObjectName, position: usize) -> Access {
    Access { name: name.clone(), privilege: Privilege::Select, columns: None, position }
}

fn view(c: &mut Cursor<'_>, or_replace: bool) -> Parse<Kind> {
    let name = relations::new_name(c)?;
    let in_parens = matches!(c.peek().map(|lexeme| &lexeme.token), Some(Token::LParen));
    let columns = if in_parens { c.names_in_parens()? } else { Vec::new() };
    c.expect("as")?;
    let rest = c.rest();
    let words = ["with", "no", "schema", "binding"];
    let body = rest.len().saturating_sub(words.len());
    let tail = rest.get(body..).unwrap_or_default();
    let late_binding = tail.len() == words.len()
        && tail.iter().zip(words).all(|(lexeme, word)| crate::cursor::is_word(lexeme, word));
    let query_lexemes = if late_binding { rest.get(..body).unwrap_or_default() } else { rest };
    let engine_query = query::select_in(c, query_lexemes)?;
    let query = c.text_of(query_lexemes);
    c.finish_rest();
    if engine_query.parameters > 0 {
        return Err(c.unsupported("parameters are not supported in CREATE VIEW"));
    }
    let replace = if or_replace { "OR REPLACE " } else { "" };
    let list = if columns.is_empty() { String::new() } else { emit::list(&columns) };
    let sql = format!("CREATE {replace}VIEW {}{list} AS {}", emit::name(&name), engine_query.sql);
    Ok(Kind::CreateView(CreateView {
        name,
        columns,
        or_replace,
        late_binding,
        query,
        engine_query,
        sql,
    }))
}
