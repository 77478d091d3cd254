//! The organization: control policies of every level above the caller and above the resource.
//!
//! Only the management account (and who it delegates to) may read them; everyone may learn that
//! they are there. Start at [`read`].

use names::AccountId;
use policy::{Level, PolicyKind};
use serde_json::json;

use crate::AccessError;
use crate::answer::Unread;
use crate::document;
use crate::gathered::{Gathered, items, text};
use crate::survey::{Outcome, Read, ReadError, Survey};

const TOKEN: (&str, &str) = ("NextToken", "NextToken");

/// An organization as its members see it.
struct Organization {
    id: String,
    management: AccountId,
}

/// Reads SCPs above the caller's account and RCPs above the resource's.
pub(crate) async fn read(
    survey: &Survey,
    caller: Option<&AccountId>,
    owner: Option<&AccountId>,
    gathered: &mut Gathered,
) -> Result<(), AccessError> {
    side(survey, caller, PolicyKind::ServiceControl, gathered).await?;
    side(survey, owner, PolicyKind::ResourceControl, gathered).await
}

async fn side(
    survey: &Survey,
    account: Option<&AccountId>,
    kind: PolicyKind,
    gathered: &mut Gathered,
) -> Result<(), AccessError> {
    let who = if kind == PolicyKind::ServiceControl { "Principal" } else { "Resource" };
    let keys = [format!("aws:{who}OrgID"), format!("aws:{who}OrgPaths")];
    let organization = match account {
        Some(account) => organization_of(survey, account).await?,
        None => Ok(None),
    };
    match (organization, account) {
        (Ok(Some(organization)), Some(account)) => {
            let [id_key, paths_key] = &keys;
            gathered.context.set(id_key, &organization.id);
            let settings = &mut gathered.policies.settings;
            if organization.management == *account {
                match kind {
                    PolicyKind::ServiceControl => {
                        settings.principal_account_is_management_account = true;
                    }
                    _ => settings.resource_account_is_management_account = true,
                }
            }
            levels(survey, &organization, account, kind, paths_key, gathered).await?;
        }
        // Without a session of the account its policies are unread already.
        (Err(ReadError::NoSession(_)), _) => {}
        (Err(error), Some(account)) => {
            gathered.unread.push(unread(kind, account, error.to_string()));
        }
        _ => gathered.absent(keys.iter().map(String::as_str)),
    }
    Ok(())
}

/// The organization of an account; nothing where there is none.
async fn organization_of(survey: &Survey, account: &AccountId) -> Outcome<Option<Organization>> {
    let operation = "DescribeOrganization";
    let call = Read { account, region: None, service: "organizations", operation };
    let answer = match survey.read(&call, json!({})).await? {
        Ok(answer) => answer,
        Err(error) if is_none(&error) => return Ok(Ok(None)),
        Err(error) => return Ok(Err(error)),
    };
    let management = text(&answer, "/Organization/MasterAccountId").map(str::parse);
    Ok(Ok(match (text(&answer, "/Organization/Id"), management) {
        (Some(id), Some(Ok(management))) => Some(Organization { id: id.to_owned(), management }),
        _ => None,
    }))
}

/// Root, organizational units and account, each with what is attached there.
async fn levels(
    survey: &Survey,
    organization: &Organization,
    account: &AccountId,
    kind: PolicyKind,
    paths_key: &str,
    gathered: &mut Gathered,
) -> Result<(), AccessError> {
    let reader = Reader { survey, management: &organization.management };
    let chain = match reader.chain(account).await? {
        Ok(chain) => chain,
        Err(error) => {
            // Control policies do not count for the management account at all.
            if organization.management != *account {
                gathered.unread.push(unread(kind, account, error.to_string()));
            }
            return Ok(());
        }
    };
    let above: Vec<&str> =
        chain.iter().filter(|id| *id != account.as_str()).map(String::as_str).collect();
    gathered.context.insert(paths_key, [format!("{}/{}/", organization.id, above.join("/"))]);
    if organization.management == *account || !reader.is_enabled(kind).await? {
        return Ok(());
    }
    let mut levels = Vec::new();
    for target in &chain {
        match reader.attached(target, kind, gathered).await? {
            Ok(level) => levels.push(level),
            Err(error) => gathered.unread.push(unread(kind, account, error.to_string())),
        }
    }
    match kind {
        PolicyKind::ServiceControl => gathered.policies.scps = levels,
        _ => gathered.policies.rcps = levels,
    }
    Ok(())
}

struct Reader<'a> {
    survey: &'a Survey,
    management: &'a AccountId,
}

impl Reader<'_> {
    fn call<'c>(&'c self, operation: &'c str) -> Read<'c> {
        Read { account: self.management, region: None, service: "organizations", operation }
    }

    /// Ids from the root down to the account.
    async fn chain(&self, account: &AccountId) -> Outcome<Vec<String>> {
        let mut chain = vec![account.to_string()];
        // An organization has at most five levels of units below its root.
        while let Some(child) = chain.last().filter(|id| !id.starts_with("r-")) {
            if chain.len() > 8 {
                break;
            }
            let input = json!({ "ChildId": child });
            let parents = match self.survey.read(&self.call("ListParents"), input).await? {
                Ok(parents) => parents,
                Err(error) => return Ok(Err(error)),
            };
            match text(&parents, "/Parents/0/Id") {
                Some(parent) => chain.push(parent.to_owned()),
                None => break,
            }
        }
        chain.reverse();
        Ok(Ok(chain))
    }

    /// Whether the type of policy is switched on; a type that is off has no effect.
    async fn is_enabled(&self, kind: PolicyKind) -> Result<bool, AccessError> {
        let roots = self.survey.read(&self.call("ListRoots"), json!({})).await?;
        let Ok(roots) = roots else { return Ok(true) };
        let mut types = items(&roots, "/Roots/0/PolicyTypes");
        Ok(types.any(|one| {
            text(one, "/Type") == Some(type_of(kind)) && text(one, "/Status") == Some("ENABLED")
        }))
    }

    async fn attached(
        &self,
        target: &str,
        kind: PolicyKind,
        gathered: &mut Gathered,
    ) -> Outcome<Level> {
        let input = json!({ "TargetId": target, "Filter": type_of(kind) });
        let call = self.call("ListPoliciesForTarget");
        let attached = match self.survey.list(&call, input, "Policies", TOKEN).await? {
            Ok(attached) => attached,
            Err(error) => return Ok(Err(error)),
        };
        let mut policies = Vec::new();
        for summary in &attached {
            let id = text(summary, "/Id").unwrap_or_default();
            let name = text(summary, "/Name").unwrap_or(id);
            let input = json!({ "PolicyId": id });
            let answer = match self.survey.read(&self.call("DescribePolicy"), input).await? {
                Ok(answer) => answer,
                Err(error) => return Ok(Err(error)),
            };
            let content = text(&answer, "/Policy/Content").unwrap_or_default();
            policies.extend(gathered.take(document::read(kind, name, content)));
        }
        Ok(Ok(Level { name: target.to_owned(), policies }))
    }
}

/// There is no organization, or an endpoint that does not know of any.
fn is_none(error: &ReadError) -> bool {
    error.is_unknown_call() || error.code() == Some("AWSOrganizationsNotInUseException")
}

fn type_of(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::ServiceControl => "SERVICE_CONTROL_POLICY",
        _ => "RESOURCE_CONTROL_POLICY",
    }
}

/// Control policies limit and never grant.
fn unread(kind: PolicyKind, account: &AccountId, why: String) -> Unread {
    let what = match kind {
        PolicyKind::ServiceControl => format!("service control policies above account {account}"),
        _ => format!("resource control policies above account {account}"),
    };
    Unread { could_allow: false, ..Unread::policy(kind, what, why) }
}
