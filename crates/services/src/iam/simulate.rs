//! The policy simulator: SimulatePrincipalPolicy, SimulateCustomPolicy, and the context keys that
//! policies ask for ("Testing IAM policies with the IAM policy simulator", IAM User Guide).
//!
//! The verdicts are the policy engine's, over the very policies that count when the principal
//! calls. Keys that follow from who the caller is are filled in, as a real call has them; every
//! other key is the caller's to give. The decisions themselves are in `run.rs`.

mod run;
mod source;

use gateway::{Access, Check, Cx, Fault};
use names::Arn;
use policy::Document;
use serde::{Deserialize, Serialize};

use super::common::{Page, Paging};
use run::Evaluation;
pub(super) use source::{Source, entity_arn};

/// What both simulations ask.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Question {
    action_names: Vec<String>,
    #[serde(default)]
    resource_arns: Vec<String>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
    caller_arn: Option<String>,
    #[serde(default)]
    context_entries: Vec<ContextEntry>,
    #[serde(default)]
    permissions_boundary_policy_input_list: Vec<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// The type is what the values are read as by the condition that asks for the key.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextEntry {
    context_key_name: Option<String>,
    #[serde(default)]
    context_key_values: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SimulateAnswer {
    evaluation_results: Vec<Evaluation>,
    #[serde(flatten)]
    page: Page,
}

fn invalid(text: impl Into<String>) -> Fault {
    Fault::new("InvalidInput", text.into()).status(400)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PrincipalInput {
    policy_source_arn: String,
    #[serde(default)]
    policy_input_list: Vec<String>,
    #[serde(flatten)]
    question: Question,
}

fn on_source(action: &str, arn: &str) -> Result<Access, Fault> {
    let arn: Arn = source::entity_arn(arn)?;
    let account = arn.account.clone();
    let check = Check::new(action, arn);
    Ok(Access::to(match account {
        Some(account) => check.owned_by(&account),
        None => check,
    }))
}

pub(super) fn principal_access(_: &Cx, input: &PrincipalInput) -> Result<Access, Fault> {
    on_source("iam:SimulatePrincipalPolicy", &input.policy_source_arn)
}

pub(super) fn principal(cx: &Cx, input: PrincipalInput) -> Result<SimulateAnswer, Fault> {
    let mut source = Source::of_entity(cx, &input.policy_source_arn)?;
    source.add("PolicyInputList", &input.policy_input_list)?;
    answer(cx, source, input.question)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CustomInput {
    policy_input_list: Vec<String>,
    #[serde(flatten)]
    question: Question,
}

pub(super) fn custom_access(_: &Cx, _: &CustomInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("iam:SimulateCustomPolicy")))
}

pub(super) fn custom(cx: &Cx, input: CustomInput) -> Result<SimulateAnswer, Fault> {
    let mut source = Source::of_nobody(cx)?;
    source.add("PolicyInputList", &input.policy_input_list)?;
    answer(cx, source, input.question)
}

/// Every action on every resource, in the order given; what is on the page is decided on.
fn answer(cx: &Cx, mut source: Source, question: Question) -> Result<SimulateAnswer, Fault> {
    if let Some(bad) = question.action_names.iter().find(|name| !name.contains(':')) {
        return Err(invalid(format!("Invalid action name: {bad}")));
    }
    source.bound_by(&question.permissions_boundary_policy_input_list)?;
    source.called_by(cx, question.caller_arn.as_deref(), question.resource_policy.is_some())?;
    for entry in &question.context_entries {
        if let Some(name) = &entry.context_key_name {
            source.context.insert(name.clone(), entry.context_key_values.clone());
        }
    }
    let everything = ["*".to_owned()];
    let resources =
        if question.resource_arns.is_empty() { &everything[..] } else { &question.resource_arns };
    let pairs = question.action_names.iter().flat_map(|action| {
        resources.iter().map(move |resource| (action.as_str(), resource.as_str()))
    });
    let numbered = pairs.enumerate().map(|(n, pair)| (format!("{n:06}"), pair)).collect();
    let (page, next) = question.paging.cut(numbered, |(n, _)| n);
    let policy = question.resource_policy.as_deref();
    let asked = run::Asked::new(&source, policy, question.resource_owner.as_deref())?;
    let evaluation_results =
        page.into_iter().map(|(_, (action, resource))| asked.decide(action, resource)).collect();
    Ok(SimulateAnswer { evaluation_results, page: next })
}

/// A policy given as text, or the refusal of a text that is none.
fn parse(text: &str) -> Result<Document, Fault> {
    Document::parse(text).map_err(|error| invalid(format!("Invalid policy: {error}")))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeysAnswer {
    context_key_names: Vec<String>,
}

fn keys_of<'d>(documents: impl Iterator<Item = &'d Document>) -> KeysAnswer {
    let mut names: Vec<String> = Vec::new();
    for key in documents.flat_map(Document::context_keys) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&key)) {
            names.push(key);
        }
    }
    KeysAnswer { context_key_names: names }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CustomKeysInput {
    policy_input_list: Vec<String>,
}

pub(super) fn custom_keys_access(_: &Cx, _: &CustomKeysInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("iam:GetContextKeysForCustomPolicy")))
}

pub(super) fn custom_keys(_: &Cx, input: CustomKeysInput) -> Result<KeysAnswer, Fault> {
    let documents: Vec<Document> =
        input.policy_input_list.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    Ok(keys_of(documents.iter()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PrincipalKeysInput {
    policy_source_arn: String,
    #[serde(default)]
    policy_input_list: Vec<String>,
}

pub(super) fn principal_keys_access(_: &Cx, input: &PrincipalKeysInput) -> Result<Access, Fault> {
    on_source("iam:GetContextKeysForPrincipalPolicy", &input.policy_source_arn)
}

pub(super) fn principal_keys(cx: &Cx, input: PrincipalKeysInput) -> Result<KeysAnswer, Fault> {
    let mut source = Source::of_entity(cx, &input.policy_source_arn)?;
    source.add("PolicyInputList", &input.policy_input_list)?;
    let policies = source.identity.iter().chain(&source.boundaries);
    Ok(keys_of(policies.map(|policy| policy.document.as_ref())))
}
