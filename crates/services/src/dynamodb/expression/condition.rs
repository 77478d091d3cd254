//! Conditions, and whether they hold for an item ("Condition and filter expressions, operators,
//! and functions"). Start at [`Condition::holds`].

use std::borrow::Cow;
use std::cmp::Ordering;

use super::super::value::{Attr, Item, bytes};
use super::path::Path;

/// A comparison's operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A place in the item.
    Path(Path),
    /// A value of the request.
    Value(Attr),
    /// The size of what lies there.
    Size(Box<Operand>),
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Two operands compared.
    Compare(Operand, Comparison, Operand),
    /// The first lies between the others, or is one of them.
    Between(Operand, Operand, Operand),
    /// The first equals one of the list.
    In(Operand, Vec<Operand>),
    /// Whether something lies at a place.
    Exists(Path, bool),
    /// What lies at a place is of a type.
    Type(Path, String),
    /// A string or binary begins with another.
    BeginsWith(Operand, Operand),
    /// A string, binary, set or list has a part.
    Contains(Operand, Operand),
    /// All hold.
    And(Box<Condition>, Box<Condition>),
    /// One holds.
    Or(Box<Condition>, Box<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

impl Comparison {
    /// The operator's text.
    pub fn text(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "<>",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        }
    }

    fn admits(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

impl Operand {
    /// What it stands for in an item; nothing where the item has nothing there.
    fn of<'i>(&'i self, item: &'i Item) -> Option<Cow<'i, Attr>> {
        match self {
            Self::Path(path) => path.of(item).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(of) => {
                let size = of.of(item)?.length()?;
                Some(Cow::Owned(Attr::N(size.to_string())))
            }
        }
    }
}

impl Condition {
    /// Whether it holds for an item; one that does not exist has no attributes.
    pub fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Compare(left, how, right) => compare(left.of(item), *how, right.of(item)),
            Self::Between(what, low, high) => {
                let (value, low, high) = (what.of(item), low.of(item), high.of(item));
                compare(value.clone(), Comparison::AtLeast, low)
                    && compare(value, Comparison::AtMost, high)
            }
            Self::In(what, list) => {
                let value = what.of(item);
                let equals =
                    |one: &Operand| compare(value.clone(), Comparison::Equal, one.of(item));
                list.iter().any(equals)
            }
            Self::Exists(path, wanted) => path.of(item).is_some() == *wanted,
            Self::Type(path, kind) => path.of(item).is_some_and(|value| value.kind() == kind),
            Self::BeginsWith(what, prefix) => match (what.of(item), prefix.of(item)) {
                (Some(what), Some(prefix)) => begins_with(&what, &prefix),
                _ => false,
            },
            Self::Contains(what, part) => match (what.of(item), part.of(item)) {
                (Some(what), Some(part)) => contains(&what, &part),
                _ => false,
            },
            Self::And(left, right) => left.holds(item) && right.holds(item),
            Self::Or(left, right) => left.holds(item) || right.holds(item),
            Self::Not(inner) => !inner.holds(item),
        }
    }

    /// Both conditions; the other one when one is absent.
    pub fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(Self::And(Box::new(one), Box::new(other))),
            (one, other) => one.or(other),
        }
    }
}

/// What is absent equals nothing and has no order; it is unequal to everything.
fn compare(left: Option<Cow<Attr>>, how: Comparison, right: Option<Cow<Attr>>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return how == Comparison::Unequal };
    match how {
        Comparison::Equal => left == right,
        Comparison::Unequal => left != right,
        ordered => left.order(&right).is_some_and(|order| ordered.admits(order)),
    }
}

fn begins_with(what: &Attr, prefix: &Attr) -> bool {
    match (what, prefix) {
        (Attr::S(what), Attr::S(prefix)) => what.starts_with(prefix),
        (Attr::B(what), Attr::B(prefix)) => bytes(what).starts_with(&bytes(prefix)),
        _ => false,
    }
}

fn contains(what: &Attr, part: &Attr) -> bool {
    match (what, part) {
        (Attr::S(what), Attr::S(part)) => what.contains(part),
        (Attr::B(what), Attr::B(part)) => {
            let (what, part) = (bytes(what), bytes(part));
            part.is_empty() || what.windows(part.len()).any(|window| window == part)
        }
        (Attr::SS(members), Attr::S(part))
        | (Attr::NS(members), Attr::N(part))
        | (Attr::BS(members), Attr::B(part)) => members.contains(part),
        (Attr::L(items), part) => items.contains(part),
        _ => false,
    }
}
