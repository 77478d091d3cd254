//! The keys of the request itself that are known without asking anybody.
//!
//! By "AWS global condition context keys" (IAM User Guide).

use chrono::{DateTime, Utc};
use names::Region;

use crate::gathered::Gathered;
use crate::question::Question;
use crate::resource::Object;

/// Keys of a direct, signed request over TLS at this time. What the question says goes over it.
pub(crate) fn fill(
    gathered: &mut Gathered,
    question: &Question,
    object: &Object,
    region: Option<&Region>,
    now: DateTime<Utc>,
) {
    let context = &mut gathered.context;
    context.set("aws:SecureTransport", "true");
    context.set("aws:CurrentTime", now.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    context.set("aws:EpochTime", now.timestamp().to_string());
    context.set("aws:ViaAWSService", "false");
    let global = ["iam:", "organizations:"].iter().any(|service| {
        question.action.get(..service.len()).is_some_and(|it| it.eq_ignore_ascii_case(service))
    });
    let asked_in = object.region.as_ref().or(region).map(ToString::to_string);
    let region = if global { Some("us-east-1".to_owned()) } else { asked_in };
    context.set_some("aws:RequestedRegion", region);
    context.set_some("aws:ResourceAccount", object.owner.as_ref().map(ToString::to_string));
    let caller = context.single("aws:PrincipalAccount").map(str::to_owned);
    if question.action.to_lowercase().starts_with("kms:") {
        context.set_some("kms:CallerAccount", caller);
    }
    given(gathered, question);
}

/// What the question says of keys goes over everything that was read.
pub(crate) fn given(gathered: &mut Gathered, question: &Question) {
    for (key, values) in &question.context {
        if values.is_empty() {
            gathered.context.remove(key);
            gathered.absent([key.as_str()]);
        } else {
            gathered.context.insert(key.clone(), values.iter().cloned());
        }
    }
}
