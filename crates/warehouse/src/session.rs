//! A session: one user's settings, transaction, temporary tables and cursors, and the way each
//! statement is carried out.
//!
//! It must not know the wire protocol (results leave through [`Output`]) nor object storage
//! (UNLOAD is `unload`'s, COPY is `copy`'s). It runs on one thread of its own. Start reading at
//! [`Session::execute`]; which statement is carried out where is `run.rs`.

mod automatic;
mod clients;
mod columns;
mod copy;
mod cursors;
mod databases;
mod ddl;
mod effects;
mod engine_sql;
mod explain;
mod grants;
mod guards;
mod known;
mod late_views;
mod local_names;
mod locking;
mod merge;
mod output;
mod parameters;
mod policies;
mod procedures;
mod rewrite;
mod run;
mod settings;
mod show;
mod show_list;
mod show_table;
mod transaction;
mod unload;
mod users;
mod zone;
mod zoned_times;

pub(crate) use automatic::AutoRefresh;
pub(crate) use columns::{Field, FieldType};
pub(crate) use cursors::Pager;
pub(crate) use output::{Notice, Output};
pub(crate) use parameters::Parameter;
pub(crate) use transaction::Status;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use redshift_sql::{Options, Statement};

use crate::catalog::databases::Database;
use crate::catalog::grants::{identity_filter, memberships};
use crate::catalog::history::{Client, ConnectionRecord, Event, Record};
use crate::catalog::roles::{SECURITY_ADMIN, permissions};
use crate::catalog::users::{User, by_id, settings as settings_of_user};
use crate::catalog::{optional, timestamp};
use crate::engine::{Connection, Interrupt, literal};
use crate::errors::Failure;
use crate::privileges::{Identity, Scope};
use crate::registry::Signals;
use crate::warehouse::Cluster;
use settings::Settings;
use transaction::Transaction;
use zone::UTC;

/// What `version()` answers.
const VERSION: &str = "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 \
                       20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.436211";

/// What a client asked for at start-up.
pub(crate) struct Login {
    /// The authenticated user.
    pub user: User,
    /// The database.
    pub database: Database,
    /// Start-up parameters that are settings.
    pub settings: Vec<(String, String)>,
    /// What is known of the client.
    pub client: Client,
}

/// One open session.
pub(crate) struct Session {
    cluster: Arc<Cluster>,
    connection: Connection,
    signals: Arc<Signals>,
    pid: i32,
    session_user: User,
    user: User,
    /// The connected database: the key by which the catalog knows it.
    database: String,
    /// The name of the connected database, which it has as long as there are sessions.
    database_name: String,
    /// Transactions are checked for an order that explains them.
    serializable: bool,
    settings: Settings,
    transaction: Transaction,
    /// The number of the last transaction, for history.
    transaction_number: i64,
    /// The engine has begun the open transaction too.
    engine_open: bool,
    /// When it began.
    transaction_began: Option<DateTime<Utc>>,
    /// The text of the running statement.
    statement_text: String,
    /// Where it starts in the client's message, in characters from 1.
    statement_position: usize,
    cursors: HashMap<String, Pager>,
    prepared: HashMap<String, redshift_sql::Prepare>,
    /// Names of the temporary tables; `None` after a rollback, until looked up again.
    temporary: Option<HashSet<String>>,
    /// What is known of relations' columns.
    shapes: known::Shapes,
    identity: Option<(u64, Identity)>,
    /// The count of changes of privileges when the open transaction began.
    privileges_began: u64,
    /// The open transaction changed privileges.
    privileges_touched: bool,
    /// Whether the statement resolved last met policies of rows, and of values.
    guarded: (bool, bool),
    /// Relations of the statement resolved last with columns that the user may not read.
    hidden: Vec<(String, Vec<String>)>,
    /// The schemas of the search path that exist; `None` when it must be computed again.
    path: Option<(u64, Vec<String>)>,
    last_query: i64,
    /// The query before the running one: what `pg_last_query_id()` tells.
    query_before: i64,
    last_unload: i64,
    unload_count: u64,
    last_copy: i64,
    copy_count: u64,
    cursor_number: u64,
    /// The time zone that the engine's variable tells.
    zone_told: RefCell<String>,
    /// Nobody has opened it: it is no session of the system tables.
    unseen: bool,
    /// How often it has waited for its client.
    rests: u64,
    /// The change of settings that `current_setting()` reads.
    settings_told: Cell<Option<u64>>,
    /// Who is at the other end, and since when.
    client: (Client, DateTime<Utc>),
    /// The stored procedures that run.
    running: procedures::Running,
}

impl Session {
    /// Opens the session's engine connection; the process id comes with [`Session::set_pid`].
    pub(crate) fn open(
        cluster: Arc<Cluster>,
        login: Login,
        signals: Arc<Signals>,
    ) -> Result<Self, Failure> {
        let connection = cluster.engine.connect()?;
        // What the client asks for counts more than what the user was given.
        let mut settings = settings_of_user(&connection, &cluster.home, login.user.id)?;
        settings.extend(login.settings);
        let now = cluster.world.now();
        let mut session = Self {
            cluster,
            connection,
            signals,
            pid: 0,
            session_user: login.user.clone(),
            user: login.user,
            database: login.database.key,
            database_name: login.database.name,
            serializable: login.database.serializable,
            settings: Settings::new(&settings),
            transaction: Transaction::default(),
            transaction_number: 0,
            engine_open: false,
            transaction_began: None,
            statement_text: String::new(),
            statement_position: 1,
            cursors: HashMap::new(),
            prepared: HashMap::new(),
            temporary: Some(HashSet::new()),
            shapes: known::Shapes::default(),
            identity: None,
            privileges_began: 0,
            privileges_touched: false,
            guarded: (false, false),
            hidden: Vec::new(),
            path: None,
            last_query: -1,
            query_before: -1,
            last_unload: -1,
            unload_count: 0,
            last_copy: -1,
            copy_count: 0,
            cursor_number: 0,
            zone_told: RefCell::new(String::from(UTC)),
            unseen: false,
            rests: 0,
            settings_told: Cell::new(None),
            client: (login.client, now),
            running: procedures::Running::default(),
        };
        session.set_variables()?;
        Ok(session)
    }

    /// The handle that cancels the session's statements.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.connection.interrupt()
    }

    /// Tells the session its process id.
    pub(crate) fn set_pid(&mut self, pid: i32) -> Result<(), Failure> {
        self.pid = pid;
        self.tell_history(Event::Authenticated);
        self.tell_history(Event::Opened);
        self.set_variable("pg_backend_pid", &pid.to_string())
    }

    /// Tells a session that nobody has opened its process id.
    pub(crate) fn work_unseen(&mut self, pid: i32) -> Result<(), Failure> {
        self.unseen = true;
        self.pid = pid;
        self.set_variable("pg_backend_pid", &pid.to_string())
    }

    /// Writes down that the session began or ended.
    fn tell_history(&self, event: Event) {
        let (client, opened) = &self.client;
        let time = if event == Event::Closed { self.cluster.world.now() } else { *opened };
        self.cluster.history.add(Record::Connection(ConnectionRecord {
            event,
            time,
            duration: (time - *opened).num_microseconds().unwrap_or(0),
            client: client.clone(),
            session: self.pid,
            database: self.database_name.clone(),
            user: self.session_user.name.clone(),
            user_id: self.session_user.id,
        }));
    }

    /// What ReadyForQuery tells.
    pub(crate) fn status(&self) -> Status {
        self.transaction.status()
    }

    /// The value of a setting, for ParameterStatus.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name)
    }

    /// Reads a text of any number of statements, by the session's case rule.
    pub(crate) fn parse(&mut self, sql: &str) -> Result<Vec<Statement>, Failure> {
        let (sql, options) = (clients::plain(sql), self.options());
        let functions = procedures::Functions::of(self);
        let mut statements = redshift_sql::parse_with(&sql, &options, &functions)?;
        statements.iter_mut().for_each(|one| local_names::shorten(one, &self.database_name));
        Ok(statements)
    }

    fn options(&self) -> Options {
        Options {
            case_sensitive_identifiers: self.settings.is_on("enable_case_sensitive_identifier"),
            case_sensitive_super_attributes: self
                .settings
                .is_on("enable_case_sensitive_super_attribute"),
        }
    }

    fn home(&self) -> &str {
        &self.cluster.home
    }

    /// The session's identity, looked up again after any change of users or grants.
    fn identity(&mut self) -> Result<Identity, Failure> {
        let version = self.cluster.privileges_version.load(Ordering::SeqCst);
        if let Some((seen, identity)) = &self.identity
            && *seen == version
        {
            return Ok(identity.clone());
        }
        let home = self.cluster.home.clone();
        let Some(user) = by_id(&self.connection, &home, self.user.id)? else {
            let name = &self.user.name;
            return Err(Failure::new("42704", format!("user \"{name}\" does not exist")));
        };
        let (groups, roles) = memberships(&self.connection, &home, user.id)?;
        let filter = identity_filter(user.id, &groups, &roles);
        let identity = Identity {
            user: user.id,
            superuser: user.superuser,
            security_admin: roles.contains(&SECURITY_ADMIN),
            permissions: permissions(&self.connection, &home, &filter)?.into_iter().collect(),
            roles: roles.clone(),
            filter,
        };
        let grantees: Vec<String> = groups
            .iter()
            .map(|id| format!("'group{id}'"))
            .chain(roles.iter().map(|id| format!("'role{id}'")))
            .chain([format!("'user{}'", user.id), String::from("'public0'")])
            .collect();
        self.user = user;
        self.identity = Some((version, identity.clone()));
        self.set_user_variables()?;
        self.set_variable("lb_superuser", &identity.may("ACCESS CATALOG").to_string())?;
        self.set_variable("lb_sees_all", &self.sees_all(&identity).to_string())?;
        self.set_variable("lb_cancels", &identity.may("CANCEL").to_string())?;
        self.set_variable("lb_policies", &identity.manages_policies().to_string())?;
        self.set_variable("lb_grantees", &format!("[{}]", grantees.join(", ")))?;
        Ok(identity)
    }

    /// Whether the system tables show it everybody's rows.
    fn sees_all(&self, identity: &Identity) -> bool {
        identity.may("ACCESS SYSTEM TABLE") || self.user.syslog_unrestricted
    }

    /// The count of changes of privileges that the session has seen.
    fn privileges_version(&self) -> u64 {
        self.cluster.privileges_version.load(Ordering::SeqCst)
    }

    /// A transaction begins: it sees privileges as they are now, whoever changes them after.
    fn privileges_seen(&mut self) {
        self.privileges_began = self.privileges_version();
    }

    /// A transaction ended: others see what it changed, and it sees what others changed.
    fn privileges_settled(&mut self) {
        if std::mem::take(&mut self.privileges_touched) {
            self.privileges_changed();
        }
        if self.privileges_began != self.privileges_version() {
            // What was looked up in the transaction was of the time of its beginning.
            self.identity = None;
            self.path = None;
        }
    }

    /// Users, groups, grants or schemas changed: every session looks again, now and when the
    /// transaction ends.
    fn privileges_changed(&mut self) {
        self.privileges_touched = self.transaction.is_open();
        self.cluster.privileges_version.fetch_add(1, Ordering::SeqCst);
        self.identity = None;
        self.path = None;
    }

    /// The schemas of the search path that exist.
    fn search_path(&mut self) -> Result<Vec<String>, Failure> {
        let version = self.cluster.privileges_version.load(Ordering::SeqCst);
        if let Some((seen, path)) = &self.path
            && *seen == version
        {
            return Ok(path.clone());
        }
        let mut path = Vec::new();
        for name in self.settings.list("search_path") {
            let name = if name == "$user" { self.user.name.clone() } else { name };
            let exists =
                crate::catalog::relations::schema(&self.connection, &self.database, &name)?
                    .is_some();
            if exists && !path.contains(&name) {
                path.push(name);
            }
        }
        self.tell_path(&path)?;
        self.path = Some((version, path.clone()));
        Ok(path)
    }

    /// Tells the engine the search path; its own system schemas come behind ours.
    fn tell_path(&self, path: &[String]) -> Result<(), Failure> {
        let mut parts = Vec::new();
        for schema in path {
            parts.push(self.engine_schema(&self.database, schema)?);
        }
        parts.push(String::from(crate::catalog::system::CATALOG_SCHEMA));
        self.connection.run(&format!("SET search_path = {}", literal(&parts.join(","))))?;
        self.set_variable("current_schema", &path.first().map_or("NULL".into(), |s| literal(s)))?;
        let list: Vec<String> = path.iter().map(|schema| literal(schema)).collect();
        self.set_variable("lb_schemas", &format!("CAST([{}] AS VARCHAR[])", list.join(", ")))
    }

    fn temporary(&mut self) -> Result<HashSet<String>, Failure> {
        if let Some(names) = &self.temporary {
            return Ok(names.clone());
        }
        let rows = self.connection.rows(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'temp' \
             UNION ALL SELECT view_name FROM duckdb_views() WHERE database_name = 'temp' \
             AND NOT internal",
        )?;
        let names: HashSet<String> =
            rows.iter().flatten().map(|name| name.text().to_owned()).collect();
        self.temporary = Some(names.clone());
        Ok(names)
    }

    /// Gives `work` the place where names are looked up.
    fn with_scope<T>(
        &mut self,
        work: impl FnOnce(&Connection, &Scope<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let search_path = self.search_path()?;
        let temporary = self.temporary()?;
        let scope = Scope {
            home: &self.cluster.home,
            database: &self.database,
            database_name: &self.database_name,
            search_path: &search_path,
            temporary: &temporary,
        };
        work(&self.connection, &scope)
    }

    /// Sets an engine variable that a session function reads; `value` is SQL of ours.
    fn set_variable(&self, name: &str, value: &str) -> Result<(), Failure> {
        self.connection.run(&format!("SET VARIABLE {name} = {value}"))?;
        Ok(())
    }

    /// The engine variables behind the session functions that do not change by themselves.
    fn set_variables(&mut self) -> Result<(), Failure> {
        self.set_user_variables()?;
        let account = self.cluster.reference.account.to_string();
        for (name, value) in [
            ("current_database", literal(&self.database_name)),
            ("current_aws_account", literal(&account)),
            ("version", literal(VERSION)),
        ] {
            self.set_variable(name, &value)?;
        }
        self.search_path().map(drop)
    }

    fn set_user_variables(&self) -> Result<(), Failure> {
        self.set_variable("current_user", &literal(&self.user.name))?;
        self.set_variable("user", &literal(&self.user.name))?;
        self.set_variable("session_user", &literal(&self.session_user.name))?;
        self.set_variable("current_user_id", &format!("CAST({} AS INTEGER)", self.user.id))?;
        let all = self.user.superuser || self.user.syslog_unrestricted;
        self.set_variable("lb_sees_all", &all.to_string())
    }

    /// Sets the variables of the session functions whose answer changes, before a statement
    /// that calls them.
    fn answer_functions(&self, functions: &[String]) -> Result<(), Failure> {
        for name in functions {
            let number = |value: i64| format!("CAST({value} AS BIGINT)");
            let value = match name.as_str() {
                "sysdate" => {
                    let moment = self.transaction_time();
                    self.set_variable("lb_now", &timestamp(moment))?;
                    timestamp(self.local(moment))
                }
                "getdate" => timestamp(self.local(self.cluster.world.now())),
                "pg_last_query_id" => number(self.query_before),
                "pg_last_copy_id" => number(self.last_copy),
                "pg_last_copy_count" => number(i64::try_from(self.copy_count).unwrap_or(i64::MAX)),
                "pg_last_unload_id" => number(self.last_unload),
                "pg_last_unload_count" => {
                    number(i64::try_from(self.unload_count).unwrap_or(i64::MAX))
                }
                "current_setting" => {
                    self.tell_settings()?;
                    continue;
                }
                "default_iam_role" => {
                    let facts = self.cluster.directory.cluster(&self.cluster.reference);
                    let role = facts.and_then(|facts| facts.default_role);
                    format!("CAST({} AS VARCHAR)", optional(role.as_deref()))
                }
                "current_namespace" | "current_session_arn" => {
                    return Err(Failure::not_implemented(&format!("{name}()")));
                }
                _ => continue,
            };
            self.set_variable(name, &value)?;
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.pid != 0 && !self.unseen {
            self.tell_history(Event::Closed);
        }
        self.cluster.locks.release(self.pid, false);
        self.cluster.sessions.remove(self.pid);
    }
}
