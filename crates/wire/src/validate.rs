//! Inputs against the model's constraints, in AWS's words.
//!
//! One walk collects every violation; each family of services words them its own way: STS and the
//! JSON services quote the value, IAM leaves it out, Redshift names the parameter, S3 calls a
//! wrong document `MalformedXML` and a wrong header `InvalidArgument`. Start at [`validate`].

mod s3;
mod walk;

use serde_json::Value;

use crate::fault::WireFault;
use crate::model::{Model, Operation, Protocol};
use walk::{Broken, Violation};

/// Checks a decoded input. Values are not read before this has passed.
///
/// # Errors
/// `ValidationError` (query), `ValidationException` (JSON), with `N validation error(s) detected:
/// …`; Redshift's `MissingParameter` and `InvalidParameterValue`; S3's own codes.
pub fn validate(model: &Model, operation: &Operation, input: &Value) -> Result<(), WireFault> {
    let Some(shape) = operation.input() else { return Ok(()) };
    let violations = walk::violations(model, operation, model.structure(shape), input);
    let Some(first) = violations.first() else { return Ok(()) };
    Err(match (model.protocol(), model.name()) {
        (Protocol::RestXml, _) => s3::fault(operation, first),
        (Protocol::Query | Protocol::Ec2, "redshift") => redshift(first),
        (Protocol::Query | Protocol::Ec2, name) => {
            WireFault::sender("ValidationError", sentence(&violations, name == "iam"))
        }
        _ => WireFault::sender("ValidationException", sentence(&violations, false)),
    })
}

/// The members of an output that the model does not have, as paths: for the tests of services,
/// since [`crate::encode`] leaves them out.
pub fn unknown_members(model: &Model, operation: &Operation, output: &Value) -> Vec<String> {
    walk::unknown(model, operation.output(), output)
}

/// `2 validation errors detected: Value 'a' at 'b' failed to satisfy constraint: …; …`
fn sentence(violations: &[Violation<'_>], brief: bool) -> String {
    let count = violations.len();
    let plural = if count == 1 { "" } else { "s" };
    let texts: Vec<String> = violations.iter().map(|violation| phrase(violation, brief)).collect();
    format!("{count} validation error{plural} detected: {}", texts.join("; "))
}

fn phrase(violation: &Violation<'_>, brief: bool) -> String {
    let path = &violation.path;
    let constraint = constraint(&violation.broken, brief);
    match &violation.shown {
        Some(value) if !brief => {
            format!("Value {value} at '{path}' failed to satisfy constraint: {constraint}")
        }
        _ => format!("Value at '{path}' failed to satisfy constraint: {constraint}"),
    }
}

fn constraint(broken: &Broken<'_>, brief: bool) -> String {
    match broken {
        Broken::Missing => "Member must not be null".to_owned(),
        Broken::TooShort(min) => {
            format!("Member must have length greater than or equal to {min}")
        }
        Broken::TooLong(max) => format!("Member must have length less than or equal to {max}"),
        Broken::TooSmall(min) => format!("Member must have value greater than or equal to {min}"),
        Broken::TooLarge(max) => format!("Member must have value less than or equal to {max}"),
        Broken::Pattern(pattern) => {
            format!("Member must satisfy regular expression pattern: {pattern}")
        }
        Broken::Enum(_) if brief => "Member must satisfy enum value set".to_owned(),
        Broken::Enum(values) => {
            format!("Member must satisfy enum value set: [{}]", values.join(", "))
        }
        Broken::MapKey(inner) => {
            format!("Map keys must satisfy constraint: [{}]", constraint(inner, brief))
        }
    }
}

fn redshift(violation: &Violation<'_>) -> WireFault {
    let name = &violation.member;
    match &violation.broken {
        Broken::Missing => {
            let message = format!("The request must contain the parameter {name}.");
            WireFault::sender("MissingParameter", message)
        }
        broken => {
            let shown = violation.shown.as_deref().unwrap_or("''");
            let constraint = constraint(broken, false);
            let message = format!("Invalid value {shown} for the parameter {name}. {constraint}");
            WireFault::sender("InvalidParameterValue", message)
        }
    }
}
