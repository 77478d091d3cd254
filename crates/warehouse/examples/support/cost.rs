//! What a run costs in time and memory, and what several runs say beside those of another.

use std::fs;
use std::time::Instant;

use super::{Outcome, memory};

/// What one run cost.
#[derive(Clone, Copy)]
pub struct Cost {
    /// By the clock.
    pub seconds: f64,
    /// Of all processors together, of this process.
    pub processor: f64,
    /// Peak of resident memory, in MiB.
    pub peak: u64,
    /// How far the peak lies above what was resident before.
    pub rise: u64,
}

/// Measures one run.
pub struct Meter {
    start: Instant,
    processor: f64,
    resident: u64,
}

impl Meter {
    /// Begins, and with it a new peak of resident memory.
    pub fn start() -> Outcome<Self> {
        memory::reset_peak()?;
        let (processor, resident) = (processor_time()?, memory::peak()?);
        Ok(Self { start: Instant::now(), processor, resident })
    }

    pub fn end(self) -> Outcome<Cost> {
        let seconds = self.start.elapsed().as_secs_f64();
        let (processor, peak) = (processor_time()? - self.processor, memory::peak()?);
        Ok(Cost { seconds, processor, peak, rise: peak.saturating_sub(self.resident) })
    }
}

/// The runs of one side.
#[derive(Default)]
pub struct Costs(pub Vec<Cost>);

impl Costs {
    pub fn seconds(&self) -> f64 {
        median(self.0.iter().map(|cost| cost.seconds))
    }

    /// Millions of rows a second.
    pub fn rate(&self, rows: u64) -> f64 {
        rows as f64 / self.seconds() / 1e6
    }

    /// How much of `other`'s speed this reaches: by the clock, and by processor time, which other
    /// work on the machine does not change.
    pub fn ratio(&self, other: &Self) -> [f64; 2] {
        let pairs = || self.0.iter().zip(&other.0);
        [
            median(pairs().map(|(ours, theirs)| theirs.seconds / ours.seconds)),
            median(pairs().map(|(ours, theirs)| theirs.processor / ours.processor)),
        ]
    }

    pub fn peak(&self) -> u64 {
        self.0.iter().map(|cost| cost.peak).max().unwrap_or(0)
    }

    pub fn rise(&self) -> u64 {
        self.0.iter().map(|cost| cost.rise).max().unwrap_or(0)
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One line of the answer.
pub fn line(rows: u64, name: &str, (what, ours): (&str, &Costs), theirs: &Costs) -> String {
    let [ratio, processor] = ours.ratio(theirs);
    format!(
        "{rows:>9} rows  {name:<13}  {what} {:>5.2} M rows/s   engine {:>5.2} M rows/s   \
         ratio {ratio:.2} (by processor time {processor:.2})   peak {} MiB (+{}, engine +{})",
        ours.rate(rows),
        theirs.rate(rows),
        ours.peak(),
        ours.rise(),
        theirs.rise(),
    )
}

/// User and system time of this process, in seconds (`/proc/self/stat`, fields 14 and 15, in
/// hundredths).
fn processor_time() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no fields in stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>()?;
    Ok(ticks as f64 / 100.0)
}
