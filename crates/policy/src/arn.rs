//! ARNs as policies compare them: six parts, one by one.
//!
//! Follows "IAM JSON policy elements: Resource" and the ARN condition operators (IAM User Guide).
//! Start at [`ArnPattern`].

use std::borrow::Cow;

use crate::keys::Keys;
use crate::pattern::{self, Fit, Pattern, Syntax};

/// `arn:partition:service:region:account:resource`
const PARTS: usize = 6;

/// A request's ARN, split at its first five colons.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SplitArn<'a>([&'a str; PARTS]);

impl<'a> SplitArn<'a> {
    /// Splits a text that has six parts and begins with `arn`.
    pub fn new(text: &'a str) -> Option<Self> {
        let mut fields = text.splitn(PARTS, ':');
        let mut parts = [""; PARTS];
        for part in &mut parts {
            *part = fields.next()?;
        }
        let [prefix, ..] = parts;
        (prefix == "arn").then_some(Self(parts))
    }

    pub fn partition(&self) -> &'a str {
        let [_, partition, ..] = self.0;
        partition
    }

    pub fn service(&self) -> &'a str {
        let [_, _, service, ..] = self.0;
        service
    }

    pub fn account(&self) -> &'a str {
        let [_, _, _, _, account, _] = self.0;
        account
    }

    pub fn resource(&self) -> &'a str {
        let [.., resource] = self.0;
        resource
    }
}

/// An ARN in a policy, with wildcards and variables; it may lack parts at its end.
#[derive(Debug, Clone)]
pub(crate) struct ArnPattern {
    parts: Vec<Pattern>,
}

impl ArnPattern {
    /// Splits a text that begins with `arn:`; colons inside `${…}` do not separate.
    /// With `variables_from` variables are read only from that part on.
    pub fn parse(text: &str, variables: bool, variables_from: usize) -> Option<Self> {
        let fields = split(text, variables);
        if fields.first() != Some(&"arn") {
            return None;
        }
        let parse = |(index, field): (usize, &&str)| {
            let variables = variables && index >= variables_from;
            Pattern::parse(field, Syntax { wildcards: true, variables })
        };
        Some(Self { parts: fields.iter().enumerate().map(parse).collect() })
    }

    /// How many of the six parts are there.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether all six parts are there.
    pub fn is_whole(&self) -> bool {
        self.parts.len() == PARTS
    }

    /// Whether the last part present is just `*`.
    pub fn ends_open(&self) -> bool {
        self.parts.last().is_some_and(|last| last.source() == "*")
    }

    /// Compares part by part; parts missing at the pattern's end count as `*`.
    pub fn fit(&self, arn: &SplitArn<'_>, keys: &Keys<'_>) -> Fit {
        for (pattern, value) in self.parts.iter().zip(arn.0) {
            match pattern.fit(value, keys) {
                Fit::Yes => {}
                other => return other,
            }
        }
        Fit::Yes
    }

    /// The service part as written.
    pub fn service(&self) -> Option<&str> {
        self.parts.get(2).map(Pattern::source)
    }

    /// The text with its variables filled in.
    pub fn text(&self, keys: &Keys<'_>) -> Option<String> {
        let parts: Option<Vec<Cow<'_, str>>> =
            self.parts.iter().map(|part| part.text(keys)).collect();
        parts.map(|parts| parts.join(":"))
    }

    /// Keys of the variables that have no default, as written.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(Pattern::variables)
    }
}

/// Splits at the first five colons that are not inside a variable.
fn split(text: &str, variables: bool) -> Vec<&str> {
    let mut fields = Vec::with_capacity(PARTS);
    let (mut start, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if fields.len() + 1 == PARTS {
            break;
        }
        if let Some(length) = pattern::variable_length(rest).filter(|_| variables) {
            at += length;
            continue;
        }
        let next = at + rest.chars().next().map_or(1, char::len_utf8);
        if rest.starts_with(':') {
            fields.extend(text.get(start..at));
            start = next;
        }
        at = next;
    }
    fields.extend(text.get(start..));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Context;

    #[test]
    fn splitting() {
        #[rustfmt::skip]
        let cases: [(&str, &[&str]); 5] = [
            ("arn:aws:s3:::b/k:1", &["arn", "aws", "s3", "", "", "b/k:1"]),
            ("arn:aws:sqs:r:*:${aws:username}-q", &["arn", "aws", "sqs", "r", "*", "${aws:username}-q"]),
            ("arn:aws:sqs:${a:b}:1:q", &["arn", "aws", "sqs", "${a:b}", "1", "q"]),
            ("arn:aws:sqs", &["arn", "aws", "sqs"]),
            ("arn:aws:s3:::", &["arn", "aws", "s3", "", "", ""]),
        ];
        for (text, expect) in cases {
            assert_eq!(split(text, true), expect, "{text}");
        }
    }

    #[test]
    fn parts_compare_one_by_one() {
        let context = Context::new();
        let keys = Keys::new(&context, false);
        let pattern = ArnPattern::parse("arn:aws:s:*:111122223333:finance/*", true, 5).unwrap();
        let fits = |arn: &str| pattern.fit(&SplitArn::new(arn).unwrap(), &keys);
        assert_eq!(fits("arn:aws:s:us-east-2:111122223333:finance/a:b/c"), Fit::Yes);
        let smuggled = "arn:aws:s:us-east-2:999999999999:store/abc:111122223333:finance/d.txt";
        assert_eq!(fits(smuggled), Fit::No);
    }
}
