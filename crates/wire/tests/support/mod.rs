//! Values made from a model: the smallest an operation takes, and one with every member set.
//!
//! Each scalar is valid by its own constraints, so that a generated input also passes validation;
//! texts are as short or as long as they may be (see `text.rs`).

mod text;

use serde_json::{Map, Value, json};
use wire::{Kind, Location, Member, Model, Shape, ShapeId};

/// How much of a shape a value fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Required members only, lists as short as they may be.
    Smallest,
    /// Every member, texts as long as they may be, two elements in each list.
    Largest,
}

/// A value of a structure, without what does not travel in values.
pub fn value(model: &Model, shape: Option<ShapeId>, fill: Fill) -> Value {
    let mut maker = Maker { model, fill, open: Vec::new() };
    shape.map_or_else(|| json!({}), |id| maker.structure(model.shape(id)))
}

struct Maker<'m> {
    model: &'m Model,
    fill: Fill,
    open: Vec<&'m str>,
}

impl<'m> Maker<'m> {
    fn structure(&mut self, shape: &'m Shape) -> Value {
        let Some(structure) = shape.structure() else { return json!({}) };
        self.open.push(shape.name());
        let mut object = Map::new();
        for member in structure.members() {
            let wanted = self.fill == Fill::Largest || member.is_required();
            let only = structure.is_union() && !object.is_empty();
            if wanted && !only && !member.is_streaming() && !self.is_endless(member) {
                object.insert(member.name().to_owned(), self.member(member, member.location()));
            }
        }
        self.open.pop();
        Value::Object(object)
    }

    /// Whether a member would lead back into a structure that is being made.
    fn is_endless(&self, member: &Member) -> bool {
        let mut shape = self.model.shape(member.shape());
        while let Kind::List { element, .. } | Kind::Map { value: element, .. } = shape.kind() {
            shape = self.model.shape(element.shape());
        }
        self.open.contains(&shape.name())
    }

    fn member(&mut self, member: &'m Member, location: Location) -> Value {
        let shape = self.model.shape(member.shape());
        let limits = shape.constraints();
        match shape.kind() {
            Kind::Structure(_) => self.structure(shape),
            Kind::List { element, .. } => {
                let wished = if self.fill == Fill::Largest { 2.0 } else { 1.0 };
                let count = limits.min.unwrap_or(0.0).max(wished);
                let count = limits.max.map_or(count, |max| count.min(max)) as usize;
                (0..count).map(|_| self.member(element, location)).collect()
            }
            Kind::Map { key, value, .. } => {
                let key = match location {
                    Location::Headers => "a-b".to_owned(),
                    _ => text::of(self.model.shape(key.shape()), location, self.fill),
                };
                json!({ key: self.member(value, location) })
            }
            Kind::String => Value::from(text::of(shape, location, self.fill)),
            Kind::Blob => Value::from("AAECA/8="),
            Kind::Boolean => Value::from(true),
            Kind::Integer | Kind::Long => {
                let number = limits.min.unwrap_or(1.0).max(limits.max.unwrap_or(7.0).min(7.0));
                Value::from(number as i64)
            }
            Kind::Double => Value::from(1.5),
            Kind::Timestamp(_) if location == Location::Header => Value::from(1_795_313_962),
            Kind::Timestamp(_) => Value::from(1_795_313_962.25),
        }
    }
}
