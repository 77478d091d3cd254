//! Which hop a refusal belongs to, and the smallest command that mends it.
//!
//! Where a resource of this movement differs from what `apply` would make, the fix is `apply` for
//! that hop: it changes that one value. Otherwise the service's own explanation has to do.

use crate::aws::ApiError;
use crate::database::DbError;
use crate::explain;
use crate::report::Side;
use crate::steps::{self, Seen};
use crate::trouble::Trouble;
use crate::work::Work;

/// A hop that failed.
pub(crate) enum Refusal {
    Api { tried: String, error: ApiError },
    Database { tried: String, error: DbError },
    Known(Box<Trouble>),
}

impl Refusal {
    pub fn api(tried: String, error: ApiError) -> Self {
        Self::Api { tried, error }
    }

    pub fn database(tried: String, error: DbError) -> Self {
        Self::Database { tried, error }
    }
}

/// The side that decides a hop.
pub(crate) fn side_of(hop: u8) -> Side {
    if matches!(hop, 1 | 6 | 7) { Side::Target } else { Side::Source }
}

/// The error block of a failed hop.
pub(crate) async fn block(work: &mut Work<'_>, hop: u8, refusal: Refusal) -> Box<Trouble> {
    let sessions = match side_of(hop) {
        Side::Source => [&work.source, &work.target],
        Side::Target => [&work.target, &work.source],
    };
    let api = work.cx.api.as_ref();
    let trouble = match refusal {
        Refusal::Api { tried, error } => explain::api(api, &sessions, tried, &error).await,
        Refusal::Database { tried, error } => {
            explain::database(api, &sessions, tried, &error).await
        }
        Refusal::Known(trouble) => *trouble,
    };
    let mut trouble = trouble.at(hop, work.label(side_of(hop)));
    let drift = drift(work, hop).await;
    if !drift.is_empty() {
        let command = format!("landbridge apply {} --hop {hop}", work.file());
        let names: Vec<&str> = drift.iter().map(|(what, _)| what.as_str()).collect();
        trouble.fix = vec![command, format!("(sets {}; nothing else is opened)", names.join(", "))];
        if trouble.why.is_empty() {
            trouble.why = drift.iter().map(|(what, how)| format!("{what}: {how}")).collect();
        }
    }
    Box::new(trouble)
}

/// The resources of a hop that are not as this movement makes them, each with how it differs.
async fn drift(work: &mut Work<'_>, hop: u8) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for step in steps::all(work) {
        // Every step is looked at, because later ones need the facts of earlier ones; a look that
        // fails says nothing about drift.
        let Ok(seen) = step.look(work).await else { continue };
        if step.hop() == hop {
            match seen {
                Seen::Same => {}
                Seen::Absent => found.push((step.what(work), "it is missing".to_owned())),
                Seen::Differs { how, .. } => found.push((step.what(work), how)),
            }
        }
    }
    found
}

/// The hop of a refused UNLOAD, from Redshift's words ("Troubleshooting … IAM roles" in the
/// Redshift Management Guide): 5 the cluster's role, 6 the next role, 7 the objects.
pub(crate) fn hop_of_unload(work: &Work<'_>, error: &DbError) -> u8 {
    let message = &error.message;
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    // First what comes from storage: it names the writer's session, which looks like a role.
    if any(&["S3ServiceException", "S3 output failed", "is not empty", "kms:", "KMS"]) {
        return 7;
    }
    let writer = work.facts.target_role(&work.movement.roles.writer);
    let cluster = work.facts.source_role(&work.movement.roles.cluster);
    let refused_role = any(&["assume IAM Role", "get credentials of role", "sts:AssumeRole"]);
    // A role that is not attached, or a chain that was not granted, is named with the whole chain.
    let only_writer = message.contains(&writer) && !message.contains(&cluster);
    if refused_role && only_writer { 6 } else { 5 }
}
