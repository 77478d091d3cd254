//! The whole story on an empty world: a warehouse with ticket sales, then apply, run, verify, a
//! look at the objects, destroy, and the proof that nothing is left.
//!
//! It uses the same public calls as everybody; nothing is prepared behind the curtain.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::{Sample, SampleTable, inventory};
use crate::apply::apply;
use crate::aws::Session;
use crate::context::{Context, Options};
use crate::database::{Database, Login};
use crate::destroy::destroy;
use crate::explain;
use crate::file::Movement;
use crate::objects;
use crate::place::Account;
use crate::render::figures;
use crate::report::{Event, Exit, Finding, Outcome, Progress};
use crate::run::run;
use crate::steps::password;
use crate::trouble::{Result, Trouble};
use crate::verify::verify;
use crate::work::{Mode, Work};

/// The movement of the demonstration, the same file as in the examples.
const MOVEMENT: &str =
    include_str!("../../../../examples/unload-across-accounts/tickets-to-dev.toml");
const FILE_NAME: &str = "tickets-to-dev.toml";
const ADMIN: &str = "admin";

/// What the demonstration does.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Rows of sales.
    pub rows: u64,
    /// The seed of the sample.
    pub seed: u64,
    /// Where the movement file is written.
    pub directory: PathBuf,
}

/// Tells the story. The world needs the profiles `prod` and `dev`, and should be empty.
///
/// The outcome has one phase per command; the first that fails ends the story.
pub async fn story(cx: &Context, options: &DemoOptions) -> Outcome {
    let mut outcome = Outcome::new("demo", "tickets-to-dev");
    let ended = tell(cx, options, &mut outcome).await;
    cx.conclude(outcome, ended)
}

async fn tell(cx: &Context, options: &DemoOptions, outcome: &mut Outcome) -> Result<()> {
    let movement = written(&options.directory)?;
    let (source, target) =
        (session(cx, &movement, Account::Warehouse)?, session(cx, &movement, Account::Store)?);
    let before = [inventory::take(cx, &source).await?, inventory::take(cx, &target).await?];
    let chapter = |text: &str| cx.reporter.report(&Event::Phase(text.to_owned()));

    chapter("1  prod has a warehouse with ticket sales");
    let sample = Sample::new(options.seed, options.rows);
    outcome.findings.push(warehouse(cx, &source, &movement, sample).await?);

    chapter("2  apply: roles, key, bucket, secret, user, grants; nothing wider than needed");
    let done = apply(&movement, cx, &Options::default()).await;
    if !went_well(outcome, done) {
        return Ok(());
    }
    chapter("3  run: every hop, then the UNLOAD");
    let done = run(&movement, cx, &Options::default()).await;
    if !went_well(outcome, done) {
        return Ok(());
    }
    chapter("4  verify: manifest, sizes, records, checksums");
    let done = verify(&movement, cx, &Options::default()).await;
    if !went_well(outcome, done) {
        return Ok(());
    }
    chapter("5  what lies in dev");
    outcome.findings.push(objects_in_target(cx, &movement).await?);

    chapter("6  destroy --data: everything taken back, the source first");
    let done = destroy(&movement, cx, &Options { data: true, ..Options::default() }).await;
    if !went_well(outcome, done) {
        return Ok(());
    }
    chapter("7  nothing is left");
    close(cx, &source, &movement).await?;
    let after = [inventory::take(cx, &source).await?, inventory::take(cx, &target).await?];
    for (session, (before, after)) in [&source, &target].into_iter().zip(before.iter().zip(&after))
    {
        let finding = difference(session, before, after);
        cx.reporter.report(&Event::Finding(finding.clone()));
        if !finding.good {
            outcome.exit = Exit::Failed;
        }
        outcome.findings.push(finding);
    }
    Ok(())
}

/// Keeps a command's outcome; `false` ends the story.
fn went_well(outcome: &mut Outcome, done: Outcome) -> bool {
    let good = done.exit == Exit::Done;
    if !good {
        outcome.exit = Exit::Failed;
    }
    outcome.phases.push(done);
    good
}

fn written(directory: &Path) -> Result<Movement> {
    let path = directory.join(FILE_NAME);
    let failed = |said: String| {
        let tried = format!("write {}", path.display());
        Box::new(Trouble::new(tried).said(said))
    };
    std::fs::create_dir_all(directory).map_err(|error| failed(error.to_string()))?;
    std::fs::write(&path, MOVEMENT).map_err(|error| failed(error.to_string()))?;
    Movement::parse(MOVEMENT, &path).map_err(|error| failed(error.to_string()))
}

fn session(cx: &Context, movement: &Movement, account: Account) -> Result<Session> {
    let name = match account {
        Account::Warehouse => &movement.warehouse.profile,
        Account::Store => &movement.store.profile,
    };
    let failed = |said: String| Box::new(Trouble::new(format!("use profile {name}")).said(said));
    let profile = cx.profiles.get(name).map_err(|error| failed(error.to_string()))?;
    let region = profile.region.clone();
    let region = region.ok_or_else(|| failed("it names no Region".into()))?;
    Ok(profile.session(region))
}

async fn ask(
    cx: &Context,
    session: &Session,
    tried: &str,
    (service, operation): (&str, &str),
    input: Value,
) -> Result<Value> {
    match cx.api.call(session, service, operation, input).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let api = cx.api.as_ref();
            Err(Box::new(explain::api(api, &[session], tried.to_owned(), &error).await))
        }
    }
}

/// Makes the cluster, the administrator's secret and the tables, and fills them.
async fn warehouse(
    cx: &Context,
    source: &Session,
    movement: &Movement,
    sample: Sample,
) -> Result<Finding> {
    let password = password(cx);
    let name = &movement.warehouse.cluster;
    let input = json!({
        "ClusterIdentifier": name,
        "NodeType": "ra3.large",
        "ClusterType": "single-node",
        "DBName": movement.warehouse.database,
        "MasterUsername": ADMIN,
        "MasterUserPassword": password.reveal(),
    });
    ask(cx, source, "make the cluster", ("redshift", "CreateCluster"), input).await?;
    let (host, port) = available(cx, source, name).await?;
    let secret = json!({
        "engine": "redshift", "host": host, "port": port, "username": ADMIN,
        "password": password.reveal(), "dbname": movement.warehouse.database,
        "dbClusterIdentifier": name,
    });
    let input = json!({
        "Name": admin_secret(movement),
        "SecretString": secret.to_string(),
    });
    let call = ("secretsmanager", "CreateSecret");
    ask(cx, source, "keep the administrator's login", call, input).await?;
    let login = Login {
        host,
        port,
        database: movement.warehouse.database.clone(),
        user: ADMIN.to_owned(),
        password,
    };
    let session = cx.databases.connect(&login).await.map_err(|error| {
        Box::new(Trouble::new("log in as the administrator").said(error.to_string()))
    })?;
    fill(cx, session.as_ref(), sample).await?;
    let rows = |table| figures::whole(sample.rows(table));
    let said = format!(
        "{} sales, {} events, {} venues",
        rows(SampleTable::Sales),
        rows(SampleTable::Events),
        rows(SampleTable::Venues)
    );
    let finding = Finding { good: true, what: format!("cluster {name}"), said };
    cx.reporter.report(&Event::Finding(finding.clone()));
    Ok(finding)
}

async fn fill(cx: &Context, session: &dyn Database, sample: Sample) -> Result<()> {
    for sql in sample.schema().into_iter().chain(["BEGIN".to_owned()]) {
        execute(session, &sql).await?;
    }
    let started = Instant::now();
    let tables = [SampleTable::Venues, SampleTable::Events, SampleTable::Sales];
    let total = tables.iter().map(|table| sample.rows(*table)).sum();
    let mut rows = 0;
    for (table, sql) in tables.into_iter().flat_map(|t| sample.inserts(t).map(move |sql| (t, sql)))
    {
        execute(session, &sql).await?;
        rows += Sample::BATCH.min(sample.rows(table));
        let progress = Progress {
            what: "loading",
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            total: Some(total),
            rows: Some(rows.min(total)),
            bytes: None,
        };
        cx.reporter.report(&Event::Progress(progress));
    }
    execute(session, "COMMIT").await
}

async fn execute(session: &dyn Database, sql: &str) -> Result<()> {
    match session.query(sql).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let start: String = sql.chars().take(60).collect();
            Err(Box::new(Trouble::new(format!("{start}…")).said(error.to_string())))
        }
    }
}

/// Waits for the cluster; gives its endpoint.
async fn available(cx: &Context, source: &Session, name: &str) -> Result<(String, u16)> {
    let polls = cx.pace.patience.as_millis() / cx.pace.poll.as_millis().max(1);
    for _ in 0..polls.max(1) {
        let input = json!({ "ClusterIdentifier": name });
        let call = ("redshift", "DescribeClusters");
        let answer = ask(cx, source, "look at the cluster", call, input).await?;
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        let port = answer.pointer("/Clusters/0/Endpoint/Port").and_then(Value::as_u64);
        if let (Some("available"), Some(host), Some(port)) =
            (text("/Clusters/0/ClusterStatus"), text("/Clusters/0/Endpoint/Address"), port)
        {
            return Ok((host.to_owned(), u16::try_from(port).unwrap_or(5439)));
        }
        tokio::time::sleep(cx.pace.poll).await;
    }
    Err(Box::new(Trouble::new("wait for the cluster").said("it is not available in time")))
}

fn admin_secret(movement: &Movement) -> String {
    movement.warehouse.admin_secret.clone().unwrap_or_default()
}

/// What S3 says of the objects: how many, how large, under which key.
async fn objects_in_target(cx: &Context, movement: &Movement) -> Result<Finding> {
    let work = Work::open(movement, cx, Mode::Look).await?;
    let listed = objects::list(&work, movement.store.prefix()).await?;
    let mut keys = BTreeSet::new();
    for object in &listed {
        let input = json!({ "Bucket": movement.store.bucket(), "Key": object.key });
        let place = (Account::Store, 7);
        let answer = work.ask(place, "look at an object", ("s3", "HeadObject"), input).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or("none");
        keys.insert(format!("{} {}", text("ServerSideEncryption"), text("SSEKMSKeyId")));
    }
    let bytes = listed.iter().map(|object| object.bytes).sum();
    let keys: Vec<String> = keys.into_iter().collect();
    let said = format!(
        "{} objects · {} · encrypted with {}",
        listed.len(),
        figures::bytes(bytes),
        keys.join(" and ")
    );
    let what = format!("s3://{}/{}", movement.store.bucket(), movement.store.prefix());
    let finding = Finding { good: keys.len() == 1, what, said };
    cx.reporter.report(&Event::Finding(finding.clone()));
    Ok(finding)
}

/// Takes away what the story itself made: the cluster and the administrator's secret.
async fn close(cx: &Context, source: &Session, movement: &Movement) -> Result<()> {
    let name = &movement.warehouse.cluster;
    let input = json!({ "ClusterIdentifier": name, "SkipFinalClusterSnapshot": true });
    ask(cx, source, "delete the cluster", ("redshift", "DeleteCluster"), input).await?;
    let input = json!({ "SecretId": admin_secret(movement), "ForceDeleteWithoutRecovery": true });
    let call = ("secretsmanager", "DeleteSecret");
    ask(cx, source, "delete the administrator's login", call, input).await?;
    let polls = cx.pace.patience.as_millis() / cx.pace.poll.as_millis().max(1);
    for _ in 0..polls.max(1) {
        let input = json!({ "ClusterIdentifier": name });
        match cx.api.call(source, "redshift", "DescribeClusters", input).await {
            Err(error) if error.is_missing() => return Ok(()),
            _ => tokio::time::sleep(cx.pace.poll).await,
        }
    }
    Err(Box::new(Trouble::new("delete the cluster").said("it is still there")))
}

fn difference(session: &Session, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Finding {
    let left: Vec<&str> = after.difference(before).map(String::as_str).collect();
    let said = if left.is_empty() {
        "as before: no role, policy, secret, alias, key, bucket or cluster more".to_owned()
    } else {
        format!("left behind: {}", left.join(", "))
    };
    Finding { good: left.is_empty(), what: session.label.clone(), said }
}
