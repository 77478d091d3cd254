//! Trusted access of AWS services, and the member accounts that administer them.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::account::{self, AccountView};
use super::common::{Done, Paging, managing, on, reading};
use super::faults;
use super::state::{Organization, records};

/// Delegated administrators of one service ("Quotas for AWS Organizations"; the services' own
/// numbers are lower).
const MAX_FOR_SERVICE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ServiceInput {
    service_principal: String,
}

/// An action that may be limited to services.
pub(super) fn on_service(action: &str, input: &ServiceInput) -> Result<Access, Fault> {
    let check = Check::on_everything(&format!("organizations:{action}"))
        .with("organizations:ServicePrincipal", input.service_principal.clone());
    Ok(Access::to(check))
}

fn check_service(name: &str) -> Result<(), Fault> {
    if name.ends_with(".amazonaws.com") {
        return Ok(());
    }
    let text = "You specified an unrecognized service principal.";
    Err(faults::invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", text))
}

pub(super) fn enable(cx: &mut Cx, input: ServiceInput) -> Result<Done, Fault> {
    let mut organization = managing(cx)?;
    check_service(&input.service_principal)?;
    let now = cx.now();
    organization.services.entry(input.service_principal).or_insert(now);
    records::put_organization(cx, &organization)?;
    Ok(Done {})
}

pub(super) fn disable(cx: &mut Cx, input: ServiceInput) -> Result<Done, Fault> {
    let mut organization = managing(cx)?;
    check_service(&input.service_principal)?;
    let delegated = organization.delegated.values();
    if delegated.clone().any(|services| services.contains_key(&input.service_principal)) {
        let text = "You can't disable the service while an account administers it.";
        let reason = "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE";
        return Err(faults::constraint(reason, text));
    }
    organization.services.remove(&input.service_principal);
    records::put_organization(cx, &organization)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EnabledService {
    service_principal: String,
    date_enabled: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EnabledServices {
    enabled_service_principals: Vec<EnabledService>,
    next_token: Option<String>,
}

pub(super) fn list_services(cx: &Cx, input: Paging) -> Result<EnabledServices, Fault> {
    let organization = reading(cx)?;
    let all: Vec<_> = organization.services.into_iter().collect();
    let (page, next_token) = input.cut(all, |(name, _)| name.clone())?;
    let view = |(service_principal, since): (String, chrono::DateTime<chrono::Utc>)| {
        EnabledService { service_principal, date_enabled: since.timestamp() }
    };
    let enabled_service_principals = page.into_iter().map(view).collect();
    Ok(EnabledServices { enabled_service_principals, next_token })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DelegateInput {
    account_id: String,
    service_principal: String,
}

pub(super) fn delegate_access(
    cx: &Cx,
    action: &str,
    input: &DelegateInput,
) -> Result<Access, Fault> {
    on(cx, action, &input.account_id)
}

/// The organization, once the account may have the service at all.
fn checked(cx: &Cx, input: &DelegateInput) -> Result<Organization, Fault> {
    let organization = managing(cx)?;
    check_service(&input.service_principal)?;
    let member = account::find(cx, &organization, &input.account_id)?;
    if member.account == organization.management {
        let text = "You cannot register master account/yourself as delegated administrator for \
                    your organization.";
        let reason = "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR";
        return Err(faults::constraint(reason, text));
    }
    Ok(organization)
}

pub(super) fn register(cx: &mut Cx, input: DelegateInput) -> Result<Done, Fault> {
    let mut organization = checked(cx, &input)?;
    let service = input.service_principal;
    let now = cx.now();
    let holders = organization.delegated.values().filter(|known| known.contains_key(&service));
    if holders.count() >= MAX_FOR_SERVICE {
        let text = "You have exceeded the number of delegated administrators for the service.";
        let reason = "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED";
        return Err(faults::constraint(reason, text));
    }
    // Registering an administrator gives the service trusted access.
    organization.services.entry(service.clone()).or_insert(now);
    let services = organization.delegated.entry(input.account_id).or_default();
    if services.insert(service, now).is_some() {
        let text = "The provided account is already a delegated administrator for your \
                    organization.";
        return Err(faults::state("AccountAlreadyRegisteredException", text));
    }
    records::put_organization(cx, &organization)?;
    Ok(Done {})
}

pub(super) fn deregister(cx: &mut Cx, input: DelegateInput) -> Result<Done, Fault> {
    let mut organization = checked(cx, &input)?;
    let services = organization.delegated.get_mut(&input.account_id);
    if services.and_then(|known| known.remove(&input.service_principal)).is_none() {
        let text = "The provided account is not a registered delegated administrator for your \
                    organization.";
        return Err(faults::state("AccountNotRegisteredException", text));
    }
    organization.delegated.retain(|_, services| !services.is_empty());
    records::put_organization(cx, &organization)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdministratorsInput {
    service_principal: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Administrator {
    #[serde(flatten)]
    account: AccountView,
    delegation_enabled_date: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Administrators {
    delegated_administrators: Vec<Administrator>,
    next_token: Option<String>,
}

pub(super) fn administrators(cx: &Cx, input: AdministratorsInput) -> Result<Administrators, Fault> {
    let organization = reading(cx)?;
    let mut all = Vec::new();
    for (id, services) in &organization.delegated {
        let asked = input.service_principal.as_ref();
        if asked.is_none_or(|service| services.contains_key(service)) {
            let member = account::find(cx, &organization, id)?;
            let since = services.values().min().map(chrono::DateTime::timestamp);
            let account = account::view(cx, &organization, &member)?;
            all.push(Administrator { account, delegation_enabled_date: since });
        }
    }
    let (delegated_administrators, next_token) = input.paging.cut(all, |a| a.account.id.clone())?;
    Ok(Administrators { delegated_administrators, next_token })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfAccountInput {
    pub(super) account_id: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Delegated {
    service_principal: String,
    delegation_enabled_date: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DelegatedServices {
    delegated_services: Vec<Delegated>,
    next_token: Option<String>,
}

pub(super) fn services_of(cx: &Cx, input: OfAccountInput) -> Result<DelegatedServices, Fault> {
    let organization = reading(cx)?;
    account::find(cx, &organization, &input.account_id)?;
    let Some(services) = organization.delegated.get(&input.account_id) else {
        let text = "The provided account is not a registered delegated administrator for your \
                    organization.";
        return Err(faults::state("AccountNotRegisteredException", text));
    };
    let view = |(service, since): (&String, &chrono::DateTime<chrono::Utc>)| Delegated {
        service_principal: service.clone(),
        delegation_enabled_date: since.timestamp(),
    };
    let all = services.iter().map(view).collect();
    let (delegated_services, next_token) =
        input.paging.cut(all, |service: &Delegated| service.service_principal.clone())?;
    Ok(DelegatedServices { delegated_services, next_token })
}
