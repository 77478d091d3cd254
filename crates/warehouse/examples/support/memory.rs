//! Resident memory of this process, as Linux counts it (`/proc/self`, proc(5)).

use std::fs;

use super::Outcome;

/// Begins a new peak.
///
/// # Errors
/// Where `/proc` cannot be written.
pub fn reset_peak() -> Outcome<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

/// The peak of resident memory since [`reset_peak`] (`VmHWM`), in MiB.
///
/// # Errors
/// Where `/proc` has no such line.
pub fn peak() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(kib.parse::<u64>()? / 1024)
}
