//! Whether a bucket policy is public, as S3 Block Public Access understands it.
//!
//! Follows "The meaning of public" in "Blocking public access to your Amazon S3 storage" (S3 User
//! Guide). Start at [`is_public`].

use crate::condition::{Condition, Set, is_narrow_range};
use crate::document::Document;
use crate::statement::{Effect, Statement};

/// Keys whose fixed values make a grant to everyone non-public, in lower case.
const NARROWING_KEYS: [&str; 12] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

/// A policy is public unless every grant in it is limited to fixed principals or fixed values of
/// certain condition keys; one public statement makes the whole policy public.
pub fn is_public(document: &Document) -> bool {
    document.statements().iter().any(grants_publicly)
}

fn grants_publicly(statement: &Statement) -> bool {
    let Some(principals) = statement.principals() else { return false };
    let open = principals.negated() || principals.everyone() || principals.federated();
    statement.effect() == Effect::Allow && open && !statement.conditions().iter().any(narrows)
}

fn narrows(condition: &Condition) -> bool {
    let operator = condition.operator();
    if operator.negated || operator.if_exists || operator.set == Set::All {
        return false;
    }
    let values: Vec<&str> = condition.sources().collect();
    if values.is_empty() || !operator.is_known() {
        return false;
    }
    match condition.key_lower() {
        "aws:sourceip" => operator.is_ip() && values.iter().all(|value| is_narrow_range(value)),
        "s3:dataaccesspointarn" => values.iter().all(|value| has_fixed_account(value)),
        key => {
            NARROWING_KEYS.contains(&key)
                && operator.compares_text()
                && values.iter().all(|value| is_fixed(value))
        }
    }
}

fn is_fixed(value: &str) -> bool {
    !value.contains(['*', '?']) && !value.contains("${")
}

/// An access point's name may be a wildcard as long as its account is fixed.
fn has_fixed_account(arn: &str) -> bool {
    let account = arn.split(':').nth(4).unwrap_or("");
    account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
}
