//! Random vectors from a seed: small alphabets, so that policies and requests meet often.

use dice::Dice;
use serde_json::{Map, Value, json};

const HOME: &str = "111111111111";
const AWAY: &str = "222222222222";

const ACTIONS: [(&str, &[&str]); 4] = [
    (
        "s3:GetObject",
        &["arn:aws:s3:::lake/a/1", "arn:aws:s3:::lake/home/ana", "arn:aws:s3:::sea/a"],
    ),
    ("s3:ListBucket", &["arn:aws:s3:::lake", "arn:aws:s3:::sea"]),
    ("sts:AssumeRole", &["arn:aws:iam::111111111111:role/target"]),
    ("kms:Decrypt", &["arn:aws:kms:us-east-1:111111111111:key/k1"]),
];

const ACTION_PATTERNS: [&str; 10] = [
    "*",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:List?ucket",
    "sts:*",
    "kms:De*",
    "ec2:*",
    "*:GetObject",
    "s3:GetObject ",
];

const RESOURCE_PATTERNS: [&str; 14] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::lake/*",
    "arn:aws:s3:::lake",
    "arn:aws:s3:::lake/home/${aws:username}",
    "arn:aws:s3:::lake/home/${aws:PrincipalTag/team, 'ana'}",
    "arn:aws:s3:::???e/?/1",
    "arn:aws:s3:::*/a*",
    "arn:*:s3:::sea/a",
    "arn:aws:*:::lake/*",
    "arn:aws:iam::*:role/t*",
    "arn:aws:kms:us-*:111111111111:key/*",
    "arn:aws:s3:::lake/home/${*}",
    "lake",
];

const PRINCIPALS: [&str; 10] = [
    "*",
    HOME,
    AWAY,
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::111111111111:user/ana",
    "arn:aws:iam::111111111111:user/*",
    "arn:aws:iam::111111111111:role/loader",
    "arn:aws:sts::111111111111:assumed-role/loader/run1",
    "arn:aws:sts::111111111111:federated-user/ana",
    "arn:aws:iam::222222222222:user/bo",
];

const OPERATORS: [&str; 22] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericGreaterThanEquals",
    "DateLessThan",
    "DateNotEquals",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "ArnLike",
    "ArnNotEquals",
    "BinaryEquals",
    "Null",
    "StringSimilar",
    "NumericLessThanEquals",
    "DateGreaterThan",
];

const KEYS: [&str; 5] = ["aws:username", "k:one", "K:Two", "aws:PrincipalTag/team", "k:three"];

const VALUES: [&str; 18] = [
    "ana",
    "A*",
    "a?a",
    "${aws:username}",
    "${aws:PrincipalTag/Team}",
    "${k:one, 'ana'}",
    "*",
    "5",
    "5.0",
    "-2.5",
    "2026-01-02T00:00:00Z",
    "1767312000",
    "true",
    "False",
    "10.0.0.0/8",
    "10.1.2.3",
    "arn:aws:s3:::lake",
    "YW5h",
];

const FOUND: [&str; 11] = [
    "ana",
    "ANA",
    "*",
    "5",
    "6.5",
    "2026-01-02T00:00:00Z",
    "true",
    "10.1.2.3",
    "2001:db8::1",
    "arn:aws:s3:::lake",
    "YW5h",
];

/// A whole vector.
pub fn vector(random: &mut Dice) -> Value {
    let mut vector = json!({ "request": request(random) });
    let fields = vector.as_object_mut().unwrap();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("identity_policies", policies(random, false, 3));
    if random.below(3) > 0 {
        set("resource_policy", policy(random, true));
    }
    if random.once_in(4) {
        set("permissions_boundaries", json!([policy(random, false)]));
    }
    if random.once_in(4) {
        set("session_policies", policies(random, false, 2));
    }
    if random.once_in(6) {
        set("vpc_endpoint_policies", policies(random, true, 2));
    }
    if random.once_in(5) {
        set("scps", levels(random, false));
    }
    if random.once_in(8) {
        set("rcps", levels(random, true));
    }
    if random.once_in(20) {
        set("settings", json!({ "principal_account_is_management_account": true }));
    }
    vector
}

fn request(random: &mut Dice) -> Value {
    let (action, resources) = *random.pick(&ACTIONS);
    let callers = [
        ("user", "arn:aws:iam::111111111111:user/ana"),
        ("user", "arn:aws:iam::111111111111:user/ana"),
        ("user", "arn:aws:iam::222222222222:user/bo"),
        ("session", "arn:aws:sts::111111111111:assumed-role/loader/run1"),
        ("session", "arn:aws:sts::111111111111:assumed-role/loader/run2"),
        ("federated-user", "arn:aws:sts::111111111111:federated-user/ana"),
        ("root", "arn:aws:iam::111111111111:root"),
        ("service", "redshift.amazonaws.com"),
        ("anonymous", ""),
    ];
    let (kind, arn) = *random.pick(&callers);
    let no_resource = action == "s3:ListBucket" && random.once_in(8);
    let mut context = Map::new();
    for key in KEYS.iter().filter(|_| random.below(3) > 0).collect::<Vec<_>>() {
        let value = if random.once_in(5) { found_list(random) } else { json!(random.pick(&FOUND)) };
        context.insert((*key).to_owned(), value);
    }
    json!({
        "principal": if arn.is_empty() { Value::Null } else { json!(arn) },
        "principal_kind": kind,
        "principal_account": arn.split(':').nth(4),
        "action": action,
        "resource": if no_resource { "*" } else { random.pick(resources) },
        "resource_account": HOME,
        "action_has_no_resource_types": no_resource,
        "context": context,
    })
}

fn found_list(random: &mut Dice) -> Value {
    let length = random.below(3);
    json!((0..length).map(|_| *random.pick(&FOUND)).collect::<Vec<_>>())
}

fn policies(random: &mut Dice, principals: bool, most: usize) -> Value {
    let number = random.below(most + 1);
    json!((0..number).map(|_| policy(random, principals)).collect::<Vec<_>>())
}

fn levels(random: &mut Dice, principals: bool) -> Value {
    let mut everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    if principals {
        everything["Principal"] = json!("*");
    }
    let level = |random: &mut Dice, name: &str| {
        let mut policies = vec![json!({ "Version": "2012-10-17", "Statement": everything })];
        if random.once_in(3) {
            policies.push(policy(random, principals));
        }
        if random.once_in(6) {
            policies.remove(0);
        }
        json!({ "level": name, "policies": policies })
    };
    json!([level(random, "root"), level(random, "account")])
}

/// A policy of one to three statements.
pub fn policy(random: &mut Dice, principals: bool) -> Value {
    let number = 1 + random.below(3);
    let statements: Vec<_> = (0..number).map(|_| statement(random, principals)).collect();
    let version = if random.once_in(6) { "2008-10-17" } else { "2012-10-17" };
    json!({ "Version": version, "Statement": statements })
}

/// A statement, which denies once in four times.
pub fn statement(random: &mut Dice, principals: bool) -> Value {
    let effect = if random.once_in(4) { "Deny" } else { "Allow" };
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), json!(effect));
    if principals && !random.once_in(20) {
        let element = if random.once_in(6) { "NotPrincipal" } else { "Principal" };
        statement.insert(element.to_owned(), principal(random));
    }
    let element = if random.once_in(8) { "NotAction" } else { "Action" };
    statement.insert(element.to_owned(), some(random, &ACTION_PATTERNS));
    let element = if random.once_in(8) { "NotResource" } else { "Resource" };
    if !(principals && random.once_in(6)) {
        statement.insert(element.to_owned(), some(random, &RESOURCE_PATTERNS));
    }
    if random.once_in(3) {
        statement.insert("Condition".to_owned(), condition(random));
    }
    Value::Object(statement)
}

fn principal(random: &mut Dice) -> Value {
    match random.below(6) {
        0 => json!("*"),
        1 => json!({ "Service": ["redshift.amazonaws.com", "glue.amazonaws.com"] }),
        2 => json!({ "AWS": some(random, &PRINCIPALS), "Service": "glue.amazonaws.com" }),
        _ => json!({ "AWS": some(random, &PRINCIPALS) }),
    }
}

fn condition(random: &mut Dice) -> Value {
    let mut block = Map::new();
    for _ in 0..1 + random.below(2) {
        let set = *random.pick(&["", "", "", "ForAllValues:", "ForAnyValue:"]);
        let end = *random.pick(&["", "", "IfExists"]);
        let operator = format!("{set}{}{end}", random.pick(&OPERATORS));
        let key = random.pick(&KEYS).to_uppercase();
        block.insert(operator, json!({ key: some(random, &VALUES) }));
    }
    Value::Object(block)
}

/// One of the choices, or a list of up to three.
fn some(random: &mut Dice, choices: &[&str]) -> Value {
    match random.below(4) {
        0 => json!((0..random.below(4)).map(|_| *random.pick(choices)).collect::<Vec<_>>()),
        _ => json!(random.pick(choices)),
    }
}
