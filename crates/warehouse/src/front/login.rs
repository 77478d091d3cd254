//! Logging in: is the connection secure enough, is the password right, does the database exist?
//! Redshift Management Guide, "Configuring security options for connections"; PostgreSQL
//! documentation, "Start-up" (authentication codes 3 and 5).

use std::io;
use std::sync::Arc;

use pgwire::messages::startup::{Authentication, NegotiateProtocolVersion, Startup};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};

use super::connection::Wire;
use crate::catalog::databases::{self, Database};
use crate::catalog::history::{Client, ConnectionRecord, Event, Record};
use crate::catalog::users::{self, User};
use crate::errors::Failure;
use crate::password::PasswordVerifier;
use crate::ports::ClusterStatus;
use crate::session::Login;
use crate::warehouse::Cluster;

/// The database when the client names none: the user's name, as in PostgreSQL.
const USER: &str = "user";
const DATABASE: &str = "database";

/// A client that may have a session.
pub(super) struct Admitted {
    /// Who it is and what it asked for.
    pub login: Login,
}

/// Authenticates a client; the inner error is to be told to it.
pub(super) async fn log_in(
    cluster: &Arc<Cluster>,
    wire: &mut Wire,
    startup: &Startup,
) -> io::Result<Result<Admitted, Failure>> {
    let get = |key: &str| startup.parameters.get(key).map(String::as_str);
    let Some(name) = get(USER).filter(|name| !name.is_empty()) else {
        return Ok(Err(Failure::new("28000", "no Postgres user name specified in startup packet")));
    };
    let database = get(DATABASE).unwrap_or(name);
    if let Err(failure) = admit_connection(cluster, wire, name, database) {
        return Ok(Err(failure));
    }
    if startup.protocol_number_minor > 0 {
        let newest = NegotiateProtocolVersion::new(0, Vec::new());
        wire.send(&[PgWireBackendMessage::NegotiateProtocolVersion(newest)]).await?;
    }
    let (user, found) = match find(cluster, name, database).await {
        Ok(found) => found,
        Err(failure) => return Ok(Err(failure)),
    };
    // An unknown user is asked for a password too, so that names cannot be tried out.
    let verifier =
        user.as_ref().map_or_else(PasswordVerifier::disabled, |user| user.password.clone());
    let client = client_of(wire, startup);
    let right = check_password(cluster, wire, name, &verifier).await?;
    let admitted = match user {
        Some(user) if right => {
            admit_user(cluster, &user, found, database).map(|database| (user, database))
        }
        _ => Err(wrong_password(name)),
    };
    let (user, database) = match admitted {
        Ok(admitted) => admitted,
        Err(failure) => {
            remember_refusal(cluster, client, name, database);
            return Ok(Err(failure));
        }
    };
    let settings = startup
        .parameters
        .iter()
        .filter(|(key, _)| key.as_str() != USER && key.as_str() != DATABASE)
        .map(|(key, value)| (key.clone(), value.clone()))
        .chain(get("options").map(options_of).unwrap_or_default())
        .collect();
    Ok(Ok(Admitted { login: Login { user, database, settings, client } }))
}

/// What the client told of itself.
fn client_of(wire: &Wire, startup: &Startup) -> Client {
    let get = |key: &str| startup.parameters.get(key).cloned().unwrap_or_default();
    Client {
        host: wire.peer.ip().to_string(),
        port: wire.peer.port(),
        tls: wire.secure,
        application: get("application_name"),
        driver: get("driver_version"),
        system: get("os_version"),
        plugin: get("plugin_name"),
    }
}

fn remember_refusal(cluster: &Cluster, client: Client, user: &str, database: &str) {
    cluster.history.add(Record::Connection(ConnectionRecord {
        event: Event::Refused,
        time: cluster.world.now(),
        duration: 0,
        client,
        session: 0,
        database: database.to_owned(),
        user: user.to_owned(),
        user_id: 0,
    }));
}

/// The cluster must be there, and a clear connection allowed.
fn admit_connection(
    cluster: &Cluster,
    wire: &Wire,
    user: &str,
    database: &str,
) -> Result<(), Failure> {
    let facts = cluster.directory.cluster(&cluster.reference);
    let open = |status| matches!(status, ClusterStatus::Available | ClusterStatus::Modifying);
    let Some(facts) = facts.filter(|facts| open(facts.status)) else {
        return Err(Failure::new("57P03", "the cluster is not available"));
    };
    if facts.require_ssl && !wire.secure {
        return Err(Failure::new(
            "28000",
            format!(
                "no pg_hba.conf entry for host \"{}\", user \"{user}\", database \"{database}\", \
                 SSL off",
                wire.peer.ip()
            ),
        ));
    }
    Ok(())
}

/// The user and the database of these names.
async fn find(
    cluster: &Arc<Cluster>,
    user: &str,
    database: &str,
) -> Result<(Option<User>, Option<Database>), Failure> {
    let (cluster, user, database) = (Arc::clone(cluster), user.to_owned(), database.to_owned());
    tokio::task::spawn_blocking(move || {
        let connection = cluster.engine.connect()?;
        let user = users::find(&connection, &cluster.home, &user)?;
        Ok((user, databases::find(&connection, &cluster.home, &database)?))
    })
    .await
    .map_err(Failure::internal)?
}

/// Asks for the password in the way its verifier can check, and checks the answer.
async fn check_password(
    cluster: &Cluster,
    wire: &mut Wire,
    user: &str,
    verifier: &PasswordVerifier,
) -> io::Result<bool> {
    let mut salt = [0_u8; 4];
    cluster.world.random_bytes(&mut salt);
    let in_clear = verifier.needs_cleartext();
    if in_clear && !wire.secure {
        return Ok(false);
    }
    let request = if in_clear {
        Authentication::CleartextPassword
    } else {
        Authentication::MD5Password(salt.to_vec())
    };
    wire.send(&[PgWireBackendMessage::Authentication(request)]).await?;
    let Some(PgWireFrontendMessage::PasswordMessageFamily(answer)) = wire.read().await? else {
        return Err(io::Error::other("no password came"));
    };
    let answer = answer.into_password().map_err(io::Error::other)?.password;
    Ok(if in_clear {
        verifier.accepts(user, &answer)
    } else {
        verifier.accepts_md5(&answer, &salt)
    })
}

/// The user may still log in, and the database exists.
fn admit_user(
    cluster: &Cluster,
    user: &User,
    database: Option<Database>,
    name: &str,
) -> Result<Database, Failure> {
    let Some(database) = database else {
        return Err(Failure::new("3D000", format!("database \"{name}\" does not exist")));
    };
    if let Some(until) = &user.valid_until {
        let now = cluster.world.now().format("%Y-%m-%d %H:%M:%S").to_string();
        if until.as_str() < now.as_str() {
            return Err(wrong_password(&user.name));
        }
    }
    Ok(database)
}

fn wrong_password(user: &str) -> Failure {
    Failure::new("28000", format!("password authentication failed for user \"{user}\""))
}

/// `-c name=value` and `--name=value` of libpq's `options`.
fn options_of(options: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut words = options.split_whitespace();
    while let Some(word) = words.next() {
        let pair = match word {
            "-c" => words.next(),
            word => word.strip_prefix("-c").or_else(|| word.strip_prefix("--")),
        };
        if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
            found.push((name.replace('-', "_"), value.replace("\\ ", " ")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::options_of;

    #[test]
    fn options_are_settings() {
        let found = options_of("-c statement_timeout=500 --search-path=a -cquery_group=x junk");
        let expect = [("statement_timeout", "500"), ("search_path", "a"), ("query_group", "x")];
        let expect: Vec<_> =
            expect.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(found, expect);
    }
}
