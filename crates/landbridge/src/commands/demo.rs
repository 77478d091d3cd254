//! `landbridge demo`: the whole story on a throw-away world.

use std::path::PathBuf;

use clap::Args;
use movement::demo::{DemoOptions, story};

use super::world::{context, report, reporter, start};
use super::{Done, Failure, runtime};
use crate::output;

/// Rows of the sample's sales table.
const ROWS: u64 = 100_000;

/// Two accounts, a warehouse, one governed movement, and nothing left of it.
#[derive(Args)]
#[command(after_help = "Example: landbridge demo --keep ./demo-world")]
pub struct DemoArgs {
    /// Keep the world in this directory instead of throwing it away
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Rows of sales
    #[arg(long, default_value_t = ROWS)]
    rows: u64,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// Tells it.
pub fn run(args: DemoArgs) -> Done {
    let temporary = tempfile::Builder::new()
        .prefix("landbridge-demo-")
        .tempdir()
        .map_err(|e| Failure::new(format!("cannot make a directory for the demonstration: {e}")))?;
    let state = args.keep.clone().unwrap_or_else(|| temporary.path().join("world"));
    let options = DemoOptions { rows: args.rows, seed: 1, directory: state.clone() };
    let code = runtime()?.block_on(async {
        let platform = start(&state).await?;
        let outcome = match context(&state, reporter(args.json)) {
            Ok(cx) => Ok(story(&cx, &options).await),
            Err(failure) => Err(failure),
        };
        platform.stop().await;
        Ok::<_, Failure>(report(&outcome?, args.json))
    })?;
    if let Some(keep) = &args.keep {
        output::note(&format!("the world is kept in {}", keep.display()));
    }
    Ok(code)
}
