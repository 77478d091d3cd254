//! Hash functions (Redshift guide, SQL functions › Hash functions).

mod farm;
mod murmur;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use sha2::Digest;

use super::kinds::{Any, BigInt, Bytes, Integer, Text};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Bytes,), Text>("lb_crc32", |(bytes,)| {
        Ok(Some(format!("{:08x}", crc32c::crc32c(bytes))))
    })?;
    registry.add::<(Bytes, Integer), Text>("lb_sha2", sha2)?;
    registry.add::<(Bytes,), BigInt>("lb_farmfingerprint64", |(bytes,)| {
        Ok(Some(farm::fingerprint64(bytes).cast_signed()))
    })?;
    registry.add::<(Bytes,), Integer>("lb_murmur3_32_hash", |(bytes,)| {
        Ok(Some(murmur::murmur3_32(bytes, 0).cast_signed()))
    })?;
    registry.add::<(Any,), BigInt>("lb_fnv_hash", |(value,)| fnv(value, OFFSET))?;
    registry.add::<(Any, BigInt), BigInt>("lb_fnv_hash_seeded", |(value, seed)| {
        fnv(value, seed.cast_unsigned())
    })
}

/// `SHA2(x, bits)`; 0 means 256.
fn sha2((bytes, bits): (&[u8], i32)) -> Answer<String> {
    let digest = match bits {
        224 => sha2::Sha224::digest(bytes).to_vec(),
        0 | 256 => sha2::Sha256::digest(bytes).to_vec(),
        384 => sha2::Sha384::digest(bytes).to_vec(),
        512 => sha2::Sha512::digest(bytes).to_vec(),
        // Other numbers of bits give an empty text.
        _ => return Ok(Some(String::new())),
    };
    Ok(Some(hex::encode(digest)))
}

/// The 64-bit FNV-1a's start and prime.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a over a value's binary form: an INTEGER has 4 bytes, a BIGINT 8.
fn fnv((column, row): (&ArrayRef, usize), seed: u64) -> Answer<i64> {
    let bytes = binary(column, row).ok_or_else(|| unfit("fnv_hash"))?;
    let hash = bytes.iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    Ok(Some(hash.cast_signed()))
}

fn unfit(function: &str) -> Refusal {
    Refusal::new("0A000", format!("{function} of a value of this type is not supported"))
}

/// A value's bytes, numbers with the least significant first.
fn binary(column: &ArrayRef, row: usize) -> Option<Vec<u8>> {
    Some(match column.data_type() {
        DataType::Utf8 => column.as_string_opt::<i32>()?.value(row).as_bytes().to_vec(),
        DataType::Binary => column.as_binary_opt::<i32>()?.value(row).to_vec(),
        DataType::Boolean => vec![u8::from(column.as_boolean_opt()?.value(row))],
        DataType::Int8 => column.as_primitive_opt::<Int8Type>()?.value(row).to_le_bytes().into(),
        DataType::Int16 => column.as_primitive_opt::<Int16Type>()?.value(row).to_le_bytes().into(),
        DataType::Int32 => column.as_primitive_opt::<Int32Type>()?.value(row).to_le_bytes().into(),
        DataType::Int64 => column.as_primitive_opt::<Int64Type>()?.value(row).to_le_bytes().into(),
        DataType::Float32 => {
            column.as_primitive_opt::<Float32Type>()?.value(row).to_le_bytes().into()
        }
        DataType::Float64 => {
            column.as_primitive_opt::<Float64Type>()?.value(row).to_le_bytes().into()
        }
        DataType::Date32 => {
            column.as_primitive_opt::<Date32Type>()?.value(row).to_le_bytes().into()
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            column.as_primitive_opt::<Time64MicrosecondType>()?.value(row).to_le_bytes().into()
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            column.as_primitive_opt::<TimestampMicrosecondType>()?.value(row).to_le_bytes().into()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int16Array, Int32Array, Int64Array, StringArray};

    use super::{OFFSET, fnv, sha2};

    fn hash(column: impl arrow::array::Array + 'static, seed: u64) -> i64 {
        let column: ArrayRef = Arc::new(column);
        fnv((&column, 0), seed).unwrap().unwrap()
    }

    #[test]
    fn fnv_is_the_guides() {
        assert_eq!(hash(Int16Array::from(vec![1]), OFFSET), 589_727_492_704_079_044);
        assert_eq!(hash(Int32Array::from(vec![1]), OFFSET), -5_968_735_742_475_085_980);
        assert_eq!(hash(Int64Array::from(vec![1]), OFFSET), -8_517_097_267_634_966_620);
        let text = |text: &str, seed| hash(StringArray::from(vec![text]), seed);
        assert_eq!(text("abcd", OFFSET), -281_581_062_704_388_899);
        assert_eq!(text("cd", text("ab", OFFSET).cast_unsigned()), -281_581_062_704_388_899);
    }

    #[test]
    fn sha2_knows_four_lengths() {
        for (bits, digits) in [(0, 64), (224, 56), (256, 64), (384, 96), (512, 128), (1, 0)] {
            assert_eq!(sha2((b"x", bits)).unwrap().unwrap().len(), digits);
        }
    }
}
