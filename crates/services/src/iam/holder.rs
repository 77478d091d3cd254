//! Users, groups and roles as what policies hang on, so that each policy operation is written
//! once.

use super::entity::Entity;
use crate::identity::{Attachments, GroupRecord, RoleRecord, UserRecord};

/// A kind of identity that holds policies.
pub(super) trait Holder: Entity {
    /// Characters that its inline policies may have together, white space aside (IAM quotas).
    const INLINE_SIZE: usize;

    /// Its policies.
    fn policies(&mut self) -> &mut Attachments;
}

impl Holder for RoleRecord {
    const INLINE_SIZE: usize = 10_240;

    fn policies(&mut self) -> &mut Attachments {
        &mut self.policies
    }
}

impl Holder for UserRecord {
    const INLINE_SIZE: usize = 2_048;

    fn policies(&mut self) -> &mut Attachments {
        &mut self.policies
    }
}

impl Holder for GroupRecord {
    const INLINE_SIZE: usize = 5_120;

    fn policies(&mut self) -> &mut Attachments {
        &mut self.policies
    }
}
