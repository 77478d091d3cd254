//! Schemas, `DROP` of relations, and the maintenance statements.

use crate::ast::{
    AlterSchema, AlterSchemaAction, Comment, CommentTarget, CreateSchema, DropRelation, DropSchema,
    Kind, ObjectName, RelationKind,
};
use crate::cursor::{Cursor, Parse};
use crate::emit;

/// Reads `SCHEMA …` after `CREATE`.
pub(super) fn create(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    if c.accept("schema") {
        return create_schema(c).map(Some);
    }
    Ok(None)
}

fn create_schema(c: &mut Cursor<'_>) -> Parse<Kind> {
    let if_not_exists = c.accept("if not exists");
    // `CREATE SCHEMA AUTHORIZATION u` names the schema after the user.
    let name = if c.looking_at(&["authorization"]) { None } else { Some(c.name()?) };
    let owner = if c.accept("authorization") { Some(c.user_name()?) } else { None };
    let quota_mb = if c.accept("quota") { quota(c)? } else { None };
    let Some(name) = name.or_else(|| owner.clone()) else { return Err(c.unexpected()) };
    Ok(Kind::CreateSchema(CreateSchema { name, if_not_exists, owner, quota_mb }))
}

/// `{ n [MB | GB | TB] | UNLIMITED }` in megabytes.
fn quota(c: &mut Cursor<'_>) -> Parse<Option<u64>> {
    if c.accept("unlimited") {
        return Ok(None);
    }
    let amount: u64 = c.integer()?;
    let unit = match c.accept_one_of(&["mb", "gb", "tb"]) {
        Some("gb") => 1024,
        Some("tb") => 1024 * 1024,
        _ => 1,
    };
    Ok(Some(amount.saturating_mul(unit)))
}

/// Reads the statement after `ALTER SCHEMA`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Parse<Kind> {
    let name = c.name()?;
    let action = if c.accept("rename to") {
        AlterSchemaAction::Rename(c.name()?)
    } else if c.accept("owner to") {
        AlterSchemaAction::Owner(c.user_name()?)
    } else {
        c.expect("quota")?;
        AlterSchemaAction::Quota(quota(c)?)
    };
    Ok(Kind::AlterSchema(AlterSchema { name, action }))
}

/// Reads `TABLE`, `VIEW`, `SCHEMA`, `DATABASE` after `DROP`.
pub(super) fn drop(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    if c.accept("database") {
        let (name, force) = (c.name()?, c.accept("force"));
        return Ok(Some(Kind::DropDatabase { name, force }));
    }
    let materialized = c.accept("materialized view");
    let what = match c.accept_one_of(&["table", "view", "schema"]) {
        _ if materialized => "materialized view",
        Some(what) => what,
        None => return Ok(None),
    };
    let if_exists = c.accept("if exists");
    let names = c.comma_separated(Cursor::object_name)?;
    let cascade = c.accept("cascade");
    let _ = !cascade && c.accept("restrict");
    Ok(Some(match what {
        "schema" => Kind::DropSchema(DropSchema { schemas: names, if_exists, cascade }),
        "table" => {
            let kind = RelationKind::Table;
            Kind::DropRelation(DropRelation { kind, names, if_exists, cascade })
        }
        "materialized view" => {
            let kind = RelationKind::MaterializedView;
            Kind::DropRelation(DropRelation { kind, names, if_exists, cascade })
        }
        _ => {
            let kind = RelationKind::View;
            Kind::DropRelation(DropRelation { kind, names, if_exists, cascade })
        }
    }))
}

/// `TRUNCATE`, `ANALYZE`, `VACUUM`, `LOCK`, `COMMENT`, if one is next.
pub(super) fn maintenance(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let kind = if c.accept("truncate") {
        c.accept("table");
        let table = c.object_name()?;
        let sql = format!("DELETE FROM {}", emit::name(&table));
        Kind::Truncate { table, sql }
    } else if c.accept("analyze") || c.accept("analyse") {
        analyze(c)?
    } else if c.accept("vacuum") {
        vacuum(c)?
    } else if c.accept("lock") {
        c.accept("table");
        Kind::Lock { tables: c.comma_separated(Cursor::object_name)? }
    } else if c.accept("comment on") {
        Kind::Comment(comment(c)?)
    } else {
        return Ok(None);
    };
    Ok(Some(kind))
}

/// `ANALYZE [VERBOSE] [t [(c, …)]] [{PREDICATE | ALL} COLUMNS]`.
fn analyze(c: &mut Cursor<'_>) -> Parse<Kind> {
    if c.accept("compression") {
        return Err(c.unsupported("ANALYZE COMPRESSION is not supported"));
    }
    c.accept("verbose");
    let columns = |c: &mut Cursor<'_>| c.accept("predicate columns") || c.accept("all columns");
    let table = if c.at_end() || columns(c) { None } else { Some(c.object_name()?) };
    let in_parens = c.peek().is_some_and(|l| l.token == sqlparser::tokenizer::Token::LParen);
    if in_parens {
        c.names_in_parens()?;
    }
    columns(c);
    Ok(Kind::Analyze { table })
}

/// `VACUUM [FULL | SORT ONLY | DELETE ONLY | REINDEX | RECLUSTER] [t] [TO n PERCENT] [BOOST]`.
fn vacuum(c: &mut Cursor<'_>) -> Parse<Kind> {
    let modes = ["full", "sort only", "delete only", "reindex", "recluster"];
    let _ = modes.iter().any(|mode| c.accept(mode));
    let over = c.at_end() || c.looking_at(&["to"]) || c.looking_at(&["boost"]);
    let table = if over { None } else { Some(c.object_name()?) };
    if c.accept("to") {
        c.number()?;
        c.expect("percent")?;
    }
    c.accept("boost");
    Ok(Kind::Vacuum { table })
}

fn comment(c: &mut Cursor<'_>) -> Parse<Comment> {
    let on = if c.accept("table") {
        CommentTarget::Table(c.object_name()?)
    } else if c.accept("view") {
        CommentTarget::View(c.object_name()?)
    } else if c.accept("column") {
        column_target(c)?
    } else if c.accept("schema") {
        CommentTarget::Schema(c.name()?)
    } else if c.accept("database") {
        CommentTarget::Database(c.name()?)
    } else {
        c.expect("constraint")?;
        let name = c.name()?;
        c.expect("on")?;
        CommentTarget::Constraint(name, c.object_name()?)
    };
    c.expect("is")?;
    let text = if c.accept("null") { None } else { Some(c.string()?) };
    Ok(Comment { on, text })
}

/// `[[database.]schema.]table.column`.
fn column_target(c: &mut Cursor<'_>) -> Parse<CommentTarget> {
    let at = c.position();
    let mut parts = vec![c.name()?];
    while c.accept_token(&sqlparser::tokenizer::Token::Period) {
        parts.push(c.name()?);
    }
    match parts.pop() {
        Some(column) if !parts.is_empty() => {
            let table: ObjectName = crate::cursor::object_name(parts, at)?;
            Ok(CommentTarget::Column(table, column))
        }
        _ => Err(c.unexpected()),
    }
}
