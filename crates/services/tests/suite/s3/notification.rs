//! Event notifications, as far as there is anybody to notify.

use serde_json::{Value, json};

use super::Lake;

#[test]
fn notifications_find_no_destination_and_event_bridge_is_remembered() {
    let lake = Lake::new();
    let put = |configuration: Value| {
        let input = json!({ "NotificationConfiguration": configuration });
        lake.told("PutBucketNotificationConfiguration", input)
    };
    let queue = |arn: &str, event: &str| json!({ "QueueConfigurations": [{ "QueueArn": arn, "Events": [event] }] });
    let arn = "arn:aws:sqs:us-east-1:111111111111:queue";
    let cases = [
        (
            queue(arn, "s3:ObjectCreated:*"),
            "400 InvalidArgument: Unable to validate the following destination configurations",
        ),
        (queue("queue", "s3:ObjectCreated:*"), "400 InvalidArgument: The ARN could not be parsed"),
        (
            json!({ "TopicConfigurations": [{ "TopicArn": arn, "Events": ["s3:ObjectCreated:*"] }] }),
            "400 InvalidArgument: The ARN could not be parsed",
        ),
    ];
    for (configuration, expected) in cases {
        assert_eq!(put(configuration), expected);
    }
    let shown = || lake.ok("GetBucketNotificationConfiguration", json!({}));
    assert_eq!(shown(), json!({}));
    assert_eq!(put(json!({ "EventBridgeConfiguration": {} })), "ok");
    assert_eq!(shown(), json!({ "EventBridgeConfiguration": {} }));
    assert_eq!(put(json!({})), "ok");
    assert_eq!(shown(), json!({}));
}
