//! Run lengths: bytes, bits and the two versions of integers (ORC specification v1 › Run Length
//! Encoding).
//!
//! Each decoder unpacks a run and hands its values out one by one. Start at [`Ints`].

use super::stream::{Broken, Damage, Stream};

/// Runs of bytes.
pub(super) struct Bytes {
    stream: Stream,
    left: usize,
    /// The byte that repeats; none while bytes stand for themselves.
    repeated: Option<u8>,
}

impl Bytes {
    pub fn new(stream: Stream) -> Self {
        Self { stream, left: 0, repeated: None }
    }

    pub fn next(&mut self) -> Damage<u8> {
        if self.left == 0 {
            let header = self.stream.byte()?;
            if header < 128 {
                self.left = usize::from(header) + 3;
                self.repeated = Some(self.stream.byte()?);
            } else {
                self.left = 256 - usize::from(header);
                self.repeated = None;
            }
        }
        self.left -= 1;
        self.repeated.map_or_else(|| self.stream.byte(), Ok)
    }
}

/// Bits, the highest of a byte first.
pub(super) struct Bits {
    bytes: Bytes,
    byte: u8,
    left: u32,
}

impl Bits {
    pub fn new(stream: Stream) -> Self {
        Self { bytes: Bytes::new(stream), byte: 0, left: 0 }
    }

    pub fn next(&mut self) -> Damage<bool> {
        if self.left == 0 {
            self.byte = self.bytes.next()?;
            self.left = 8;
        }
        self.left -= 1;
        Ok((self.byte >> self.left) & 1 == 1)
    }
}

/// Runs of integers.
pub(super) struct Ints {
    stream: Stream,
    signed: bool,
    second: bool,
    run: Vec<i64>,
    at: usize,
}

impl Ints {
    /// `second`: of the second version.
    pub fn new(stream: Stream, signed: bool, second: bool) -> Self {
        Self { stream, signed, second, run: Vec::new(), at: 0 }
    }

    pub fn next(&mut self) -> Damage<i64> {
        if self.at >= self.run.len() {
            self.run.clear();
            self.at = 0;
            if self.second { self.second()? } else { self.first()? }
        }
        let value = self.run.get(self.at).copied();
        self.at += 1;
        value.ok_or(Broken::Damaged("a run is empty"))
    }

    /// The next value as a length or an index.
    pub fn size(&mut self) -> Damage<usize> {
        usize::try_from(self.next()?).map_err(|_| Broken::Damaged("a length is negative"))
    }

    fn number(&mut self) -> Damage<i64> {
        let value = varint(&mut self.stream)?;
        let value = u64::try_from(value).map_err(|_| Broken::Damaged("a number is too long"))?;
        Ok(self.meant(value))
    }

    fn meant(&self, value: u64) -> i64 {
        if self.signed { unzigzag(value) } else { value as i64 }
    }

    fn first(&mut self) -> Damage<()> {
        let header = self.stream.byte()?;
        if header >= 128 {
            for _ in 0..256 - usize::from(header) {
                let value = self.number()?;
                self.run.push(value);
            }
            return Ok(());
        }
        let delta = i64::from(self.stream.byte()? as i8);
        let mut value = self.number()?;
        for _ in 0..usize::from(header) + 3 {
            self.run.push(value);
            value = value.wrapping_add(delta);
        }
        Ok(())
    }

    fn second(&mut self) -> Damage<()> {
        let header = self.stream.byte()?;
        if header >> 6 == 0 {
            let value = self.big_endian(usize::from((header >> 3) & 7) + 1)?;
            let count = usize::from(header & 7) + 3;
            self.run.resize(count, self.meant(value));
            return Ok(());
        }
        let code = (header >> 1) & 31;
        let count = (usize::from(header & 1) << 8) + usize::from(self.stream.byte()?) + 1;
        match header >> 6 {
            1 => {
                self.packed(width(code), count)?;
                let signed = self.signed;
                self.run.iter_mut().filter(|_| signed).for_each(|v| *v = unzigzag(*v as u64));
                Ok(())
            }
            2 => self.patched(width(code), count),
            _ => self.deltas(if code == 0 { 0 } else { width(code) }, count),
        }
    }

    /// Small values above a base, with the high bits of outliers apart.
    fn patched(&mut self, wide: u32, count: usize) -> Damage<()> {
        let [third, fourth] = self.stream.array()?;
        let base_bytes = usize::from(third >> 5) + 1;
        let (patch_wide, gap_wide) = (width(third & 31), u32::from(fourth >> 5) + 1);
        let patches = usize::from(fourth & 31);
        let magnitude = self.big_endian(base_bytes)?;
        let sign = 1_u64 << (base_bytes * 8 - 1);
        let base = (magnitude & !sign) as i64;
        let base = if magnitude & sign == 0 { base } else { base.wrapping_neg() };
        if patch_wide + gap_wide > 64 {
            return Err(Broken::Damaged("a patch is too wide"));
        }
        self.packed(wide, count)?;
        let values = std::mem::take(&mut self.run);
        self.packed(closest(patch_wide + gap_wide), patches)?;
        let patches = std::mem::replace(&mut self.run, values);
        let mut at = 0_usize;
        for patch in patches {
            let patch = patch as u64;
            at += (patch >> patch_wide) as usize & 0xff;
            let high = patch & low_bits(patch_wide);
            if let Some(value) = self.run.get_mut(at).filter(|_| wide < 64) {
                *value |= (high << wide) as i64;
            }
        }
        self.run.iter_mut().for_each(|value| *value = value.wrapping_add(base));
        Ok(())
    }

    /// A first value, a first step, and further steps in its direction.
    fn deltas(&mut self, wide: u32, count: usize) -> Damage<()> {
        let first = self.number()?;
        let step = varint(&mut self.stream)?;
        let step = u64::try_from(step).map_err(|_| Broken::Damaged("a number is too long"))?;
        let step = unzigzag(step);
        if wide == 0 {
            let mut value = first;
            for _ in 0..count {
                self.run.push(value);
                value = value.wrapping_add(step);
            }
            return Ok(());
        }
        self.packed(wide, count.saturating_sub(2))?;
        let steps = std::mem::take(&mut self.run);
        self.run.push(first);
        let mut value = first.wrapping_add(step);
        if count > 1 {
            self.run.push(value);
        }
        for more in steps {
            let more = if step < 0 { more.wrapping_neg() } else { more };
            value = value.wrapping_add(more);
            self.run.push(value);
        }
        Ok(())
    }

    fn big_endian(&mut self, bytes: usize) -> Damage<u64> {
        let mut value = 0;
        for _ in 0..bytes {
            value = (value << 8) | u64::from(self.stream.byte()?);
        }
        Ok(value)
    }

    /// Appends `count` numbers of `wide` bits to the run; the last byte is padded.
    fn packed(&mut self, wide: u32, count: usize) -> Damage<()> {
        let (mut byte, mut left) = (0_u8, 0_u32);
        for _ in 0..count {
            let (mut value, mut missing) = (0_u64, wide);
            while missing > 0 {
                if left == 0 {
                    byte = self.stream.byte()?;
                    left = 8;
                }
                let taken = missing.min(left);
                let bits = (u64::from(byte) >> (left - taken)) & low_bits(taken);
                value = (value << taken) | bits;
                left -= taken;
                missing -= taken;
            }
            self.run.push(value as i64);
        }
        Ok(())
    }
}

/// A number in base 128, the lowest bits first, of up to 126 bits.
pub(super) fn varint(stream: &mut Stream) -> Damage<u128> {
    let mut value = 0;
    for shift in (0..126).step_by(7) {
        let byte = stream.byte()?;
        value |= u128::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    // Two more bits make 128.
    let byte = stream.byte()?;
    if byte > 3 {
        return Err(Broken::Damaged("a number is too long"));
    }
    Ok(value | (u128::from(byte) << 126))
}

fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

fn low_bits(count: u32) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// Bits by their five-bit code.
fn width(code: u8) -> u32 {
    match code {
        0..=23 => u32::from(code) + 1,
        24 => 26,
        25 => 28,
        26 => 30,
        27 => 32,
        28 => 40,
        29 => 48,
        30 => 56,
        _ => 64,
    }
}

/// The next width that has a code.
fn closest(bits: u32) -> u32 {
    match bits {
        0..=24 => bits.max(1),
        25..=32 => bits.next_multiple_of(2),
        _ => bits.next_multiple_of(8).min(64),
    }
}
