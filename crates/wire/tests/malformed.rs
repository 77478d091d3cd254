//! Damaged signatures, forms, chunked bodies and answers: refused, never a panic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

use std::io::Read;

use dice::Dice;
use http::{HeaderMap, HeaderValue, Request};
use wire::chunked::ChunkedReader;
use wire::sigv4::{PayloadHash, Presented};

/// Inputs of each kind.
const ROUNDS: u64 = 12_000;

const HEADER: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260115/us-east-1/s3/aws4_request, \
                      SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0123456789abcdef";
const QUERY: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260115%2F\
                     us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260115T080000Z&X-Amz-Expires=900&\
                     X-Amz-SignedHeaders=host&X-Amz-Signature=0123456789abcdef";
const CHUNKS: &[u8] = b"5\r\nhello\r\n3;a=b\r\n123\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
const ANSWER: &[u8] = b"<?xml version=\"1.0\"?><ListUsersResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
    <ListUsersResult><IsTruncated>false</IsTruncated><Users><member><UserName>a&amp;b</UserName><Path>/</Path>\
    <CreateDate>2026-01-15T08:00:00Z</CreateDate></member></Users></ListUsersResult></ListUsersResponse>";
const FORM: &[u8] = b"Action=CreateRole&Version=2010-05-08&RoleName=a%20b&Tags.member.1.Key=k&Tags.member.1.Value=v";

fn damaged(whole: &[u8], seed: u64) -> Vec<u8> {
    let (mut bytes, mut dice) = (whole.to_vec(), Dice::new(seed));
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len() + 1);
        let to = at + dice.below(bytes.len() - at + 1);
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..to)),
            2 if at < bytes.len() => bytes[at] = dice.below(256) as u8,
            3 => {
                let piece = bytes[at..to].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            4 => drop(bytes.splice(at..at, *b"ffffffffffffffffffff")),
            _ => bytes.insert(at, b"\0=&;:/<>\r\n%+ "[dice.below(13)]),
        }
    }
    bytes
}

#[test]
fn damaged_signatures_are_refused() {
    for seed in 0..ROUNDS {
        let query = String::from_utf8_lossy(&damaged(QUERY.as_bytes(), seed)).into_owned();
        let header = damaged(HEADER.as_bytes(), seed);
        let in_query = Request::builder().uri(format!("/b/k?{query}")).header("host", "h").body(());
        let in_header =
            HeaderValue::from_bytes(&header).map_err(http::Error::from).and_then(|value| {
                let request = Request::builder().uri("/b/k").header("host", "h");
                request
                    .header("authorization", value)
                    .header("x-amz-date", "20260115T080000Z")
                    .body(())
            });
        for (parts, ()) in [in_query, in_header].into_iter().flatten().map(Request::into_parts) {
            match Presented::parse(&parts) {
                Ok(Some(presented)) => {
                    let now = presented.timestamp();
                    let verified = presented.verify(&parts, &PayloadHash::Unsigned, b"secret", now);
                    assert!(verified.is_err(), "nobody has signed {parts:?}");
                }
                Ok(None) => {}
                Err(error) => {
                    let fault = error.fault(wire::model("s3").unwrap().protocol());
                    assert!((400..500).contains(&fault.status), "{fault:?}");
                }
            }
        }
    }
}

#[test]
fn damaged_chunks_are_refused_or_shorter() {
    for seed in 0..ROUNDS {
        let body = damaged(CHUNKS, seed);
        let payload = PayloadHash::StreamingUnsignedTrailer;
        let mut reader = ChunkedReader::new(body.as_slice(), &payload, None, Some(8));
        let mut plain = Vec::new();
        let whole = reader.read_to_end(&mut plain).is_ok();
        assert!(plain.len() <= 8 && (!whole || plain.len() == 8), "seed {seed}: {plain:?}");
    }
}

#[test]
fn damaged_forms_and_answers_are_refused_or_read() {
    let iam = wire::model("iam").unwrap();
    let operation = iam.operation("ListUsers").unwrap();
    for seed in 0..ROUNDS {
        let form = damaged(FORM, seed);
        if let Ok(form) = wire::Form::parse(&form) {
            assert!(form.iter().count() <= wire::MAX_FORM_FIELDS);
        }
        let answer = damaged(ANSWER, seed);
        for status in [200, 403] {
            let read =
                wire::client::decode_response(iam, operation, status, &HeaderMap::new(), &answer);
            assert!(status == 200 || read.is_err());
        }
    }
}
