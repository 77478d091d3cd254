//! One command at work: the movement, the facts, the journal, and the sessions it calls with.
//!
//! Every API call and every statement of the crate goes through here, so that a refusal always
//! becomes the same block: tried, said, why, fix.

use names::{AccountId, Region};
use serde_json::{Value, json};

use crate::aws::{ApiError, Profile, Secret, Session};
use crate::context::Context;
use crate::database::{Database, DbError, Login};
use crate::explain;
use crate::facts::{Cluster, Facts, trusted_arn};
use crate::file::Movement;
use crate::journal::{Entry, Journal};
use crate::place::Account;
use crate::report::Event;
use crate::trouble::{Result, Trouble};

/// What stands for the external id in a plan made before `apply` has drawn one.
pub(crate) const EXTERNAL_ID_LATER: &str = "(drawn by apply)";

/// Whether a command writes the journal or only looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Look,
    Change,
}

pub(crate) struct Work<'a> {
    pub movement: &'a Movement,
    pub cx: &'a Context,
    pub journal: Journal,
    pub facts: Facts,
    pub warehouse: Session,
    pub store: Session,
    pub runner: Session,
    /// The administrator's connection, opened when first needed.
    admin: Option<Box<dyn Database>>,
    /// The database user's connection, opened when first needed.
    user: Option<Box<dyn Database>>,
}

impl<'a> Work<'a> {
    /// Opens the journal and finds out who and where we are.
    pub async fn open(movement: &'a Movement, cx: &'a Context, mode: Mode) -> Result<Self> {
        let (near, far) = (&movement.warehouse, &movement.store);
        let warehouse = session(cx, movement, &near.profile, near.region.as_ref())?;
        let store = session(cx, movement, &far.profile, far.region.as_ref())?;
        let runner = session(cx, movement, movement.runner_profile(), Some(&store.region))?;
        let journal = match mode {
            Mode::Look => Journal::read(&cx.state, &movement.name, movement.from_stage)?,
            Mode::Change => Journal::open(&cx.state, &movement.name, movement.from_stage)?,
        };
        let (warehouse_account, _) = identity(cx, &warehouse).await?;
        let (store_account, store_arn) = identity(cx, &store).await?;
        let caller = if movement.runner_profile() == far.profile {
            store_arn
        } else {
            identity(cx, &runner).await?.1
        };
        let principal = movement.access.principal.as_ref().map(ToString::to_string);
        let facts = Facts {
            principal: principal.unwrap_or_else(|| trusted_arn(&caller)),
            external_id: EXTERNAL_ID_LATER.to_owned(),
            db_user_arn: format!(
                "arn:aws:redshift:{}:{warehouse_account}:dbuser:{}/{}",
                warehouse.region, near.cluster, near.user
            ),
            cluster: None,
            chained: movement.outward().is_some() || warehouse_account != store_account,
            warehouse_account,
            store_account,
            warehouse_region: warehouse.region.clone(),
            store_region: store.region.clone(),
            secret_arn: None,
            secret_key_arn: None,
            store_key_arn: None,
        };
        let (admin, user) = (None, None);
        let mut work = Self { movement, cx, journal, facts, warehouse, store, runner, admin, user };
        work.begin(mode)?;
        work.facts.cluster = work.describe_cluster().await?;
        Ok(work)
    }

    /// Draws the external id once per movement. A movement that stands in the journal cannot turn
    /// round: its undo would then be looked for in the other account.
    fn begin(&mut self, mode: Mode) -> Result<()> {
        let inward = self.movement.inward().is_some();
        let turned = self.journal.is_inward().is_some_and(|before| before != inward);
        if turned && !self.journal.standing().is_empty() {
            let way = if inward { "out of" } else { "into" };
            let trouble = Trouble::new(format!("take up {}", self.movement.name))
                .said(format!("it was applied as a movement {way} the warehouse"))
                .fix("give this one another `name`, or destroy the other with its own file");
            return Err(Box::new(trouble));
        }
        if let Some(id) = self.journal.external_id().filter(|_| !turned) {
            self.facts.external_id = id.to_owned();
        } else if mode == Mode::Change {
            let external_id = format!("landbridge-{}", self.random_hex::<16>());
            let movement = self.movement.name.clone();
            self.note(Entry::Begun { movement, inward, external_id: external_id.clone() })?;
            self.facts.external_id = external_id;
        }
        Ok(())
    }

    async fn describe_cluster(&self) -> Result<Option<Cluster>> {
        let input = json!({ "ClusterIdentifier": self.movement.warehouse.cluster });
        let answer =
            match self.call(Account::Warehouse, "redshift", "DescribeClusters", input).await {
                Ok(answer) => answer,
                Err(error) if error.is_missing() => return Ok(None),
                Err(error) => {
                    let tried = format!("look at cluster {}", self.movement.warehouse.cluster);
                    return Err(self.refused(Account::Warehouse, 5, tried, &error).await);
                }
            };
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        let port = answer.pointer("/Clusters/0/Endpoint/Port").and_then(Value::as_u64);
        Ok(Some(Cluster {
            host: text("/Clusters/0/Endpoint/Address").unwrap_or_default().to_owned(),
            port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or(5439),
            admin: text("/Clusters/0/MasterUsername").unwrap_or_default().to_owned(),
            admin_secret: text("/Clusters/0/MasterPasswordSecretArn").map(str::to_owned),
        }))
    }

    /// The cluster, which must exist.
    pub fn cluster(&self) -> Result<&Cluster> {
        self.facts.cluster.as_ref().ok_or_else(|| {
            let name = &self.movement.warehouse.cluster;
            let tried = format!("find cluster {name} in {}", self.facts.warehouse_region);
            let said = format!("account {} has no such cluster", self.facts.warehouse_account);
            let fix = format!("correct `cluster` or `region` in {}", self.file());
            Box::new(Trouble::new(tried).said(said).fix(fix).at(5, &self.warehouse.label))
        })
    }

    /// `landbridge VERB FILE OPTIONS`, ready to be run.
    pub fn command(&self, verb: &str, options: &str) -> String {
        self.cx.command(self.movement, verb, options)
    }

    /// Where `landbridge explain access` has to look to see the same accounts.
    pub fn explain_arguments(&self) -> String {
        if self.cx.afar {
            format!(" --profile {} --profile {}", self.warehouse.label, self.store.label)
        } else {
            self.cx.arguments.clone()
        }
    }

    /// The movement file's name as a command takes it.
    pub fn file(&self) -> String {
        self.movement.path.display().to_string()
    }

    pub fn session(&self, account: Account) -> &Session {
        match account {
            Account::Warehouse => &self.warehouse,
            Account::Store => &self.store,
        }
    }

    pub fn label(&self, account: Account) -> &str {
        &self.session(account).label
    }

    pub fn say(&self, event: Event) {
        self.cx.reporter.report(&event);
    }

    /// Appends to the journal; on disk when this returns.
    pub fn note(&mut self, entry: Entry) -> Result<()> {
        let now = self.cx.clock.now();
        self.journal.append(now, entry)
    }

    pub fn random_hex<const N: usize>(&self) -> String {
        let mut bytes = [0u8; N];
        self.cx.entropy.fill(&mut bytes);
        hex::encode(bytes)
    }

    /// The name of this movement's sessions of the first two roles (at most 64 characters).
    pub fn session_name(&self) -> String {
        format!("landbridge-{}", self.movement.name).chars().take(64).collect()
    }

    /// The mark on everything that could not be found again by its name.
    pub fn mark(&self) -> String {
        format!("landbridge {} {}", self.movement.name, self.facts.external_id)
    }

    /// One call with a account's own profile.
    pub async fn call(
        &self,
        account: Account,
        service: &str,
        operation: &str,
        input: Value,
    ) -> std::result::Result<Value, ApiError> {
        self.cx.api.call(self.session(account), service, operation, input).await
    }

    /// One call that has to succeed.
    pub async fn ask(
        &self,
        (account, hop): (Account, u8),
        tried: impl Into<String>,
        (service, operation): (&str, &str),
        input: Value,
    ) -> Result<Value> {
        match self.call(account, service, operation, input).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.refused(account, hop, tried.into(), &error).await),
        }
    }

    /// The block for a refused call, with the service's explanation decoded where there is one.
    pub async fn refused(
        &self,
        account: Account,
        hop: u8,
        tried: String,
        error: &ApiError,
    ) -> Box<Trouble> {
        let sessions = match account {
            Account::Warehouse => [&self.warehouse, &self.store],
            Account::Store => [&self.store, &self.warehouse],
        };
        let trouble = explain::api(self.cx.api.as_ref(), &sessions, tried, error).await;
        Box::new(trouble.at(hop, self.label(account)))
    }

    /// The block for a statement the warehouse refused.
    pub async fn db_refused(&self, hop: u8, tried: String, error: &DbError) -> Box<Trouble> {
        let sessions = [&self.warehouse, &self.store];
        let trouble = explain::database(self.cx.api.as_ref(), &sessions, tried, error).await;
        Box::new(trouble.at(hop, &self.warehouse.label))
    }

    /// Repeats a call while AWS has not yet seen what was just made elsewhere: a principal or a
    /// role that IAM created a moment ago is not known everywhere at once.
    pub async fn ask_patiently(
        &self,
        place: (Account, u8),
        tried: impl Into<String>,
        (service, operation): (&str, &str),
        input: Value,
    ) -> Result<Value> {
        let tried = tried.into();
        for _ in 0..PROPAGATION_TRIES {
            match self.call(place.0, service, operation, input.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) if is_propagating(&error) => self.pause().await,
                Err(error) => return Err(self.refused(place.0, place.1, tried, &error).await),
            }
        }
        self.ask(place, tried, (service, operation), input).await
    }

    /// Waits one poll.
    pub async fn pause(&self) {
        tokio::time::sleep(self.cx.pace.poll).await;
    }

    /// How often to poll before giving up.
    pub fn polls(&self) -> u128 {
        let pace = self.cx.pace;
        (pace.patience.as_millis() / pace.poll.as_millis().max(1)).max(1)
    }

    /// A statement as the cluster's administrator.
    pub async fn admin_sql(
        &mut self,
        sql: &str,
    ) -> Result<std::result::Result<crate::database::Rows, DbError>> {
        if self.admin.is_none() {
            self.admin = Some(self.admin_login().await?);
        }
        match &self.admin {
            Some(admin) => Ok(admin.query(sql).await),
            None => Ok(Err(DbError::local("no connection"))),
        }
    }

    /// A statement as the database user; `None` when it cannot log in (yet).
    pub async fn user_sql(
        &mut self,
        sql: &str,
    ) -> Result<Option<std::result::Result<crate::database::Rows, DbError>>> {
        if self.user.is_none() {
            self.user = self.user_login().await?.and_then(std::result::Result::ok);
        }
        match &self.user {
            Some(user) => Ok(Some(user.query(sql).await)),
            None => Ok(None),
        }
    }

    /// Whether the warehouse refuses the login that the secret holds (28000, 28P01).
    pub async fn user_refused(&mut self) -> Result<bool> {
        if self.user.is_some() {
            return Ok(false);
        }
        Ok(match self.user_login().await? {
            Some(Ok(session)) => {
                self.user = Some(session);
                false
            }
            Some(Err(error)) => matches!(error.sqlstate.as_deref(), Some("28000" | "28P01")),
            None => false,
        })
    }

    /// The login in the secret, tried; `None` when the secret cannot be read.
    async fn user_login(&self) -> Result<Option<std::result::Result<Box<dyn Database>, DbError>>> {
        let login = crate::run::login::read_secret(self, &self.warehouse).await;
        let Ok(login) = login else { return Ok(None) };
        Ok(Some(self.cx.databases.connect(&login).await))
    }

    async fn admin_login(&self) -> Result<Box<dyn Database>> {
        let cluster = self.cluster()?;
        let wanted =
            self.movement.warehouse.admin_secret.as_ref().or(cluster.admin_secret.as_ref());
        let (user, password) = match wanted {
            Some(id) => {
                let tried = format!("read the administrator's secret {id}");
                let input = json!({ "SecretId": id });
                let call = ("secretsmanager", "GetSecretValue");
                let answer = self.ask((Account::Warehouse, 5), tried, call, input).await?;
                let login = SecretLogin::parse(&answer)
                    .ok_or_else(|| Box::new(bad_secret(id).at(5, &self.warehouse.label)))?;
                (login.user, login.password)
            }
            None => self.temporary_admin(cluster).await?,
        };
        let login = Login {
            host: cluster.host.clone(),
            port: cluster.port,
            database: self.movement.warehouse.database.clone(),
            user,
            password,
        };
        match self.cx.databases.connect(&login).await {
            Ok(session) => Ok(session),
            Err(error) => {
                let tried =
                    format!("log in to {} as {}", self.movement.warehouse.cluster, login.user);
                Err(self.db_refused(5, tried, &error).await)
            }
        }
    }

    /// Without a secret: credentials that Redshift makes for the administrator.
    async fn temporary_admin(&self, cluster: &Cluster) -> Result<(String, Secret)> {
        let input = json!({
            "ClusterIdentifier": self.movement.warehouse.cluster,
            "DbUser": cluster.admin,
            "DbName": self.movement.warehouse.database,
        });
        let tried = format!("get credentials of the administrator {}", cluster.admin);
        let call = ("redshift", "GetClusterCredentials");
        let answer =
            self.ask((Account::Warehouse, 5), tried, call, input).await.map_err(|trouble| {
                let fix =
                    "name the secret with the administrator's login: [source] admin_secret = \"…\"";
                Box::new(trouble.fix(fix))
            })?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        Ok((text("DbUser").to_owned(), Secret::new(text("DbPassword"))))
    }
}

/// How often a call is repeated for propagation.
const PROPAGATION_TRIES: usize = 40;

fn is_propagating(error: &ApiError) -> bool {
    let malformed = error.code.starts_with("MalformedPolicy");
    (malformed && error.message.contains("rincipal"))
        || (error.code == "InvalidParameterValue" && error.message.contains("role"))
}

/// The login inside a Redshift secret
/// ("JSON structure of Secrets Manager secrets", Secrets Manager User Guide).
pub(crate) struct SecretLogin {
    pub user: String,
    pub password: Secret,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub database: Option<String>,
}

impl SecretLogin {
    /// From the answer of `GetSecretValue`.
    pub fn parse(answer: &Value) -> Option<Self> {
        let text = answer.get("SecretString")?.as_str()?;
        let secret: Value = serde_json::from_str(text).ok()?;
        let text = |name: &str| secret.get(name).and_then(Value::as_str).map(str::to_owned);
        let port = secret.get("port").and_then(|port| match port {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64().and_then(|port| u16::try_from(port).ok()),
        });
        Some(Self {
            user: text("username")?,
            password: Secret::new(text("password")?),
            host: text("host"),
            port,
            database: text("dbname"),
        })
    }
}

pub(crate) fn bad_secret(id: &str) -> Trouble {
    Trouble::new(format!("understand secret {id}"))
        .why("it is not a JSON object with username and password")
        .fix("store it in the form of a Redshift secret: {\"username\": …, \"password\": …}")
}

fn session(
    cx: &Context,
    movement: &Movement,
    name: &str,
    region: Option<&Region>,
) -> Result<Session> {
    let place = format!("use profile {name}");
    let failed = |said: String| Box::new(Trouble::new(place.clone()).said(said));
    let profile: Profile = cx.profiles.get(name).map_err(|error| failed(error.to_string()))?;
    let region = region.or(profile.region.as_ref()).cloned().ok_or_else(|| {
        let fix = format!("add `region` in {}", movement.path.display());
        Box::new(failed("neither the file nor the profile names a Region".into()).fix(fix))
    })?;
    Ok(profile.session(region))
}

async fn identity(cx: &Context, session: &Session) -> Result<(AccountId, String)> {
    let tried = format!("ask who profile {} is", session.label);
    let answer = cx.api.call(session, "sts", "GetCallerIdentity", json!({})).await;
    let answer =
        answer.map_err(|error| Box::new(Trouble::new(tried.clone()).said(error.to_string())))?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let account = text("Account").parse::<AccountId>();
    let account = account.map_err(|error| Box::new(Trouble::new(tried).said(error.to_string())))?;
    Ok((account, text("Arn").to_owned()))
}
