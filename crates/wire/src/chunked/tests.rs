//! The chunked uploads that AWS documents, and what breaks them.

use std::io::{self, Cursor, Read};

use chrono::DateTime;

use super::*;
use crate::sigv4::{Credentials, sign};

const CHUNKS: [(usize, &str); 3] = [
    (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
];

const TRAILER_CHUNKS: [(usize, &str); 3] = [
    (65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
    (1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
    (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
];

/// The request whose signature starts the chain of chunks.
fn seed(payload: &PayloadHash, trailer: Option<&str>) -> Verified {
    let mut request = http::Request::builder()
        .method("PUT")
        .uri("https://s3.amazonaws.com/examplebucket/chunkObject.txt")
        .header("x-amz-storage-class", "REDUCED_REDUNDANCY")
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", "66560");
    request = match trailer {
        Some(name) => request.header("x-amz-trailer", name),
        None => request.header("content-length", "66824"),
    };
    let mut parts = request.body(()).unwrap().into_parts().0;
    let credentials = Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: None,
    };
    let now = DateTime::parse_from_rfc3339("2013-05-24T00:00:00Z").unwrap().to_utc();
    sign(&mut parts, &credentials, "us-east-1", "s3", payload, now)
}

fn body(chunks: &[(usize, &str)], end: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (size, signature) in chunks {
        body.extend(format!("{size:x};chunk-signature={signature}\r\n").into_bytes());
        body.extend(std::iter::repeat_n(b'a', *size));
        if *size > 0 {
            body.extend(b"\r\n");
        }
    }
    body.extend(end.as_bytes());
    body
}

/// Plain bytes and trailers.
type Body = (Vec<u8>, Vec<(String, String)>);

fn read(
    body: Vec<u8>,
    payload: &PayloadHash,
    verified: Option<Verified>,
    expected: Option<u64>,
) -> Result<Body, ChunkError> {
    let mut reader = ChunkedReader::new(Cursor::new(body), payload, verified, expected);
    let mut plain = Vec::new();
    match reader.read_to_end(&mut plain) {
        Ok(_) => Ok((plain, reader.trailers().to_vec())),
        Err(error) => Err(ChunkError::of(&error).unwrap().clone()),
    }
}

#[test]
fn reads_the_documented_signed_chunks() {
    let payload = PayloadHash::Streaming;
    let verified = seed(&payload, None);
    let known = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    assert_eq!(verified.signature, known);
    let (plain, _) = read(body(&CHUNKS, "\r\n"), &payload, Some(verified), Some(66560)).unwrap();
    assert_eq!(plain, vec![b'a'; 66560]);
}

#[test]
fn reads_the_documented_signed_trailer() {
    let payload = PayloadHash::StreamingTrailer;
    let verified = seed(&payload, Some("x-amz-checksum-crc32c"));
    let known = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    assert_eq!(verified.signature, known);
    let end = "x-amz-checksum-crc32c:sOO8/Q==\r\n\
               x-amz-trailer-signature:\
               d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
    let whole = body(&TRAILER_CHUNKS, end);
    let (plain, trailers) =
        read(whole.clone(), &payload, Some(verified.clone()), Some(66560)).unwrap();
    assert_eq!(plain.len(), 66560);
    assert_eq!(trailers, [("x-amz-checksum-crc32c".to_owned(), "sOO8/Q==".to_owned())]);

    let forged = body(&TRAILER_CHUNKS, &end.replace("sOO8", "sOO9"));
    let result = read(forged, &payload, Some(verified.clone()), Some(66560));
    assert_eq!(result, Err(ChunkError::Signature));
    let unsigned = body(&TRAILER_CHUNKS, "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n");
    let result = read(unsigned, &payload, Some(verified), Some(66560));
    assert_eq!(result, Err(ChunkError::Signature));
}

#[test]
fn a_changed_byte_or_signature_is_refused() {
    let payload = PayloadHash::Streaming;
    let verified = seed(&payload, None);
    let whole = body(&CHUNKS, "\r\n");
    for at in [100, 65536 + 90, 66000, whole.len() - 10] {
        let mut forged = whole.clone();
        forged[at] ^= 1;
        let result = read(forged, &payload, Some(verified.clone()), Some(66560));
        assert!(result.is_err(), "byte {at}");
    }
}

#[test]
fn a_missing_chunk_is_refused() {
    let payload = PayloadHash::Streaming;
    let verified = seed(&payload, None);
    let missing = body(&[CHUNKS[0], CHUNKS[2]], "\r\n");
    let result = read(missing, &payload, Some(verified), None);
    assert_eq!(result, Err(ChunkError::Signature));
}

#[test]
fn unsigned_bodies_with_trailers() {
    let payload = PayloadHash::StreamingUnsignedTrailer;
    let good = "3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
    let trailer = vec![("x-amz-checksum-crc32".to_owned(), "AAAA".to_owned())];
    let cases: [(&str, Option<u64>, Result<_, ChunkError>); 8] = [
        (good, Some(5), Ok((b"abcde".to_vec(), trailer.clone()))),
        ("0\r\n\r\n", Some(0), Ok((Vec::new(), Vec::new()))),
        ("0\r\n", None, Ok((Vec::new(), Vec::new()))),
        (good, Some(6), Err(ChunkError::Incomplete)),
        (good, Some(4), Err(ChunkError::Incomplete)),
        ("3\r\nab", None, Err(ChunkError::Incomplete)),
        ("x\r\nab\r\n", None, Err(ChunkError::Malformed)),
        ("2\r\nabc\r\n0\r\n\r\n", None, Err(ChunkError::Malformed)),
    ];
    for (text, expected, result) in cases {
        let read = read(text.as_bytes().to_vec(), &payload, None, expected);
        assert_eq!(read, result, "{text:?} {expected:?}");
    }
}

#[test]
fn endless_lines_are_refused() {
    let payload = PayloadHash::StreamingUnsignedTrailer;
    let result = read(vec![b'0'; 100_000], &payload, None, None);
    assert_eq!(result, Err(ChunkError::Malformed));
    let trailers = "x:y\r\n".repeat(33);
    let result = read(format!("0\r\n{trailers}\r\n").into_bytes(), &payload, None, None);
    assert_eq!(result, Err(ChunkError::Malformed));
}

/// Gives one byte at a time.
struct Slow(Cursor<Vec<u8>>);

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at_most = buffer.len().min(1);
        self.0.read(&mut buffer[..at_most])
    }
}

#[test]
fn the_size_of_reads_does_not_matter() {
    let payload = PayloadHash::Streaming;
    let inner = Slow(Cursor::new(body(&CHUNKS, "\r\n")));
    let mut reader = ChunkedReader::new(inner, &payload, Some(seed(&payload, None)), Some(66560));
    let mut buffer = [0; 7];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer).unwrap() {
            0 => break,
            read => total += read,
        }
    }
    assert_eq!(total, 66560);
    assert_eq!(reader.read(&mut buffer).unwrap(), 0, "the end stays the end");
}
