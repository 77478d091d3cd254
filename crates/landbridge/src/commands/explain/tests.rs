//! Explanations of every source as text.

use serde_json::{Value, json};

use super::text::render;
use super::view::{Names, View};

fn shown(document: &Value) -> (u8, String) {
    let view = View::read(document);
    let names = Names::new([("222222222222", "dev")].into_iter());
    (view.exit(), render(&view, &names, false))
}

/// AWS's decoded messages say less and in other words ("DecodeAuthorizationMessage", STS API
/// Reference).
#[test]
fn messages_of_aws() {
    let statement = json!({
        "statementId": "Guard", "effect": "DENY", "sourcePolicyId": "p-guard",
        "actions": { "items": [{ "value": "ec2:*" }] },
    });
    let (exit, text) = shown(&json!({
        "allowed": false,
        "explicitDeny": true,
        "matchedStatements": { "items": [statement] },
        "failures": { "items": [] },
        "context": {
            "principal": { "id": "AIDAEXAMPLE", "arn": "arn:aws:iam::222222222222:user/bob" },
            "action": "ec2:StopInstances",
            "resource": "arn:aws:ec2:us-east-1:222222222222:instance/i-1",
            "conditions": { "items": [] },
        },
    }));
    assert_eq!(exit, 2);
    for line in [
        "✗ denied   bob → ec2:StopInstances  instance/i-1",
        "  a statement denies it",
        "  dev 222222222222",
        "  ✗ p-guard",
        "      → 1 Guard  deny  applies",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

/// A document of a form that nobody knows is shown as it is, and allows nothing.
#[test]
fn unknown_forms() {
    for document in [json!({}), json!([1]), json!({ "allowed": false, "request": 7 })] {
        let (exit, text) = shown(&document);
        assert_eq!(exit, 2, "{text}");
    }
}

/// Colours are control sequences, and only then.
#[test]
fn colours() {
    let document =
        json!({ "allowed": true, "request": { "action": "s3:GetObject", "resource": "*" } });
    let view = View::read(&document);
    assert!(render(&view, &Names::default(), true).contains("\u{1b}[32m✓ allowed\u{1b}[0m"));
    assert!(!render(&view, &Names::default(), false).contains('\u{1b}'));
}
