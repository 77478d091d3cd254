//! What administrators do to sessions: cancel them, end them, let them end when they are idle.

use std::time::Duration;

use tokio_postgres::Client;

use crate::support::{Running, ask, check, start};

/// Runs for minutes unless it is cancelled.
const LONG: &str = "select count(*) from wide a, wide b, wide c where a.n + b.n + c.n = 7";

async fn long_running(cluster: &Running) -> (Client, Client) {
    let (admin, busy) = (cluster.admin().await, cluster.admin().await);
    let rows = "create table wide as select g as n from generate_series(1, 20000) t(g)";
    assert_eq!(ask(&admin, rows).await, [""; 0]);
    (admin, busy)
}

/// The process id of the session that runs [`LONG`], as soon as it does.
async fn running(admin: &Client) -> String {
    loop {
        let found =
            ask(admin, "select pid from stv_inflight where text like 'select count(*) from wide%'");
        if let [pid] = found.await.as_slice() {
            return pid.clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_cancelled_by_others() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let (admin, busy) = long_running(&cluster).await;
    for (cancel, told) in [
        ("select pg_cancel_backend(PID)", "cancelled on user's request"),
        ("cancel PID", "cancelled on user's request"),
        ("cancel PID 'Long-running query'", "!57014 Long-running query"),
        (
            "select pg_cancel_backend(pid) from stv_inflight where pid <> pg_backend_pid()",
            "cancelled on user's request",
        ),
    ] {
        let (answer, ()) = tokio::join!(ask(&busy, LONG), async {
            let pid = running(&admin).await;
            let answer = ask(&admin, &cancel.replace("PID", &pid)).await.concat();
            assert!(matches!(answer.as_str(), "1" | ""), "{cancel}: {answer}");
        });
        let answer = answer.concat();
        assert!(answer.starts_with("!57014") && answer.contains(told), "{cancel}: {answer}");
    }
    let cancelled = "select count(*) from stl_query where aborted = 1 and querytxt like 'select count(*) from wide%'";
    check(&admin, &[(cancelled, "4")]).await;
    check(&busy, &[("select 1", "1")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_ended_with_its_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let (admin, busy) = long_running(&cluster).await;
    check(&busy, &[("begin", ""), ("insert into wide values (-1)", "")]).await;
    let (answer, ()) = tokio::join!(ask(&busy, LONG), async {
        let pid = running(&admin).await;
        check(&admin, &[(&format!("select pg_terminate_backend({pid})"), "1")]).await;
    });
    assert_eq!(answer, ["!57P01 terminating connection due to administrator command"]);
    assert!(ask(&busy, "select 1").await.concat().contains("closed"));
    check(&admin, &[("select count(*) from wide where n = -1", "0")]).await;
    let itself = ask(&admin, "select pg_terminate_backend(pg_backend_pid())").await.concat();
    assert!(itself == "1" || itself.starts_with("!57P01"), "{itself}");
    assert!(ask(&admin, "select 1").await.concat().starts_with('!'));
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_sessions_end_by_the_clock() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create user kim password 'Passw0rd' session timeout 60", ""),
            ("create user lea password 'Passw0rd'", ""),
        ],
    )
    .await;
    let kim = cluster.client("kim", "Passw0rd").await;
    let lea = cluster.client("lea", "Passw0rd").await;
    let mona = cluster.client("lea", "Passw0rd").await;
    let inside = "set idle_in_transaction_session_timeout to 30000";
    check(&lea, &[(inside, ""), ("begin", ""), ("select 1", "1")]).await;
    check(&mona, &[(inside, ""), ("select 1", "1")]).await;
    let mut looks = 0;
    while !(kim.is_closed() && lea.is_closed()) {
        // A look that found them idle must come before the time has passed.
        cluster.world.advance(chrono::Duration::seconds(61));
        tokio::time::sleep(Duration::from_millis(300)).await;
        looks += 1;
        assert!(looks < 100, "idle sessions stay");
    }
    check(&mona, &[("select current_user", "lea")]).await;
    check(&admin, &[("select count(*) from stv_sessions", "2")]).await;
}
