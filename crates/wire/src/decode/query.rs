//! Form fields of the query protocol to values: `Tags.member.1.Key=a` and its quirks.
//!
//! The dotted names are first made a tree, so that a list of thousands costs no more than its
//! fields. Start at [`decode`].

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::fault::WireFault;
use crate::form::Form;
use crate::limits::MAX_DEPTH;
use crate::model::{Kind, Member, Model, Protocol, ShapeId, Structure};
use crate::scalar;

/// Fields by the parts of their dotted names.
#[derive(Default)]
struct Node<'a> {
    value: Option<&'a str>,
    children: BTreeMap<&'a str, Node<'a>>,
}

/// Reads a form as an input structure.
pub(super) fn decode(model: &Model, input: ShapeId, form: &Form) -> Result<Value, WireFault> {
    let mut tree = Node::default();
    for (name, value) in form.iter().filter(|(name, _)| !matches!(*name, "Action" | "Version")) {
        let mut node = &mut tree;
        for (depth, part) in name.split('.').enumerate() {
            if depth == 2 * MAX_DEPTH {
                return Err(malformed("A parameter name has too many parts."));
            }
            node = node.children.entry(part).or_default();
        }
        node.value = Some(value);
    }
    structure(model, model.structure(input), &tree)
}

fn structure(model: &Model, shape: &Structure, node: &Node<'_>) -> Result<Value, WireFault> {
    let mut object = Map::new();
    for member in shape.members() {
        if let Some(value) = member_value(model, member, node)? {
            object.insert(member.name.clone(), value);
        }
    }
    Ok(Value::Object(object))
}

/// The value of a member below its structure's node; `None` when nothing was sent for it.
fn member_value(
    model: &Model,
    member: &Member,
    parent: &Node<'_>,
) -> Result<Option<Value>, WireFault> {
    let name = match model.protocol() {
        Protocol::Ec2 => capitalised(&member.wire_name),
        _ => member.wire_name.clone(),
    };
    parent.children.get(name.as_str()).map(|node| value(model, member, node)).transpose()
}

/// EC2 writes names with a capital.
pub(crate) fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn value(model: &Model, member: &Member, node: &Node<'_>) -> Result<Value, WireFault> {
    match &model.shape(member.shape).kind {
        Kind::Structure(inner) => structure(model, inner, node),
        Kind::List { element, .. } => list(model, member, element, node),
        Kind::Map { key, value, .. } => map(model, member, key, value, node),
        _ => {
            let text = node.value.unwrap_or_default();
            scalar::from_text(model, member, text)
                .ok_or_else(|| malformed(&format!("Invalid value '{text}' for {}", member.name)))
        }
    }
}

/// `Name.member.1`, `Name.Element.1` or flattened `Name.1`; an empty `Name=` is an empty list.
fn list(
    model: &Model,
    member: &Member,
    element: &Member,
    node: &Node<'_>,
) -> Result<Value, WireFault> {
    let flat = member.flattened || model.protocol() == Protocol::Ec2;
    let named = node.children.get(element.wire_name.as_str());
    let holder = if flat { Some(node) } else { named.or_else(|| node.children.get("member")) };
    let items = holder.map(numbered).unwrap_or_default();
    items.into_iter().map(|item| value(model, element, item)).collect()
}

fn map(
    model: &Model,
    member: &Member,
    key: &Member,
    entry: &Member,
    node: &Node<'_>,
) -> Result<Value, WireFault> {
    let holder = if member.flattened { Some(node) } else { node.children.get("entry") };
    let mut object = Map::new();
    for item in holder.map(numbered).unwrap_or_default() {
        let name = item.children.get(key.wire_name.as_str()).and_then(|node| node.value);
        let held = item.children.get(entry.wire_name.as_str());
        if let (Some(name), Some(held)) = (name, held) {
            object.insert(name.to_owned(), value(model, entry, held)?);
        }
    }
    Ok(Value::Object(object))
}

/// The children named by numbers, in the order of the numbers.
fn numbered<'n, 'a>(node: &'n Node<'a>) -> Vec<&'n Node<'a>> {
    let mut items: Vec<(u64, &Node<'_>)> = node
        .children
        .iter()
        .filter_map(|(name, child)| Some((name.parse::<u64>().ok()?, child)))
        .collect();
    items.sort_by_key(|(number, _)| *number);
    items.into_iter().map(|(_, child)| child).collect()
}

fn malformed(message: &str) -> WireFault {
    WireFault::sender("MalformedInput", message)
}
