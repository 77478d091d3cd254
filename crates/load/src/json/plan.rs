//! Which values of an object go to which columns: all paths of a statement as one tree, followed
//! in one pass over the object.
//!
//! Every node remembers the member names of the last object in their order: objects of a file
//! mostly look alike, and comparing with what stood there last time is faster than any lookup.
//! It must not know where the bytes come from. Start at [`Plan::read`].

use std::collections::HashMap;

use super::scan::{Kind, Scanner, Stop, unescape};
use crate::jsonpath::{Path, Step};

/// Members remembered for each node, and the longest name that is.
const REMEMBERED: usize = 256;

const NOT_AN_OBJECT: &str = "Invalid JSONPath format: Member is not an object.";
const NOT_AN_ARRAY: &str = "Invalid JSONPath format: Not an array or index out of range.";

/// Where a column's value stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// A path that cannot be followed in a well-formed value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mismatch {
    pub column: usize,
    pub at: usize,
    pub reason: &'static str,
}

/// The tree of paths and what following it found in the last value.
#[derive(Debug)]
pub(crate) struct Plan {
    nodes: Vec<Node>,
    fold_case: bool,
    /// One for each column; none where the value has nothing for it.
    pub slots: Vec<Option<Slot>>,
    /// The first, if any.
    pub mismatch: Option<Mismatch>,
    open: Vec<u8>,
    name: Vec<u8>,
}

#[derive(Debug, Default)]
struct Node {
    members: HashMap<Vec<u8>, usize>,
    elements: Vec<(usize, usize)>,
    /// Columns whose path ends here.
    columns: Vec<usize>,
    /// The names of the last object with their quotes, and what they led to.
    last: Vec<(Vec<u8>, Option<usize>)>,
}

impl Node {
    fn is_leaf(&self) -> bool {
        self.members.is_empty() && self.elements.is_empty()
    }
}

impl Plan {
    /// One path for each column, in order. With `fold_case` member names match whatever their
    /// case; the paths must then be in lower case.
    pub fn new(paths: &[Path], fold_case: bool) -> Self {
        let mut plan = Self {
            nodes: vec![Node::default()],
            fold_case,
            slots: vec![None; paths.len()],
            mismatch: None,
            open: Vec::new(),
            name: Vec::new(),
        };
        for (column, path) in paths.iter().enumerate() {
            let end = path.iter().fold(0, |node, step| plan.child(node, step));
            if let Some(node) = plan.nodes.get_mut(end) {
                node.columns.push(column);
            }
        }
        plan
    }

    /// The node that a step leads to, new if need be.
    fn child(&mut self, at: usize, step: &Step) -> usize {
        let new = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let found = match step {
            Step::Member(name) => *node.members.entry(name.clone().into_bytes()).or_insert(new),
            Step::Element(index) => {
                let known = node.elements.iter().find(|(known, _)| known == index);
                let found = known.map_or(new, |(_, child)| *child);
                if found == new {
                    node.elements.push((*index, new));
                }
                found
            }
        };
        if found == new {
            self.nodes.push(Node::default());
        }
        found
    }

    /// Passes the object or array that begins here, and fills `slots` and `mismatch`.
    pub fn read(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop> {
        self.slots.fill(None);
        self.mismatch = None;
        self.value(scanner, Some(0))
    }

    /// Passes the value here, which belongs to `node`; to nothing, if there is none.
    fn value(&mut self, scanner: &mut Scanner<'_>, node: Option<usize>) -> Result<(), Stop> {
        let first = scanner.peek()?;
        let start = scanner.at;
        let Some(id) = node else {
            return scanner.skip(&mut self.open).map(|_| ());
        };
        let inner = self.nodes.get(id).is_some_and(|node| !node.is_leaf());
        let kind = match first {
            b'{' if inner => self.object(scanner, id)?,
            b'[' if inner => self.array(scanner, id)?,
            _ => {
                let kind = scanner.skip(&mut self.open)?;
                if inner && kind != Kind::Null {
                    self.mismatches(id, start, |_| true, NOT_AN_ARRAY);
                    self.no_object(id, start);
                }
                kind
            }
        };
        let slot = Slot { kind, start, end: scanner.at };
        let Some(node) = self.nodes.get(id) else { return Ok(()) };
        for column in &node.columns {
            if let Some(place) = self.slots.get_mut(*column) {
                *place = Some(slot);
            }
        }
        Ok(())
    }

    fn object(&mut self, scanner: &mut Scanner<'_>, id: usize) -> Result<Kind, Stop> {
        self.mismatches(id, scanner.at, |_| true, NOT_AN_ARRAY);
        scanner.at += 1;
        let mut position = 0;
        let mut more = !scanner.closes(b'}')?;
        while more {
            let child = self.member(scanner, id, position)?;
            self.value(scanner, child)?;
            position += 1;
            more = scanner.another(b'}')?;
        }
        Ok(Kind::Nested)
    }

    /// Passes a name and its colon; the node for it. `position`: the how-manieth of its object.
    fn member(
        &mut self,
        scanner: &mut Scanner<'_>,
        id: usize,
        position: usize,
    ) -> Result<Option<usize>, Stop> {
        scanner.peek()?;
        let rest = scanner.bytes.get(scanner.at..).unwrap_or_default();
        let Some(node) = self.nodes.get_mut(id) else { return Ok(None) };
        if let Some((name, child)) = node.last.get(position)
            && !name.is_empty()
            && rest.starts_with(name)
        {
            scanner.at += name.len();
            scanner.expect(b':', "expected :")?;
            return Ok(*child);
        }
        let (start, end) = scanner.key()?;
        let quoted = scanner.bytes.get(start..end).unwrap_or_default();
        self.name.clear();
        unescape(inside(quoted), &mut self.name);
        if self.fold_case && self.name.is_ascii() {
            self.name.make_ascii_lowercase();
        } else if self.fold_case {
            self.name = String::from_utf8_lossy(&self.name).to_lowercase().into_bytes();
        }
        let child = node.members.get(&self.name).copied();
        if position < REMEMBERED && quoted.len() <= REMEMBERED {
            while node.last.len() <= position {
                node.last.push((Vec::new(), None));
            }
            if let Some((name, known)) = node.last.get_mut(position) {
                name.clear();
                name.extend_from_slice(quoted);
                *known = child;
            }
        }
        Ok(child)
    }

    fn array(&mut self, scanner: &mut Scanner<'_>, id: usize) -> Result<Kind, Stop> {
        let start = scanner.at;
        self.no_object(id, start);
        scanner.at += 1;
        let mut index = 0;
        let mut more = !scanner.closes(b']')?;
        while more {
            let elements = self.nodes.get(id).map(|node| node.elements.as_slice());
            let child = elements.unwrap_or_default().iter().find(|(at, _)| *at == index);
            let child = child.map(|(_, child)| *child);
            self.value(scanner, child)?;
            index += 1;
            more = scanner.another(b']')?;
        }
        self.mismatches(id, start, |element| element >= index, NOT_AN_ARRAY);
        Ok(Kind::Nested)
    }

    /// Notes that paths go on into elements that are not there.
    fn mismatches(&mut self, id: usize, at: usize, of: impl Fn(usize) -> bool, why: &'static str) {
        let Some(node) = self.nodes.get(id) else { return };
        let missing = node.elements.iter().find(|(element, _)| of(*element));
        if let Some(child) = missing.map(|(_, child)| *child) {
            self.note(child, at, why);
        }
    }

    /// Notes that paths go on into members of what is no object.
    fn no_object(&mut self, id: usize, at: usize) {
        let children = self.nodes.get(id).map(|node| node.members.values().copied());
        // The one made first: hash maps have no order of their own.
        if let Some(child) = children.and_then(Iterator::min) {
            self.note(child, at, NOT_AN_OBJECT);
        }
    }

    fn note(&mut self, child: usize, at: usize, reason: &'static str) {
        if self.mismatch.is_none() {
            self.mismatch = Some(Mismatch { column: self.first_column(child), at, reason });
        }
    }

    /// The first column at or below a node.
    fn first_column(&self, id: usize) -> usize {
        let mut open = vec![id];
        let mut first = usize::MAX;
        while let Some(node) = open.pop().and_then(|id| self.nodes.get(id)) {
            first = node.columns.iter().copied().fold(first, usize::min);
            open.extend(node.members.values());
            open.extend(node.elements.iter().map(|(_, child)| child));
        }
        first
    }
}

/// A scanned string without its quotes.
pub(crate) fn inside(quoted: &[u8]) -> &[u8] {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default()
}
