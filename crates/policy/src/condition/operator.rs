//! Names of condition operators.
//!
//! Start at [`Operator::parse`].

/// An operator taken apart: `ForAnyValue:StringNotLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    pub set: Set,
    pub family: Family,
    pub negated: bool,
    pub if_exists: bool,
}

/// The set qualifier before the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    None,
    All,
    Any,
}

/// What is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    String(StringComparison),
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
    /// Not an operator: a statement that uses it never applies.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StringComparison {
    Equals,
    EqualsIgnoreCase,
    Like,
}

/// How the request's value must stand to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether `found` stands so to `wanted`.
    pub fn holds<T: Ord>(self, found: &T, wanted: &T) -> bool {
        match self {
            Self::Equal => found == wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
        }
    }

    fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "Equals" => (Self::Equal, false),
            "NotEquals" => (Self::Equal, true),
            "LessThan" => (Self::Less, false),
            "LessThanEquals" => (Self::LessOrEqual, false),
            "GreaterThan" => (Self::Greater, false),
            "GreaterThanEquals" => (Self::GreaterOrEqual, false),
            _ => return None,
        })
    }
}

impl Operator {
    /// Reads a name; one that does not exist gives [`Family::Unknown`].
    pub fn parse(text: &str) -> Self {
        let (set, name) = match text.split_once(':') {
            Some(("ForAllValues", name)) => (Set::All, name),
            Some(("ForAnyValue", name)) => (Set::Any, name),
            _ => (Set::None, text),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        match Self::parse_family(name) {
            // `IfExists` may follow every operator but this one.
            Some((Family::Null, _)) if if_exists => Self::unknown(),
            Some((family, negated)) => Self { set, family, negated, if_exists },
            None => Self::unknown(),
        }
    }

    /// Whether the operator exists.
    pub fn is_known(self) -> bool {
        self.family != Family::Unknown
    }

    /// Whether its values are dates.
    pub fn is_date(self) -> bool {
        matches!(self.family, Family::Date(_))
    }

    /// Whether `*` and `?` are special in its values.
    pub fn has_wildcards(self) -> bool {
        matches!(self.family, Family::String(StringComparison::Like) | Family::Arn)
    }

    /// Whether its values are addresses.
    pub fn is_ip(self) -> bool {
        self.family == Family::Ip
    }

    /// Whether it compares texts or ARNs.
    pub fn compares_text(self) -> bool {
        matches!(self.family, Family::String(_) | Family::Arn)
    }

    fn unknown() -> Self {
        Self { set: Set::None, family: Family::Unknown, negated: false, if_exists: false }
    }

    fn parse_family(name: &str) -> Option<(Family, bool)> {
        if let Some(order) = name.strip_prefix("Numeric") {
            return Order::parse(order).map(|(order, negated)| (Family::Numeric(order), negated));
        }
        if let Some(order) = name.strip_prefix("Date") {
            return Order::parse(order).map(|(order, negated)| (Family::Date(order), negated));
        }
        Some(match name {
            "StringEquals" => (Family::String(StringComparison::Equals), false),
            "StringNotEquals" => (Family::String(StringComparison::Equals), true),
            "StringEqualsIgnoreCase" => (Family::String(StringComparison::EqualsIgnoreCase), false),
            "StringNotEqualsIgnoreCase" => {
                (Family::String(StringComparison::EqualsIgnoreCase), true)
            }
            "StringLike" => (Family::String(StringComparison::Like), false),
            "StringNotLike" => (Family::String(StringComparison::Like), true),
            "Bool" => (Family::Bool, false),
            "BinaryEquals" => (Family::Binary, false),
            "IpAddress" => (Family::Ip, false),
            "NotIpAddress" => (Family::Ip, true),
            "ArnEquals" | "ArnLike" => (Family::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Family::Arn, true),
            "Null" => (Family::Null, false),
            _ => return None,
        })
    }
}
