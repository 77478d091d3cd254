//! `Numeric*` operators: decimal numbers of any length, compared exactly.

use std::cmp::Ordering;

use crate::condition::operator::Order;

/// One value of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    source: String,
    number: Option<Decimal>,
    order: Order,
}

impl Operand {
    pub fn parse(source: &str, order: Order) -> Self {
        Self { source: source.to_owned(), number: Decimal::parse(source), order }
    }

    /// `None` when either side is not a number.
    pub fn matches(&self, value: &str) -> Option<bool> {
        let found = Decimal::parse(value)?;
        Some(self.order.holds(&found, self.number.as_ref()?))
    }

    pub fn source(&self) -> &str {
        &self.source
    }
}

/// A decimal number, normalised: no leading zeros, no trailing zeros of the fraction, no `-0`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        // `.5` is a number, `1.` is not.
        if digits.is_empty() || fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !zero, whole, fraction })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        let by_length = self.whole.len().cmp(&other.whole.len());
        by_length
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
