//! GetItem.

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::{self, Ask, leading_of, usable};
use super::capacity::{Consumed, Read};
use super::expression::{self, Path, Placeholders, Projection};
use super::faults::invalid;
use super::state;
use super::value::{Item, read, size};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    table_name: String,
    key: Map<String, Value>,
    attributes_to_get: Option<Vec<String>>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    consistent_read: Option<bool>,
    return_consumed_capacity: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Value>,
}

/// What is wanted of items: places of a `ProjectionExpression` or of `AttributesToGet`; everything
/// without.
pub(super) struct Wanted {
    projection: Option<Projection>,
}

impl Wanted {
    /// Reads either parameter.
    pub(super) fn read(
        expression: Option<&str>,
        attributes: Option<&Vec<String>>,
        known: &Placeholders,
    ) -> Result<Self, Fault> {
        if expression.is_some() && attributes.is_some() {
            return Err(mixed("ProjectionExpression", "AttributesToGet"));
        }
        let projection = match (expression, attributes) {
            (Some(text), _) => Some(expression::projection(text, known)?),
            (None, Some(names)) if names.is_empty() => {
                return Err(invalid(
                    "1 validation error detected: Value '[]' at 'attributesToGet' failed to \
                     satisfy constraint: Member must have length greater than or equal to 1",
                ));
            }
            (None, Some(names)) => Some(Projection::new(names.iter().map(Path::top).collect())),
            (None, None) => None,
        };
        Ok(Self { projection })
    }

    /// `dynamodb:Select`.
    pub(super) fn select(&self) -> &'static str {
        if self.projection.is_some() { "SPECIFIC_ATTRIBUTES" } else { "ALL_ATTRIBUTES" }
    }

    /// The attributes that are named.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let names = self.projection.iter().flat_map(Projection::attributes);
        names.map(str::to_owned).collect()
    }

    /// Whether only some attributes are wanted.
    pub(super) fn is_some(&self) -> bool {
        self.projection.is_some()
    }

    /// What is wanted of an item.
    pub(super) fn of(&self, item: Item) -> Item {
        match &self.projection {
            Some(projection) => projection.of(&item),
            None => item,
        }
    }
}

/// Parameters of expressions and their elder equivalents exclude each other.
pub(super) fn mixed(expression: &str, elder: &str) -> Fault {
    invalid(format!(
        "Can not use both expression and non-expression parameters in the same request: \
         Non-expression parameters: {{{elder}}} Expression parameters: {{{expression}}}"
    ))
}

/// `ExpressionAttributeNames` without an expression that could name them.
pub(super) fn names_without(
    names: Option<&BTreeMap<String, String>>,
    expressions: bool,
) -> Result<(), Fault> {
    if names.is_some() && !expressions {
        return Err(invalid(
            "ExpressionAttributeNames can only be specified when using expressions",
        ));
    }
    Ok(())
}

fn wanted(input: &GetInput) -> Result<Wanted, Fault> {
    let names = input.expression_attribute_names.as_ref();
    names_without(names, input.projection_expression.is_some())?;
    let known = Placeholders::read(names, None)?;
    let expression = input.projection_expression.as_deref();
    let wanted = Wanted::read(expression, input.attributes_to_get.as_ref(), &known)?;
    known.all_used()?;
    Ok(wanted)
}

pub(super) fn access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    let wanted = wanted(input)?;
    let mut names = access::names_of(&input.key);
    names.extend(wanted.names());
    Ask::new("GetItem", &input.table_name)
        .leading(leading_of(cx, &input.table_name, &input.key)?)
        .attributes(names)
        .with("dynamodb:Select", Some(wanted.select()))
        .with("dynamodb:ReturnConsumedCapacity", input.return_consumed_capacity.as_deref())
        .access(cx)
}

/// GetItem.
pub(super) fn get(cx: &Cx, input: GetInput) -> Result<GetAnswer, Fault> {
    let table = usable(cx, &input.table_name)?;
    let wanted = wanted(&input)?;
    let place = table.schema.place_of_key(&read(&input.key)?)?;
    let found = state::item(cx, &table, &place)?;
    let units = Read::of(input.consistent_read).units(found.as_ref().map_or(0, size));
    let asked = input.return_consumed_capacity.as_deref();
    Ok(GetAnswer {
        consumed_capacity: Consumed::read(None, units).shown(asked, &input.table_name),
        item: found.map(|item| wanted.of(item)),
    })
}
