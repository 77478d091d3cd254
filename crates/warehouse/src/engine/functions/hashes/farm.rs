//! FarmHash's `Fingerprint64`, which never changes: four ways by the length of the input.

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;

/// The fingerprint of some bytes.
pub(super) fn fingerprint64(bytes: &[u8]) -> u64 {
    match bytes.len() {
        0..=16 => up_to_16(bytes),
        17..=32 => up_to_32(bytes),
        33..=64 => up_to_64(bytes),
        _ => long(bytes),
    }
}

/// Eight bytes at a place, the least significant first.
fn fetch64(bytes: &[u8], at: usize) -> u64 {
    let part = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
    part.map_or(0, |part| u64::from_le_bytes(*part))
}

fn fetch32(bytes: &[u8], at: usize) -> u64 {
    let part = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    part.map_or(0, |part| u64::from(u32::from_le_bytes(*part)))
}

fn byte(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at).copied().map_or(0, u64::from)
}

fn length(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

fn shift_mix(value: u64) -> u64 {
    value ^ (value >> 47)
}

fn mixed(low: u64, high: u64, multiplier: u64) -> u64 {
    let first = shift_mix((low ^ high).wrapping_mul(multiplier));
    shift_mix((high ^ first).wrapping_mul(multiplier)).wrapping_mul(multiplier)
}

fn multiplier(bytes: &[u8]) -> u64 {
    K2.wrapping_add(length(bytes).wrapping_mul(2))
}

fn up_to_16(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    if len >= 8 {
        let multiplier = multiplier(bytes);
        let first = fetch64(bytes, 0).wrapping_add(K2);
        let last = fetch64(bytes, len.saturating_sub(8));
        let low = last.rotate_right(37).wrapping_mul(multiplier).wrapping_add(first);
        let high = first.rotate_right(25).wrapping_add(last).wrapping_mul(multiplier);
        return mixed(low, high, multiplier);
    }
    if len >= 4 {
        let first = length(bytes).wrapping_add(fetch32(bytes, 0) << 3);
        return mixed(first, fetch32(bytes, len.saturating_sub(4)), multiplier(bytes));
    }
    if len > 0 {
        let y = byte(bytes, 0).wrapping_add(byte(bytes, len >> 1) << 8);
        let z = length(bytes).wrapping_add(byte(bytes, len.saturating_sub(1)) << 2);
        return shift_mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2);
    }
    K2
}

fn up_to_32(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    let multiplier = multiplier(bytes);
    let a = fetch64(bytes, 0).wrapping_mul(K1);
    let b = fetch64(bytes, 8);
    let c = fetch64(bytes, len.saturating_sub(8)).wrapping_mul(multiplier);
    let d = fetch64(bytes, len.saturating_sub(16)).wrapping_mul(K2);
    let low = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let high = a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c);
    mixed(low, high, multiplier)
}

fn up_to_64(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    let multiplier = multiplier(bytes);
    let a = fetch64(bytes, 0).wrapping_mul(K2);
    let b = fetch64(bytes, 8);
    let c = fetch64(bytes, len.saturating_sub(8)).wrapping_mul(multiplier);
    let d = fetch64(bytes, len.saturating_sub(16)).wrapping_mul(K2);
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let z =
        mixed(y, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), multiplier);
    let e = fetch64(bytes, 16).wrapping_mul(multiplier);
    let f = fetch64(bytes, 24);
    let g = y.wrapping_add(fetch64(bytes, len.saturating_sub(32))).wrapping_mul(multiplier);
    let h = z.wrapping_add(fetch64(bytes, len.saturating_sub(24))).wrapping_mul(multiplier);
    let low = e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h);
    let high = e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g);
    mixed(low, high, multiplier)
}

/// Two halves of 128 bits.
type Pair = (u64, u64);

/// A weak hash of 32 bytes at a place.
fn weak(bytes: &[u8], at: usize, a: u64, b: u64) -> Pair {
    let word = |n: usize| fetch64(bytes, at.saturating_add(n.saturating_mul(8)));
    let (w, x, y, z) = (word(0), word(1), word(2), word(3));
    let a = a.wrapping_add(w);
    let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let c = a;
    let a = a.wrapping_add(x).wrapping_add(y);
    let b = b.wrapping_add(a.rotate_right(44));
    (a.wrapping_add(z), b.wrapping_add(c))
}

/// What 64 bytes after 64 bytes change.
struct State {
    x: u64,
    y: u64,
    z: u64,
    v: Pair,
    w: Pair,
}

impl State {
    fn step(&mut self, bytes: &[u8], at: usize) {
        let word = |n: usize| fetch64(bytes, at.saturating_add(n));
        let sum = self.x.wrapping_add(self.y).wrapping_add(self.v.0).wrapping_add(word(8));
        self.x = sum.rotate_right(37).wrapping_mul(K1);
        let sum = self.y.wrapping_add(self.v.1).wrapping_add(word(48));
        self.y = sum.rotate_right(42).wrapping_mul(K1);
        self.x ^= self.w.1;
        self.y = self.y.wrapping_add(self.v.0).wrapping_add(word(40));
        self.z = self.z.wrapping_add(self.w.0).rotate_right(33).wrapping_mul(K1);
        self.v = weak(bytes, at, self.v.1.wrapping_mul(K1), self.x.wrapping_add(self.w.0));
        let b = self.y.wrapping_add(word(16));
        self.w = weak(bytes, at.saturating_add(32), self.z.wrapping_add(self.w.1), b);
        std::mem::swap(&mut self.z, &mut self.x);
    }

    fn last_step(&mut self, bytes: &[u8], at: usize, multiplier: u64) {
        let word = |n: usize| fetch64(bytes, at.saturating_add(n));
        let rest = (length(bytes).wrapping_sub(1)) & 63;
        self.w.0 = self.w.0.wrapping_add(rest);
        self.v.0 = self.v.0.wrapping_add(self.w.0);
        self.w.0 = self.w.0.wrapping_add(self.v.0);
        let sum = self.x.wrapping_add(self.y).wrapping_add(self.v.0).wrapping_add(word(8));
        self.x = sum.rotate_right(37).wrapping_mul(multiplier);
        let sum = self.y.wrapping_add(self.v.1).wrapping_add(word(48));
        self.y = sum.rotate_right(42).wrapping_mul(multiplier);
        self.x ^= self.w.1.wrapping_mul(9);
        self.y = self.y.wrapping_add(self.v.0.wrapping_mul(9)).wrapping_add(word(40));
        self.z = self.z.wrapping_add(self.w.0).rotate_right(33).wrapping_mul(multiplier);
        let a = self.v.1.wrapping_mul(multiplier);
        self.v = weak(bytes, at, a, self.x.wrapping_add(self.w.0));
        let b = self.y.wrapping_add(word(16));
        self.w = weak(bytes, at.saturating_add(32), self.z.wrapping_add(self.w.1), b);
        std::mem::swap(&mut self.z, &mut self.x);
    }
}

fn long(bytes: &[u8]) -> u64 {
    const SEED: u64 = 81;
    let y = SEED.wrapping_mul(K1).wrapping_add(113);
    let z = shift_mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let x = SEED.wrapping_mul(K2).wrapping_add(fetch64(bytes, 0));
    let mut state = State { x, y, z, v: (0, 0), w: (0, 0) };
    let last = bytes.len().saturating_sub(1) / 64 * 64;
    for at in (0..last).step_by(64) {
        state.step(bytes, at);
    }
    let multiplier = K1.wrapping_add((state.z & 0xff) << 1);
    state.last_step(bytes, bytes.len().saturating_sub(64), multiplier);
    let low = mixed(state.v.0, state.w.0, multiplier)
        .wrapping_add(shift_mix(state.y).wrapping_mul(K0))
        .wrapping_add(state.z);
    mixed(low, mixed(state.v.1, state.w.1, multiplier).wrapping_add(state.x), multiplier)
}

#[cfg(test)]
mod tests {
    use super::fingerprint64;

    #[test]
    fn known_fingerprints() {
        assert_eq!(fingerprint64(b"Amazon Redshift"), 8_085_098_817_162_212_970);
        assert_eq!(fingerprint64(b"1footrue").cast_signed(), -1_541_654_101_129_638_711);
        assert_eq!(fingerprint64(b"2applefalse").cast_signed(), 2_794_438_866_806_483_259);
        assert_eq!(fingerprint64(b"3true").cast_signed(), -4_880_158_226_897_771_312);
    }
}
