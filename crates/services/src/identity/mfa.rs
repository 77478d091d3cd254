//! Virtual MFA devices and their codes: time-based one-time passwords of six digits, a new one
//! every 30 seconds (RFC 6238 over RFC 4226, HMAC-SHA-1).
//!
//! A code is good for its own step and the one before and after. Unlike AWS's, a device does not
//! remember its last code: one can be used again while it is good.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn};
use ring::hmac;
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::table::named_records;

const DEVICES: Table<MfaDeviceRecord> = Table::new("iam.mfa_devices");
/// Seconds of a step.
const STEP: i64 = 30;
/// Steps that a clock may be off when a code is checked.
const TOLERANCE: i64 = 1;
/// Steps to look around for a device that is set up or has drifted: an hour either way.
const SEARCH: i64 = 120;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A virtual MFA device, assigned to a user or to nobody yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MfaDeviceRecord {
    /// The account.
    pub account: AccountId,
    /// `mfa/path/name`: the resource of its ARN, which is its serial number.
    pub resource: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// The user's unique id and when it was assigned.
    pub user: Option<(String, DateTime<Utc>)>,
    /// Steps that the device's clock is ahead of ours.
    pub drift: i64,
    /// The seed in base 32, sealed for the context `mfa device ARN`.
    #[serde(with = "store::as_text")]
    pub sealed_seed: Vec<u8>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Record for MfaDeviceRecord {}

named_records!(mfa_devices, DEVICES, MfaDeviceRecord, resource, "virtual MFA devices");

impl MfaDeviceRecord {
    /// A device of nobody's, and its seed in base 32: 64 characters, shown this once.
    ///
    /// # Errors
    /// When the seed cannot be sealed.
    pub fn new(cx: &Cx, account: &AccountId, resource: String) -> Result<(Self, String), Fault> {
        let seed = cx.world().text(BASE32, 64);
        let mut device = Self {
            account: account.clone(),
            resource,
            created: cx.now(),
            user: None,
            drift: 0,
            sealed_seed: Vec::new(),
            tags: BTreeMap::new(),
        };
        device.sealed_seed = cx.seal().seal(&device.context(), seed.as_bytes())?;
        Ok((device, seed))
    }

    /// Its ARN, which is its serial number.
    pub fn arn(&self) -> Arn {
        Arn::new("iam", None, Some(&self.account), &self.resource)
    }

    fn context(&self) -> String {
        format!("mfa device {}", self.arn())
    }

    fn key(&self, cx: &Cx) -> Result<hmac::Key, Fault> {
        let seed = cx.seal().open_sealed(&self.context(), &self.sealed_seed)?;
        let bytes = decode32(&seed);
        Ok(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes))
    }

    /// Whether `code` is the device's now.
    ///
    /// # Errors
    /// When the seed cannot be opened.
    pub fn shows(&self, cx: &Cx, code: &str) -> Result<bool, Fault> {
        let key = self.key(cx)?;
        let now = step(cx) + self.drift;
        Ok((now - TOLERANCE..=now + TOLERANCE).any(|step| code_at(&key, step) == code))
    }

    /// How far ahead the device's clock is, in steps, when it showed these two codes one after
    /// the other about now; `None` when it did not.
    ///
    /// # Errors
    /// When the seed cannot be opened.
    pub fn drift_by(&self, cx: &Cx, first: &str, second: &str) -> Result<Option<i64>, Fault> {
        let key = self.key(cx)?;
        let now = step(cx);
        let shown = |step: &i64| code_at(&key, *step) == first && code_at(&key, step + 1) == second;
        let mut nearest: Vec<i64> = (now - SEARCH..=now + SEARCH).filter(shown).collect();
        nearest.sort_by_key(|step| (step + 1 - now).abs());
        // Typing takes a while: a step or two are no drift.
        let drift = |ahead: i64| if ahead.abs() <= TOLERANCE { 0 } else { ahead };
        Ok(nearest.first().map(|step| drift(step + 1 - now)))
    }
}

/// What a one-time code is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The user's device shows this code now.
    Valid,
    /// The device is the user's, the code is not what it shows.
    WrongCode,
    /// There is no such device, or it is not this user's.
    NotTheirs,
}

/// Checks the code of a user's device, for calls that carry `SerialNumber` and `TokenCode`.
/// `user` is the user's unique id (`AIDA…`), `serial` the device's ARN.
///
/// # Errors
/// When the state cannot be read.
pub fn verify(
    cx: &Cx,
    account: &AccountId,
    user: &str,
    serial: &str,
    code: &str,
) -> Result<Verification, Fault> {
    let resource = serial.parse::<Arn>().map(|arn| arn.resource).unwrap_or_default();
    let device = mfa_devices::get(cx, account, &resource)?;
    let theirs = |device: &MfaDeviceRecord| {
        device.arn().to_string() == serial && device.user.as_ref().is_some_and(|(id, _)| id == user)
    };
    let Some(device) = device.filter(theirs) else { return Ok(Verification::NotTheirs) };
    Ok(if device.shows(cx, code)? { Verification::Valid } else { Verification::WrongCode })
}

fn step(cx: &Cx) -> i64 {
    cx.now().timestamp().div_euclid(STEP)
}

/// Six digits of one step (RFC 4226, section 5.3).
fn code_at(key: &hmac::Key, step: i64) -> String {
    let tag = hmac::sign(key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = tag.last().map_or(0, |last| usize::from(last & 15));
    let word = tag.get(offset..).and_then(|rest| rest.first_chunk::<4>());
    let number = word.map_or(0, |word| u32::from_be_bytes(*word) & 0x7fff_ffff);
    format!("{:06}", number % 1_000_000)
}

/// Base 32 without padding (RFC 4648); other characters are passed over.
fn decode32(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for digit in text.iter().filter_map(|c| BASE32.iter().position(|known| known == c)) {
        bits = bits << 5 | digit as u32;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 255) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B, cut to six digits.
        let seed = decode32(b"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(seed, b"12345678901234567890");
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &seed);
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000_i64, "353130"),
        ] {
            assert_eq!(code_at(&key, second / STEP), code, "at {second}");
        }
    }
}
