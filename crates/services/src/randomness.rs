//! The world's randomness as the libraries of public-key cryptography ask for it.

use gateway::World;
use rsa::rand_core::{CryptoRng, Error, RngCore};

/// A view of a world's randomness.
pub(crate) struct Random<'w>(&'w World);

impl<'w> Random<'w> {
    pub(crate) fn of(world: &'w World) -> Self {
        Self(world)
    }
}

impl RngCore for Random<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.bytes())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.entropy().fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Random<'_> {}
