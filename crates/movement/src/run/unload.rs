//! The UNLOAD: its statement, its count, and what a refusal may mean.

use super::send::{Counted, Refused};
use crate::database::Database;
use crate::trouble::Trouble;
use crate::work::Work;

/// Unloads, and counts what was unloaded.
pub(super) async fn unload(
    session: &dyn Database,
    statement: &str,
) -> std::result::Result<Counted, Refused> {
    session.query(statement).await?;
    Ok(Counted { rows: count(session).await, ..Counted::default() })
}

/// The rows of the session's last UNLOAD: the notice, or `pg_last_unload_count()`.
async fn count(session: &dyn Database) -> u64 {
    let told = session.notices().iter().rev().find_map(|notice| {
        let (_, rest) = notice.split_once("UNLOAD completed, ")?;
        rest.split_whitespace().next()?.parse().ok()
    });
    if let Some(rows) = told {
        return rows;
    }
    let rows = session.query("SELECT pg_last_unload_count()").await.unwrap_or_default();
    rows.first().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Redshift refuses a prefix that holds objects; say what can be done about it.
pub(super) fn occupied(work: &Work<'_>, mut trouble: Box<Trouble>) -> Box<Trouble> {
    if trouble.said.as_ref().is_some_and(|said| said.contains("is not empty")) {
        trouble.fix = vec![
            format!(
                "if_exists = \"replace\" under [target] in {}, then landbridge apply, or",
                work.file()
            ),
            "another prefix".to_owned(),
        ];
    }
    trouble
}
