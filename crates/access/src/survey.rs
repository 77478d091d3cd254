//! The accounts that can be asked, and what they have answered.
//!
//! Knows nothing of policies. Start at [`Survey`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws::{Api, ApiError, Clock, Session};
use names::{AccountId, Region};
use serde_json::{Value, json};

use crate::AccessError;

/// Reads facts of several accounts, each once.
pub struct Survey {
    api: Arc<dyn Api>,
    clock: Arc<dyn Clock>,
    sessions: Vec<(AccountId, Session)>,
    answers: Mutex<HashMap<String, Result<Value, ReadError>>>,
}

/// What was read, or why not; an error only when nothing answers.
pub(crate) type Outcome<T> = Result<Result<T, ReadError>, AccessError>;

/// Why something was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// No session of the account.
    NoSession(AccountId),
    /// The service does not have it.
    Missing(ApiError),
    /// The service refused, or does not offer the call.
    Refused(ApiError),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSession(account) => write!(f, "no profile of account {account} is given"),
            Self::Missing(error) | Self::Refused(error) => write!(f, "{}: {error}", error.call),
        }
    }
}

impl ReadError {
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }

    /// The service's code, when a service spoke.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::NoSession(_) => None,
            Self::Missing(error) | Self::Refused(error) => Some(&error.code),
        }
    }

    /// Whether the endpoint does not have the call at all; AWS's own endpoints have every call.
    pub fn is_unknown_call(&self) -> bool {
        matches!(self, Self::Refused(error) if error.status == 501)
    }
}

/// One call to read something.
#[derive(Debug, Clone)]
pub(crate) struct Read<'a> {
    pub account: &'a AccountId,
    /// The Region to ask in; the session's own when absent.
    pub region: Option<&'a Region>,
    pub service: &'a str,
    pub operation: &'a str,
}

impl Survey {
    /// A survey that can ask nobody yet.
    pub fn new(api: Arc<dyn Api>, clock: Arc<dyn Clock>) -> Self {
        Self { api, clock, sessions: Vec::new(), answers: Mutex::default() }
    }

    /// Lets this session be asked; gives the account it belongs to (`sts:GetCallerIdentity`).
    ///
    /// # Errors
    /// What STS answered.
    pub async fn admit(&mut self, session: Session) -> Result<AccountId, ApiError> {
        let answer = self.api.call(&session, "sts", "GetCallerIdentity", json!({})).await?;
        let account = answer.get("Account").and_then(Value::as_str).unwrap_or_default();
        let account: AccountId = account.parse().map_err(|error: names::NameError| ApiError {
            call: "sts GetCallerIdentity".into(),
            code: "SerializationError".to_owned(),
            message: error.to_string(),
            status: 200,
            request_id: None,
            authorization_message: None,
        })?;
        self.sessions.push((account.clone(), session));
        Ok(account)
    }

    /// With a session of an account that is known; several of one account are asked in turn.
    #[must_use]
    pub fn with_session(mut self, account: AccountId, session: Session) -> Self {
        self.sessions.push((account, session));
        self
    }

    /// The accounts that can be asked, each once.
    pub fn accounts(&self) -> Vec<&AccountId> {
        let mut accounts: Vec<&AccountId> = Vec::new();
        for (account, _) in &self.sessions {
            if !accounts.contains(&account) {
                accounts.push(account);
            }
        }
        accounts
    }

    /// Forgets what was read: the next question reads anew.
    pub fn forget(&self) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now()
    }

    /// The Region of the account's first session.
    pub(crate) fn region(&self, account: Option<&AccountId>) -> Option<&Region> {
        let own = self.sessions.iter().find(|(owner, _)| Some(owner) == account);
        own.or(self.sessions.first()).map(|(_, session)| &session.region)
    }

    /// One answer; the sessions of the account are tried until one may.
    pub(crate) async fn read(&self, read: &Read<'_>, input: Value) -> Outcome<Value> {
        let region = read.region.map_or("", Region::as_str);
        let key = format!("{} {region} {} {} {input}", read.account, read.service, read.operation);
        let known = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(answer) = known {
            return Ok(answer);
        }
        let answer = self.ask(read, &input).await?;
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(key, answer.clone());
        Ok(answer)
    }

    async fn ask(&self, read: &Read<'_>, input: &Value) -> Outcome<Value> {
        let mut answer = Err(ReadError::NoSession(read.account.clone()));
        for (_, session) in self.sessions.iter().filter(|(account, _)| account == read.account) {
            let region = read.region.unwrap_or(&session.region).clone();
            let session = Session { region, ..session.clone() };
            match self.api.call(&session, read.service, read.operation, input.clone()).await {
                Ok(value) => return Ok(Ok(value)),
                Err(error) if error.is_missing() => return Ok(Err(ReadError::Missing(error))),
                Err(error) if error.status == 0 => {
                    let ApiError { call, message, .. } = error;
                    return Err(AccessError::Unreachable { call: call.into(), message });
                }
                Err(error) => answer = Err(ReadError::Refused(error)),
            }
        }
        Ok(answer)
    }

    /// Every item of a paged list. `marker` are the names of the token in the input and in the
    /// answer.
    pub(crate) async fn list(
        &self,
        read: &Read<'_>,
        input: Value,
        items: &str,
        marker: (&str, &str),
    ) -> Outcome<Vec<Value>> {
        let mut all = Vec::new();
        let mut input = input;
        loop {
            let page = match self.read(read, input.clone()).await? {
                Ok(page) => page,
                Err(error) => return Ok(Err(error)),
            };
            let found = page.get(items).and_then(Value::as_array);
            all.extend(found.into_iter().flatten().cloned());
            let next = page.get(marker.1).and_then(Value::as_str).filter(|next| !next.is_empty());
            let again = input.get(marker.0).and_then(Value::as_str);
            match (next, input.clone()) {
                (Some(next), Value::Object(mut members)) if again != Some(next) => {
                    members.insert(marker.0.to_owned(), next.into());
                    input = Value::Object(members);
                }
                _ => return Ok(Ok(all)),
            }
        }
    }
}
