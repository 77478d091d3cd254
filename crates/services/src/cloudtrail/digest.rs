//! Log file validation: about every hour a signed digest of the files delivered since the last
//! one, each chained to the one before ("CloudTrail digest file structure", CloudTrail User
//! Guide). `aws cloudtrail validate-logs` reads them.
//!
//! A digest covers the time since the last one, also when nobody ran for longer than an hour; a
//! trail that is stopped has no digests until it logs again, and its chain goes on then.

use std::io::Write;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use gateway::{Cx, Digests, Fault, Gateway, Origin};
use names::Region;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::delivery::{RETRY, compressed};
use super::find::fault;
use super::signing::SigningKey;
use super::state::{self, Trail};
use super::{destination, signing};

/// What one digest covers.
const PERIOD: Duration = Duration::hours(1);
const SIGNATURE_ALGORITHM: &str = "SHA256withRSA";
const HASH_ALGORITHM: &str = "SHA-256";

/// The digests of a trail for one Region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Chain {
    /// From when on the next digest tells.
    pub(super) since: DateTime<Utc>,
    /// What was delivered from then on.
    pub(super) files: Vec<LogFile>,
    previous: Option<Link>,
}

/// A delivered log file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct LogFile {
    bucket: String,
    key: String,
    /// Of what is in the file before it is compressed, in hexadecimal.
    hash: String,
    oldest: String,
    newest: String,
}

/// The digest before, as the next one names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Link {
    bucket: String,
    key: String,
    hash: String,
    signature: String,
}

/// A digest file, ready for its bucket.
struct Digest {
    key: String,
    text: Vec<u8>,
    link: Link,
}

impl Chain {
    pub(super) fn new(since: DateTime<Utc>) -> Self {
        Self { since, files: Vec::new(), previous: None }
    }

    fn is_due(&self, trail: &Trail, now: DateTime<Utc>) -> bool {
        self.since + PERIOD <= now && (trail.logging || !self.files.is_empty())
    }
}

impl LogFile {
    /// A file of these events.
    pub(super) fn new(trail: &Trail, key: &str, text: &[u8], events: &[Value]) -> Self {
        let times = || events.iter().filter_map(|event| event.get("eventTime")?.as_str());
        Self {
            bucket: trail.bucket.clone(),
            key: key.to_owned(),
            hash: hash(text),
            oldest: times().min().unwrap_or_default().to_owned(),
            newest: times().max().unwrap_or_default().to_owned(),
        }
    }

    fn told(&self) -> Value {
        json!({
            "s3Bucket": self.bucket,
            "s3Object": self.key,
            "hashValue": self.hash,
            "hashAlgorithm": HASH_ALGORITHM,
            "newestEventTime": self.newest,
            "oldestEventTime": self.oldest,
        })
    }
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

/// Delivers the digests of a trail that are due.
///
/// # Errors
/// When the state cannot be read or written. A bucket's refusal is kept in the trail's status.
pub(super) fn upkeep(gateway: &Arc<Gateway>, origin: &Origin, trail: &Trail) -> Result<(), Fault> {
    if !trail.validation {
        return Ok(());
    }
    let delivery = gateway.inspect(origin.clone(), |cx| state::delivery(cx, trail))?;
    let now = origin.time;
    let waits = delivery.digest_error.is_some()
        && delivery.digest_attempted.is_some_and(|attempted| now < attempted + RETRY);
    if waits {
        return Ok(());
    }
    for (region, chain) in delivery.chains.iter().filter(|(_, chain)| chain.is_due(trail, now)) {
        let Ok(region) = region.parse::<Region>() else { continue };
        let signer = gateway.maintain(None, origin.clone(), |cx| signing::of(cx, &region))?;
        let written = write(gateway, origin, trail, (&region, chain), &signer);
        if let Err(fault) = written {
            let code = fault.code.into_owned();
            gateway.maintain(None, origin.clone(), |cx| keep_failure(cx, trail, code))?;
        }
    }
    Ok(())
}

fn write(
    gateway: &Arc<Gateway>,
    origin: &Origin,
    trail: &Trail,
    (region, chain): (&Region, &Chain),
    signer: &SigningKey,
) -> Result<(), Fault> {
    let made = make(trail, region, chain, signer, origin.time)?;
    let principal = destination::service(&trail.account, &trail.arn());
    let origin = Origin { region: trail.bucket_region.clone(), ..origin.clone() };
    let mut input = destination::put_input(trail, &made.key);
    if let Some(members) = input.as_object_mut() {
        let metadata = json!({
            "signature": made.link.signature, "signature-algorithm": SIGNATURE_ALGORITHM,
        });
        members.insert("Metadata".to_owned(), metadata);
    }
    let none = Digests::default();
    let (who, from) = (principal.clone(), origin.clone());
    let mut upload = gateway.begin_upload(who, from, "s3", "PutObject", input, &none)?;
    upload.write_all(&compressed(&made.text)?).map_err(Fault::internal)?;
    let staged = vec![upload.stage(gateway)?];
    let next = Chain { since: origin.time, files: Vec::new(), previous: Some(made.link) };
    let keep = |cx: &mut Cx| keep(cx, trail, (region, chain), next);
    gateway.commit_uploads(principal, origin, staged, keep).map(drop)
}

/// Puts the next link in a chain's place, unless something was delivered meanwhile.
fn keep(
    cx: &mut Cx,
    trail: &Trail,
    (region, chain): (&Region, &Chain),
    next: Chain,
) -> Result<(), Fault> {
    let mut delivery = state::delivery(cx, trail)?;
    if delivery.chains.get(region.as_str()) != Some(chain) {
        return Err(fault("ConflictException", "The trail has changed."));
    }
    delivery.chains.insert(region.to_string(), next);
    delivery.digest_attempted = Some(cx.now());
    delivery.digest_delivered = Some(cx.now());
    delivery.digest_error = None;
    state::put_delivery(cx, trail, &delivery)
}

fn keep_failure(cx: &mut Cx, trail: &Trail, code: String) -> Result<(), Fault> {
    if state::get(cx, &trail.account, &trail.region, &trail.name)?.is_none() {
        return Ok(());
    }
    let mut delivery = state::delivery(cx, trail)?;
    delivery.digest_attempted = Some(cx.now());
    delivery.digest_error = Some(code);
    state::put_delivery(cx, trail, &delivery)
}

/// The digest file. What is signed: its end, its place, its hash, the signature before.
fn make(
    trail: &Trail,
    region: &Region,
    chain: &Chain,
    signer: &SigningKey,
    now: DateTime<Utc>,
) -> Result<Digest, Fault> {
    let (key, bucket) = (key(trail, region, now), trail.bucket.clone());
    let end = time(now);
    let text = content(trail, chain, (&key, &end), signer).to_string().into_bytes();
    let before = chain.previous.as_ref().map_or("null", |link| link.signature.as_str());
    let hash = hash(&text);
    let signature = signer.sign(&format!("{end}\n{bucket}/{key}\n{hash}\n{before}"))?;
    Ok(Digest { link: Link { bucket, key: key.clone(), hash, signature }, key, text })
}

fn content(trail: &Trail, chain: &Chain, (key, end): (&str, &str), signer: &SigningKey) -> Value {
    let Chain { since, files, previous } = chain;
    let before = |member: fn(&Link) -> &String| previous.as_ref().map(member);
    json!({
        "awsAccountId": trail.account,
        "digestStartTime": time(*since),
        "digestEndTime": end,
        "digestS3Bucket": trail.bucket,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": signer.fingerprint(),
        "digestSignatureAlgorithm": SIGNATURE_ALGORITHM,
        "newestEventTime": files.iter().map(|file| &file.newest).max(),
        "oldestEventTime": files.iter().map(|file| &file.oldest).min(),
        "previousDigestS3Bucket": before(|link| &link.bucket),
        "previousDigestS3Object": before(|link| &link.key),
        "previousDigestHashValue": before(|link| &link.hash),
        "previousDigestHashAlgorithm": previous.as_ref().map(|_| HASH_ALGORITHM),
        "previousDigestSignature": before(|link| &link.signature),
        "logFiles": files.iter().map(LogFile::told).collect::<Vec<_>>(),
    })
}

/// `[prefix/]AWSLogs/ACCOUNT/CloudTrail-Digest/REGION/YYYY/MM/DD/` and the file's name.
fn key(trail: &Trail, region: &Region, end: DateTime<Utc>) -> String {
    let folder = destination::folder(trail);
    let Trail { account, name, region: home, .. } = trail;
    let (day, second) = (end.format("%Y/%m/%d"), end.format("%Y%m%dT%H%M%SZ"));
    format!(
        "{folder}CloudTrail-Digest/{region}/{day}/\
         {account}_CloudTrail-Digest_{region}_{name}_{home}_{second}.json.gz"
    )
}

fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
