//! The parameters that were there before expressions ("Legacy conditional parameters", Developer
//! Guide), turned into what expressions mean. Start at [`Elder`].

use std::collections::{BTreeMap, BTreeSet};

use gateway::Fault;
use serde::Deserialize;
use serde_json::Value;

use super::expression::{Comparison, Condition, Operand, Path, Update};
use super::faults::{bad_value, invalid};
use super::value::{Attr, read_value};

/// `Expected`, by attribute.
pub(super) type Expectations = BTreeMap<String, Expected>;
/// `KeyConditions`, `QueryFilter`, `ScanFilter`, by attribute.
pub(super) type Rules = BTreeMap<String, Rule>;
/// `AttributeUpdates`, by attribute.
pub(super) type Changes = BTreeMap<String, ChangeTo>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Expected {
    value: Option<Value>,
    exists: Option<bool>,
    comparison_operator: Option<String>,
    attribute_value_list: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rule {
    comparison_operator: String,
    attribute_value_list: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeTo {
    action: Option<String>,
    value: Option<Value>,
}

/// What a writing request has of them.
#[derive(Default)]
pub(super) struct Elder<'a> {
    pub(super) expected: Option<&'a Expectations>,
    pub(super) operator: Option<&'a str>,
    pub(super) updates: Option<&'a Changes>,
}

impl Elder<'_> {
    /// The first parameter that is there.
    pub(super) fn first(&self) -> Option<&'static str> {
        let names = [
            self.updates.map(|_| "AttributeUpdates"),
            self.expected.map(|_| "Expected"),
            self.operator.map(|_| "ConditionalOperator"),
        ];
        names.into_iter().flatten().next()
    }

    /// The attributes that are named.
    pub(super) fn attributes(&self) -> BTreeSet<String> {
        let expected = self.expected.into_iter().flat_map(BTreeMap::keys);
        expected.chain(self.updates.into_iter().flat_map(BTreeMap::keys)).cloned().collect()
    }

    /// `Expected` as a condition.
    pub(super) fn condition(&self) -> Result<Option<Condition>, Fault> {
        check_operator(self.operator, self.expected.map_or(0, BTreeMap::len))?;
        let conditions = self
            .expected
            .into_iter()
            .flatten()
            .map(|(name, expected)| expected.condition(name))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(joined(conditions, self.operator))
    }

    /// `AttributeUpdates` as an update.
    pub(super) fn update(&self) -> Result<Option<Update>, Fault> {
        let Some(changes) = self.updates else { return Ok(None) };
        let mut update = Update::default();
        for (name, change) in changes {
            change.add_to(&mut update, name)?;
        }
        Ok(Some(update))
    }
}

/// `QueryFilter`, `ScanFilter` or `KeyConditions` as a condition.
pub(super) fn filter(
    rules: Option<&Rules>,
    operator: Option<&str>,
) -> Result<Option<Condition>, Fault> {
    check_operator(operator, rules.map_or(0, BTreeMap::len))?;
    let conditions = rules
        .into_iter()
        .flatten()
        .map(|(name, rule)| {
            rule_of(name, &rule.comparison_operator, rule.attribute_value_list.as_deref())
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(joined(conditions, operator))
}

/// `ConditionalOperator` is for more than one condition.
fn check_operator(operator: Option<&str>, conditions: usize) -> Result<(), Fault> {
    match operator {
        Some(_) if conditions == 0 => {
            Err(invalid("ConditionalOperator cannot be used without Filter or Expected"))
        }
        Some(_) if conditions == 1 => Err(invalid(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        )),
        _ => Ok(()),
    }
}

fn joined(conditions: Vec<Condition>, operator: Option<&str>) -> Option<Condition> {
    conditions.into_iter().reduce(|all, one| {
        let (all, one) = (Box::new(all), Box::new(one));
        if operator == Some("OR") { Condition::Or(all, one) } else { Condition::And(all, one) }
    })
}

impl Expected {
    fn condition(&self, name: &str) -> Result<Condition, Fault> {
        let of = |text: &str| bad_value(format!("{text} for Attribute: {name}"));
        if let Some(operator) = &self.comparison_operator {
            if self.exists.is_some() {
                return Err(of("Exists and ComparisonOperator cannot be used together"));
            }
            if self.value.is_some() && self.attribute_value_list.is_some() {
                return Err(of("Value and AttributeValueList cannot be used together"));
            }
            let value = self.value.clone().map(|value| vec![value]);
            let values = self.attribute_value_list.as_deref().or(value.as_deref());
            return rule_of(name, operator, values);
        }
        if self.attribute_value_list.is_some() {
            return Err(of("AttributeValueList can only be used with a ComparisonOperator"));
        }
        match (self.exists, &self.value) {
            (Some(false), None) => Ok(Condition::Exists(Path::top(name), false)),
            (Some(false), Some(_)) => Err(of("Value cannot be used when Exists is false")),
            (_, Some(value)) => Ok(Condition::Compare(
                Operand::Path(Path::top(name)),
                Comparison::Equal,
                Operand::Value(read_value(value)?),
            )),
            (Some(true), None) => Err(of("Value must be provided when Exists is true")),
            (None, None) => Err(of("Value must be provided when Exists is null")),
        }
    }
}

/// One operator with its values.
fn rule_of(name: &str, operator: &str, values: Option<&[Value]>) -> Result<Condition, Fault> {
    let values: Vec<Attr> =
        values.unwrap_or_default().iter().map(read_value).collect::<Result<_, _>>()?;
    let fits = match operator {
        "NULL" | "NOT_NULL" => values.is_empty(),
        "BETWEEN" => values.len() == 2,
        "IN" => !values.is_empty(),
        _ => values.len() == 1,
    };
    if !fits {
        return Err(bad_value(format!(
            "Invalid number of argument(s) for the {operator} ComparisonOperator"
        )));
    }
    check_types(operator, &values)?;
    let path = || Path::top(name);
    let what = || Operand::Path(path());
    let mut values = values.into_iter().map(Operand::Value);
    let mut next = || values.next().unwrap_or_else(what);
    let compare = |how, value| Condition::Compare(what(), how, value);
    Ok(match operator {
        "NULL" => Condition::Exists(path(), false),
        "NOT_NULL" => Condition::Exists(path(), true),
        "EQ" => compare(Comparison::Equal, next()),
        "NE" => compare(Comparison::Unequal, next()),
        "LT" => compare(Comparison::Less, next()),
        "LE" => compare(Comparison::AtMost, next()),
        "GT" => compare(Comparison::More, next()),
        "GE" => compare(Comparison::AtLeast, next()),
        "BETWEEN" => Condition::Between(what(), next(), next()),
        "BEGINS_WITH" => Condition::BeginsWith(what(), next()),
        "CONTAINS" => Condition::Contains(what(), next()),
        "NOT_CONTAINS" => Condition::Not(Box::new(Condition::Contains(what(), next()))),
        _ => Condition::In(what(), values.collect()),
    })
}

/// Which types an operator takes.
fn check_types(operator: &str, values: &[Attr]) -> Result<(), Fault> {
    let admitted = |value: &Attr| match operator {
        "LT" | "LE" | "GT" | "GE" | "BETWEEN" | "IN" | "CONTAINS" | "NOT_CONTAINS" => {
            value.is_ordered()
        }
        "BEGINS_WITH" => matches!(value, Attr::S(_) | Attr::B(_)),
        _ => true,
    };
    match values.iter().find(|value| !admitted(value)) {
        None => Ok(()),
        Some(value) => Err(bad_value(format!(
            "ComparisonOperator {operator} is not valid for {} AttributeValue type",
            value.kind()
        ))),
    }
}

impl ChangeTo {
    fn add_to(&self, update: &mut Update, name: &str) -> Result<(), Fault> {
        let action = self.action.as_deref().unwrap_or("PUT");
        let value = self.value.as_ref().map(read_value).transpose()?;
        let not_for = |value: &Attr, how: &str| {
            bad_value(format!("{how} is not supported for the type {}", value.long_kind()))
        };
        match (action, value) {
            ("DELETE", None) => update.remove(name),
            ("DELETE", Some(value)) if value.members().is_some() => update.delete(name, value),
            ("DELETE", Some(value)) => return Err(not_for(&value, "DELETE action with value")),
            (_, None) => {
                return Err(bad_value(
                    "Only DELETE action is allowed when no attribute value is specified",
                ));
            }
            ("ADD", Some(value)) if value.members().is_some() || value.decimal().is_some() => {
                update.add(name, value);
            }
            ("ADD", Some(value)) => return Err(not_for(&value, "ADD action")),
            (_, Some(value)) => update.set(name, value),
        }
        Ok(())
    }
}
