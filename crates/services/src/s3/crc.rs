//! Reflected CRCs by table, and the CRC of two texts from the CRCs of each.
//!
//! Pure arithmetic for what the gateway's digests do not reach: checksums of copies, of checksums
//! (composite) and of whole objects from those of their parts. Parameters: RFC 3720 appendix B.4
//! (CRC-32C), ISO 3309 (CRC-32), NVM Express NVM Command Set (CRC-64/NVME).

/// A CRC's parameters. All start and end with every bit inverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// The polynomial, reflected.
    polynomial: u64,
    /// 32 or 64.
    width: u32,
}

pub(super) const CRC32: Kind = Kind { polynomial: 0xedb8_8320, width: 32 };
pub(super) const CRC32C: Kind = Kind { polynomial: 0x82f6_3b78, width: 32 };
pub(super) const CRC64NVME: Kind = Kind { polynomial: 0x9a6c_9329_ac4b_c9b5, width: 64 };

impl Kind {
    fn ones(self) -> u64 {
        u64::MAX >> (64 - self.width)
    }

    /// Bytes of a value.
    pub(super) fn bytes(self) -> usize {
        self.width as usize / 8
    }

    /// The CRC of `first` followed by `second`, which has `second_bytes` bytes.
    pub(super) fn combine(self, first: u64, second: u64, second_bytes: u64) -> u64 {
        // `first` is moved over the zero bytes that stand for `second`: one squaring of the
        // "append a zero bit" matrix per bit of the length.
        let mut matrix = self.append_zero_bit();
        for _ in 0..3 {
            matrix = square(&matrix);
        }
        let (mut left, mut moved) = (second_bytes, first);
        while left > 0 {
            if left & 1 == 1 {
                moved = times(&matrix, moved);
            }
            matrix = square(&matrix);
            left >>= 1;
        }
        moved ^ second
    }

    /// Column `n` is what becomes of bit `n` when a zero bit is appended.
    fn append_zero_bit(self) -> Matrix {
        std::array::from_fn(|bit| match bit {
            0 => self.polynomial,
            bit if bit < self.width as usize => 1 << (bit - 1),
            _ => 0,
        })
    }
}

type Matrix = [u64; 64];

fn times(matrix: &Matrix, vector: u64) -> u64 {
    let columns = matrix.iter().enumerate().filter(|(bit, _)| vector >> bit & 1 == 1);
    columns.fold(0, |sum, (_, column)| sum ^ column)
}

fn square(matrix: &Matrix) -> Matrix {
    std::array::from_fn(|bit| matrix.get(bit).map_or(0, |column| times(matrix, *column)))
}

/// A CRC that is being computed.
pub(super) struct Running {
    kind: Kind,
    table: [u64; 256],
    state: u64,
}

impl Running {
    pub(super) fn new(kind: Kind) -> Self {
        let table = std::array::from_fn(|byte| {
            (0..8).fold(byte as u64, |crc, _| {
                crc >> 1 ^ if crc & 1 == 1 { kind.polynomial } else { 0 }
            })
        });
        Self { kind, table, state: kind.ones() }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let index = (self.state ^ u64::from(*byte)) & 0xff;
            let entry = self.table.get(index as usize).copied().unwrap_or_default();
            self.state = self.state >> 8 ^ entry;
        }
    }

    /// The value in network order, as S3 writes it before base64.
    pub(super) fn finish(self) -> Vec<u8> {
        to_bytes(self.kind, self.state ^ self.kind.ones())
    }
}

/// A value in network order.
pub(super) fn to_bytes(kind: Kind, value: u64) -> Vec<u8> {
    value.to_be_bytes().into_iter().skip(8 - kind.bytes()).collect()
}

/// A value from network order.
pub(super) fn from_bytes(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
