//! Key conditions: one partition, and a range of its sort keys ("Key condition expressions for
//! the Query operation"). Start at [`KeyRange::of`].

use gateway::Fault;

use super::expression::{Comparison, Condition, Operand, Path};
use super::faults::{bad_value, invalid};
use super::key::{Part, Schema, partition, text_of};
use super::state::LAST;
use super::value::Attr;

/// The part of a table or an index that a query reads.
pub(super) struct KeyRange {
    /// The partition key's value.
    pub(super) leading: Attr,
    /// The first place and the one behind the last.
    pub(super) from: String,
    pub(super) to: String,
}

/// A condition on one key attribute.
enum Rule<'c> {
    Compare(Comparison, &'c Attr),
    Between(&'c Attr, &'c Attr),
    BeginsWith(&'c Attr),
}

fn unsupported() -> Fault {
    invalid("Query key condition not supported")
}

fn no_operator(operator: &str) -> Fault {
    invalid(format!(
        "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: \
         {operator}"
    ))
}

impl KeyRange {
    /// The range that a condition means in a table's or an index's key.
    ///
    /// # Errors
    /// `ValidationException` for a condition that is no key condition.
    pub(super) fn of(schema: &Schema, condition: &Condition) -> Result<Self, Fault> {
        let mut rules = Vec::new();
        collect(condition, &mut rules)?;
        let mut leading = None;
        let mut sort = None;
        for (path, rule) in &rules {
            let name = path.attribute.as_str();
            let place = if name == schema.hash.name {
                &mut leading
            } else if schema.range.as_ref().is_some_and(|range| range.name == name) {
                &mut sort
            } else {
                let absent = [Some(&schema.hash), schema.range.as_ref()].into_iter().flatten();
                let named = |part: &&Part| !rules.iter().any(|(p, _)| p.attribute == part.name);
                return Err(match absent.into_iter().find(named) {
                    Some(part) => missed(&part.name),
                    None => unsupported(),
                });
            };
            if !path.steps.is_empty() {
                return Err(invalid(
                    "Invalid KeyConditionExpression: KeyConditionExpressions cannot have \
                     conditions on nested attributes",
                ));
            }
            if place.replace(rule).is_some() {
                return Err(invalid(
                    "Invalid KeyConditionExpression: KeyConditionExpressions must only contain \
                     one condition per key",
                ));
            }
        }
        let Some(hash) = leading else { return Err(missed(&schema.hash.name)) };
        let Rule::Compare(Comparison::Equal, value) = hash else { return Err(unsupported()) };
        let head = format!("{}/", partition(sortable(&schema.hash, value)?));
        let (from, to) = match (sort, &schema.range) {
            (Some(rule), Some(part)) => rule.bounds(part)?,
            _ => (String::new(), LAST.to_string()),
        };
        let leading = (*value).clone();
        Ok(Self { leading, from: format!("{head}{from}"), to: format!("{head}{to}") })
    }
}

fn missed(name: &str) -> Fault {
    invalid(format!("Query condition missed key schema element: {name}"))
}

/// The text of a value that a key is compared with.
fn sortable(part: &Part, value: &Attr) -> Result<String, Fault> {
    if value.size() == 0 && value.is_ordered() {
        return Err(invalid(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute \
             cannot contain an empty {} value. Key: {}",
            if value.kind() == "B" { "binary" } else { "string" },
            part.name
        )));
    }
    text_of(part.kind, value)
        .ok_or_else(|| bad_value("Condition parameter type does not match schema type"))
}

impl Rule<'_> {
    /// The texts between which the sort key lies: the first, and the one behind the last.
    fn bounds(&self, part: &Part) -> Result<(String, String), Fault> {
        let start = |value: &Attr| Ok::<_, Fault>(format!("{}/", sortable(part, value)?));
        let end = |value: &Attr| Ok::<_, Fault>(format!("{}/{LAST}", sortable(part, value)?));
        let (first, last) = (String::new(), LAST.to_string());
        Ok(match self {
            Self::Compare(Comparison::Equal, value) => (start(value)?, end(value)?),
            Self::Compare(Comparison::Less, value) => (first, start(value)?),
            Self::Compare(Comparison::AtMost, value) => (first, end(value)?),
            Self::Compare(Comparison::More, value) => (end(value)?, last),
            Self::Compare(Comparison::AtLeast, value) => (start(value)?, last),
            Self::Compare(Comparison::Unequal, _) => return Err(unsupported()),
            Self::Between(low, high) => (start(low)?, end(high)?),
            Self::BeginsWith(value) => {
                let text = sortable(part, value)?;
                (text.clone(), format!("{text}{LAST}"))
            }
        })
    }
}

/// The conditions of an expression, all of which must hold.
fn collect<'c>(
    condition: &'c Condition,
    rules: &mut Vec<(&'c Path, Rule<'c>)>,
) -> Result<(), Fault> {
    match condition {
        Condition::And(left, right) => {
            collect(left, rules)?;
            collect(right, rules)
        }
        Condition::Compare(Operand::Path(path), how, Operand::Value(value)) => {
            if *how == Comparison::Unequal {
                return Err(no_operator("<>"));
            }
            rules.push((path, Rule::Compare(*how, value)));
            Ok(())
        }
        Condition::Compare(Operand::Value(value), how, Operand::Path(path)) => {
            rules.push((path, Rule::Compare(turned(*how), value)));
            Ok(())
        }
        Condition::Between(Operand::Path(path), Operand::Value(low), Operand::Value(high)) => {
            rules.push((path, Rule::Between(low, high)));
            Ok(())
        }
        Condition::BeginsWith(Operand::Path(path), Operand::Value(prefix)) => {
            if !matches!(prefix, Attr::S(_) | Attr::B(_)) {
                return Err(unsupported());
            }
            rules.push((path, Rule::BeginsWith(prefix)));
            Ok(())
        }
        Condition::Or(..) => Err(no_operator("OR")),
        Condition::Not(_) => Err(no_operator("NOT")),
        Condition::In(..) => Err(no_operator("IN")),
        Condition::Exists(_, true) => Err(no_operator("attribute_exists")),
        Condition::Exists(_, false) => Err(no_operator("attribute_not_exists")),
        Condition::Type(..) => Err(no_operator("attribute_type")),
        Condition::Contains(..) => Err(no_operator("contains")),
        Condition::Compare(..) | Condition::Between(..) | Condition::BeginsWith(..) => {
            Err(unsupported())
        }
    }
}

/// The comparison with its sides exchanged.
fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Less => Comparison::More,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::More => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
        same => same,
    }
}
