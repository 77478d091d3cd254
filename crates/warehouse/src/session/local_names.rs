//! `database.schema.name` in statements that make or change objects, where it names the session's
//! own database: the engine knows databases by other names, and objects are made in one's own only.
//! dbt writes every name in full. Redshift Developer Guide, "Cross-database queries".

use redshift_sql::{Kind, ObjectName, Statement, TableSource};

use crate::engine::quote;

/// Leaves the database out of the names of objects that a statement makes or changes.
pub(super) fn shorten(statement: &mut Statement, database: &str) {
    match &mut statement.kind {
        Kind::CreateTable(create) => {
            let Some(place) = own(&mut create.name, database) else { return };
            let query = match &create.source {
                TableSource::Query { query, .. } => query.sql.clone(),
                _ => String::new(),
            };
            create.sql.iter_mut().for_each(|sql| in_head(sql, &query, &place));
        }
        Kind::CreateView(create) => {
            let Some(place) = own(&mut create.name, database) else { return };
            in_head(&mut create.sql, &create.engine_query.sql, &place);
        }
        Kind::AlterTable(alter) => {
            let Some(place) = own(&mut alter.table, database) else { return };
            alter.sql.iter_mut().for_each(|sql| in_head(sql, "", &place));
        }
        Kind::Truncate { table, sql } => {
            let Some(place) = own(table, database) else { return };
            in_head(sql, "", &place);
        }
        _ => {}
    }
}

/// Takes the session's own database off a name; gives the place as it was written to the engine,
/// and as it is to be written.
fn own(name: &mut ObjectName, database: &str) -> Option<[String; 2]> {
    let schema = quote(name.schema.as_deref()?);
    let written = name.database.take_if(|written| written == database)?;
    Some([format!("{}.{schema}.", quote(&written)), format!("{schema}.")])
}

/// Changes what stands before a statement's query, whose names are the resolution's to change.
fn in_head(sql: &mut String, query: &str, [long, short]: &[String; 2]) {
    let split = sql.len().saturating_sub(query.len());
    if let Some((head, tail)) = sql.split_at_checked(split).filter(|(_, tail)| *tail == query) {
        *sql = format!("{}{tail}", head.replace(long.as_str(), short));
    }
}

#[cfg(test)]
mod tests {
    use redshift_sql::{Kind, Options, parse};

    use super::shorten;

    #[test]
    fn only_the_own_database_is_left_out() {
        for (sql, expect) in [
            ("create table dev.s.t (a int)", r#"CREATE TABLE "s"."t" ("a" INTEGER)"#),
            ("create table other.s.t (a int)", r#"CREATE TABLE "other"."s"."t" ("a" INTEGER)"#),
            (
                "create table s.t as select * from dev.s.u",
                r#"CREATE TABLE "s"."t" AS SELECT * FROM "dev"."s"."u""#,
            ),
            (
                "create table dev.s.t as select * from dev.s.u",
                r#"CREATE TABLE "s"."t" AS SELECT * FROM "dev"."s"."u""#,
            ),
            ("alter table dev.s.t rename to u", r#"ALTER TABLE "s"."t" RENAME TO "u""#),
        ] {
            let mut statements = parse(sql, &Options::default()).unwrap();
            let statement = statements.first_mut().unwrap();
            shorten(statement, "dev");
            let found = match &statement.kind {
                Kind::CreateTable(create) => create.sql.join("; "),
                Kind::AlterTable(alter) => alter.sql.join("; "),
                other => panic!("{other:?}"),
            };
            assert_eq!(found, expect);
        }
    }
}
