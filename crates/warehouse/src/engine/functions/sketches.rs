//! HyperLogLog sketches (Redshift guide, SQL functions › HyperLogLog functions).
//!
//! A sketch has 2^15 registers, so that an estimate is off by 0.6 % on average (1.04 / √2^15); its
//! text is the JSON that the server shows for an HLLSKETCH. The hash function is our own: sketches
//! made elsewhere cannot be combined with these.

use super::kinds::{BigInt, List, Text};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(List<BigInt>,), Text>("lb_hll_sketch", |(hashes,)| {
        let mut sketch = Sketch::empty();
        hashes.into_iter().for_each(|hash| sketch.add(hash));
        Ok(Some(sketch.write()))
    })?;
    registry.add::<(Text,), BigInt>("lb_hll_cardinality", |(text,)| {
        Ok(Some(Sketch::read(text)?.cardinality()))
    })?;
    registry.add::<(List<Text>,), Text>("lb_hll_merge", |(texts,)| merge(&texts))
}

/// Bits of a hash that choose its register.
const LOG: u32 = 15;
/// How many registers there are.
const REGISTERS: usize = 1 << LOG;

/// The registers: of all hashes that chose one, the longest run of leading zeros and one more.
struct Sketch(Vec<u8>);

impl Sketch {
    fn empty() -> Self {
        Self(vec![0; REGISTERS])
    }

    fn add(&mut self, hash: i64) {
        let mixed = mixed(hash.cast_unsigned());
        let index = usize::try_from(mixed >> (64 - LOG)).unwrap_or(0);
        let zeros = (mixed << LOG | 1 << (LOG - 1)).leading_zeros();
        let run = u8::try_from(zeros).unwrap_or(u8::MAX).saturating_add(1);
        if let Some(register) = self.0.get_mut(index) {
            *register = run.max(*register);
        }
    }

    fn union(&mut self, other: &Self) {
        for (register, other) in self.0.iter_mut().zip(&other.0) {
            *register = (*register).max(*other);
        }
    }

    /// How many different values were added; few are counted by the registers left empty.
    fn cardinality(&self) -> i64 {
        let registers = REGISTERS as f64;
        let empty = self.0.iter().filter(|register| **register == 0).count();
        let sum: f64 = self.0.iter().map(|register| (-f64::from(*register)).exp2()).sum();
        let raw = 0.7213 / (1.0 + 1.079 / registers) * registers * registers / sum;
        let estimate = if raw <= 2.5 * registers && empty > 0 {
            registers * (registers / empty as f64).ln()
        } else {
            raw
        };
        estimate.round() as i64
    }

    /// `{"logm":15,"sparse":{"indices":[…],"values":[…]}}`.
    fn write(&self) -> String {
        let used = || self.0.iter().enumerate().filter(|(_, register)| **register > 0);
        let indices: Vec<String> = used().map(|(index, _)| index.to_string()).collect();
        let values: Vec<String> = used().map(|(_, register)| register.to_string()).collect();
        let (indices, values) = (indices.join(","), values.join(","));
        format!("{{\"logm\":{LOG},\"sparse\":{{\"indices\":[{indices}],\"values\":[{values}]}}}}")
    }

    fn read(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::new("22P02", "invalid input syntax for type hllsketch");
        let parsed: serde_json::Value = serde_json::from_str(text).map_err(|_| wrong())?;
        let numbers = |name: &str| {
            let list = parsed.get("sparse").and_then(|sparse| sparse.get(name))?.as_array()?;
            list.iter().map(serde_json::Value::as_u64).collect::<Option<Vec<u64>>>()
        };
        let known = parsed.get("logm").and_then(serde_json::Value::as_u64) == Some(LOG.into());
        let (indices, values) = numbers("indices").zip(numbers("values")).ok_or_else(wrong)?;
        if !known || indices.len() != values.len() {
            return Err(wrong());
        }
        let mut sketch = Self::empty();
        for (index, value) in indices.into_iter().zip(values) {
            let register = usize::try_from(index).ok().and_then(|index| sketch.0.get_mut(index));
            *register.ok_or_else(wrong)? = u8::try_from(value).map_err(|_| wrong())?;
        }
        Ok(sketch)
    }
}

/// Spreads a hash over all bits (the last step of MurmurHash3).
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The union of sketches; NULL of none.
fn merge(texts: &[&str]) -> Answer<String> {
    let Some((first, others)) = texts.split_first() else { return Ok(None) };
    let mut sketch = Sketch::read(first)?;
    for text in others {
        sketch.union(&Sketch::read(text)?);
    }
    Ok(Some(sketch.write()))
}

#[cfg(test)]
mod tests {
    use super::{Sketch, merge};

    fn sketch(values: std::ops::Range<i64>) -> Sketch {
        let mut sketch = Sketch::empty();
        values.for_each(|value| sketch.add(value));
        sketch
    }

    #[test]
    fn estimates_stay_within_three_deviations() {
        for count in [0, 1, 10, 1000, 50_000, 300_000] {
            let found = sketch(0..count).cardinality();
            let off = (found - count).abs() as f64;
            assert!(off <= (count as f64 * 0.018).max(1.0), "{count}: {found}");
        }
    }

    #[test]
    fn texts_are_read_back_and_united() {
        let (left, right) = (sketch(0..700), sketch(500..1000));
        let both = merge(&[&left.write(), &right.write()]).unwrap().unwrap();
        assert_eq!(both, sketch(0..1000).write());
        assert_eq!(merge(&[]), Ok(None));
        assert!(Sketch::read("{}").is_err());
        assert!(
            Sketch::read("{\"logm\":15,\"sparse\":{\"indices\":[99999],\"values\":[1]}}").is_err()
        );
    }
}
