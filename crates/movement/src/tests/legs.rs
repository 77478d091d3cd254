//! Cluster to cluster: both legs under one journal, and cuts at every change.

use std::path::Path;

use super::journey::{good, stage};
use crate::context::Options;
use crate::fake::{Cut, Fake};
use crate::file::Movement;
use crate::report::Exit;
use crate::{apply, check, destroy, plan, run, status, verify};

const FILE: &str = r#"
name = "orders-across"

[source]
profile = "prod"
cluster = "warehouse"
database = "sales"
user = "etl"
secret = "prod/redshift/etl"
admin_secret = "prod/redshift/admin"
table = "sales.orders"

[stage]
profile = "dev"
s3 = "s3://dev-stage/orders/"
key = "dev/stage"
format = "csv"

[target]
profile = "prod"
cluster = "analytics"
database = "sales"
user = "loader"
secret = "prod/redshift/loader"
admin_secret = "prod/redshift/admin"
table = "sales.copy"
"#;

const TABLE: &str = "\"sales\".\"copy\"";
const OPTIONS: Options = Options { data: false, hop: None, detach: false, recount: false };

fn movement(more: &str) -> Movement {
    Movement::parse(&FILE.replace("[target]", &format!("{more}\n[target]")), Path::new("m.toml"))
        .unwrap()
}

fn prepared(fake: &Fake) {
    fake.world.lock().unwrap().tables.insert(TABLE.into(), vec!["9,old".into()]);
}

fn rows(fake: &Fake) -> usize {
    fake.world.lock().unwrap().tables[TABLE].len()
}

#[tokio::test]
async fn both_legs_run_and_the_stage_is_empty_again() {
    for (keep, left) in [("", 0), ("keep = true", 3)] {
        let stage = stage();
        prepared(&stage.fake);
        let before = stage.fake.world.lock().unwrap().clone();
        let movement = movement(keep);
        assert_eq!(plan(&movement, &stage.cx).await.exit, Exit::Pending);
        good(apply(&movement, &stage.cx, &OPTIONS).await);
        good(check(&movement, &stage.cx).await);
        let outcome = run(&movement, &stage.cx, &OPTIONS).await;
        let moved = outcome.moved.clone().unwrap();
        assert_eq!((moved.rows, outcome.phases.len()), (3, 2));
        good(outcome);
        let objects = stage.fake.world.lock().unwrap().buckets["dev-stage"].objects.len();
        assert_eq!((rows(&stage.fake), objects), (4, left));
        let verified = verify(&movement, &stage.cx, &OPTIONS).await;
        assert_eq!(verified.findings[2].said, "3 rows unloaded, as many loaded");
        good(verified);
        good(status(&movement, &stage.cx).await);
        // A second run moves anew.
        good(run(&movement, &stage.cx, &OPTIONS).await);
        assert_eq!(rows(&stage.fake), 7);
        good(destroy(&movement, &stage.cx, &Options { data: true, ..OPTIONS }).await);
        let mut after = stage.fake.world.lock().unwrap().settled();
        after.tables = before.tables.clone();
        assert_eq!(after, before);
    }
}

/// Applies and runs with the line cut at the n-th change, then goes on; `false` when there were fewer.
async fn cut_at(n: usize, cut: Cut) -> bool {
    let state = super::crash::in_memory();
    let fake = Fake::new();
    prepared(&fake);
    let before = fake.world.lock().unwrap().clone();
    let cx = fake.context(state.path());
    let file = movement("");
    good(apply(&file, &cx, &OPTIONS).await);
    fake.knobs.lock().unwrap().fuse = Some((n, cut));
    let ran = run(&file, &cx, &OPTIONS).await.exit == Exit::Done;
    let cut_off = fake.knobs.lock().unwrap().dead;
    assert_eq!(ran, !cut_off);
    fake.revive();
    if !ran {
        good(run(&file, &cx, &OPTIONS).await);
    }
    assert_eq!(rows(&fake), 4, "cut {n} {cut:?}");
    good(destroy(&file, &cx, &OPTIONS).await);
    let mut after = fake.world.lock().unwrap().settled();
    after.tables = before.tables.clone();
    assert_eq!(after, before, "cut {n} {cut:?}");
    cut_off
}

#[tokio::test]
async fn nothing_is_moved_twice_after_a_cut_anywhere() {
    for cut in [Cut::Before, Cut::After] {
        let mut n = 0;
        while cut_at(n, cut).await {
            n += 1;
        }
        // UNLOAD, COPY, three deletions.
        assert_eq!(n, 5);
    }
}

#[test]
fn a_stage_belongs_between_two_clusters() {
    let text = FILE.replace("cluster = \"analytics\"", "s3 = \"s3://dev-landing/x/\"");
    let said = Movement::parse(&text, Path::new("m.toml")).unwrap_err().to_string();
    assert!(said.contains("`[stage]` belongs between two clusters"), "{said}");
    let (head, rest) = FILE.split_once("[stage]").unwrap();
    let (_, tail) = rest.split_once("[target]").unwrap();
    let text = format!("{head}[target]{tail}");
    let said = Movement::parse(&text, Path::new("m.toml")).unwrap_err().to_string();
    assert_eq!(said, "m.toml:1:1: the table `[stage]` is missing");
}
