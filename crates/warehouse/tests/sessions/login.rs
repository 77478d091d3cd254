//! Logging in: passwords, TLS, databases; and how sessions end.

use std::sync::Arc;

use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use warehouse::PasswordVerifier;

use crate::support::{MASTER, PASSWORD, Running, ask, check, error_text, start};

async fn refused(cluster: &Running, user: &str, password: &str, database: &str) -> String {
    let mut config = cluster.config(user, password);
    match config.dbname(database).connect(tokio_postgres::NoTls).await {
        Ok(_) => String::from("admitted"),
        Err(error) => error_text(&error),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_log_in() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create user plain password 'Plain1234'", ""),
            ("create user hashed password 'md5153c434b4b77c89e6b94f12c5393af5b'", ""),
            ("create user closed password disable", ""),
            ("create user gone password 'Gone12345' valid until '2020-01-01'", ""),
            ("create user sha password 'sha256|Sha123456'", ""),
        ],
    )
    .await;
    let wrong = |user: &str| format!("!28000 password authentication failed for user \"{user}\"");
    for (user, password, database, expect) in [
        ("plain", "Plain1234", "dev", String::from("admitted")),
        ("plain", "Wrong1234", "dev", wrong("plain")),
        ("nobody", "Plain1234", "dev", wrong("nobody")),
        ("closed", "", "dev", wrong("closed")),
        ("gone", "Gone12345", "dev", wrong("gone")),
        // SHA-256 passwords travel in clear, so only inside TLS.
        ("sha", "Sha123456", "dev", wrong("sha")),
        ("plain", "Plain1234", "prod", String::from("!3D000 database \"prod\" does not exist")),
    ] {
        assert_eq!(refused(&cluster, user, password, database).await, expect, "{user}");
    }
    let changed = PasswordVerifier::from_password(MASTER, "Other1234");
    cluster.warehouse.set_master_password(&changed).unwrap();
    assert_eq!(refused(&cluster, MASTER, PASSWORD, "dev").await, wrong(MASTER));
    assert_eq!(refused(&cluster, MASTER, "Other1234", "dev").await, "admitted");
    check(&admin, &[("select 1", "1")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_carries_a_session_and_can_be_required() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(&admin, &[("create user sha password 'sha256|Sha123456'", "")]).await;
    cluster.directory.0.lock().unwrap().require_ssl = true;
    let clear = refused(&cluster, MASTER, PASSWORD, "dev").await;
    assert_eq!(
        clear,
        "!28000 no pg_hba.conf entry for host \"127.0.0.1\", user \"admin\", database \"dev\", \
         SSL off"
    );
    let mut roots = rustls::RootCertStore::empty();
    roots.add(cluster.certificate.clone().into()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut config = cluster.config("sha", "Sha123456");
    config.host("localhost").hostaddr("127.0.0.1".parse().unwrap()).ssl_mode(SslMode::Require);
    let mut named = tokio_postgres::Config::new();
    named
        .host("localhost")
        .hostaddr("127.0.0.1".parse().unwrap())
        .port(cluster.warehouse.address().port())
        .user("sha")
        .password("Sha123456")
        .dbname("dev")
        .ssl_mode(SslMode::Require);
    let (client, connection) = named.connect(MakeRustlsConnect::new(tls)).await.unwrap();
    tokio::spawn(connection);
    check(&client, &[("select current_user", "sha")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_cancelled_and_ended() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let token = admin.cancel_token();
    let cancelling = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        token.cancel_query(tokio_postgres::NoTls).await.unwrap();
    });
    let slow = "select count(*) from generate_series(1, 40000000000) t(a) where a % 7 = 8";
    let answer = ask(&admin, slow).await.join("");
    assert!(answer.starts_with("!57014 Query ("), "{answer}");
    cancelling.await.unwrap();
    check(&admin, &[("set statement_timeout to 200", "")]).await;
    let answer = ask(&admin, slow).await.join("");
    assert!(answer.starts_with("!57014 Query ("), "{answer}");
    check(&admin, &[("set statement_timeout to 0", ""), ("select 1", "1")]).await;
    cluster.warehouse.shutdown().await;
    assert!(ask(&admin, "select 1").await.join("").starts_with('!'));
}
