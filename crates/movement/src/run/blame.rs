//! Which hop a refusal belongs to, and the smallest command that mends it.
//!
//! Where a resource of this movement differs from what `apply` would make, the fix is `apply` for
//! that hop: it changes that one value. Otherwise the service's own explanation has to do.

use crate::aws::ApiError;
use crate::database::DbError;
use crate::explain;
use crate::place::Account;
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

impl Refusal {
    /// Whether the answer carries the decision that refused it.
    pub fn is_explained(&self) -> bool {
        match self {
            Self::Api { error, .. } => error.authorization_message.is_some(),
            Self::Database { error, .. } => error.authorization_message().is_some(),
            Self::Known(_) => true,
        }
    }
}

/// The account that decides a hop.
pub(crate) fn account_of(hop: u8) -> Account {
    if matches!(hop, 1 | 6 | 7) { Account::Store } else { Account::Warehouse }
}

/// The error block of a failed hop.
pub(crate) async fn block(work: &mut Work<'_>, hop: u8, refusal: Refusal) -> Box<Trouble> {
    let drifts = drifts(work).await;
    Box::new(block_with(work, hop, refusal, &drifts).await)
}

/// The same when it is known what differs.
pub(crate) async fn block_with(
    work: &Work<'_>,
    hop: u8,
    refusal: Refusal,
    drifts: &[Drift],
) -> Trouble {
    let sessions = match account_of(hop) {
        Account::Warehouse => [&work.warehouse, &work.store],
        Account::Store => [&work.store, &work.warehouse],
    };
    let api = work.cx.api.as_ref();
    let trouble = match refusal {
        Refusal::Api { tried, error } => explain::api(api, &sessions, tried, &error).await,
        Refusal::Database { tried, error } => {
            explain::database(api, &sessions, tried, &error).await
        }
        Refusal::Known(trouble) => *trouble,
    };
    remedied(work, trouble.at(hop, work.label(account_of(hop))), drifts)
}

/// Names `apply` for the hop as the remedy where that changes something, and what it changes.
pub(crate) fn remedied(work: &Work<'_>, mut trouble: Trouble, drifts: &[Drift]) -> Trouble {
    let Some(hop) = trouble.hop else { return trouble };
    let here: Vec<&Drift> = drifts.iter().filter(|drift| drift.hop == hop).collect();
    if !here.is_empty() {
        let command = work.command("apply", &format!("--hop {hop}"));
        let names: Vec<&str> = here.iter().map(|drift| drift.what.as_str()).collect();
        trouble.fix = vec![command, format!("(sets {}; nothing else is opened)", names.join(", "))];
        let untold: Vec<String> = here
            .iter()
            .filter(|drift| !drift.is_told(&trouble.why))
            .map(|d| d.to_string())
            .collect();
        trouble.why.extend(untold);
    }
    trouble
}

/// A resource that is not as this movement makes it.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    pub step: String,
    pub hop: u8,
    pub what: String,
    pub how: String,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.how)
    }
}

impl Drift {
    /// Whether these lines speak of it already, by itself or by its statement.
    fn is_told(&self, why: &[String]) -> bool {
        let statement = self.how.split("statement ").nth(1).and_then(|rest| rest.split(' ').next());
        why.iter().any(|line| {
            line.contains(&self.to_string()) || statement.is_some_and(|sid| line.contains(sid))
        })
    }
}

/// Everything that is not as this movement makes it. A look that fails says nothing about that.
async fn drifts(work: &mut Work<'_>) -> Vec<Drift> {
    look(work).await.0
}

/// Looks at every step, in order, because later ones need the facts of earlier ones: what differs,
/// and what could not be looked at or used.
pub(crate) async fn look(work: &mut Work<'_>) -> (Vec<Drift>, Vec<Trouble>) {
    let (mut drifts, mut troubles) = (Vec::new(), Vec::new());
    for step in steps::all(work) {
        let how = match step.look(work).await {
            Ok(Seen::Same) => continue,
            Ok(Seen::Absent) => "it is missing".to_owned(),
            Ok(Seen::Differs { how, .. }) => how,
            Err(trouble) => {
                troubles.push(*trouble);
                continue;
            }
        };
        drifts.push(Drift {
            step: step.id(work.movement),
            hop: step.hop(),
            what: step.what(work),
            how,
        });
    }
    (drifts, troubles)
}

/// The hop of a refused statement, from Redshift's words ("Troubleshooting … IAM roles" in the
/// Redshift Management Guide): 5 the cluster's role, 6 the next role, 7 the data.
pub(crate) fn hop_of_statement(work: &Work<'_>, error: &DbError) -> u8 {
    let message = &error.message;
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    // First what comes from storage: it names the data role's session, which looks like a role.
    let storage = [
        "S3ServiceException",
        "S3 output failed",
        "is not empty",
        "kms:",
        "KMS",
        "DynamoDB",
        "dynamodb:",
        "specified S3 prefix",
        "Spectrum Scan Error",
        "Load into table",
    ];
    if any(&storage) {
        return 7;
    }
    let data = work.facts.store_role(&work.movement.roles.data);
    let cluster = work.facts.warehouse_role(&work.movement.roles.cluster);
    let refused_role = any(&["assume IAM Role", "get credentials of role", "sts:AssumeRole"]);
    // A role that is not attached, or a chain that was not granted, is named with the whole chain.
    let only_data = message.contains(&data) && !message.contains(&cluster);
    if refused_role && only_data { 6 } else { 5 }
}
