//! Movement files: what is understood, and what is said of the rest.

use std::path::Path;

use expect_test::{Expect, expect};

use super::FILE;
use crate::file::{Format, Key, Movement, TableName, What};
use crate::sql;

fn check(from: &str, to: &str, expected: &Expect) {
    assert!(FILE.contains(from), "{from} is not in the file");
    let text = FILE.replace(from, to);
    let said = match Movement::parse(&text, Path::new("m.toml")) {
        Ok(_) => "fine".to_owned(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&said);
}

#[test]
fn a_whole_file_is_understood() {
    let movement = super::movement();
    assert_eq!(movement.store.bucket(), "dev-landing");
    assert_eq!(movement.store.prefix(), "orders/");
    assert_eq!(movement.form().format, Format::Csv);
    assert_eq!(movement.store.key, Some(Key::Alias("alias/dev/landing".into())));
    let reads = TableName { schema: "sales".into(), relation: "orders".into() };
    assert!(
        matches!(&movement.outward().unwrap().what, What::Query { reads: found, .. } if *found == [reads])
    );
}

#[test]
fn the_examples_are_understood() {
    for text in [
        include_str!("../../../../examples/unload-across-accounts/tickets-to-dev.toml"),
        include_str!("../../../../examples/unload-across-accounts/large-orders-csv.toml"),
    ] {
        if let Err(error) = Movement::parse(text, Path::new("example.toml")) {
            panic!("{error}");
        }
    }
}

#[test]
fn slips_are_named_with_their_place() {
    check(
        "format = ",
        "formt = ",
        &expect!["m.toml:17:1: unknown key `formt` in [target]; did you mean `format`?"],
    );
    check(
        "\"csv\"",
        "\"cvs\"",
        &expect![[
            r#"m.toml:17:10: `format` cannot be "cvs"; it is one of parquet, csv, text, json; did you mean "csv"?"#
        ]],
    );
    check("\"csv\"", "7", &expect!["m.toml:17:10: `format` should be a string, not an integer"]);
    check("user = \"etl\"\n", "", &expect!["m.toml:4:1: `user` is missing in [source]"]);
    check("user = \"etl\"", "user = \"\"", &expect!["m.toml:8:8: `user` is empty"]);
    check(
        "[target]",
        "[targets]",
        &expect![[r#"
        m.toml:1:1: the table `[target]` is missing
        m.toml:14:2: unknown key `targets` at the top; did you mean `target`?"#]],
    );
    check(
        "s3://dev-landing/orders/",
        "s3://dev-landing/",
        &expect![
            "m.toml:16:6: `s3` needs a prefix without wildcards below the bucket; write s3://bucket/prefix/, so that the role may write only there"
        ],
    );
    check(
        "s3://dev-landing/orders/",
        "dev-landing/orders",
        &expect![[
            r#"m.toml:16:6: `s3` cannot be "dev-landing/orders"; write s3://bucket/prefix/"#
        ]],
    );
    check(
        "name = \"orders-to-dev\"",
        "name = \"orders to dev\"",
        &expect![[
            r#"m.toml:2:8: `name` cannot be "orders to dev"; use up to 48 letters, digits, `-` and `_`"#
        ]],
    );
    check(
        "name = \"orders-to-dev\"",
        "name = ",
        &expect!["m.toml:2:8: string values must be quoted, expected literal string"],
    );
    check(
        "select id, note",
        "selekt id",
        &expect![[
            r#"m.toml:12:9: cannot tell which tables `query` reads: sql parser error: Expected: an SQL statement, found: selekt at Line: 1, Column: 1; name them: reads = ["schema.table"]"#
        ]],
    );
    check(
        "database = ",
        "region = \"nowhere\"\ndatabase = ",
        &expect!["m.toml:7:10: `region`: `nowhere` is not a Region such as `us-east-1`"],
    );
    check(
        "database = ",
        "table = \"a.b\"\ndatabase = ",
        &expect![
            "m.toml:7:9: `table` and `query` exclude each other; give `table` (with `columns` and `where`) or `query`"
        ],
    );
    check(
        "key = \"dev/landing\"",
        "header = true\nescape = true",
        &expect![[r#"m.toml:19:10: `escape` does not go with format "csv""#]],
    );
    check(
        "key = \"dev/landing\"",
        "max_file_size = \"1 MB\"\n[roles]\nwritter = \"x\"",
        &expect![[r#"
            m.toml:18:17: `max_file_size` cannot be "1 MB"; write 5 MB to 6.2 GB
            m.toml:20:1: unknown key `writter` in [roles]; did you mean `writer`?"#]],
    );
}

#[test]
fn the_tables_of_a_query_are_found() {
    let cases = [
        ("select * from a.b", "a.b"),
        ("select 1 from B join \"s\".\"T\" on true", "public.b s.T"),
        ("with b as (select * from x.y) select * from b, z.w", "x.y z.w"),
        ("select * from a.b where c in (select d from e.f)", "a.b e.f"),
        ("select 1", ""),
    ];
    for (query, expected) in cases {
        let found = sql::relations(query).unwrap();
        let found: Vec<String> =
            found.iter().map(|t| format!("{}.{}", t.schema, t.relation)).collect();
        assert_eq!(found.join(" "), expected, "{query}");
    }
    assert!(sql::relations("select * from other.schema.t").is_err());
}
