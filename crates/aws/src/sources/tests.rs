//! Sessions from every source, with an STS that hands out what it was asked for.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::words;
use crate::{Api, ApiError, ProfileError, Profiles, Session, Sink};

/// Gives keys named after the role, and remembers who asked for what.
#[derive(Default)]
struct Sts(Mutex<Vec<(String, Value)>>);

#[async_trait]
impl Api for Sts {
    async fn call(
        &self,
        session: &Session,
        _: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ApiError> {
        assert_eq!(operation, "AssumeRole");
        let role = input["RoleArn"].as_str().unwrap().to_owned();
        self.0.lock().unwrap().push((session.keys.access_key_id.clone(), input));
        Ok(json!({ "Credentials": {
            "AccessKeyId": format!("keys of {role}"), "SecretAccessKey": "s", "SessionToken": "t",
        } }))
    }

    async fn download(&self, _: &Session, _: &str, _: &str, _: Sink<'_>) -> Result<u64, ApiError> {
        panic!("nothing is downloaded")
    }
}

const CONFIG: &str = "
[default]
region = eu-west-1
[profile base]
region = us-west-2
endpoint_url = http://localhost:1/
aws_access_key_id = AKIABASE
aws_secret_access_key = s
[profile role]
role_arn = reader
source_profile = base
external_id = x
[profile second]
role_arn = writer
source_profile = role
region = eu-west-1
[profile circle]
role_arn = a
source_profile = circular
[profile circular]
role_arn = b
source_profile = circle
[profile sso]
sso_session = corporation
[profile machine]
role_arn = m
credential_source = Ec2InstanceMetadata
[profile here]
role_arn = h
credential_source = Environment
[profile process]
credential_process = \"/bin/sh\" -c 'echo \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"AKIAPROCESS\\\",\\\"SecretAccessKey\\\":\\\"s\\\"}\"'
[profile broken]
credential_process = /bin/sh -c 'echo {}'
[profile absent]
credential_process = /no/such/program
[services mine]
s3 = http://localhost:2
";

fn profiles(variables: &[(&str, &str)]) -> Profiles {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, CONFIG).unwrap();
    let mut all: BTreeMap<&str, String> =
        variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    all.insert("AWS_CONFIG_FILE", path.display().to_string());
    Profiles::standard(&|name| all.get(name).cloned()).unwrap()
}

async fn session(
    name: &str,
    variables: &[(&str, &str)],
) -> (Result<Session, ProfileError>, Vec<(String, Value)>) {
    let sts = Sts::default();
    let region = "us-east-1".parse().unwrap();
    let session = profiles(variables).session(&sts, name, &region).await;
    (session, sts.0.into_inner().unwrap())
}

#[tokio::test]
async fn keys_come_from_every_source() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
    type Variables<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Variables<'_>, &str, &str, Option<&str>); 7] = [
        ("base", &[], "AKIABASE", "us-west-2", Some("http://localhost:1")),
        ("role", &[], "keys of reader", "us-west-2", Some("http://localhost:1")),
        ("second", &[], "keys of writer", "eu-west-1", Some("http://localhost:1")),
        ("process", &[], "AKIAPROCESS", "us-east-1", None),
        ("-", &keys, "AKIAENV", "us-east-1", None),
        (
            "-",
            &[("AWS_PROFILE", "base"), ("AWS_REGION", "eu-west-3")],
            "AKIABASE",
            "eu-west-3",
            Some("http://localhost:1"),
        ),
        ("here", &keys, "keys of h", "us-east-1", None),
    ];
    for (name, variables, keys, region, endpoint) in cases {
        let found = session(name, variables).await.0.unwrap();
        let found =
            (found.keys.access_key_id.as_str(), found.region.as_str(), found.endpoint.as_deref());
        assert_eq!(found, (keys, region, endpoint), "{name}");
    }
    let endpoint = [("AWS_ENDPOINT_URL", "http://localhost:9")];
    let found = session("base", &endpoint).await.0.unwrap();
    assert_eq!(found.endpoint.as_deref(), Some("http://localhost:9"));
}

/// Each role is assumed with the keys of the one before.
#[tokio::test]
async fn roles_are_chained() {
    let (_, asked) = session("second", &[]).await;
    let asked: Vec<_> = asked
        .iter()
        .map(|(by, input)| (by.as_str(), &input["RoleArn"], &input["ExternalId"]))
        .collect();
    let (reader, writer, id) = (json!("reader"), json!("writer"), json!("x"));
    let expect = [("AKIABASE", &reader, &id), ("keys of reader", &writer, &Value::Null)];
    assert_eq!(asked, expect);
}

#[tokio::test]
async fn what_cannot_be_used_is_said() {
    let cases = [
        ("sso", "signs in by SSO"),
        ("circle", "form a circle"),
        ("machine", "credential_source other than Environment is not read"),
        ("here", "the environment holds no keys"),
        ("broken", "printed no credentials of version 1"),
        ("absent", "cannot run `/no/such/program`"),
        (
            "none",
            "it has absent, base, broken, circle, circular, default, here, machine, process, role, second, sso",
        ),
        ("-", "profile `default` holds no access keys"),
    ];
    for (name, expect) in cases {
        let error = session(name, &[]).await.0.unwrap_err().to_string();
        assert!(error.contains(expect), "{name}: {error}");
    }
}

#[test]
fn command_lines() {
    let cases = [
        ("a b  c", vec!["a", "b", "c"]),
        ("\"/a b/c\" -x 'y z'", vec!["/a b/c", "-x", "y z"]),
        ("a\"b c\"d ''", vec!["ab cd", ""]),
        ("", vec![]),
    ];
    for (line, expect) in cases {
        assert_eq!(words(line), expect, "{line}");
    }
}
