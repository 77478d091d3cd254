//! What a bucket is to tell of its objects, and to whom ("Amazon S3 Event Notifications", S3 User
//! Guide), as far as there is anybody to tell.
//!
//! Queues, topics and functions do not exist on this platform, so a configuration that names one
//! is refused in the words that S3 has for a destination that is not there. EventBridge needs no
//! destination; turning it on is remembered and shown, and no bus hears of it.

use gateway::{Access, Cx, Fault};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::faults;
use super::state;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    bucket: BucketInput,
    notification_configuration: Configuration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    topic_configurations: Option<Vec<Destination>>,
    queue_configurations: Option<Vec<Destination>>,
    lambda_function_configurations: Option<Vec<Destination>>,
    event_bridge_configuration: Option<EventBridge>,
}

#[derive(Deserialize)]
struct EventBridge {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    topic_arn: Option<String>,
    queue_arn: Option<String>,
    lambda_function_arn: Option<String>,
    events: Vec<String>,
    filter: Option<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: Option<KeyFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyFilter {
    filter_rules: Option<Vec<FilterRule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FilterRule {
    name: Option<String>,
    value: Option<String>,
}

/// A kind of destination: what its element is called, its service, and what S3 says of one that
/// is not there.
struct Kind {
    element: &'static str,
    service: &'static str,
    absent: &'static str,
}

const TOPIC: Kind =
    Kind { element: "Topic", service: "sns", absent: "The destination topic does not exist" };
const QUEUE: Kind =
    Kind { element: "Queue", service: "sqs", absent: "The destination queue does not exist" };
const FUNCTION: Kind = Kind {
    element: "CloudFunction",
    service: "lambda",
    absent: "Not authorized to invoke function",
};

impl Destination {
    fn arn(&self) -> &str {
        let named = self.topic_arn.as_ref().or(self.queue_arn.as_ref());
        named.or(self.lambda_function_arn.as_ref()).map(String::as_str).unwrap_or_default()
    }

    fn check(&self, kind: &Kind) -> Result<(), Fault> {
        let arn = self.arn();
        let parsed =
            arn.parse::<names::Arn>().is_ok_and(|_| arn.split(':').nth(2) == Some(kind.service));
        if !parsed {
            let text = "The ARN could not be parsed";
            return Err(faults::invalid_argument(text, kind.element, arn));
        }
        if let Some(event) = self.events.iter().find(|event| !event.starts_with("s3:")) {
            let text = "The event is not supported for notifications";
            return Err(faults::invalid_argument(text, "Event", event));
        }
        let rules = self.filter.iter().flat_map(|filter| &filter.key);
        for rule in rules.flat_map(|key| key.filter_rules.iter().flatten()) {
            let (Some(name), Some(_)) = (&rule.name, &rule.value) else {
                return Err(faults::malformed_xml());
            };
            if !["prefix", "suffix"].contains(&name.to_ascii_lowercase().as_str()) {
                let text = "filter rule name must be either prefix or suffix";
                return Err(faults::invalid_argument(text, "FilterRule.Name", name));
            }
        }
        Ok(())
    }
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutBucketNotification")
}

/// PutBucketNotificationConfiguration: takes the place of what was there.
///
/// # Errors
/// `InvalidArgument` for every destination, because none exists.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    let configuration = input.notification_configuration;
    let kinds = [
        (TOPIC, configuration.topic_configurations),
        (QUEUE, configuration.queue_configurations),
        (FUNCTION, configuration.lambda_function_configurations),
    ];
    let mut absent = Vec::new();
    for (kind, destinations) in &kinds {
        for destination in destinations.iter().flatten() {
            destination.check(kind)?;
            absent.push((destination.arn(), kind.absent));
        }
    }
    if !absent.is_empty() {
        return Err(not_there(&absent));
    }
    bucket.event_bridge = configuration.event_bridge_configuration.is_some();
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

fn not_there(absent: &[(&str, &str)]) -> Fault {
    let text = "Unable to validate the following destination configurations";
    let fault = Fault::new("InvalidArgument", text).status(400);
    absent.iter().zip(1..).fold(fault, |fault, ((arn, reason), number)| {
        fault
            .with(&format!("ArgumentName{number}"), *arn)
            .with(&format!("ArgumentValue{number}"), *reason)
    })
}

pub(super) fn get_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketNotification")
}

/// GetBucketNotificationConfiguration: empty without one.
pub(super) fn get(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    Ok(match bucket.event_bridge {
        true => json!({ "EventBridgeConfiguration": {} }),
        false => json!({}),
    })
}
