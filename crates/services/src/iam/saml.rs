//! SAML providers as records: their metadata documents and keys. Nothing here reads assertions.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::common::{Done, Tag, iam_arn, limit, on_all, shown};
use super::entity::Entity;
use super::managed::parsed;
use super::tagging::{self, Tagged};
use crate::identity::{SamlProviderRecord, saml_providers};

/// Providers an account may have, and private keys one may have (IAM quotas).
const MAX_PROVIDERS: usize = 100;
const MAX_KEYS: usize = 2;
/// Days that a provider is valid for when its metadata does not say.
const VALID_DAYS: i64 = 36_500;
const UUID_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Entity for SamlProviderRecord {
    const NOUN: &'static str = "SAMLProvider";
    const CALLED: &'static str = "SAML provider";

    fn known(cx: &Cx, arn: &str) -> Result<Option<Self>, Fault> {
        let parsed = parsed(arn)?;
        let Some(account) = parsed.account else { return Ok(None) };
        let Some(name) = parsed.resource.strip_prefix("saml-provider/") else { return Ok(None) };
        saml_providers::get(cx, &account, name)
    }

    fn arn(&self) -> Arn {
        SamlProviderRecord::arn(self)
    }

    fn arn_if_absent(account: &AccountId, arn: &str) -> Arn {
        arn.parse().unwrap_or_else(|_| iam_arn(account, "saml-provider/*"))
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        saml_providers::put(cx, &self.account, self)
    }

    fn absent(arn: &str) -> Fault {
        Fault::new("NoSuchEntity", format!("Manifest not found for arn {arn}")).status(404)
    }

    fn tags_of(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.tags)
    }
}

impl Tagged for SamlProviderRecord {
    fn tags(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.tags
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    name: String,
    #[serde(rename = "SAMLMetadataDocument")]
    metadata: String,
    assertion_encryption_mode: Option<String>,
    add_private_key: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Serialize)]
pub(super) struct ArnAnswer {
    #[serde(rename = "SAMLProviderArn")]
    arn: String,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<Tag>>,
}

fn invalid(text: &str) -> Fault {
    Fault::new("InvalidInput", text).status(400)
}

/// Metadata is looked at no further than this, as nothing here verifies assertions.
fn check_metadata(metadata: &str) -> Result<(), Fault> {
    let is_xml = metadata.trim_start().starts_with('<') && metadata.trim_end().ends_with('>');
    if is_xml && metadata.contains("EntityDescriptor") {
        return Ok(());
    }
    Err(invalid("Could not parse metadata"))
}

/// `validUntil` of the metadata, or a hundred years.
fn valid_until(metadata: &str, now: DateTime<Utc>) -> DateTime<Utc> {
    let said = metadata.split_once("validUntil=").and_then(|(_, rest)| {
        let quote = rest.chars().next()?;
        let text = rest.get(1..)?.split(quote).next()?;
        DateTime::parse_from_rfc3339(text).ok()
    });
    said.map_or_else(|| now + Duration::days(VALID_DAYS), |at| at.to_utc())
}

impl SamlProviderRecord {
    fn add_key(&mut self, cx: &Cx, pem: &str) -> Result<(), Fault> {
        if self.keys.len() >= MAX_KEYS {
            return Err(limit("PrivateKeysPerSAMLProvider", MAX_KEYS));
        }
        if !pem.contains("PRIVATE KEY-----") {
            return Err(invalid("Invalid private key"));
        }
        let id = cx.world().text(UUID_ALPHABET, 22);
        let sealed = cx.seal().seal(&format!("saml key {id}"), pem.as_bytes())?;
        self.keys.push((id, cx.now(), sealed));
        Ok(())
    }

    fn check_encryption(&self) -> Result<(), Fault> {
        if self.encryption.is_some() && self.keys.is_empty() {
            return Err(invalid("Encrypted assertions need a private key"));
        }
        Ok(())
    }
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let arn = iam_arn(cx.account()?, format!("saml-provider/{}", input.name));
    let check = Check::new("iam:CreateSAMLProvider", arn);
    Ok(Access::to(tagging::asking_for(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<ArnAnswer, Fault> {
    let account = cx.account()?.clone();
    if saml_providers::get(cx, &account, &input.name)?.is_some() {
        let text = format!("Provider with name {} already exists.", input.name);
        return Err(Fault::new("EntityAlreadyExists", text).status(409));
    }
    check_metadata(&input.metadata)?;
    if saml_providers::list(cx, &account)?.len() >= MAX_PROVIDERS {
        return Err(limit("SAMLProvidersPerAccount", MAX_PROVIDERS));
    }
    let mut provider = SamlProviderRecord {
        account,
        uuid: cx.world().text(UUID_ALPHABET, 22),
        name: input.name,
        created: cx.now(),
        valid_until: valid_until(&input.metadata, cx.now()),
        metadata: input.metadata,
        encryption: input.assertion_encryption_mode,
        keys: Vec::new(),
        tags: tagging::of_new::<SamlProviderRecord>(input.tags)?,
    };
    if let Some(pem) = &input.add_private_key {
        provider.add_key(cx, pem)?;
    }
    provider.check_encryption()?;
    provider.save(cx)?;
    Ok(ArnAnswer { arn: provider.arn().to_string(), tags: shown(&provider.tags) })
}

#[derive(Deserialize)]
pub(super) struct ByArn {
    #[serde(rename = "SAMLProviderArn")]
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    #[serde(rename = "SAMLProviderUUID")]
    uuid: String,
    #[serde(rename = "SAMLMetadataDocument")]
    metadata: String,
    create_date: i64,
    valid_until: i64,
    tags: Option<Vec<Tag>>,
    assertion_encryption_mode: Option<String>,
    private_key_list: Option<Vec<KeyView>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyView {
    key_id: String,
    timestamp: i64,
}

pub(super) fn get_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    SamlProviderRecord::access(cx, "iam:GetSAMLProvider", &input.arn)
}

pub(super) fn get(cx: &Cx, input: ByArn) -> Result<GetAnswer, Fault> {
    let provider = SamlProviderRecord::find(cx, &input.arn)?;
    let key = |(id, at, _): &(String, DateTime<Utc>, Vec<u8>)| KeyView {
        key_id: id.clone(),
        timestamp: at.timestamp(),
    };
    let keys: Vec<KeyView> = provider.keys.iter().map(key).collect();
    Ok(GetAnswer {
        private_key_list: (!keys.is_empty()).then_some(keys),
        tags: shown(&provider.tags),
        uuid: provider.uuid,
        metadata: provider.metadata,
        create_date: provider.created.timestamp(),
        valid_until: provider.valid_until.timestamp(),
        assertion_encryption_mode: provider.encryption,
    })
}

pub(super) fn delete_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    SamlProviderRecord::access(cx, "iam:DeleteSAMLProvider", &input.arn)
}

pub(super) fn delete(cx: &mut Cx, input: ByArn) -> Result<Done, Fault> {
    let provider = SamlProviderRecord::find(cx, &input.arn)?;
    saml_providers::delete(cx, &provider.account, &provider.name)?;
    Ok(Done {})
}

#[derive(Deserialize)]
pub(super) struct ListInput {}

#[derive(Serialize)]
pub(super) struct ListAnswer {
    #[serde(rename = "SAMLProviderList")]
    providers: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    arn: String,
    valid_until: i64,
    create_date: i64,
}

pub(super) fn list_access(cx: &Cx, _: &ListInput) -> Result<Access, Fault> {
    on_all(cx, "iam:ListSAMLProviders", "saml-provider", "/*")
}

pub(super) fn list(cx: &Cx, _: ListInput) -> Result<ListAnswer, Fault> {
    let entry = |provider: SamlProviderRecord| Entry {
        arn: provider.arn().to_string(),
        valid_until: provider.valid_until.timestamp(),
        create_date: provider.created.timestamp(),
    };
    let all = saml_providers::list(cx, cx.account()?)?;
    Ok(ListAnswer { providers: all.into_iter().map(entry).collect() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    #[serde(rename = "SAMLProviderArn")]
    arn: String,
    #[serde(rename = "SAMLMetadataDocument")]
    metadata: Option<String>,
    assertion_encryption_mode: Option<String>,
    add_private_key: Option<String>,
    remove_private_key: Option<String>,
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    SamlProviderRecord::access(cx, "iam:UpdateSAMLProvider", &input.arn)
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<ArnAnswer, Fault> {
    let mut provider = SamlProviderRecord::find(cx, &input.arn)?;
    if let Some(metadata) = input.metadata {
        check_metadata(&metadata)?;
        provider.valid_until = valid_until(&metadata, cx.now());
        provider.metadata = metadata;
    }
    if let Some(id) = input.remove_private_key {
        if !provider.keys.iter().any(|(known, ..)| *known == id) {
            return Err(invalid("The private key does not exist"));
        }
        provider.keys.retain(|(known, ..)| *known != id);
    }
    if let Some(pem) = &input.add_private_key {
        provider.add_key(cx, pem)?;
    }
    provider.encryption = input.assertion_encryption_mode.or(provider.encryption);
    provider.check_encryption()?;
    provider.save(cx)?;
    Ok(ArnAnswer { arn: provider.arn().to_string(), tags: None })
}
