//! The whole way: plan, apply, run, verify, destroy, and what each says.

use std::sync::{Arc, Mutex};

use expect_test::expect;

use super::movement;
use crate::context::Options;
use crate::database::DbError;
use crate::fake::{Bucket, DEV, Fake, PROD, Role};
use crate::journal::{Entry, Journal};
use crate::render::{Style, Text};
use crate::report::{Action, Exit, Outcome};
use crate::{SavedPlan, apply, destroy, plan, run, status, verify};

/// A writer whose bytes can be looked at afterwards.
#[derive(Clone, Default)]
pub(super) struct Paper(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The text behind a line at the margin: a snapshot drops what all its lines begin with, and
    /// the indentation is part of what is tested.
    pub fn after(&self, command: &str) -> String {
        format!("$ {command}\n{}", self.text())
    }
}

pub(super) struct Stage {
    pub fake: Fake,
    pub cx: crate::Context,
    pub paper: Paper,
    _state: tempfile::TempDir,
}

pub(super) fn stage() -> Stage {
    let state = tempfile::tempdir().unwrap();
    let fake = Fake::new();
    let mut cx = fake.context(state.path());
    let paper = Paper::default();
    cx.reporter = Arc::new(Text::new(Box::new(paper.clone()), None, Style::default()));
    Stage { fake, cx, paper, _state: state }
}

pub(super) async fn applied() -> Stage {
    let stage = stage();
    let done = apply(&movement(), &stage.cx, &Options::default()).await;
    assert_eq!(done.exit, Exit::Done, "{:?}", done.trouble);
    stage.paper.0.lock().unwrap().clear();
    stage
}

#[tokio::test]
async fn the_plan_names_every_hop_and_every_resource_and_changes_nothing() {
    let stage = stage();
    let before = stage.fake.world.lock().unwrap().clone();
    let outcome = plan(&movement(), &stage.cx).await;
    assert_eq!(outcome.exit, Exit::Pending);
    assert_eq!(*stage.fake.world.lock().unwrap(), before);
    assert!(!Journal::path(&stage.cx.state, "orders-to-dev").exists());
    expect![[r#"
        orders-to-dev   select id, note from sales.orders where region…  →  s3://dev-landing/orders/   csv

          dev    1    engineer → CrossAccount-SM-Read-Role
          prod   2    → SM-Read-Role                                 external id, 1 h
          prod   3    read secret prod/redshift/etl                  key prod/secrets
          prod   4    log in to warehouse.sales as etl               TLS, verified
          prod   5    warehouse → CrossAccount-S3-Write-Role         attached, may be used by etl for UNLOAD
          dev    6    → S3-Write-Role                                as dbuser:warehouse/etl
          dev    7    write s3://dev-landing/orders/                 key dev/landing

          dev       + role CrossAccount-SM-Read-Role                           may be assumed by arn:aws:iam::222222222222:user/engineer
          dev       + policy AssumeReader of CrossAccount-SM-Read-Role         may assume SM-Read-Role
          prod      + role SM-Read-Role                                        may be assumed by CrossAccount-SM-Read-Role of 222222222222, with the external id
          prod      + role CrossAccount-S3-Write-Role                          may be assumed by Redshift for dbuser:warehouse/etl
          prod      + policy AssumeWriter of CrossAccount-S3-Write-Role        may assume S3-Write-Role
          dev       + role S3-Write-Role                                       may be assumed by CrossAccount-S3-Write-Role of 111111111111, for dbuser:warehouse/etl
          prod      + key alias/prod/secrets                                   encrypts the secret
          dev       + key alias/dev/landing                                    encrypts the objects
          dev       + policy of key alias/dev/landing                          admits S3-Write-Role through S3
          dev       + bucket dev-landing                                       in us-east-1, owned by 222222222222
          dev       + policy of bucket dev-landing                             denies plain transport and every other key
          dev       + policy WriteTarget of S3-Write-Role                      may list, put and get under s3://dev-landing/orders/
          prod      + secret prod/redshift/etl                                 holds the login of etl
          prod      + policy ReadSecret of SM-Read-Role                        may read secret prod/redshift/etl
          prod      + database user etl                                        may log in to warehouse
          prod      + CrossAccount-S3-Write-Role on cluster warehouse          the cluster may use it (iam:PassRole by prod)
          prod      + grant USAGE on schema sales                              to etl
          prod      + grant SELECT on sales.orders                             to etl
          prod      ~ ASSUMEROLE of PUBLIC                                     closed; others who COPY or UNLOAD then need a grant (it is open until closed)
          prod      + grant ASSUMEROLE on the chain for UNLOAD                 to etl

          in csv, NULL and the empty string look the same; set null_as to keep them apart
          19 to create, 1 to change   landbridge apply orders.toml
    "#]].assert_eq(&stage.paper.text());
}

#[tokio::test]
async fn a_run_tells_each_hop_once() {
    let stage = applied().await;
    let outcome = run(&movement(), &stage.cx, &Options::default()).await;
    assert_eq!(outcome.exit, Exit::Done, "{:?}", outcome.trouble);
    expect![[r#"
        $ run

          dev    1  ✓ engineer → CrossAccount-SM-Read-Role
          prod   2  ✓ → SM-Read-Role                                 external id, 1 h
          prod   3  ✓ read secret prod/redshift/etl                  key prod/secrets
          prod   4  ✓ log in to warehouse.sales as etl               TLS, verified
          prod   5  ✓ warehouse → CrossAccount-S3-Write-Role         attached, may be used by etl for UNLOAD
          dev    6  ✓ → S3-Write-Role                                as dbuser:warehouse/etl
          dev    7  ✓ write s3://dev-landing/orders/                 key dev/landing

          verified   3 rows · 2 files · 15 B · unloaded in 0 ms · manifest orders/manifest · sha-256 in the journal
    "#]].assert_eq(&stage.paper.after("run"));
    let moved = outcome.moved.unwrap();
    assert_eq!((moved.rows, moved.bytes, moved.files.len()), (3, 15, 2));
    assert!(moved.files.iter().all(|file| file.sha256.is_some()));
}

#[tokio::test]
async fn after_destroy_with_data_the_world_is_as_before() {
    let stage = stage();
    let before = stage.fake.world.lock().unwrap().clone();
    for _ in 0..2 {
        good(apply(&movement(), &stage.cx, &Options::default()).await);
        good(run(&movement(), &stage.cx, &Options::default()).await);
        good(verify(&movement(), &stage.cx, &Options::default()).await);
        good(destroy(&movement(), &stage.cx, &Options { data: true, ..Options::default() }).await);
        assert_eq!(stage.fake.world.lock().unwrap().settled(), before);
    }
}

#[tokio::test]
async fn a_second_apply_has_nothing_to_do() {
    let stage = applied().await;
    let changes = stage.fake.knobs.lock().unwrap().changes.len();
    let again = apply(&movement(), &stage.cx, &Options::default()).await;
    good(again.clone());
    assert_eq!(stage.fake.knobs.lock().unwrap().changes.len(), changes);
    assert!(again.steps.iter().all(|step| step.action == Action::Keep), "{:?}", again.steps);
    let planned = plan(&movement(), &stage.cx).await;
    assert_eq!(planned.exit, Exit::Done);
}

#[tokio::test]
async fn a_warehouse_that_cannot_be_asked_stays_closed_and_is_not_asked_twice() {
    let stage = stage();
    stage.fake.knobs.lock().unwrap().no_functions = true;
    good(apply(&movement(), &stage.cx, &Options::default()).await);
    let again = apply(&movement(), &stage.cx, &Options::default()).await;
    assert!(again.steps.iter().all(|step| step.action == Action::Keep), "{:?}", again.steps);
    let taken = destroy(&movement(), &stage.cx, &Options::default()).await;
    let left: Vec<&str> = taken
        .steps
        .iter()
        .filter(|step| step.action == Action::Leave)
        .map(|step| step.id.as_str())
        .collect();
    assert_eq!(left, ["source.close-assumerole"]);
    assert!(!stage.fake.world.lock().unwrap().assumerole_open);
    good(taken);
}

#[tokio::test]
async fn destroy_without_data_keeps_what_the_data_needs_and_says_so() {
    let stage = applied().await;
    good(run(&movement(), &stage.cx, &Options::default()).await);
    stage.paper.0.lock().unwrap().clear();
    good(destroy(&movement(), &stage.cx, &Options::default()).await);
    expect![[r#"
        $ destroy

          prod      - grant ASSUMEROLE … to etl
          prod      ↺ ASSUMEROLE of PUBLIC                                     open to everybody, as it was
          prod      - grant SELECT on sales.orders to etl
          prod      - grant USAGE on sales to etl
          prod      - database user etl
          prod      - CrossAccount-S3-Write-Role on cluster warehouse
          prod      - role SM-Read-Role
          prod      - role CrossAccount-S3-Write-Role
          dev       - role CrossAccount-SM-Read-Role
          dev       - role S3-Write-Role
          prod      - secret prod/redshift/etl
          dev       ↺ policy of key alias/dev/landing                          as it was before
          prod      - key alias/prod/secrets                                   scheduled, 7 days
          dev       · 3 objects under s3://dev-landing/orders/                 kept; landbridge destroy --data deletes them
          dev       · policy of bucket dev-landing                             holds the moved data
          dev       · bucket dev-landing                                       holds the moved data
          dev       · key alias/dev/landing                                    holds the moved data

          4 left on purpose; nothing else of it is left
    "#]].assert_eq(&stage.paper.after("destroy"));
    {
        let world = stage.fake.world.lock().unwrap();
        assert_eq!(world.buckets["dev-landing"].objects.len(), 3);
        assert!(world.buckets["dev-landing"].policy.is_some());
        assert!(world.roles.is_empty() && world.grants.is_empty() && world.assumerole_open);
        let kept = world.aliases.keys().map(|(account, _)| account.as_str()).collect::<Vec<_>>();
        assert_eq!(kept, [DEV]);
    }
    good(destroy(&movement(), &stage.cx, &Options { data: true, ..Options::default() }).await);
    assert!(stage.fake.world.lock().unwrap().buckets.is_empty());
}

#[tokio::test]
async fn what_was_there_before_is_used_and_comes_back_as_it_was() {
    let stage = stage();
    {
        let mut world = stage.fake.world.lock().unwrap();
        let policy = r#"{"Version":"2012-10-17","Statement":{"Sid":"Theirs","Effect":"Deny"}}"#;
        let mut bucket = Bucket { policy: Some(policy.into()), ..Bucket::default() };
        bucket.objects.insert("theirs".into(), b"1".to_vec());
        bucket.objects.insert("orders-old/x".into(), b"2".to_vec());
        world.buckets.insert("dev-landing".into(), bucket);
        world.users.insert("etl".into(), "Etl1etl".into());
        let text = r#"{"username":"etl","password":"Etl1etl","host":"h","port":"5439"}"#;
        world.secrets.insert("prod/redshift/etl".into(), ("arn".into(), text.into()));
        world.assumerole_open = false;
    }
    let before = stage.fake.world.lock().unwrap().clone();
    let done = apply(&movement(), &stage.cx, &Options::default()).await;
    let used: Vec<&str> = done
        .steps
        .iter()
        .filter(|step| step.action == Action::Use)
        .map(|step| step.id.as_str())
        .collect();
    assert_eq!(used, ["target.bucket", "source.secret", "source.user", "source.close-assumerole"]);
    good(done);
    good(run(&movement(), &stage.cx, &Options::default()).await);
    good(destroy(&movement(), &stage.cx, &Options { data: true, ..Options::default() }).await);
    assert_eq!(stage.fake.world.lock().unwrap().settled(), before);
}

#[tokio::test]
async fn a_policy_that_others_changed_meanwhile_keeps_their_change() {
    let stage = applied().await;
    {
        let mut world = stage.fake.world.lock().unwrap();
        let bucket = world.buckets.get_mut("dev-landing").unwrap();
        let mut policy: serde_json::Value =
            serde_json::from_str(bucket.policy.as_ref().unwrap()).unwrap();
        let theirs = serde_json::json!({ "Sid": "Theirs" });
        policy["Statement"].as_array_mut().unwrap().push(theirs);
        bucket.policy = Some(policy.to_string());
        bucket.objects.insert("theirs".into(), b"1".to_vec());
    }
    good(destroy(&movement(), &stage.cx, &Options { data: true, ..Options::default() }).await);
    let world = stage.fake.world.lock().unwrap();
    // The bucket holds somebody's object, so it and its policy stay.
    assert!(world.buckets["dev-landing"].policy.as_ref().unwrap().contains("Theirs"));
}

#[tokio::test]
async fn a_role_of_somebody_else_is_not_touched() {
    let stage = stage();
    let theirs = (PROD.to_owned(), "SM-Read-Role".to_owned());
    stage.fake.world.lock().unwrap().roles.insert(theirs, Role::default());
    let done = apply(&movement(), &stage.cx, &Options::default()).await;
    let trouble = done.trouble.unwrap();
    assert!(trouble.said.unwrap().contains("did not make it"));
    assert_eq!(trouble.fix, ["choose another name under [roles] in orders.toml"]);
    good(destroy(&movement(), &stage.cx, &Options::default()).await);
    assert_eq!(stage.fake.world.lock().unwrap().roles.len(), 1);
}

#[tokio::test]
async fn a_refused_hop_says_what_was_said_why_and_the_smallest_fix() {
    let stage = applied().await;
    {
        let mut world = stage.fake.world.lock().unwrap();
        let role = world.roles.get_mut(&(PROD.into(), "SM-Read-Role".into())).unwrap();
        role.trust = role.trust.replace("landbridge-", "other-");
        let mut knobs = stage.fake.knobs.lock().unwrap();
        let message = "User: … is not authorized to perform: sts:AssumeRole on resource: …";
        knobs.refuse_role = Some(("/SM-Read-Role".into(), message.into()));
        knobs.decoded = Some(
            r#"{"allowed":false,"verdict":"implicit_deny","deciding":[],"blockers":[{
                "cause":"trust","reason":"no statement of the trust policy admits it"}],
                "consulted":[{"kind":"trust","policy":"trust policy of SM-Read-Role","statements":[{
                "statement":1,"sid":"EntryRoleOfThisMovement","line":4,"effect":"Allow",
                "conditions":[{"key":"sts:ExternalId","operator":"StringEquals",
                "wanted":["other-1"],"found":["landbridge-1"],"holds":false},
                {"key":"aws:SecureTransport","wanted":["true"],"found":["true"],"holds":true}]}]}],
                "fixes":[{"cause":"trust","policy":"trust policy of SM-Read-Role","statement":1,
                "sentence":"add the value"}]}"#
                .into(),
        );
    }
    let outcome = run(&movement(), &stage.cx, &Options::default()).await;
    assert_eq!(outcome.exit, Exit::Failed);
    expect![[r#"
        $ run

          dev    1  ✓ engineer → CrossAccount-SM-Read-Role
          prod   2  ✗ → SM-Read-Role                                 external id, 1 h

          tried  CrossAccount-SM-Read-Role assumes SM-Read-Role
          said   AccessDenied: User: … is not authorized to perform: sts:AssumeRole on resource: …
                 request request-1
          why    trust policy of SM-Read-Role, statement EntryRoleOfThisMovement, line 4, condition sts:ExternalId
                   it asks for   other-1
                   this request  landbridge-1
          fix    landbridge apply orders.toml --hop 2
                 (sets role SM-Read-Role; nothing else is opened)
    "#]].assert_eq(&stage.paper.after("run"));
}

#[tokio::test]
async fn a_refused_unload_names_its_hop() {
    let reader = format!("arn:aws:iam::{PROD}:role/CrossAccount-S3-Write-Role");
    let writer = format!("arn:aws:iam::{DEV}:role/S3-Write-Role");
    let cases = [
        (
            format!(
                "User etl does not have ASSUMEROLE permission on IAM role \"{reader},{writer}\" for UNLOAD"
            ),
            5,
        ),
        (format!("The requested role {reader} is not associated to cluster"), 5),
        (
            format!(
                "User arn:aws:redshift:us-east-1:{PROD}:dbuser:warehouse/etl is not authorized to assume IAM Role {reader}"
            ),
            5,
        ),
        (
            format!(
                "User arn:aws:sts::{PROD}:assumed-role/CrossAccount-S3-Write-Role/x is not authorized to assume IAM Role {writer}"
            ),
            6,
        ),
        (format!("User … is not authorized to assume IAM Role {reader},{writer}"), 5),
        (format!("Not authorized to get credentials of role {writer}, should retry : 0"), 6),
        (format!("Not authorized to get credentials of role {reader}, should retry : 0"), 5),
        (
            format!(
                "S3ServiceException:User: arn:aws:sts::{DEV}:assumed-role/S3-Write-Role/x is not authorized to perform: s3:PutObject"
            ),
            7,
        ),
        ("S3ServiceException:Access Denied,Status 403,Error AccessDenied".to_owned(), 7),
        ("permission denied for relation orders".to_owned(), 5),
    ];
    for (message, hop) in cases {
        let stage = applied().await;
        let error = DbError { sqlstate: Some("XX000".into()), ..DbError::local(message.clone()) };
        stage.fake.knobs.lock().unwrap().refuse = Some(error);
        let outcome = run(&movement(), &stage.cx, &Options::default()).await;
        assert_eq!(outcome.trouble.unwrap().hop, Some(hop), "{message}");
        assert_eq!(outcome.hops.len(), usize::from(hop), "{message}");
    }
}

#[tokio::test]
async fn a_prefix_that_holds_objects_is_refused_with_the_ways_out() {
    let stage = applied().await;
    good(run(&movement(), &stage.cx, &Options::default()).await);
    let again = run(&movement(), &stage.cx, &Options::default()).await;
    let trouble = again.trouble.unwrap();
    assert!(trouble.said.unwrap().contains("is not empty"));
    assert!(trouble.fix[0].contains("if_exists = \"replace\""));
}

#[tokio::test]
async fn ctrl_c_cancels_the_statement_and_the_next_run_starts_anew() {
    let mut stage = applied().await;
    stage.fake.knobs.lock().unwrap().hang = true;
    let (switch, cancel) = crate::Cancel::new();
    stage.cx.cancel = cancel;
    let file = movement();
    let options = Options::default();
    let running = run(&file, &stage.cx, &options);
    let (outcome, ()) = tokio::join!(running, async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        switch.send(true).unwrap();
    });
    assert!(outcome.trouble.unwrap().said.unwrap().starts_with("cancelled"));
    let journal = Journal::read(&stage.cx.state, "orders-to-dev", false).unwrap();
    assert!(
        matches!(journal.entries().last(), Some(Entry::RunFailed { reason, .. }) if reason == "cancelled")
    );
    stage.fake.knobs.lock().unwrap().hang = false;
    switch.send(false).unwrap();
    good(run(&file, &stage.cx, &Options::default()).await);
}

#[tokio::test]
async fn a_detached_run_leaves_the_statement_to_the_warehouse_and_is_taken_up() {
    let stage = applied().await;
    stage.fake.knobs.lock().unwrap().hang = true;
    let detached = Options { detach: true, ..Options::default() };
    let left = run(&movement(), &stage.cx, &detached).await;
    let id = left.under_way.clone().unwrap();
    good(left);
    let journal = Journal::read(&stage.cx.state, "orders-to-dev", false).unwrap();
    let last = journal.entries().last();
    assert!(matches!(last, Some(Entry::RunStarted { run, .. }) if *run == id));
    let told = status(&movement(), &stage.cx).await;
    assert_eq!(told.findings[1].what, id);
    assert!(told.findings[1].said.contains("landbridge run orders.toml"), "{:?}", told.findings);
    // Still at work: the same run, not a second statement.
    let again = run(&movement(), &stage.cx, &detached).await;
    assert_eq!(again.under_way, Some(id));
    let unloads =
        stage.fake.knobs.lock().unwrap().changes.iter().filter(|c| *c == "UNLOAD").count();
    assert_eq!(unloads, 0, "the one statement still hangs");
}

#[tokio::test]
async fn verify_counts_at_the_source_when_asked() {
    let stage = applied().await;
    good(run(&movement(), &stage.cx, &Options::default()).await);
    let recount = Options { recount: true, ..Options::default() };
    good(verify(&movement(), &stage.cx, &recount).await);
    stage.fake.knobs.lock().unwrap().rows_now = Some(5);
    let outcome = verify(&movement(), &stage.cx, &recount).await;
    assert_eq!(outcome.exit, Exit::Failed);
    assert_eq!(outcome.findings.last().unwrap().said, "5 now, 3 were moved");
    good(verify(&movement(), &stage.cx, &Options::default()).await);
}

#[tokio::test]
async fn a_password_that_is_not_the_secrets_is_set_again() {
    let stage = applied().await;
    stage.fake.world.lock().unwrap().users.insert("etl".into(), "Other1other".into());
    let outcome = run(&movement(), &stage.cx, &Options::default()).await;
    let trouble = outcome.trouble.unwrap();
    assert_eq!(
        (trouble.hop, trouble.fix[0].as_str()),
        (Some(4), "landbridge apply orders.toml --hop 4")
    );
    good(apply(&movement(), &stage.cx, &Options { hop: Some(4), ..Options::default() }).await);
    good(run(&movement(), &stage.cx, &Options::default()).await);
}

#[tokio::test]
async fn verify_finds_what_is_missing_changed_or_extra() {
    type Change = fn(&mut Bucket);
    let cases: [(&str, Change, &str); 5] = [
        (
            "orders/0000_part_00",
            |b| drop(b.objects.remove("orders/0000_part_00")),
            "the file is missing",
        ),
        (
            "orders/0000_part_00",
            |b| b.objects.get_mut("orders/0000_part_00").unwrap()[0] = b'9',
            "same size, other bytes: its SHA-256 is not the run's",
        ),
        (
            "orders/0001_part_00",
            |b| b.objects.get_mut("orders/0001_part_00").unwrap().push(b'9'),
            "4 bytes, the run left 3",
        ),
        (
            "orders/0002_part_00",
            |b| drop(b.objects.insert("orders/0002_part_00".into(), b"4,\n".to_vec())),
            "not of this run: whoever reads the prefix reads it too",
        ),
        (
            "orders/manifest",
            |b| drop(b.objects.remove("orders/manifest")),
            "the manifest is missing",
        ),
    ];
    for (what, change, said) in cases {
        let stage = applied().await;
        good(run(&movement(), &stage.cx, &Options::default()).await);
        change(stage.fake.world.lock().unwrap().buckets.get_mut("dev-landing").unwrap());
        let outcome = verify(&movement(), &stage.cx, &Options::default()).await;
        assert_eq!(outcome.exit, Exit::Failed);
        let bad: Vec<_> = outcome.findings.iter().filter(|finding| !finding.good).collect();
        assert_eq!(bad.len(), 1, "{bad:?}");
        assert_eq!((bad[0].what.as_str(), bad[0].said.as_str()), (what, said));
    }
}

#[tokio::test]
async fn what_is_not_applied_cannot_run_and_what_has_not_run_cannot_be_verified() {
    let stage = stage();
    let outcome = run(&movement(), &stage.cx, &Options::default()).await;
    assert_eq!(outcome.trouble.unwrap().fix, ["landbridge apply orders.toml"]);
    let outcome = verify(&movement(), &stage.cx, &Options::default()).await;
    assert_eq!(outcome.trouble.unwrap().fix, ["landbridge run orders.toml"]);
    good(status(&movement(), &stage.cx).await);
}

#[tokio::test]
async fn a_saved_plan_is_applied_as_it_was_read_or_not_at_all() {
    let stage = stage();
    let path = stage.cx.state.join("orders.toml");
    std::fs::write(&path, super::FILE).unwrap();
    let movement = crate::Movement::load(&path).unwrap();
    let planned = plan(&movement, &stage.cx).await;
    let text = SavedPlan::new(&movement, &planned).unwrap().to_json();
    let saved = SavedPlan::parse(&text).unwrap();
    assert!(SavedPlan::parse(super::FILE).is_none());

    stage.fake.world.lock().unwrap().buckets.insert("dev-landing".into(), Bucket::default());
    let stale = saved.apply(&movement, &stage.cx, &Options::default()).await;
    assert_eq!(stale.trouble.unwrap().why, ["bucket dev-landing is no longer as it was"]);
    stage.fake.world.lock().unwrap().buckets.clear();
    std::fs::write(&path, format!("{}\n# changed", super::FILE)).unwrap();
    let stale = saved.apply(&movement, &stage.cx, &Options::default()).await;
    assert_eq!(stale.trouble.unwrap().why, ["the movement file has changed"]);
    std::fs::write(&path, super::FILE).unwrap();
    good(saved.apply(&movement, &stage.cx, &Options::default()).await);
}

#[tokio::test]
async fn what_another_movement_uses_stays_until_that_is_gone() {
    let stage = stage();
    let before = stage.fake.world.lock().unwrap().clone();
    let text = super::FILE
        .replace("orders-to-dev", "second")
        .replace("\"etl\"", "\"etl2\"")
        .replace("redshift/etl", "redshift/etl2")
        .replace("prod/secrets", "prod/secrets2")
        .replace("/orders/", "/second/");
    let roles =
        "\n[roles]\nentry = \"E\"\nsecret_reader = \"R\"\ncluster = \"C\"\nwriter = \"W\"\n";
    let second = crate::Movement::parse(&(text + roles), std::path::Path::new("s.toml")).unwrap();
    good(apply(&movement(), &stage.cx, &Options::default()).await);
    good(apply(&second, &stage.cx, &Options::default()).await);
    let all = Options { data: true, ..Options::default() };
    let first = destroy(&movement(), &stage.cx, &all).await;
    let left: Vec<(&str, &str)> = first
        .steps
        .iter()
        .filter(|step| step.action == Action::Leave)
        .map(|step| (step.id.as_str(), step.detail.as_str()))
        .collect();
    assert_eq!(
        left,
        [
            ("source.close-assumerole", "stays closed: etl2 was granted it, others were not"),
            ("target.bucket", "others use it: its policy has statement SecondThisKeyOnly"),
            (
                "target.key.alias/dev/landing",
                "others use it: its policy has statement SecondWriter"
            ),
        ]
    );
    good(run(&second, &stage.cx, &Options::default()).await);
    good(destroy(&second, &stage.cx, &all).await);
    good(destroy(&movement(), &stage.cx, &all).await);
    assert_eq!(stage.fake.world.lock().unwrap().settled(), before);
}

#[tokio::test]
async fn no_password_is_ever_told_or_journalled() {
    let stage = applied().await;
    let outcome = run(&movement(), &stage.cx, &Options::default()).await;
    let password = stage.fake.world.lock().unwrap().users["etl"].clone();
    let journal = std::fs::read_to_string(Journal::path(&stage.cx.state, "orders-to-dev")).unwrap();
    for text in [outcome.to_json(), stage.paper.text(), journal] {
        assert!(!text.contains(&password) && !text.contains("Secret1admin"));
    }
}

pub(super) fn good(outcome: Outcome) {
    assert_eq!(outcome.exit, Exit::Done, "{}: {:?}", outcome.command, outcome.trouble);
}
