//! The load itself: every connection sends its next request as soon as it has the answer.
//!
//! Start at [`Load::prepare`], then [`Load::run`].

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use wire::sigv4::{Credentials, sign};

use crate::connection::Connection;
use crate::server::Server;
use crate::workload::{Prepared, Workload};
use crate::{Outcome, Requests};

/// Codes of answers to preparing calls that say: it is there already.
const EXISTS: [&str; 5] = [
    "EntityAlreadyExists",
    "ResourceExistsException",
    "BucketAlreadyOwnedByYou",
    "BucketAlreadyExists",
    "ResourceInUseException",
];

/// The answer of a table that is still being made, how long that may take, and how often it is
/// asked.
const BEING_MADE: &str = "ResourceNotFoundException";
const MADE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Answered requests of a time.
pub struct Sample {
    /// How long the load lasted, seconds.
    pub seconds: f64,
    /// Latency of each answered request, microseconds, ascending.
    pub latencies: Vec<u32>,
    /// Connections opened.
    pub opened: u64,
    /// Requests that were answered with an error, and what the first of them said.
    pub failed: (u64, Option<String>),
    /// Processor time of the server, seconds.
    pub processor: f64,
    /// Requests a second of the slowest and the fastest turn.
    pub spread: (f64, f64),
}

impl Sample {
    /// Several turns as one.
    pub fn joined(turns: Vec<Self>) -> Self {
        let rates: Vec<f64> = turns.iter().map(Self::rate).collect();
        let slowest = rates.iter().copied().fold(f64::MAX, f64::min);
        let fastest = rates.iter().copied().fold(0.0, f64::max);
        let seconds = turns.iter().map(|turn| turn.seconds).sum();
        let opened = turns.iter().map(|turn| turn.opened).sum();
        let processor = turns.iter().map(|turn| turn.processor).sum();
        let failed = turns.iter().map(|turn| turn.failed.0).sum();
        let said = turns.iter().find_map(|turn| turn.failed.1.clone());
        let mut latencies: Vec<u32> = turns.into_iter().flat_map(|turn| turn.latencies).collect();
        latencies.sort_unstable();
        let spread = (slowest, fastest);
        Self { seconds, latencies, opened, failed: (failed, said), processor, spread }
    }

    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    /// Processor time of the server for one request, milliseconds: unlike the rate it says
    /// something on a busy machine too.
    pub fn processor_ms(&self) -> f64 {
        self.processor * 1e3 / self.latencies.len() as f64
    }

    /// The latency that `share` of the requests stayed under, milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let at = (self.latencies.len() as f64 * share) as usize;
        let at = at.min(self.latencies.len().saturating_sub(1));
        self.latencies.get(at).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    }
}

/// A prepared workload on one server.
pub struct Load {
    address: String,
    credentials: Rc<Credentials>,
    requests: Rc<Requests>,
    connections: usize,
}

impl Load {
    /// Makes what the workload needs; then one request must succeed.
    pub async fn prepare(server: &Server, workload: &Workload) -> Outcome<Self> {
        let plan = (workload.plan)(&server.endpoint, workload.connections)?;
        let address = server.endpoint.trim_start_matches("http://").to_owned();
        let mut connection = Connection::to(&address);
        let start = Instant::now();
        for prepared in plan.before.iter().chain(plan.load.first()) {
            let (status, said) = loop {
                let request = signed(prepared, &server.credentials)?;
                let (status, _, body) = connection.exchange(request, true).await?;
                let said = String::from_utf8_lossy(&body).into_owned();
                if !said.contains(BEING_MADE) || start.elapsed() > MADE {
                    break (status, said);
                }
                tokio::time::sleep(PAUSE).await;
            };
            if !status.is_success() && !EXISTS.iter().any(|code| said.contains(code)) {
                return Err(format!("{}: {status} {said}", workload.name).into());
            }
        }
        let (credentials, requests) = (server.credentials.clone().into(), plan.load.into());
        Ok(Self { address, credentials, requests, connections: workload.connections })
    }

    /// One turn. Requests that are answered with an error count as failed.
    pub async fn run(&self, server: &Server, length: Duration) -> Outcome<Sample> {
        let (start, before) = (Instant::now(), server.processor_seconds()?);
        let local = tokio::task::LocalSet::new();
        let workers: Vec<_> = (0..self.connections)
            .map(|number| {
                let (credentials, requests) = (self.credentials.clone(), self.requests.clone());
                let connection = Connection::to(&self.address);
                let end = start + length;
                local.spawn_local(worker(connection, credentials, requests, number, end))
            })
            .collect();
        let (mut latencies, mut opened, mut failed) = (Vec::new(), 0, (0, None));
        let collected = local.run_until(async {
            for worker in workers {
                let done = worker.await??;
                latencies.extend(done.latencies);
                opened += done.opened;
                failed.0 += done.failed.0;
                if failed.1.is_none() {
                    failed.1 = done.failed.1;
                }
            }
            Outcome::Ok(())
        });
        collected.await?;
        let seconds = start.elapsed().as_secs_f64();
        let rate = latencies.len() as f64 / seconds;
        let processor = server.processor_seconds()? - before;
        Ok(Sample { seconds, latencies, opened, failed, processor, spread: (rate, rate) })
    }
}

/// What one connection did.
#[derive(Default)]
struct Done {
    latencies: Vec<u32>,
    opened: u64,
    failed: (u64, Option<String>),
}

async fn worker(
    mut connection: Connection,
    credentials: Rc<Credentials>,
    requests: Rc<Requests>,
    first: usize,
    end: Instant,
) -> Outcome<Done> {
    let mut done = Done::default();
    for prepared in requests.iter().cycle().skip(first % requests.len().max(1)) {
        if Instant::now() >= end {
            break;
        }
        let request = signed(prepared, &credentials)?;
        let sent = Instant::now();
        let (status, _, said) = connection.exchange(request, false).await?;
        if !status.is_success() {
            let said = String::from_utf8_lossy(&said);
            done.failed.0 += 1;
            done.failed.1.get_or_insert_with(|| format!("{status} {said}"));
            continue;
        }
        done.latencies.push(sent.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
    }
    Ok(Done { opened: connection.opened, ..done })
}

/// A request in origin form, signed now.
fn signed(prepared: &Prepared, credentials: &Credentials) -> Outcome<Request<Full<Bytes>>> {
    let mut parts = prepared.parts.clone();
    sign(&mut parts, credentials, "us-east-1", prepared.service, &prepared.payload, now());
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse()?;
    Ok(Request::from_parts(parts, Full::new(prepared.body.clone())))
}

#[expect(clippy::disallowed_methods, reason = "signatures to a real server carry the real time")]
fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}
