//! `landbridge explain`: why an access is allowed or denied, on the platform or on AWS.
//!
//! Reading and deciding are the `access` crate's; here are the arguments, the sessions that may
//! be asked, and in the folder beside this file how an explanation looks.

mod sessions;
mod text;
mod view;

#[cfg(test)]
mod tests;

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

use access::{Question, Survey};
use aws::decode_authorization_message;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{Done, Failure, StateArgs, runtime};
use crate::output;
use sessions::Sessions;
use view::{Names, View};

/// Why something is allowed or denied
#[derive(Args)]
pub struct ExplainArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// May this principal do this to this resource, and which statement decides?
    Access(AccessArgs),
}

/// An access, or the encoded message of a denial.
#[derive(Args)]
#[command(after_help = "\
Examples:
  landbridge explain access --principal arn:aws:iam::111111111111:role/etl \\
      --action s3:GetObject --resource arn:aws:s3:::lake/orders/1
  landbridge explain access --principal arn:aws:iam::111111111111:role/etl --profile prod --profile dev \\
      --action sts:AssumeRole --resource arn:aws:iam::222222222222:role/reader --context sts:ExternalId=x
  landbridge explain access --message - < message.txt

Exit status: 0 allowed, 2 denied, 1 when that cannot be said.")]
struct AccessArgs {
    /// ARN of a user, role, session or account root; a service such as redshift.amazonaws.com
    #[arg(long, value_name = "ARN", required_unless_present = "message")]
    principal: Option<String>,
    /// Such as s3:GetObject
    #[arg(long, required_unless_present = "message")]
    action: Option<String>,
    /// ARN of the resource, or * for an action that takes none
    #[arg(long, value_name = "ARN", required_unless_present = "message")]
    resource: Option<String>,
    /// A condition key of the request; twice for two values; KEY alone: the request lacks it
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// Open the encoded authorization message of a denial; `-` reads it from standard input
    #[arg(long, value_name = "ENCODED", conflicts_with_all = ["principal", "action", "resource", "context"])]
    message: Option<String>,
    #[command(flatten)]
    state: StateArgs,
    /// Ask AWS with this profile of your AWS configuration instead; once for each account;
    /// `-` is what the environment says
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// Explains.
pub fn run(args: ExplainArgs) -> Done {
    let What::Access(args) = args.what;
    runtime()?.block_on(access(args))
}

async fn access(args: AccessArgs) -> Done {
    let sessions = if args.profile.is_empty() {
        Sessions::of_state(&args.state.state).await?
    } else {
        Sessions::of_profiles(&args.profile).await?
    };
    let explained = match &args.message {
        Some(message) => opened(&sessions, message).await,
        None => decided(&sessions, &args).await,
    };
    let names = Names::new(sessions.names());
    sessions.close().await;
    let document = explained?;
    let view = View::read(&document);
    if args.json {
        output::line(&document.to_string());
    } else {
        output::line(text::render(&view, &names, output::colour()).trim_end());
    }
    Ok(ExitCode::from(view.exit()))
}

async fn decided(sessions: &Sessions, args: &AccessArgs) -> Result<Value, Failure> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut question =
        Question::new(text(&args.principal), text(&args.action), text(&args.resource));
    question.context = context(&args.context)?;
    let survey = Survey::new(Arc::clone(&sessions.api), Arc::clone(&sessions.clock));
    let survey = sessions.accounts.iter().fold(survey, |survey, (account, session)| {
        survey.with_session(account.clone(), session.clone())
    });
    let answer = survey.decide(&question).await.map_err(Failure::new)?;
    serde_json::to_value(&answer).map_err(Failure::new)
}

/// `KEY=VALUE`, the values of one key together; `KEY` alone has none.
fn context(given: &[String]) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let mut keys: Vec<(String, Vec<String>)> = Vec::new();
    for text in given {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text.as_str(), None),
        };
        if !key.contains(':') {
            let example = "expected KEY=VALUE, such as aws:SourceIp=203.0.113.7";
            return Err(Failure::new(format!("--context {text}: {example}")));
        }
        match keys.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            Some((_, values)) => values.extend(value),
            None => keys.push((key.to_owned(), value.into_iter().collect())),
        }
    }
    Ok(keys)
}

/// Opens an encoded message with all sessions: each account reads only its own policies in it.
async fn opened(sessions: &Sessions, message: &str) -> Result<Value, Failure> {
    let message = match message {
        "-" => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Failure::new(format!("cannot read the message: {error}")))?;
            text
        }
        given => given.to_owned(),
    };
    let each: Vec<_> = sessions.accounts.iter().map(|(_, session)| session).collect();
    let opened = decode_authorization_message(sessions.api.as_ref(), &each, message.trim()).await;
    opened.map_err(|refused| {
        let said = refused.map_or("there is no profile".to_owned(), |error| error.to_string());
        Failure::new(format!(
            "nobody here may open this message; it is for the account that called or that owns the \
             resource\n  said   {said}"
        ))
    })
}
