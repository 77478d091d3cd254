//! The language by example: what expressions answer for an item, and how wrong ones are refused.

use serde_json::{Value, json};

use super::super::value::{read, written};
use super::*;

fn item() -> super::super::value::Item {
    let item = json!({
        "pk": { "S": "a" }, "n": { "N": "5" }, "t": { "S": "hello" }, "b": { "B": "AAEC" },
        "ss": { "SS": ["x", "y"] }, "ns": { "NS": ["1", "2"] }, "nul": { "NULL": true },
        "l": { "L": [{ "N": "1" }, { "S": "two" }, { "M": { "k": { "S": "v" } } }] },
        "m": { "M": { "x": { "N": "1" }, "y": { "M": { "z": { "S": "deep" } } } } },
        "size_of": { "BOOL": false },
    });
    read(item.as_object().unwrap()).unwrap()
}

fn known(used: &str) -> Placeholders {
    let names = json!({ "#n": "n", "#s": "status", "#d": "a.b" });
    let values = json!({
        ":five": { "N": "5.0" }, ":six": { "N": "6" }, ":he": { "S": "he" },
        ":hello": { "S": "hello" }, ":x": { "S": "x" }, ":true": { "BOOL": true },
        ":set": { "SS": ["y", "z"] }, ":xy": { "SS": ["x", "y"] }, ":N": { "S": "N" },
        ":list": { "L": [{ "N": "9" }] }, ":one": { "N": "1" }, ":bin": { "B": "AQ==" },
        ":Q": { "S": "Q" },
    });
    let named = |map: &Value| -> serde_json::Map<String, Value> {
        let entries = map.as_object().unwrap().clone().into_iter();
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        let uses = |key: &str| {
            used.match_indices(key).any(|(at, _)| is_end(used.get(at + key.len()..).unwrap()))
        };
        entries.filter(|(key, _)| uses(key)).collect()
    };
    let names: BTreeMap<String, String> = named(&names)
        .into_iter()
        .map(|(key, name)| (key, name.as_str().unwrap().to_owned()))
        .collect();
    let values = named(&values);
    let (names, values) =
        ((!names.is_empty()).then_some(names), (!values.is_empty()).then_some(values));
    Placeholders::read(names.as_ref(), values.as_ref()).unwrap()
}

fn told(text: &str) -> String {
    let known = known(text);
    match condition("ConditionExpression", text, &known) {
        Ok(condition) => condition.holds(&item()).to_string(),
        Err(fault) => fault.message.replace("Invalid ConditionExpression: ", "! "),
    }
}

#[test]
fn conditions_hold_or_not() {
    for (text, expected) in [
        ("n = :five", "true"),
        ("n <> :five", "false"),
        ("n < :six AND n >= :five", "true"),
        ("n between :five and :six", "true"),
        ("t BETWEEN :he AND :x", "true"),
        ("NOT n = :five OR t = :hello", "true"),
        ("NOT (n = :five OR t = :hello)", "false"),
        ("n = :six AND n = :six OR n = :five", "true"),
        ("n IN (:one, :five)", "true"),
        ("t = :five", "false"),
        ("gone = :five", "false"),
        ("gone <> :five", "true"),
        ("gone < :five", "false"),
        ("NOT gone < :five", "true"),
        ("attribute_exists(m.y.z)", "true"),
        ("attribute_not_exists(m.y.q)", "true"),
        ("attribute_exists(l[2].k) and attribute_not_exists(l[3])", "true"),
        ("attribute_type(n, :N)", "true"),
        ("begins_with(t, :he)", "true"),
        ("begins_with(n, :he)", "false"),
        ("contains(t, :he)", "true"),
        ("contains(ss, :x)", "true"),
        ("contains(ns, :one)", "true"),
        ("contains(l, :one)", "true"),
        ("contains(b, :bin)", "true"),
        ("size(t) = :five", "true"),
        ("size(l) < :five", "true"),
        ("size(n) = :one", "false"),
        ("size_of <> :true", "true"),
        ("ss = :xy", "true"),
        ("#n = :five", "true"),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn wrong_conditions_are_refused_in_dynamodbs_words() {
    for (text, expected) in [
        ("n =", "! Syntax error; token: \"<EOF>\", near: \"=\""),
        ("n = :five bogus", "! Syntax error; token: \"bogus\", near: \":five bogus\""),
        ("n ! :five", "! Syntax error; token: \"!\", near: \"n ! :five\""),
        ("(n = :five", "! Syntax error; token: \"<EOF>\", near: \":five\""),
        ("((n = :five))", "! The expression has redundant parentheses;"),
        ("name = :five", "! Attribute name is a reserved keyword; reserved keyword: name"),
        ("", "! The expression can not be empty;"),
        (
            "n = :undefined",
            "! An expression attribute value used in expression is not defined; attribute value: \
             :undefined",
        ),
        (
            "#undefined = :five",
            "! An expression attribute name used in the document path is not defined; attribute \
             name: #undefined",
        ),
        ("bogus(n)", "! Invalid function name; function: bogus"),
        (
            "attribute_exists(:five)",
            "! Operator or function requires a document path; operator or function: \
             attribute_exists",
        ),
        (
            "begins_with(t)",
            "! Incorrect number of operands for operator or function; operator or function: \
             begins_with, number of operands: 1",
        ),
        (
            "begins_with(t, :five)",
            "! Incorrect operand type for operator or function; operator or function: \
             begins_with, operand type: N",
        ),
        (
            "n < :true",
            "! Incorrect operand type for operator or function; operator or function: <, operand \
             type: BOOL",
        ),
        (
            "n BETWEEN :six AND :five",
            "! The BETWEEN operator requires upper bound to be greater than or equal to lower \
             bound; lower bound operand: AttributeValue: {N:6}, upper bound operand: \
             AttributeValue: {N:5}",
        ),
        (
            "attribute_type(n, :Q)",
            "! Invalid attribute type name found; type: Q, valid types: \
             {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "n = n",
            "! The first operand must be distinct from the remaining operands for this operator \
             or function; operator: =, first operand: [n]",
        ),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
    let deep = format!("{}n = :five{}", "NOT (".repeat(500), ")".repeat(500));
    assert_eq!(told(&deep), "! The expression is nested too deeply;");
    let long = format!("n = :five{}", " AND n = :five".repeat(300));
    assert!(told(&long).starts_with("! Expression size has exceeded"), "{}", told(&long));
}

fn updated(text: &str) -> String {
    let known = known(text);
    let outcome = update(text, &known).and_then(|update| update.apply(&item()));
    match outcome {
        Ok(after) => {
            let before = item();
            let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
            let mut shown: Vec<String> = changed
                .map(|(name, value)| format!("{name}={}", serde_json::to_string(value).unwrap()))
                .collect();
            let gone = before.keys().filter(|name| !after.contains_key(*name));
            shown.extend(gone.map(|name| format!("-{name}")));
            shown.join(" ")
        }
        Err(fault) => fault.message.replace("Invalid UpdateExpression: ", "! "),
    }
}

#[test]
fn updates_change_what_they_say() {
    for (text, expected) in [
        ("SET n = n + :one, t = :x", r#"n={"N":"6"} t={"S":"x"}"#),
        ("SET n = :five - n", r#"n={"N":"0"}"#),
        ("SET fresh = if_not_exists(fresh, :one)", r#"fresh={"N":"1"}"#),
        ("SET n = if_not_exists(n, :one) + :one", r#"n={"N":"6"}"#),
        (
            "SET l = list_append(l, :list)",
            r#"l={"L":[{"N":"1"},{"S":"two"},{"M":{"k":{"S":"v"}}},{"N":"9"}]}"#,
        ),
        (
            "set m.y.w = :one",
            r#"m={"M":{"x":{"N":"1"},"y":{"M":{"w":{"N":"1"},"z":{"S":"deep"}}}}}"#,
        ),
        ("SET l[9] = :six", r#"l={"L":[{"N":"1"},{"S":"two"},{"M":{"k":{"S":"v"}}},{"N":"6"}]}"#),
        ("REMOVE l[0], l[1], n, gone", r#"l={"L":[{"M":{"k":{"S":"v"}}}]} -n"#),
        (
            "ADD n :one, ss :set, fresh :one",
            r#"fresh={"N":"1"} n={"N":"6"} ss={"SS":["x","y","z"]}"#,
        ),
        ("DELETE ss :set", r#"ss={"SS":["x"]}"#),
        ("DELETE ss :xy, gone :set", "-ss"),
        ("SET n = t, t = n", r#"n={"S":"hello"} t={"N":"5"}"#),
        ("SET #s = :x REMOVE t", r#"status={"S":"x"} -t"#),
        ("SET #d = :x", r#"a.b={"S":"x"}"#),
    ] {
        assert_eq!(updated(text), expected, "{text}");
    }
}

#[test]
fn wrong_updates_are_refused_in_dynamodbs_words() {
    for (text, expected) in [
        (
            "SET n = :one SET t = :x",
            "! The \"SET\" section can only be used once in an update expression;",
        ),
        (
            "SET n = :one REMOVE n",
            "! Two document paths overlap with each other; must remove or rewrite one of these \
             paths; path one: [n], path two: [n]",
        ),
        (
            "SET m.x = :one, m[0] = :one",
            "! Two document paths conflict with each other; must remove or rewrite one of these \
             paths; path one: [m, x], path two: [m, [0]]",
        ),
        (
            "SET n = gone",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        ("SET n = t + :one", "An operand in the update expression has an incorrect data type"),
        (
            "SET gone.x = :one",
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "SET n.x = :one",
            "The document path provided in the update expression is invalid for update",
        ),
        ("ADD t :one", "An operand in the update expression has an incorrect data type"),
        (
            "ADD t :he",
            "! Incorrect operand type for operator or function; operator: ADD, operand type: \
             STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        ("SET n = bogus(:one)", "! Invalid function name; function: bogus"),
        ("n = :one", "! Syntax error; token: \"n\", near: \"n =\""),
        ("SET n", "! Syntax error; token: \"<EOF>\", near: \"n\""),
        (
            "SET n = t + :he",
            "! Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
    ] {
        assert_eq!(updated(text), expected, "{text}");
    }
}

#[test]
fn projections_keep_the_named_places() {
    for (text, expected) in [
        ("pk, n", json!({ "pk": { "S": "a" }, "n": { "N": "5" } })),
        ("m.y.z, m.gone", json!({ "m": { "M": { "y": { "M": { "z": { "S": "deep" } } } } } })),
        ("l[2].k, l[0]", json!({ "l": { "L": [{ "N": "1" }, { "M": { "k": { "S": "v" } } }] } })),
        ("gone, n.x", json!({})),
    ] {
        let known = known(text);
        assert_eq!(written(&projection(text, &known).unwrap().of(&item())), expected, "{text}");
    }
    let overlap = projection("m, m.x", &known("")).unwrap_err().message;
    assert!(overlap.contains("Two document paths overlap"), "{overlap}");
}

#[test]
fn placeholders_are_all_used_or_refused() {
    let names = BTreeMap::from([("#a".to_owned(), "a".to_owned())]);
    let values = json!({ ":v": { "S": "x" }, ":w": { "S": "x" } });
    let known = Placeholders::read(Some(&names), values.as_object()).unwrap();
    condition("FilterExpression", "#a = :v", &known).unwrap();
    assert_eq!(
        known.all_used().unwrap_err().message,
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"
    );
    assert_eq!(known.attributes(), BTreeSet::from(["a".to_owned()]));
    let wrong = BTreeMap::from([("a".to_owned(), "a".to_owned())]);
    assert_eq!(
        Placeholders::read(Some(&wrong), None).unwrap_err().message,
        "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\""
    );
}

/// Words of the language and what never stands in it, in any order: refused or carried out, and
/// what comes of an update can be read again.
#[test]
fn no_text_does_harm() {
    let words = [
        "SET",
        "REMOVE",
        "ADD",
        "DELETE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "size",
        "contains",
        "begins_with",
        "attribute_exists",
        "attribute_type",
        "if_not_exists",
        "list_append",
        "n",
        "t",
        "l",
        "m",
        "ss",
        "gone",
        "#n",
        "#s",
        ":one",
        ":x",
        ":xy",
        ":list",
        "=",
        "<>",
        "<",
        ">=",
        "(",
        ")",
        "[",
        "]",
        "0",
        "7",
        "99999999999999999999",
        ",",
        ".",
        "+",
        "-",
        "é",
        "\"",
        ":",
    ];
    let mut dice = dice::Dice::new(7);
    let mut carried_out = 0;
    for _ in 0..20_000 {
        let text: Vec<&str> = (0..dice.below(14)).map(|_| *dice.pick(&words)).collect();
        let text = match dice.below(3) {
            0 => text.join(" "),
            1 => format!("SET n = {}", text.join(" ")),
            _ => format!("n = :one AND {}", text.join(" ")),
        };
        let known = known(&text);
        if let Ok(condition) = condition("ConditionExpression", &text, &known) {
            condition.holds(&item());
            carried_out += 1;
        }
        if let Ok(projection) = projection(&text, &known) {
            projection.of(&item());
        }
        if let Ok(Ok(after)) = update(&text, &known).map(|update| update.apply(&item())) {
            let again = read(written(&after).as_object().unwrap()).unwrap();
            assert_eq!(again, after, "{text}");
            carried_out += 1;
        }
    }
    assert!(carried_out > 100, "{carried_out} of the texts mean something");
}
