//! `IpAddress` and `NotIpAddress`: addresses and CIDR ranges (RFC 4632, RFC 4291).
//!
//! IPv4 and IPv6 never match each other. An IPv4-mapped IPv6 address counts as IPv4, so that a
//! client behind a dual-stack proxy is the same client.

use std::net::IpAddr;

/// One value of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    source: String,
    range: Option<Range>,
}

impl Operand {
    pub fn parse(source: &str) -> Self {
        Self { source: source.to_owned(), range: Range::parse(source) }
    }

    /// `None` when either side is not an address.
    pub fn matches(&self, value: &str) -> Option<bool> {
        let found = value.parse::<IpAddr>().ok()?.to_canonical();
        Some(self.range.as_ref()?.contains(found))
    }

    pub fn source(&self) -> &str {
        &self.source
    }
}

/// An address with its prefix length; without one the range is the single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    address: IpAddr,
    prefix: u32,
}

impl Range {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => bits,
        };
        (prefix <= bits).then_some(Self { address, prefix })
    }

    /// Whether the address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                same_prefix(net.to_bits().into(), address.to_bits().into(), 32, self.prefix)
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                same_prefix(net.to_bits(), address.to_bits(), 128, self.prefix)
            }
            _ => false,
        }
    }
}

/// Whether S3 counts the range as fixed: at least /8 for IPv4, /32 for IPv6 ("The meaning of
/// public", S3 User Guide).
pub(crate) fn is_narrow_range(text: &str) -> bool {
    Range::parse(text)
        .is_some_and(|range| range.prefix >= if range.address.is_ipv4() { 8 } else { 32 })
}

/// A shift by the full width would be undefined, so `/0` is "no bits differ" by `checked_shr`.
fn same_prefix(left: u128, right: u128, bits: u32, prefix: u32) -> bool {
    (left ^ right).checked_shr(bits - prefix).unwrap_or(0) == 0
}
