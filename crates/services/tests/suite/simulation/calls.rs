//! The steps: an administrator changes a policy, somebody calls, the world restarts.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{ACCOUNTS, Caller, World};

use super::model::{Account, Kind, Somebody};
use super::rules::{self, Policy, Question, Statement, allows, document, root};
use dice::Dice;

const IDENTITY_ACTIONS: [&str; 11] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:*",
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:*",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    "*",
];
/// Steps that a session is used for: the clock moves a minute a step at most, sessions last an hour.
const SESSION_STEPS: usize = 50;

pub struct Simulation {
    world: World,
    dice: Dice,
    accounts: Vec<Account>,
    people: Vec<Somebody>,
    steps: usize,
    /// The last record seen.
    newest: Option<Vec<u8>>,
    /// The last step, for the message of a failure.
    pub last: String,
    pub allowed: usize,
    pub denied: usize,
    /// Calls let in from another account.
    pub across: usize,
}

/// A call of the simulation.
struct Call {
    service: &'static str,
    operation: &'static str,
    input: Value,
    body: Option<Vec<u8>>,
}

/// What came back: the output, or the error's code; and a body.
struct Told {
    outcome: Result<Value, String>,
    body: Vec<u8>,
}

impl Simulation {
    pub fn new(seed: u64) -> Self {
        let world = World::seeded(seed);
        let accounts: Vec<Account> =
            ACCOUNTS.iter().map(|(name, id)| found(&world, name, id)).collect();
        let mut people = Vec::new();
        for (number, account) in accounts.iter().enumerate() {
            for name in ["ann", "bob"] {
                people.push(Somebody {
                    caller: world.user(account.name, name, &[]),
                    account: number,
                    named: format!("arn:aws:iam::{}:user/{name}", account.id),
                    kind: Kind::User { name: name.to_owned(), policy: Vec::new() },
                    until: usize::MAX,
                });
            }
        }
        let (dice, last) = (Dice::new(seed), String::new());
        let (steps, allowed, denied, across) = (0, 0, 0, 0);
        let newest = None;
        let mut made =
            Self { world, dice, accounts, people, steps, newest, last, allowed, denied, across };
        made.new_records();
        made
    }

    /// One step.
    pub fn step(&mut self) {
        self.steps += 1;
        let steps = self.steps;
        self.people.retain(|one| one.until > steps);
        match self.dice.below(100) {
            0..2 => self.restart(),
            2..6 => self.world.advance(chrono::Duration::minutes(1)),
            6..36 => self.change_policy(),
            _ => self.somebody_calls(),
        }
    }

    // --- administrators ----------------------------------------------------------------------

    fn change_policy(&mut self) {
        let number = self.dice.below(self.accounts.len());
        match self.dice.below(6) {
            0 | 1 => self.change_user(),
            2 => self.change_role(number),
            3 => self.change_bucket(number),
            4 => self.change_key(number),
            _ => self.change_secret(number),
        }
    }

    fn change_user(&mut self) {
        let resources = self.resources();
        let users: Vec<usize> = (0..self.people.len())
            .filter(|n| matches!(self.people[*n].kind, Kind::User { .. }))
            .collect();
        let chosen = *self.dice.pick(&users);
        let new = rules::random(&mut self.dice, &IDENTITY_ACTIONS, &resources, &[]);
        let account = self.people[chosen].account;
        let Kind::User { name, policy } = &mut self.people[chosen].kind else { return };
        let input = json!({ "UserName": name, "PolicyName": "permissions" });
        let was = std::mem::replace(policy, new.clone());
        let call = identity_change("User", input, &new);
        let may_be_absent = was.is_empty();
        self.administer(account, call, may_be_absent);
    }

    fn change_role(&mut self, number: usize) {
        let resources = self.resources();
        if self.dice.below(100) < 50 {
            let whom = self.principals();
            let mut trust =
                rules::random(&mut self.dice, &["sts:AssumeRole"], &["*".into()], &whom);
            if trust.is_empty() {
                trust.push(statement("sts:AssumeRole", "*", vec![whom[0].clone()]));
            }
            let statements: Vec<Value> = trust
                .iter()
                .map(|one| {
                    let mut made = one.json();
                    made.as_object_mut().unwrap().remove("Resource");
                    made
                })
                .collect();
            let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            let input = json!({ "RoleName": "role", "PolicyDocument": document });
            self.accounts[number].trust = trust;
            self.administer(number, call("iam", "UpdateAssumeRolePolicy", input), false);
        } else {
            let new = rules::random(&mut self.dice, &IDENTITY_ACTIONS, &resources, &[]);
            let was = std::mem::replace(&mut self.accounts[number].role_policy, new.clone());
            let input = json!({ "RoleName": "role", "PolicyName": "permissions" });
            self.administer(number, identity_change("Role", input, &new), was.is_empty());
        }
    }

    fn change_bucket(&mut self, number: usize) {
        let bucket = self.accounts[number].bucket.clone();
        let whom = self.principals();
        let actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
        let objects = [format!("arn:aws:s3:::{bucket}/*"), format!("arn:aws:s3:::{bucket}/k1")];
        let new = rules::random(&mut self.dice, &actions, &objects, &whom);
        let input = match new.is_empty() {
            true => call("s3", "DeleteBucketPolicy", json!({ "Bucket": bucket })),
            false => {
                let input = json!({ "Bucket": bucket, "Policy": document(&new) });
                call("s3", "PutBucketPolicy", input)
            }
        };
        self.accounts[number].bucket_policy = new;
        self.administer(number, input, false);
    }

    fn change_key(&mut self, number: usize) {
        let whom = self.principals();
        let actions = ["kms:Encrypt", "kms:Decrypt"];
        let mut random = rules::random(&mut self.dice, &actions, &["*".into()], &whom);
        self.spare_admin(number, &mut random);
        let new = key_policy(&self.accounts[number].id, random);
        let input = json!({
            "KeyId": self.accounts[number].key, "PolicyName": "default", "Policy": document(&new),
        });
        self.accounts[number].key_policy = new;
        self.administer(number, call("kms", "PutKeyPolicy", input), false);
    }

    fn change_secret(&mut self, number: usize) {
        let secret = self.accounts[number].secret.clone();
        let whom = self.principals();
        let action = ["secretsmanager:GetSecretValue"];
        let mut new = rules::random(&mut self.dice, &action, &["*".into()], &whom);
        self.spare_admin(number, &mut new);
        let call = match new.is_empty() {
            true => call("secretsmanager", "DeleteResourcePolicy", json!({ "SecretId": secret })),
            false => {
                let input = json!({ "SecretId": secret, "ResourcePolicy": document(&new) });
                call("secretsmanager", "PutResourcePolicy", input)
            }
        };
        self.accounts[number].secret_policy = new;
        self.administer(number, call, false);
        if self.dice.below(100) < 50 {
            let value = format!("value {}", self.steps);
            let input = json!({
                "SecretId": secret, "SecretString": value,
                "ClientRequestToken": format!("{:036}", self.steps),
            });
            self.accounts[number].secret_value = value;
            self.administer(number, self::call("secretsmanager", "PutSecretValue", input), false);
        }
    }

    /// What denies a whole account would deny its administrator too, who is to compare.
    fn spare_admin(&self, number: usize, policy: &mut Policy) {
        let whole = root(&self.accounts[number].id);
        policy.retain(|statement| statement.allow || !statement.principals.contains(&whole));
    }

    /// A call of an account's administrator, which succeeds.
    fn administer(&mut self, number: usize, call: Call, may_be_absent: bool) {
        let caller = self.accounts[number].admin.clone();
        self.last = format!("{} by admin of {number}: {}", call.operation, call.input);
        let told = self.send(&caller, &call);
        let fine =
            told.outcome.is_ok() || (may_be_absent && told.outcome == Err("NoSuchEntity".into()));
        assert!(fine, "{:?}", told.outcome);
        let error = told.outcome.err();
        self.check_records(&call, number, number, error.as_deref());
    }

    // --- everybody ---------------------------------------------------------------------------

    fn somebody_calls(&mut self) {
        let who = self.dice.below(self.people.len());
        let target = self.dice.below(self.accounts.len());
        match self.dice.below(8) {
            0 | 1 => self.get_object(who, target),
            2 => self.put_object(who, target),
            3 => self.delete_object(who, target),
            4 => self.encrypt(who, target),
            5 => self.decrypt(who, target),
            6 => self.get_secret(who, target),
            _ => self.assume(who, target),
        }
    }

    /// Whether the rules let `who` do this with something of `target`.
    fn may(&self, who: usize, target: usize, action: &str, resource: &str) -> bool {
        let actor = self.people[who].actor(&self.accounts);
        let account = &self.accounts[target];
        let (guard, guard_decides): (&[Statement], bool) = match action.split(':').next().unwrap() {
            "s3" => (&account.bucket_policy, false),
            "kms" => (&account.key_policy, true),
            "sts" => (&account.trust, true),
            _ => (&account.secret_policy, false),
        };
        let owner = &account.id;
        allows(&Question { actor: &actor, action, resource, owner, guard, guard_decides })
    }

    /// Makes the call and compares: let in or denied, and its records.
    fn attempt(
        &mut self,
        who: usize,
        target: usize,
        call: Call,
        expected: Result<(), &str>,
    ) -> Told {
        let caller = self.people[who].caller.clone();
        let from = self.people[who].account;
        self.last = format!(
            "{} by {} (of {from}) on {target}: {} expecting {expected:?}",
            call.operation, self.people[who].named, call.input
        );
        let told = self.send(&caller, &call);
        let found = told.outcome.as_ref().map(drop).map_err(String::as_str);
        assert_eq!(found, expected, "{}", self.last);
        match expected {
            Ok(()) if from != target => self.across += 1,
            Ok(()) => self.allowed += 1,
            Err(_) => self.denied += 1,
        }
        self.check_records(&call, from, target, expected.err());
        told
    }

    fn get_object(&mut self, who: usize, target: usize) {
        let key = format!("k{}", self.dice.below(4));
        let bucket = self.accounts[target].bucket.clone();
        let arn = format!("arn:aws:s3:::{bucket}/{key}");
        let held = self.accounts[target].objects.get(&key).cloned();
        let lists = self.may(who, target, "s3:ListBucket", &format!("arn:aws:s3:::{bucket}"));
        let expected = match (self.may(who, target, "s3:GetObject", &arn), &held) {
            (true, Some(_)) => Ok(()),
            (true, None) if lists => Err("NoSuchKey"),
            _ => Err("AccessDenied"),
        };
        let input = json!({ "Bucket": bucket, "Key": key });
        let told = self.attempt(who, target, call("s3", "GetObject", input), expected);
        if expected.is_ok() {
            assert_eq!(Some(told.body), held);
        }
    }

    fn put_object(&mut self, who: usize, target: usize) {
        let key = format!("k{}", self.dice.below(4));
        let bucket = self.accounts[target].bucket.clone();
        let arn = format!("arn:aws:s3:::{bucket}/{key}");
        let body = format!("{} at step {}", self.people[who].named, self.steps);
        let body = body.repeat(1 + self.dice.below(2_000)).into_bytes();
        let expected = answer(self.may(who, target, "s3:PutObject", &arn), "AccessDenied");
        let input = json!({ "Bucket": bucket, "Key": key });
        let call = Call { body: Some(body.clone()), ..call("s3", "PutObject", input) };
        self.attempt(who, target, call, expected);
        if expected.is_ok() {
            self.accounts[target].objects.insert(key, body);
        }
    }

    fn delete_object(&mut self, who: usize, target: usize) {
        let key = format!("k{}", self.dice.below(4));
        let bucket = self.accounts[target].bucket.clone();
        let arn = format!("arn:aws:s3:::{bucket}/{key}");
        let expected = answer(self.may(who, target, "s3:DeleteObject", &arn), "AccessDenied");
        let input = json!({ "Bucket": bucket, "Key": key });
        self.attempt(who, target, call("s3", "DeleteObject", input), expected);
        if expected.is_ok() {
            self.accounts[target].objects.remove(&key);
        }
    }

    fn encrypt(&mut self, who: usize, target: usize) {
        let key = self.accounts[target].key.clone();
        let expected = answer(self.may(who, target, "kms:Encrypt", &key), "AccessDeniedException");
        let plain = format!("AAA{}", char::from(b'A' + self.dice.below(26) as u8));
        let input = json!({ "KeyId": key, "Plaintext": plain });
        let told = self.attempt(who, target, call("kms", "Encrypt", input), expected);
        if let Ok(output) = told.outcome {
            let text = output["CiphertextBlob"].as_str().unwrap().to_owned();
            self.accounts[target].ciphertexts.push((text, plain));
        }
    }

    fn decrypt(&mut self, who: usize, target: usize) {
        let Some((text, plain)) = self.accounts[target].ciphertexts.last().cloned() else { return };
        let key = self.accounts[target].key.clone();
        let expected = answer(self.may(who, target, "kms:Decrypt", &key), "AccessDeniedException");
        let input = json!({ "CiphertextBlob": text, "KeyId": key });
        let told = self.attempt(who, target, call("kms", "Decrypt", input), expected);
        if let Ok(output) = told.outcome {
            assert_eq!(output["Plaintext"], plain);
        }
    }

    fn get_secret(&mut self, who: usize, target: usize) {
        let (secret, key) =
            (self.accounts[target].secret.clone(), self.accounts[target].key.clone());
        let reads = self.may(who, target, "secretsmanager:GetSecretValue", &secret);
        let opens = self.may(who, target, "kms:Decrypt", &key);
        let expected = answer(reads && opens, "AccessDeniedException");
        let input = json!({ "SecretId": secret });
        let call = call("secretsmanager", "GetSecretValue", input);
        let told = self.attempt(who, target, call, expected);
        if let Ok(output) = told.outcome {
            assert_eq!(output["SecretString"], self.accounts[target].secret_value);
        }
    }

    fn assume(&mut self, who: usize, target: usize) {
        let role = self.accounts[target].role.clone();
        let expected = answer(self.may(who, target, "sts:AssumeRole", &role), "AccessDenied");
        let input = json!({ "RoleArn": role, "RoleSessionName": format!("s{}", self.steps) });
        let told = self.attempt(who, target, call("sts", "AssumeRole", input), expected);
        if let Ok(output) = told.outcome {
            self.people.push(Somebody {
                caller: Caller::of(&output["Credentials"]),
                account: target,
                named: role,
                kind: Kind::Session { role_of: target },
                until: self.steps + SESSION_STEPS,
            });
        }
    }

    // --- comparing ---------------------------------------------------------------------------

    fn send(&self, caller: &Caller, call: &Call) -> Told {
        let mut request = self.world.request(call.service, call.operation, &call.input);
        if let Some(body) = &call.body {
            request.with_body(body);
        }
        self.world.sign(&mut request, caller);
        let answer = self.world.send(request);
        let outcome = answer.result().map_err(|error| error.code);
        Told { outcome, body: answer.body }
    }

    /// What is new in the log since the last look, oldest first.
    fn new_records(&mut self) -> Vec<([u64; 2], Value)> {
        let mut new = Vec::new();
        let mut newest = None;
        for record in self.world.gateway().store().scan_audit().unwrap() {
            let record = record.unwrap();
            if self.newest.as_ref() == Some(&record.payload) {
                break;
            }
            new.push((record.header.accounts, serde_json::from_slice(&record.payload).unwrap()));
            newest.get_or_insert(record.payload);
        }
        self.newest = newest.or(self.newest.take());
        new.reverse();
        new
    }

    /// One record of the call itself, for the trails of the caller and of the owner; what else is
    /// new was done by a service on the way.
    fn check_records(&mut self, call: &Call, from: usize, target: usize, error: Option<&str>) {
        let (inner, outer): (Vec<_>, Vec<_>) = self
            .new_records()
            .into_iter()
            .partition(|(_, record)| record.pointer("/userIdentity/invokedBy").is_some());
        let [(accounts, record)] = &outer[..] else {
            panic!("{}: {} records of its own", self.last, outer.len())
        };
        assert_eq!(record["eventName"], call.operation);
        assert_eq!(record.get("errorCode").and_then(Value::as_str), error, "{}", self.last);
        assert_eq!(record.get("sharedEventID").is_some(), from != target, "{}", self.last);
        let concerned = BTreeSet::from([from, target]);
        let numbers: BTreeSet<u64> =
            concerned.iter().map(|number| self.accounts[*number].id.parse().unwrap()).collect();
        let seen: BTreeSet<u64> = accounts.iter().copied().filter(|number| *number != 0).collect();
        assert_eq!(seen, numbers, "{}: trails", self.last);
        for (_, record) in inner {
            let service = format!("{}.amazonaws.com", call.service);
            assert_eq!(record["userIdentity"]["invokedBy"], service, "{}", self.last);
        }
    }

    /// Each account's trail shows as many records as are marked for it.
    fn compare_trails(&self) {
        for account in &self.accounts {
            let number: u64 = account.id.parse().unwrap();
            let records = self.world.gateway().store().scan_audit().unwrap();
            let marked = records.filter(|r| r.as_ref().unwrap().header.accounts.contains(&number));
            assert_eq!(self.world.trail(account.name).len(), marked.count(), "{}", account.name);
        }
    }

    /// Restarts the world; then everything must be as the model has it.
    pub fn restart(&mut self) {
        self.last = "restart".to_owned();
        let before = self.world.whole_audit();
        self.world.restart();
        assert!(self.world.whole_audit() == before, "the audit log changed with a restart");
        for number in 0..self.accounts.len() {
            self.compare_objects(number);
            let Account { admin, secret, secret_value, .. } = &self.accounts[number];
            let input = json!({ "SecretId": secret });
            let read = self.world.ok(admin, "secretsmanager", "GetSecretValue", input);
            assert_eq!(read["SecretString"], **secret_value);
        }
        let referenced =
            self.world.gateway().inspect(self.world.origin(), services::s3::referenced_blobs);
        let objects = self.accounts.iter().flat_map(|account| account.objects.values());
        let files = objects.filter(|body| body.len() > store::INLINE_BYTES).count();
        assert_eq!((referenced.unwrap().len(), blobs(&self.world)), (files, files));
        self.compare_trails();
        self.new_records();
    }

    fn compare_objects(&self, number: usize) {
        let Account { admin, bucket, objects, .. } = &self.accounts[number];
        let input = json!({ "Bucket": bucket });
        let listed = self.world.ok(admin, "s3", "ListObjectsV2", input);
        let contents = listed["Contents"].as_array().cloned().unwrap_or_default();
        let found: Vec<(&str, u64)> = contents
            .iter()
            .map(|o| (o["Key"].as_str().unwrap(), o["Size"].as_u64().unwrap()))
            .collect();
        let expected: Vec<(&str, u64)> =
            objects.iter().map(|(key, body)| (key.as_str(), body.len() as u64)).collect();
        assert_eq!(found, expected);
    }

    /// What policies may name: every user and role, and every account.
    fn principals(&self) -> Vec<String> {
        let users = self.people.iter().map(|one| one.named.clone());
        let accounts = self.accounts.iter().flat_map(|a| [a.role.clone(), root(&a.id)]);
        users.chain(accounts).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What identity policies may be about.
    fn resources(&self) -> Vec<String> {
        let of = |a: &Account| {
            let bucket = format!("arn:aws:s3:::{}", a.bucket);
            [format!("{bucket}/*"), bucket, a.key.clone(), a.secret.clone(), a.role.clone()]
        };
        self.accounts.iter().flat_map(of).chain(["*".to_owned()]).collect()
    }
}

fn call(service: &'static str, operation: &'static str, input: Value) -> Call {
    Call { service, operation, input, body: None }
}

fn answer(may: bool, denial: &str) -> Result<(), &str> {
    if may { Ok(()) } else { Err(denial) }
}

fn statement(action: &str, resource: &str, principals: Vec<String>) -> Statement {
    Statement { allow: true, action: action.into(), resource: resource.into(), principals }
}

fn identity_change(of: &str, mut input: Value, new: &Policy) -> Call {
    let operation = match (of, new.is_empty()) {
        ("User", true) => "DeleteUserPolicy",
        ("User", false) => "PutUserPolicy",
        (_, true) => "DeleteRolePolicy",
        (_, false) => "PutRolePolicy",
    };
    if !new.is_empty() {
        input["PolicyDocument"] = document(new).into();
    }
    call("iam", operation, input)
}

/// A key's administrator keeps what administering takes; others get what chance gives them.
fn key_policy(account: &str, random: Policy) -> Policy {
    let admin = format!("arn:aws:iam::{account}:user/admin");
    let mut policy = vec![statement("kms:*", "*", vec![admin])];
    policy.extend(random);
    policy
}

fn blobs(world: &World) -> usize {
    let shards = std::fs::read_dir(world.directory().join("blobs")).into_iter().flatten().flatten();
    shards.map(|shard| std::fs::read_dir(shard.path()).into_iter().flatten().count()).sum()
}

/// What every account begins with.
fn found(world: &World, name: &'static str, id: &str) -> Account {
    let admin = world.admin(name);
    let bucket = format!("bucket-of-{name}");
    world.ok(&admin, "s3", "CreateBucket", json!({ "Bucket": bucket }));
    let key_policy = key_policy(id, Vec::new());
    let key = world.ok(&admin, "kms", "CreateKey", json!({ "Policy": document(&key_policy) }));
    let key = key["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let secret = json!({
        "Name": "login", "SecretString": "value 0", "KmsKeyId": key,
        "ClientRequestToken": "00000000-0000-0000-0000-000000000000",
    });
    let secret = world.ok(&admin, "secretsmanager", "CreateSecret", secret);
    let root = root(id);
    let role = world.role(name, "role", &testkit::trusting(&[&root]), &[]);
    Account {
        name,
        id: id.to_owned(),
        bucket,
        bucket_policy: Vec::new(),
        key,
        key_policy,
        secret: secret["ARN"].as_str().unwrap().to_owned(),
        secret_policy: Vec::new(),
        role,
        role_policy: Vec::new(),
        trust: vec![statement("sts:AssumeRole", "*", vec![root])],
        objects: Default::default(),
        secret_value: "value 0".to_owned(),
        ciphertexts: Vec::new(),
        admin,
    }
}
