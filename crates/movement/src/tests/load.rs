//! The way in: plan, apply, run, verify, destroy of a load, its modes, and cuts at every change.

use std::path::Path;
use std::sync::Arc;

use expect_test::{Expect, expect};

use super::journey::{Stage, good, stage};
use crate::context::Options;
use crate::database::DbError;
use crate::fake::{Bucket, Cut, DEV, Fake, Key, PROD, World};
use crate::file::Movement;
use crate::report::{Exit, Silent};
use crate::{apply, check, destroy, plan, run, status, verify};

const FILE: &str = r#"
name = "orders-to-prod"

[source]
profile = "dev"
s3 = "s3://dev-landing/orders/"
format = "csv"
key = "dev/landing"

[target]
profile = "prod"
cluster = "warehouse"
database = "sales"
user = "etl"
secret = "prod/redshift/etl"
admin_secret = "prod/redshift/admin"
table = "sales.orders"
"#;

const TABLE: &str = "\"sales\".\"orders\"";
const OPTIONS: Options = Options { data: false, hop: None, detach: false, recount: false };

fn parsed(text: &str) -> Movement {
    Movement::parse(text, Path::new("orders.toml")).unwrap()
}

fn movement(mode: &str) -> Movement {
    parsed(&format!("{FILE}{mode}"))
}

fn lines(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Two files of three rows under a key, a table of two rows, and items.
fn filled(world: &mut World) {
    let arn = format!("arn:aws:kms:us-east-1:{DEV}:key/landing");
    world.aliases.insert((DEV.to_owned(), "alias/dev/landing".into()), arn.clone());
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned();
    world.keys.insert(arn, Key { account: DEV.to_owned(), policy, ..Key::default() });
    let mut bucket = Bucket::default();
    bucket.objects.insert("orders/a".into(), b"1,x\n2,x\n".to_vec());
    bucket.objects.insert("orders/b".into(), b"3,x\n".to_vec());
    world.buckets.insert("dev-landing".into(), bucket);
    world.tables.insert(TABLE.into(), lines("2,old 9,old"));
    world.items.insert("orders".into(), lines("1,i 2,i 3,i 4,i 5,i"));
}

fn prepared() -> Stage {
    let stage = stage();
    filled(&mut stage.fake.world.lock().unwrap());
    stage
}

fn table(fake: &Fake) -> Vec<String> {
    let mut rows = fake.world.lock().unwrap().tables[TABLE].clone();
    rows.sort();
    rows
}

/// The modes and what they make of the table.
const MODES: [(&str, &str); 3] = [
    ("mode = \"append\"", "1,x 2,old 2,x 3,x 9,old"),
    ("mode = \"overwrite\"", "1,x 2,x 3,x"),
    ("mode = \"upsert\"\nkeys = [\"id\"]", "1,x 2,x 3,x 9,old"),
];

#[tokio::test]
async fn the_plan_opens_no_more_than_reading_and_inserting() {
    let stage = prepared();
    let before = stage.fake.world.lock().unwrap().clone();
    let outcome = plan(&movement(""), &stage.cx).await;
    assert_eq!(outcome.exit, Exit::Pending, "{:?}", outcome.trouble);
    assert_eq!(*stage.fake.world.lock().unwrap(), before);
    expect![[r#"
        $ plan
        orders-to-prod   s3://dev-landing/orders/  →  sales.sales.orders   csv, append

          dev    1    engineer → CrossAccount-SM-Load-Role
          prod   2    → SM-Load-Role                                 external id, 1 h
          prod   3    read secret prod/redshift/etl
          prod   4    log in to warehouse.sales as etl               TLS, verified
          prod   5    warehouse → CrossAccount-S3-Read-Role          attached, may be used by etl for COPY
          dev    6    → S3-Read-Role                                 as dbuser:warehouse/etl
          dev    7    read s3://dev-landing/orders/                  key dev/landing

          dev       + role CrossAccount-SM-Load-Role                           may be assumed by arn:aws:iam::222222222222:user/engineer
          dev       + policy AssumeReader of CrossAccount-SM-Load-Role         may assume SM-Load-Role
          prod      + role SM-Load-Role                                        may be assumed by CrossAccount-SM-Load-Role of 222222222222, with the external id
          prod      + role CrossAccount-S3-Read-Role                           may be assumed by Redshift for dbuser:warehouse/etl
          prod      + policy AssumeReader of CrossAccount-S3-Read-Role         may assume S3-Read-Role
          dev       + role S3-Read-Role                                        may be assumed by CrossAccount-S3-Read-Role of 111111111111, for dbuser:warehouse/etl
          dev       = key alias/dev/landing                                    encrypts the objects
          dev       ~ policy of key alias/dev/landing                          admits S3-Read-Role through S3 (statement OrdersToProdReader is missing)
          dev       = bucket dev-landing                                       in us-east-1, owned by 222222222222
          dev       + policy ReadSource of S3-Read-Role                        may list and get under s3://dev-landing/orders/
          prod      + secret prod/redshift/etl                                 holds the login of etl
          prod      + policy ReadSecret of SM-Load-Role                        may read secret prod/redshift/etl
          prod      + database user etl                                        may log in to warehouse
          prod      + CrossAccount-S3-Read-Role on cluster warehouse           the cluster may use it (iam:PassRole by prod)
          prod      + grant USAGE on schema sales                              to etl
          prod      + grant INSERT on sales.orders                             to etl
          prod      ~ ASSUMEROLE of PUBLIC                                     closed; others who COPY or UNLOAD then need a grant (it is open until closed)
          prod      + grant ASSUMEROLE on the chain for COPY                   to etl

          14 to create, 2 to change   landbridge apply orders.toml
    "#]].assert_eq(&stage.paper.after("plan"));
}

#[tokio::test]
async fn a_run_tells_what_landed_and_destroy_leaves_the_rows() {
    for (mode, expected) in MODES {
        let stage = prepared();
        let mut before = stage.fake.world.lock().unwrap().clone();
        let movement = movement(mode);
        good(apply(&movement, &stage.cx, &OPTIONS).await);
        good(check(&movement, &stage.cx).await);
        let outcome = run(&movement, &stage.cx, &OPTIONS).await;
        let moved = outcome.moved.clone().unwrap_or_else(|| panic!("{:?}", outcome.trouble));
        good(outcome);
        assert_eq!(table(&stage.fake), lines(expected), "{mode}");
        let landing = moved.landing.unwrap();
        let after = lines(expected).len() as u64;
        assert_eq!((moved.rows, landing.before, landing.after), (3, Some(2), Some(after)));
        assert_eq!(landing.replaced, [0, 2, 1][MODES.iter().position(|m| m.0 == mode).unwrap()]);
        good(verify(&movement, &stage.cx, &OPTIONS).await);
        good(status(&movement, &stage.cx).await);
        good(destroy(&movement, &stage.cx, &Options { data: true, ..OPTIONS }).await);
        before.tables.insert(TABLE.into(), stage.fake.world.lock().unwrap().tables[TABLE].clone());
        assert_eq!(stage.fake.world.lock().unwrap().settled(), before.settled(), "{mode}");
    }
}

#[tokio::test]
async fn a_run_is_one_line_a_hop() {
    let stage = prepared();
    let movement = movement("mode = \"upsert\"\nkeys = [\"id\"]");
    let silent = crate::Context { reporter: Arc::new(Silent), ..stage.cx.clone() };
    good(apply(&movement, &silent, &OPTIONS).await);
    good(run(&movement, &stage.cx, &OPTIONS).await);
    good(verify(&movement, &stage.cx, &OPTIONS).await);
    expect![[r#"
        $ run
        orders-to-prod   s3://dev-landing/orders/  →  sales.sales.orders   csv, upsert by id

          dev    1  ✓ engineer → CrossAccount-SM-Load-Role
          prod   2  ✓ → SM-Load-Role                                 external id, 1 h
          prod   3  ✓ read secret prod/redshift/etl
          prod   4  ✓ log in to warehouse.sales as etl               TLS, verified
          prod   5  ✓ warehouse → CrossAccount-S3-Read-Role          attached, may be used by etl for COPY
          dev    6  ✓ → S3-Read-Role                                 as dbuser:warehouse/etl
          dev    7  ✓ read s3://dev-landing/orders/                  key dev/landing

          verified   3 rows · 2 files · 12 B · loaded in 0 ms · 1 replaced · 2 before, 4 now in sales.sales.orders · sha-256 in the journal

          ✓ sales.sales.orders                                       4 rows, 2 before the load
          ✓ load history                                             completed, 3 rows
          ✓ orders/a                                                 2 records · 8 B · sha-256 as in the journal
          ✓ orders/b                                                 1 records · 4 B · sha-256 as in the journal

          verified   3 rows · 2 files · 12 B · 1 replaced · 2 before, 4 now in sales.sales.orders · sha-256 in the journal
    "#]].assert_eq(&stage.paper.after("run"));
}

/// Applies, runs and destroys with the line cut at the n-th change; `false` when there were fewer.
async fn cut_at(mode: &str, expected: &str, n: usize, cut: Cut) -> bool {
    let state = super::crash::in_memory();
    let fake = Fake::new();
    filled(&mut fake.world.lock().unwrap());
    let before = fake.world.lock().unwrap().clone();
    let cx = fake.context(state.path());
    fake.knobs.lock().unwrap().fuse = Some((n, cut));
    let file = movement(mode);
    let mut ran = false;
    if apply(&file, &cx, &OPTIONS).await.exit == Exit::Done {
        ran = run(&file, &cx, &OPTIONS).await.exit == Exit::Done;
        if ran {
            destroy(&file, &cx, &OPTIONS).await;
        }
    }
    let cut_off = fake.knobs.lock().unwrap().dead;
    fake.revive();
    if !ran {
        good(apply(&file, &cx, &OPTIONS).await);
        good(run(&file, &cx, &OPTIONS).await);
    }
    assert_eq!(table(&fake), lines(expected), "{mode}, cut {n} {cut:?}");
    good(destroy(&file, &cx, &OPTIONS).await);
    let mut after = fake.world.lock().unwrap().settled();
    after.tables = before.tables.clone();
    assert_eq!(after, before, "{mode}, cut {n} {cut:?}");
    cut_off
}

#[tokio::test]
async fn a_load_is_exact_after_a_cut_anywhere() {
    for (mode, expected) in MODES {
        for cut in [Cut::Before, Cut::After] {
            let mut n = 0;
            while cut_at(mode, expected, n, cut).await {
                n += 1;
            }
            assert!(n > 25, "only {n} changes were cut");
        }
    }
}

#[tokio::test]
async fn an_append_of_which_nobody_knows_is_not_sent_again() {
    let stage = prepared();
    let movement = movement("");
    good(apply(&movement, &stage.cx, &OPTIONS).await);
    stage.fake.knobs.lock().unwrap().fuse = Some((0, Cut::After));
    assert_eq!(run(&movement, &stage.cx, &OPTIONS).await.exit, Exit::Failed);
    stage.fake.revive();
    stage.fake.knobs.lock().unwrap().no_history = true;
    let outcome = run(&movement, &stage.cx, &OPTIONS).await;
    let trouble = outcome.trouble.unwrap();
    assert_eq!(trouble.why, ["rows before: 2, now: 5"]);
    assert_eq!(table(&stage.fake).len(), 5);
    // Had it left nothing, it would have been sent.
    stage.fake.world.lock().unwrap().tables.insert(TABLE.into(), lines("2,old 9,old"));
    good(run(&movement, &stage.cx, &OPTIONS).await);
    assert_eq!(table(&stage.fake).len(), 5);
}

#[tokio::test]
async fn rows_that_share_a_key_are_told_and_change_nothing() {
    let stage = prepared();
    let movement = movement("mode = \"upsert\"\nkeys = [\"id\"]");
    good(apply(&movement, &stage.cx, &OPTIONS).await);
    let twice = b"3,y\n3,z\n,w\n".to_vec();
    let put = |key: &str, bytes: Vec<u8>| {
        let mut world = stage.fake.world.lock().unwrap();
        world.buckets.get_mut("dev-landing").unwrap().objects.insert(key.into(), bytes);
    };
    put("orders/c", twice);
    let trouble = run(&movement, &stage.cx, &OPTIONS).await.trouble.unwrap();
    assert!(trouble.said.unwrap().ends_with("nothing was changed"));
    assert_eq!(trouble.why, ["id 3: 3 rows", "1 rows have no key"]);
    assert_eq!(table(&stage.fake), lines("2,old 9,old"));
    put("orders/c", b"4,x\n".to_vec());
    good(run(&movement, &stage.cx, &OPTIONS).await);
    assert_eq!(table(&stage.fake), lines("1,x 2,x 3,x 4,x 9,old"));
}

#[tokio::test]
async fn within_one_account_the_clusters_role_reads() {
    let stage = prepared();
    let movement =
        parsed(&FILE.replace("\"dev\"", "\"prod\"").replace("key = \"dev/landing\"\n", ""));
    stage.fake.world.lock().unwrap().buckets.get_mut("dev-landing").unwrap().owner = PROD;
    let planned = plan(&movement, &stage.cx).await;
    let hops: Vec<u8> = planned.hops.iter().map(|hop| hop.number).collect();
    assert_eq!(hops, [1, 2, 3, 4, 5, 7]);
    let roles = planned.steps.iter().filter(|step| step.id.contains(".role.")).count();
    assert_eq!(roles, 3);
    let policy = "target.policy.CrossAccount-S3-Read-Role.ReadSource";
    assert!(planned.steps.iter().any(|step| step.id == policy && step.hop == 7));
}

#[tokio::test]
async fn items_are_loaded_and_counted() {
    let from = "s3 = \"s3://dev-landing/orders/\"\nformat = \"csv\"\nkey = \"dev/landing\"";
    let text = FILE.replace(from, "dynamodb = \"orders\"\nread_ratio = 200");
    let stage = prepared();
    let movement = parsed(&text);
    good(apply(&movement, &stage.cx, &OPTIONS).await);
    good(check(&movement, &stage.cx).await);
    good(run(&movement, &stage.cx, &OPTIONS).await);
    assert_eq!(table(&stage.fake).len(), 7);
    let recount = Options { recount: true, ..OPTIONS };
    let counted = verify(&movement, &stage.cx, &recount).await;
    let said: Vec<&str> = counted.findings.iter().map(|finding| finding.said.as_str()).collect();
    assert_eq!(
        said,
        ["7 rows, 2 before the load", "completed, 5 rows", "5 items, as many as were loaded"]
    );
    let world = stage.fake.world.lock().unwrap();
    let role = &world.roles[&(DEV.to_owned(), "DynamoDB-Read-Role".to_owned())];
    let policy: serde_json::Value = serde_json::from_str(&role.policies["ReadSource"]).unwrap();
    let actions = serde_json::json!(["dynamodb:DescribeTable", "dynamodb:Scan"]);
    assert_eq!(policy["Statement"][0]["Action"], actions);
    let arn = format!("arn:aws:dynamodb:us-east-1:{DEV}:table/orders");
    assert_eq!(policy["Statement"][0]["Resource"], arn);
}

#[tokio::test]
async fn a_manifest_may_only_name_what_lies_below_it() {
    let stage = prepared();
    let text = FILE.replace("orders/\"", "orders/manifest\"\nmanifest = true");
    let movement = parsed(&text);
    good(apply(&movement, &stage.cx, &OPTIONS).await);
    let put = |urls: &[&str]| {
        let entries: Vec<_> = urls.iter().map(|url| serde_json::json!({ "url": url })).collect();
        let manifest = serde_json::json!({ "entries": entries }).to_string();
        let mut world = stage.fake.world.lock().unwrap();
        let objects = &mut world.buckets.get_mut("dev-landing").unwrap().objects;
        objects.insert("orders/manifest".into(), manifest.into_bytes());
    };
    put(&["s3://dev-landing/orders/a", "s3://dev-landing/other/b"]);
    let trouble = run(&movement, &stage.cx, &OPTIONS).await.trouble.unwrap();
    assert_eq!(trouble.why, ["s3://dev-landing/other/b"]);
    put(&["s3://dev-landing/orders/a", "s3://dev-landing/orders/b"]);
    let moved = run(&movement, &stage.cx, &OPTIONS).await.moved.unwrap();
    assert_eq!((moved.rows, moved.files.len()), (3, 2));
}

#[tokio::test]
async fn a_refused_load_names_its_hop_and_the_broken_lines() {
    let cases = [
        (
            "Load into table 'orders' failed.  Check 'stl_load_errors' system table for details.",
            7,
            1,
        ),
        ("S3ServiceException:Access Denied,Status 403,Error AccessDenied", 7, 0),
        ("The specified S3 prefix 'orders/' does not exist", 7, 0),
        ("User etl does not have ASSUMEROLE permission on IAM role \"x\" for COPY", 5, 0),
        ("permission denied for relation orders", 5, 0),
    ];
    for (message, hop, broken) in cases {
        let stage = prepared();
        good(apply(&movement(""), &stage.cx, &OPTIONS).await);
        let error = DbError { sqlstate: Some("XX000".into()), ..DbError::local(message) };
        stage.fake.knobs.lock().unwrap().refuse = Some(error);
        let trouble = run(&movement(""), &stage.cx, &OPTIONS).await.trouble.unwrap();
        assert_eq!((trouble.hop, trouble.why.len()), (Some(hop), broken), "{message}");
        let line = "s3://dev-landing/orders/a, line 2, column id: Invalid digit, Value 'x' (1207)";
        assert!(trouble.why.iter().all(|why| why == line), "{:?}", trouble.why);
    }
}

#[tokio::test]
async fn verify_finds_what_has_changed_since() {
    type Change = fn(&mut World);
    let cases: [(Change, &str, &str); 4] = [
        (
            |world| {
                let bucket = world.buckets.get_mut("dev-landing").unwrap();
                bucket.objects.insert("orders/c".into(), b"4,x\n".to_vec());
            },
            "orders/c",
            "it came after the load, which has not read it",
        ),
        (
            |world| world.tables.get_mut(TABLE).unwrap().push("7,y".into()),
            "sales.sales.orders",
            "6 rows now, the load left 5",
        ),
        (
            |world| {
                let bucket = world.buckets.get_mut("dev-landing").unwrap();
                bucket.objects.insert("orders/b".into(), b"4,x\n".to_vec());
            },
            "orders/b",
            "it has changed since it was loaded",
        ),
        (
            |world| {
                world.buckets.get_mut("dev-landing").unwrap().objects.remove("orders/a");
            },
            "orders/a",
            "it is no longer there",
        ),
    ];
    for (change, what, said) in cases {
        let stage = prepared();
        good(apply(&movement(""), &stage.cx, &OPTIONS).await);
        good(run(&movement(""), &stage.cx, &OPTIONS).await);
        change(&mut stage.fake.world.lock().unwrap());
        let outcome = verify(&movement(""), &stage.cx, &OPTIONS).await;
        let bad: Vec<_> = outcome.findings.iter().filter(|finding| !finding.good).collect();
        assert_eq!(bad.len(), 1, "{bad:?}");
        assert_eq!((bad[0].what.as_str(), bad[0].said.as_str()), (what, said));
    }
}

#[tokio::test]
async fn only_an_append_can_be_left_to_the_warehouse() {
    let stage = prepared();
    let movement = movement("mode = \"overwrite\"");
    good(apply(&movement, &stage.cx, &OPTIONS).await);
    let outcome = run(&movement, &stage.cx, &Options { detach: true, ..OPTIONS }).await;
    assert!(outcome.trouble.unwrap().said.unwrap().contains("append"));
}

#[tokio::test]
async fn a_movement_does_not_turn_round_while_it_stands() {
    let stage = prepared();
    good(apply(&movement(""), &stage.cx, &OPTIONS).await);
    let text = super::FILE.replace("orders-to-dev", "orders-to-prod");
    let other = parsed(&text);
    let trouble = apply(&other, &stage.cx, &OPTIONS).await.trouble.unwrap();
    assert_eq!(trouble.said.unwrap(), "it was applied as a movement into the warehouse");
    good(destroy(&movement(""), &stage.cx, &OPTIONS).await);
    good(apply(&other, &stage.cx, &OPTIONS).await);
}

#[test]
fn the_examples_are_understood() {
    for text in [
        include_str!("../../../../examples/load-with-roles/rows-to-prod.toml"),
        include_str!("../../../../examples/load-with-roles/items-to-prod.toml"),
        include_str!("../../../../examples/load-with-roles/rows-between-clusters.toml"),
    ] {
        if let Err(error) = Movement::parse(text, Path::new("example.toml")) {
            panic!("{error}");
        }
    }
}

#[test]
fn every_option_reaches_the_copy() {
    let text = FILE
        .replace(
            "format = \"csv\"",
            "region = \"eu-west-1\"\nformat = \"csv\"\nheader = true\ndelimiter = \";\"\n\
             null_as = \"\\\\N\"\ncompression = \"gzip\"",
        )
        .replace(
            "table = \"sales.orders\"",
            "table = \"sales.orders\"\ncolumns = [\"id\", \"a b\"]\nmax_errors = 7\n\
             options = \"DATEFORMAT 'auto' TRUNCATECOLUMNS\"",
        );
    let movement = parsed(&text);
    let mut facts = super::parts::facts();
    facts.warehouse_account = "111111111111".parse().unwrap();
    let load = movement.inward().unwrap();
    expect![[r#"
        /* m */ COPY "sales"."orders" ("id", "a b")
        FROM 's3://dev-landing/orders/'
        IAM_ROLE 'arn:aws:iam::111111111111:role/CrossAccount-S3-Read-Role,arn:aws:iam::222222222222:role/S3-Read-Role'
        FORMAT CSV
        IGNOREHEADER 1
        DELIMITER ';'
        NULL AS '\\N'
        GZIP
        MAXERROR 7
        DATEFORMAT 'auto' TRUNCATECOLUMNS
        REGION 'eu-west-1'"#]].assert_eq(&crate::sql::copy(&movement, load, &facts, (TABLE, "m")));
}

#[test]
fn widths_and_paths_reach_the_copy_and_the_paths_the_role() {
    let facts = super::parts::facts();
    let with = |form: &str| {
        let movement = parsed(&FILE.replace("format = \"csv\"", form));
        let copy = crate::sql::copy(&movement, movement.inward().unwrap(), &facts, (TABLE, "m"));
        let lines = copy.lines().filter(|line| line.starts_with('F') && !line.starts_with("FROM"));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        let policy = crate::policies::data_policy(&movement, &facts);
        (lines.join(" "), policy["Statement"][1]["Resource"].to_string())
    };
    assert_eq!(
        with("format = \"text\"\nfixed_width = \"id:3,name:10\""),
        ("FIXEDWIDTH 'id:3,name:10'".into(), "\"arn:aws:s3:::dev-landing/orders/*\"".into()),
    );
    assert_eq!(
        with("format = \"json\"\njsonpaths = \"s3://dev-landing/paths/orders\""),
        (
            "FORMAT JSON 's3://dev-landing/paths/orders'".into(),
            "[\"arn:aws:s3:::dev-landing/orders/*\",\"arn:aws:s3:::dev-landing/paths/orders\"]"
                .into()
        ),
    );
}

fn wrong(from: &str, to: &str, expected: &Expect) {
    assert!(FILE.contains(from), "{from} is not in the file");
    let said = match Movement::parse(&FILE.replace(from, to), Path::new("m.toml")) {
        Ok(_) => "fine".to_owned(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&said);
}

#[test]
fn slips_are_named_with_their_place() {
    let s3 = "s3 = \"s3://dev-landing/orders/\"\n";
    wrong(
        s3,
        "",
        &expect!["m.toml:4:1: what to load is missing in [source]; give `s3` or `dynamodb`"],
    );
    wrong(
        s3,
        "s3 = \"s3://b/\"\ndynamodb = \"orders\"\n",
        &expect!["m.toml:7:12: `s3` and `dynamodb` exclude each other; give `s3` or `dynamodb`"],
    );
    wrong(
        "dev-landing/orders",
        "dev-landing/or*",
        &expect![[
            r#"m.toml:6:6: `s3` cannot be "s3://dev-landing/or*/"; write s3://bucket/prefix"#
        ]],
    );
    wrong(
        "format = \"csv\"",
        "format = \"json\"\nheader = true",
        &expect![[r#"m.toml:8:10: `header` does not go with format "json""#]],
    );
    wrong(
        "format = \"csv\"",
        "format = \"text\"\nfixed_width = \"id:0\"\ndelimiter = \",\"",
        &expect![[r#"
            m.toml:8:15: `fixed_width` cannot be "id:0"; write label:width,label:width
            m.toml:9:13: `fixed_width` and `delimiter` exclude each other"#]],
    );
    wrong(
        "format = \"csv\"",
        "format = \"json\"\njsonpaths = \"s3://other/paths\"",
        &expect![[
            r#"m.toml:8:13: `jsonpaths` cannot be "s3://other/paths"; write s3://dev-landing/key, a file in the bucket of `s3`"#
        ]],
    );
    wrong(
        "format = \"csv\"",
        "read_ratio = 201",
        &expect!["m.toml:7:14: `read_ratio` should be 1 to 200"],
    );
    wrong(
        "table = ",
        "mode = \"upsert\"\ntable = ",
        &expect![[
            r#"m.toml:17:8: mode "upsert" needs `keys`; name the columns by which rows replace each other: keys = ["id"]"#
        ]],
    );
    wrong(
        "table = ",
        "keys = [\"id\"]\ntable = ",
        &expect![[r#"m.toml:17:8: `keys` belongs to mode "upsert""#]],
    );
    wrong(
        "table = ",
        "options = \"REGION 'x'\"\ntable = ",
        &expect!["m.toml:17:11: `options` cannot hold REGION: the file says it already"],
    );
    wrong(
        "table = ",
        "options = \"x; drop table y\"\ntable = ",
        &expect![
            "m.toml:17:11: `options` is not a list of options; write options of COPY, such as DATEFORMAT 'auto' TRUNCATECOLUMNS"
        ],
    );
    wrong(
        "table = \"sales.orders\"",
        "max_errors = 0",
        &expect![[r#"
        m.toml:10:1: `table` is missing in [target]
        m.toml:17:14: `max_errors` should be 1 to 100000"#]],
    );
}
