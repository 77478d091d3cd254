use super::number::{self, Number};
use super::scalar::{Answer, Function, JsonText};
use super::{dynamic, json, kinds, objects, text};

fn shown<T>(answer: Answer<T>, show: impl Fn(T) -> String) -> String {
    match answer {
        Ok(Some(value)) => show(value),
        Ok(None) => String::from("NULL"),
        Err(fault) => format!("{} {}", fault.sqlstate, fault.message),
    }
}

fn check(function: Function<JsonText>, cases: &[(&[&str], &str)]) {
    for (arguments, expect) in cases {
        let found = shown(function(arguments), |value| value.0);
        assert_eq!(found, *expect, "{arguments:?}");
    }
}

#[test]
fn only_json_is_read_as_json() {
    for good in [
        "1",
        "-0.5",
        "1e5",
        "\"\"",
        "[]",
        "{}",
        " [ 1 , 2 ] ",
        "{\"a\":{\"b\":null}}",
        "\"\\u00e4\"",
        "\"\\ud83d\\ude00\"",
        "true",
    ] {
        assert!(json::parse(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "01",
        "1.",
        ".5",
        "+1",
        "[1,]",
        "{\"a\"}",
        "{1:2}",
        "{{}}",
        "'a'",
        "\"a",
        "\"\n\"",
        "\"\\x\"",
        "\"\\ud83d\"",
        "tru",
        "1 2",
        "[",
        "nul",
    ] {
        assert!(json::parse(bad).is_none(), "{bad}");
    }
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(json::parse(&deep(1000)).is_some());
    assert!(json::parse(&deep(1001)).is_none());
}

#[test]
fn json_parse_keeps_values_and_drops_white_space() {
    check(
        text::parse,
        &[
            (&["{\"b\": 1.50, \"a\" : [true , null]}"], "{\"b\":1.50,\"a\":[true,null]}"),
            (&["12345678901234567890123456789012345678"], "12345678901234567890123456789012345678"),
            (&["1e5"], "1e+5"),
            (&["0.00012e-3"], "1.2e-7"),
            (&["-0"], "0"),
            (&["\"a\\/\\u0041\\n\""], "\"a/A\\n\""),
            (&["{\"a\":1,\"a\":2}"], "XX000 JSON parsing error: duplicate attribute name"),
            (&["{a:1}"], "XX000 JSON parsing error"),
        ],
    );
}

#[test]
fn navigation_is_lax() {
    let value = "{\"a\":[1,{\"b\":\"x\"}],\"n\":null}";
    check(
        objects::get,
        &[
            (&[value, "a", "a", "i", "1", "a", "b"], "\"x\""),
            (&[value, "a", "n"], "null"),
            (&[value, "a", "A"], "NULL"),
            (&[value, "i", "0"], "NULL"),
            (&[value, "a", "a", "i", "2"], "NULL"),
            (&[value, "a", "a", "i", "-1"], "NULL"),
            (&[value, "a", "a", "a", "b"], "NULL"),
        ],
    );
}

#[test]
fn arithmetic_has_scales_of_its_operands() {
    check(
        dynamic::arithmetic,
        &[
            (&["+", "1", "2.50"], "3.50"),
            (&["*", "1.5", "-0.25"], "-0.375"),
            (&["/", "13263.5", "10"], "1326.3500"),
            (&["/", "7", "2"], "3"),
            (&["/", "1", "3.0"], "0.3333"),
            (&["%", "7.5", "2"], "1.5"),
            (&["+", "1", "5e-1"], "1.5e+0"),
            (&["+", "\"a\"", "\"b\""], "\"ab\""),
            (&["-", "\"a\"", "\"b\""], "NULL"),
            (&["+", "\"a\"", "1"], "NULL"),
            (&["/", "1", "0"], "22012 Divide by zero"),
            (
                &["*", "99999999999999999999", "99999999999999999999"],
                "22003 Numeric data overflow (result precision)",
            ),
        ],
    );
    check(
        dynamic::rounded,
        &[
            (&["floor", "-1.5", "0"], "-2"),
            (&["ceil", "-1.5", "0"], "-1"),
            (&["round", "2.45", "1"], "2.5"),
            (&["trunc", "-2.45", "1"], "-2.4"),
            (&["abs", "-2.50", "0"], "2.50"),
            (&["abs", "\"a\"", "0"], "NULL"),
        ],
    );
}

#[test]
fn keys_sort_as_values_do() {
    let sorted = [
        "false",
        "true",
        "-1e300",
        "-12",
        "-2.5",
        "-2",
        "-1e-3",
        "0",
        "1e-3",
        "0.5",
        "1",
        "1.25",
        "2",
        "10",
        "123456789012345678901234567890",
        "1e300",
        "\"\"",
        "\"A\"",
        "\"a\"",
        "[1]",
        "{}",
    ];
    let keys: Vec<String> =
        sorted.iter().map(|value| shown(dynamic::order(&[value]), |key| key)).collect();
    let mut again = keys.clone();
    again.sort();
    assert_eq!(keys, again);
    for (left, right, expect) in [
        ("1", "1.00", "true"),
        ("1", "1e0", "true"),
        ("\"a \"", "\"a\"", "true"),
        ("1", "\"1\"", "false"),
        ("[1,{\"a\":2,\"b\":3}]", "[1.0,{\"b\":3,\"a\":2}]", "true"),
        ("[1,2]", "[1]", "false"),
        ("null", "null", "NULL"),
    ] {
        let found = shown(dynamic::equal(&[left, right]), |equal| equal.to_string());
        assert_eq!(found, expect, "{left} = {right}");
    }
    for (left, right, expect) in
        [("1", "2", "-1"), ("2.5", "2", "1"), ("\"a\"", "\"b\"", "-1"), ("1", "\"b\"", "NULL")]
    {
        let found = shown(dynamic::compare(&[left, right]), |order| order.to_string());
        assert_eq!(found, expect, "{left} ? {right}");
    }
}

#[test]
fn casts_that_do_not_fit_give_null() {
    for (kind, value, expect) in [
        ("text", "\"a\"", "a"),
        ("text", "1.50", "1.50"),
        ("text", "true", "true"),
        ("text", "[1]", "NULL"),
        ("integer", "5.5", "6"),
        ("integer", "\"7\"", "7"),
        ("integer", "\"x\"", "NULL"),
        ("integer", "true", "1"),
        ("integer", "2.5e+0", "3"),
        ("boolean", "5", "true"),
        ("boolean", "5.0", "NULL"),
        ("number", "2.22e+0", "2.22"),
        ("string", "5", "NULL"),
        ("text", "null", "NULL"),
    ] {
        let found = shown(dynamic::to_scalar(&[kind, value]), |text| text);
        assert_eq!(found, expect, "{value} as {kind}");
    }
}

#[test]
fn whole_numbers_are_of_every_type_that_holds_them() {
    for (value, expect) in [
        ("5", "decimal bigint integer smallint"),
        ("40000", "decimal bigint integer"),
        ("3000000000", "decimal bigint"),
        ("30000000000000000000", "decimal"),
        ("5.0", "decimal"),
        ("5e+0", "float"),
        ("\"a\"", "varchar char"),
        ("\"\u{e4}\"", "varchar"),
        ("null", ""),
    ] {
        let kinds = ["float", "decimal", "bigint", "integer", "smallint", "varchar", "char"];
        let found: Vec<&str> =
            kinds.into_iter().filter(|kind| kinds::is(&[kind, value]) == Ok(Some(true))).collect();
        assert_eq!(found.join(" "), expect, "{value}");
    }
    assert_eq!(number::read("1.20").and_then(Number::precision), Some(3));
}
