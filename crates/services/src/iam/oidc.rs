//! OpenID Connect providers: which issuers an account believes, and for which audiences.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::common::{Done, Tag, iam_arn, limit, on_all, shown};
use super::entity::Entity;
use super::managed::parsed;
use super::tagging::{self, Tagged};
use crate::identity::{OidcProviderRecord, oidc_providers};

/// Providers an account may have, audiences and thumbprints one may have (IAM quotas).
const MAX_PROVIDERS: usize = 100;
const MAX_CLIENT_IDS: usize = 100;
const MAX_THUMBPRINTS: usize = 5;

impl Entity for OidcProviderRecord {
    const NOUN: &'static str = "OpenIDConnectProvider";
    const CALLED: &'static str = "OpenIDConnect provider";

    fn known(cx: &Cx, arn: &str) -> Result<Option<Self>, Fault> {
        let parsed = parsed(arn)?;
        let Some(account) = parsed.account else { return Ok(None) };
        let Some(issuer) = parsed.resource.strip_prefix("oidc-provider/") else { return Ok(None) };
        oidc_providers::get(cx, &account, issuer)
    }

    fn arn(&self) -> Arn {
        OidcProviderRecord::arn(self)
    }

    fn arn_if_absent(account: &AccountId, arn: &str) -> Arn {
        arn.parse().unwrap_or_else(|_| iam_arn(account, "oidc-provider/*"))
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        oidc_providers::put(cx, &self.account, self)
    }

    fn absent(arn: &str) -> Fault {
        let text = format!("OpenIDConnect Provider not found for arn {arn}");
        Fault::new("NoSuchEntity", text).status(404)
    }

    fn tags_of(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.tags)
    }
}

impl Tagged for OidcProviderRecord {
    fn tags(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.tags
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    url: String,
    #[serde(default, rename = "ClientIDList")]
    client_ids: Vec<String>,
    #[serde(default)]
    thumbprint_list: Vec<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Serialize)]
pub(super) struct CreateAnswer {
    #[serde(rename = "OpenIDConnectProviderArn")]
    arn: String,
    #[serde(rename = "Tags")]
    tags: Option<Vec<Tag>>,
}

/// The URL without `https://`; the scheme is required, a query and a port are refused
/// (CreateOpenIDConnectProvider, IAM API Reference).
fn issuer(url: &str) -> Result<String, Fault> {
    let issuer = url.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
    let fits = |issuer: &&str| !issuer.is_empty() && !issuer.contains(['?', '#', ':', ' ']);
    let text = "Invalid Open ID Connect Provider URL";
    let invalid = || Fault::new("ValidationError", text).status(400);
    issuer.filter(fits).map(str::to_owned).ok_or_else(invalid)
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), Fault> {
    if thumbprints.len() > MAX_THUMBPRINTS {
        let text = "Thumbprint list must contain fewer than 5 entries.";
        return Err(Fault::new("InvalidInput", text).status(400));
    }
    Ok(())
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let arn = iam_arn(cx.account()?, format!("oidc-provider/{}", issuer(&input.url)?));
    let check = Check::new("iam:CreateOpenIDConnectProvider", arn);
    Ok(Access::to(tagging::asking_for(check, &input.tags)))
}

/// Without thumbprints AWS fetches the issuer's certificate; offline the list stays empty.
pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<CreateAnswer, Fault> {
    let account = cx.account()?.clone();
    let issuer = issuer(&input.url)?;
    if oidc_providers::get(cx, &account, &issuer)?.is_some() {
        let text = format!("Provider with url https://{issuer} already exists.");
        return Err(Fault::new("EntityAlreadyExists", text).status(409));
    }
    check_thumbprints(&input.thumbprint_list)?;
    if input.client_ids.len() > MAX_CLIENT_IDS {
        return Err(limit("ClientIdsPerOpenIdConnectProvider", MAX_CLIENT_IDS));
    }
    if oidc_providers::list(cx, &account)?.len() >= MAX_PROVIDERS {
        return Err(limit("OpenIdConnectProvidersPerAccount", MAX_PROVIDERS));
    }
    let mut client_ids = Vec::new();
    for id in input.client_ids {
        if !client_ids.contains(&id) {
            client_ids.push(id);
        }
    }
    let provider = OidcProviderRecord {
        account,
        issuer,
        client_ids,
        thumbprints: input.thumbprint_list,
        created: cx.now(),
        tags: tagging::of_new::<OidcProviderRecord>(input.tags)?,
    };
    provider.save(cx)?;
    Ok(CreateAnswer { arn: provider.arn().to_string(), tags: shown(&provider.tags) })
}

#[derive(Deserialize)]
pub(super) struct ByArn {
    #[serde(rename = "OpenIDConnectProviderArn")]
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    url: String,
    #[serde(rename = "ClientIDList")]
    client_ids: Vec<String>,
    thumbprint_list: Vec<String>,
    create_date: i64,
    tags: Option<Vec<Tag>>,
}

pub(super) fn get_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    OidcProviderRecord::access(cx, "iam:GetOpenIDConnectProvider", &input.arn)
}

pub(super) fn get(cx: &Cx, input: ByArn) -> Result<GetAnswer, Fault> {
    let provider = OidcProviderRecord::find(cx, &input.arn)?;
    Ok(GetAnswer {
        tags: shown(&provider.tags),
        url: provider.issuer,
        client_ids: provider.client_ids,
        thumbprint_list: provider.thumbprints,
        create_date: provider.created.timestamp(),
    })
}

pub(super) fn delete_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    OidcProviderRecord::access(cx, "iam:DeleteOpenIDConnectProvider", &input.arn)
}

pub(super) fn delete(cx: &mut Cx, input: ByArn) -> Result<Done, Fault> {
    let provider = OidcProviderRecord::find(cx, &input.arn)?;
    oidc_providers::delete(cx, &provider.account, &provider.issuer)?;
    Ok(Done {})
}

#[derive(Deserialize)]
pub(super) struct ListInput {}

#[derive(Serialize)]
pub(super) struct ListAnswer {
    #[serde(rename = "OpenIDConnectProviderList")]
    providers: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    arn: String,
}

pub(super) fn list_access(cx: &Cx, _: &ListInput) -> Result<Access, Fault> {
    on_all(cx, "iam:ListOpenIDConnectProviders", "oidc-provider", "/*")
}

pub(super) fn list(cx: &Cx, _: ListInput) -> Result<ListAnswer, Fault> {
    let all = oidc_providers::list(cx, cx.account()?)?;
    let entry = |provider: OidcProviderRecord| Entry { arn: provider.arn().to_string() };
    Ok(ListAnswer { providers: all.into_iter().map(entry).collect() })
}

#[derive(Deserialize)]
pub(super) struct ClientInput {
    #[serde(rename = "OpenIDConnectProviderArn")]
    arn: String,
    #[serde(rename = "ClientID")]
    client_id: String,
}

pub(super) fn add_client_access(cx: &Cx, input: &ClientInput) -> Result<Access, Fault> {
    OidcProviderRecord::access(cx, "iam:AddClientIDToOpenIDConnectProvider", &input.arn)
}

/// Adding one a second time is no error.
pub(super) fn add_client(cx: &mut Cx, input: ClientInput) -> Result<Done, Fault> {
    let mut provider = OidcProviderRecord::find(cx, &input.arn)?;
    if !provider.client_ids.contains(&input.client_id) {
        if provider.client_ids.len() >= MAX_CLIENT_IDS {
            return Err(limit("ClientIdsPerOpenIdConnectProvider", MAX_CLIENT_IDS));
        }
        provider.client_ids.push(input.client_id);
        provider.save(cx)?;
    }
    Ok(Done {})
}

pub(super) fn remove_client_access(cx: &Cx, input: &ClientInput) -> Result<Access, Fault> {
    OidcProviderRecord::access(cx, "iam:RemoveClientIDFromOpenIDConnectProvider", &input.arn)
}

/// Removing one that is not there is no error.
pub(super) fn remove_client(cx: &mut Cx, input: ClientInput) -> Result<Done, Fault> {
    let mut provider = OidcProviderRecord::find(cx, &input.arn)?;
    provider.client_ids.retain(|known| *known != input.client_id);
    provider.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
pub(super) struct ThumbprintsInput {
    #[serde(rename = "OpenIDConnectProviderArn")]
    arn: String,
    #[serde(rename = "ThumbprintList")]
    thumbprints: Vec<String>,
}

pub(super) fn thumbprints_access(cx: &Cx, input: &ThumbprintsInput) -> Result<Access, Fault> {
    OidcProviderRecord::access(cx, "iam:UpdateOpenIDConnectProviderThumbprint", &input.arn)
}

pub(super) fn update_thumbprints(cx: &mut Cx, input: ThumbprintsInput) -> Result<Done, Fault> {
    let mut provider = OidcProviderRecord::find(cx, &input.arn)?;
    check_thumbprints(&input.thumbprints)?;
    provider.thumbprints = input.thumbprints;
    provider.save(cx)?;
    Ok(Done {})
}
