//! What is sent: for each workload the calls that prepare it and the requests that are repeated.
//!
//! Requests are written once and signed each time they are sent, as a client does; the hash of a
//! body is computed once, because both servers are spared the generator's cost of it.

use bytes::Bytes;
use http::request::Parts;
use serde_json::{Value, json};
use wire::client::encode_request;
use wire::sigv4::PayloadHash;

use crate::{Outcome, Requests};

/// Bytes of a small object.
pub const SMALL_BYTES: usize = 1024;
/// Bytes of a large object.
pub const LARGE_BYTES: usize = 64 * 1024 * 1024;
/// Different small objects; the large ones are one a connection.
const KEYS: usize = 512;
const BUCKET: &str = "bench-objects";
const SECRET: &str = "bench/login";
const TABLE: &str = "bench-items";
/// Different items.
const ITEMS: usize = 512;

/// An unsigned request, ready to be signed and sent.
pub struct Prepared {
    /// Method, URI, headers.
    pub parts: Parts,
    /// The body.
    pub body: Bytes,
    /// Its hash.
    pub payload: PayloadHash,
    /// The signing name of the service.
    pub service: &'static str,
}

/// Calls that must succeed before the load, and the requests of the load.
pub struct Plan {
    /// Sent once, in order. A name that exists already is fine.
    pub before: Requests,
    /// Sent in turns.
    pub load: Requests,
}

/// One thing to measure.
pub struct Workload {
    /// What the report calls it.
    pub name: &'static str,
    /// Connections, all busy.
    pub connections: usize,
    /// Writes its requests for an endpoint and a number of connections.
    pub plan: fn(&str, usize) -> Outcome<Plan>,
}

impl Workload {
    /// A workload by its parts.
    pub fn new(
        name: &'static str,
        connections: usize,
        plan: fn(&str, usize) -> Outcome<Plan>,
    ) -> Self {
        Self { name, connections, plan }
    }
}

/// `sts:AssumeRole` by an administrator, in one account.
pub fn assume_role(endpoint: &str, _: usize) -> Outcome<Plan> {
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" },
    ] });
    let role = json!({ "RoleName": "bench", "AssumeRolePolicyDocument": trust.to_string() });
    let account = "111111111111";
    let assume = json!({
        "RoleArn": format!("arn:aws:iam::{account}:role/bench"), "RoleSessionName": "load",
    });
    Ok(Plan {
        before: vec![request(endpoint, "iam", "CreateRole", &role)?],
        load: vec![request(endpoint, "sts", "AssumeRole", &assume)?],
    })
}

/// `secretsmanager:GetSecretValue` of a login.
pub fn get_secret_value(endpoint: &str, _: usize) -> Outcome<Plan> {
    let login = json!({ "username": "etl", "password": "correct horse battery staple" });
    let create = json!({
        "Name": SECRET, "SecretString": login.to_string(),
        "ClientRequestToken": "11111111-2222-3333-4444-555555555555",
    });
    let get = json!({ "SecretId": SECRET });
    let service = "secretsmanager";
    Ok(Plan {
        before: vec![request(endpoint, service, "CreateSecret", &create)?],
        load: vec![request(endpoint, service, "GetSecretValue", &get)?],
    })
}

/// `s3:PutObject` over existing and new keys.
pub fn put_object(endpoint: &str, bytes: usize, connections: usize) -> Outcome<Plan> {
    Ok(Plan { before: vec![bucket(endpoint)?], load: puts(endpoint, bytes, connections)? })
}

/// `s3:GetObject` of what [`put_object`] writes.
pub fn get_object(endpoint: &str, bytes: usize, connections: usize) -> Outcome<Plan> {
    let mut before = vec![bucket(endpoint)?];
    before.extend(puts(endpoint, bytes, connections)?);
    let get = |key| {
        let input = json!({ "Bucket": BUCKET, "Key": key });
        request(endpoint, "s3", "GetObject", &input)
    };
    let load = keys(bytes, connections).map(get).collect::<Outcome<_>>()?;
    Ok(Plan { before, load })
}

/// `dynamodb:PutItem` over existing and new keys, of a kilobyte each.
pub fn put_item(endpoint: &str, _: usize) -> Outcome<Plan> {
    Ok(Plan { before: vec![table(endpoint)?], load: put_items(endpoint)? })
}

/// `dynamodb:GetItem` of what [`put_item`] writes.
pub fn get_item(endpoint: &str, _: usize) -> Outcome<Plan> {
    // A table takes a moment to be made, in which the first of these would be refused.
    let mut before = vec![table(endpoint)?];
    before.extend(put_items(endpoint)?);
    let get = |number: usize| {
        let key = json!({ "pk": { "S": format!("customer-{number:04}") } });
        let input = json!({ "TableName": TABLE, "Key": key });
        request(endpoint, "dynamodb", "GetItem", &input)
    };
    Ok(Plan { before, load: (0..ITEMS).map(get).collect::<Outcome<_>>()? })
}

fn put_items(endpoint: &str) -> Outcome<Requests> {
    let put = |number: usize| {
        let item = json!({
            "pk": { "S": format!("customer-{number:04}") },
            "orders": { "N": number.to_string() },
            "note": { "S": "x".repeat(SMALL_BYTES - 64) },
        });
        request(endpoint, "dynamodb", "PutItem", &json!({ "TableName": TABLE, "Item": item }))
    };
    (0..ITEMS).map(put).collect()
}

fn table(endpoint: &str) -> Outcome<Prepared> {
    let input = json!({
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
    });
    request(endpoint, "dynamodb", "CreateTable", &input)
}

fn puts(endpoint: &str, bytes: usize, connections: usize) -> Outcome<Requests> {
    // No compression, no sparse file: bytes that look like data.
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    let body: Bytes = (0..bytes / 4).flat_map(|_| next()).collect::<Vec<u8>>().into();
    let payload = PayloadHash::of(&body);
    let put = |key| {
        let input = json!({ "Bucket": BUCKET, "Key": key });
        let mut request = request(endpoint, "s3", "PutObject", &input)?;
        request.body = body.clone();
        request.payload = payload.clone();
        request.parts.headers.insert(http::header::CONTENT_LENGTH, body.len().into());
        Ok(request)
    };
    keys(bytes, connections).map(put).collect()
}

fn keys(bytes: usize, connections: usize) -> impl Iterator<Item = String> {
    let count = if bytes == LARGE_BYTES { connections } else { KEYS };
    (0..count).map(move |number| format!("{bytes}/{number:04}"))
}

fn bucket(endpoint: &str) -> Outcome<Prepared> {
    request(endpoint, "s3", "CreateBucket", &json!({ "Bucket": BUCKET }))
}

fn request(endpoint: &str, service: &str, operation: &str, input: &Value) -> Outcome<Prepared> {
    let model = wire::model(service).ok_or("no such service")?;
    let operation = model.operation(operation).ok_or("no such operation")?;
    let (parts, written) = encode_request(model, operation, input, endpoint)?.into_parts();
    let body = Bytes::from(written);
    let payload = PayloadHash::of(&body);
    Ok(Prepared { parts, body, payload, service: model.signing_name() })
}
