//! Reading the log in both directions, over block and segment boundaries and past damage.

use std::io::Write;

use super::*;

/// A log of `count` records, one a second, for accounts 1, 2, 3 in turn, of growing size.
fn log(directory: &Path, count: usize) -> AuditLog {
    let log = AuditLog::open(directory.to_owned(), 0, AuditPosition::default()).unwrap();
    for number in 0..count {
        log.append(None, &[record(number)]).unwrap();
    }
    log
}

fn record(number: usize) -> AuditRecord {
    let header = AuditHeader {
        time_ms: number as i64 * 1_000,
        accounts: [number as u64 % 3 + 1, 0],
        marks: mark(&format!("n={number}")) | mark("any"),
        ..AuditHeader::default()
    };
    AuditRecord {
        header,
        payload: format!("{number}:{}", "x".repeat(number % 400 * 7)).into_bytes(),
    }
}

fn number(record: &AuditRecord) -> usize {
    let text = std::str::from_utf8(&record.payload).unwrap();
    text.split(':').next().unwrap().parse().unwrap()
}

fn found(log: &AuditLog, filter: AuditFilter) -> Vec<usize> {
    log.scan(filter).unwrap().map(|record| number(&record.unwrap())).collect()
}

/// Begins a new segment with what is appended next.
fn rotate(log: &AuditLog) {
    let mut tail = log.tail.lock().unwrap();
    *tail = open_tail(&log.directory, tail.position.segment + 1, 0).unwrap();
}

#[test]
fn records_come_whole_in_both_directions_over_blocks_and_segments() {
    let dir = tempfile::tempdir().unwrap();
    // Together more than two blocks.
    let log = log(dir.path(), 300);
    rotate(&log);
    log.append(None, &[record(300), record(301)]).unwrap();
    rotate(&log);
    let backwards: Vec<usize> = (0..302).rev().collect();
    assert_eq!(found(&log, AuditFilter::default()), backwards);
    let walked: Vec<_> = log.walk(AuditPosition::default()).map(Result::unwrap).collect();
    assert!(walked.iter().map(|(r, _)| number(r)).eq(0..302));
    for at in [0, 150, 299, 300, 301] {
        let rest: Vec<_> = log.walk(walked[at].1).map(|r| number(&r.unwrap().0)).collect();
        assert!(rest.iter().copied().eq(at + 1..302), "behind {at}: {rest:?}");
    }
    assert_eq!(log.walk(log.end()).count(), 0);
    // A record longer than a block.
    let long = AuditRecord { payload: vec![b'7'; 1_000_000], ..record(0) };
    log.append(None, &[long.clone(), record(1)]).unwrap();
    let newest: Vec<_> = log.scan(AuditFilter::default()).unwrap().take(3).collect();
    let newest: Vec<_> = newest.into_iter().map(|r| r.unwrap().payload.len()).collect();
    assert_eq!(newest, [9, 1_000_000, record(301).payload.len()]);
}

#[test]
fn filters_answer_what_they_ask_for() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path(), 12);
    let all = AuditFilter::default();
    let of_one = AuditFilter { account: Some(2), ..all };
    assert_eq!(found(&log, of_one), [10, 7, 4, 1]);
    let between = AuditFilter { from_ms: Some(3_000), until_ms: Some(5_000), ..all };
    assert_eq!(found(&log, between), [5, 4, 3]);
    assert!(found(&log, AuditFilter { marks: mark("n=7"), ..all }).contains(&7));
    assert_eq!(found(&log, AuditFilter { marks: mark("any"), ..all }).len(), 12);
    let narrow = AuditFilter { account: Some(2), marks: mark("n=7") | mark("any"), ..between };
    assert_eq!(found(&log, narrow), Vec::<usize>::new());
}

#[test]
fn segments_out_of_a_filters_time_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let day = 24 * 60 * 60;
    let log = log(dir.path(), 3);
    for days in [10, 20, 30] {
        rotate(&log);
        log.append(None, &[record(days * day), record(days * day + 1)]).unwrap();
    }
    // What is not read cannot be found damaged.
    for segment in [0, 3] {
        let path = segment_path(dir.path(), segment);
        let length = fs::metadata(&path).unwrap().len();
        File::options().write(true).open(path).unwrap().set_len(length - 1).unwrap();
    }
    let at = |days: usize| Some((days * day * 1_000) as i64);
    let filter = AuditFilter { from_ms: at(12), until_ms: at(21), ..AuditFilter::default() };
    assert_eq!(found(&log, filter), [20 * day + 1, 20 * day]);
    assert!(log.scan(AuditFilter::default()).unwrap().any(|record| record.is_err()));
}

#[test]
fn damage_is_told_and_older_segments_are_read_past_it() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path(), 4);
    rotate(&log);
    log.append(None, &[record(4), record(5), record(6)]).unwrap();
    let path = segment_path(dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let told: Vec<String> = log
        .scan(AuditFilter::default())
        .unwrap()
        .map(|record| record.map_or_else(|_| "damaged".to_owned(), |r| number(&r).to_string()))
        .collect();
    assert_eq!(told, ["6", "damaged", "3", "2", "1", "0"]);
    let walked: Vec<bool> = log.walk(AuditPosition::default()).map(|r| r.is_ok()).collect();
    assert_eq!(walked, [true, true, true, true, true, false]);
}

#[test]
fn a_torn_tail_goes_at_the_next_start_and_nothing_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let whole = log(dir.path(), 3);
    let end = whole.end();
    drop(whole);
    let mut torn = Vec::new();
    format::encode(0, &record(9), &mut torn);
    for cut in [1, 4, 20, torn.len() - 1] {
        let mut file = File::options().append(true).open(segment_path(dir.path(), 0)).unwrap();
        file.write_all(&torn[..cut]).unwrap();
        drop(file);
        let log = AuditLog::open(dir.path().to_owned(), 0, AuditPosition::default()).unwrap();
        assert_eq!(log.end(), end, "cut at {cut}");
        assert_eq!(found(&log, AuditFilter::default()), [2, 1, 0]);
    }
}
