//! A PostgreSQL server for the time of a bench: its own directory, one loopback port, one user.
//!
//! The server refuses to run as root, so root starts it as `nobody`.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio_postgres::{Client, NoTls};

use super::Outcome;

/// `nobody` on Debian.
const NOBODY: u32 = 65_534;
const USER: &str = "bench";

/// A running server; it ends when this is dropped.
pub struct Postgres {
    server: Child,
    port: u16,
    /// Its directory, which the server's user may also read files of.
    pub directory: PathBuf,
}

impl Postgres {
    /// Makes a data directory and starts a server with these settings (`name=value`); `None`
    /// where no PostgreSQL is installed.
    ///
    /// # Errors
    /// When the installed server does not start.
    pub async fn start(settings: &[&str]) -> Outcome<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let directory = std::env::temp_dir().join(format!("postgres-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let data = directory.join("data");
        let root = fs::metadata(&directory)?.uid() == 0;
        if root {
            chown(&directory, Some(NOBODY), Some(NOBODY))?;
        }
        let run = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.stdout(Stdio::null()).stderr(Stdio::null()).current_dir(&directory);
            if root {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        let made = run("initdb")
            .args(["--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8", "-U", USER, "-D"])
            .arg(&data)
            .status()?;
        if !made.success() {
            return Err("initdb failed".into());
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = run("postgres");
        server.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", "", "-D"]).arg(&data);
        for setting in settings {
            server.args(["-c", setting]);
        }
        let started = Self { server: server.spawn()?, port, directory };
        started.wait().await?;
        Ok(Some(started))
    }

    async fn wait(&self) -> Outcome<()> {
        for _ in 0..100 {
            if self.connect().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("PostgreSQL does not answer".into())
    }

    /// A new session.
    ///
    /// # Errors
    /// What logging in fails with.
    pub async fn connect(&self) -> Outcome<Client> {
        let login = format!("host=127.0.0.1 port={} user={USER} dbname=postgres", self.port);
        let (client, connection) = tokio_postgres::connect(&login, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Where the programs are: in `PATH`, or where Debian puts them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).find(|place| place.join("initdb").is_file());
    let debian = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let places = versions.flatten().map(|version| version.path().join("bin"));
        places.filter(|place| Path::join(place, "initdb").is_file()).max()
    };
    in_path.or_else(debian)
}
