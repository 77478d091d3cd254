//! Where time and randomness come from. Nothing else in the platform may ask for either.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ring::rand::SecureRandom;
use store::Entropy;

/// The time of day.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The operating system's random numbers.
pub struct SystemEntropy(ring::rand::SystemRandom);

impl Default for SystemEntropy {
    fn default() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if self.0.fill(bytes).is_err() {
            // Going on with predictable keys would be worse than ending.
            tracing::error!("the operating system gives no random numbers");
            std::process::abort();
        }
    }
}

/// Clock and randomness of one world. A seeded pair replays a run.
#[derive(Clone)]
pub struct World {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl World {
    /// A world over any clock and randomness.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// The machine's own.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(SystemEntropy::default()))
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The randomness itself, for the store.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// `length` characters drawn evenly from `alphabet`, which has at most 256 ASCII characters.
    pub fn text(&self, alphabet: &[u8], length: usize) -> String {
        // Values that would favour the first characters are drawn again.
        let even = 256 - 256 % alphabet.len().max(1);
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let drawn = self.bytes::<32>();
            let usable = drawn.iter().map(|b| usize::from(*b)).filter(|b| *b < even);
            let characters = usable.filter_map(|b| alphabet.get(b % alphabet.len()));
            text.extend(characters.take(length - text.len()).map(|c| char::from(*c)));
        }
        text
    }

    /// A random (version 4) UUID, RFC 9562.
    pub fn uuid(&self) -> String {
        let mut value = u128::from_be_bytes(self.bytes());
        value = value & !(0xf << 76) | 0x4 << 76;
        value = value & !(0x3 << 62) | 0x2 << 62;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            value >> 96,
            value >> 80 & 0xffff,
            value >> 64 & 0xffff,
            value >> 48 & 0xffff,
            value & 0xffff_ffff_ffff
        )
    }
}
