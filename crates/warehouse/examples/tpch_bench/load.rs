//! The data: written once as CSV in parts, loaded by each database's own COPY.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use tokio_postgres::Client;

use crate::support::Outcome;
use crate::support::cluster::ROLE;

/// Files that a large table is split into.
const PARTS: i32 = 4;
/// Tables too small to be split.
const SMALL: [&str; 2] = ["region", "nation"];
/// What a PostgreSQL installation for these queries has beside the primary keys.
const INDEXES: [&str; 4] = [
    "create index on lineitem (l_partkey, l_suppkey)",
    "create index on orders (o_custkey)",
    "create index on partsupp (ps_suppkey)",
    "analyze",
];

/// A pattern for the files of a table.
#[must_use]
pub fn files(table: &str) -> String {
    format!("{table}.*.csv")
}

/// Writes all tables.
///
/// # Errors
/// What writing fails with.
pub fn write_files(scale: f64, directory: &Path) -> Outcome<()> {
    // PostgreSQL reads them as another user.
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
    for table in tpch::TABLES {
        let parts = if SMALL.contains(&table.name) { 1 } else { PARTS };
        for part in 1..=parts {
            let path = directory.join(format!("{}.{part}.csv", table.name));
            let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
            tpch::write(table.name, scale, part, parts, &mut out)?;
            out.flush()?;
        }
    }
    Ok(())
}

/// Creates and loads the tables of a cluster; seconds.
///
/// # Errors
/// The statements'.
pub async fn into_cluster(client: &Client) -> Outcome<f64> {
    let start = Instant::now();
    for table in tpch::TABLES {
        client.batch_execute(&table.create(true)).await?;
        let parts = if SMALL.contains(&table.name) { 1 } else { PARTS };
        for part in 1..=parts {
            let name = table.name;
            let copy =
                format!("copy {name} from 's3://bench/{name}.{part}.csv' iam_role '{ROLE}' csv");
            client.batch_execute(&copy).await?;
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

/// The same for PostgreSQL, with its indexes; seconds.
///
/// # Errors
/// The statements'.
pub async fn into_postgres(client: &Client, directory: &Path) -> Outcome<f64> {
    let start = Instant::now();
    for table in tpch::TABLES {
        client.batch_execute(&table.create(false)).await?;
        let parts = if SMALL.contains(&table.name) { 1 } else { PARTS };
        for part in 1..=parts {
            let path = directory.join(format!("{}.{part}.csv", table.name));
            let copy = format!("copy {} from '{}' (format csv)", table.name, path.display());
            client.batch_execute(&copy).await?;
        }
    }
    for statement in INDEXES {
        client.batch_execute(statement).await?;
    }
    Ok(start.elapsed().as_secs_f64())
}
