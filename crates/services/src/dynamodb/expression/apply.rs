//! Updates carried out on an item. Every operand is read from the item as it was before the
//! update. Start at [`Update::apply`].

use gateway::Fault;

use super::super::faults::invalid;
use super::super::number::Decimal;
use super::super::value::{Attr, Item};
use super::path::{Path, Step};
use super::update::{Action, Source, Update};

fn wrong_operand() -> Fault {
    invalid("An operand in the update expression has an incorrect data type")
}

fn no_attribute() -> Fault {
    invalid("The provided expression refers to an attribute that does not exist in the item")
}

fn wrong_place() -> Fault {
    invalid("The document path provided in the update expression is invalid for update")
}

impl Update {
    /// The item after the update.
    ///
    /// # Errors
    /// `ValidationException` when an operand or a place is not there or of a wrong type.
    pub fn apply(&self, before: &Item) -> Result<Item, Fault> {
        let mut after = before.clone();
        let mut sets = Vec::new();
        let mut removals = Vec::new();
        for action in &self.actions {
            match action {
                Action::Set(path, source) => sets.push((path, value_of(source, before)?)),
                Action::Remove(path) => removals.push(path),
                Action::Add(path, value) => put(&mut after, path, added(path, value, before)?)?,
                Action::Delete(path, value) => match taken(path, value, before)? {
                    Taken::Nothing => {}
                    Taken::Rest(rest) => put(&mut after, path, rest)?,
                    Taken::All => remove(&mut after, path)?,
                },
            }
        }
        // Elements behind a list's end are appended in the order of their indices, and removed
        // from its end on, so that no index means another element than before.
        sets.sort_by_key(|(path, _)| order_of(path));
        for (path, value) in sets {
            put(&mut after, path, value)?;
        }
        removals.sort_by_key(|path| std::cmp::Reverse(order_of(path)));
        for path in removals {
            remove(&mut after, path)?;
        }
        Ok(after)
    }
}

fn order_of(path: &Path) -> Vec<usize> {
    let index = |step: &Step| match step {
        Step::Key(_) => 0,
        Step::Index(at) => *at,
    };
    path.steps.iter().map(index).collect()
}

fn value_of(source: &Source, item: &Item) -> Result<Attr, Fault> {
    match source {
        Source::Path(path) => path.of(item).cloned().ok_or_else(no_attribute),
        Source::Value(value) => Ok(value.clone()),
        Source::IfNotExists(path, other) => match path.of(item) {
            Some(value) => Ok(value.clone()),
            None => value_of(other, item),
        },
        Source::ListAppend(first, second) => {
            match (value_of(first, item)?, value_of(second, item)?) {
                (Attr::L(mut first), Attr::L(second)) => {
                    first.extend(second);
                    Ok(Attr::L(first))
                }
                _ => Err(wrong_operand()),
            }
        }
        Source::Plus(left, right) => {
            numbers(&value_of(left, item)?, &value_of(right, item)?, Decimal::plus)
        }
        Source::Minus(left, right) => {
            numbers(&value_of(left, item)?, &value_of(right, item)?, Decimal::minus)
        }
    }
}

type Arithmetic = fn(&Decimal, &Decimal) -> Result<Decimal, super::super::number::NumberError>;

fn numbers(left: &Attr, right: &Attr, arithmetic: Arithmetic) -> Result<Attr, Fault> {
    let (Some(left), Some(right)) = (left.decimal(), right.decimal()) else {
        return Err(wrong_operand());
    };
    let result = arithmetic(&left, &right).map_err(|error| invalid(error.message("")))?;
    Ok(Attr::N(result.text()))
}

/// `ADD`: a number to a number, members to a set; an absent one counts as zero or empty.
fn added(path: &Path, value: &Attr, item: &Item) -> Result<Attr, Fault> {
    let Some(present) = path.of(item) else { return Ok(value.clone()) };
    if let (Some(_), Some(_)) = (present.decimal(), value.decimal()) {
        return numbers(present, value, Decimal::plus);
    }
    let (Some(mine), Some(more)) = (present.members(), value.members()) else {
        return Err(wrong_operand());
    };
    if present.kind() != value.kind() {
        return Err(wrong_operand());
    }
    let all = mine.iter().chain(more).cloned().collect();
    present.with_members(all).ok_or_else(wrong_operand)
}

/// What is left of a set.
enum Taken {
    /// There was none.
    Nothing,
    Rest(Attr),
    All,
}

/// `DELETE`: members from a set.
fn taken(path: &Path, value: &Attr, item: &Item) -> Result<Taken, Fault> {
    let Some(present) = path.of(item) else { return Ok(Taken::Nothing) };
    let (Some(mine), Some(less)) = (present.members(), value.members()) else {
        return Err(wrong_operand());
    };
    if present.kind() != value.kind() {
        return Err(wrong_operand());
    }
    let rest = mine.iter().filter(|member| !less.contains(member)).cloned().collect();
    Ok(present.with_members(rest).map_or(Taken::All, Taken::Rest))
}

/// The value that holds the last step of a path, and that step.
fn holder<'i>(item: &'i mut Item, path: &'i Path) -> Option<(&'i mut Attr, &'i Step)> {
    let (last, before) = path.steps.split_last()?;
    let top = item.get_mut(&path.attribute)?;
    let holder = before.iter().try_fold(top, |value, step| match (value, step) {
        (Attr::M(entries), Step::Key(key)) => entries.get_mut(key),
        (Attr::L(items), Step::Index(at)) => items.get_mut(*at),
        _ => None,
    })?;
    Some((holder, last))
}

fn put(item: &mut Item, path: &Path, value: Attr) -> Result<(), Fault> {
    if path.steps.is_empty() {
        item.insert(path.attribute.clone(), value);
        return Ok(());
    }
    match holder(item, path) {
        Some((Attr::M(entries), Step::Key(key))) => {
            entries.insert(key.clone(), value);
        }
        Some((Attr::L(items), Step::Index(at))) => match items.get_mut(*at) {
            Some(place) => *place = value,
            None => items.push(value),
        },
        _ => return Err(wrong_place()),
    }
    Ok(())
}

fn remove(item: &mut Item, path: &Path) -> Result<(), Fault> {
    if path.steps.is_empty() {
        item.remove(&path.attribute);
        return Ok(());
    }
    match holder(item, path) {
        Some((Attr::M(entries), Step::Key(key))) => {
            entries.remove(key);
        }
        Some((Attr::L(items), Step::Index(at))) => {
            if *at < items.len() {
                items.remove(*at);
            }
        }
        _ => return Err(wrong_place()),
    }
    Ok(())
}
