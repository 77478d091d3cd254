//! Unique ids and access key ids in AWS's own encoding ("IAM identifiers", IAM User Guide).

use gateway::World;
use names::AccountId;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const KEY_EPOCH: u64 = 1 << 39;

/// A unique id such as `AROA…`: the prefix and 17 random characters.
pub fn unique_id(world: &World, prefix: &str) -> String {
    format!("{prefix}{}", world.text(BASE32, 17))
}

/// An access key id that carries its account: `AKIA` for long-term, `ASIA` for temporary keys.
///
/// Characters 5 to 12 and the top bit of the 13th hold the account; the rest is random.
pub fn access_key_id(world: &World, prefix: &str, account: &AccountId) -> String {
    let number = account.number();
    let value = KEY_EPOCH + number / 2;
    let mut key = prefix.to_owned();
    for shift in (0..8).rev() {
        key.push(letter((value >> (5 * shift)) & 31));
    }
    let [random] = world.bytes::<1>();
    key.push(letter(16 * (number % 2) + u64::from(random % 16)));
    key + &world.text(BASE32, 7)
}

/// The account that an access key id carries; `None` for other texts and for the older form.
pub fn access_key_account(key: &str) -> Option<AccountId> {
    let digits: Vec<u64> = key.bytes().skip(4).map(digit).collect::<Option<_>>()?;
    let (value, rest) = digits.split_first_chunk::<8>()?;
    let value = value.iter().fold(0, |n, digit| n << 5 | digit);
    let low = u64::from(*rest.first()? >= 16);
    let number = 2 * value.checked_sub(KEY_EPOCH)? + low;
    format!("{number:012}").parse().ok()
}

fn letter(digit: u64) -> char {
    BASE32.get(digit as usize).map_or('A', |letter| char::from(*letter))
}

fn digit(letter: u8) -> Option<u64> {
    BASE32.iter().position(|known| *known == letter).map(|position| position as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_carry_their_account() {
        let world = World::system();
        for account in ["111111111111", "222222222222", "123456789012", "000000000001"] {
            let account: AccountId = account.parse().unwrap();
            let key = access_key_id(&world, "AKIA", &account);
            assert_eq!(key.len(), 20);
            assert_eq!(access_key_account(&key), Some(account));
        }
        // Published pairs of the encoding.
        let account = access_key_account("ASIAQNZGKIQY56JQ7WML").unwrap();
        assert_eq!(account.as_str(), "029608264753");
        let prod = access_key_id(&world, "AKIA", &"111111111111".parse().unwrap());
        assert!(prod.starts_with("AKIARTXV5AHD"), "{prod}");
        for bad in ["", "AKIA", "AKIA1234567890123456", "AKIAAAAAAAAAAAAAAAAA"] {
            assert_eq!(access_key_account(bad), None, "{bad}");
        }
    }
}
