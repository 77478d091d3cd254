//! Damaged requests of every operation end in an error of its protocol and change nothing.
//!
//! Half of them are damaged after they were signed, which the signature must find. The other half
//! are signed as they are, by somebody who may do nothing: decoders and validation meet them.
//! Each request comes from its number, which a failure names.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dice::Dice;
use http::{HeaderName, HeaderValue, Method, Uri};
use serde_json::json;
use testkit::{Caller, Request, World, deny, smallest};

/// Requests altogether.
const REQUESTS: u64 = 30_000;
/// What is put where it does not belong.
const PIECES: [&[u8]; 22] = [
    b"\0",
    b"\xff",
    b"\xc3\x28",
    b"{",
    b"}",
    b"[",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"<",
    b"]]>",
    b"&",
    b"&#0;",
    b"%",
    b"%00",
    b"%zz",
    b"=",
    b"..",
    b"/",
    b"999999999999999999999999",
    b"-1",
    b"1e999",
];
/// Headers that mean something.
const HEADERS: [&str; 14] = [
    "authorization",
    "x-amz-date",
    "x-amz-target",
    "content-type",
    "content-length",
    "host",
    "x-amz-content-sha256",
    "x-amz-security-token",
    "content-md5",
    "x-amz-decoded-content-length",
    "range",
    "x-amz-checksum-crc32",
    "x-amz-copy-source",
    "x-amz-tagging",
];

/// Cuts, removes, doubles, swaps or inserts.
fn damage_bytes(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            3 => {
                let half = bytes[at..].to_vec();
                bytes.extend(half);
            }
            4 => {
                drop(bytes.splice(at..at, dice.pick(&[&b"["[..], b"{\"a\":", b"<a>"]).repeat(500)))
            }
            _ => drop(bytes.splice(at..at, dice.pick(&PIECES).iter().copied())),
        }
    }
}

fn damage_header(request: &mut Request, dice: &mut Dice) {
    let name = HeaderName::from_static(dice.pick::<&'static str>(&HEADERS));
    let held = request.parts.headers.get(&name).map(|value| value.as_bytes().to_vec());
    let mut value = held.unwrap_or_default();
    match dice.below(4) {
        0 => drop(request.parts.headers.remove(&name)),
        1 => {
            let again = HeaderValue::from_bytes(&value).unwrap();
            request.parts.headers.append(name, again);
        }
        _ => {
            damage_bytes(&mut value, dice);
            // What no header can carry, no listener hands over.
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request.parts.headers.insert(name, value);
            }
        }
    }
}

fn damage_uri(request: &mut Request, dice: &mut Dice) {
    let mut text = request.parts.uri.to_string().into_bytes();
    let start = text.len().min("http://127.0.0.1:4566".len());
    let mut path = text.split_off(start);
    damage_bytes(&mut path, dice);
    text.extend(path);
    if let Ok(uri) = Uri::try_from(text) {
        request.parts.uri = uri;
    }
}

fn damage(request: &mut Request, dice: &mut Dice) {
    match dice.below(8) {
        0..4 => {
            let mut body = std::mem::take(&mut request.body);
            damage_bytes(&mut body, dice);
            request.body = body;
        }
        4 | 5 => damage_header(request, dice),
        6 => damage_uri(request, dice),
        _ => {
            let methods = [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH];
            request.parts.method = methods[dice.below(methods.len())].clone();
        }
    }
}

/// Every operation of every service that is built.
fn operations(world: &World) -> Vec<(&'static str, &'static str)> {
    let services = world.gateway().services();
    services.flat_map(|s| s.operations().map(|o| (s.name(), o))).collect()
}

fn damaged(world: &World, operation: (&str, &str), caller: &Caller, dice: &mut Dice) -> Request {
    let (service, operation) = operation;
    let model = wire::model(service).unwrap();
    let input = smallest(model, model.operation(operation).unwrap(), &json!({}));
    let mut request = world.request(service, operation, &input);
    if dice.below(2) == 0 {
        damage(&mut request, dice);
        world.sign(&mut request, caller);
    } else {
        world.sign(&mut request, caller);
        damage(&mut request, dice);
    }
    request
}

/// Nothing changed: no commit, and no record of a call that succeeded but those that everybody who
/// is authenticated may make.
fn assert_unchanged(world: &World, commits: u64, records: usize) {
    assert_eq!(world.gateway().store().commits().unwrap(), commits, "something was changed");
    for record in &world.whole_audit()[records..] {
        let open = ["GetCallerIdentity", "GetSessionToken"].iter().any(|o| record.contains(o));
        assert!(open || record.contains("\"errorCode\""), "{record}");
    }
}

#[test]
fn damaged_requests_end_in_an_error_and_change_nothing() {
    let world = World::new();
    world.ok(&world.admin("prod"), "s3", "CreateBucket", json!({ "Bucket": "bucket" }));
    let nobody = world.user("prod", "nobody", &[deny(&["*"], &["*"])]);
    let operations = operations(&world);
    let commits = world.gateway().store().commits().unwrap();
    let records = world.whole_audit().len();
    let (mut refused, mut denied) = (0, 0);
    for number in 0..REQUESTS {
        let mut dice = Dice::new(number);
        let operation = operations[number as usize % operations.len()];
        let request = damaged(&world, operation, &nobody, &mut dice);
        let told = format!("request {number}: {operation:?} {:?}", request.parts);
        let answer = catch_unwind(AssertUnwindSafe(|| world.send(request)));
        let Ok(answer) = answer else { panic!("{told}: panicked") };
        let status = answer.status;
        let fine = matches!(status, 200..=204 | 304 | 400..=499 | 501);
        assert!(fine, "{told}: {status} {}", String::from_utf8_lossy(&answer.body));
        refused += u64::from(status >= 400);
        denied += u64::from(String::from_utf8_lossy(&answer.body).contains("AccessDenied"));
    }
    assert_unchanged(&world, commits, records);
    // Most are refused for their damage; some survive it and meet the policies.
    assert!(refused > REQUESTS * 8 / 10 && denied > 100, "{refused} refused, {denied} denied");
}
