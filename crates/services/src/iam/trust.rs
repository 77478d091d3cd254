//! What a trust policy must be beside well-formed: it names only principals that exist.

use gateway::{Cx, Fault};
use policy::validate::Place;

use super::common::check_document;
use crate::identity::stored_policy;

/// The trust policy as it is stored; refuses one that breaks the grammar or names a user, role or
/// account that this world does not have.
pub(super) fn check_trust(cx: &mut Cx, document: &str) -> Result<String, Fault> {
    check_document(Place::Trust, document)?;
    stored_policy(cx, document, |name| {
        let text = format!("Invalid principal in policy: \"AWS\":\"{name}\"");
        Fault::new("MalformedPolicyDocument", text).status(400)
    })
}
