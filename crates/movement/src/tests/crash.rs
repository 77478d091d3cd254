//! A crash at every change, before and after its effect: `apply` and `destroy` go on from there,
//! and in the end the world is as it was before.

use super::movement;
use crate::context::Options;
use crate::fake::{Cut, Fake};
use crate::report::Exit;
use crate::{apply, destroy, run};

const WITH_DATA: Options = Options { data: true, hop: None, detach: false, recount: false };

/// A directory in memory where there is one: thousands of synced journal lines take minutes on disk.
pub(super) fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Applies, runs and destroys with the line cut at the n-th change; `false` when there were fewer.
async fn cut_at(n: usize, cut: Cut, resume: bool) -> bool {
    let state = in_memory();
    let fake = Fake::new();
    let before = fake.world.lock().unwrap().clone();
    let cx = fake.context(state.path());
    fake.knobs.lock().unwrap().fuse = Some((n, cut));
    let file = movement();
    let mut outcomes = vec![apply(&file, &cx, &Options::default()).await];
    if outcomes[0].exit == Exit::Done {
        outcomes.push(run(&file, &cx, &Options::default()).await);
        outcomes.push(destroy(&file, &cx, &WITH_DATA).await);
    }
    let cut_off = fake.knobs.lock().unwrap().dead;
    assert_eq!(cut_off, outcomes.iter().any(|outcome| outcome.exit == Exit::Failed));
    fake.revive();
    if resume {
        let applied = apply(&file, &cx, &Options::default()).await;
        assert_eq!(applied.exit, Exit::Done, "cut {n} {cut:?}: {:?}", applied.trouble);
        // A run that had arrived before the cut has filled the prefix.
        if outcomes.get(1).is_none_or(|run| run.exit == Exit::Failed) {
            let ran = run(&file, &cx, &Options::default()).await;
            assert_eq!(ran.exit, Exit::Done, "cut {n} {cut:?}: {:?}", ran.trouble);
        }
    }
    let last = destroy(&file, &cx, &WITH_DATA).await;
    assert_eq!(last.exit, Exit::Done, "cut {n} {cut:?}: {:?}", last.trouble);
    assert_eq!(fake.world.lock().unwrap().settled(), before, "cut {n} {cut:?}");
    cut_off
}

async fn cut_everywhere(resume: bool) {
    for cut in [Cut::Before, Cut::After] {
        let mut n = 0;
        while cut_at(n, cut, resume).await {
            n += 1;
        }
        // Far more changes than steps of any one command.
        assert!(n > 40, "only {n} changes were cut");
    }
}

#[tokio::test]
async fn destroy_cleans_up_after_a_crash_anywhere() {
    cut_everywhere(false).await;
}

#[tokio::test]
async fn apply_and_run_resume_after_a_crash_anywhere() {
    cut_everywhere(true).await;
}

#[tokio::test]
async fn an_unload_that_went_through_is_not_sent_twice() {
    let state = tempfile::tempdir().unwrap();
    let fake = Fake::new();
    let cx = fake.context(state.path());
    let file = movement();
    assert_eq!(apply(&file, &cx, &Options::default()).await.exit, Exit::Done);
    fake.knobs.lock().unwrap().fuse = Some((0, Cut::After));
    assert_eq!(run(&file, &cx, &Options::default()).await.exit, Exit::Failed);
    // And the crash tore the journal's last line.
    let journal = crate::journal::Journal::path(state.path(), &file.name);
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text + "{\"at\":\"torn").unwrap();
    fake.revive();
    let sent = |fake: &Fake| {
        let knobs = fake.knobs.lock().unwrap();
        knobs.changes.iter().filter(|change| *change == "UNLOAD").count()
    };
    let before = sent(&fake);
    let outcome = run(&file, &cx, &Options::default()).await;
    assert_eq!(outcome.exit, Exit::Done, "{:?}", outcome.trouble);
    assert_eq!(outcome.moved.unwrap().rows, 3);
    assert_eq!(sent(&fake), before);
}
