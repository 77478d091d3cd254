//! The path itself, over a made-up service: what is decided, recorded and committed together.
//!
//! The table borrows names of Secrets Manager and S3, so that the interface models know its
//! members; who exists and what they may do is a constant of the test.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use expect_test::{Expect, expect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{DataKey, Entropy, Record, Store, StoreError, Table, Tx};

use crate::{
    Access, Check, Clock, Credential, Cx, Digests, Fault, Gateway, IdentitySource, Invocation,
    Principal, PrincipalPolicies, Service, Staged, Upload, UploadPlan, User, World, read, upload,
    write,
};

const NOTES: Table<Note> = Table::new("test.notes");

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note(String);

impl Record for Note {}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = (self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst) >> 56) as u8;
        }
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_768_464_000, 0).unwrap()
    }
}

/// `ann` may do everything but `secretsmanager:DeleteSecret`; nobody else may do anything.
struct OnlyAnn;

impl IdentitySource for OnlyAnn {
    fn credential(
        &self,
        _: &Tx,
        _: &store::Seal,
        _: &str,
        _: Option<&str>,
    ) -> Result<Option<Credential>, StoreError> {
        Ok(None)
    }

    fn policies(
        &self,
        _: &Tx,
        parse: &dyn Fn(&str) -> Result<Arc<policy::Document>, Fault>,
        principal: &Principal,
    ) -> Result<PrincipalPolicies, Fault> {
        let mut policies = PrincipalPolicies::default();
        if matches!(principal, Principal::User(user) if user.name == "ann") {
            let text = r#"{"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Action":"*","Resource":"*"},
                {"Effect":"Deny","Action":"secretsmanager:DeleteSecret","Resource":"*"}]}"#;
            let identity = policy::PolicyKind::Identity;
            policies.identity.push(policy::Policy::new(identity, "ann's", parse(text)?));
        }
        Ok(policies)
    }
}

fn on_secret(action: &'static str) -> Access {
    Access::to(Check::new(action, "arn:aws:secretsmanager:us-east-1:111111111111:secret:n-abcdef"))
}

fn put(cx: &mut Cx, input: Value) -> Result<Value, Fault> {
    let name = input["Name"].as_str().unwrap().to_owned();
    cx.put(&NOTES, &name, &Note(name.clone()))?;
    cx.notify_after_commit("notes", name.clone());
    if input["Description"] == "fail" {
        return Err(Fault::new("InvalidRequestException", "after the write").status(400));
    }
    Ok(json!({ "Name": name }))
}

/// Puts a note by way of the other operation, then fails when it is told to.
fn outer(cx: &mut Cx, input: Value) -> Result<Value, Fault> {
    let inner = json!({ "Name": input["SecretId"], "SecretString": "hush" });
    let call = Invocation::forwarded("kms", "secretsmanager", "CreateSecret", inner);
    cx.invoke(call)?;
    if input["Description"] == "fail" {
        return Err(Fault::new("InvalidRequestException", "after the inner call").status(400));
    }
    Ok(json!({}))
}

/// Goes on after a call whose own inner call had succeeded failed.
fn swallowing(cx: &mut Cx, input: Value) -> Result<Value, Fault> {
    let name = |prefix: &str| format!("{prefix}-{}", input["SecretId"].as_str().unwrap());
    cx.put(&NOTES, &name("before"), &Note("kept".to_owned()))?;
    let inner = json!({ "SecretId": name("inner"), "Description": "fail" });
    let failed = cx.invoke(Invocation::direct("secretsmanager", "UpdateSecret", inner));
    cx.put(&NOTES, &name("after"), &Note("kept".to_owned()))?;
    Ok(json!({ "Name": failed.unwrap_err().code }))
}

fn reading_that_writes(cx: &Cx, _: Value) -> Result<Value, Fault> {
    let inner = json!({ "Name": "n" });
    cx.invoke(Invocation::direct("secretsmanager", "CreateSecret", inner))
}

fn begin(_: &Cx, input: &Value) -> Result<UploadPlan<()>, Fault> {
    if input["Key"] == "refused" {
        return Err(Fault::new("InvalidRequest", "at the beginning").status(400));
    }
    let digests = Digests { md5: true, ..Digests::default() };
    Ok(UploadPlan { key: DataKey::new([7; 32]), digests, detail: () })
}

fn finish(cx: &mut Cx, input: Value, (): (), staged: Staged) -> Result<Value, Fault> {
    let key = input["Key"].as_str().unwrap();
    if key == "late" {
        return Err(Fault::new("NoSuchBucket", "it went meanwhile").status(404));
    }
    cx.put(&NOTES, key, &Note(format!("{} bytes", staged.bytes)))?;
    Ok(json!({ "ETag": hex::encode(staged.md5.unwrap()) }))
}

fn object(_: &Cx, _: &Value) -> Result<Access, Fault> {
    Ok(Access::to(Check::new("s3:PutObject", "arn:aws:s3:::b/k")))
}

struct Bench {
    gateway: Arc<Gateway>,
    heard: Arc<Mutex<Vec<String>>>,
    directory: tempfile::TempDir,
}

fn bench() -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let entropy = Arc::new(Counting(AtomicU64::new(3)));
    let store = Store::open(directory.path(), entropy.clone()).unwrap();
    let secrets = Service::new(
        "secretsmanager",
        vec![
            write("CreateSecret", |_, _: &Value| Ok(on_secret("secretsmanager:CreateSecret")), put),
            write(
                "UpdateSecret",
                |_, _: &Value| Ok(on_secret("secretsmanager:UpdateSecret")),
                outer,
            ),
            write(
                "PutSecretValue",
                |_, _: &Value| Ok(on_secret("secretsmanager:PutSecretValue")),
                swallowing,
            ),
            write("TagResource", |_, _: &Value| Ok(Access::default()), put),
            write("DeleteSecret", |_, _: &Value| Ok(on_secret("secretsmanager:DeleteSecret")), put),
            read(
                "DescribeSecret",
                |_, _: &Value| Ok(on_secret("secretsmanager:DescribeSecret")),
                reading_that_writes,
            ),
        ],
    );
    let objects = Service::new("s3", vec![upload("PutObject", object, begin, finish)]);
    let world = World::new(Arc::new(Still), entropy);
    let gateway = Gateway::new(world, store, vec![secrets, objects], Box::new(OnlyAnn));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    gateway.listen("notes", move |subject| sink.lock().unwrap().push(subject.to_owned()));
    Bench { gateway: Arc::new(gateway), heard, directory }
}

fn user(name: &str) -> Principal {
    Principal::User(User {
        account: "111111111111".parse().unwrap(),
        path: "/".to_owned(),
        name: name.to_owned(),
        id: "AIDAEXAMPLE".to_owned(),
        tags: std::collections::BTreeMap::new(),
        session: None,
    })
}

impl Bench {
    fn call(&self, who: &str, operation: &str, input: Value) -> String {
        let origin = self.gateway.own_origin("us-east-1".parse().unwrap());
        match self.gateway.call(user(who), origin, "secretsmanager", operation, input) {
            Ok(output) => output.value.to_string(),
            Err(fault) => fault.to_string(),
        }
    }

    fn upload(&self, who: &str, key: &str) -> Result<Upload, Fault> {
        let origin = self.gateway.own_origin("us-east-1".parse().unwrap());
        let input = json!({ "Bucket": "b", "Key": key });
        self.gateway.begin_upload(user(who), origin, "s3", "PutObject", input, &Digests::default())
    }

    /// A body that lies whole.
    fn staged(&self, key: &str, body: &[u8]) -> crate::StagedUpload {
        let mut upload = self.upload("ann", key).unwrap();
        upload.write_all(body).unwrap();
        upload.stage(&self.gateway).unwrap()
    }

    fn commit(&self, staged: Vec<crate::StagedUpload>) -> Result<Vec<Value>, Fault> {
        let origin = self.gateway.own_origin("us-east-1".parse().unwrap());
        self.gateway.commit_uploads(user("ann"), origin, staged, |_| Ok(()))
    }

    /// The notes by name.
    fn notes(&self) -> Vec<String> {
        let origin = self.gateway.own_origin("us-east-1".parse().unwrap());
        let seen = self.gateway.inspect(origin, |cx| cx.scan(&NOTES, "", None, 100)).unwrap();
        seen.into_iter().map(|(name, _)| name).collect()
    }

    /// The records, oldest first: operation, error, through which service.
    fn records(&self) -> Vec<String> {
        let scan = self.gateway.store().scan_audit().unwrap();
        let mut lines: Vec<String> = scan
            .map(|record| {
                let record: Value = serde_json::from_slice(&record.unwrap().payload).unwrap();
                let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
                let (name, error) = (text(&record["eventName"]), text(&record["errorCode"]));
                format!("{name} {error} {}", text(&record["userIdentity"]["invokedBy"]))
            })
            .collect();
        lines.reverse();
        lines
    }

    fn blobs(&self) -> usize {
        fn files(path: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|e| if e.path().is_dir() { files(&e.path()) } else { 1 }).sum()
        }
        files(&self.directory.path().join("blobs"))
    }

    /// Answer, notes, listeners, records, blobs.
    #[track_caller]
    fn check(&self, answer: impl std::fmt::Display, expect: Expect) {
        let story = format!(
            "{answer}\nnotes {:?}\nheard {:?}\n{}\nblobs {}",
            self.notes(),
            self.heard.lock().unwrap(),
            self.records().join("\n"),
            self.blobs()
        );
        expect.assert_eq(&story);
    }
}

#[test]
fn success_commits_the_change_and_its_record() {
    let bench = bench();
    let answer = bench.call("ann", "CreateSecret", json!({ "Name": "n" }));
    bench.check(
        answer,
        expect![[r#"
        {"Name":"n"}
        notes ["n"]
        heard ["n"]
        CreateSecret - -
        blobs 0"#]],
    );
}

#[test]
fn an_access_function_that_asks_for_nothing_allows_nothing() {
    let bench = bench();
    let answer = bench.call("ann", "TagResource", json!({ "Name": "n" }));
    bench.check(
        answer,
        expect![[r#"
        InternalFailure: An internal error occurred.
        notes []
        heard []
        TagResource InternalFailure -
        blobs 0"#]],
    );
}

#[test]
fn a_failing_handler_leaves_one_record_and_no_change() {
    let bench = bench();
    let input = json!({ "Name": "n", "Description": "fail" });
    let answer = bench.call("ann", "CreateSecret", input);
    bench.check(
        answer,
        expect![[r#"
        InvalidRequestException: after the write
        notes []
        heard []
        CreateSecret InvalidRequestException -
        blobs 0"#]],
    );
}

#[test]
fn a_failed_inner_call_leaves_only_its_attempt_to_a_caller_that_goes_on() {
    let bench = bench();
    let answer = bench.call("ann", "PutSecretValue", json!({ "SecretId": "n" }));
    bench.check(
        answer,
        expect![[r#"
        {"Name":"InvalidRequestException"}
        notes ["after-n", "before-n"]
        heard []
        UpdateSecret InvalidRequestException -
        PutSecretValue - -
        blobs 0"#]],
    );
}

#[test]
fn a_denied_call_never_reaches_its_handler() {
    for who in ["ann", "eve"] {
        let bench = bench();
        let answer = bench.call(who, "DeleteSecret", json!({ "Name": "n" }));
        assert!(answer.starts_with("AccessDeniedException: "), "{answer}");
        bench.check(
            "",
            expect![[r#"

            notes []
            heard []
            DeleteSecret AccessDeniedException -
            blobs 0"#]],
        );
    }
}

#[test]
fn a_call_inside_a_call_is_decided_and_recorded_too_and_shares_its_fate() {
    let bench = bench();
    let answer = bench.call("ann", "UpdateSecret", json!({ "SecretId": "n" }));
    bench.check(
        answer,
        expect![[r#"
        {}
        notes ["n"]
        heard ["n"]
        CreateSecret - kms.amazonaws.com
        UpdateSecret - -
        blobs 0"#]],
    );
    let input = json!({ "SecretId": "m", "Description": "fail" });
    let answer = bench.call("ann", "UpdateSecret", input);
    // The inner call's success went with its change, so no record tells of it.
    bench.check(
        answer,
        expect![[r#"
            InvalidRequestException: after the inner call
            notes ["n"]
            heard ["n"]
            CreateSecret - kms.amazonaws.com
            UpdateSecret - -
            UpdateSecret InvalidRequestException -
            blobs 0"#]],
    );
}

#[test]
fn a_reading_operation_cannot_write_by_way_of_another() {
    let bench = bench();
    let answer = bench.call("ann", "DescribeSecret", json!({ "SecretId": "n" }));
    bench.check(
        answer,
        expect![[r#"
        InternalFailure: An internal error occurred.
        notes []
        heard []
        DescribeSecret InternalFailure -
        blobs 0"#]],
    );
}

#[test]
fn records_hold_no_secret() {
    let bench = bench();
    bench.call("ann", "UpdateSecret", json!({ "SecretId": "n" }));
    let scan = bench.gateway.store().scan_audit().unwrap();
    for record in scan {
        let text = String::from_utf8(record.unwrap().payload).unwrap();
        assert!(!text.contains("hush"), "{text}");
    }
}

#[test]
fn what_is_not_built_is_not_implemented() {
    let bench = bench();
    let answer = bench.call("ann", "RotateSecret", json!({}));
    assert!(answer.starts_with("NotImplemented: "), "{answer}");
    assert!(bench.records().is_empty());
}

#[test]
fn an_upload_is_seen_when_it_is_committed() {
    let bench = bench();
    let staged = bench.staged("k", &b"hello".repeat(1_000));
    assert_eq!((bench.notes().len(), bench.blobs()), (0, 1));
    let answer = bench.commit(vec![staged]).unwrap();
    bench.check(
        answer[0]["ETag"].as_str().unwrap(),
        expect![[r#"
        15986aaa2edb1a5148af59d63d59e281
        notes ["k"]
        heard []
        PutObject - -
        blobs 1"#]],
    );
}

#[test]
fn an_upload_that_is_given_up_leaves_nothing() {
    let bench = bench();
    let mut half = bench.upload("ann", "k").unwrap();
    half.write_all(&[0; 200_000]).unwrap();
    assert_eq!(bench.blobs(), 1);
    drop(half);
    drop(bench.staged("k", &b"hello".repeat(1_000)));
    assert_eq!((bench.notes().len(), bench.blobs()), (0, 0));
}

#[test]
fn uploads_that_are_refused_leave_their_record_only() {
    let bench = bench();
    let told = |outcome: Result<Upload, Fault>| outcome.err().unwrap().code;
    assert_eq!(told(bench.upload("eve", "k")), "AccessDenied");
    assert_eq!(told(bench.upload("ann", "refused")), "InvalidRequest");
    bench.check(
        "",
        expect![[r#"

        notes []
        heard []
        PutObject AccessDenied -
        PutObject InvalidRequest -
        blobs 0"#]],
    );
}

#[test]
fn uploads_committed_together_appear_together_or_not_at_all() {
    let bench = bench();
    let staged = |keys: &[&str]| -> Vec<_> {
        keys.iter().map(|key| bench.staged(key, &[b'1'; 5_000])).collect()
    };
    let three = staged(&["one", "late", "two"]);
    assert_eq!(bench.blobs(), 3);
    let fault = bench.commit(three).unwrap_err();
    assert_eq!(fault.code, "NoSuchBucket");
    assert_eq!((bench.notes().len(), bench.blobs()), (0, 0));
    assert_eq!(bench.records(), ["PutObject NoSuchBucket -"]);
    assert_eq!(bench.commit(staged(&["one", "two"])).unwrap().len(), 2);
    assert_eq!((bench.notes(), bench.blobs()), (vec!["one".to_owned(), "two".to_owned()], 2));
}

#[test]
fn texts_of_the_world_are_even_and_ids_are_uuids() {
    let world = World::system();
    let text = world.text(b"ab", 4_000);
    let count = text.bytes().filter(|byte| *byte == b'a').count();
    assert!((1_700..2_300).contains(&count), "{count}");
    let id = world.uuid();
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
    assert_ne!(id, world.uuid());
}
