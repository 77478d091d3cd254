//! Each line format's bytes for ordinary, awkward and NULL values.

use expect_test::{Expect, expect};
use redshift_sql::{FixedWidthColumn, Unload, UnloadFormat};

use super::fake::{Table, awkward, statement, unload};

const TEXT: UnloadFormat = UnloadFormat::Text { delimiter: b'|' };
const CSV: UnloadFormat = UnloadFormat::Csv { delimiter: b',' };

fn check(statement: &Unload, table: &Table, expected: &Expect) {
    let (cloud, report) = unload(statement, table);
    assert_eq!(report.rows, table.batches.iter().map(|b| b.num_rows() as u64).sum::<u64>());
    expected.assert_eq(&cloud.text("out/t_000").replace('\r', "<CR>"));
}

#[test]
fn text_protects_nothing_by_itself() {
    check(
        &statement(TEXT),
        &awkward(),
        &expect![[r#"
            1|plain||12.34|2008-01-01 00:00:00|1970-01-01 00:00:00+00|1970-01-01|00:00:00|t|0.1|1.5|7|9223372036854775807|{"a":[1,"x"]}|00ff
            -2|a|b,c"d'e\f
            g<CR>h é€| |-0.05|1969-12-31 00:00:01.5|1970-01-01 00:00:00.001+00|1969-12-31|23:59:59.999999|f|NaN|-Infinity|-7|-9223372036854775808|null|
            |||||||||||||null|
        "#]],
    );
}

#[test]
fn csv_quotes_only_where_needed() {
    check(
        &statement(CSV),
        &awkward(),
        &expect![[r#"
            1,plain,,12.34,2008-01-01 00:00:00,1970-01-01 00:00:00+00,1970-01-01,00:00:00,t,0.1,1.5,7,9223372036854775807,"{""a"":[1,""x""]}",00ff
            -2,"a|b,c""d'e\f
            g<CR>h é€", ,-0.05,1969-12-31 00:00:01.5,1970-01-01 00:00:00.001+00,1969-12-31,23:59:59.999999,f,NaN,-Infinity,-7,-9223372036854775808,null,
            ,,,,,,,,,,,,,null,
        "#]],
    );
}

#[test]
fn csv_quotes_a_delimiter_in_numbers_and_dates() {
    let mut statement = statement(UnloadFormat::Csv { delimiter: b'-' });
    statement.null_as = Some("-".into());
    statement.header = true;
    check(
        &statement,
        &awkward().select(&["id", "day", "name"]),
        &expect![[r#"
            id-day-name
            1-"1970-01-01"-plain
            "-2"-"1969-12-31"-"a|b,c""d'e\f
            g<CR>h é€"
            "-"-"-"-"-"
        "#]],
    );
}

#[test]
fn escape_and_add_quotes_protect_text() {
    let table = awkward().select(&["id", "name", "empty", "ok", "doc"]);
    let mut escaped = statement(TEXT);
    escaped.escape = true;
    escaped.null_as = Some("\\N".into());
    check(
        &escaped,
        &table,
        &expect![[r#"
            1|plain||t|{"a":[1,"x"]}
            -2|a\|b,c"d'e\\f\
            g\<CR>h é€| |f|null
            \N|\N|\N|\N|null
        "#]],
    );
    let mut quoted = statement(TEXT);
    quoted.add_quotes = true;
    quoted.header = true;
    check(
        &quoted,
        &table,
        &expect![[r#"
            "id"|"name"|"empty"|"ok"|"doc"
            "1"|"plain"|""|"t"|"{"a":[1,"x"]}"
            "-2"|"a|b,c"d'e\f
            g<CR>h é€"|" "|"f"|"null"
            ||||null
        "#]],
    );
    quoted.escape = true;
    check(
        &quoted,
        &table,
        &expect![[r#"
            "id"|"name"|"empty"|"ok"|"doc"
            "1"|"plain"|""|"t"|"{\"a\":[1,\"x\"]}"
            "-2"|"a\|b,c\"d\'e\\f\
            g\<CR>h é€"|" "|"f"|"null"
            ||||null
        "#]],
    );
}

#[test]
fn fixed_width_pads_on_the_right() {
    let widths = [("id", 4), ("amount", 8), ("ok", 2), ("day", 10)];
    let widths =
        widths.map(|(label, width)| FixedWidthColumn { label: label.into(), width }).to_vec();
    let mut statement = statement(UnloadFormat::FixedWidth(widths));
    statement.null_as = Some("null".into());
    check(
        &statement,
        &awkward().select(&["id", "amount", "ok", "day"]),
        // The NULL string is wider than the boolean's column and is left out there.
        &expect![[r#"
            1   12.34   t 1970-01-01
            -2  -0.05   f 1969-12-31
            nullnull      null      
        "#]],
    );
}

#[test]
fn json_is_one_object_a_line() {
    let names: Vec<String> = awkward().columns.iter().map(|c| c.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|n| *n != "raw").collect();
    let table = awkward().select(&names);
    check(
        &statement(UnloadFormat::Json),
        &table,
        &expect![[r#"
            {"id":1,"name":"plain","empty":"","amount":12.34,"at":"2008-01-01 00:00:00","atz":"1970-01-01 00:00:00+00","day":"1970-01-01","clock":"00:00:00","ok":"t","x":0.1,"r":1.5,"small":7,"big":9223372036854775807,"doc":{"a":[1,"x"]}}
            {"id":-2,"name":"a|b,c\"d'e\\f\ng\rh é€","empty":" ","amount":-0.05,"at":"1969-12-31 00:00:01.5","atz":"1970-01-01 00:00:00.001+00","day":"1969-12-31","clock":"23:59:59.999999","ok":"f","x":"NaN","r":"-Infinity","small":-7,"big":-9223372036854775808,"doc":null}
            {"id":null,"name":null,"empty":null,"amount":null,"at":null,"atz":null,"day":null,"clock":null,"ok":null,"x":null,"r":null,"small":null,"big":null,"doc":null}
        "#]],
    );
    let (cloud, _) = unload(&statement(UnloadFormat::Json), &table);
    for line in cloud.text("out/t_000").lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}
