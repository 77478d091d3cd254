//! Hops 1 to 4: entry role, secret reader, secret, login. The keys and the password stay in
//! memory and are wiped with it.

use serde_json::{Value, json};

use super::Path;
use super::blame::{self, Refusal};
use crate::aws::{ApiError, Keys, Secret, Session};
use crate::database::{Database, Login};
use crate::place::Account;
use crate::trouble::{Result, Trouble};
use crate::work::{SecretLogin, Work, bad_secret};

/// How long each of the two sessions may last, in seconds; STS caps chained sessions at this.
const SESSION_SECONDS: u32 = 3600;

/// A logged-in session and what opens a second one.
pub(crate) struct LoggedIn {
    pub session: Box<dyn Database>,
    pub login: Login,
}

/// Walks the hops; the first that fails ends the run with its block.
pub(crate) async fn walk(work: &mut Work<'_>, path: &mut Path<'_>) -> Result<LoggedIn> {
    let entry = enter(work).await;
    let entry = passed(work, path, 1, entry).await?;
    let reader = become_reader(work, &entry).await;
    let reader = passed(work, path, 2, reader).await?;
    let login = read_secret(work, &reader).await;
    let login = passed(work, path, 3, login).await?;
    let session = log_in(work, &login).await;
    let session = passed(work, path, 4, session).await?;
    Ok(LoggedIn { session, login })
}

/// Hop 1: whoever runs the movement becomes the entry role.
pub(crate) async fn enter(work: &Work<'_>) -> std::result::Result<Session, Refusal> {
    let role = &work.movement.roles.entry;
    let input = json!({
        "RoleArn": work.facts.store_role(role),
        "RoleSessionName": work.session_name(),
        "DurationSeconds": SESSION_SECONDS,
    });
    assume(work, &work.runner, role, input).await
}

/// Hop 2: the entry role becomes the secret reader, with the movement's external id.
pub(crate) async fn become_reader(
    work: &Work<'_>,
    entry: &Session,
) -> std::result::Result<Session, Refusal> {
    let role = &work.movement.roles.secret_reader;
    let input = json!({
        "RoleArn": work.facts.warehouse_role(role),
        "RoleSessionName": work.session_name(),
        "DurationSeconds": SESSION_SECONDS,
        "ExternalId": work.facts.external_id,
    });
    let mut reader = assume(work, entry, role, input).await?;
    reader.region = work.facts.warehouse_region.clone();
    reader.endpoint.clone_from(&work.warehouse.endpoint);
    Ok(reader)
}

/// Hop 4: the warehouse admits the secret's login over TLS.
pub(crate) async fn log_in(
    work: &Work<'_>,
    login: &Login,
) -> std::result::Result<Box<dyn Database>, Refusal> {
    work.cx.databases.connect(login).await.map_err(|error| {
        let what = format!("log in to {} as {}", work.movement.warehouse.cluster, login.user);
        Refusal::database(what, error)
    })
}

/// Passes a hop, or fails it with its block.
async fn passed<T>(
    work: &mut Work<'_>,
    path: &mut Path<'_>,
    hop: u8,
    result: std::result::Result<T, Refusal>,
) -> Result<T> {
    match result {
        Ok(value) => {
            path.pass(work, hop);
            Ok(value)
        }
        Err(refusal) => {
            path.fail(work, hop);
            Err(blame::block(work, hop, refusal).await)
        }
    }
}

async fn assume(
    work: &Work<'_>,
    from: &Session,
    role: &str,
    input: Value,
) -> std::result::Result<Session, Refusal> {
    let who = if from.label == work.runner.label { "the runner" } else { from.label.as_str() };
    let tried = format!("{who} assumes {role}");
    let answer = work.cx.api.call(from, "sts", "AssumeRole", input).await;
    let answer = answer.map_err(|error| Refusal::api(tried, error))?;
    let text = |name: &str| {
        let value = answer.pointer(&format!("/Credentials/{name}"));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    Ok(Session {
        label: role.to_owned(),
        keys: Keys {
            access_key_id: text("AccessKeyId"),
            secret_access_key: Secret::new(text("SecretAccessKey")),
            session_token: Some(Secret::new(text("SessionToken"))),
        },
        region: from.region.clone(),
        endpoint: from.endpoint.clone(),
    })
}

/// Hop 3: the secret's login; whoever reads it.
pub(crate) async fn read_secret(
    work: &Work<'_>,
    reader: &Session,
) -> std::result::Result<Login, Refusal> {
    let source = &work.movement.warehouse;
    let tried = format!("{} reads secret {}", reader.label, source.secret);
    let input = json!({ "SecretId": source.secret });
    let answer = work.cx.api.call(reader, "secretsmanager", "GetSecretValue", input).await;
    let answer = answer.map_err(|error: ApiError| Refusal::api(tried.clone(), error))?;
    let secret = SecretLogin::parse(&answer)
        .ok_or_else(|| Refusal::Known(Box::new(bad_secret(&source.secret))))?;
    if secret.user != source.user {
        let trouble = Trouble::new(tried)
            .said(format!("it holds the login of {}, not of {}", secret.user, source.user))
            .fix(format!("set user = \"{}\" in {}", secret.user, work.file()));
        return Err(Refusal::Known(Box::new(trouble.at(3, work.label(Account::Warehouse)))));
    }
    // The secret says where the cluster is; a secret without host leaves that to the cluster.
    let cluster = work.facts.cluster.clone().unwrap_or_default();
    Ok(Login {
        host: secret.host.unwrap_or(cluster.host),
        port: secret.port.unwrap_or(cluster.port),
        database: if secret.database.as_deref().is_some_and(|name| name == source.database) {
            secret.database.unwrap_or_default()
        } else {
            source.database.clone()
        },
        user: secret.user,
        password: secret.password,
    })
}
