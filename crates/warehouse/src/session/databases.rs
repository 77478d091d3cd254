//! CREATE, ALTER and DROP DATABASE, and letting a session into a database.
//!
//! Each of them changes rows and schemas in one transaction of the engine; the cluster's mutex
//! keeps two of them, and the arrival of a session, apart. It must not know how a database lies in
//! the engine. Start reading at [`Session::run_databases`]. Redshift Developer Guide, "CREATE
//! DATABASE", "ALTER DATABASE", "DROP DATABASE".

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use redshift_sql::{AlterDatabase, AlterDatabaseAction, CreateDatabase, Kind, Privilege};

use super::Session;
use crate::catalog::databases::{self, Database, MOST_DATABASES};
use crate::catalog::own;
use crate::engine::{key_of, literal};
use crate::errors::Failure;
use crate::locks::Mode;
use crate::privileges::{self, Identity};
use crate::registry::{Newcomer, Signals};
use crate::warehouse::Cluster;

/// How long DROP DATABASE FORCE waits for the sessions that it ends.
const FAREWELL: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(20);

impl Session {
    /// Takes the session's place among those of the cluster; gives its process id.
    ///
    /// # Errors
    /// 3D000 when the database has gone since the login, 53300 when there are too many sessions.
    pub(crate) fn admit(&self, secret: i32, signals: &Arc<Signals>) -> Result<i32, Failure> {
        let _alone = alone(&self.cluster);
        let database = self.database_named(&self.database_name)?;
        if database.key != self.database {
            return Err(databases::missing(&self.database_name));
        }
        // Limits are not for superusers.
        let limited = !self.session_user.superuser;
        let who = Newcomer {
            user: &self.session_user.name,
            user_limit: self.session_user.connection_limit.filter(|_| limited),
            database: &self.database,
            database_name: &self.database_name,
            database_limit: database.connection_limit.filter(|_| limited),
        };
        self.cluster.sessions.add(secret, &who, signals, self.interrupt())
    }

    /// The database of a name.
    ///
    /// # Errors
    /// 3D000.
    pub(super) fn database_named(&self, name: &str) -> Result<Database, Failure> {
        let found = databases::find(&self.connection, &self.cluster.home, name)?;
        found.ok_or_else(|| databases::missing(name))
    }

    /// The name of the database of a key.
    pub(super) fn name_of(&self, key: &str) -> Result<String, Failure> {
        if key == self.database {
            return Ok(self.database_name.clone());
        }
        let all = self.all_databases()?;
        let found = all.into_iter().find(|database| database.key == key);
        found
            .map(|database| database.name)
            .ok_or_else(|| Failure::internal("a key without database"))
    }

    pub(super) fn all_databases(&self) -> Result<Vec<Database>, Failure> {
        Ok(databases::all(&self.connection, &self.cluster.home)?)
    }

    /// The keys of all databases.
    pub(super) fn database_keys(&self) -> Result<Vec<String>, Failure> {
        Ok(self.all_databases()?.into_iter().map(|database| database.key).collect())
    }

    /// CREATE or TEMP on the connected database, which its owner has.
    pub(super) fn require_on_own_database(
        &self,
        identity: &Identity,
        privilege: Privilege,
    ) -> Result<(), Failure> {
        let name = &self.database_name;
        if self.database_named(name)?.owner == identity.user {
            return Ok(());
        }
        let database = (self.database.as_str(), name.as_str());
        privileges::require_on_database(&self.connection, database, identity, privilege)
    }

    pub(super) fn run_databases(&mut self, kind: &Kind) -> Result<(), Failure> {
        let cluster = Arc::clone(&self.cluster);
        let _alone = alone(&cluster);
        let done = match kind {
            Kind::CreateDatabase(create) => self.create_database(create),
            Kind::AlterDatabase(alter) => self.alter_database(alter),
            Kind::DropDatabase { name, force } => self.drop_database(name, *force),
            _ => Err(Failure::internal("no statement about databases")),
        };
        // The search paths and the columns that sessions keep.
        self.privileges_changed();
        self.relations_changed();
        done
    }

    fn create_database(&mut self, create: &CreateDatabase) -> Result<(), Failure> {
        self.refuse_in_block("CREATE DATABASE")?;
        let identity = self.identity()?;
        if !(identity.superuser || self.user.create_db) {
            return Err(Failure::new("42501", "permission denied to create database"));
        }
        let owner = match &create.owner {
            Some(owner) => self.existing_user(owner)?.id,
            None => identity.user,
        };
        if owner != identity.user {
            privileges::require_superuser(&identity, "create database for another user")?;
        }
        let all = self.all_databases()?;
        refuse_taken(&all, &create.name)?;
        if all.len() >= MOST_DATABASES {
            let message = format!("a cluster has at most {MOST_DATABASES} databases");
            return Err(Failure::new("54000", message));
        }
        let number = databases::next_number(&all);
        let database = Database {
            key: key_of(&self.cluster.home, number),
            number,
            name: create.name.clone(),
            owner,
            connection_limit: create.connection_limit.map(i64::from),
            serializable: create.serializable,
        };
        let now = self.cluster.world.now();
        self.atomically(|session| {
            let home = &session.cluster.home;
            Ok(databases::create(&session.connection, home, &database, now)?)
        })
    }

    fn alter_database(&mut self, alter: &AlterDatabase) -> Result<(), Failure> {
        let database = self.database_named(&alter.name)?;
        self.require_database_owner(&database, "ALTER DATABASE")?;
        let mut assignments = Vec::new();
        for action in &alter.actions {
            assignments.push(self.altered(&database, action)?);
        }
        self.atomically(|session| {
            let home = &session.cluster.home;
            let assignments = assignments.join(", ");
            Ok(databases::change(&session.connection, home, database.number, &assignments)?)
        })
    }

    /// The assignment that an action is.
    fn altered(
        &mut self,
        database: &Database,
        action: &AlterDatabaseAction,
    ) -> Result<String, Failure> {
        let identity = self.identity()?;
        Ok(match action {
            AlterDatabaseAction::Rename(name) => {
                self.refuse_in_block("ALTER DATABASE RENAME")?;
                if !(identity.superuser || self.user.create_db) {
                    return Err(Failure::new("42501", "permission denied to rename database"));
                }
                if database.key == self.database {
                    return Err(Failure::new("0A000", "current database may not be renamed"));
                }
                self.refuse_first(database, "renamed")?;
                refuse_taken(&self.all_databases()?, name)?;
                self.require_nobody_in(database)?;
                format!("name = {}", literal(name))
            }
            AlterDatabaseAction::Owner(user) => {
                privileges::require_superuser(&identity, "change the owner of a database")?;
                format!("owner = {}", self.existing_user(user)?.id)
            }
            AlterDatabaseAction::ConnectionLimit(limit) => {
                let limit = limit.map_or_else(|| String::from("NULL"), |n| n.to_string());
                format!("connection_limit = {limit}")
            }
            AlterDatabaseAction::Serializable(serializable) => {
                self.refuse_in_block("ALTER DATABASE ISOLATION LEVEL")?;
                self.require_nobody_in(database)?;
                format!("serializable = {serializable}")
            }
        })
    }

    fn drop_database(&mut self, name: &str, force: bool) -> Result<(), Failure> {
        self.refuse_in_block("DROP DATABASE")?;
        let database = self.database_named(name)?;
        self.require_database_owner(&database, "DROP DATABASE")?;
        if database.key == self.database {
            return Err(Failure::new("55006", "cannot drop the currently open database"));
        }
        self.refuse_first(&database, "dropped")?;
        if force {
            self.end_sessions_in(&database)?;
        }
        self.require_nobody_in(&database)?;
        // Sessions of other databases may read or change its tables.
        let table = own(&database.key, "relations");
        for row in self.connection.rows(&format!("SELECT id FROM {table} ORDER BY id"))? {
            for id in row {
                self.lock_table(&(database.key.clone(), id.int()), Mode::Exclusive)?;
            }
        }
        self.atomically(|session| {
            let home = &session.cluster.home;
            Ok(databases::remove(&session.connection, home, &database)?)
        })
    }

    /// Ends the database's sessions and waits until they have gone.
    fn end_sessions_in(&self, database: &Database) -> Result<(), Failure> {
        let sessions = &self.cluster.sessions;
        sessions.terminate_in(&database.key);
        let mut waited = Duration::ZERO;
        while sessions.others_in(&database.key, self.pid) > 0 && waited < FAREWELL {
            if self.signals.cancelled.load(Ordering::SeqCst) {
                return Err(Failure::new("57014", "Query (0) cancelled on user's request"));
            }
            std::thread::sleep(LOOK);
            waited = waited.saturating_add(LOOK);
        }
        Ok(())
    }

    fn refuse_in_block(&self, what: &str) -> Result<(), Failure> {
        if !self.transaction.is_open() {
            return Ok(());
        }
        Err(Failure::new("25001", format!("{what} cannot run inside a transaction block")))
    }

    /// The cluster's own tables lie with its first database, as AWS's `dev` stays.
    fn refuse_first(&self, database: &Database, done: &str) -> Result<(), Failure> {
        if database.key != self.cluster.home {
            return Ok(());
        }
        let name = &database.name;
        Err(Failure::new("0A000", format!("the cluster's database \"{name}\" cannot be {done}")))
    }

    fn require_database_owner(
        &mut self,
        database: &Database,
        permission: &str,
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        if identity.may(permission) || database.owner == identity.user {
            return Ok(());
        }
        Err(Failure::new("42501", format!("must be owner of database {}", database.name)))
    }

    /// Nobody else is connected to it.
    fn require_nobody_in(&self, database: &Database) -> Result<(), Failure> {
        if self.cluster.sessions.others_in(&database.key, self.pid) == 0 {
            return Ok(());
        }
        let name = &database.name;
        let message = format!("database \"{name}\" is being accessed by other users");
        Err(Failure::new("55006", message))
    }
}

/// Nobody else makes, changes or enters a database meanwhile.
fn alone(cluster: &Cluster) -> MutexGuard<'_, ()> {
    cluster.databases.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refuse_taken(all: &[Database], name: &str) -> Result<(), Failure> {
    if all.iter().all(|database| database.name != name) {
        return Ok(());
    }
    Err(Failure::new("42P04", format!("database \"{name}\" already exists")))
}
