//! What `apply` makes, one file a noun: how to look, how to make, how to take back.
//!
//! [`all`] is the whole list in the order of making; `apply` and `plan` are loops over it.

pub(crate) mod association;
mod bucket;
mod grants;
pub(crate) mod key;
mod role;
mod secret;
mod table;
mod user;

use async_trait::async_trait;

use crate::file::{Movement, Place};
use crate::place::Account;
use crate::trouble::Result;
use crate::undo::Undo;
use crate::work::Work;

pub(crate) use bucket::id as bucket_id;
pub(crate) use secret::password;

/// What a look at a resource found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It is not there.
    Absent,
    /// It is as it should be.
    Same,
    /// It is there and something differs; `prior` is the value to restore.
    Differs { prior: Option<String>, how: String },
}

/// One resource of a movement.
#[async_trait]
pub(crate) trait Step: Send + Sync {
    /// A stable id, such as `target.role.S3-Write-Role`; the journal's key.
    fn id(&self, movement: &Movement) -> String;
    /// The hop it serves.
    fn hop(&self) -> u8;
    /// The account it lies in.
    fn account(&self) -> Account;
    /// The resource in words.
    fn what(&self, work: &Work<'_>) -> String;
    /// What it opens, and for whom.
    fn opens(&self, work: &Work<'_>) -> String;
    /// Looks, and tells the facts what it learned.
    async fn look(&self, work: &mut Work<'_>) -> Result<Seen>;
    /// Makes or changes it.
    async fn make(&self, work: &mut Work<'_>, seen: &Seen) -> Result<()>;
    /// How to take it back; `None` when it goes with another step's resource.
    fn undo(&self, work: &Work<'_>, seen: &Seen) -> Option<Undo>;
}

/// Every step, in the order of making.
///
/// The order follows who must exist before whom: a trust policy may only name roles that exist,
/// a permission needs the ARN of its key or secret.
pub(crate) fn all(work: &Work<'_>) -> Vec<Box<dyn Step>> {
    let movement = work.movement;
    let chained = work.facts.chained;
    let mut steps: Vec<Box<dyn Step>> = vec![
        Box::new(role::entry(movement)),
        Box::new(role::entry_policy(movement)),
        Box::new(role::secret_reader(movement)),
        Box::new(role::cluster(movement)),
    ];
    if chained {
        steps.push(Box::new(role::cluster_policy(movement)));
        steps.push(Box::new(role::data(movement)));
    }
    steps.extend(key::steps(movement));
    match &movement.store.place {
        // The unload makes the stage.
        Place::Bucket { .. } if movement.from_stage => {}
        Place::Bucket { .. } => steps.push(Box::new(bucket::Bucket)),
        Place::Table(_) => steps.push(Box::new(table::Table)),
    }
    if movement.outward().is_some() {
        steps.push(Box::new(bucket::BucketPolicy));
    }
    steps.push(Box::new(role::data_policy(movement, chained)));
    steps.push(Box::new(secret::LoginSecret));
    steps.push(Box::new(role::reader_policy(movement)));
    steps.push(Box::new(user::DatabaseUser));
    steps.push(Box::new(association::Association));
    steps.extend(grants::steps(movement));
    steps
}
