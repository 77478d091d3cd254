//! Reads a statement from JSON.
//!
//! Errors are words without a place; the document adds line and column.

use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::document::{known_fields, optional_string};
use crate::source::Position;
use crate::statement::action::Actions;
use crate::statement::principal::Principals;
use crate::statement::resource::Resources;
use crate::statement::{Effect, Statement};

const FIELDS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

impl Statement {
    pub(crate) fn parse(
        json: &Value,
        index: usize,
        position: Position,
        variables: bool,
    ) -> Result<Self, String> {
        let Value::Object(fields) = json else {
            return Err("a statement is a JSON object".to_owned());
        };
        known_fields(fields, &FIELDS)?;
        let actions = either(fields, "Action", "NotAction")?;
        let resources = either(fields, "Resource", "NotResource")?;
        Ok(Self {
            index,
            position,
            sid: optional_string(fields, "Sid")?,
            effect: effect(fields)?,
            principals: principals(fields)?,
            actions: actions
                .map(|(negated, value)| Ok::<_, String>(Actions::new(negated, &strings(value)?)))
                .transpose()?,
            resources: resources
                .map(|(negated, value)| {
                    Ok::<_, String>(Resources::new(negated, &strings(value)?, variables))
                })
                .transpose()?,
            conditions: conditions(fields.get("Condition"), variables)?,
        })
    }
}

fn effect(fields: &Map<String, Value>) -> Result<Effect, String> {
    match optional_string(fields, "Effect")?.as_deref() {
        Some("Allow") => Ok(Effect::Allow),
        Some("Deny") => Ok(Effect::Deny),
        Some(other) => Err(format!("`{other}` is no Effect")),
        None => Err("`Effect` is missing".to_owned()),
    }
}

/// An element and its negation exclude each other.
fn either<'v>(
    fields: &'v Map<String, Value>,
    plain: &str,
    negated: &str,
) -> Result<Option<(bool, &'v Value)>, String> {
    match (fields.get(plain), fields.get(negated)) {
        (Some(_), Some(_)) => Err(format!("`{plain}` stands beside `{negated}`")),
        (Some(value), None) => Ok(Some((false, value))),
        (None, Some(value)) => Ok(Some((true, value))),
        (None, None) => Ok(None),
    }
}

/// One string or a list of strings; `null` in a list is passed over, as IAM does.
fn strings(value: &Value) -> Result<Vec<String>, String> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(Some(text.clone())),
        Value::Null => Ok(None),
        _ => Err("a value is not a string".to_owned()),
    };
    match value {
        Value::Array(values) => values.iter().filter_map(|value| one(value).transpose()).collect(),
        Value::String(text) => Ok(vec![text.clone()]),
        _ => Err("a value is neither a string nor a list".to_owned()),
    }
}

fn principals(fields: &Map<String, Value>) -> Result<Option<Principals>, String> {
    match either(fields, "Principal", "NotPrincipal")? {
        None => Ok(None),
        Some((negated, Value::String(text))) => Ok(Some(Principals::from_text(negated, text))),
        Some((negated, Value::Object(categories))) => {
            let mut pairs = Vec::new();
            for (category, value) in categories {
                let names = strings(value)?;
                pairs.extend(names.into_iter().map(|name| (category.as_str(), name)));
            }
            let pairs = pairs.iter().map(|(category, name)| (*category, name.as_str()));
            Ok(Some(Principals::from_pairs(negated, pairs)))
        }
        Some(_) => Err("`Principal` is neither `*` nor an object".to_owned()),
    }
}

fn conditions(block: Option<&Value>, variables: bool) -> Result<Vec<Condition>, String> {
    let Some(block) = block else { return Ok(Vec::new()) };
    let object = |value: &'_ Value| match value {
        Value::Object(fields) => Ok(fields.clone()),
        _ => Err("`Condition` is not an object of objects".to_owned()),
    };
    let mut conditions = Vec::new();
    for (operator, keys) in object(block)? {
        for (key, values) in object(&keys)? {
            let values = condition_values(&values)?;
            conditions.push(Condition::new(&operator, &key, &values, variables));
        }
    }
    Ok(conditions)
}

/// Numbers and booleans are read as the strings they stand for.
fn condition_values(value: &Value) -> Result<Vec<String>, String> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => Err("a condition value is not a string".to_owned()),
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}
