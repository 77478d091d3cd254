//! What an explanation says, read leniently: the document of `--json`, a decoded message of a
//! platform of another version, or one of AWS, which says less.
//!
//! Start at [`View::read`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// An explanation to be shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct View {
    pub answer: Option<String>,
    pub allowed: bool,
    pub said: String,
    pub because: String,
    pub request: Request,
    pub consulted: Vec<Policy>,
    pub deciding: Vec<Place>,
    pub blockers: Vec<Blocker>,
    pub fixes: Vec<Fix>,
    pub needs: Vec<Need>,
    pub unread: Vec<Unread>,
    pub notes: Vec<String>,
    /// AWS's own words for it, where the message is AWS's.
    #[serde(rename = "matchedStatements")]
    matched: Value,
    context: Value,
    #[serde(rename = "explicitDeny")]
    explicit_deny: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request {
    pub principal: Principal,
    pub action: String,
    pub resource: String,
    pub resource_account: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Principal {
    pub arn: Option<String>,
    pub account: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Policy {
    pub kind: String,
    pub policy: String,
    pub level: Option<String>,
    pub counts: Option<bool>,
    pub statements: Vec<Statement>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Statement {
    pub statement: usize,
    pub sid: Option<String>,
    pub line: usize,
    pub effect: String,
    pub applies: bool,
    pub action: bool,
    pub resource: bool,
    pub principal: Option<String>,
    pub conditions: Vec<Condition>,
    pub quote: Option<String>,
    #[serde(skip)]
    decides: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    pub operator: String,
    pub key: String,
    pub wanted: Vec<String>,
    pub found: Option<Vec<String>>,
    pub holds: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Place {
    pub policy: String,
    pub level: Option<String>,
    pub statement: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Blocker {
    pub reason: String,
    pub explicit: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fix {
    pub policy: Option<String>,
    pub level: Option<String>,
    pub statement: Option<usize>,
    pub sentence: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Need {
    pub key: String,
    pub compared_with: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Unread {
    pub what: String,
    pub why: String,
}

impl View {
    /// What the document says; members that are missing or of another form are left out.
    pub fn read(document: &Value) -> Self {
        let whole = serde_json::from_value(document.clone());
        let mut view: Self = whole.unwrap_or_else(|_| Self {
            allowed: document.get("allowed").and_then(Value::as_bool).unwrap_or(false),
            because: document.to_string(),
            ..Self::default()
        });
        if view.request.action.is_empty() {
            view.take_aws_form();
        }
        view
    }

    /// `allowed`, `denied` or `undecided`.
    pub fn verdict(&self) -> &str {
        match &self.answer {
            Some(answer) => answer,
            None if self.allowed => "allowed",
            None => "denied",
        }
    }

    /// The exit status: 0 allowed, 2 denied, 1 not decided.
    pub fn exit(&self) -> u8 {
        match self.verdict() {
            "allowed" => 0,
            "denied" => 2,
            _ => 1,
        }
    }

    /// Whether a statement decides or would have to change.
    pub fn is_marked(&self, policy: &Policy, number: usize) -> bool {
        let same = |name: &str, level: &Option<String>, statement: Option<usize>| {
            name == policy.policy && *level == policy.level && statement == Some(number)
        };
        let told = policy.statements.iter().any(|one| one.statement == number && one.decides);
        told || self.deciding.iter().any(|one| same(&one.policy, &one.level, one.statement))
            || self.fixes.iter().any(|fix| {
                !self.allowed
                    && fix.policy.as_deref().is_some_and(|it| same(it, &fix.level, fix.statement))
            })
    }

    /// The form in "DecodeAuthorizationMessage" (STS API Reference): who asked for what, and the
    /// statements that matched.
    fn take_aws_form(&mut self) {
        let text = |pointer: &str| {
            self.context.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let arn = text("/principal/arn");
        let account = arn.split(':').nth(4).map(str::to_owned);
        let (action, resource) = (text("/action"), text("/resource"));
        self.request = Request {
            principal: Principal { arn: Some(arn), account },
            action,
            resource,
            resource_account: None,
        };
        if self.because.is_empty() && !self.allowed {
            let explicit = "a statement denies it";
            let implicit = "no statement allows it";
            self.because = if self.explicit_deny { explicit } else { implicit }.to_owned();
        }
        let matched = self.matched.pointer("/items").and_then(Value::as_array);
        for (index, statement) in matched.into_iter().flatten().enumerate() {
            self.consulted.push(matched_statement(index + 1, statement));
        }
    }
}

fn matched_statement(number: usize, statement: &Value) -> Policy {
    let text = |name: &str| statement.get(name).and_then(Value::as_str).map(str::to_owned);
    let effect = text("effect").unwrap_or_default();
    let title = if effect.eq_ignore_ascii_case("deny") { "Deny" } else { "Allow" };
    Policy {
        policy: text("sourcePolicyId").unwrap_or_else(|| "matched statement".to_owned()),
        statements: vec![Statement {
            statement: number,
            sid: text("statementId").filter(|sid| !sid.is_empty()),
            effect: title.to_owned(),
            applies: true,
            action: true,
            resource: true,
            quote: Some(statement.to_string()),
            // The whole statement is the only thing that AWS tells.
            decides: true,
            ..Statement::default()
        }],
        ..Policy::default()
    }
}

/// Names of accounts, for people.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// The first name of an account counts.
    pub fn new<'n>(pairs: impl Iterator<Item = (&'n str, &'n str)>) -> Self {
        let mut names = BTreeMap::new();
        for (account, name) in pairs {
            names.entry(account.to_owned()).or_insert_with(|| name.to_owned());
        }
        Self(names)
    }

    /// Such as `prod 111111111111`.
    pub fn of(&self, account: &str) -> String {
        match self.0.get(account) {
            Some(name) => format!("{name} {account}"),
            None => format!("account {account}"),
        }
    }
}

/// The members of a quoted statement, one a line, without what is said elsewhere.
pub fn members(quote: &str) -> Vec<(String, String)> {
    let statement: Map<String, Value> = serde_json::from_str(quote).unwrap_or_default();
    let said = |name: &String| name != "Sid" && name != "Effect";
    statement
        .iter()
        .filter(|(name, _)| said(name))
        .map(|(name, value)| (name.clone(), shortened(value)))
        .collect()
}

/// A value on one line; of long lists the beginning.
fn shortened(value: &Value) -> String {
    const MOST: usize = 4;
    match value {
        Value::Array(items) if items.len() > MOST => {
            let first: Vec<String> = items.iter().take(MOST).map(Value::to_string).collect();
            format!("[{}, … {} more]", first.join(", "), items.len() - MOST)
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let pairs =
                members.iter().map(|(name, value)| format!("\"{name}\": {}", shortened(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
