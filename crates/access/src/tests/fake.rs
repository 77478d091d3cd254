//! An API that answers from a table: `profile service Operation argument…` → answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws::{Api, ApiError, Clock, Keys, Secret, Session, Sink};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{Answer, Question, Survey};

pub(super) const ACCOUNTS: [(&str, &str); 2] = [("prod", "111111111111"), ("dev", "222222222222")];

/// The world, and what was asked of it.
#[derive(Default)]
pub(super) struct Fake {
    answers: BTreeMap<String, Value>,
    refused: Vec<String>,
    pub asked: Mutex<Vec<String>>,
}

impl Fake {
    /// An answer to a call with these arguments.
    pub fn with(mut self, call: &str, answer: Value) -> Self {
        self.answers.insert(call.to_owned(), answer);
        self
    }

    /// Calls that begin so are refused.
    pub fn refusing(mut self, call: &str) -> Self {
        self.refused.push(call.to_owned());
        self
    }

    /// What calls that begin so would give is not there.
    pub fn without(mut self, call: &str) -> Self {
        self.answers.retain(|known, _| !known.starts_with(call));
        self
    }

    pub fn role(self, at: &str, arn: &str, trust: &Value, inline: &[(&str, Value)]) -> Self {
        let name = arn.rsplit('/').next().unwrap();
        let trust = document(trust);
        let encoded: String = trust.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let role = json!({ "Role": {
            "Arn": arn, "RoleId": format!("AROA{}", name.to_uppercase()), "Path": "/",
            "AssumeRolePolicyDocument": encoded,
        } });
        let fake = self.with(&format!("{at} iam GetRole {name}"), role);
        inline
            .iter()
            .fold(fake, |fake, (policy, statements)| fake.inline(at, name, policy, statements))
    }

    pub fn inline(self, at: &str, role: &str, policy: &str, statements: &Value) -> Self {
        let list = format!("{at} iam ListRolePolicies {role}");
        let mut names = self.answers.get(&list).cloned().unwrap_or(json!({ "PolicyNames": [] }));
        names["PolicyNames"].as_array_mut().unwrap().push(json!(policy));
        let answer = json!({ "PolicyDocument": document(statements) });
        self.with(&list, names).with(&format!("{at} iam GetRolePolicy {role} {policy}"), answer)
    }

    pub fn bucket(self, at: &str, name: &str, policy: Option<&Value>) -> Self {
        let account = ACCOUNTS.iter().find(|(label, _)| *label == at).unwrap().1;
        let fake =
            self.with(&format!("{at} s3 ListBuckets"), json!({ "Buckets": [{ "Name": name }] }));
        match policy {
            None => fake,
            Some(policy) => fake.with(
                &format!("{at} s3 GetBucketPolicy {name} {account}"),
                json!({ "Policy": document(policy) }),
            ),
        }
    }
}

/// The document of these statements.
pub(super) fn document(statements: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// A survey of both accounts.
pub(super) fn survey(fake: Fake) -> Survey {
    over(Arc::new(fake))
}

/// A survey of both accounts of a world that is looked at afterwards.
pub(super) fn over(fake: Arc<Fake>) -> Survey {
    let survey = Survey::new(fake, Arc::new(Noon));
    ACCOUNTS.iter().fold(survey, |survey, (label, account)| {
        let keys = Keys {
            access_key_id: "AKIA".to_owned(),
            secret_access_key: Secret::new("secret"),
            session_token: None,
        };
        let region = "eu-west-1".parse().unwrap();
        let session = Session { label: (*label).to_owned(), keys, region, endpoint: None };
        survey.with_session(account.parse().unwrap(), session)
    })
}

pub(super) async fn ask(fake: Fake, question: &Question) -> Answer {
    survey(fake).decide(question).await.unwrap()
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }
}

#[async_trait]
impl Api for Fake {
    async fn call(
        &self,
        session: &Session,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ApiError> {
        let arguments = input.as_object().into_iter().flat_map(|members| members.values());
        let call = [session.label.as_str(), service, operation]
            .into_iter()
            .chain(arguments.filter_map(Value::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        self.asked.lock().unwrap().push(call.clone());
        let error = |code: &str, status| ApiError {
            call: format!("{service} {operation}").into(),
            code: code.to_owned(),
            message: call.clone(),
            status,
            request_id: None,
            authorization_message: None,
        };
        if self.refused.iter().any(|refused| call.starts_with(refused)) {
            return Err(error("AccessDenied", 403));
        }
        match self.answers.get(&call) {
            Some(answer) => Ok(answer.clone()),
            None if operation == "DescribeOrganization" => {
                Err(error("AWSOrganizationsNotInUseException", 400))
            }
            None if operation.starts_with("List") || operation == "GetBucketLocation" => {
                Ok(json!({}))
            }
            None => Err(error("NoSuchEntity", 404)),
        }
    }

    async fn download(&self, _: &Session, _: &str, _: &str, _: Sink<'_>) -> Result<u64, ApiError> {
        panic!("no question reads an object")
    }
}
