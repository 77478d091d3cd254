//! The caller: who it is, and every policy it carries.
//!
//! Start at [`read`].

use names::{AccountId, Arn};
use policy::{Policy, PolicyKind, Principal, PrincipalKind};
use serde_json::{Value, json};

use crate::AccessError;
use crate::answer::Unread;
use crate::document;
use crate::gathered::{Gathered, tags, text};
use crate::question::Subject;
use crate::survey::{Outcome, Read, ReadError, Survey};

/// Reads the caller's policies and keys.
pub(crate) async fn read(
    survey: &Survey,
    subject: &Subject,
    given: &str,
    gathered: &mut Gathered,
) -> Result<Principal, AccessError> {
    let principal = |kind, account: &AccountId, arn: &str, role_arn: Option<String>| Principal {
        kind,
        arn: Some(arn.to_owned()),
        role_arn,
        account: Some(account.clone()),
    };
    Ok(match subject {
        Subject::User { account, name } => {
            let reader = Reader { survey, account, gathered };
            let arn = reader.holder("User", name, given).await?;
            gathered.context.set("aws:username", name);
            user_keys(gathered, account, &arn);
            principal(PrincipalKind::User, account, &arn, None)
        }
        Subject::Role { account, name } => {
            let reader = Reader { survey, account, gathered };
            let arn = reader.holder("Role", name, given).await?;
            role_keys(gathered, account, &arn, None);
            principal(PrincipalKind::Role, account, &arn, None)
        }
        Subject::Session { account, role, session } => {
            let plain = Arn::new("iam", None, Some(account), format!("role/{role}")).to_string();
            let reader = Reader { survey, account, gathered };
            let arn = reader.holder("Role", role, &plain).await?;
            role_keys(gathered, account, &arn, Some(session));
            gathered.notes.push(
                "a session policy given with AssumeRole could narrow this session further"
                    .to_owned(),
            );
            principal(PrincipalKind::Session, account, given, Some(arn))
        }
        Subject::Root { account } => {
            let arn = Arn::new("iam", None, Some(account), "root").to_string();
            account_keys(gathered, account, &arn, "Account");
            gathered.context.set("aws:userid", account.as_str());
            gathered.absent(["aws:PrincipalTag/", "aws:username"]);
            principal(PrincipalKind::Root, account, &arn, None)
        }
        Subject::Service(name) => {
            gathered.context.set("aws:PrincipalIsAWSService", "true");
            gathered.context.set("aws:PrincipalServiceName", name);
            gathered.absent(["aws:PrincipalTag/", "aws:username", "aws:PrincipalArn"]);
            Principal::service(name)
        }
        Subject::Provider { account } => principal(PrincipalKind::Other, account, given, None),
        Subject::Anonymous => {
            gathered.context.set("aws:PrincipalType", "Anonymous");
            gathered.context.set("aws:userid", "anonymous");
            gathered.absent(["aws:PrincipalTag/", "aws:username", "aws:PrincipalArn"]);
            Principal::anonymous()
        }
    })
}

fn account_keys(gathered: &mut Gathered, account: &AccountId, arn: &str, kind: &str) {
    let context = &mut gathered.context;
    context.set("aws:PrincipalArn", arn);
    context.set("aws:PrincipalAccount", account.as_str());
    context.set("aws:PrincipalType", kind);
    context.set("aws:PrincipalIsAWSService", "false");
    gathered.absent(["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"]);
}

fn user_keys(gathered: &mut Gathered, account: &AccountId, arn: &str) {
    account_keys(gathered, account, arn, "User");
    // Only temporary credentials have an issue time.
    gathered.absent(["aws:TokenIssueTime", "aws:SourceIdentity", "aws:FederatedProvider"]);
}

fn role_keys(gathered: &mut Gathered, account: &AccountId, arn: &str, session: Option<&str>) {
    account_keys(gathered, account, arn, "AssumedRole");
    gathered.absent(["aws:username"]);
    let id = gathered.context.single("aws:userid").map(str::to_owned);
    match (id, session) {
        (Some(id), Some(session)) => gathered.context.set("aws:userid", format!("{id}:{session}")),
        _ => gathered.context.remove("aws:userid"),
    }
}

/// Reads from the IAM of one account.
struct Reader<'a> {
    survey: &'a Survey,
    account: &'a AccountId,
    gathered: &'a mut Gathered,
}

impl Reader<'_> {
    fn call<'c>(&'c self, operation: &'c str) -> Read<'c> {
        Read { account: self.account, region: None, service: "iam", operation }
    }

    /// A user or role (`noun` as IAM's operations spell it); gives its ARN with the path.
    async fn holder(mut self, noun: &str, name: &str, given: &str) -> Result<String, AccessError> {
        let found = get(self.survey, self.account, noun, name).await?;
        let lower = noun.to_lowercase();
        let found = match found {
            Ok(found) => found,
            Err(error) if error.is_missing() => {
                return Err(AccessError::Absent { what: format!("{lower} {given}") });
            }
            Err(error) => {
                let what = format!("policies of {lower} {name}");
                let unread = Unread::policy(PolicyKind::Identity, what, error.to_string());
                self.gathered.unread.push(unread);
                return Ok(given.to_owned());
            }
        };
        let member = |member: &str| text(&found, &format!("/{noun}/{member}"));
        let arn = member("Arn").unwrap_or(given).to_owned();
        if member("Path").is_some_and(|path| path.starts_with("/aws-service-role/")) {
            self.gathered.policies.settings.principal_is_service_linked_role = true;
        }
        if let Some(id) = member(&format!("{noun}Id")) {
            self.gathered.context.set("aws:userid", id);
        }
        let tags = tags(&found, &format!("/{noun}/Tags"));
        self.gathered.tags("aws:PrincipalTag", &tags);
        self.boundary(member("PermissionsBoundary/PermissionsBoundaryArn")).await?;
        self.carried(noun, name).await?;
        if noun == "User" {
            self.groups(name).await?;
        }
        Ok(arn)
    }

    async fn boundary(&mut self, arn: Option<&str>) -> Result<(), AccessError> {
        let Some(arn) = arn else { return Ok(()) };
        let read = self.managed(PolicyKind::Boundary, arn).await?;
        let boundary = self.gathered.take(read);
        self.gathered.policies.boundaries.extend(boundary);
        Ok(())
    }

    /// Inline and attached policies of a user, group or role.
    async fn carried(&mut self, noun: &str, name: &str) -> Result<(), AccessError> {
        let who = json!({ format!("{noun}Name"): name });
        let owner = format!("{} {name}", noun.to_lowercase());
        let marker = ("Marker", "Marker");
        let operation = format!("List{noun}Policies");
        let call = self.call(&operation);
        let inline = self.survey.list(&call, who.clone(), "PolicyNames", marker).await?;
        for policy in self.or_gap(inline, &format!("inline policies of {owner}")) {
            let policy = policy.as_str().unwrap_or_default();
            let read = self.inline(noun, name, policy).await?;
            let read = self.gathered.take(read);
            self.gathered.policies.identity.extend(read);
        }
        let operation = format!("ListAttached{noun}Policies");
        let call = self.call(&operation);
        let attached = self.survey.list(&call, who, "AttachedPolicies", marker).await?;
        for policy in self.or_gap(attached, &format!("attached policies of {owner}")) {
            let Some(arn) = text(&policy, "/PolicyArn") else { continue };
            let read = self.managed(PolicyKind::Identity, arn).await?;
            let read = self.gathered.take(read);
            self.gathered.policies.identity.extend(read);
        }
        Ok(())
    }

    async fn groups(&mut self, user: &str) -> Result<(), AccessError> {
        let call = self.call("ListGroupsForUser");
        let marker = ("Marker", "Marker");
        let groups = self.survey.list(&call, json!({ "UserName": user }), "Groups", marker).await?;
        if groups.as_ref().is_err_and(ReadError::is_unknown_call) {
            return Ok(());
        }
        for group in self.or_gap(groups, &format!("groups of user {user}")) {
            if let Some(name) = text(&group, "/GroupName") {
                self.carried("Group", name).await?;
            }
        }
        Ok(())
    }

    /// The items, or a gap in what is known of the caller's own policies.
    fn or_gap(&mut self, read: Result<Vec<Value>, ReadError>, what: &str) -> Vec<Value> {
        read.unwrap_or_else(|error| {
            let unread = Unread::policy(PolicyKind::Identity, what.to_owned(), error.to_string());
            self.gathered.unread.push(unread);
            Vec::new()
        })
    }

    async fn inline(&self, noun: &str, name: &str, policy: &str) -> PolicyOutcome {
        let title = format!("inline policy {policy} of {} {name}", noun.to_lowercase());
        let operation = format!("Get{noun}Policy");
        let input = json!({ format!("{noun}Name"): name, "PolicyName": policy });
        let read = self.survey.read(&self.call(&operation), input).await?;
        Ok(parsed(PolicyKind::Identity, &title, read, "/PolicyDocument"))
    }

    async fn managed(&self, kind: PolicyKind, arn: &str) -> PolicyOutcome {
        let input = json!({ "PolicyArn": arn });
        let policy = match self.survey.read(&self.call("GetPolicy"), input).await? {
            Ok(policy) => policy,
            Err(error) => return Ok(parsed(kind, arn, Err(error), "")),
        };
        let version = text(&policy, "/Policy/DefaultVersionId").unwrap_or("v1");
        let input = json!({ "PolicyArn": arn, "VersionId": version });
        let read = self.survey.read(&self.call("GetPolicyVersion"), input).await?;
        Ok(parsed(kind, arn, read, "/PolicyVersion/Document"))
    }
}

type PolicyOutcome = Result<Result<Policy, Unread>, AccessError>;

fn parsed(
    kind: PolicyKind,
    name: &str,
    read: Result<Value, ReadError>,
    pointer: &str,
) -> Result<Policy, Unread> {
    let gap = |why: String| Unread::policy(kind, kind.with_name(name), why);
    let answer = read.map_err(|error| gap(error.to_string()))?;
    let document = text(&answer, pointer).ok_or_else(|| gap("the answer has none".to_owned()))?;
    document::read(kind, name, document)
}

/// `GetUser` or `GetRole`.
pub(crate) async fn get(
    survey: &Survey,
    account: &AccountId,
    noun: &str,
    name: &str,
) -> Outcome<Value> {
    let operation = format!("Get{noun}");
    let read = Read { account, region: None, service: "iam", operation: &operation };
    survey.read(&read, json!({ format!("{noun}Name"): name })).await
}
