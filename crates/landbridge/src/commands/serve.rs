//! `landbridge serve`: the platform until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use names::Region;
use tokio::signal::unix::{SignalKind, signal};

use super::{Done, Failure, StateArgs, runtime};
use crate::output;
use crate::platform::{IssuerKeys, NamedAccount, Platform, Settings};

/// Start the platform. On first use it makes the world: accounts `prod` and `dev`, or those named.
#[derive(Args)]
#[command(
    after_help = "Example: landbridge serve --account prod=111111111111 --account dev=222222222222"
)]
pub struct ServeArgs {
    #[command(flatten)]
    state: StateArgs,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4566")]
    listen: SocketAddr,
    /// An account to have, such as prod=111111111111; may be repeated
    #[arg(long = "account", value_name = "NAME=ID")]
    accounts: Vec<NamedAccount>,
    /// Region of the profiles
    #[arg(long, default_value = "us-east-1", value_parser = region)]
    region: Region,
    /// Keys (a JSON Web Key Set) of a token issuer, for sts:AssumeRoleWithWebIdentity, such as
    /// token.example.com=jwks.json; may be repeated, and is remembered
    #[arg(long = "web-identity-keys", value_name = "ISSUER=FILE")]
    web_identity_keys: Vec<IssuerKeys>,
    /// Write endpoint, process id and accounts to this file once requests are answered
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

fn region(text: &str) -> Result<Region, String> {
    text.parse().map_err(|e: names::NameError| e.to_string())
}

/// Serves until SIGTERM or Ctrl-C.
pub fn run(args: ServeArgs) -> Done {
    runtime()?.block_on(serve(args))
}

async fn serve(args: ServeArgs) -> Done {
    let signals = "cannot listen for signals";
    let failed = |e: std::io::Error| Failure::new(format!("{signals}: {e}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    if !args.listen.ip().is_loopback() {
        output::note(
            "landbridge: listening beyond this machine; every key of this world can then be used from there",
        );
    }
    let settings = Settings {
        accounts: args.accounts,
        region: args.region,
        listen: args.listen,
        issuers: args.web_identity_keys,
    };
    let platform = Platform::open(&args.state.state, settings).await.map_err(Failure::new)?;
    let endpoint = platform.endpoint();
    if let Some(path) = &args.ready_file {
        write_whole(path, &endpoint.ready().to_string())?;
    }
    output::line(&format!("landbridge ready {}", endpoint.url()));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    platform.stop().await;
    if let Some(path) = &args.ready_file {
        let _ = std::fs::remove_file(path);
    }
    Ok(ExitCode::SUCCESS)
}

/// Who waits for the file must never read half of it.
fn write_whole(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, text)
        .and_then(|()| std::fs::rename(&temporary, path))
        .map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))
}
