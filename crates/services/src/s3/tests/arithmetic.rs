use super::super::access::CopySource;
use super::super::crc;

/// The check value of each CRC is that of the nine digits (catalogue of parametrised CRCs).
#[test]
fn crcs_have_their_check_values() {
    for (kind, expected) in
        [(crc::CRC32, "cbf43926"), (crc::CRC32C, "e3069283"), (crc::CRC64NVME, "ae8b14860a799888")]
    {
        let mut running = crc::Running::new(kind);
        running.update(b"1234");
        running.update(b"56789");
        assert_eq!(hex::encode(running.finish()), expected);
    }
}

#[test]
fn crcs_combine_at_any_seam() {
    let text = b"the quick brown fox jumps over the lazy dog";
    let of = |kind, bytes: &[u8]| {
        let mut running = crc::Running::new(kind);
        running.update(bytes);
        crc::from_bytes(&running.finish())
    };
    for kind in [crc::CRC32, crc::CRC32C, crc::CRC64NVME] {
        for seam in 0..=text.len() {
            let (first, second) = text.split_at(seam);
            let combined = kind.combine(of(kind, first), of(kind, second), second.len() as u64);
            assert_eq!(combined, of(kind, text), "{kind:?} at {seam}");
        }
    }
}

#[test]
fn copy_sources() {
    for (text, expected) in [
        ("b/k", Some(("b", "k", None))),
        ("/b/k/l", Some(("b", "k/l", None))),
        ("b/a%20b%2Bc", Some(("b", "a b+c", None))),
        ("b/k?versionId=null", Some(("b", "k", Some("null")))),
        ("b", None),
        ("b/", None),
        ("/k", None),
        ("b/%ff", None),
    ] {
        let parsed = CopySource::parse(text).ok();
        let expected =
            expected.map(|(bucket, key, version): (&str, &str, Option<&str>)| CopySource {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                version_id: version.map(str::to_owned),
            });
        assert_eq!(parsed, expected, "{text}");
    }
}
