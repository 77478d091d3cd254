//! What of an item is answered. Start at [`Projection::of`].

use std::collections::BTreeMap;

use super::super::value::{Attr, Item};
use super::path::{Path, Step};

/// The paths that are wanted.
#[derive(Debug, Clone, Default)]
pub struct Projection {
    paths: Vec<Path>,
}

/// The wanted places below a place.
#[derive(Default)]
struct Tree {
    whole: bool,
    keys: BTreeMap<String, Tree>,
    indices: BTreeMap<usize, Tree>,
}

impl Tree {
    fn add(&mut self, steps: &[Step]) {
        match steps {
            [] => self.whole = true,
            [Step::Key(key), rest @ ..] => self.keys.entry(key.clone()).or_default().add(rest),
            [Step::Index(at), rest @ ..] => self.indices.entry(*at).or_default().add(rest),
        }
    }

    /// Elements of lists keep their order and close their gaps.
    fn of(&self, value: &Attr) -> Option<Attr> {
        match value {
            value if self.whole => Some(value.clone()),
            Attr::M(entries) => {
                let found = self.entries(entries);
                (!found.is_empty()).then_some(Attr::M(found))
            }
            Attr::L(items) => {
                let found = self.indices.iter().filter_map(|(at, tree)| tree.of(items.get(*at)?));
                let found: Vec<Attr> = found.collect();
                (!found.is_empty()).then_some(Attr::L(found))
            }
            _ => None,
        }
    }

    fn entries(&self, entries: &Item) -> Item {
        let of = |(key, tree): (&String, &Tree)| Some((key.clone(), tree.of(entries.get(key)?)?));
        self.keys.iter().filter_map(of).collect()
    }
}

impl Projection {
    /// The places of `paths`.
    pub fn new(paths: Vec<Path>) -> Self {
        Self { paths }
    }

    /// What of an item lies at the places.
    pub fn of(&self, item: &Item) -> Item {
        let mut tree = Tree::default();
        for path in &self.paths {
            tree.keys.entry(path.attribute.clone()).or_default().add(&path.steps);
        }
        tree.entries(item)
    }

    /// The attributes at the top that are named.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(|path| path.attribute.as_str())
    }
}
