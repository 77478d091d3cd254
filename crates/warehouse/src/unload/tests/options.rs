//! Names, splitting, compression, encryption, partitions, manifests, empty results.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Int32Array, StringArray};
use arrow::record_batch::RecordBatch;
use expect_test::expect;
use redshift_sql::{
    Authorization, Compression, Encryption, Existing, ManifestKind, Partitioning, SqlType, Unload,
    UnloadFormat,
};

use super::fake::{FakeCloud, ROLE, Table, awkward, noise, run, statement, unload};
use crate::ports::Sse;

const TEXT: UnloadFormat = UnloadFormat::Text { delimiter: b'|' };
const CSV: UnloadFormat = UnloadFormat::Csv { delimiter: b',' };

fn csv(change: impl FnOnce(&mut Unload)) -> Unload {
    let mut statement = statement(CSV);
    change(&mut statement);
    statement
}

/// `count` rows of a number and a text of 999 bytes: 1000 + digits bytes a line in text.
fn long_rows(count: i32) -> Table {
    let text = "x".repeat(999);
    Table::new(vec![
        ("id", SqlType::Integer, Arc::new(Int32Array::from_iter_values(0..count))),
        (
            "text",
            SqlType::Varchar(1000),
            Arc::new(StringArray::from_iter_values((0..count).map(|_| &text))),
        ),
    ])
}

fn no_rows() -> Table {
    awkward().select(&["id", "name"]).rows(0, 0)
}

#[test]
fn two_slices_write_and_names_say_which() {
    let table = awkward().select(&["id"]);
    for (format, compression, extension, expected) in [
        (TEXT, Compression::None, None, ["out/t_0000_part_00", "out/t_0001_part_00"]),
        (TEXT, Compression::Gzip, None, ["out/t_0000_part_00.gz", "out/t_0001_part_00.gz"]),
        (CSV, Compression::Bzip2, None, ["out/t_0000_part_00.bz2", "out/t_0001_part_00.bz2"]),
        (CSV, Compression::Zstd, None, ["out/t_0000_part_00.zst", "out/t_0001_part_00.zst"]),
        (
            UnloadFormat::Parquet,
            Compression::None,
            None,
            ["out/t_0000_part_00.parquet", "out/t_0001_part_00.parquet"],
        ),
        (
            CSV,
            Compression::Gzip,
            Some("csv.gz"),
            ["out/t_0000_part_00.csv.gz", "out/t_0001_part_00.csv.gz"],
        ),
    ] {
        let mut statement = statement(format);
        statement.parallel = true;
        statement.compression = compression;
        statement.extension = extension.map(str::to_owned);
        let (cloud, report) = unload(&statement, &table);
        assert_eq!(cloud.keys(), expected);
        assert_eq!(report.files.iter().map(|file| file.rows).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(report.files.iter().map(|file| file.slice).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(report.notice(), "UNLOAD completed, 3 record(s) unloaded successfully.");
    }
}

#[test]
fn one_row_makes_one_file() {
    let statement = csv(|s| s.parallel = true);
    let (cloud, _) = unload(&statement, &awkward().select(&["id"]).rows(0, 1));
    assert_eq!(cloud.keys(), ["out/t_0000_part_00"]);
    assert_eq!(cloud.text("out/t_0000_part_00"), "1\n");
}

#[test]
fn batches_are_dealt_in_turn() {
    let one = awkward().select(&["id"]).rows(0, 1);
    let two = awkward().select(&["id"]).rows(1, 1);
    let batches = [&one, &two, &one].map(|table| table.batches[0].clone()).to_vec();
    let table = Table { columns: one.columns.clone(), batches };
    let (cloud, report) = unload(&csv(|s| s.parallel = true), &table);
    assert_eq!(cloud.text("out/t_0000_part_00"), "1\n1\n");
    assert_eq!(cloud.text("out/t_0001_part_00"), "-2\n");
    assert_eq!(report.rows, 3);
}

#[test]
fn the_roles_are_assumed_for_the_database_user() {
    let (cloud, _) = unload(&statement(TEXT), &awkward());
    let expected = format!("arn:aws:redshift:us-east-1:111111111111:dbuser:prod/etl {ROLE}");
    assert_eq!(*cloud.seen.lock().unwrap(), [expected]);
    assert_eq!(cloud.store.commits.load(Ordering::SeqCst), 1);
    let keys = csv(|s| {
        s.authorization = Authorization::Keys {
            access_key_id: "AKIA".into(),
            secret_access_key: "secret".into(),
            session_token: None,
        };
    });
    let (cloud, _) = unload(&keys, &awkward());
    assert_eq!(*cloud.seen.lock().unwrap(), ["AKIA"]);
}

#[test]
fn compressed_files_hold_the_same_bytes() {
    let table = awkward();
    let (plain, _) = unload(&csv(|_| {}), &table);
    let plain = plain.bytes("out/t_000");
    for (compression, key) in [
        (Compression::Gzip, "out/t_000.gz"),
        (Compression::Bzip2, "out/t_000.bz2"),
        (Compression::Zstd, "out/t_000.zst"),
    ] {
        let (cloud, report) = unload(&csv(|s| s.compression = compression), &table);
        let packed = cloud.bytes(key);
        assert_eq!(report.bytes(), packed.len() as u64);
        let mut bytes = Vec::new();
        match compression {
            Compression::Gzip => {
                flate2::read::GzDecoder::new(&*packed).read_to_end(&mut bytes).unwrap()
            }
            Compression::Bzip2 => {
                bzip2::read::BzDecoder::new(&*packed).read_to_end(&mut bytes).unwrap()
            }
            _ => zstd::Decoder::new(&*packed).unwrap().read_to_end(&mut bytes).unwrap(),
        };
        assert_eq!(bytes, plain);
    }
}

#[test]
fn files_end_before_they_exceed_their_limit() {
    const LIMIT: u64 = 5 << 20;
    let statement = csv(|s| {
        s.max_file_size = Some(LIMIT);
        s.header = true;
    });
    let (cloud, report) = unload(&statement, &long_rows(12_000));
    assert_eq!(cloud.keys(), ["out/t_000", "out/t_001", "out/t_002"]);
    let mut next = 0;
    for file in &report.files {
        assert!(file.bytes <= LIMIT, "{file:?}");
        assert_eq!(file.records, file.rows + 1);
        let text = cloud.text(file.url.strip_prefix("s3://lake/").unwrap());
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("id,text"));
        for line in lines {
            assert!(line.starts_with(&format!("{next},")));
            next += 1;
        }
    }
    assert_eq!(next, 12_000);
    assert!(report.files[0].bytes > LIMIT - 2_000);
}

#[test]
fn a_row_larger_than_a_file_still_goes_out_whole() {
    let statement = csv(|s| s.max_file_size = Some(100));
    let (_, report) = unload(&statement, &long_rows(3));
    assert_eq!(report.files.iter().map(|file| file.rows).collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn compressed_files_are_split_too() {
    let text: Vec<&str> = (0..20_000).map(|row| noise(row, 960)).collect();
    let column = Arc::new(StringArray::from(text));
    let whole = Table::new(vec![("text", SqlType::Varchar(1000), column)]);
    let batches = (0..20).map(|i| whole.batches[0].slice(i * 1000, 1000)).collect();
    let table = Table { batches, ..whole };
    let statement = csv(|s| {
        s.max_file_size = Some(5 << 20);
        s.compression = Compression::Gzip;
    });
    let (_, report) = unload(&statement, &table);
    // Each but the last is nearly as large as it may be.
    assert!(report.files.len() > 1, "{:?}", report.files);
    assert!(report.files[0].bytes > 4 << 20, "{:?}", report.files);
    for file in &report.files {
        assert!(file.bytes <= 5 << 20, "{file:?}");
    }
}

#[test]
fn encryption_is_passed_on_for_files_and_manifest() {
    for (encryption, expected) in [
        (Encryption::Default, Sse::S3),
        (Encryption::Encrypted, Sse::S3),
        (Encryption::Auto, Sse::BucketDefault),
        (Encryption::Kms("k-1".into()), Sse::Kms { key_id: Some("k-1".into()) }),
    ] {
        let statement = csv(|s| {
            s.encryption = encryption;
            s.manifest = Some(ManifestKind::Plain);
        });
        let (cloud, _) = unload(&statement, &awkward());
        assert_eq!(cloud.sse("out/t_000"), expected);
        assert_eq!(cloud.sse("out/t_manifest"), expected);
    }
}

#[test]
fn manifests_are_plain_or_verbose() {
    let table = awkward().select(&["id", "name", "amount", "at", "ok"]);
    let plain = csv(|s| {
        s.manifest = Some(ManifestKind::Plain);
        s.parallel = true;
    });
    let (cloud, report) = unload(&plain, &table);
    expect![[r#"{"entries":[{"url":"s3://lake/out/t_0000_part_00"},{"url":"s3://lake/out/t_0001_part_00"}]}"#]]
        .assert_eq(&cloud.text("out/t_manifest"));
    assert_eq!(report.manifest.unwrap().url, "s3://lake/out/t_manifest");
    let verbose = csv(|s| {
        s.manifest = Some(ManifestKind::Verbose);
        s.header = true;
    });
    let (cloud, _) = unload(&verbose, &table);
    let manifest: serde_json::Value = serde_json::from_str(&cloud.text("out/t_manifest")).unwrap();
    expect![[r#"
        {
          "entries": [
            {
              "url": "s3://lake/out/t_000",
              "meta": {
                "content_length": 120,
                "record_count": 4
              }
            }
          ],
          "schema": {
            "elements": [
              {
                "name": "id",
                "type": {
                  "base": "integer"
                }
              },
              {
                "name": "name",
                "type": {
                  "base": "character varying",
                  "max_length": 40
                }
              },
              {
                "name": "amount",
                "type": {
                  "base": "numeric",
                  "max_precision": 8,
                  "max_scale": 2
                }
              },
              {
                "name": "at",
                "type": {
                  "base": "timestamp without time zone"
                }
              },
              {
                "name": "ok",
                "type": {
                  "base": "boolean"
                }
              }
            ]
          },
          "meta": {
            "content_length": 120,
            "record_count": 4
          },
          "author": {
            "name": "Amazon Redshift",
            "version": "1.0.0"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&manifest).unwrap());
}

#[test]
fn empty_results_make_an_empty_object_or_nothing() {
    let with = |format, header| {
        let mut statement = statement(format);
        statement.manifest = Some(ManifestKind::Verbose);
        statement.header = header;
        statement.parallel = true;
        unload(&statement, &no_rows())
    };
    for (format, header, text) in [(TEXT, false, ""), (CSV, true, "id,name\n")] {
        let (cloud, report) = with(format, header);
        assert_eq!(cloud.keys(), ["out/t_0000_part_00", "out/t_manifest"]);
        assert_eq!(cloud.text("out/t_0000_part_00"), text);
        assert_eq!(report.rows, 0);
    }
    for format in [UnloadFormat::Json, UnloadFormat::Parquet] {
        let (cloud, report) = with(format, false);
        assert!(cloud.keys().is_empty());
        assert_eq!((report.rows, report.files.len(), report.manifest), (0, 0, None));
    }
    let mut partitioned = csv(|s| s.manifest = Some(ManifestKind::Plain));
    partitioned.partition_by = Some(Partitioning { columns: vec!["id".into()], include: false });
    let (cloud, _) = unload(&partitioned, &no_rows());
    assert!(cloud.keys().is_empty());
}

#[test]
fn existing_objects_are_refused_overwritten_or_cleaned() {
    let there = ["out/t_000", "out/t_old", "out/u"];
    for (existing, expected) in [
        (Existing::Overwrite, vec!["out/t_000", "out/t_old", "out/u"]),
        (Existing::Clean, vec!["out/t_000", "out/u"]),
    ] {
        let cloud = FakeCloud::holding(&there);
        run(&cloud, &csv(|s| s.existing = existing), &awkward()).unwrap();
        assert_eq!(cloud.keys(), expected);
        assert_ne!(cloud.text("out/t_000"), "old");
    }
    let cloud = FakeCloud::holding(&there);
    let error = run(&cloud, &csv(|_| {}), &awkward()).unwrap_err();
    assert!(error.message.starts_with("Specified unload destination on S3 is not empty."));
    assert_eq!(cloud.text("out/t_000"), "old");
}

fn partitioned(columns: &[&str], include: bool) -> Unload {
    csv(|s| {
        let columns = columns.iter().map(|&c| c.into()).collect();
        s.partition_by = Some(Partitioning { columns, include });
    })
}

#[test]
fn partitions_are_hive_folders() {
    let table = awkward().select(&["id", "name", "at", "ok"]);
    let mut statement = partitioned(&["at", "ok"], false);
    statement.to = "s3://lake/out".into();
    statement.manifest = Some(ManifestKind::Plain);
    let (cloud, _) = unload(&statement, &table);
    let keys = [
        "out/at=1969-12-31 00%3A00%3A01.5/ok=f/000",
        "out/at=2008-01-01 00%3A00%3A00/ok=t/000",
        "out/at=__HIVE_DEFAULT_PARTITION__/ok=__HIVE_DEFAULT_PARTITION__/000",
        "out/manifest",
    ];
    assert_eq!(cloud.keys(), keys);
    assert_eq!(cloud.text(keys[1]), "1,plain\n");
    assert_eq!(cloud.text(keys[2]), ",\n");
    let (cloud, _) = unload(&partitioned(&["ok"], true), &table);
    assert_eq!(cloud.text("out/t_/ok=t/000"), "1,plain,2008-01-01 00:00:00,t\n");
}

#[test]
fn names_and_values_of_partitions_are_escaped() {
    let table = awkward().select(&["id", "name"]);
    let (cloud, _) = unload(&partitioned(&["name"], false), &table);
    assert_eq!(
        cloud.keys()[..2],
        [
            "out/t_/name=__HIVE_DEFAULT_PARTITION__/000",
            "out/t_/name=a|b,c%22d%27e%5Cf%0Ag%0Dh é€/000"
        ]
    );
}

#[test]
fn partitioned_parquet_and_json_leave_the_column_out() {
    let table = awkward().select(&["id", "day"]);
    for (format, key) in [
        (UnloadFormat::Json, "out/t_/day=1970-01-01/0000_part_00"),
        (UnloadFormat::Parquet, "out/t_/day=1970-01-01/0000_part_00.parquet"),
    ] {
        let mut statement = partitioned(&["day"], false);
        statement.parallel = true;
        statement.format = format.clone();
        let (cloud, report) = unload(&statement, &table);
        assert_eq!(report.files.len(), 3);
        if format == UnloadFormat::Json {
            assert_eq!(cloud.text(key), "{\"id\":1}\n");
        } else {
            assert!(cloud.bytes(key).starts_with(b"PAR1"));
        }
    }
}

#[test]
fn clean_path_touches_only_folders_that_receive_files() {
    let there = ["out/t_/ok=t/old", "out/t_/ok=x/old", "out/t_/old"];
    let cloud = FakeCloud::holding(&there);
    let mut statement = partitioned(&["ok"], false);
    statement.existing = Existing::Clean;
    run(&cloud, &statement, &awkward().select(&["id", "ok"])).unwrap();
    assert_eq!(
        cloud.keys(),
        [
            "out/t_/ok=__HIVE_DEFAULT_PARTITION__/000",
            "out/t_/ok=f/000",
            "out/t_/ok=t/000",
            "out/t_/ok=x/old",
            "out/t_/old",
        ]
    );
}

#[test]
fn more_folders_than_open_files_lose_no_row() {
    const FOLDERS: i32 = 72;
    let rows = FOLDERS * 24;
    let text = "y".repeat(50_000);
    let table = Table::new(vec![
        ("id", SqlType::Integer, Arc::new(Int32Array::from_iter_values(0..rows))),
        (
            "folder",
            SqlType::Integer,
            Arc::new(Int32Array::from_iter_values((0..rows).map(|i| (i * 7) % FOLDERS))),
        ),
    ]);
    let text = StringArray::from(vec![text; 1]);
    let wide = |batch: &RecordBatch| {
        let count = batch.num_rows();
        let repeated = StringArray::from_iter_values((0..count).map(|_| text.value(0)));
        let mut columns: Vec<(&str, arrow::array::ArrayRef)> =
            vec![("id", batch.column(0).clone()), ("folder", batch.column(1).clone())];
        columns.push(("text", Arc::new(repeated)));
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let batches = (0..rows as usize / 48).map(|i| wide(&table.batches[0].slice(i * 48, 48)));
    let mut columns = table.columns.clone();
    columns.push(crate::unload::ResultColumn {
        name: "text".into(),
        redshift_type: SqlType::Varchar(65_535),
    });
    let table = Table { columns, batches: batches.collect() };
    let (cloud, report) = unload(&partitioned(&["folder"], false), &table);
    assert_eq!(report.rows, rows as u64);
    assert!(report.files.len() > FOLDERS as usize, "{} files", report.files.len());
    assert!(cloud.keys().iter().any(|key| key.ends_with("/001")));
    let mut ids: Vec<i32> = cloud
        .keys()
        .iter()
        .flat_map(|key| {
            cloud
                .text(key)
                .lines()
                .map(|l| l.split(',').next().unwrap().parse().unwrap())
                .collect::<Vec<i32>>()
        })
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..rows).collect::<Vec<_>>());
}
