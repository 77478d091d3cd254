//! Keys: which attributes make them, what they may be, and the text under which the store keeps
//! an item so that partitions lie together and sort keys in order.
//!
//! `TABLE/HASHPARTITION/SORT/`: eight hex digits of a hash lead each partition, so that a scan
//! meets partitions in no order of theirs and a segment of a parallel scan is a range. Every
//! part is of characters behind `/`. Start at [`Schema`].

use gateway::Fault;
use serde::{Deserialize, Serialize};

use super::faults::{bad_value, invalid};
use super::value::{Attr, Item, bytes};

/// Bytes of a partition key.
const MAX_HASH: usize = 2048;
/// Bytes of a sort key.
const MAX_RANGE: usize = 1024;

/// The type of a key attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A string.
    S,
    /// A number.
    N,
    /// Bytes.
    B,
}

impl Kind {
    /// Its letter.
    pub fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
        }
    }
}

/// One attribute of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The attribute.
    pub name: String,
    /// Its type.
    pub kind: Kind,
}

/// The key of a table or an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The partition key.
    pub hash: Part,
    /// The sort key.
    pub range: Option<Part>,
}

impl Schema {
    /// The attributes of the key, the partition key first.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.hash).chain(&self.range)
    }

    /// Whether an attribute is part of the key.
    pub fn has(&self, name: &str) -> bool {
        self.parts().any(|part| part.name == name)
    }

    /// The key of an item that has it.
    pub fn of(&self, item: &Item) -> Item {
        let part = |part: &Part| Some((part.name.clone(), item.get(&part.name)?.clone()));
        self.parts().filter_map(part).collect()
    }

    /// The place of an item or key: what stands behind the table in the store's key. None where
    /// an attribute is absent or of another type, as in a sparse index.
    pub fn place(&self, item: &Item) -> Option<String> {
        let hash = partition(sortable(&self.hash, item)?);
        let range = match &self.range {
            Some(part) => sortable(part, item)?,
            None => String::new(),
        };
        Some(format!("{hash}/{range}/"))
    }

    /// The place of a key that a request gives, which must be the key and nothing else.
    ///
    /// # Errors
    /// `ValidationException` when it is not.
    pub fn place_of_key(&self, key: &Item) -> Result<String, Fault> {
        let complete = key.len() == self.parts().count();
        let fits = |part: &Part| key.get(&part.name).is_some_and(|v| v.kind() == part.kind.name());
        if !complete || !self.parts().all(fits) {
            return Err(invalid("The provided key element does not match the schema"));
        }
        self.check(key, None)?;
        let missing = || invalid("The provided key element does not match the schema");
        self.place(key).ok_or_else(missing)
    }

    /// Refuses an item without this table's key, or with one that cannot be a key.
    ///
    /// # Errors
    /// `ValidationException`.
    pub fn check_item(&self, item: &Item) -> Result<(), Fault> {
        for part in self.parts() {
            match item.get(&part.name) {
                None => {
                    return Err(bad_value(format!("Missing the key {} in the item", part.name)));
                }
                Some(value) if value.kind() != part.kind.name() => {
                    return Err(bad_value(format!(
                        "Type mismatch for key {} expected: {} actual: {}",
                        part.name,
                        part.kind.name(),
                        value.kind()
                    )));
                }
                Some(_) => {}
            }
        }
        self.check(item, None)
    }

    /// Refuses an item whose attributes cannot be in this index; absent ones leave it out of it.
    ///
    /// # Errors
    /// `ValidationException`.
    pub fn check_index(&self, index: &str, item: &Item) -> Result<(), Fault> {
        for part in self.parts() {
            let Some(value) = item.get(&part.name) else { continue };
            if value.kind() != part.kind.name() {
                return Err(bad_value(format!(
                    "Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: {index}",
                    part.name,
                    part.kind.name(),
                    value.kind()
                )));
            }
        }
        self.check(item, Some(index))
    }

    /// Empty and oversized values.
    fn check(&self, item: &Item, index: Option<&str>) -> Result<(), Fault> {
        for part in self.parts() {
            let Some(value) = item.get(&part.name) else { continue };
            let size = value.size();
            if size == 0 {
                return Err(empty(part, index));
            }
            let hash = part == &self.hash;
            if hash && size > MAX_HASH {
                return Err(bad_value(format!(
                    "Size of hashkey has exceeded the maximum size limit of{MAX_HASH} bytes"
                )));
            }
            if !hash && size > MAX_RANGE {
                return Err(bad_value(format!(
                    "Aggregated size of all range keys has exceeded the size limit of {MAX_RANGE} \
                     bytes"
                )));
            }
        }
        Ok(())
    }
}

fn empty(part: &Part, index: Option<&str>) -> Fault {
    let kind = if part.kind == Kind::B { "binary" } else { "string" };
    let name = &part.name;
    invalid(match index {
        None => format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute \
             cannot contain an empty {kind} value. Key: {name}"
        ),
        Some(index) => format!(
            "One or more parameter values are not valid. A value specified for a secondary index \
             key is not supported. The AttributeValue for a key attribute cannot contain an empty \
             {kind} value. IndexName: {index}, IndexKey: {name}"
        ),
    })
}

fn sortable(part: &Part, item: &Item) -> Option<String> {
    item.get(&part.name).and_then(|value| text_of(part.kind, value))
}

/// The text of a value of a key's type, which sorts as the values do.
pub fn text_of(kind: Kind, value: &Attr) -> Option<String> {
    match (kind, value) {
        (Kind::S, Attr::S(text)) => Some(hex::encode(text)),
        (Kind::B, Attr::B(text)) => Some(hex::encode(bytes(text))),
        (Kind::N, Attr::N(_)) => Some(value.decimal()?.sortable()),
        _ => None,
    }
}

/// A partition's text behind its hash.
pub fn partition(text: String) -> String {
    format!("{:08x}{text}", hash(text.as_bytes()))
}

/// FNV-1a with the bits of its end spread: it must only be the same for ever, and even.
fn hash(bytes: &[u8]) -> u32 {
    let mixed = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    u32::try_from(mixed >> 32).unwrap_or_default()
}

/// The first and the end of the hashes of a scan's segment.
pub fn segment(segment: u64, total: u64) -> (String, Option<String>) {
    let bound = |at: u64| (at << 32).div_ceil(total.max(1));
    let end = (segment + 1 < total).then(|| format!("{:08x}", bound(segment + 1)));
    (format!("{:08x}", bound(segment)), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_all_hashes_once() {
        for total in [1_u64, 2, 3, 7, 1_000_000] {
            let (first, _) = segment(0, total);
            assert_eq!(first, "00000000");
            for at in [0, total / 2, total - 1] {
                let (_, end) = segment(at, total);
                let next = (at + 1 < total).then(|| segment(at + 1, total).0);
                assert_eq!(end, next, "{at} of {total}");
            }
        }
    }

    #[test]
    fn texts_sort_as_values() {
        let strings = ["a", "a!", "aa", "b", "é"];
        let texts: Vec<_> =
            strings.iter().map(|s| text_of(Kind::S, &Attr::S((*s).to_owned())).unwrap()).collect();
        let keys: Vec<_> = texts.iter().map(|text| format!("{text}/")).collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }
}
