//! Lifecycle rules as they are set and asked ("Managing the lifecycle of objects", S3 User Guide).
//!
//! What a rule says of an object is in `rule.rs`, what is done once a day in `run.rs`, and what is
//! refused here.

mod rule;
mod run;

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::faults;
use super::state;

pub(super) use rule::{Configuration, Rule};
pub(super) use run::upkeep;

/// Most rules of a bucket.
const MAX_RULES: usize = 1_000;
/// Most characters of a rule's id.
const MAX_ID: usize = 255;
/// Characters of an id that S3 makes.
const MADE_ID: usize = 48;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Objects smaller than this are not worth a transition, unless the bucket says otherwise.
const DEFAULT_MINIMUM: &str = "all_storage_classes_128K";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    bucket: BucketInput,
    lifecycle_configuration: Option<Rules>,
    transition_default_minimum_object_size: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rules {
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    rules: Option<Vec<Rule>>,
    transition_default_minimum_object_size: String,
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutLifecycleConfiguration")
}

/// PutBucketLifecycleConfiguration: takes the place of what was there. The rules are applied for
/// the first time at the next midnight UTC.
///
/// # Errors
/// `MalformedXML`, `InvalidArgument`, `InvalidRequest`; `NotImplemented` for transitions to
/// archive classes, whose objects could not be read again.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Answer, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    let Rules { mut rules } = input.lifecycle_configuration.ok_or_else(faults::malformed_xml)?;
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(faults::malformed_xml());
    }
    let minimum = input.transition_default_minimum_object_size;
    let minimum = minimum.unwrap_or_else(|| DEFAULT_MINIMUM.to_owned());
    if ![DEFAULT_MINIMUM, "varies_by_storage_class"].contains(&minimum.as_str()) {
        let text = format!("Invalid TransitionDefaultMinimumObjectSize found: {minimum}");
        return Err(faults::invalid_request(text));
    }
    for rule in &mut rules {
        rule.check()?;
        if rule.id.as_deref().unwrap_or_default().is_empty() {
            rule.id = Some(cx.world().text(ALPHABET, MADE_ID));
        }
    }
    check_ids(&rules)?;
    let configuration = Configuration { rules, minimum: minimum.clone() };
    bucket.lifecycle = Some(configuration);
    state::put_bucket(cx, &bucket)?;
    run::schedule(cx, &bucket.name)?;
    Ok(Answer { rules: None, transition_default_minimum_object_size: minimum })
}

fn check_ids(rules: &[Rule]) -> Result<(), Fault> {
    let mut seen = std::collections::HashSet::new();
    for id in rules.iter().filter_map(|rule| rule.id.as_deref()) {
        if id.chars().count() > MAX_ID {
            let text = format!("ID length should not exceed allowed limit of {MAX_ID}");
            return Err(Fault::new("InvalidArgument", text).status(400));
        }
        if !seen.insert(id) {
            let text = "Rule ID must be unique. Found same ID for more than one rule";
            return Err(faults::invalid_argument(text, "ID", id));
        }
    }
    Ok(())
}

pub(super) fn get_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetLifecycleConfiguration")
}

/// GetBucketLifecycleConfiguration.
pub(super) fn get(cx: &Cx, input: BucketInput) -> Result<Answer, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    let Some(configuration) = bucket.lifecycle else {
        let text = "The lifecycle configuration does not exist";
        return Err(Fault::new("NoSuchLifecycleConfiguration", text)
            .status(404)
            .with("BucketName", bucket.name));
    };
    let Configuration { rules, minimum } = configuration;
    Ok(Answer { rules: Some(rules), transition_default_minimum_object_size: minimum })
}

pub(super) fn delete_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:PutLifecycleConfiguration")
}

/// DeleteBucketLifecycle.
pub(super) fn delete(cx: &mut Cx, input: BucketInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket)?;
    bucket.lifecycle = None;
    state::put_bucket(cx, &bucket)?;
    run::unschedule(cx, &bucket.name)?;
    Ok(json!({}))
}
