//! A dictionary of a column chunk: distinct byte strings and their numbers.
//!
//! An open-addressed table over one pool of bytes, so that looking up a value allocates nothing.
//! It knows when it no longer pays. Apache Parquet, "Encodings.md", RLE_DICTIONARY.
//! Start reading at [`Dictionary::index`].

/// Bytes of distinct values beyond which the rest of the chunk is written plainly.
const MAX_BYTES: usize = 1 << 20;
/// Distinct values beyond which the same holds.
const MAX_VALUES: usize = 1 << 16;
/// Values looked up before the dictionary is judged by how many of them were new: a large one
/// costs more in cache misses than it saves in compression.
const TRIAL: usize = 1 << 13;

const EMPTY: u32 = u32::MAX;

/// Distinct values in the order of their first appearance.
pub(super) struct Dictionary {
    /// Each value with its length in front, as a dictionary page has it.
    pool: Vec<u8>,
    /// Where each value ends in the pool.
    ends: Vec<usize>,
    hashes: Vec<u32>,
    /// Numbers of values, by hash; a power of two long.
    slots: Vec<u32>,
    looked_up: usize,
}

impl Dictionary {
    pub(super) fn new() -> Self {
        Self {
            pool: Vec::new(),
            ends: Vec::new(),
            hashes: Vec::new(),
            slots: vec![EMPTY; 1024],
            looked_up: 0,
        }
    }

    /// Distinct values.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The dictionary page's content.
    pub(super) fn pool(&self) -> &[u8] {
        &self.pool
    }

    /// The number of a value, new or known; `None` when the dictionary does not pay any more.
    pub(super) fn index(&mut self, value: &[u8]) -> Option<u32> {
        self.looked_up += 1;
        let hash = hash(value);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots.get(slot).copied()? {
                EMPTY => return self.insert(value, hash, slot),
                index if self.is(index, hash, value) => return Some(index),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    #[inline]
    fn is(&self, index: u32, hash: u32, value: &[u8]) -> bool {
        let index = index as usize;
        self.hashes.get(index) == Some(&hash) && self.value(index) == value
    }

    /// The value of a number, without its length.
    pub(super) fn value(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) };
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.pool.get(start + 4..end).unwrap_or_default()
    }

    fn insert(&mut self, value: &[u8], hash: u32, slot: usize) -> Option<u32> {
        let many_new = self.looked_up > TRIAL && self.len() * 2 > self.looked_up;
        if self.len() >= MAX_VALUES || self.pool.len() + value.len() > MAX_BYTES || many_new {
            return None;
        }
        let index = u32::try_from(self.len()).ok()?;
        self.pool.extend_from_slice(&u32::try_from(value.len()).ok()?.to_le_bytes());
        self.pool.extend_from_slice(value);
        self.ends.push(self.pool.len());
        self.hashes.push(hash);
        *self.slots.get_mut(slot)? = index;
        if self.len() * 2 > self.slots.len() {
            self.grow();
        }
        Some(index)
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![EMPTY; mask + 1];
        for (index, &hash) in self.hashes.iter().enumerate() {
            let mut slot = hash as usize & mask;
            while slots.get(slot).is_some_and(|&taken| taken != EMPTY) {
                slot = (slot + 1) & mask;
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = u32::try_from(index).unwrap_or(EMPTY);
            }
        }
        self.slots = slots;
    }
}

/// A multiplicative hash, eight bytes at a time; its quality matters only for speed.
#[inline]
fn hash(value: &[u8]) -> u32 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let (words, rest) = value.as_chunks::<8>();
    let mut hash = mix(value.len() as u64, 0);
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let tail = rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
    (mix(hash, tail) >> 32) as u32
}

/// Appends dictionary numbers as one bit-packed run: the width, the run's header, the bits.
/// `count` is the number of distinct values they come from.
pub(super) fn push_packed(out: &mut Vec<u8>, indices: &[u32], count: usize) {
    let width = usize::BITS - count.saturating_sub(1).leading_zeros();
    out.push(u8::try_from(width).unwrap_or(32));
    if width == 0 {
        // All the same value: a run of it that takes no bits.
        push_varint(out, (indices.len() as u64) << 1);
        return;
    }
    push_varint(out, (indices.len().div_ceil(8) as u64) << 1 | 1);
    let (mut word, mut used) = (0u64, 0u32);
    for &index in indices {
        word |= u64::from(index) << used;
        used += width;
        if used >= 32 {
            out.extend_from_slice(&(word as u32).to_le_bytes());
            word >>= 32;
            used -= 32;
        }
    }
    // Runs hold eight values at a time; those beyond the last are never read.
    let padded = (indices.len().div_ceil(8) * 8 - indices.len()) * width as usize;
    let bytes = (used as usize + padded).div_ceil(8);
    let tail = word.to_le_bytes();
    out.extend(tail.iter().copied().chain(std::iter::repeat(0)).take(bytes));
}

/// Appends an unsigned LEB128 number.
pub(super) fn push_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}
