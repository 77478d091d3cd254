//! Statements that want more memory than there is: they spill, or fail, and sessions go on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{ask, check, start_small};

/// Bytes of the files that the engine has spilled to.
fn spilled(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory.join("staging")).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_without_memory_fails_and_every_session_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start_small(directory.path(), 128);
    let (hungry, other) = (cluster.admin().await, cluster.admin().await);
    check(&other, &[("create table small (a int)", ""), ("insert into small values (1), (2)", "")])
        .await;
    let done = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&done);
    let asking = tokio::spawn(async move {
        let mut answers = 0;
        while !told.load(Ordering::SeqCst) || answers == 0 {
            let answer = ask(&other, "select sum(a) from small").await.concat();
            // Memory is one pool: in the moment when the other has all of it there is none.
            assert!(answer == "3" || answer.starts_with("!53200 "), "{answer}");
            answers += 1;
        }
        other
    });
    check(&hungry, &[("begin", "")]).await;
    // All rows of the hashed side have one key: they cannot be spilled in parts.
    let answer = ask(
        &hungry,
        "select max(length(b.p)) from (select n % 1 as k from generate_series(1, 100000000) t(n)) a \
         join (select n % 1 as k, repeat(n::varchar, 20) as p from generate_series(1, 3000000) t(n)) b \
         on a.k = b.k",
    );
    let answer = answer.await.concat();
    done.store(true, Ordering::SeqCst);
    assert!(answer.starts_with("!53200 "), "{answer}");
    let other = asking.await.unwrap();
    let aborted = "!25P02 current transaction is aborted, commands ignored until end of \
                   transaction block";
    check(&hungry, &[("select 1", aborted), ("rollback", ""), ("select sum(a) from small", "3")])
        .await;
    check(&other, &[("select sum(a) from small", "3")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_spilled_and_removed() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start_small(directory.path(), 128);
    let admin = cluster.admin().await;
    let sorted = "create temp table sorted as select n, repeat(n::varchar, 20) as text \
                  from generate_series(1, 3000000) t(n) order by (n * 7919) % 1000003, n";
    let largest = Arc::new(std::sync::Mutex::new(0_u64));
    let (seen, place) = (Arc::clone(&largest), directory.path().to_owned());
    let watching = tokio::spawn(async move {
        loop {
            let now = spilled(&place);
            let most = (*seen.lock().unwrap()).max(now);
            *seen.lock().unwrap() = most;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    check(&admin, &[(sorted, ""), ("select count(*) from sorted", "3000000")]).await;
    check(&admin, &[("drop table sorted", "")]).await;
    watching.abort();
    let most = *largest.lock().unwrap();
    assert!(most > 0, "nothing was spilled");
    assert!(most <= 16 * 128 * 1_000_000, "{most} bytes were spilled");
    drop(admin);
    assert_eq!(spilled(directory.path()), 0, "spills stay");
}
