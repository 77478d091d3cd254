//! Where the keys of a session come from: files, the environment, a role, a process.
//!
//! By "Standardized credential providers" (AWS SDKs and Tools Reference Guide). Sign-in by SSO
//! and the metadata services of machines are refused in words: they need a person or a machine.
//! Start at [`Profiles::session`].

use std::process::Stdio;

use names::Region;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::profiles::{Settings, hint, static_keys, value};
use crate::{Api, Keys, ProfileError, Profiles, Secret, Session};

/// The name that stands for what the environment says, instead of a profile's.
const ENVIRONMENT: &str = "-";
/// A chain of roles longer than this is a circle.
const MOST_ROLES: usize = 10;
/// How a session names itself in trails when the profile does not say.
const SESSION_NAME: &str = "landbridge";

/// What the environment holds of SDK settings.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    pub keys: Option<Keys>,
    pub profile: Option<String>,
    pub region: Option<String>,
    pub endpoint: Option<String>,
}

impl Environment {
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let keys = || {
            Some(Keys {
                access_key_id: get("AWS_ACCESS_KEY_ID")?,
                secret_access_key: Secret::new(get("AWS_SECRET_ACCESS_KEY")?),
                session_token: get("AWS_SESSION_TOKEN").map(Secret::new),
            })
        };
        let ignored = get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Self {
            keys: keys(),
            profile: get("AWS_PROFILE").or_else(|| get("AWS_DEFAULT_PROFILE")),
            region: get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION")),
            endpoint: get("AWS_ENDPOINT_URL").filter(|_| !ignored),
        }
    }
}

/// A role on the way to the keys.
struct Step<'a> {
    profile: String,
    role: &'a str,
    settings: &'a Settings,
}

impl Profiles {
    /// A session of a profile, whatever its keys come from: the files, `role_arn` with
    /// `source_profile` or `credential_source = Environment`, or `credential_process`. The name
    /// `-` stands for what the environment says: its keys, or the profile of `AWS_PROFILE`, or
    /// `default`. `region` is used where nothing else names one.
    ///
    /// # Errors
    /// [`ProfileError`]: unknown, without keys, or a role or process that gave none.
    pub async fn session(
        &self,
        api: &dyn Api,
        name: &str,
        region: &Region,
    ) -> Result<Session, ProfileError> {
        let environment = self.environment();
        if let (ENVIRONMENT, Some(keys)) = (name, &environment.keys) {
            let from = Session {
                label: "the environment".to_owned(),
                keys: keys.clone(),
                region: region.clone(),
                endpoint: None,
            };
            return self.placed(from, &Settings::new());
        }
        let named = environment.profile.as_deref().unwrap_or("default");
        let name = if name == ENVIRONMENT { named } else { name };
        let (keys, holder, steps) = self.unwind(name).await?;
        let settings = self.settings(&holder)?;
        let from = Session { label: holder, keys, region: region.clone(), endpoint: None };
        let mut session = self.placed(from, settings)?;
        for step in steps.iter().rev() {
            let label = step.profile.clone();
            let from = self.placed(Session { label, ..session }, step.settings)?;
            session = assume(api, from, step).await?;
        }
        Ok(session)
    }

    /// The session with the Region and endpoint of a profile, where it has any.
    fn placed(&self, session: Session, settings: &Settings) -> Result<Session, ProfileError> {
        let region = self.region_of(&session.label, settings)?;
        let region = region.unwrap_or_else(|| session.region.clone());
        let endpoint = self.endpoint_of(settings).or_else(|| session.endpoint.clone());
        Ok(Session { region, endpoint, ..session })
    }

    /// Follows `source_profile` to keys; gives them, the profile that holds them, and the roles
    /// from the outermost in.
    async fn unwind(&self, name: &str) -> Result<(Keys, String, Vec<Step<'_>>), ProfileError> {
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut name = name.to_owned();
        loop {
            let settings = self.settings(&name)?;
            let unusable =
                |reason: &str| ProfileError::Unusable { name: name.clone(), reason: reason.into() };
            // A profile may name itself as the source of its role: then it holds keys as well.
            let itself = steps.last().is_some_and(|step| step.profile == name);
            let Some(role) = value(settings, "role_arn").filter(|_| !itself) else {
                return Ok((self.keys(&name, settings).await?, name, steps));
            };
            if steps.len() == MOST_ROLES {
                return Err(unusable("its source profiles form a circle"));
            }
            steps.push(Step { profile: name.clone(), role, settings });
            let source = value(settings, "source_profile").cloned();
            let credential_source = value(settings, "credential_source").map(String::as_str);
            match (source, credential_source) {
                (Some(source), _) => name = source,
                (None, Some("Environment")) => {
                    let keys = self.environment().keys.clone();
                    let keys = keys.ok_or_else(|| unusable("the environment holds no keys"))?;
                    return Ok((keys, name, steps));
                }
                (None, Some(_)) => {
                    return Err(unusable("credential_source other than Environment is not read"));
                }
                (None, None) => return Err(unusable("role_arn needs source_profile")),
            }
        }
    }

    async fn keys(&self, name: &str, settings: &Settings) -> Result<Keys, ProfileError> {
        if let Some(keys) = static_keys(settings) {
            return Ok(keys);
        }
        match value(settings, "credential_process") {
            Some(command) => process(name, command).await,
            None => Err(ProfileError::NoKeys { name: name.to_owned(), hint: hint(settings) }),
        }
    }
}

async fn assume(api: &dyn Api, session: Session, step: &Step<'_>) -> Result<Session, ProfileError> {
    let setting = |name: &str| value(step.settings, name);
    let seconds = setting("duration_seconds").and_then(|text| text.parse::<u32>().ok());
    // A member that is null is not sent.
    let input = json!({
        "RoleArn": step.role,
        "RoleSessionName": setting("role_session_name").map_or(SESSION_NAME, String::as_str),
        "ExternalId": setting("external_id"),
        "DurationSeconds": seconds,
    });
    let refused = |error| ProfileError::Refused { name: step.profile.clone(), error };
    let answer = api.call(&session, "sts", "AssumeRole", input).await.map_err(refused)?;
    let keys = answer.get("Credentials").and_then(keys_of);
    let keys = keys.ok_or_else(|| ProfileError::Unusable {
        name: step.profile.clone(),
        reason: "STS answered without keys".to_owned(),
    })?;
    Ok(Session { keys, ..session })
}

fn keys_of(value: &Value) -> Option<Keys> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Keys {
        access_key_id: text("AccessKeyId")?,
        secret_access_key: Secret::new(text("SecretAccessKey")?),
        session_token: text("SessionToken").map(Secret::new),
    })
}

/// Keys that a program prints ("Process credential provider", AWS SDKs and Tools Reference
/// Guide). What it says on standard error is not shown: it may hold secrets.
async fn process(name: &str, command: &str) -> Result<Keys, ProfileError> {
    let unusable = |reason: String| ProfileError::Unusable { name: name.to_owned(), reason };
    let words = words(command);
    let Some((program, arguments)) = words.split_first() else {
        return Err(unusable("credential_process names no program".to_owned()));
    };
    let mut run = std::process::Command::new(program);
    run.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let done = tokio::task::spawn_blocking(move || run.output()).await;
    let done = done.map_err(|error| unusable(format!("credential_process: {error}")))?;
    let done = done.map_err(|error| unusable(format!("cannot run `{program}`: {error}")))?;
    let printed = Zeroizing::new(done.stdout);
    if !done.status.success() {
        return Err(unusable(format!("`{program}` ended with {}", done.status)));
    }
    let value: Option<Value> = serde_json::from_slice(&printed).ok();
    value
        .filter(|value| value.get("Version").and_then(Value::as_u64) == Some(1))
        .and_then(|value| keys_of(&value))
        .ok_or_else(|| unusable(format!("`{program}` printed no credentials of version 1")))
}

/// A command line into words; double quotes and single quotes hold words together.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests;
