//! `landbridge env ACCOUNT`: export lines for a shell.

use std::fs;
use std::process::ExitCode;

use clap::Args;

use super::{Done, Failure, StateArgs};
use crate::output;

/// Print export lines
#[derive(Args)]
#[command(after_help = "Example: eval \"$(landbridge env dev)\"")]
pub struct EnvArgs {
    /// Name of the account, such as `dev`
    account: String,
    #[command(flatten)]
    state: StateArgs,
}

/// Prints the lines.
pub fn run(args: &EnvArgs) -> Done {
    let root = fs::canonicalize(&args.state.state).map_err(|e| {
        let state = args.state.state.display();
        Failure::new(format!(
            "cannot open the state `{state}`: {e}; start `landbridge serve` first"
        ))
    })?;
    let read = |name: &str| {
        let path = root.join("aws").join(name);
        fs::read_to_string(&path)
            .map_err(|e| Failure::new(format!("cannot read {}: {e}", path.display())))
    };
    let account = &args.account;
    let config = section(&read("config")?, &format!("profile {account}"));
    let credentials = section(&read("credentials")?, account);
    if config.is_empty() {
        return Err(Failure::new(format!("this world has no account named `{account}`")));
    }
    let value = |of: &[(String, String)], key: &str| {
        of.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    let lines = [
        ("AWS_ACCESS_KEY_ID", value(&credentials, "aws_access_key_id")),
        ("AWS_SECRET_ACCESS_KEY", value(&credentials, "aws_secret_access_key")),
        ("AWS_REGION", value(&config, "region")),
        ("AWS_DEFAULT_REGION", value(&config, "region")),
        ("AWS_ENDPOINT_URL", value(&config, "endpoint_url")),
        ("PGSSLROOTCERT", Some(root.join("ca.pem").display().to_string())),
        ("PGSSLMODE", Some("verify-full".to_owned())),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            output::line(&format!("export {name}='{}'", value.replace('\'', r"'\''")));
        }
    }
    // A session of other credentials must not be mixed with these keys.
    output::line("unset AWS_SESSION_TOKEN AWS_PROFILE");
    Ok(ExitCode::SUCCESS)
}

/// The keys and values of one section of an AWS configuration file.
fn section(text: &str, name: &str) -> Vec<(String, String)> {
    let lines = text.lines().skip_while(|line| line.trim() != format!("[{name}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let pair = |line: &str| {
        let (key, value) = line.split_once('=')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    lines.filter(|line| !line.starts_with(' ')).filter_map(pair).collect()
}
