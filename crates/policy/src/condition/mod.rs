//! Conditions: operators, set qualifiers, `IfExists`, and what an absent key means.
//!
//! Each family of operators has its own file that knows how to read one policy value and compare
//! it with one request value; how several values combine is here alone.
//! Follows "IAM JSON policy elements: Condition operators" and "Conditions with multiple keys or
//! values" (IAM User Guide). Start at [`Condition::holds`].

mod arn;
mod binary;
mod bool;
mod date;
mod ip;
mod null;
mod numeric;
mod operator;
mod string;

pub(crate) use date::is_date;
pub(crate) use ip::is_narrow_range;
pub(crate) use operator::{Operator, Set};

use crate::keys::Keys;
use operator::Family;

/// One key of one operator, with its values.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    operator: Operator,
    /// The operator as written.
    operator_text: String,
    /// The key as written.
    key: String,
    key_lower: String,
    operands: Vec<Operand>,
}

/// A value of the policy, read once by its family.
#[derive(Debug, Clone)]
enum Operand {
    String(string::Operand),
    Numeric(numeric::Operand),
    Date(date::Operand),
    Bool(bool::Operand),
    Binary(binary::Operand),
    Ip(ip::Operand),
    Arn(arn::Operand),
    Null(null::Operand),
    /// Of an operator nobody knows.
    Unknown(String),
}

/// How one request value stands to the policy values.
enum Comparison {
    Matches,
    Differs,
    /// One side is not of the operator's type: neither the operator nor its negation holds.
    Malformed,
}

impl Condition {
    /// Reads one entry of a `Condition` block; `variables` tells whether `${…}` is special.
    pub fn new(operator_text: &str, key: &str, values: &[String], variables: bool) -> Self {
        let operator = Operator::parse(operator_text);
        let read = |value: &String| match operator.family {
            Family::String(comparison) => {
                Operand::String(string::Operand::parse(value, comparison, variables))
            }
            Family::Numeric(order) => Operand::Numeric(numeric::Operand::parse(value, order)),
            Family::Date(order) => Operand::Date(date::Operand::parse(value, order)),
            Family::Bool => Operand::Bool(bool::Operand::parse(value)),
            Family::Binary => Operand::Binary(binary::Operand::parse(value)),
            Family::Ip => Operand::Ip(ip::Operand::parse(value)),
            Family::Arn => Operand::Arn(arn::Operand::parse(value, variables)),
            Family::Null => Operand::Null(null::Operand::parse(value)),
            Family::Unknown => Operand::Unknown(value.clone()),
        };
        Self {
            operator,
            operator_text: operator_text.to_owned(),
            key: key.to_owned(),
            key_lower: key.to_lowercase(),
            operands: values.iter().map(read).collect(),
        }
    }

    /// Whether the condition is true for these keys.
    pub fn holds(&self, keys: &Keys<'_>) -> bool {
        let values = keys.values(&self.key_lower).filter(|values| !values.is_empty());
        match (self.operator.family, values) {
            (Family::Unknown, _) => false,
            (Family::Null, values) => self.null_holds(values.is_none()),
            (_, None) => self.holds_when_absent(),
            (_, Some(values)) => self.holds_for(values, keys),
        }
    }

    /// The same condition with one literal value; `None` when the value would not be literal.
    pub fn with_only(&self, value: &str) -> Option<Self> {
        let special =
            value.contains("${") || (self.operator.has_wildcards() && value.contains(['*', '?']));
        let only = || Self::new(&self.operator_text, &self.key, &[value.to_owned()], false);
        (!special).then(only)
    }

    /// The key as written in the policy.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key in lower case.
    pub fn key_lower(&self) -> &str {
        &self.key_lower
    }

    /// The operator as written in the policy.
    pub fn operator_text(&self) -> &str {
        &self.operator_text
    }

    /// What the operator means.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The policy's values with variables filled in; a variable without a value stays as written.
    pub fn wanted(&self, keys: &Keys<'_>) -> Vec<String> {
        self.operands.iter().map(|operand| operand.text(keys)).collect()
    }

    /// The policy's values as written.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.operands.iter().map(Operand::source)
    }

    /// Keys of the variables in the values that have no default, as written.
    pub fn variables(&self) -> Vec<&str> {
        self.operands.iter().flat_map(Operand::variables).collect()
    }

    fn null_holds(&self, absent: bool) -> bool {
        self.operands.iter().any(|operand| match operand {
            Operand::Null(operand) => operand.holds(absent),
            _ => false,
        })
    }

    /// False for positive operators, true for negated ones,
    /// true with `IfExists`, true for `ForAllValues`, false for `ForAnyValue`.
    fn holds_when_absent(&self) -> bool {
        if self.operator.if_exists {
            return true;
        }
        match self.operator.set {
            Set::All => true,
            Set::Any => false,
            Set::None => self.operator.negated,
        }
    }

    fn holds_for(&self, values: &[String], keys: &Keys<'_>) -> bool {
        let holds = |value: &String| self.value_holds(value, keys);
        match (self.operator.set, values) {
            (Set::All, values) => values.iter().all(holds),
            (Set::Any, values) => values.iter().any(holds),
            (Set::None, [only]) => holds(only),
            // A multivalued key needs a set qualifier; without one nothing is compared.
            (Set::None, _) => false,
        }
    }

    fn value_holds(&self, value: &str, keys: &Keys<'_>) -> bool {
        match self.compare(value, keys) {
            Comparison::Matches => !self.operator.negated,
            Comparison::Differs => self.operator.negated,
            Comparison::Malformed => false,
        }
    }

    /// Policy values are alternatives: one that matches is enough.
    fn compare(&self, value: &str, keys: &Keys<'_>) -> Comparison {
        let mut result = Comparison::Differs;
        for operand in &self.operands {
            match operand.matches(value, keys) {
                Some(true) => return Comparison::Matches,
                Some(false) => {}
                None => result = Comparison::Malformed,
            }
        }
        result
    }
}

impl Operand {
    /// `None` when either side is not of the operator's type.
    fn matches(&self, value: &str, keys: &Keys<'_>) -> Option<bool> {
        match self {
            Self::String(operand) => Some(operand.matches(value, keys)),
            Self::Numeric(operand) => operand.matches(value),
            Self::Date(operand) => operand.matches(value),
            Self::Bool(operand) => operand.matches(value),
            Self::Binary(operand) => operand.matches(value),
            Self::Ip(operand) => operand.matches(value),
            Self::Arn(operand) => operand.matches(value, keys),
            Self::Null(_) | Self::Unknown(_) => None,
        }
    }

    fn text(&self, keys: &Keys<'_>) -> String {
        match self {
            Self::String(operand) => operand.text(keys),
            Self::Arn(operand) => operand.text(keys),
            other => other.source().to_owned(),
        }
    }

    fn variables(&self) -> Vec<&str> {
        match self {
            Self::String(operand) => operand.variables().collect(),
            Self::Arn(operand) => operand.variables().collect(),
            _ => Vec::new(),
        }
    }

    fn source(&self) -> &str {
        match self {
            Self::String(operand) => operand.source(),
            Self::Arn(operand) => operand.source(),
            Self::Numeric(operand) => operand.source(),
            Self::Date(operand) => operand.source(),
            Self::Bool(operand) => operand.source(),
            Self::Binary(operand) => operand.source(),
            Self::Ip(operand) => operand.source(),
            Self::Null(operand) => operand.source(),
            Self::Unknown(source) => source,
        }
    }
}
