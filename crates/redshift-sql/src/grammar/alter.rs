//! `ALTER TABLE` (SQL commands › ALTER TABLE): one change a statement.

use sqlparser::tokenizer::Token;

use super::{attributes, column, encoding};
use crate::ast::{
    AlterTable, AlterTableAction, Constraint, Kind, ObjectName, SortKey, SortStyle, TableAttributes,
};
use crate::cursor::{Cursor, Parse};
use crate::error::{NOT_SUPPORTED, SqlError};
use crate::{emit, relations, types};

/// Reads the statement after `ALTER TABLE`.
pub(super) fn table(c: &mut Cursor<'_>) -> Parse<Kind> {
    let table = c.object_name()?;
    let (action, sql) = if c.accept("rename to") {
        let to = relations::bare_new_name(c)?;
        (AlterTableAction::Rename(to.clone()), vec![rename(&table, &to)])
    } else if c.accept("rename") {
        rename_column(c, &table)?
    } else if c.accept("add") {
        add(c, &table)?
    } else if c.accept("drop") {
        drop(c, &table)?
    } else if c.accept("owner to") {
        (AlterTableAction::Owner(c.user_name()?), vec![])
    } else if c.accept("append from") {
        (append(c)?, vec![])
    } else if c.accept("alter") {
        (alter(c)?, vec![])
    } else {
        return Err(refused(c));
    };
    Ok(Kind::AlterTable(AlterTable { table, action, sql }))
}

fn refused(c: &Cursor<'_>) -> SqlError {
    let known = [
        (&["row", "level", "security"][..], "ALTER TABLE ROW LEVEL SECURITY"),
        (&["set"][..], "ALTER TABLE SET"),
        (&["partition"][..], "ALTER TABLE PARTITION"),
    ];
    match known.into_iter().find(|(words, _)| c.looking_at(words)) {
        Some((_, name)) => {
            SqlError::unsupported(format!("{name} is not supported")).at(c.position())
        }
        None => c.unexpected(),
    }
}

type Change = (AlterTableAction, Vec<String>);

fn rename(table: &ObjectName, to: &str) -> String {
    format!("ALTER TABLE {} RENAME TO {}", emit::name(table), emit::ident(to))
}

fn rename_column(c: &mut Cursor<'_>, table: &ObjectName) -> Parse<Change> {
    c.accept("column");
    let from = c.name()?;
    c.expect("to")?;
    let to = c.name()?;
    let sql = format!(
        "ALTER TABLE {} RENAME COLUMN {} TO {}",
        emit::name(table),
        emit::ident(&from),
        emit::ident(&to)
    );
    Ok((AlterTableAction::RenameColumn { from, to }, vec![sql]))
}

fn add(c: &mut Cursor<'_>, table: &ObjectName) -> Parse<Change> {
    if let Some((name, constraint)) = column::table_constraint(c)? {
        return Ok((AlterTableAction::AddConstraint { name, constraint }, vec![]));
    }
    c.accept("column");
    let at = c.position();
    let mut ignored = TableAttributes::default();
    let defined = column::definition(c, table, &mut ignored)?;
    if matches!(c.peek().map(|lexeme| &lexeme.token), Some(Token::Comma)) {
        return Err(c.unexpected());
    }
    let column = defined.column;
    let keyed = ignored.dist_key.is_some()
        || ignored.sort_key.is_some()
        || column.identity.is_some()
        || defined.constraints.iter().any(|k| !matches!(k, Constraint::ForeignKey { .. }));
    if keyed {
        let message =
            "ALTER TABLE ADD COLUMN cannot have DISTKEY, SORTKEY, IDENTITY, UNIQUE or PRIMARY KEY";
        return Err(SqlError::new(NOT_SUPPORTED, message).at(at));
    }
    if column.not_null && column.default.is_none() {
        let message =
            "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression";
        return Err(SqlError::new("42601", message).at(at));
    }
    let sql = add_column_sql(table, &column.name, &defined.engine, column.not_null);
    Ok((AlterTableAction::AddColumn(column), sql))
}

/// The engine adds no column with constraints: NOT NULL comes after, and a length is left to the
/// catalog.
fn add_column_sql(table: &ObjectName, name: &str, engine: &str, not_null: bool) -> Vec<String> {
    let plain = engine.split(" CHECK (").next().unwrap_or(engine);
    let plain = plain.strip_suffix(" NOT NULL").unwrap_or(plain);
    let table = emit::name(table);
    let mut sql = vec![format!("ALTER TABLE {table} ADD COLUMN {plain}")];
    if not_null {
        sql.push(format!("ALTER TABLE {table} ALTER COLUMN {} SET NOT NULL", emit::ident(name)));
    }
    sql
}

fn append(c: &mut Cursor<'_>) -> Parse<AlterTableAction> {
    let source = c.object_name()?;
    let ignore_extra = c.accept("ignoreextra");
    let fill_target = c.accept("filltarget");
    let ignore_extra = ignore_extra || c.accept("ignoreextra");
    if ignore_extra && fill_target {
        let message = "IGNOREEXTRA and FILLTARGET cannot be used together";
        return Err(SqlError::new("42601", message).at(c.last_position()));
    }
    Ok(AlterTableAction::Append { source, ignore_extra, fill_target })
}

fn drop(c: &mut Cursor<'_>, table: &ObjectName) -> Parse<Change> {
    if c.accept("constraint") {
        let action = AlterTableAction::DropConstraint(c.name()?);
        let _ = c.accept("cascade") || c.accept("restrict");
        return Ok((action, vec![]));
    }
    c.accept("column");
    let column = c.name()?;
    let cascade = c.accept("cascade");
    let _ = !cascade && c.accept("restrict");
    let sql = format!("ALTER TABLE {} DROP COLUMN {}", emit::name(table), emit::ident(&column));
    Ok((AlterTableAction::DropColumn { column, cascade }, vec![sql]))
}

fn alter(c: &mut Cursor<'_>) -> Parse<AlterTableAction> {
    let mut read = TableAttributes::default();
    if c.accept("diststyle") {
        read.dist_style = Some(attributes::dist_style(c)?);
        if c.accept("distkey") {
            read.dist_key = Some(attributes::dist_key(c)?);
        }
    } else if c.accept("distkey") {
        read.dist_style = Some(crate::ast::DistStyle::Key);
        read.dist_key = Some(attributes::dist_key(c)?);
        read.sort_key = attributes::sort_key(c)?;
    } else if c.accept("encode auto") {
        read.encode_auto = true;
    } else if let Some(key) = attributes::sort_key(c)? {
        read.sort_key = Some(key);
    } else {
        return alter_column(c);
    }
    if matches!(&read.sort_key, Some(SortKey { style: SortStyle::Interleaved, .. })) {
        return Err(c.unsupported("ALTER TABLE cannot set an interleaved sort key"));
    }
    Ok(AlterTableAction::Attributes(read))
}

fn alter_column(c: &mut Cursor<'_>) -> Parse<AlterTableAction> {
    c.accept("column");
    let column = c.name()?;
    if c.accept("type") {
        return Ok(AlterTableAction::AlterType { column, data_type: types::parse(c)? });
    }
    c.expect("encode")?;
    let mut columns = vec![(column, encoding::name(c)?)];
    while c.accept_token(&Token::Comma) {
        c.expect("alter")?;
        c.accept("column");
        let column = c.name()?;
        c.expect("encode")?;
        columns.push((column, encoding::name(c)?));
    }
    Ok(AlterTableAction::AlterEncode { columns })
}
