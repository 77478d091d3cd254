//! What an update expression says ("Update expressions in DynamoDB"). How it is carried out is in
//! `apply.rs`.

use super::super::value::Attr;
use super::path::Path;

/// What is written by `SET`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Path(Path),
    Value(Attr),
    IfNotExists(Path, Box<Source>),
    ListAppend(Box<Source>, Box<Source>),
    Plus(Box<Source>, Box<Source>),
    Minus(Box<Source>, Box<Source>),
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Set(Path, Source),
    Remove(Path),
    Add(Path, Attr),
    Delete(Path, Attr),
}

impl Action {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) => path,
            Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

/// The changes of an update, in the order of their text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Update {
    pub(super) actions: Vec<Action>,
}

impl Update {
    /// Writes an attribute.
    pub fn set(&mut self, attribute: &str, value: Attr) {
        self.actions.push(Action::Set(Path::top(attribute), Source::Value(value)));
    }

    /// Takes an attribute away.
    pub fn remove(&mut self, attribute: &str) {
        self.actions.push(Action::Remove(Path::top(attribute)));
    }

    /// Adds to a number or a set.
    pub fn add(&mut self, attribute: &str, value: Attr) {
        self.actions.push(Action::Add(Path::top(attribute), value));
    }

    /// Takes members from a set.
    pub fn delete(&mut self, attribute: &str, value: Attr) {
        self.actions.push(Action::Delete(Path::top(attribute), value));
    }

    /// The places that are written.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.actions.iter().map(Action::path)
    }
}
