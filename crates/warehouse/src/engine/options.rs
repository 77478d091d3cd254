//! The engine's settings: Redshift's semantics, and a closed door to the host.

use std::path::Path;

use super::cache::LIMIT_SETTING;
use super::connection::ORDER_SETTING;
use super::{EngineFault, EngineOptions, literal};

/// How many times its memory an engine may spill to disk.
const SPILL: u64 = 16;

/// Groups of rows that a thread of the engine gathers before it writes them out (its default is 5):
/// with one, what a load needs does not grow with its rows, and nothing becomes slower.
const GROUPS_UNWRITTEN: &str = "1";

/// Settings given when the instance opens: they hold for every connection.
pub(super) fn at_open(options: &EngineOptions<'_>) -> Result<duckdb::Config, EngineFault> {
    let staging = options.staging.to_string_lossy();
    let spill = options.memory_megabytes.saturating_mul(SPILL);
    let mut config = duckdb::Config::default()
        .with("autoinstall_known_extensions", "false")?
        .with("autoload_known_extensions", "false")?
        .with("temp_directory", staging.as_ref())?
        .with("max_memory", format!("{}MB", options.memory_megabytes))?
        .with("max_temp_directory_size", format!("{spill}MB"))?
        .with("threads", options.threads.to_string())?
        .with("write_buffer_row_group_count", GROUPS_UNWRITTEN)?;
    // What rewritten SQL relies on to mean what it should.
    for (name, value) in redshift_sql::ENGINE_SETTINGS {
        config = config.with(name, value.trim_matches('\''))?;
    }
    Ok(config)
}

/// Settings that must come after the databases are attached; the last one closes the door.
pub(super) fn lock(root: &duckdb::Connection, staging: &Path) -> Result<(), EngineFault> {
    // Only builds with time zones know this setting; without them UTC is all there is.
    let _ = root.execute_batch("SET GLOBAL TimeZone = 'UTC'");
    root.execute_batch(&format!(
        "SET GLOBAL allowed_directories = [{}];
         SET GLOBAL enable_external_access = false;
         SET GLOBAL allowed_configs = [{}, {}];
         SET GLOBAL lock_configuration = true",
        literal(&staging.to_string_lossy()),
        literal(ORDER_SETTING),
        literal(LIMIT_SETTING),
    ))?;
    Ok(())
}
