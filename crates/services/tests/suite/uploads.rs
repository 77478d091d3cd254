//! Bodies on their way in, over bytes: what is not whole, or not what was declared, leaves nothing.

use std::io::{self, Read};

use serde_json::{Value, json};
use testkit::{Request, World};
use wire::sigv4::PayloadHash;

fn world() -> World {
    let world = World::new();
    world.ok(&world.admin("prod"), "s3", "CreateBucket", json!({ "Bucket": "lake" }));
    world
}

/// More than what lies in a record: it gets a file.
fn body() -> Vec<u8> {
    b"0123456789".repeat(300)
}

/// The beginning of a body of which a part is in its file already.
const BEGUN_BYTES: usize = 80_000;

fn put(world: &World) -> Request {
    let mut request = world.request("s3", "PutObject", &json!({ "Bucket": "lake", "Key": "k" }));
    request.with_body(&body());
    request
}

/// Files under the blob directory.
fn blobs(world: &World) -> usize {
    fn files(path: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|e| if e.path().is_dir() { files(&e.path()) } else { 1 }).sum()
    }
    files(&world.directory().join("blobs"))
}

/// Nothing is there: no object, no blob; and the attempt is recorded with its error.
fn assert_nothing_stays(world: &World, code: &str) {
    assert_eq!(blobs(world), 0, "{code}: a blob stays");
    let record = world.trail("prod").pop().unwrap();
    assert_eq!(record["eventName"], "PutObject");
    assert_eq!(record["errorCode"], code);
    let listed = world.ok(&world.admin("prod"), "s3", "ListObjectsV2", json!({ "Bucket": "lake" }));
    assert_eq!(listed["KeyCount"], 0, "{code}: an object stays");
}

#[test]
fn a_whole_body_becomes_one_blob_and_one_record() {
    let world = world();
    let before = world.whole_audit().len();
    let mut request = put(&world);
    world.sign(&mut request, &world.admin("prod"));
    let answer = world.send(request);
    assert_eq!(answer.told(), "ok");
    assert_eq!(answer.header("etag"), "\"8681a49920ffd5159feb1ae8fc2afb17\"");
    assert_eq!(blobs(&world), 1);
    assert_eq!(world.whole_audit().len() - before, 1);
    let mut get = world.request("s3", "GetObject", &json!({ "Bucket": "lake", "Key": "k" }));
    world.sign(&mut get, &world.admin("prod"));
    assert_eq!(world.send(get).body, body());
}

#[test]
fn a_digest_that_differs_refuses_the_body() {
    type Change = fn(&mut Request);
    let md5: Change = |request| {
        request.header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    };
    let crc: Change = |request| {
        request.header("x-amz-checksum-crc32", "AAAAAA==");
    };
    let sha: Change = |request| {
        request.header("x-amz-checksum-sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    };
    let broken: Change = |request| {
        request.header("content-md5", "not base64");
    };
    let cases =
        [(md5, "BadDigest"), (crc, "BadDigest"), (sha, "BadDigest"), (broken, "InvalidDigest")];
    for (change, code) in cases {
        let world = world();
        let mut request = put(&world);
        change(&mut request);
        world.sign(&mut request, &world.admin("prod"));
        let error = world.send(request).result().unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (400, code));
        assert_nothing_stays(&world, code);
    }
}

#[test]
fn a_body_other_than_the_signed_one_is_refused() {
    let world = world();
    let mut request = put(&world);
    world.sign(&mut request, &world.admin("prod"));
    request.body = b"9876543210".repeat(300);
    let error = world.send(request).result().unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (400, "XAmzContentSHA256Mismatch"));
    assert_nothing_stays(&world, "XAmzContentSHA256Mismatch");
}

/// Some bytes, then a connection that breaks.
struct Breaks(io::Cursor<Vec<u8>>);

impl Read for Breaks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::ConnectionReset.into()),
            count => Ok(count),
        }
    }
}

#[test]
fn a_connection_that_breaks_leaves_nothing() {
    let world = world();
    let mut request = put(&world);
    world.sign_as(&mut request, &world.admin("prod"), &PayloadHash::Unsigned);
    let body = Breaks(io::Cursor::new(vec![b'0'; BEGUN_BYTES]));
    let error = world.send_body(request, Box::new(body)).result().unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (400, "IncompleteBody"));
    assert_nothing_stays(&world, "IncompleteBody");
}

#[test]
fn a_chunked_body_that_ends_early_leaves_nothing() {
    let world = world();
    let mut request = put(&world);
    request.header("x-amz-decoded-content-length", &(2 * BEGUN_BYTES).to_string());
    request.header("x-amz-trailer", "x-amz-checksum-crc32");
    request.header("content-encoding", "aws-chunked");
    let chunk = "0".repeat(BEGUN_BYTES);
    request.body = format!("{BEGUN_BYTES:x}\r\n{chunk}\r\n").into_bytes();
    let payload = PayloadHash::parse("STREAMING-UNSIGNED-PAYLOAD-TRAILER").unwrap();
    world.sign_as(&mut request, &world.admin("prod"), &payload);
    let error = world.send(request).result().unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (400, "IncompleteBody"), "{error}");
    assert_nothing_stays(&world, "IncompleteBody");
}

#[test]
fn a_refused_upload_takes_not_one_byte() {
    struct Untouched;
    impl Read for Untouched {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("the body of a refused upload was read")
        }
    }
    let world = world();
    let nobody = world.user("prod", "nobody", &[]);
    let mut request = put(&world);
    world.sign(&mut request, &nobody);
    let error = world.send_body(request, Box::new(Untouched)).result().unwrap_err();
    assert_eq!(error.code, "AccessDenied");
    assert_nothing_stays(&world, "AccessDenied");
}

#[test]
fn an_overwritten_and_a_deleted_object_take_their_blobs_with_them() {
    let world = world();
    for body in [b"first", b"other"] {
        let mut request = put(&world);
        request.with_body(&body.repeat(1_000));
        world.sign(&mut request, &world.admin("prod"));
        assert_eq!(world.send(request).told(), "ok");
        assert_eq!(blobs(&world), 1);
    }
    let key: Value = json!({ "Bucket": "lake", "Key": "k" });
    world.ok(&world.admin("prod"), "s3", "DeleteObject", key);
    assert_eq!(blobs(&world), 0);
}
