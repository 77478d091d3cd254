use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::*;

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            *byte = (n.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8;
        }
    }
}

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(Counting(AtomicU64::new(7)))
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Record for Note {
    const VERSION: u8 = 2;

    fn migrate(from: u8, value: serde_json::Value) -> Result<serde_json::Value, String> {
        match from {
            1 => Ok(serde_json::json!({ "text": value })),
            other => Err(format!("unknown version {other}")),
        }
    }
}

const NOTES: Table<Note> = Table::new("test.notes");

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

fn event(time_ms: i64, payload: &str) -> AuditRecord {
    let accounts = [111_111_111_111, 0];
    let header = AuditHeader { time_ms, accounts, ..AuditHeader::default() };
    AuditRecord { header, payload: payload.as_bytes().to_vec() }
}

fn trail(store: &Store) -> Vec<String> {
    let records = store.scan_audit().unwrap();
    records.map(|r| String::from_utf8(r.unwrap().payload).unwrap()).collect()
}

#[test]
fn committed_records_and_their_audit_survive_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let tx = store.begin(TxMode::Write).unwrap();
    tx.put(&NOTES, "a", &note("one")).unwrap();
    store.commit(tx, &[event(1, "put a")]).unwrap();
    let dropped = store.begin(TxMode::Write).unwrap();
    dropped.put(&NOTES, "b", &note("two")).unwrap();
    drop(dropped);
    store.append_audit(&[event(2, "denied b")]).unwrap();
    drop(store);

    let store = Store::open(dir.path(), entropy()).unwrap();
    let tx = store.begin(TxMode::Read).unwrap();
    assert_eq!(tx.get(&NOTES, "a").unwrap(), Some(note("one")));
    assert_eq!(tx.get(&NOTES, "b").unwrap(), None);
    assert_eq!(trail(&store), ["denied b", "put a"]);
}

#[test]
fn scans_follow_byte_order_prefix_and_limit() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let tx = store.begin(TxMode::Write).unwrap();
    for key in ["b/2", "a", "b/1", "b/10", "c", "b"] {
        tx.put(&NOTES, key, &note(key)).unwrap();
    }
    let keys = |prefix: &str, after: Option<&str>, limit| -> Vec<String> {
        tx.scan(&NOTES, prefix, after, limit).unwrap().into_iter().map(|(k, _)| k).collect()
    };
    assert_eq!(keys("b/", None, 10), ["b/1", "b/10", "b/2"]);
    assert_eq!(keys("b/", Some("b/1"), 1), ["b/10"]);
    assert_eq!(keys("b/", Some("a"), 1), ["b/1"]);
    assert_eq!(keys("", None, 2), ["a", "b"]);
    assert_eq!(keys("x", None, 2), Vec::<String>::new());
}

#[test]
fn a_part_that_fails_takes_its_own_changes_with_it_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let tx = store.begin(TxMode::Write).unwrap();
    let put = |key: &str, text: &str| tx.put(&NOTES, key, &note(text));
    let all = || -> Vec<(String, String)> {
        let found = tx.scan(&NOTES, "", None, 10).unwrap();
        found.into_iter().map(|(key, note)| (key, note.text)).collect()
    };
    let pair = |key: &str, text: &str| (key.to_owned(), text.to_owned());
    let fail = || Err::<(), StoreError>(StoreError::ReadOnly("a part that fails"));
    put("changed", "first").unwrap();
    put("removed", "first").unwrap();
    let whole = [pair("changed", "first"), pair("removed", "first")];
    let outcome = tx.nested(|| {
        put("changed", "second").unwrap();
        put("changed", "third").unwrap();
        put("made", "second").unwrap();
        tx.delete(&NOTES, "removed").unwrap();
        put("removed", "again").unwrap();
        fail()
    });
    assert!(outcome.is_err());
    assert_eq!(all(), whole);
    // A part that succeeds goes with the part around it.
    let outcome = tx.nested(|| {
        tx.nested(|| put("inner", "kept"))?;
        assert_eq!(all().len(), 3);
        fail()
    });
    assert!(outcome.is_err());
    assert_eq!(all(), whole);
    // And the part around it goes on after one that failed.
    tx.nested(|| {
        put("outer", "kept").unwrap();
        assert!(
            tx.nested(|| {
                put("outer", "lost").unwrap();
                fail()
            })
            .is_err()
        );
        put("last", "kept")
    })
    .unwrap();
    store.commit(tx, &[]).unwrap();
    let tx = store.begin(TxMode::Read).unwrap();
    let kept: Vec<String> =
        tx.scan(&NOTES, "", None, 10).unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(kept, ["changed", "last", "outer", "removed"]);
    assert_eq!(tx.get(&NOTES, "outer").unwrap(), Some(note("kept")));
}

#[test]
fn a_reader_cannot_change_anything() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let tx = store.begin(TxMode::Read).unwrap();
    let error = tx.put(&NOTES, "a", &note("x")).unwrap_err();
    assert_eq!(error.to_string(), "a reading transaction cannot change table `test.notes`");
}

#[test]
fn older_records_are_migrated_and_unknown_ones_refused() {
    assert_eq!(NOTES.decode("k", b"\x01\"old\"").unwrap(), note("old"));
    assert_eq!(
        NOTES.decode("k", b"\x09{}").unwrap_err().to_string(),
        "record `k` of table `test.notes` is damaged: unknown version 9"
    );
}

#[test]
fn a_second_store_on_the_same_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Store::open(dir.path(), entropy()).unwrap();
    assert!(matches!(Store::open(dir.path(), entropy()), Err(StoreError::InUse(_))));
}

#[test]
fn audit_records_of_changes_that_were_never_durable_are_taken_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let tx = store.begin(TxMode::Write).unwrap();
    store.commit(tx, &[event(1, "durable")]).unwrap();
    drop(store);
    // What a kill between the append and the database's commit leaves behind.
    let path = dir.path().join("audit/00000000.log");
    let mut file = std::fs::File::options().append(true).open(path).unwrap();
    file.write_all(&audit_bytes(2, "never happened")).unwrap();
    file.write_all(&audit_bytes(0, "a read")).unwrap();
    file.write_all(b"\0\0\0\xffhalf a record").unwrap();
    drop(file);

    let store = Store::open(dir.path(), entropy()).unwrap();
    assert_eq!(trail(&store), ["a read", "durable"]);
    store.append_audit(&[event(3, "next")]).unwrap();
    assert_eq!(trail(&store), ["next", "a read", "durable"]);
}

fn audit_bytes(commit: u64, payload: &str) -> Vec<u8> {
    let mut body = [commit, 5, 111_111_111_111, 0, 0, 0].map(u64::to_be_bytes).concat();
    body.extend(payload.as_bytes());
    let length = (body.len() as u32).to_be_bytes();
    [length.as_slice(), &crc32fast::hash(&body).to_be_bytes(), &body, &length].concat()
}

#[test]
fn blobs_read_back_in_every_range() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let key = DataKey::new([5; 32]);
    let frame = FRAME_BYTES as u64;
    let inline = INLINE_BYTES as u64;
    for size in [
        0,
        1,
        inline - 1,
        inline,
        inline + 1,
        frame - 1,
        frame,
        frame + 1,
        3 * frame,
        3 * frame + 17,
    ] {
        let plain: Vec<u8> = (0..size).map(|n| (n * 31 % 251) as u8).collect();
        let mut writer = store.blobs().create(&key).unwrap();
        writer.write_all(&plain).unwrap();
        let (id, written) = writer.finish().unwrap();
        assert_eq!((written, id.is_file()), (size, size > inline));
        for (from, to) in [(0, size), (size / 2, size), (size / 3, size / 2), (size, size)] {
            let mut read = Vec::new();
            let mut reader = store.blobs().open(&id, &key, size, from..to).unwrap();
            reader.read_to_end(&mut read).unwrap();
            assert!(read == plain[from as usize..to as usize], "{size}: {from}..{to}");
        }
    }
}

#[test]
fn an_altered_cut_or_foreign_blob_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let key = DataKey::new([5; 32]);
    for size in [1, INLINE_BYTES] {
        let plain = vec![1; size];
        let mut writer = store.blobs().create(&key).unwrap();
        writer.write_all(&plain).unwrap();
        let (id, _) = writer.finish().unwrap();
        let text = serde_json::to_string(&id).unwrap();
        let read = |text: &str, key: &DataKey| {
            let id = serde_json::from_str(text).unwrap();
            let mut reader = store.blobs().open(&id, key, size as u64, 0..size as u64)?;
            let mut read = Vec::new();
            reader.read_to_end(&mut read).map_err(Box::<dyn std::error::Error>::from)?;
            Ok::<_, Box<dyn std::error::Error>>(read)
        };
        assert_eq!(read(&text, &key).unwrap(), plain);
        assert!(read(&text, &DataKey::new([6; 32])).is_err(), "another key");
        let altered = |at: usize| {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
            String::from_utf8(bytes).unwrap()
        };
        assert!(read(&altered(1), &key).is_err(), "under another name");
        assert!(read(&altered(40), &key).is_err(), "one byte altered");
        assert!(read(&text.replace('.', ".!"), &key).is_err(), "no base64");
    }
    let size = 2 * FRAME_BYTES as u64;
    let mut writer = store.blobs().create(&key).unwrap();
    writer.write_all(&vec![1; 2 * FRAME_BYTES]).unwrap();
    let (id, _) = writer.finish().unwrap();
    let path = dir.path().join("blobs").join(id.as_str().get(..2).unwrap()).join(id.as_str());
    let whole = std::fs::read(&path).unwrap();
    assert!(!whole.windows(64).any(|w| w == [1; 64]), "the body lies sealed on disk");

    let read = |key: &DataKey, size: u64| {
        let mut reader = store.blobs().open(&id, key, size, 0..size).unwrap();
        reader.read_to_end(&mut Vec::new())
    };
    assert!(read(&key, size).is_ok());
    assert!(read(&DataKey::new([6; 32]), size).is_err(), "another key");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(read(&key, size / 2).is_err(), "cut at a frame boundary");
    let mut altered = whole.clone();
    altered[100] ^= 1;
    std::fs::write(&path, &altered).unwrap();
    assert!(read(&key, size).is_err(), "one bit turned");
}

#[test]
fn unfinished_and_unreferenced_blobs_go() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let key = DataKey::new([5; 32]);
    let begun = || {
        let mut writer = store.blobs().create(&key).unwrap();
        writer.write_all(&vec![1; 2 * FRAME_BYTES]).unwrap();
        writer
    };
    drop(begun());
    let (kept, _) = begun().finish().unwrap();
    let (lost, _) = begun().finish().unwrap();
    assert_eq!(store.blobs().sweep(&|id| *id == kept).unwrap(), 1);
    assert!(store.blobs().open(&kept, &key, 1, 0..1).is_ok());
    assert!(store.blobs().open(&lost, &key, 1, 0..1).is_err());
}

#[test]
fn sealed_values_open_only_in_their_context_and_under_their_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let sealed = store.seal().seal("secret a", b"value").unwrap();
    drop(store);
    let store = Store::open(dir.path(), entropy()).unwrap();
    assert_eq!(store.seal().open_sealed("secret a", &sealed).unwrap().as_slice(), b"value");
    assert!(store.seal().open_sealed("secret b", &sealed).is_err());
    assert!(store.seal().open_sealed("secret a", b"short").is_err());
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Arc::new(Counting(AtomicU64::new(99)));
    let other = Store::open(elsewhere.path(), other).unwrap();
    assert!(other.seal().open_sealed("secret a", &sealed).is_err());
}

#[test]
fn derived_keys_depend_on_purpose_and_state_directory() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let derived = |purpose: &str| *store.seal().derive(purpose).unwrap().material();
    let first = derived("a");
    assert_eq!(first, derived("a"));
    assert_ne!(first, derived("b"));
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Store::open(elsewhere.path(), Arc::new(Counting(AtomicU64::new(3)))).unwrap();
    assert_ne!(first, *other.seal().derive("a").unwrap().material());
}

/// What a full disk does in the middle of a commit: every write and read of the database fails.
fn break_database(store: &Store) {
    store.databases().current().retired.store(true, Ordering::SeqCst);
}

fn write(store: &Store, key: &str) -> Result<(), StoreError> {
    let tx = store.begin(TxMode::Write)?;
    tx.put(&NOTES, key, &note(key))?;
    store.commit(tx, &[event(1, key)])
}

/// Tries until the store has gone back to its last commit.
fn write_again(store: &Store, key: &str) {
    let patience = std::time::Duration::from_secs(30);
    let begun = std::time::Instant::now();
    while let Err(error) = write(store, key) {
        assert!(begun.elapsed() < patience, "{error}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn keys(store: &Store) -> Vec<String> {
    let tx = store.begin(TxMode::Read).unwrap();
    tx.scan(&NOTES, "", None, 100).unwrap().into_iter().map(|(key, _)| key).collect()
}

#[test]
fn a_disk_that_fails_takes_the_state_back_to_the_last_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    write(&store, "a").unwrap();
    for round in 0..3 {
        let begun_before = store.begin(TxMode::Write).unwrap();
        begun_before.put(&NOTES, "lost", &note("lost")).unwrap();
        break_database(&store);
        let lost = store.commit(begun_before, &[event(2, "lost")]).unwrap_err();
        assert!(lost.is_of_the_disk(), "{lost}");
        store.append_audit(&[event(3, &format!("read {round}"))]).unwrap();
        write_again(&store, &format!("b{round}"));
    }
    let expected = ["a", "b0", "b1", "b2"];
    let heard = ["b2", "read 2", "b1", "read 1", "b0", "read 0", "a"];
    assert_eq!(
        (keys(&store), trail(&store)),
        (expected.map(String::from).to_vec(), heard.map(String::from).to_vec())
    );
    drop(store);
    let store = Store::open(dir.path(), entropy()).unwrap();
    assert_eq!(
        (keys(&store), trail(&store)),
        (expected.map(String::from).to_vec(), heard.map(String::from).to_vec())
    );
}

#[test]
fn a_writer_that_began_before_the_disk_failed_does_not_come_in_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    write(&store, "a").unwrap();
    let late = store.begin(TxMode::Write).unwrap();
    late.put(&NOTES, "late", &note("late")).unwrap();
    store
        .databases()
        .replace(|generation, commit, position| {
            store.audit_log().go_back(generation, commit, position)
        })
        .unwrap();
    assert!(store.commit(late, &[event(2, "late")]).is_err());
    write_again(&store, "b");
    let expected = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    assert_eq!((keys(&store), trail(&store)), (expected(["a", "b"]), expected(["b", "a"])));
}

#[test]
fn a_writer_that_gives_up_takes_nothing_of_the_others_in_its_group_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    write(&store, "kept").unwrap();
    // Holding the turn keeps the others in line, so that they come in one group.
    let first = store.begin(TxMode::Write).unwrap();
    let givers_up = 4;
    std::thread::scope(|scope| {
        for number in 0..8 {
            let store = &store;
            scope.spawn(move || {
                let tx = store.begin(TxMode::Write).unwrap();
                let key = format!("{number}");
                assert_eq!(tx.get(&NOTES, "kept").unwrap(), Some(note("kept")));
                tx.put(&NOTES, &key, &note(&key)).unwrap();
                if number < givers_up {
                    tx.put(&NOTES, "kept", &note("altered")).unwrap();
                    tx.delete(&NOTES, "kept").unwrap();
                    drop(tx);
                } else {
                    store.commit(tx, &[event(1, &key)]).unwrap();
                }
            });
        }
        first.put(&NOTES, "first", &note("first")).unwrap();
        store.commit(first, &[event(1, "first")]).unwrap();
    });
    let expected: Vec<String> = ["4", "5", "6", "7", "first", "kept"].map(String::from).into();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!((keys(&store), sorted(trail(&store))), (expected.clone(), expected.clone()));
    let tx = store.begin(TxMode::Read).unwrap();
    assert_eq!(tx.get(&NOTES, "kept").unwrap(), Some(note("kept")));
    drop((tx, store));
    let store = Store::open(dir.path(), entropy()).unwrap();
    assert_eq!((keys(&store), sorted(trail(&store))), (expected.clone(), expected));
}

#[test]
fn writers_whose_group_is_lost_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    write(&store, "a").unwrap();
    let first = store.begin(TxMode::Write).unwrap();
    std::thread::scope(|scope| {
        let joined = scope.spawn(|| write(&store, "joined"));
        let in_line = |count| {
            while store.waiting() < count {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        };
        in_line(1);
        scope.spawn(|| {
            let tx = store.begin(TxMode::Write).unwrap();
            tx.put(&NOTES, "given up", &note("given up")).unwrap();
            break_database(&store);
        });
        in_line(2);
        drop(first);
        let lost = joined.join().unwrap().unwrap_err();
        assert!(lost.is_of_the_disk(), "{lost}");
    });
    write_again(&store, "b");
    let expected = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    assert_eq!((keys(&store), trail(&store)), (expected(["a", "b"]), expected(["b", "a"])));
}

#[test]
fn nobody_reads_what_is_not_on_disk_but_the_writers_that_come_next() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    let tx = store.begin(TxMode::Write).unwrap();
    tx.put(&NOTES, "a", &note("a")).unwrap();
    assert_eq!(keys(&store), Vec::<String>::new());
    let before = store.commits().unwrap();
    store.commit(tx, &[]).unwrap();
    assert_eq!((keys(&store), store.commits().unwrap()), (vec!["a".to_owned()], before + 1));
    // What changes nothing is no commit.
    let tx = store.begin(TxMode::Write).unwrap();
    store.commit(tx, &[]).unwrap();
    assert_eq!(store.commits().unwrap(), before + 1);
}

#[test]
fn many_writers_share_the_disk_and_all_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), entropy()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let store = &store;
            scope.spawn(move || {
                (0..25).for_each(|n| write(store, &format!("{thread}/{n:02}")).unwrap());
            });
        }
    });
    drop(store);
    let store = Store::open(dir.path(), entropy()).unwrap();
    assert_eq!(
        (
            store.begin(TxMode::Read).unwrap().scan(&NOTES, "", None, 999).unwrap().len(),
            trail(&store).len()
        ),
        (200, 200)
    );
}
