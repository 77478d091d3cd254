//! Users and roles as what policies hang on, so that each policy operation is written once.

use gateway::{Access, Cx, Fault};

use super::common::on;
use super::{role, user};
use crate::identity::{Attachments, RoleRecord, UserRecord};

/// A kind of identity that holds policies.
pub(super) trait Holder: Sized {
    /// As in operation names: `Role`.
    const NOUN: &'static str;

    /// The record, or IAM's words for its absence.
    fn find(cx: &Cx, name: &str) -> Result<Self, Fault>;
    /// The resource part of its ARN.
    fn resource(cx: &Cx, name: &str) -> Result<String, Fault>;
    /// Its policies.
    fn policies(&mut self) -> &mut Attachments;
    /// Writes it back.
    fn save(&self, cx: &mut Cx) -> Result<(), Fault>;

    /// The check for `iam:{verb}{noun}{rest}` on it.
    fn access(cx: &Cx, verb: &str, rest: &str, name: &str) -> Result<Access, Fault> {
        on(cx, &format!("iam:{verb}{}{rest}", Self::NOUN), Self::resource(cx, name)?)
    }
}

impl Holder for RoleRecord {
    const NOUN: &'static str = "Role";

    fn find(cx: &Cx, name: &str) -> Result<Self, Fault> {
        role::find(cx, name)
    }

    fn resource(cx: &Cx, name: &str) -> Result<String, Fault> {
        role::resource(cx, name)
    }

    fn policies(&mut self) -> &mut Attachments {
        &mut self.policies
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        role::save(cx, self)
    }
}

impl Holder for UserRecord {
    const NOUN: &'static str = "User";

    fn find(cx: &Cx, name: &str) -> Result<Self, Fault> {
        user::find(cx, name)
    }

    fn resource(cx: &Cx, name: &str) -> Result<String, Fault> {
        user::resource(cx, name)
    }

    fn policies(&mut self) -> &mut Attachments {
        &mut self.policies
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        user::save(cx, self)
    }
}
