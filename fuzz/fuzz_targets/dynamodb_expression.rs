//! DynamoDB's expressions over items: parsed or refused in its words, and what they make of an item
//! is an item.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use services::dynamodb::expression::{Placeholders, condition, projection, update};
use services::dynamodb::value::{check_nesting, read, size, written};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // A first line that is an item stands in for the usual one.
    let (first, expression) = text.split_once('\n').unwrap_or(("", text));
    let given: Option<Value> = serde_json::from_str(first).ok();
    let usual = json!({
        "a": { "N": "1.5" }, "b": { "S": "text" }, "l": { "L": [{ "N": "1" }, { "M": {} }] },
        "m": { "M": { "x": { "SS": ["p", "q"] }, "y": { "B": "AAE=" } } }, "s": { "NS": ["1", "2"] },
    });
    let item = given.as_ref().and_then(Value::as_object).or(usual.as_object());
    let Some(Ok(item)) = item.map(read) else { return };
    let names =
        BTreeMap::from([("#a".to_owned(), "a".to_owned()), ("#n".to_owned(), "name".to_owned())]);
    let values = json!({
        ":n": { "N": "2" }, ":s": { "S": "te" }, ":l": { "L": [{ "N": "3" }] },
        ":ns": { "NS": ["2", "3"] }, ":ss": { "SS": ["q"] }, ":m": { "M": {} },
    });
    let Ok(known) = Placeholders::read(Some(&names), values.as_object()) else { return };
    if let Ok(condition) = condition("ConditionExpression", expression, &known) {
        let _ = condition.holds(&item);
    }
    if let Ok(projection) = projection(expression, &known) {
        assert!(size(&projection.of(&item)) <= size(&item), "a projection adds");
    }
    if let Ok(Ok(after)) = update(expression, &known).map(|update| update.apply(&item))
        && check_nesting(&after).is_ok()
    {
        let again = read(written(&after).as_object().expect("an item is an object"));
        assert_eq!(again.expect("what an update makes can be read"), after);
    }
});
