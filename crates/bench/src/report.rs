//! The figures as a table for people and as JSON for machines.

use std::fmt;

use serde_json::{Value, json};

use crate::drive::Sample;
use crate::server::StartTimes;

/// One workload on both servers.
pub struct Comparison {
    /// The workload.
    pub name: &'static str,
    /// Connections of the load.
    pub connections: usize,
    /// The platform.
    pub ours: Sample,
    /// `moto_server`, when it was measured.
    pub theirs: Option<Sample>,
}

impl Comparison {
    /// How often we are faster, and how often we use less processor time.
    fn ratios(&self) -> Option<(f64, f64)> {
        let theirs = self.theirs.as_ref()?;
        let processor = theirs.processor_ms() / self.ours.processor_ms();
        Some((self.ours.rate() / theirs.rate(), processor))
    }

    fn json(&self) -> Value {
        let of = |sample: &Sample| {
            json!({
                "requests": sample.latencies.len(), "per_second": sample.rate(),
                "per_second_slowest_turn": sample.spread.0,
                "per_second_fastest_turn": sample.spread.1,
                "processor_ms": sample.processor_ms(), "p50_ms": sample.percentile(0.5), "p99_ms": sample.percentile(0.99),
                "connections_opened": sample.opened, "failed": sample.failed.0,
            })
        };
        json!({
            "name": self.name, "connections": self.connections, "landbridge": of(&self.ours),
            "moto_server": self.theirs.as_ref().map(of), "ratio": self.ratios().map(|(rate, _)| rate),
            "processor_ratio": self.ratios().map(|(_, processor)| processor),
        })
    }
}

/// Everything that was measured.
pub struct Report {
    /// Each workload.
    pub comparisons: Vec<Comparison>,
    /// From spawning the process to its being ready.
    pub start: StartTimes,
    /// Resident memory of the idle server, MiB.
    pub idle_mib: f64,
    /// Resident memory after all load, MiB.
    pub after_mib: f64,
}

impl Report {
    /// The figures for machines.
    pub fn json(&self) -> Value {
        json!({
            "workloads": self.comparisons.iter().map(Comparison::json).collect::<Vec<_>>(),
            "start_first_ms": self.start.first, "start_again_ms": self.start.again,
            "idle_mib": self.idle_mib, "after_load_mib": self.after_mib,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16}{:>6}  {:<36}  {:<36}  ratio req/s, cpu",
            "",
            "conns",
            "landbridge req/s  p50     p99 cpu ms",
            "moto_server req/s p50     p99 cpu ms",
        )?;
        for one in &self.comparisons {
            write!(f, "{:<16}{:>6}", one.name, one.connections)?;
            for sample in [Some(&one.ours), one.theirs.as_ref()].into_iter().flatten() {
                let (p50, p99) = (sample.percentile(0.5), sample.percentile(0.99));
                let (rate, processor) = (sample.rate(), sample.processor_ms());
                write!(f, "  {rate:>12.1}{p50:>8.2}{p99:>8.2}{processor:>8.3}")?;
            }
            match one.ratios() {
                Some((rate, processor)) => writeln!(f, "  {rate:>8.1}{processor:>8.1}")?,
                None => writeln!(f)?,
            }
            if let Some((failed, Some(said))) = one.theirs.as_ref().map(|theirs| &theirs.failed) {
                let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
                writeln!(f, "  moto_server failed {failed} of them: {said:.100}")?;
            }
        }
        let StartTimes { first, again } = self.start;
        writeln!(
            f,
            "start to ready     {first:>6.0} ms on a new state, {again:.0} ms on an old one"
        )?;
        writeln!(
            f,
            "resident memory    {:>6.1} MiB idle, {:.1} after the load",
            self.idle_mib, self.after_mib
        )
    }
}
