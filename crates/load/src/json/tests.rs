//! Objects as columns: what is found, what is wrong, where reading goes on.

use std::fmt::Write as _;
use std::io::Read;

use dice::Dice;
use serde_json::{Value, json};

use super::*;
use crate::jsonpath::path;
use crate::record::Field;

/// Hands out a few bytes at a time, so that objects lie across every border.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(buffer.len());
        self.0.take(count as u64).read(buffer).inspect(|count| self.0 = &self.0[*count..])
    }
}

fn paths(expressions: &[&str]) -> Shape {
    Shape::Paths(expressions.iter().map(|text| path(text).unwrap()).collect())
}

/// Each record as `LINE: FIELD, …`: `-` absent, `NULL`, quoted text in apostrophes; each rejection
/// as `LINE! REASON @POSITION` and its column.
fn read(input: &[u8], shape: &Shape, columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut reader = Json::new(Drip(input, 3), shape, &columns);
    let mut record = Record::default();
    let mut said = String::new();
    loop {
        match reader.next(&mut record) {
            Ok(true) => {
                let fields: Vec<_> = record.fields().map(shown).collect();
                writeln!(said, "{}: {}", record.line, fields.join(", ")).unwrap();
            }
            Ok(false) => return said,
            Err(ReadError::Rejected(rejection)) => {
                let Rejection { reason, column, position, .. } = rejection;
                let column = column.map_or(String::new(), |column| format!(" #{column}"));
                writeln!(said, "{}! {reason} @{position}{column}", record.line).unwrap();
            }
            Err(other) => panic!("{other}"),
        }
    }
}

fn shown(field: Field<'_>) -> String {
    match field {
        Field::Absent => "-".into(),
        Field::Null => "NULL".into(),
        Field::Text { bytes, quoted: true } => format!("'{}'", String::from_utf8_lossy(bytes)),
        Field::Text { bytes, quoted: false } => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[test]
fn members_by_name() {
    let check = |input: &str, expect: &str| {
        assert_eq!(read(input.as_bytes(), &Shape::Auto, &["id", "name"]), expect, "{input}");
    };
    check("", "");
    check(" \n\t\r\n ", "");
    check(r#"{"id": 1, "name": "one"}"#, "1: 1, 'one'\n");
    check(r#"{"name":"one","id":1}{"id":2}"#, "1: 1, 'one'\n1: 2, -\n");
    check("\u{feff}{\"id\": null, \"Name\": \"x\"}\n{}", "1: NULL, -\n2: -, -\n");
    check("{\n\"id\": 1\n,\n\"name\"\n:\n\"a\"\n}\n\n{\"id\":2}", "7: 1, 'a'\n9: 2, -\n");
    check(r#"{"id": 1, "id": 2, "name": true, "name": null}"#, "1: 2, NULL\n");
    check(r#"{"id": -0.50e+3, "name": false}"#, "1: -0.50e+3, false\n");
    check(r#"{"id": {"a": [1, "}"]}, "name": [ ]}"#, "1: {\"a\": [1, \"}\"]}, [ ]\n");
    check(r#"{"i\u0064": 1, "name": ""}"#, "1: 1, ''\n");
    check(r#"{"x": {"id": 5}, "id": 1}"#, "1: 1, -\n");
    check(r#"{"id": "a\"\\\/\b\f\n\r\tz"}"#, "1: 'a\"\\/\u{8}\u{c}\n\r\tz', -\n");
    check(r#"{"id": "\u00e9\u20ac\ud83d\ude00"}"#, "1: 'é€😀', -\n");
    check("{\"id\": \"é€😀\"}", "1: 'é€😀', -\n");
    check(
        r#"[{"id": 1}] {"id": 2}"#,
        "1! Invalid JSONPath format: Member is not an object. @0 #0\n1: 2, -\n",
    );
}

#[test]
fn escapes_of_no_character() {
    let mut record = Record::default();
    let mut first = |input: &str| {
        let mut reader = Json::new(input.as_bytes(), &Shape::Auto, &["a".to_owned()]);
        assert!(reader.next(&mut record).unwrap());
        match record.fields().next() {
            Some(Field::Text { bytes, .. }) => bytes.to_vec(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(first(r#"{"a": "x\u0000y"}"#), b"x\0y");
    // Half a pair is not UTF-8, which the conversion to text finds.
    assert_eq!(first(r#"{"a": "\ud83d"}"#), b"\xed\xa0\xbd");
    assert_eq!(first(r#"{"a": "\ud83d\u0041"}"#), b"\xed\xa0\xbdA");
    assert_eq!(first(r#"{"a": "\ude00\ud83d"}"#), b"\xed\xb8\x80\xed\xa0\xbd");
}

#[test]
fn members_in_any_case() {
    let check = |input: &str, expect: &str| {
        let columns = ["id", "übergröße"];
        assert_eq!(read(input.as_bytes(), &Shape::AutoIgnoreCase, &columns), expect, "{input}");
    };
    check(r#"{"ID": 1}{"Id": 2}{"iD": 3, "id": 4}"#, "1: 1, -\n1: 2, -\n1: 4, -\n");
    check(r#"{"ÜBERgröße": 1}"#, "1: -, 1\n");
}

#[test]
fn the_whole_object() {
    let input = "{\"a\": [1, {}]}\n[1,\n 2]";
    assert_eq!(
        read(input.as_bytes(), &Shape::NoShred, &["data"]),
        "1: {\"a\": [1, {}]}\n3: [1,\n 2]\n"
    );
}

#[test]
fn paths_into_objects_and_arrays() {
    let check = |expressions: &[&str], input: &str, expect: &str| {
        let columns = vec!["c"; expressions.len()];
        let said = read(input.as_bytes(), &paths(expressions), &columns);
        assert_eq!(said, expect, "{expressions:?} {input}");
    };
    let no_array = "Invalid JSONPath format: Not an array or index out of range.";
    let no_object = "Invalid JSONPath format: Member is not an object.";
    check(&["$['a']", "$['b']['c']"], r#"{"a": 1, "b": {"c": "x"}}"#, "1: 1, 'x'\n");
    check(&["$.b", "$.b.c", "$.b.c"], r#"{"b": {"c": 1}}"#, "1: {\"c\": 1}, 1, 1\n");
    check(&["$[1]", "$[0]"], "[1, 2] [3, [4]]", "1: 2, 1\n1: [4], 3\n");
    check(&["$.a[1].b"], r#"{"a": [0, {"b": 7}]}"#, "1: 7\n");
    check(&["$"], r#"{"a": 1}"#, "1: {\"a\": 1}\n");
    // What is not there, or null, on the way to a member is null.
    check(&["$.a.b", "$.c"], r#"{"c": 1}"#, "1: -, 1\n");
    check(&["$.a.b", "$.c"], r#"{"a": null, "c": 1}"#, "1: -, 1\n");
    check(&["$.a[0]"], r#"{"b": 1}"#, "1: -\n");
    check(
        &["$.c", "$.a[1]"],
        "{\"a\": [1]}\n[]",
        &format!("1! {no_array} @6 #1\n2! {no_object} @0 #0\n"),
    );
    check(&["$[2]"], "[1,\n2]\n[1,2,3]", &format!("2! {no_array} @0 #0\n3: 3\n"));
    check(&["$.a[0]"], r#"{"a": {"b": 1}} {"a": [1]}"#, &format!("1! {no_array} @6 #0\n1: 1\n"));
    check(&["$.a[0]"], r#"{"a": "x"}"#, &format!("1! {no_array} @6 #0\n"));
    check(
        &["$.a.b"],
        r#"{"a": 5}{"a": [5]}"#,
        &format!("1! {no_object} @6 #0\n1! {no_object} @14 #0\n"),
    );
}

#[test]
fn broken_objects_and_where_reading_goes_on() {
    let check = |input: &str, expect: &str| {
        let said = read(input.as_bytes(), &Shape::Auto, &["a"]);
        assert_eq!(said, expect.replace("! ", "! Invalid JSON format: "), "{input}");
    };
    check("{\"a\": 1} x {\"a\": 2}\n{\"a\": 3}", "1: 1\n1! expected an object or array @9\n2: 3\n");
    check("{\"a\": }\n{\"a\": 2}", "1! expected a value @6\n2: 2\n");
    check("{\"a\": 1,}\n{\"a\": 2}", "1! expected a name in quotes @8\n2: 2\n");
    check("{\"a\" 1}\n", "1! expected : @5\n");
    check("{'a': 1}\n", "1! expected a name in quotes @1\n");
    check("{\"a\": 01}", "1! not a number @7\n");
    check("{\"a\": 1.}", "1! expected a digit @8\n");
    check("{\"a\": .5}", "1! expected a value @6\n");
    check("{\"a\": +1}", "1! expected a value @6\n");
    check("{\"a\": 1e}", "1! expected a digit @8\n");
    check("{\"a\": NaN}", "1! expected a value @6\n");
    check("{\"a\": nul}", "1! expected a value @6\n");
    check("{\"a\": True}", "1! expected a value @6\n");
    check("{\"a\": \"x\ty\"}", "1! control character in a string @8\n");
    check("{\"a\": \"\\x\"}", "1! unknown escape @7\n");
    check("{\"a\": \"\\u12g4\"}", "1! expected a hexadecimal digit @11\n");
    check("{\"a\": [1 2]}", "1! expected , or ] @9\n");
    check("{\"a\": [1, 2}", "1! expected , or ] @11\n");
    check("{\"a\": 1", "1! the file ends inside an object @7\n");
    check("{\"a\": 1}\n{\"a\": \"x", "1: 1\n2! the file ends inside an object @8\n");
    // Cut off at the end of a line, with a whole object on the next.
    check("{\"a\": 1, \"b\": \"cut\n{\"a\": 2}", "1! control character in a string @18\n2: 2\n");
    check("{\"a\": 1\n{\"a\": 2}\n{\"a\": 3}", "2! expected , or } @0\n2: 2\n3: 3\n");
}

#[test]
fn nesting_and_size_have_limits() {
    let nested = |depth: usize| format!("{{\"a\": {}{}}}\n", "[".repeat(depth), "]".repeat(depth));
    let deep = nested(1_000);
    assert_eq!(read(deep.as_bytes(), &Shape::Auto, &["b"]), "1: -\n");
    let deeper = read(nested(5_000).as_bytes(), &Shape::Auto, &["b"]);
    assert!(deeper.starts_with("1! Invalid JSON format: nested too deep"), "{deeper}");

    let sized = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size - 8));
    let input = format!("{}\n{}\n{{\"a\": 1}}\n", sized(LARGEST), sized(LARGEST + 1));
    let mut reader = Json::new(input.as_bytes(), &Shape::Auto, &["a".to_owned()]);
    let mut record = Record::default();
    assert!(reader.next(&mut record).unwrap());
    let error = reader.next(&mut record).unwrap_err();
    assert_eq!(error.to_string(), "JSON object exceeds the max size of 4194304 bytes");
    assert!(reader.next(&mut record).unwrap());
    assert_eq!((record.line, record.raw.as_slice()), (3, &b"{\"a\": 1}"[..]));
}

#[test]
fn a_file_without_end_is_read_within_bounds() {
    let endless = io::repeat(b'[').take(64 << 20);
    let mut reader = Json::new(endless, &Shape::Auto, &[]);
    assert!(reader.next(&mut Record::default()).is_err());
    assert!(!reader.next(&mut Record::default()).unwrap());
    assert!(reader.window.len() <= LARGEST + WINDOW);
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(dice.once_in(2)),
        2 => json!(dice.roll() as i64),
        3 => json!((dice.roll() as i32) as f64 / 64.0),
        4 => json!(text(dice)),
        5 => (0..dice.below(4)).map(|_| value(dice, depth - 1)).collect(),
        _ => (0..dice.below(4)).map(|_| (text(dice), value(dice, depth - 1))).collect(),
    }
}

fn text(dice: &mut Dice) -> String {
    let letters = ['a', 'B', '"', '\\', '\n', '\0', '\u{1f}', 'é', '€', '😀', '{', ']', '/', ' '];
    (0..dice.below(20)).map(|_| *dice.pick(&letters)).collect()
}

#[test]
fn whatever_serde_json_writes_is_read_the_same() {
    let mut dice = Dice::new(4);
    for round in 0..2_000 {
        let columns: Vec<String> = (0..1 + dice.below(4)).map(|_| text(&mut dice)).collect();
        let mut objects = Vec::new();
        let mut file = String::new();
        for _ in 0..dice.below(4) {
            let mut object = serde_json::Map::new();
            for _ in 0..dice.below(6) {
                let name =
                    if dice.once_in(3) { text(&mut dice) } else { dice.pick(&columns).clone() };
                object.insert(name, value(&mut dice, 3));
            }
            let object = Value::Object(object);
            let pretty = dice.once_in(2);
            file += &if pretty { format!("{object:#}") } else { object.to_string() };
            file += *dice.pick(&["", " ", "\n", "\r\n\n"][..]);
            objects.push(object);
        }
        let mut reader = Json::new(Drip(file.as_bytes(), 1 + round % 9), &Shape::Auto, &columns);
        let mut record = Record::default();
        for object in &objects {
            assert!(reader.next(&mut record).unwrap(), "{file}");
            for (name, field) in columns.iter().zip(record.fields()) {
                same(object.get(name), field, &file);
            }
        }
        assert!(!reader.next(&mut record).unwrap(), "{file}");
        assert_eq!(reader.line, 1 + file.matches('\n').count() as u64, "{file}");
    }
}

fn same(expect: Option<&Value>, field: Field<'_>, file: &str) {
    match (expect, field) {
        (None, Field::Absent) | (Some(Value::Null), Field::Null) => {}
        (Some(Value::String(text)), Field::Text { bytes, quoted: true }) => {
            assert_eq!(text.as_bytes(), bytes, "{file}");
        }
        (Some(value), Field::Text { bytes, quoted: false }) => {
            assert_eq!(*value, serde_json::from_slice::<Value>(bytes).unwrap(), "{file}");
        }
        other => panic!("{other:?} in {file}"),
    }
}

#[test]
fn damaged_objects_are_judged_as_serde_json_judges() {
    let mut dice = Dice::new(5);
    for _ in 0..20_000 {
        let object = json!({ "a": value(&mut dice, 2), "b": value(&mut dice, 2) }).to_string();
        let mut bytes = object.into_bytes();
        let at = dice.below(bytes.len());
        bytes[at] = *dice.pick(b"{}[]\",:0e-.\\ux \nt");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let values: Result<Vec<Value>, _> =
            serde_json::Deserializer::from_str(&text).into_iter().collect();
        // Numbers beyond a double and lone surrogates are left to the conversion.
        if text.contains("\\u")
            || values.as_ref().is_err_and(|error| error.to_string().contains("out of range"))
        {
            continue;
        }
        let containers = |values: &Vec<Value>| values.iter().all(|v| v.is_object() || v.is_array());
        let well = values.as_ref().is_ok_and(containers);
        let said = read(text.as_bytes(), &Shape::NoShred, &["a"]);
        assert_eq!(well, !said.contains('!'), "{text}\n{said}");
    }
}
