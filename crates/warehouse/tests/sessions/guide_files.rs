//! What the files of the guide's corpus say about objects and items around a load.
//!
//! ```text
//! !put KEY [gzip|zstd|bzip2] puts an object; its lines follow. `<0A>` is a byte in hexadecimal,
//!                            `<>` at the end of a line leaves its line end out
//! !get KEY                   shows an object in the same way, decompressed by its extension
//! !list PREFIX               shows the keys under a prefix
//! !copy KEY FROM             puts an object under another key too
//! !item NAME S TEXT …        adds an item: names, types (S, N, NULL, or others) and values
//! !items                     forgets all items
//! ```

use std::fmt::Write as _;
use std::io::{Read, Write};

use warehouse::ports::Attribute;

use crate::support::FakeCloud;

/// Carries out a directive; its answer.
pub fn answer(cloud: &FakeCloud, directive: &str) -> String {
    let (head, body) = directive.split_once('\n').unwrap_or((directive, ""));
    let words: Vec<&str> = head.split_whitespace().collect();
    match words.as_slice() {
        ["!put", key, compression @ ..] => {
            let bytes = compressed(&bytes_of(body), compression.first().copied());
            cloud.objects.lock().unwrap().insert((*key).to_owned(), bytes);
        }
        ["!copy", key, from] => {
            let mut objects = cloud.objects.lock().unwrap();
            let Some(body) = objects.get(*from).cloned() else { return String::from("none") };
            objects.insert((*key).to_owned(), body);
        }
        ["!get", key] => {
            let body = cloud.objects.lock().unwrap().get(*key).cloned();
            return body.map_or("none".into(), |body| shown(&plain(key, &body)));
        }
        ["!list", prefix] => {
            let objects = cloud.objects.lock().unwrap();
            let under = objects.keys().filter(|key| key.starts_with(prefix)).cloned();
            let keys: Vec<String> = under.collect();
            return if keys.is_empty() { String::from("none") } else { keys.join("\n") };
        }
        ["!items"] => cloud.items.lock().unwrap().clear(),
        ["!item", attributes @ ..] => {
            let item = attributes.chunks(3).map(attribute).collect();
            cloud.items.lock().unwrap().push(item);
        }
        _ => return format!("no such directive: {head}"),
    }
    String::from("OK")
}

fn attribute(words: &[&str]) -> (String, Attribute) {
    let value = || words.get(2).map_or_else(String::new, |text| text.replace('_', " "));
    let value = match words.get(1).copied() {
        Some("S") => Attribute::Text(value()),
        Some("N") => Attribute::Number(value()),
        Some("NULL") => Attribute::Null,
        other => Attribute::Other(other.unwrap_or_default().to_owned()),
    };
    (words[0].to_owned(), value)
}

/// The bytes that lines stand for.
fn bytes_of(lines: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines.lines() {
        let (line, end): (_, &[u8]) =
            line.strip_suffix("<>").map_or((line, b"\n"), |line| (line, b""));
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('<') {
            bytes.extend_from_slice(before.as_bytes());
            let code = after.split_once('>').filter(|(code, _)| code.len() == 2);
            let byte = code.and_then(|(code, _)| u8::from_str_radix(code, 16).ok());
            match (byte, code) {
                (Some(byte), Some((_, behind))) => {
                    bytes.push(byte);
                    rest = behind;
                }
                _ => {
                    bytes.push(b'<');
                    rest = after;
                }
            }
        }
        bytes.extend_from_slice(rest.as_bytes());
        bytes.extend_from_slice(end);
    }
    bytes
}

/// Lines that stand for bytes.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, "<>\n"), |line| (line, "\n"));
        for character in line.chars() {
            match character {
                '\0'..='\x1f' => write!(text, "<{:02X}>", character as u32).unwrap(),
                other => text.push(other),
            }
        }
        // A line without anything would end the block.
        text.push_str(if line.is_empty() && end == "\n" { "<0A><>\n" } else { end });
    }
    if text.is_empty() { String::from("<>") } else { text }
}

fn compressed(bytes: &[u8], how: Option<&str>) -> Vec<u8> {
    match how {
        Some("gzip") => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        Some("bzip2") => {
            let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        Some("zstd") => zstd::encode_all(bytes, 1).unwrap(),
        _ => bytes.to_vec(),
    }
}

fn plain(key: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match key.rsplit_once('.').map(|(_, extension)| extension) {
        Some("gz") => flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).unwrap(),
        Some("bz2") => bzip2::read::MultiBzDecoder::new(bytes).read_to_end(&mut out).unwrap(),
        Some("zst") => return zstd::decode_all(bytes).unwrap(),
        _ => return bytes.to_vec(),
    };
    out
}
