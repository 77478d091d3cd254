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
    /// The places that are written.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.actions.iter().map(Action::path)
    }
}
