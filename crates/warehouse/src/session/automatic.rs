//! Materialized views that refresh themselves: sessions that nobody has opened.
//! Redshift Developer Guide, "Refreshing a materialized view", "Autorefreshing".

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::output::Nowhere;
use super::{Login, Session};
use crate::catalog::databases::{self, Database};
use crate::catalog::history::Client;
use crate::catalog::own;
use crate::catalog::users::by_id;
use crate::engine::quote;
use crate::errors::Failure;
use crate::registry::{Newcomer, Signals};
use crate::warehouse::Cluster;

/// How long after a change of the tables below it a view is refreshed.
const DELAY: TimeDelta = TimeDelta::seconds(30);

/// When views are refreshed: some time after anything has changed, by the world's clock.
pub(crate) struct AutoRefresh {
    /// The count of changes at the last look; `None` before the first.
    seen: Option<u64>,
    /// There are changes that no refresh has seen.
    waiting: bool,
    /// Since when, as far as it was looked at.
    since: Option<DateTime<Utc>>,
}

impl AutoRefresh {
    /// Nothing has been looked at: after a start every view is taken for stale once.
    pub(crate) fn new() -> Self {
        Self { seen: None, waiting: false, since: None }
    }

    /// Whether a look is worth its cost. Cheap.
    pub(crate) fn has_work(&mut self, cluster: &Cluster) -> bool {
        let writes = Some(cluster.locks.writes());
        if self.seen != writes {
            self.seen = writes;
            self.waiting = true;
        }
        self.waiting
    }

    /// Refreshes what is stale and due. Blocks; the clock is asked only when there are such views.
    pub(crate) fn look(&mut self, cluster: &Arc<Cluster>) {
        let views = match automatic(cluster) {
            Ok(views) => views,
            Err(failure) => {
                tracing::warn!(%failure, "materialized views could not be looked at");
                return;
            }
        };
        if views.is_empty() {
            self.waiting = false;
            self.since = None;
            return;
        }
        let now = cluster.world.now();
        let since = *self.since.get_or_insert(now);
        if now.signed_duration_since(since) < DELAY {
            return;
        }
        self.waiting = false;
        self.since = None;
        for view in &views {
            if let Err(failure) = view.refresh(cluster) {
                // Its text may hold values of rows.
                let code = failure.sqlstate;
                tracing::warn!(view = view.name, code, "a materialized view was not refreshed");
            }
        }
    }
}

/// A view that refreshes itself.
struct View {
    database: Database,
    id: i64,
    schema: String,
    name: String,
    owner: i64,
}

/// All of them.
fn automatic(cluster: &Cluster) -> Result<Vec<View>, Failure> {
    let connection = cluster.engine.connect()?;
    let mut views = Vec::new();
    for database in databases::all(&connection, &cluster.home)? {
        let rows = connection.rows(&format!(
            "SELECT r.id, r.schema_name, r.name, r.owner FROM {} m \
             JOIN {} r ON r.id = m.relation WHERE m.auto_refresh ORDER BY r.id",
            own(&database.key, "materialized_views"),
            own(&database.key, "relations"),
        ))?;
        for row in &rows {
            let [id, schema, name, owner] = row.as_slice() else { continue };
            views.push(View {
                database: database.clone(),
                id: id.int(),
                schema: schema.text().to_owned(),
                name: name.text().to_owned(),
                owner: owner.int(),
            });
        }
    }
    Ok(views)
}

impl View {
    /// Refreshes it with its owner's rights, if it is stale.
    fn refresh(&self, cluster: &Arc<Cluster>) -> Result<(), Failure> {
        let connection = cluster.engine.connect()?;
        let Some(user) = by_id(&connection, &cluster.home, self.owner)? else { return Ok(()) };
        let (name, signals) = (user.name.clone(), Arc::new(Signals::default()));
        // Limits are of connections, and this is none.
        let who = Newcomer {
            user: &name,
            user_limit: None,
            database: &self.database.key,
            database_name: &self.database.name,
            database_limit: None,
        };
        let login = Login {
            user,
            database: self.database.clone(),
            // The names below are written for the default rules of names.
            settings: vec![("enable_case_sensitive_identifier".into(), "on".into())],
            client: Client::default(),
        };
        let mut session = Session::open(Arc::clone(cluster), login, Arc::clone(&signals))?;
        if !session.is_stale(self.id)? {
            return Ok(());
        }
        let mut secret = [0_u8; 4];
        cluster.world.random_bytes(&mut secret);
        let secret = i32::from_be_bytes(secret);
        let pid = cluster.sessions.add(secret, &who, &signals, session.interrupt())?;
        session.work_unseen(pid)?;
        let (schema, name) = (quote(&self.schema), quote(&self.name));
        for statement in session.parse(&format!("REFRESH MATERIALIZED VIEW {schema}.{name}"))? {
            session.execute(&statement, &[], &mut Nowhere)?;
        }
        Ok(())
    }
}
