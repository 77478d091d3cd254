//! Attribute values and items: read from requests, measured, compared.
//!
//! A value is kept in one form only: numbers in their canonical text, binary in base64, sets
//! sorted. So equal values are equal here. Start at [`read`] and [`Attr`].

use std::cmp::Ordering;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::faults::{bad_value, invalid};
use super::number::Decimal;

/// Deepest nesting of lists and maps ("Service, account, and table quotas").
const MAX_NESTING: usize = 32;
/// Largest item, bytes.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// The attributes of an item, or the values of a map, by name.
pub type Item = BTreeMap<String, Attr>;

/// One attribute value, in JSON as DynamoDB's protocol writes it: `{"S": "text"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Attr {
    /// A string.
    S(String),
    /// A number's canonical text.
    N(String),
    /// Bytes in base64.
    B(String),
    /// A set of strings.
    SS(Vec<String>),
    /// A set of numbers.
    NS(Vec<String>),
    /// A set of binaries.
    BS(Vec<String>),
    /// A map.
    M(Item),
    /// A list.
    L(Vec<Attr>),
    /// Null; always `true`.
    NULL(bool),
    /// A truth value.
    BOOL(bool),
}

/// Reads the attributes of an item, a key or a map.
///
/// # Errors
/// `ValidationException` in DynamoDB's words.
pub fn read(attributes: &Map<String, Value>) -> Result<Item, Fault> {
    item_at(attributes, 0)
}

fn item_at(attributes: &Map<String, Value>, depth: usize) -> Result<Item, Fault> {
    let entry = |(name, value): (&String, &Value)| Ok((name.clone(), value_at(value, depth)?));
    attributes.iter().map(entry).collect()
}

/// Reads one value.
///
/// # Errors
/// As [`read`].
pub fn read_value(value: &Value) -> Result<Attr, Fault> {
    value_at(value, 0)
}

fn value_at(value: &Value, depth: usize) -> Result<Attr, Fault> {
    if depth > MAX_NESTING {
        return Err(invalid("Nesting Levels have exceeded supported limits"));
    }
    let mut members = value.as_object().into_iter().flatten().filter(|(_, v)| !v.is_null());
    let Some((kind, value)) = members.next() else {
        return Err(invalid(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ));
    };
    if members.next().is_some() {
        return Err(invalid(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of \
             the supported datatypes",
        ));
    }
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => Ok(Attr::S(text.clone())),
        ("N", Value::String(text)) => Ok(Attr::N(number(text)?)),
        ("B", Value::String(text)) => Ok(Attr::B(text.clone())),
        ("BOOL", Value::Bool(truth)) => Ok(Attr::BOOL(*truth)),
        ("NULL", Value::Bool(true)) => Ok(Attr::NULL(true)),
        ("NULL", Value::Bool(false)) => {
            Err(bad_value("Null attribute value types must have the value of true"))
        }
        ("SS" | "NS" | "BS", Value::Array(items)) => set(kind, items),
        ("M", Value::Object(entries)) => Ok(Attr::M(item_at(entries, depth + 1)?)),
        ("L", Value::Array(items)) => {
            let items = items.iter().map(|item| value_at(item, depth + 1));
            Ok(Attr::L(items.collect::<Result<_, _>>()?))
        }
        _ => Err(invalid(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        )),
    }
}

fn number(text: &str) -> Result<String, Fault> {
    Ok(Decimal::parse(text).map_err(|error| invalid(error.message(text)))?.text())
}

fn set(kind: &str, items: &[Value]) -> Result<Attr, Fault> {
    if items.is_empty() {
        return Err(bad_value(match kind {
            "SS" => "An string set  may not be empty",
            "NS" => "An number set  may not be empty",
            _ => "Binary sets should not be empty",
        }));
    }
    let texts = items.iter().filter_map(Value::as_str);
    let mut members: Vec<String> = match kind {
        "NS" => texts.map(number).collect::<Result<_, _>>()?,
        _ => texts.map(str::to_owned).collect(),
    };
    sort_members(kind, &mut members);
    let given = members.len();
    members.dedup();
    if members.len() < given {
        let shown: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
        return Err(bad_value(match kind {
            "SS" => format!("Input collection [{}] contains duplicates.", shown.join(", ")),
            _ => "Input collection contains duplicates.".to_owned(),
        }));
    }
    Ok(match kind {
        "SS" => Attr::SS(members),
        "NS" => Attr::NS(members),
        _ => Attr::BS(members),
    })
}

fn sort_members(kind: &str, members: &mut [String]) {
    match kind {
        "NS" => members.sort_by_cached_key(|text| decimal(text).sortable()),
        "BS" => members.sort_by_cached_key(|text| bytes(text)),
        _ => members.sort(),
    }
}

/// A canonical number's value.
fn decimal(text: &str) -> Decimal {
    // What is not canonical is none that we wrote; it counts as zero rather than failing a read.
    Decimal::parse(text).unwrap_or_else(|_| Decimal::zero())
}

/// The bytes of a binary value.
pub fn bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}

impl Attr {
    /// The type's letters, as `attribute_type` and error texts write them.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::SS(_) => "SS",
            Self::NS(_) => "NS",
            Self::BS(_) => "BS",
            Self::M(_) => "M",
            Self::L(_) => "L",
            Self::NULL(_) => "NULL",
            Self::BOOL(_) => "BOOL",
        }
    }

    /// The type's name, as some error texts write it.
    pub fn long_kind(&self) -> &'static str {
        match self {
            Self::S(_) => "STRING",
            Self::N(_) => "NUMBER",
            Self::B(_) => "BINARY",
            Self::SS(_) => "STRING_SET",
            Self::NS(_) => "NUMBER_SET",
            Self::BS(_) => "BINARY_SET",
            Self::M(_) => "MAP",
            Self::L(_) => "LIST",
            Self::NULL(_) => "NULL",
            Self::BOOL(_) => "BOOLEAN",
        }
    }

    /// Bytes that the value counts for ("DynamoDB item sizes and formats", Developer Guide).
    pub fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(text) => decimal(text).size(),
            Self::B(text) => binary_size(text),
            Self::SS(members) => members.iter().map(String::len).sum(),
            Self::NS(members) => members.iter().map(|text| decimal(text).size()).sum(),
            Self::BS(members) => members.iter().map(|text| binary_size(text)).sum(),
            Self::M(entries) => 3 + size(entries) + entries.len(),
            Self::L(items) => 3 + items.iter().map(|item| item.size() + 1).sum::<usize>(),
            Self::NULL(_) | Self::BOOL(_) => 1,
        }
    }

    /// What the `size` function answers; types without a size have none.
    pub fn length(&self) -> Option<usize> {
        match self {
            Self::S(text) => Some(text.len()),
            Self::B(text) => Some(binary_size(text)),
            Self::SS(members) | Self::NS(members) | Self::BS(members) => Some(members.len()),
            Self::M(entries) => Some(entries.len()),
            Self::L(items) => Some(items.len()),
            Self::N(_) | Self::NULL(_) | Self::BOOL(_) => None,
        }
    }

    /// The order of two strings, numbers or binaries; none between other types.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::S(left), Self::S(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
            (Self::N(left), Self::N(right)) => Some(decimal(left).cmp(&decimal(right))),
            (Self::B(left), Self::B(right)) => Some(bytes(left).cmp(&bytes(right))),
            _ => None,
        }
    }

    /// Whether values of this type have an order.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Self::S(_) | Self::N(_) | Self::B(_))
    }

    /// The number, where it is one.
    pub fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::N(text) => Some(decimal(text)),
            _ => None,
        }
    }

    /// The members of a set; none of what is no set.
    pub fn members(&self) -> Option<&Vec<String>> {
        match self {
            Self::SS(members) | Self::NS(members) | Self::BS(members) => Some(members),
            _ => None,
        }
    }

    /// A set of the same type with these members; nothing without members.
    pub fn with_members(&self, mut members: Vec<String>) -> Option<Self> {
        let kind = self.kind();
        sort_members(kind, &mut members);
        members.dedup();
        match kind {
            _ if members.is_empty() => None,
            "SS" => Some(Self::SS(members)),
            "NS" => Some(Self::NS(members)),
            _ => Some(Self::BS(members)),
        }
    }
}

fn binary_size(base64: &str) -> usize {
    let padding = base64.bytes().rev().take_while(|byte| *byte == b'=').count();
    (base64.len() / 4 * 3).saturating_sub(padding)
}

/// Bytes of an item: its names in UTF-8 and its values.
pub fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}

/// Refuses an item that became nested too deeply by an update.
///
/// # Errors
/// `ValidationException`.
pub fn check_nesting(item: &Item) -> Result<(), Fault> {
    fn deep(value: &Attr, left: usize) -> bool {
        let below = |mut values: Box<dyn Iterator<Item = &Attr> + '_>| match left.checked_sub(1) {
            Some(left) => values.any(|value| deep(value, left)),
            None => true,
        };
        match value {
            Attr::M(entries) => below(Box::new(entries.values())),
            Attr::L(items) => below(Box::new(items.iter())),
            _ => false,
        }
    }
    if item.values().any(|value| deep(value, MAX_NESTING)) {
        return Err(invalid("Nesting Levels have exceeded supported limits"));
    }
    Ok(())
}

/// The item in the protocol's form.
pub fn written(item: &Item) -> Value {
    serde_json::to_value(item).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(value: Value) -> String {
        match read_value(&value) {
            Ok(attr) => serde_json::to_string(&attr).unwrap(),
            Err(fault) => fault.message,
        }
    }

    #[test]
    fn values_are_read_in_one_form_or_refused() {
        for (value, expected) in [
            (json!({ "S": "" }), r#"{"S":""}"#),
            (json!({ "N": "1.50" }), r#"{"N":"1.5"}"#),
            (json!({ "NS": ["10", "9", "-1"] }), r#"{"NS":["-1","9","10"]}"#),
            (json!({ "SS": ["b", "a"] }), r#"{"SS":["a","b"]}"#),
            (json!({ "L": [{ "NULL": true }, { "M": {} }] }), r#"{"L":[{"NULL":true},{"M":{}}]}"#),
            (
                json!({ "NS": ["1", "1.0"] }),
                "One or more parameter values were invalid: Input collection contains duplicates.",
            ),
            (
                json!({ "SS": ["a", "a"] }),
                "One or more parameter values were invalid: Input collection [a, a] contains \
                 duplicates.",
            ),
            (
                json!({ "SS": [] }),
                "One or more parameter values were invalid: An string set  may not be empty",
            ),
            (
                json!({ "NULL": false }),
                "One or more parameter values were invalid: Null attribute value types must have \
                 the value of true",
            ),
            (json!({ "N": "x" }), "The parameter cannot be converted to a numeric value: x"),
            (
                json!({}),
                "Supplied AttributeValue is empty, must contain exactly one of the supported \
                 datatypes",
            ),
            (
                json!({ "S": "a", "N": "1" }),
                "Supplied AttributeValue has more than one datatypes set, must contain exactly \
                 one of the supported datatypes",
            ),
        ] {
            assert_eq!(told(value.clone()), expected, "{value}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let nested = |levels| (0..levels).fold(json!({ "S": "x" }), |v, _| json!({ "L": [v] }));
        assert!(read_value(&nested(32)).is_ok());
        assert!(read_value(&nested(33)).is_err());
        let made = |levels| (0..levels).fold(Attr::S("x".to_owned()), |v, _| Attr::L(vec![v]));
        let item = |levels| Item::from([("a".to_owned(), made(levels))]);
        assert!(check_nesting(&item(32)).is_ok());
        assert!(check_nesting(&item(33)).is_err());
    }

    #[test]
    fn sizes_are_by_the_documented_formula() {
        for (value, bytes) in [
            (json!({ "S": "é" }), 2),
            (json!({ "N": "12345" }), 4),
            (json!({ "N": "-1" }), 3),
            (json!({ "B": "AAECAw==" }), 4),
            (json!({ "BOOL": true }), 1),
            (json!({ "L": [{ "S": "ab" }] }), 6),
            (json!({ "M": { "a": { "S": "b" } } }), 6),
            (json!({ "SS": ["ab", "c"] }), 3),
        ] {
            assert_eq!(read_value(&value).unwrap().size(), bytes, "{value}");
        }
    }
}
