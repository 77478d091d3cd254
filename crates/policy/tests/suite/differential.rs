//! The engine and the naive evaluator agree, on the corpus and on random vectors; and laws hold
//! that any evaluator must keep.

use crate::corpus;
use crate::generate;
use crate::naive;
use dice::Dice;
use serde_json::{Value, json};

/// Vectors a test, in well under a second; `POLICY_VECTORS` asks for more.
fn rounds() -> u64 {
    std::env::var("POLICY_VECTORS").ok().and_then(|number| number.parse().ok()).unwrap_or(2_000)
}

fn decide(vector: &Value) -> String {
    let answer: Value =
        serde_json::from_str(&policy::vector::simulate_line(&vector.to_string())).unwrap();
    answer["decision"].as_str().unwrap_or_else(|| panic!("{answer} for {vector}")).to_owned()
}

/// Families whose rules the naive evaluator leaves out: S3's settings, short ARNs in every kind,
/// fixed rules of services, documents that cannot be read.
const ENGINE_ONLY: [&str; 3] = ["s3-settings", "service-rules", "unreadable"];

#[test]
fn naive_agrees_on_the_corpus() {
    let beyond = [
        "key-policies: administration does not cross accounts",
        "cross-account: the owner is read from the ARN",
        "organizations: RCPs spare the management account's resources",
    ];
    for case in corpus::cases() {
        let family = case.name.split(':').next().unwrap();
        if !ENGINE_ONLY.contains(&family) && !beyond.contains(&case.name.as_str()) {
            assert_eq!(naive::decide(&case.vector), case.expect, "{}", case.name);
        }
    }
}

#[test]
fn naive_agrees_on_random_vectors() {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for seed in 0..rounds() {
        let vector = generate::vector(&mut Dice::new(seed));
        let decision = decide(&vector);
        assert_eq!(decision, naive::decide(&vector), "seed {seed}: {vector}");
        *seen.entry(decision).or_default() += 1;
    }
    // The generator must hit every outcome often, or the agreement says little.
    assert!(
        seen.len() == 3 && seen.values().all(|count| *count * 20 > rounds() as usize),
        "{seen:?}"
    );
}

/// How far a decision is from allowing.
fn rank(decision: &str) -> u8 {
    match decision {
        "allow" => 2,
        "implicit_deny" => 1,
        _ => 0,
    }
}

fn check_law(name: &str, change: impl Fn(&mut Value, &mut Dice), holds: impl Fn(u8, u8) -> bool) {
    for seed in 0..rounds() / 3 {
        let mut random = Dice::new(seed ^ 0xa5a5);
        let before = generate::vector(&mut random);
        let mut after = before.clone();
        change(&mut after, &mut random);
        let (was, is) = (decide(&before), decide(&after));
        assert!(holds(rank(&was), rank(&is)), "{name}, seed {seed}: {was} became {is}: {after}");
    }
}

fn add(vector: &mut Value, field: &str, policy: Value) {
    if vector[field].is_null() {
        vector[field] = json!([]);
    }
    vector[field].as_array_mut().unwrap().push(policy);
}

fn statement_of(effect: &str, random: &mut Dice) -> Value {
    let mut statement = generate::statement(random, false);
    statement["Effect"] = json!(effect);
    json!({ "Version": "2012-10-17", "Statement": statement })
}

#[test]
fn an_allow_more_never_takes_away() {
    let change = |vector: &mut Value, random: &mut Dice| {
        add(vector, "identity_policies", statement_of("Allow", random));
    };
    check_law("allow", change, |was, is| is >= was);
}

#[test]
fn a_deny_more_never_grants() {
    let change = |vector: &mut Value, random: &mut Dice| {
        add(vector, "identity_policies", statement_of("Deny", random));
    };
    check_law("deny", change, |was, is| is <= was);
}

#[test]
fn a_limit_more_only_narrows() {
    let change = |vector: &mut Value, random: &mut Dice| {
        let policy = generate::policy(random, false);
        let level = json!({ "level": "more", "policies": [policy] });
        match random.below(2) {
            0 => add(vector, "scps", level),
            _ if vector["permissions_boundaries"].is_null() => {
                add(vector, "permissions_boundaries", policy);
            }
            _ => {}
        }
    };
    check_law("limit", change, |was, is| is <= was);
}

#[test]
fn order_says_nothing() {
    let change = |vector: &mut Value, _: &mut Dice| {
        for field in ["identity_policies", "session_policies", "scps"] {
            if let Some(policies) = vector[field].as_array_mut() {
                policies.reverse();
            }
        }
        if let Some(statements) = vector["resource_policy"]["Statement"].as_array_mut() {
            statements.reverse();
        }
    };
    check_law(
        "order",
        |vector, random| {
            if !vector["resource_policy"].is_null() {
                change(vector, random)
            }
        },
        |was, is| was == is,
    );
}

#[test]
fn action_case_says_nothing() {
    let change = |vector: &mut Value, _: &mut Dice| {
        let action = vector["request"]["action"].as_str().unwrap().to_uppercase();
        vector["request"]["action"] = json!(action);
    };
    check_law("action case", change, |was, is| was == is);
}

#[test]
fn lines_that_are_no_vectors_are_answered() {
    let lines = [
        "",
        "null",
        "[]",
        "{}",
        "{\"request\":1}",
        "{\"request\":{}}",
        r#"{"request":{"principal":1,"action":"a:b","resource":"*"}}"#,
        r#"{"request":{"principal":null,"action":"a:b","resource":"*","principal_kind":"ghost"}}"#,
        r#"{"request":{"principal":null,"action":"a:b","resource":"*","resource_account":"12"}}"#,
        r#"{"request":{"principal":null,"action":"a:b","resource":"*","context":{"k":{}}}}"#,
        r#"{"request":{"principal":null,"action":"a:b","resource":"*"},"scps":[1]}"#,
        r#"{"request":{"principal":null,"action":"a:b","resource":"*"},"identity_policies":{}}"#,
        r#"{"request":{"principal":null,"action":"a:b","resource":"*"},"settings":[]}"#,
    ];
    for line in lines {
        let answer: Value = serde_json::from_str(&policy::vector::simulate_line(line)).unwrap();
        assert!(answer["error"].is_string(), "{line}: {answer}");
    }
}
