//! Decisions by the line: one JSON object in, one JSON object out.
//!
//! A line holds a request with every policy that counts, so that policies can be tried out and
//! compared without a server. What cannot be read is answered, never guessed: a line that is no
//! request gives `{"error": …}`, a policy that is none denies. Start at [`simulate_line`].

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::decision::{Decision, Verdict};
use crate::document::Document;
use crate::evaluate::evaluate;
use crate::policies::{Level, Policies, Policy, PolicyKind, PublicAccessBlock, Settings};
use crate::request::{Context, Principal, PrincipalKind, Request};

/// Decides one line and answers one line (without its newline).
///
/// The answer is `{"decision": "allow" | "implicit_deny" | "explicit_deny", "because": …,
/// "deciding": […], "blockers": […]}`, or `{"error": …}` for a line that is not a request.
pub fn simulate_line(line: &str) -> String {
    match Vector::parse(line) {
        Ok(vector) => answer(&vector.decide()).to_string(),
        Err(error) => json!({ "error": error }).to_string(),
    }
}

fn answer(decision: &Decision) -> Value {
    json!({
        "decision": decision.verdict(),
        "because": decision.because(),
        "deciding": decision.deciding(),
        "blockers": decision.blockers(),
    })
}

/// A line, read.
#[derive(Debug)]
pub struct Vector {
    /// The request.
    pub request: Request,
    /// The policies that could be read.
    pub policies: Policies,
    /// What could not be read: while there is anything here, nothing is allowed.
    pub unreadable: Vec<String>,
}

impl Vector {
    /// Reads a line.
    ///
    /// # Errors
    /// When it is not JSON or a field has another type than it should.
    pub fn parse(line: &str) -> Result<Self, String> {
        let json: Value =
            serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
        let fields = json.as_object().ok_or("a vector is a JSON object")?;
        let request = read_request(object(fields, "request")?)?;
        let mut reader = Reader { unreadable: Vec::new() };
        let policies = reader.policies(fields, &request)?;
        Ok(Self { request, policies, unreadable: reader.unreadable })
    }

    /// Decides it. A deny that can be read counts even beside policies that cannot.
    pub fn decide(&self) -> Decision {
        let decision = evaluate(&self.request, &self.policies);
        match self.unreadable.first() {
            Some(fault) if decision.verdict() != Verdict::ExplicitDeny => {
                Decision::unreadable(fault)
            }
            _ => decision,
        }
    }
}

fn read_request(fields: &Map<String, Value>) -> Result<Request, String> {
    let mut context = Context::new();
    if let Some(keys) = fields.get("context").filter(|keys| !keys.is_null()) {
        for (key, value) in keys.as_object().ok_or("`context` is not an object")? {
            context.insert(key, context_values(key, value)?);
        }
    }
    let no_resource_types = boolean(fields, "action_has_no_resource_types")?;
    Ok(Request {
        principal: read_principal(fields, &context)?,
        action: text(fields, "action")?.ok_or("`action` is missing")?.to_owned(),
        resource: text(fields, "resource")?.ok_or("`resource` is missing")?.to_owned(),
        resource_account: account(fields, "resource_account")?,
        context,
        action_has_no_resource_types: no_resource_types,
    })
}

fn read_principal(fields: &Map<String, Value>, context: &Context) -> Result<Principal, String> {
    let arn = text(fields, "principal")?.map(str::to_owned);
    let kind = match fields.get("principal_kind").filter(|kind| !kind.is_null()) {
        Some(kind) => serde_json::from_value(kind.clone())
            .map_err(|_| format!("`principal_kind` {kind} does not exist"))?,
        None => kind_of(arn.as_deref()),
    };
    let told = account(fields, "principal_account")?;
    let in_arn = || arn.as_deref()?.split(':').nth(4)?.parse().ok();
    // Sessions name their role without its path; the context has it whole.
    let role_arn = match kind {
        PrincipalKind::Session => {
            context.single("aws:PrincipalArn").filter(|arn| arn.contains(":role/"))
        }
        _ => None,
    };
    let role_arn = role_arn.map(str::to_owned);
    Ok(Principal { kind, account: told.or_else(in_arn), arn, role_arn })
}

fn kind_of(arn: Option<&str>) -> PrincipalKind {
    let Some(arn) = arn else { return PrincipalKind::Anonymous };
    match arn.splitn(6, ':').nth(5) {
        Some("root") => PrincipalKind::Root,
        Some(path) if path.starts_with("user/") => PrincipalKind::User,
        Some(path) if path.starts_with("role/") => PrincipalKind::Role,
        Some(path) if path.starts_with("assumed-role/") => PrincipalKind::Session,
        Some(path) if path.starts_with("federated-user/") => PrincipalKind::FederatedUser,
        None if arn.ends_with(".amazonaws.com") => PrincipalKind::Service,
        _ => PrincipalKind::Other,
    }
}

fn context_values(key: &str, value: &Value) -> Result<Vec<String>, String> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(format!("context key `{key}` has a value that is no text")),
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}

/// Reads policies and remembers those that are none.
struct Reader {
    unreadable: Vec<String>,
}

impl Reader {
    fn policies(
        &mut self,
        fields: &Map<String, Value>,
        request: &Request,
    ) -> Result<Policies, String> {
        let service = request.action.split(':').next().unwrap_or("").to_lowercase();
        let resource_kind = match service.as_str() {
            "sts" => PolicyKind::Trust,
            "kms" => PolicyKind::Key,
            _ => PolicyKind::Resource,
        };
        let resource = fields.get("resource_policy").filter(|policy| !policy.is_null());
        Ok(Policies {
            identity: self.list(fields, "identity_policies", PolicyKind::Identity)?,
            resource: resource
                .and_then(|policy| self.policy(policy, resource_kind, request.resource.clone())),
            grants: Vec::new(),
            boundaries: self.list(fields, "permissions_boundaries", PolicyKind::Boundary)?,
            session: self.list(fields, "session_policies", PolicyKind::Session)?,
            scps: self.levels(fields, "scps", PolicyKind::ServiceControl)?,
            rcps: self.levels(fields, "rcps", PolicyKind::ResourceControl)?,
            endpoint: self.list(fields, "vpc_endpoint_policies", PolicyKind::Endpoint)?,
            settings: settings(fields)?,
        })
    }

    fn list(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        kind: PolicyKind,
    ) -> Result<Vec<Policy>, String> {
        let policies = list(fields, name)?.iter().enumerate();
        let named = policies.map(|(index, json)| (json, (index + 1).to_string()));
        Ok(named.filter_map(|(json, name)| self.policy(json, kind, name)).collect())
    }

    fn levels(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        kind: PolicyKind,
    ) -> Result<Vec<Level>, String> {
        let read = |level: &Value| {
            let fields = level.as_object().ok_or_else(|| format!("`{name}` holds no levels"))?;
            let policies = self.list(fields, "policies", kind)?;
            Ok(Level { name: text(fields, "level")?.unwrap_or("level").to_owned(), policies })
        };
        list(fields, name)?.iter().map(read).collect()
    }

    /// A policy is an object, or its text.
    fn policy(&mut self, json: &Value, kind: PolicyKind, name: String) -> Option<Policy> {
        let text = match json {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match Document::parse(&text) {
            Ok(document) => Some(Policy::new(kind, name, Arc::new(document))),
            Err(error) => {
                self.unreadable.push(format!("{kind} {name} cannot be read: {error}"));
                None
            }
        }
    }
}

fn settings(fields: &Map<String, Value>) -> Result<Settings, String> {
    let Some(json) = fields.get("settings").filter(|settings| !settings.is_null()) else {
        return Ok(Settings::default());
    };
    let settings = json.as_object().ok_or("`settings` is not an object")?;
    let s3 = settings.get("s3").and_then(Value::as_object);
    let nested = |name: &str| s3.and_then(|s3| s3.get(name));
    let block = settings
        .get("s3.blockPublicAccess")
        .or_else(|| settings.get("blockPublicAccess"))
        .or_else(|| nested("blockPublicAccess"));
    let abac = settings
        .get("bucketAbacEnabled")
        .or_else(|| settings.get("s3.bucketAbacEnabled"))
        .or_else(|| nested("bucketAbacEnabled"));
    Ok(Settings {
        principal_account_is_management_account: boolean(
            settings,
            "principal_account_is_management_account",
        )?,
        resource_account_is_management_account: boolean(
            settings,
            "resource_account_is_management_account",
        )?,
        principal_is_service_linked_role: boolean(settings, "principal_is_service_linked_role")?,
        public_access_block: block.map(public_access_block).unwrap_or_default(),
        bucket_abac_enabled: abac.and_then(Value::as_bool),
    })
}

/// One boolean for all four switches, an object of switches in any case, or several of these
/// (bucket and account), of which the most restrictive counts.
fn public_access_block(json: &Value) -> PublicAccessBlock {
    let on = |name: &str| switch(json, name);
    PublicAccessBlock {
        block_public_acls: on("blockpublicacls"),
        ignore_public_acls: on("ignorepublicacls"),
        block_public_policy: on("blockpublicpolicy"),
        restrict_public_buckets: on("restrictpublicbuckets"),
    }
}

fn switch(json: &Value, name: &str) -> bool {
    match json {
        Value::Bool(all) => *all,
        Value::Array(several) => several.iter().any(|one| switch(one, name)),
        Value::Object(fields) => fields.iter().any(|(field, value)| match value {
            Value::Bool(on) => *on && field.to_lowercase().replace('_', "") == name,
            inner => switch(inner, name),
        }),
        _ => false,
    }
}

fn object<'v>(
    fields: &'v Map<String, Value>,
    name: &str,
) -> Result<&'v Map<String, Value>, String> {
    let value = fields.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
    value.as_object().ok_or_else(|| format!("`{name}` is not an object"))
}

fn list<'v>(fields: &'v Map<String, Value>, name: &str) -> Result<&'v [Value], String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(values)) => Ok(values),
        Some(_) => Err(format!("`{name}` is not a list")),
    }
}

fn text<'v>(fields: &'v Map<String, Value>, name: &str) -> Result<Option<&'v str>, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{name}` is not a text")),
    }
}

fn boolean(fields: &Map<String, Value>, name: &str) -> Result<bool, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(truth)) => Ok(*truth),
        Some(_) => Err(format!("`{name}` is not true or false")),
    }
}

fn account(fields: &Map<String, Value>, name: &str) -> Result<Option<names::AccountId>, String> {
    let digits = text(fields, name)?;
    digits
        .map(|digits| digits.parse().map_err(|_| format!("`{name}` is no account id")))
        .transpose()
}
