//! Writes the inputs that the fuzzers start from: a request of every operation, and what the
//! project's own tests read. `seeds CORPUS PROJECT`: the folder to fill, the project's root.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use http::Request;
use serde_json::{Value, json};
use wire::{Model, Operation, client};

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/us-east-1/\
    SERVICE/aws4_request, SignedHeaders=host;x-amz-date, Signature=\
    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// DynamoDB's expressions, of every kind.
const EXPRESSIONS: [&str; 6] = [
    "#a = :n AND NOT (b BETWEEN :s AND :s OR attribute_exists(m.x)) OR size(l) IN (:n, #a)",
    "begins_with(b, :s) and contains(m.x, :s) and attribute_type(#n, :s)",
    "a, l[1], m.x, m.y",
    "SET a = a + :n, l = list_append(if_not_exists(l, :l), :l) REMOVE l[0] ADD s :ns DELETE m.x :ss",
    "SET m.z = a - :n, l[9] = :m",
    "{\"a\":{\"S\":\"x\"}}\nSET b.c[0] = :m",
];

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1).map(PathBuf::from);
    let (Some(corpus), Some(project)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("seeds CORPUS PROJECT"));
    };
    requests(&corpus)?;
    let statements = texts(&project.join("corpus/sql"))?;
    for (number, text) in statements.iter().flat_map(|text| text.split("\n\n")).enumerate() {
        write(&corpus, "sql", number, text.as_bytes())?;
    }
    for (number, text) in texts(&project.join("corpus/policy"))?.iter().enumerate() {
        for (line, document) in text.lines().flat_map(documents).enumerate() {
            write(&corpus, "policy", number * 100_000 + line, document.as_bytes())?;
        }
    }
    for (number, text) in texts(&project.join("examples"))?.iter().enumerate() {
        write(&corpus, "movement_file", number, text.as_bytes())?;
    }
    files(&corpus, &project.join("crates/load/fixtures"))?;
    for (number, text) in EXPRESSIONS.iter().enumerate() {
        write(&corpus, "dynamodb_expression", number, text.as_bytes())?;
    }
    frontend(&corpus)?;
    let chunks = b"\0\xff5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    write(&corpus, "chunked", 0, chunks)
}

fn write(corpus: &Path, target: &str, number: usize, bytes: &[u8]) -> io::Result<()> {
    let folder = corpus.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("seed-{number}")), bytes)
}

/// The contents of every file below a folder.
fn texts(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(texts(&path)?);
        } else {
            found.extend(fs::read_to_string(&path));
        }
    }
    Ok(found)
}

/// The policy documents anywhere in a line of JSON.
fn documents(line: &str) -> Vec<String> {
    fn walk(value: &Value, found: &mut Vec<String>) {
        if value.get("Statement").is_some() {
            found.push(value.to_string());
        }
        match value {
            Value::Object(members) => members.values().for_each(|value| walk(value, found)),
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(line) {
        walk(&value, &mut found);
    }
    found
}

fn requests(corpus: &Path) -> io::Result<()> {
    let mut number = 0;
    let counted = |of: &dyn Fn(&Model) -> bool, model: &Model, operation: &Operation| {
        let all = wire::models().filter(|model| of(model)).flat_map(|model| {
            model.operations().map(move |operation| (model.name(), operation.name()))
        });
        all.into_iter().position(|pair| pair == (model.name(), operation.name()))
    };
    for model in wire::models() {
        for operation in model.operations() {
            let input = json!({ "Bucket": "bucket", "Key": "key", "AccountId": "111111111111",
                "UploadId": "u", "PartNumber": 1, "Name": "name", "Tags": [], "Policy": "{}" });
            let sent = client::encode_request(model, operation, &input, "http://127.0.0.1:4566");
            let Ok(request) = sent else { continue };
            number += 1;
            let text = written(&request, model);
            write(corpus, "request", number, &text)?;
            write(corpus, "signature", number, &text)?;
            let protocol = model.protocol();
            let target = match protocol {
                wire::Protocol::Query => "query",
                wire::Protocol::RestXml => "rest_xml",
                _ if protocol.is_json() => "json",
                _ => continue,
            };
            let same = |other: &Model| {
                other.protocol() == protocol || (protocol.is_json() && other.protocol().is_json())
            };
            let Some(index) = counted(&same, model, operation) else { continue };
            let mut bytes = (index as u16).to_le_bytes().to_vec();
            bytes.extend(request.body());
            write(corpus, target, number, &bytes)?;
        }
    }
    Ok(())
}

fn written(request: &Request<Vec<u8>>, model: &Model) -> Vec<u8> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let authorization = AUTHORIZATION.replace("SERVICE", model.signing_name());
    let mut text = format!(
        "{} {path}\nhost: 127.0.0.1:4566\nx-amz-date: 20261122T000000Z\n\
         authorization: {authorization}\n",
        request.method()
    );
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap_or_default()));
    }
    text.push('\n');
    [text.as_bytes(), request.body()].concat()
}

/// Files of every format that COPY reads, by their extension.
fn files(corpus: &Path, fixtures: &Path) -> io::Result<()> {
    for (number, entry) in fs::read_dir(fixtures)?.enumerate() {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("lzo") => write(corpus, "decompress", number, &[&[0], &*bytes].concat())?,
            Some(format @ ("avro" | "orc" | "parquet")) => write(corpus, format, number, &bytes)?,
            _ => {}
        }
    }
    let paths = br#"{"jsonpaths": ["$['id'][0].name"]}"#;
    write(corpus, "jsonpath", 0, paths)?;
    for shape in 0..4 {
        let objects = br#"{"id": -1.5e3, "name": "\u00e9\"", "a": [null, {"b": true}]} [1]"#;
        write(corpus, "copy_json", usize::from(shape), &[&[shape], &objects[..]].concat())?;
    }
    Ok(())
}

/// A start-up packet, a query and a Bind.
fn frontend(corpus: &Path) -> io::Result<()> {
    let startup = b"\x01\x00\x00\x00\x19\x00\x03\x00\x00user\0etl\0database\0";
    let query = b"\x03Q\x00\x00\x00\x0dselect 1\0";
    let bind = b"\x03B\x00\x00\x00\x1c\0s\0\x00\x01\x00\x01\x00\x01\x00\x00\x00\x04\x00\x00\x00\x07\x00\x00";
    write(corpus, "frontend", 0, startup)?;
    write(corpus, "frontend", 1, query)?;
    write(corpus, "frontend", 2, bind)
}
