//! The two servers: started on free ports, stopped when dropped.
//!
//! Start at [`Server::landbridge`] and [`Server::moto`].

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws::{Profiles, Session};
use serde_json::Value;
use wire::sigv4::Credentials;

use crate::Outcome;

/// Until a server counts as not coming up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked after.
const PAUSE: Duration = Duration::from_millis(2);
/// Starts that are timed; the best of them counts.
const STARTS: usize = 5;
/// `USER_HZ` of Linux on every architecture we build for.
const TICKS_A_SECOND: f64 = 100.0;
/// How long a started server is left alone before its memory counts as idle.
const IDLE: Duration = Duration::from_secs(3);

/// A running server, and how to sign for it.
pub struct Server {
    process: Child,
    /// `http://host:port`
    pub endpoint: String,
    /// The keys that requests carry.
    pub credentials: Credentials,
}

/// From spawning the process to its ready file, milliseconds, best of some.
pub struct StartTimes {
    /// On a state directory that does not exist yet: the world is made, with keys and certificates.
    pub first: f64,
    /// On a state that exists.
    pub again: f64,
}

/// Times the start.
pub async fn start_times(binary: &Path, directory: &Path) -> Outcome<StartTimes> {
    std::fs::create_dir_all(directory)?;
    let mut times = StartTimes { first: f64::MAX, again: f64::MAX };
    for number in 0..STARTS {
        let state = directory.join(number.to_string());
        times.first = times.first.min(timed(binary, &state).await?);
        times.again = times.again.min(timed(binary, &state).await?);
    }
    Ok(times)
}

async fn timed(binary: &Path, state: &Path) -> Outcome<f64> {
    let start = Instant::now();
    let server = Server::landbridge(binary, state).await?;
    let taken = start.elapsed().as_secs_f64() * 1e3;
    drop(server);
    Ok(taken)
}

impl Server {
    /// The platform on a state directory, as the administrator of `prod`.
    pub async fn landbridge(binary: &Path, state: &Path) -> Outcome<Self> {
        let ready = state.with_extension("ready");
        if ready.exists() {
            std::fs::remove_file(&ready)?;
        }
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--state"]).arg(state);
        command.arg("--ready-file").arg(&ready).stdout(Stdio::null());
        let mut process = Guarded(Some(command.spawn()?));
        process.until(|| ready.exists()).await?;
        let facts: Value = serde_json::from_slice(&std::fs::read(&ready)?)?;
        let endpoint = facts.get("endpoint").and_then(Value::as_str).ok_or("no endpoint")?;
        let files = state.join("aws");
        let profiles = Profiles::load(&files.join("config"), &files.join("credentials"))?;
        let profile = profiles.get("prod")?;
        let Session { keys, .. } = profile.session("us-east-1".parse()?);
        let credentials = Credentials {
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key.reveal().to_owned(),
            session_token: None,
        };
        Ok(Self { process: process.take()?, endpoint: endpoint.to_owned(), credentials })
    }

    /// `moto_server` as it is shipped: threads, in memory, no signatures checked.
    pub async fn moto(program: &PathBuf) -> Outcome<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        // A log line a request on a terminal would be part of what is measured.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Guarded(Some(command.spawn()?));
        process.until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()).await?;
        let credentials = Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "nobody-checks".to_owned(),
            session_token: None,
        };
        let endpoint = format!("http://127.0.0.1:{port}");
        Ok(Self { process: process.take()?, endpoint, credentials })
    }

    /// Processor time that the server has used, seconds.
    pub fn processor_seconds(&self) -> Outcome<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // proc_pid_stat(5): fields 14 and 15 are user and system time, here counted behind the
        // name, which may hold blanks.
        let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        Ok(ticks.sum::<Result<u64, _>>()? as f64 / TICKS_A_SECOND)
    }

    /// Resident memory once nothing has happened for a while, MiB.
    pub async fn idle_mib(&self) -> Outcome<f64> {
        tokio::time::sleep(IDLE).await;
        self.resident_mib()
    }

    /// Resident memory now, MiB.
    pub fn resident_mib(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
        Ok(number.parse::<f64>()? / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A process that goes unless it came up.
struct Guarded(Option<Child>);

impl Guarded {
    async fn until(&mut self, ready: impl Fn() -> bool) -> Outcome<()> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if ready() {
                return Ok(());
            }
            if let Some(child) = &mut self.0
                && let Some(status) = child.try_wait()?
            {
                return Err(format!("the server ended: {status}").into());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err("the server did not come up".into())
    }

    fn take(&mut self) -> Outcome<Child> {
        Ok(self.0.take().ok_or("no process")?)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
