//! The part of `outputs` that calls every operation of Organizations.

use chrono::Duration;
use serde_json::{Value, json};
use testkit::{allow, deny, document};

use crate::outputs::Caller;

const DEV: &str = "222222222222";
const SCP: &str = "SERVICE_CONTROL_POLICY";

/// A whole life of an organization.
pub(super) fn call(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("organizations", operation, input);
    ok("CreateOrganization", json!({ "FeatureSet": "ALL" }));
    ok("DescribeOrganization", json!({}));
    let root = ok("ListRoots", json!({}))["Roots"][0]["Id"].clone();
    let tag = json!([{ "Key": "a", "Value": "b" }]);
    let unit = units(caller, &root, &tag);
    invitations(caller);
    accounts(caller, &root, &unit);
    policies(caller, &root, &tag);
    let service = json!({ "ServicePrincipal": "guardduty.amazonaws.com" });
    let delegate = json!({ "AccountId": DEV, "ServicePrincipal": "guardduty.amazonaws.com" });
    ok("EnableAWSServiceAccess", service.clone());
    ok("ListAWSServiceAccessForOrganization", json!({}));
    ok("RegisterDelegatedAdministrator", delegate.clone());
    ok("ListDelegatedAdministrators", json!({}));
    ok("ListDelegatedServicesForAccount", json!({ "AccountId": DEV }));
    ok("DeregisterDelegatedAdministrator", delegate);
    ok("DisableAWSServiceAccess", service);
    ok("TagResource", json!({ "ResourceId": root, "Tags": tag }));
    ok("ListTagsForResource", json!({ "ResourceId": root }));
    ok("UntagResource", json!({ "ResourceId": root, "TagKeys": ["a"] }));
    ok("RemoveAccountFromOrganization", json!({ "AccountId": DEV }));
    let members = ok("ListAccounts", json!({}))["Accounts"].clone();
    for member in members.as_array().unwrap().iter().filter(|m| m["JoinedMethod"] == "CREATED") {
        ok("RemoveAccountFromOrganization", json!({ "AccountId": member["Id"] }));
    }
    ok("DeleteOrganization", json!({}));
}

fn units(caller: &Caller, root: &Value, tag: &Value) -> Value {
    let ok = |operation: &str, input: Value| caller.ok("organizations", operation, input);
    let make = json!({ "ParentId": root, "Name": "unit", "Tags": tag });
    let unit = ok("CreateOrganizationalUnit", make)["OrganizationalUnit"]["Id"].clone();
    let by_id = json!({ "OrganizationalUnitId": unit });
    ok("DescribeOrganizationalUnit", by_id.clone());
    ok("UpdateOrganizationalUnit", json!({ "OrganizationalUnitId": unit, "Name": "renamed" }));
    ok("ListOrganizationalUnitsForParent", json!({ "ParentId": root }));
    ok("ListChildren", json!({ "ParentId": root, "ChildType": "ORGANIZATIONAL_UNIT" }));
    ok("ListParents", json!({ "ChildId": unit }));
    ok("DeleteOrganizationalUnit", by_id);
    let make = json!({ "ParentId": root, "Name": "unit" });
    ok("CreateOrganizationalUnit", make)["OrganizationalUnit"]["Id"].clone()
}

/// Dev is asked three times, says no, is not asked any more, and comes.
fn invitations(caller: &Caller) {
    let dev = caller.world.principal(&caller.world.admin("dev"));
    let dev = caller.by(dev);
    let invite = || {
        let target = json!({ "Target": { "Id": DEV, "Type": "ACCOUNT" }, "Notes": "come" });
        let made = caller.ok("organizations", "InviteAccountToOrganization", target);
        json!({ "HandshakeId": made["Handshake"]["Id"] })
    };
    dev.ok("organizations", "DeclineHandshake", invite());
    caller.ok("organizations", "CancelHandshake", invite());
    let last = invite();
    caller.ok("organizations", "DescribeHandshake", last.clone());
    dev.ok("organizations", "ListHandshakesForAccount", json!({}));
    caller.ok("organizations", "ListHandshakesForOrganization", json!({}));
    dev.ok("organizations", "AcceptHandshake", last);
    dev.ok("organizations", "LeaveOrganization", json!({}));
    dev.ok("organizations", "AcceptHandshake", invite());
    caller.also(dev);
}

fn accounts(caller: &Caller, root: &Value, unit: &Value) {
    let ok = |operation: &str, input: Value| caller.ok("organizations", operation, input);
    let make = json!({ "AccountName": "made", "Email": "made@example.org" });
    let id = ok("CreateAccount", make)["CreateAccountStatus"]["Id"].clone();
    caller.world.advance(Duration::seconds(1));
    ok("ListCreateAccountStatus", json!({ "States": ["SUCCEEDED"] }));
    let by_id = json!({ "CreateAccountRequestId": id });
    let status = ok("DescribeCreateAccountStatus", by_id);
    let account = status["CreateAccountStatus"]["AccountId"].clone();
    ok("DescribeAccount", json!({ "AccountId": account }));
    let relocate = json!({
        "AccountId": DEV, "SourceParentId": root, "DestinationParentId": unit,
    });
    ok("MoveAccount", relocate);
    ok("ListAccountsForParent", json!({ "ParentId": unit }));
    ok("CloseAccount", json!({ "AccountId": account }));
}

fn policies(caller: &Caller, root: &Value, tag: &Value) {
    let ok = |operation: &str, input: Value| caller.ok("organizations", operation, input);
    let content = document(&[deny(&["iam:*"], &["*"]), allow(&["*"], &["*"])]);
    ok("EnablePolicyType", json!({ "RootId": root, "PolicyType": SCP }));
    let make = json!({
        "Type": SCP, "Name": "p", "Description": "d", "Content": content, "Tags": tag,
    });
    let id = ok("CreatePolicy", make)["Policy"]["PolicySummary"]["Id"].clone();
    let by_id = json!({ "PolicyId": id });
    ok("DescribePolicy", by_id.clone());
    ok("UpdatePolicy", json!({ "PolicyId": id, "Description": "other" }));
    ok("ListPolicies", json!({ "Filter": SCP }));
    let attach = json!({ "PolicyId": id, "TargetId": root });
    ok("AttachPolicy", attach.clone());
    ok("ListPoliciesForTarget", json!({ "TargetId": root, "Filter": SCP }));
    ok("ListTargetsForPolicy", by_id.clone());
    ok("DetachPolicy", attach);
    ok("DeletePolicy", by_id);
    ok("DisablePolicyType", json!({ "RootId": root, "PolicyType": SCP }));
}
