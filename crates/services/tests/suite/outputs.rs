//! What handlers answer is what the interface models have: encoding leaves out what they have not,
//! so a misspelt member would go unseen by clients and by every other test.

use std::cell::RefCell;
use std::collections::BTreeSet;

use gateway::{Digests, Principal};
use serde_json::{Value, json};
use testkit::{World, allow, document, trusting};
use wire::unknown_members;

/// Operations that [`every_handlers_answer_is_in_its_interface`] does not call. May only shrink.
const NOT_CALLED: [(&str, &str); 0] = [];

pub(super) struct Caller<'w> {
    pub(super) world: &'w World,
    principal: Principal,
    called: RefCell<BTreeSet<(String, String)>>,
}

impl Caller<'_> {
    /// A call that must succeed and whose output must be in the model.
    #[track_caller]
    pub(super) fn ok(&self, service: &str, operation: &str, input: Value) -> Value {
        let outcome = self.world.inside(self.principal.clone(), service, operation, input);
        let output = outcome.unwrap_or_else(|fault| panic!("{service}:{operation}: {fault}"));
        self.compare(service, operation, output)
    }

    /// Somebody else in the same world; see [`Caller::also`].
    pub(super) fn by(&self, principal: Principal) -> Self {
        Caller { world: self.world, principal, called: RefCell::default() }
    }

    /// Counts what somebody else called.
    pub(super) fn also(&self, other: Self) {
        self.called.borrow_mut().extend(other.called.into_inner());
    }

    /// An upload, past the bytes.
    #[track_caller]
    fn upload(&self, operation: &'static str, input: Value, body: &[u8]) -> Value {
        use std::io::Write as _;
        let gateway = self.world.gateway();
        let (who, origin) = (self.principal.clone(), self.world.origin());
        let digests = Digests::default();
        let mut upload = gateway
            .begin_upload(who.clone(), origin.clone(), "s3", operation, input, &digests)
            .unwrap();
        upload.write_all(body).unwrap();
        let staged = upload.stage(gateway).unwrap();
        let outputs = gateway.commit_uploads(who, origin, vec![staged], |_| Ok(())).unwrap();
        self.compare("s3", operation, outputs.into_iter().next().unwrap())
    }

    #[track_caller]
    fn compare(&self, service: &str, operation: &str, mut output: Value) -> Value {
        let model = wire::model(service).unwrap();
        drop_absent(&mut output);
        let unknown = unknown_members(model, model.operation(operation).unwrap(), &output);
        assert!(unknown.is_empty(), "{service}:{operation} answers unknown {unknown:?}: {output}");
        self.called.borrow_mut().insert((service.to_owned(), operation.to_owned()));
        output
    }
}

/// Takes out members that are null: absent, as far as every protocol is concerned.
fn drop_absent(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(drop_absent);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_absent),
        _ => {}
    }
}

#[test]
fn every_handlers_answer_is_in_its_interface() {
    let world = World::new();
    let principal = world.principal(&world.admin("prod"));
    let caller = Caller { world: &world, principal, called: RefCell::default() };
    iam(&caller);
    sts(&caller);
    let key = kms(&caller);
    secretsmanager(&caller, &key);
    s3_buckets(&caller);
    s3_objects(&caller);
    s3_parts(&caller);
    s3_control(&caller);
    redshift(&caller);
    cloudtrail(&caller);
    crate::outputs_organizations::call(&caller);
    crate::dynamodb::outputs::call(&caller);
    let called = caller.called.into_inner();
    let mut missing = Vec::new();
    for service in world.gateway().services() {
        for operation in service.operations() {
            let known = (service.name(), operation);
            let seen = called.contains(&(known.0.to_owned(), known.1.to_owned()));
            if !seen && !NOT_CALLED.contains(&known) {
                missing.push(known);
            }
            assert!(!(seen && NOT_CALLED.contains(&known)), "{known:?} is called: take it out");
        }
    }
    assert!(missing.is_empty(), "not called: {missing:?}");
}

fn iam(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("iam", operation, input);
    let text = document(&[allow(&["s3:*"], &["*"])]);
    let tag = json!([{ "Key": "a", "Value": "b" }]);
    ok("CreateUser", json!({ "UserName": "u", "Tags": tag }));
    ok("GetUser", json!({}));
    ok("ListUsers", json!({}));
    let key = ok("CreateAccessKey", json!({ "UserName": "u" }))["AccessKey"]["AccessKeyId"].clone();
    ok("UpdateAccessKey", json!({ "UserName": "u", "AccessKeyId": key, "Status": "Inactive" }));
    ok("ListAccessKeys", json!({ "UserName": "u" }));
    ok("DeleteAccessKey", json!({ "UserName": "u", "AccessKeyId": key }));
    let policy = json!({ "PolicyName": "p", "PolicyDocument": text, "Tags": tag });
    let arn = ok("CreatePolicy", policy)["Policy"]["Arn"].clone();
    let by_arn = json!({ "PolicyArn": arn });
    let version = json!({ "PolicyArn": arn, "VersionId": "v2" });
    ok("CreatePolicyVersion", json!({ "PolicyArn": arn, "PolicyDocument": text }));
    ok("GetPolicyVersion", version.clone());
    ok("ListPolicyVersions", by_arn.clone());
    ok("SetDefaultPolicyVersion", version.clone());
    ok("SetDefaultPolicyVersion", json!({ "PolicyArn": arn, "VersionId": "v1" }));
    ok("DeletePolicyVersion", version);
    ok("GetPolicy", by_arn.clone());
    ok("ListPolicies", json!({}));
    let trust = trusting(&["111111111111"]);
    ok("CreateRole", json!({ "RoleName": "r", "AssumeRolePolicyDocument": trust, "Tags": tag }));
    ok("UpdateAssumeRolePolicy", json!({ "RoleName": "r", "PolicyDocument": trust }));
    ok("UpdateRole", json!({ "RoleName": "r", "Description": "d" }));
    iam_groups(caller);
    iam_profiles(caller);
    iam_providers(caller);
    iam_account(caller);
    iam_mfa(caller);
    iam_insight(caller, &json!("arn:aws:iam::111111111111:role/r"));
    for (noun, name) in [("User", "u"), ("Role", "r"), ("Group", "g")] {
        let member = format!("{noun}Name");
        let with = |more: Value| {
            let mut input = json!({ member.as_str(): name });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        let attach = with(json!({ "PolicyArn": arn }));
        ok(&format!("Attach{noun}Policy"), attach.clone());
        ok(&format!("ListAttached{noun}Policies"), with(json!({})));
        ok(&format!("Detach{noun}Policy"), attach);
        let inline = with(json!({ "PolicyName": "i" }));
        ok(&format!("Put{noun}Policy"), with(json!({ "PolicyName": "i", "PolicyDocument": text })));
        ok(&format!("Get{noun}Policy"), inline.clone());
        ok(&format!("List{noun}Policies"), with(json!({})));
        ok(&format!("Delete{noun}Policy"), inline);
        ok(&format!("Get{noun}"), with(json!({})));
        if noun == "Group" {
            continue;
        }
        let boundary = with(json!({ "PermissionsBoundary": arn }));
        ok(&format!("Put{noun}PermissionsBoundary"), boundary);
        ok(&format!("Get{noun}"), with(json!({})));
        ok(&format!("Delete{noun}PermissionsBoundary"), with(json!({})));
    }
    for (noun, member, name) in [
        ("User", "UserName", json!("u")),
        ("Role", "RoleName", json!("r")),
        ("Policy", "PolicyArn", arn.clone()),
    ] {
        ok(&format!("Tag{noun}"), json!({ member: name, "Tags": tag }));
        ok(&format!("List{noun}Tags"), json!({ member: name }));
        ok(&format!("Get{noun}"), json!({ member: name }));
        ok(&format!("Untag{noun}"), json!({ member: name, "TagKeys": ["a"] }));
    }
    ok("UpdateRoleDescription", json!({ "RoleName": "r", "Description": "d" }));
    ok("DeleteGroup", json!({ "GroupName": "g" }));
    ok("UpdateUser", json!({ "UserName": "u", "NewPath": "/p/" }));
    ok("ListRoles", json!({}));
    ok("DeletePolicy", by_arn);
    ok("DeleteRole", json!({ "RoleName": "r" }));
    ok("DeleteUser", json!({ "UserName": "u" }));
}

fn iam_groups(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("iam", operation, input);
    ok("CreateGroup", json!({ "GroupName": "first", "Path": "/p/" }));
    ok("UpdateGroup", json!({ "GroupName": "first", "NewGroupName": "g" }));
    let member = json!({ "GroupName": "g", "UserName": "u" });
    ok("AddUserToGroup", member.clone());
    ok("GetGroup", json!({ "GroupName": "g" }));
    ok("ListGroups", json!({}));
    ok("ListGroupsForUser", json!({ "UserName": "u" }));
    ok("RemoveUserFromGroup", member);
    let administrators = "arn:aws:iam::aws:policy/AdministratorAccess";
    ok("ListEntitiesForPolicy", json!({ "PolicyArn": administrators }));
}

fn iam_profiles(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("iam", operation, input);
    let tag = json!([{ "Key": "a", "Value": "b" }]);
    let profile = json!({ "InstanceProfileName": "p" });
    ok("CreateInstanceProfile", json!({ "InstanceProfileName": "p", "Tags": tag }));
    let with_role = json!({ "InstanceProfileName": "p", "RoleName": "r" });
    ok("AddRoleToInstanceProfile", with_role.clone());
    ok("GetInstanceProfile", profile.clone());
    ok("ListInstanceProfiles", json!({}));
    ok("ListInstanceProfilesForRole", json!({ "RoleName": "r" }));
    ok("RemoveRoleFromInstanceProfile", with_role);
    iam_tags(caller, "InstanceProfile", "InstanceProfileName", &json!("p"));
    ok("DeleteInstanceProfile", profile);
    let service = json!({ "AWSServiceName": "redshift.amazonaws.com" });
    let role = ok("CreateServiceLinkedRole", service)["Role"]["RoleName"].clone();
    let task = ok("DeleteServiceLinkedRole", json!({ "RoleName": role }));
    ok("GetServiceLinkedRoleDeletionStatus", task);
}

fn iam_tags(caller: &Caller, noun: &str, member: &str, name: &Value) {
    let tags = json!([{ "Key": "a", "Value": "b" }]);
    caller.ok("iam", &format!("Tag{noun}"), json!({ member: name, "Tags": tags }));
    caller.ok("iam", &format!("List{noun}Tags"), json!({ member: name }));
    caller.ok("iam", &format!("Untag{noun}"), json!({ member: name, "TagKeys": ["a"] }));
}

fn iam_providers(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("iam", operation, input);
    let tag = json!([{ "Key": "a", "Value": "b" }]);
    let make = json!({ "Url": "https://id.example", "ClientIDList": ["x"], "Tags": tag });
    let arn = ok("CreateOpenIDConnectProvider", make)["OpenIDConnectProviderArn"].clone();
    let with = |more: Value| {
        let mut input = json!({ "OpenIDConnectProviderArn": arn });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    ok("AddClientIDToOpenIDConnectProvider", with(json!({ "ClientID": "y" })));
    ok("RemoveClientIDFromOpenIDConnectProvider", with(json!({ "ClientID": "y" })));
    let thumbprints = json!({ "ThumbprintList": ["a".repeat(40)] });
    ok("UpdateOpenIDConnectProviderThumbprint", with(thumbprints));
    ok("GetOpenIDConnectProvider", with(json!({})));
    ok("ListOpenIDConnectProviders", json!({}));
    iam_tags(caller, "OpenIDConnectProvider", "OpenIDConnectProviderArn", &arn);
    ok("DeleteOpenIDConnectProvider", with(json!({})));
    let metadata = format!("<EntityDescriptor>{}</EntityDescriptor>", " ".repeat(1_000));
    let key = "-----BEGIN PRIVATE KEY-----";
    let make = json!({
        "Name": "s", "SAMLMetadataDocument": metadata, "Tags": tag,
        "AssertionEncryptionMode": "Allowed", "AddPrivateKey": key,
    });
    let arn = ok("CreateSAMLProvider", make)["SAMLProviderArn"].clone();
    ok("UpdateSAMLProvider", json!({ "SAMLProviderArn": arn, "AddPrivateKey": key }));
    ok("GetSAMLProvider", json!({ "SAMLProviderArn": arn }));
    ok("ListSAMLProviders", json!({}));
    iam_tags(caller, "SAMLProvider", "SAMLProviderArn", &arn);
    ok("DeleteSAMLProvider", json!({ "SAMLProviderArn": arn }));
}

fn iam_account(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("iam", operation, input);
    ok("CreateAccountAlias", json!({ "AccountAlias": "acme-prod" }));
    ok("ListAccountAliases", json!({}));
    ok("DeleteAccountAlias", json!({ "AccountAlias": "acme-prod" }));
    ok("UpdateAccountPasswordPolicy", json!({ "MaxPasswordAge": 90, "HardExpiry": true }));
    ok("GetAccountPasswordPolicy", json!({}));
    let profile = json!({ "UserName": "admin", "Password": "correct horse" });
    ok("CreateLoginProfile", profile.clone());
    ok("GetLoginProfile", json!({}));
    ok("UpdateLoginProfile", profile);
    let change = json!({ "OldPassword": "correct horse", "NewPassword": "battery staple" });
    ok("ChangePassword", change);
    ok("DeleteLoginProfile", json!({}));
    ok("DeleteAccountPasswordPolicy", json!({}));
}

fn iam_insight(caller: &Caller, role: &Value) {
    let ok = |operation: &str, input: Value| caller.ok("iam", operation, input);
    let mut statement = allow(&["s3:*"], &["*"]);
    statement["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } });
    let lists = json!([document(&[statement])]);
    let boundary = json!([document(&[allow(&["s3:Get*"], &["*"])])]);
    let mut custom = json!({
        "PolicyInputList": lists, "ActionNames": ["s3:GetObject"],
        "ResourceArns": ["arn:aws:s3:::b/k"], "PermissionsBoundaryPolicyInputList": boundary,
        "ContextEntries": [{
            "ContextKeyName": "aws:SecureTransport", "ContextKeyType": "boolean",
            "ContextKeyValues": ["true"],
        }],
    });
    ok("SimulateCustomPolicy", custom.clone());
    ok("GetContextKeysForCustomPolicy", json!({ "PolicyInputList": lists }));
    custom["PolicySourceArn"] = role.clone();
    custom["ResourceArns"] = json!([]);
    ok("SimulatePrincipalPolicy", custom);
    ok("GetContextKeysForPrincipalPolicy", json!({ "PolicySourceArn": role }));
    ok("GetAccountAuthorizationDetails", json!({}));
    ok("GetAccountSummary", json!({}));
    ok("GenerateCredentialReport", json!({}));
    ok("GetCredentialReport", json!({}));
    let keys = ok("ListAccessKeys", json!({}));
    let key = &keys["AccessKeyMetadata"][0]["AccessKeyId"];
    ok("GetAccessKeyLastUsed", json!({ "AccessKeyId": key }));
    let admin = "arn:aws:iam::111111111111:user/admin";
    let generate = json!({ "Arn": admin, "Granularity": "ACTION_LEVEL" });
    let job = ok("GenerateServiceLastAccessedDetails", generate);
    ok("GetServiceLastAccessedDetails", job.clone());
    let with = json!({ "JobId": job["JobId"], "ServiceNamespace": "iam" });
    ok("GetServiceLastAccessedDetailsWithEntities", with);
    let granting = json!({ "Arn": admin, "ServiceNamespaces": ["s3"] });
    ok("ListPoliciesGrantingServiceAccess", granting);
}

fn iam_mfa(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("iam", operation, input);
    let made = ok("CreateVirtualMFADevice", json!({ "VirtualMFADeviceName": "d" }));
    let device = &made["VirtualMFADevice"];
    let serial = device["SerialNumber"].clone();
    iam_tags(caller, "MFADevice", "SerialNumber", &serial);
    let [first, second] =
        [0, 30].map(|later| crate::iam_sign_in::code(caller.world, device, later));
    let codes = json!({
        "UserName": "admin", "SerialNumber": serial,
        "AuthenticationCode1": first, "AuthenticationCode2": second,
    });
    ok("EnableMFADevice", codes.clone());
    ok("ResyncMFADevice", codes);
    ok("ListMFADevices", json!({}));
    ok("ListVirtualMFADevices", json!({}));
    let of_admin = json!({ "SerialNumber": serial, "UserName": "admin" });
    ok("GetMFADevice", of_admin.clone());
    ok("DeactivateMFADevice", of_admin);
    ok("DeleteVirtualMFADevice", json!({ "SerialNumber": serial }));
}

fn sts(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("sts", operation, input);
    let role = caller.world.role("prod", "target", &trusting(&["111111111111"]), &[]);
    let assume = json!({
        "RoleArn": role, "RoleSessionName": "job", "SourceIdentity": "me",
        "Tags": [{ "Key": "a", "Value": "b" }],
    });
    ok("AssumeRole", assume);
    ok("GetCallerIdentity", json!({}));
    ok("GetSessionToken", json!({}));
    ok("GetFederationToken", json!({ "Name": "bob" }));
    crate::web_identity::call_outputs(caller);
    ok("GetAccessKeyInfo", json!({ "AccessKeyId": "ASIAQNZGKIQY56JQ7WML" }));
    let nobody = caller.world.user("prod", "nobody", &[]);
    let nobody = caller.world.principal(&nobody);
    let fault = caller.world.inside(nobody, "iam", "ListUsers", json!({})).unwrap_err();
    ok("DecodeAuthorizationMessage", json!({ "EncodedMessage": fault.authorization_message }));
}

fn kms(caller: &Caller) -> Value {
    let ok = |operation: &str, input: Value| caller.ok("kms", operation, input);
    let make = json!({ "Tags": [{ "TagKey": "a", "TagValue": "b" }] });
    let key = ok("CreateKey", make)["KeyMetadata"]["Arn"].clone();
    let by_id = json!({ "KeyId": key });
    ok("DescribeKey", by_id.clone());
    let sealed = ok("Encrypt", json!({ "KeyId": key, "Plaintext": "AAEC" }));
    ok("Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    let again = json!({ "CiphertextBlob": sealed["CiphertextBlob"], "DestinationKeyId": key });
    ok("ReEncrypt", again);
    ok("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" }));
    ok("GenerateDataKeyWithoutPlaintext", json!({ "KeyId": key, "KeySpec": "AES_256" }));
    ok("GenerateDataKeyPair", json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" }));
    let pair = json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P384" });
    ok("GenerateDataKeyPairWithoutPlaintext", pair);
    ok("GenerateRandom", json!({ "NumberOfBytes": 8 }));
    let alias = json!({ "AliasName": "alias/a", "TargetKeyId": key });
    ok("CreateAlias", alias.clone());
    ok("UpdateAlias", alias);
    ok("ListAliases", json!({}));
    ok("DeleteAlias", json!({ "AliasName": "alias/a" }));
    let policy = ok("GetKeyPolicy", by_id.clone())["Policy"].clone();
    ok("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy }));
    ok("ListKeyPolicies", by_id.clone());
    ok("ListKeys", json!({}));
    ok("TagResource", json!({ "KeyId": key, "Tags": [{ "TagKey": "c", "TagValue": "d" }] }));
    ok("ListResourceTags", by_id.clone());
    ok("UntagResource", json!({ "KeyId": key, "TagKeys": ["c"] }));
    ok("DisableKey", by_id.clone());
    ok("EnableKey", by_id.clone());
    ok("ScheduleKeyDeletion", by_id.clone());
    ok("CancelKeyDeletion", by_id.clone());
    ok("EnableKey", by_id.clone());
    ok("UpdateKeyDescription", json!({ "KeyId": key, "Description": "d" }));
    ok("EnableKeyRotation", by_id.clone());
    ok("GetKeyRotationStatus", by_id.clone());
    ok("RotateKeyOnDemand", by_id.clone());
    let whole = json!({ "KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
    ok("ListKeyRotations", whole);
    ok("DisableKeyRotation", by_id);
    kms_grants(caller, &key);
    kms_other_keys(caller);
    key
}

fn kms_grants(caller: &Caller, key: &Value) {
    let ok = |operation: &str, input: Value| caller.ok("kms", operation, input);
    let root = "arn:aws:iam::111111111111:root";
    let grant = |name: &str| {
        let made = json!({
            "KeyId": key, "GranteePrincipal": root, "RetiringPrincipal": root, "Name": name,
            "Operations": ["Decrypt"],
            "Constraints": { "EncryptionContextSubset": { "a": "b" } },
        });
        ok("CreateGrant", made)["GrantId"].clone()
    };
    let (first, second) = (grant("first"), grant("second"));
    ok("ListGrants", json!({ "KeyId": key }));
    ok("ListRetirableGrants", json!({ "RetiringPrincipal": root }));
    ok("RetireGrant", json!({ "KeyId": key, "GrantId": first }));
    ok("RevokeGrant", json!({ "KeyId": key, "GrantId": second }));
}

fn kms_other_keys(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("kms", operation, input);
    let make = |input: Value| ok("CreateKey", input)["KeyMetadata"]["Arn"].clone();
    let signing = make(json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" }));
    let mut sign = json!({
        "KeyId": signing, "Message": "AAEC", "SigningAlgorithm": "ECDSA_SHA_256",
    });
    sign["Signature"] = ok("Sign", sign.clone())["Signature"].clone();
    ok("Verify", sign);
    ok("GetPublicKey", json!({ "KeyId": signing }));
    let mac = make(json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" }));
    let mut message = json!({ "KeyId": mac, "Message": "AAEC", "MacAlgorithm": "HMAC_SHA_256" });
    message["Mac"] = ok("GenerateMac", message.clone())["Mac"].clone();
    ok("VerifyMac", message);
    let agreement = make(json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT" }));
    let peer = ok("GetPublicKey", json!({ "KeyId": agreement }))["PublicKey"].clone();
    let agree = json!({ "KeyId": agreement, "KeyAgreementAlgorithm": "ECDH", "PublicKey": peer });
    ok("DeriveSharedSecret", agree);
    let shared = make(json!({ "MultiRegion": true }));
    ok("ReplicateKey", json!({ "KeyId": shared, "ReplicaRegion": "eu-west-1" }));
    ok("UpdatePrimaryRegion", json!({ "KeyId": shared, "PrimaryRegion": "eu-west-1" }));
    let external = make(json!({ "Origin": "EXTERNAL" }));
    let wrapping = json!({
        "KeyId": external, "WrappingAlgorithm": "RSAES_OAEP_SHA_256",
        "WrappingKeySpec": "RSA_2048",
    });
    let parameters = ok("GetParametersForImport", wrapping);
    let sealed = crate::wrapping::oaep_sha256(parameters["PublicKey"].as_str().unwrap(), &[7; 32]);
    let import = json!({
        "KeyId": external, "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": sealed, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    });
    ok("ImportKeyMaterial", import);
    ok("DeleteImportedKeyMaterial", json!({ "KeyId": external }));
}

fn secretsmanager(caller: &Caller, key: &Value) {
    let ok = |operation: &str, input: Value| caller.ok("secretsmanager", operation, input);
    let id = json!({ "SecretId": "s" });
    let tags = json!([{ "Key": "a", "Value": "b" }]);
    ok("CreateSecret", json!({ "Name": "s", "SecretString": "x", "Tags": tags, "KmsKeyId": key }));
    ok("UpdateSecret", json!({ "SecretId": "s", "Description": "d", "SecretString": "y" }));
    let put = ok("PutSecretValue", json!({ "SecretId": "s", "SecretBinary": "AAEC" }));
    ok("GetSecretValue", id.clone());
    ok("DescribeSecret", id.clone());
    ok("ListSecrets", json!({}));
    ok("ListSecretVersionIds", json!({ "SecretId": "s", "IncludeDeprecated": true }));
    let moved = json!({
        "SecretId": "s", "VersionStage": "EXTRA", "MoveToVersionId": put["VersionId"],
    });
    ok("UpdateSecretVersionStage", moved);
    let policy = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::222222222222:root" },
        "Action": "secretsmanager:*", "Resource": "*",
    })]);
    ok("ValidateResourcePolicy", json!({ "SecretId": "s", "ResourcePolicy": policy }));
    ok("PutResourcePolicy", json!({ "SecretId": "s", "ResourcePolicy": policy }));
    ok("BatchGetSecretValue", json!({ "SecretIdList": ["s", "none"] }));
    ok("GetRandomPassword", json!({}));
    ok("GetResourcePolicy", id.clone());
    ok("DeleteResourcePolicy", id.clone());
    ok("TagResource", json!({ "SecretId": "s", "Tags": tags }));
    ok("UntagResource", json!({ "SecretId": "s", "TagKeys": ["a"] }));
    ok("DeleteSecret", id.clone());
    ok("RestoreSecret", id);
}

fn s3_buckets(caller: &Caller) {
    let ok = |operation: &str, more: Value| {
        let mut input = json!({ "Bucket": "lake" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        caller.ok("s3", operation, input)
    };
    ok("CreateBucket", json!({}));
    ok("HeadBucket", json!({}));
    caller.ok("s3", "ListBuckets", json!({}));
    ok("GetBucketLocation", json!({}));
    let versioned = json!({ "Bucket": "versioned" });
    caller.ok("s3", "CreateBucket", versioned.clone());
    let enabled = json!({ "Status": "Enabled" });
    ok("PutBucketVersioning", json!({ "Bucket": "versioned", "VersioningConfiguration": enabled }));
    caller.ok("s3", "GetBucketVersioning", versioned.clone());
    let retention = json!({ "DefaultRetention": { "Mode": "GOVERNANCE", "Days": 1 } });
    let lock = json!({ "ObjectLockEnabled": "Enabled", "Rule": retention });
    let lock = json!({ "Bucket": "versioned", "ObjectLockConfiguration": lock });
    caller.ok("s3", "PutObjectLockConfiguration", lock);
    caller.ok("s3", "GetObjectLockConfiguration", versioned);
    let block = json!({
        "BlockPublicAcls": true, "IgnorePublicAcls": true,
        "BlockPublicPolicy": true, "RestrictPublicBuckets": true,
    });
    ok("PutPublicAccessBlock", json!({ "PublicAccessBlockConfiguration": block }));
    ok("GetPublicAccessBlock", json!({}));
    ok("DeletePublicAccessBlock", json!({}));
    let policy = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::222222222222:root" },
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*",
    })]);
    ok("PutBucketPolicy", json!({ "Policy": policy }));
    ok("GetBucketPolicy", json!({}));
    ok("GetBucketPolicyStatus", json!({}));
    ok("DeleteBucketPolicy", json!({}));
    let rule = json!({ "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } });
    ok("PutBucketEncryption", json!({ "ServerSideEncryptionConfiguration": { "Rules": [rule] } }));
    ok("GetBucketEncryption", json!({}));
    ok("DeleteBucketEncryption", json!({}));
    let rules = json!({ "Rules": [{ "ObjectOwnership": "BucketOwnerPreferred" }] });
    ok("PutBucketOwnershipControls", json!({ "OwnershipControls": rules }));
    ok("GetBucketOwnershipControls", json!({}));
    let rule = json!({
        "Filter": {}, "Status": "Enabled", "Expiration": { "Days": 9 },
        "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 1 },
    });
    let rules = json!({ "LifecycleConfiguration": { "Rules": [rule] } });
    ok("PutBucketLifecycleConfiguration", rules.clone());
    ok("GetBucketLifecycleConfiguration", json!({}));
    ok("DeleteBucketLifecycle", json!({}));
    ok("PutBucketLifecycleConfiguration", rules);
    let rule = json!({ "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 5 });
    let notification = json!({ "EventBridgeConfiguration": {} });
    let notification = json!({ "NotificationConfiguration": notification });
    ok("PutBucketNotificationConfiguration", notification);
    ok("GetBucketNotificationConfiguration", json!({}));
    ok("PutBucketCors", json!({ "CORSConfiguration": { "CORSRules": [rule] } }));
    ok("GetBucketCors", json!({}));
    ok("DeleteBucketCors", json!({}));
    ok("GetBucketAcl", json!({}));
    ok("PutBucketAcl", json!({ "ACL": "private" }));
    ok("DeleteBucketOwnershipControls", json!({}));
    let tags = json!({ "TagSet": [{ "Key": "a", "Value": "b" }] });
    ok("PutBucketTagging", json!({ "Tagging": tags }));
    ok("GetBucketTagging", json!({}));
    ok("DeleteBucketTagging", json!({}));
    let rules = json!({ "Rules": [{ "ObjectOwnership": "BucketOwnerPreferred" }] });
    ok("PutBucketOwnershipControls", json!({ "OwnershipControls": rules }));
    caller.ok("s3", "CreateBucket", json!({ "Bucket": "gone" }));
    caller.ok("s3", "DeleteBucket", json!({ "Bucket": "gone" }));
}

fn s3_objects(caller: &Caller) {
    let with = |more: Value| {
        let mut input = json!({ "Bucket": "lake", "Key": "k" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let ok = |operation: &str, more: Value| caller.ok("s3", operation, with(more));
    caller.upload("PutObject", with(json!({})), b"body");
    ok("GetObject", json!({}));
    ok("HeadObject", json!({}));
    let attributes = json!(["ETag", "ObjectSize", "StorageClass", "Checksum", "ObjectParts"]);
    ok("GetObjectAttributes", json!({ "ObjectAttributes": attributes }));
    ok("CopyObject", json!({ "Key": "copy", "CopySource": "lake/k" }));
    for operation in ["ListObjects", "ListObjectsV2", "ListObjectVersions"] {
        caller.ok("s3", operation, json!({ "Bucket": "lake", "Delimiter": "/" }));
    }
    let tags = json!({ "TagSet": [{ "Key": "a", "Value": "b" }] });
    ok("PutObjectTagging", json!({ "Tagging": tags }));
    ok("GetObjectTagging", json!({}));
    ok("DeleteObjectTagging", json!({}));
    ok("PutObjectAcl", json!({ "ACL": "private" }));
    ok("GetObjectAcl", json!({}));
    ok("DeleteObject", json!({}));
    let key = json!({ "Bucket": "versioned", "Key": "k" });
    caller.upload("PutObject", key.clone(), b"body");
    caller.ok("s3", "HeadObject", key.clone());
    let versioned = |operation: &str, more: Value| {
        let mut input = key.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        caller.ok("s3", operation, input);
    };
    let retention = json!({ "Mode": "GOVERNANCE", "RetainUntilDate": 1_900_000_000 });
    versioned("PutObjectRetention", json!({ "Retention": retention }));
    versioned("GetObjectRetention", json!({}));
    versioned("PutObjectLegalHold", json!({ "LegalHold": { "Status": "OFF" } }));
    versioned("GetObjectLegalHold", json!({}));
    caller.ok("s3", "DeleteObject", key.clone());
    let all = json!({ "Bucket": "versioned", "MaxKeys": 1 });
    let page = caller.ok("s3", "ListObjectVersions", all);
    let key = json!({ "Key": "k", "VersionId": page["NextVersionIdMarker"] });
    let keys = json!({ "Objects": [key, { "Key": "absent" }] });
    caller.ok("s3", "DeleteObjects", json!({ "Bucket": "versioned", "Delete": keys }));
    let keys = json!({ "Objects": [{ "Key": "copy" }] });
    caller.ok("s3", "DeleteObjects", json!({ "Bucket": "lake", "Delete": keys }));
}

fn s3_parts(caller: &Caller) {
    let target = json!({ "Bucket": "lake", "Key": "parts" });
    let begin = || caller.ok("s3", "CreateMultipartUpload", target.clone())["UploadId"].clone();
    let with = |id: &Value, more: Value| {
        let mut input = target.clone();
        input["UploadId"] = id.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let id = begin();
    let part = caller.upload("UploadPart", with(&id, json!({ "PartNumber": 1 })), b"part");
    caller.ok("s3", "ListParts", with(&id, json!({})));
    caller.ok("s3", "ListMultipartUploads", json!({ "Bucket": "lake" }));
    let parts = json!({ "Parts": [{ "PartNumber": 1, "ETag": part["ETag"] }] });
    let complete = with(&id, json!({ "MultipartUpload": parts }));
    caller.ok("s3", "CompleteMultipartUpload", complete);
    let id = begin();
    let copy = json!({ "PartNumber": 1, "CopySource": "lake/parts" });
    caller.ok("s3", "UploadPartCopy", with(&id, copy));
    caller.ok("s3", "AbortMultipartUpload", with(&id, json!({})));
}

fn cloudtrail(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("cloudtrail", operation, input);
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let statement = |action: &str, resource: &str| json!({ "Effect": "Allow", "Principal": service, "Action": action, "Resource": resource });
    let policy = document(&[
        statement("s3:GetBucketAcl", "arn:aws:s3:::logs"),
        statement("s3:PutObject", "arn:aws:s3:::logs/*"),
    ]);
    caller.ok("s3", "CreateBucket", json!({ "Bucket": "logs" }));
    caller.ok("s3", "PutBucketPolicy", json!({ "Bucket": "logs", "Policy": policy }));
    let tags = json!([{ "Key": "a", "Value": "b" }]);
    let make = json!({
        "Name": "main", "S3BucketName": "logs", "S3KeyPrefix": "p", "TagsList": tags,
        "EnableLogFileValidation": true,
    });
    let arn = ok("CreateTrail", make)["TrailARN"].clone();
    let named = json!({ "Name": "main" });
    ok("StartLogging", named.clone());
    caller.world.advance(chrono::Duration::minutes(1));
    ok("GetTrail", named.clone());
    assert!(!ok("ListPublicKeys", json!({}))["PublicKeyList"].as_array().unwrap().is_empty());
    ok("DescribeTrails", json!({}));
    ok("ListTrails", json!({}));
    let resource =
        json!({ "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }] });
    ok("PutEventSelectors", json!({ "TrailName": "main", "EventSelectors": [resource] }));
    let fields = json!([{ "Field": "eventCategory", "Equals": ["Management"] }]);
    let advanced = json!([{ "Name": "all", "FieldSelectors": fields }]);
    ok("PutEventSelectors", json!({ "TrailName": "main", "AdvancedEventSelectors": advanced }));
    ok("GetEventSelectors", json!({ "TrailName": "main" }));
    ok("AddTags", json!({ "ResourceId": arn, "TagsList": tags }));
    ok("ListTags", json!({ "ResourceIdList": [arn] }));
    ok("RemoveTags", json!({ "ResourceId": arn, "TagsList": tags }));
    ok("UpdateTrail", json!({ "Name": "main", "S3KeyPrefix": "" }));
    ok("StopLogging", named.clone());
    ok("GetTrailStatus", named.clone());
    ok("DeleteTrail", named);
    ok("LookupEvents", json!({}));
}

fn s3_control(caller: &Caller) {
    let ok = |operation: &str, more: Value| {
        let mut input = json!({ "AccountId": "111111111111" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        caller.ok("s3control", operation, input)
    };
    let block = json!({ "BlockPublicAcls": true });
    ok("PutPublicAccessBlock", json!({ "PublicAccessBlockConfiguration": block }));
    ok("GetPublicAccessBlock", json!({}));
    ok("DeletePublicAccessBlock", json!({}));
    let door = json!({ "Name": "door", "Bucket": "lake" });
    let arn = ok("CreateAccessPoint", door)["AccessPointArn"].clone();
    let named = json!({ "Name": "door" });
    ok("GetAccessPoint", named.clone());
    ok("ListAccessPoints", json!({}));
    let policy = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::222222222222:root" },
        "Action": "s3:GetObject", "Resource": format!("{}/object/*", arn.as_str().unwrap()),
    })]);
    ok("PutAccessPointPolicy", json!({ "Name": "door", "Policy": policy }));
    ok("GetAccessPointPolicy", named.clone());
    ok("GetAccessPointPolicyStatus", named.clone());
    ok("DeleteAccessPointPolicy", named.clone());
    ok("DeleteAccessPoint", named);
}

fn redshift(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("redshift", operation, input);
    let settle = || {
        let key = "111111111111/us-east-1/wh";
        let report =
            |cx: &mut gateway::Cx| services::redshift::state::settle(cx, key, "127.0.0.1", 5439);
        caller.world.gateway().maintain(None, caller.world.origin(), report).unwrap();
    };
    let role = caller.world.role("prod", "loader", &trusting(&["111111111111"]), &[]);
    let make = json!({
        "ClusterIdentifier": "wh", "NodeType": "ra3.xlplus", "MasterUsername": "admin",
        "MasterUserPassword": "Passw0rd", "IamRoles": [role],
        "Tags": [{ "Key": "a", "Value": "b" }],
    });
    ok("CreateCluster", make);
    settle();
    ok("DescribeClusters", json!({}));
    let by_id = json!({ "ClusterIdentifier": "wh", "DefaultIamRoleArn": role });
    ok("ModifyClusterIamRoles", by_id);
    settle();
    ok("ModifyCluster", json!({ "ClusterIdentifier": "wh", "MasterUserPassword": "Passw0rd2" }));
    settle();
    ok("DeleteCluster", json!({ "ClusterIdentifier": "wh", "SkipFinalClusterSnapshot": true }));
}
