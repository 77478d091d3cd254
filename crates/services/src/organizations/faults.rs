//! What Organizations says when it refuses (Organizations API Reference, "Errors" of each
//! operation). JSON faults, so every status is 400.

use gateway::Fault;

fn fault(code: &'static str, text: &str) -> Fault {
    Fault::new(code, text).status(400)
}

pub(super) fn not_in_use() -> Fault {
    let text = "Your account is not a member of an organization.";
    fault("AWSOrganizationsNotInUseException", text)
}

/// A member that asks for what only the management account may.
pub(super) fn not_yours() -> Fault {
    fault("AccessDeniedException", "You don't have permissions to access this resource.")
}

pub(super) fn already_in_organization() -> Fault {
    let text = "The AWS account is already a member of an organization.";
    fault("AlreadyInOrganizationException", text)
}

pub(super) fn not_empty() -> Fault {
    let text =
        "To delete an organization you must first remove all member accounts (except the master).";
    fault("OrganizationNotEmptyException", text)
}

pub(super) fn master_cannot_leave() -> Fault {
    let text = "You can't remove a management account from an organization.";
    fault("MasterCannotLeaveOrganizationException", text)
}

/// Something that an id does not lead to. `code` is the exception, `what` such as `a root`.
pub(super) fn no_such(code: &'static str, what: &str) -> Fault {
    fault(code, &format!("You specified {what} that doesn't exist."))
}

pub(super) fn no_such_account() -> Fault {
    no_such("AccountNotFoundException", "an account")
}

pub(super) fn no_such_parent() -> Fault {
    no_such("ParentNotFoundException", "parent")
}

pub(super) fn no_such_target() -> Fault {
    no_such("TargetNotFoundException", "a target")
}

pub(super) fn no_such_unit() -> Fault {
    no_such("OrganizationalUnitNotFoundException", "an organizational unit")
}

pub(super) fn no_such_policy() -> Fault {
    no_such("PolicyNotFoundException", "a policy")
}

pub(super) fn no_such_handshake() -> Fault {
    no_such("HandshakeNotFoundException", "a handshake")
}

pub(super) fn duplicate(code: &'static str, text: &str) -> Fault {
    fault(code, text)
}

pub(super) fn constraint(reason: &'static str, text: &str) -> Fault {
    fault("ConstraintViolationException", text).with("Reason", reason)
}

pub(super) fn invalid(reason: &'static str, text: &str) -> Fault {
    fault("InvalidInputException", text).with("Reason", reason)
}

pub(super) fn handshake_constraint(reason: &'static str, text: &str) -> Fault {
    fault("HandshakeConstraintViolationException", text).with("Reason", reason)
}

/// Something of a known kind that is in the wrong state.
pub(super) fn state(code: &'static str, text: &str) -> Fault {
    fault(code, text)
}
