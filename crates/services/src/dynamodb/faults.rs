//! DynamoDB's refusals, in its own words.

use gateway::Fault;
use serde_json::Value;

/// `ValidationException`.
pub(super) fn invalid(text: impl Into<String>) -> Fault {
    Fault::new("ValidationException", text).status(400)
}

/// `ValidationException` about a value that no item may have.
pub(super) fn bad_value(text: impl std::fmt::Display) -> Fault {
    invalid(format!("One or more parameter values were invalid: {text}"))
}

/// A table that the data plane does not know, or not yet.
pub(super) fn no_resource() -> Fault {
    Fault::new("ResourceNotFoundException", "Requested resource not found").status(400)
}

/// A table that the control plane does not know.
pub(super) fn no_table(name: &str) -> Fault {
    let text = format!("Requested resource not found: Table: {name} not found");
    Fault::new("ResourceNotFoundException", text).status(400)
}

/// `ResourceInUseException`.
pub(super) fn in_use(text: impl Into<String>) -> Fault {
    Fault::new("ResourceInUseException", text).status(400)
}

/// `LimitExceededException`.
pub(super) fn limit(text: impl Into<String>) -> Fault {
    Fault::new("LimitExceededException", text).status(400)
}

/// A condition that does not hold, with the item where the caller asked for it.
pub(super) fn condition_failed(item: Option<Value>) -> Fault {
    let fault =
        Fault::new("ConditionalCheckFailedException", "The conditional request failed").status(400);
    match item {
        Some(item) => fault.with_detail("Item", item),
        None => fault,
    }
}
