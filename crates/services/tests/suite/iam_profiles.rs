//! Instance profiles, service-linked roles and identity providers.

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{World, allow, check, document, trusting};

fn told(world: &World, operation: &str, input: Value) -> String {
    world.told(&world.admin("prod"), "iam", operation, input)
}

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "iam", operation, input)
}

#[test]
fn an_instance_profile_holds_one_role_that_its_giver_may_pass() {
    let world = World::new();
    for role in ["r", "s"] {
        world.role("prod", role, &trusting(&["111111111111"]), &[]);
    }
    ok(&world, "CreateInstanceProfile", json!({ "InstanceProfileName": "p", "Path": "/ec2/" }));
    let with = |role: &str| json!({ "InstanceProfileName": "P", "RoleName": role });
    let add = allow(&["iam:AddRoleToInstanceProfile"], &["*"]);
    let clerk = world.user("prod", "clerk", std::slice::from_ref(&add));
    let mut pass = allow(&["iam:PassRole"], &["arn:aws:iam::111111111111:role/r"]);
    pass["Condition"] = json!({ "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } });
    let passer = world.user("prod", "passer", &[add, pass]);
    let tell = |who, role| world.told(who, "iam", "AddRoleToInstanceProfile", with(role));
    let story = [
        tell(&clerk, "r"),
        tell(&passer, "s"),
        tell(&passer, "r"),
        told(&world, "AddRoleToInstanceProfile", with("s")),
        told(&world, "CreateInstanceProfile", json!({ "InstanceProfileName": "p" })),
        told(&world, "DeleteRole", json!({ "RoleName": "r" })),
        told(&world, "DeleteInstanceProfile", json!({ "InstanceProfileName": "p" })),
        told(&world, "RemoveRoleFromInstanceProfile", with("s")),
        told(&world, "RemoveRoleFromInstanceProfile", with("r")),
        told(&world, "DeleteRole", json!({ "RoleName": "r" })),
        told(&world, "DeleteInstanceProfile", json!({ "InstanceProfileName": "p" })),
        told(&world, "GetInstanceProfile", json!({ "InstanceProfileName": "p" })),
    ];
    check(
        story.join("\n"),
        expect![[r#"
        403 AccessDenied: User: arn:aws:iam::111111111111:user/clerk is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111111111111:role/r because no identity-based policy allows the iam:PassRole action
        403 AccessDenied: User: arn:aws:iam::111111111111:user/passer is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111111111111:role/s because no identity-based policy allows the iam:PassRole action
        ok
        409 LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1
        409 EntityAlreadyExists: Instance Profile p already exists.
        409 DeleteConflict: Cannot delete entity, must remove roles from instance profile first.
        409 DeleteConflict: Cannot delete entity, must remove roles from instance profile first.
        404 NoSuchEntity: The role with name s cannot be found.
        ok
        ok
        ok
        404 NoSuchEntity: Instance Profile p cannot be found."#]],
    );
}

#[test]
fn instance_profiles_show_their_role() {
    let world = World::new();
    world.role("prod", "r", &trusting(&["111111111111"]), &[]);
    let made = ok(&world, "CreateInstanceProfile", json!({ "InstanceProfileName": "p" }));
    assert_eq!(made["InstanceProfile"]["Arn"], "arn:aws:iam::111111111111:instance-profile/p");
    let id = made["InstanceProfile"]["InstanceProfileId"].as_str().unwrap();
    assert!(id.starts_with("AIPA"), "{id}");
    let both = json!({ "InstanceProfileName": "p", "RoleName": "r" });
    ok(&world, "AddRoleToInstanceProfile", both);
    for (operation, input) in [
        ("ListInstanceProfiles", json!({})),
        ("ListInstanceProfilesForRole", json!({ "RoleName": "r" })),
    ] {
        let listed = ok(&world, operation, input);
        assert_eq!(listed["InstanceProfiles"][0]["Roles"][0]["RoleName"], "r", "{operation}");
    }
}

#[test]
fn a_service_linked_role_is_its_services_own() {
    let world = World::new();
    let service = json!({ "AWSServiceName": "batch.amazonaws.com" });
    let made = ok(&world, "CreateServiceLinkedRole", service.clone());
    let name = "AWSServiceRoleForBatch";
    let arn = format!("arn:aws:iam::111111111111:role/aws-service-role/batch.amazonaws.com/{name}");
    assert_eq!(made["Role"]["Arn"], arn);
    let text = document(&[allow(&["s3:*"], &["*"])]);
    let policy = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
    let trust = trusting(&["111111111111"]);
    let auto = |suffix: &str| json!({ "AWSServiceName": "autoscaling.amazonaws.com", "CustomSuffix": suffix });
    let of = |more: Value| {
        let mut input = json!({ "RoleName": name });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let story = [
        told(&world, "CreateServiceLinkedRole", service),
        told(
            &world,
            "CreateServiceLinkedRole",
            json!({ "AWSServiceName": "redshift.amazonaws.com", "CustomSuffix": "x" }),
        ),
        told(&world, "CreateServiceLinkedRole", auto("x")),
        told(&world, "DeleteRole", of(json!({}))),
        told(&world, "AttachRolePolicy", of(json!({ "PolicyArn": policy }))),
        told(&world, "PutRolePolicy", of(json!({ "PolicyName": "p", "PolicyDocument": text }))),
        told(&world, "UpdateAssumeRolePolicy", of(json!({ "PolicyDocument": trust }))),
        told(&world, "UpdateRole", of(json!({ "MaxSessionDuration": 7_200 }))),
        told(&world, "UpdateRole", of(json!({ "Description": "ours" }))),
        told(&world, "UpdateRoleDescription", of(json!({ "Description": "still ours" }))),
        told(
            &world,
            "AttachUserPolicy",
            json!({
                "UserName": "admin",
                "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy",
            }),
        ),
        told(&world, "TagRole", of(json!({ "Tags": [{ "Key": "a", "Value": "b" }] }))),
        told(
            &world,
            "CreateRole",
            json!({
                "RoleName": "mine", "Path": "/aws-service-role/batch.amazonaws.com/",
                "AssumeRolePolicyDocument": trust,
            }),
        ),
    ];
    check(
        story.join("\n"),
        expect![[r#"
            400 InvalidInput: Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix.
            400 InvalidInput: Custom suffix is not allowed for redshift.amazonaws.com
            ok
            400 UnmodifiableEntity: Cannot perform the operation on the protected role 'AWSServiceRoleForBatch' - this role is only modifiable by AWS
            400 UnmodifiableEntity: Cannot perform the operation on the protected role 'AWSServiceRoleForBatch' - this role is only modifiable by AWS
            400 UnmodifiableEntity: Cannot perform the operation on the protected role 'AWSServiceRoleForBatch' - this role is only modifiable by AWS
            400 UnmodifiableEntity: Cannot perform the operation on the protected role 'AWSServiceRoleForBatch' - this role is only modifiable by AWS
            400 UnmodifiableEntity: Cannot perform the operation on the protected role 'AWSServiceRoleForBatch' - this role is only modifiable by AWS
            ok
            ok
            400 PolicyNotAttachable: Cannot attach a Service Role Policy to a Customer Role.
            ok
            400 InvalidInput: Roles under the path /aws-service-role/ are made by CreateServiceLinkedRole"#]],
    );
    let task = ok(&world, "DeleteServiceLinkedRole", of(json!({})));
    let id = task["DeletionTaskId"].as_str().unwrap();
    let prefix = "task/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch/";
    assert!(id.starts_with(prefix), "{id}");
    let status = ok(&world, "GetServiceLinkedRoleDeletionStatus", task);
    assert_eq!(status["Status"], "SUCCEEDED");
    let gone = told(&world, "GetRole", of(json!({})));
    assert!(gone.starts_with("404 NoSuchEntity"), "{gone}");
}

#[test]
fn openid_connect_providers_are_kept_by_issuer() {
    let world = World::new();
    let make = |url: &str| {
        let thumbprints = ["a".repeat(40)];
        json!({ "Url": url, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": thumbprints })
    };
    let made = ok(&world, "CreateOpenIDConnectProvider", make("https://id.example/realms/one"));
    let arn = "arn:aws:iam::111111111111:oidc-provider/id.example/realms/one";
    assert_eq!(made["OpenIDConnectProviderArn"], arn);
    let client = |id: &str| json!({ "OpenIDConnectProviderArn": arn, "ClientID": id });
    ok(&world, "AddClientIDToOpenIDConnectProvider", client("app"));
    ok(&world, "AddClientIDToOpenIDConnectProvider", client("app"));
    ok(&world, "RemoveClientIDFromOpenIDConnectProvider", client("sts.amazonaws.com"));
    ok(&world, "RemoveClientIDFromOpenIDConnectProvider", client("nobody"));
    let by_arn = json!({ "OpenIDConnectProviderArn": arn });
    let got = ok(&world, "GetOpenIDConnectProvider", by_arn.clone());
    assert_eq!(
        (&got["Url"], &got["ClientIDList"]),
        (&json!("id.example/realms/one"), &json!(["app"]))
    );
    let mut six = make("https://six.example");
    six["ThumbprintList"] = vec!["b".repeat(40); 6].into();
    let absent = json!({ "OpenIDConnectProviderArn": "arn:aws:iam::111111111111:oidc-provider/x" });
    let story = [
        told(&world, "CreateOpenIDConnectProvider", make("https://id.example/realms/one")),
        told(&world, "CreateOpenIDConnectProvider", make("http://id.example")),
        told(&world, "CreateOpenIDConnectProvider", six),
        told(&world, "GetOpenIDConnectProvider", absent),
        told(&world, "DeleteOpenIDConnectProvider", by_arn.clone()),
        told(&world, "GetOpenIDConnectProvider", by_arn.clone()),
        world.told(&world.admin("dev"), "iam", "GetOpenIDConnectProvider", by_arn),
    ];
    check(
        story.join("\n"),
        expect![[r#"
        409 EntityAlreadyExists: Provider with url https://id.example/realms/one already exists.
        400 ValidationError: Invalid Open ID Connect Provider URL
        400 InvalidInput: Thumbprint list must contain fewer than 5 entries.
        404 NoSuchEntity: OpenIDConnect Provider not found for arn arn:aws:iam::111111111111:oidc-provider/x
        ok
        404 NoSuchEntity: OpenIDConnect Provider not found for arn arn:aws:iam::111111111111:oidc-provider/id.example/realms/one
        403 AccessDenied: User: arn:aws:iam::222222222222:user/admin is not authorized to perform: iam:GetOpenIDConnectProvider on resource: arn:aws:iam::111111111111:oidc-provider/id.example/realms/one because no resource-based policy allows the iam:GetOpenIDConnectProvider action"#]],
    );
}

#[test]
fn saml_providers_are_kept_with_their_metadata() {
    let world = World::new();
    let metadata =
        |until: &str| format!("<EntityDescriptor{until}>{}</EntityDescriptor>", " ".repeat(1_000));
    let make = json!({ "Name": "corp", "SAMLMetadataDocument": metadata("") });
    let arn = ok(&world, "CreateSAMLProvider", make.clone())["SAMLProviderArn"].clone();
    assert_eq!(arn, "arn:aws:iam::111111111111:saml-provider/corp");
    let until = metadata(" validUntil=\"2027-01-01T00:00:00Z\"");
    let update = json!({ "SAMLProviderArn": arn, "SAMLMetadataDocument": until });
    ok(&world, "UpdateSAMLProvider", update);
    let got = ok(&world, "GetSAMLProvider", json!({ "SAMLProviderArn": arn }));
    assert_eq!(got["SAMLMetadataDocument"], until);
    assert_eq!(got["ValidUntil"], 1_798_761_600);
    let no_xml = json!({ "Name": "x", "SAMLMetadataDocument": "x".repeat(1_000) });
    let encrypted = json!({ "SAMLProviderArn": arn, "AssertionEncryptionMode": "Required" });
    let absent = json!({ "SAMLProviderArn": "arn:aws:iam::111111111111:saml-provider/x" });
    let story = [
        told(&world, "CreateSAMLProvider", make),
        told(&world, "CreateSAMLProvider", no_xml),
        told(&world, "UpdateSAMLProvider", encrypted),
        told(&world, "GetSAMLProvider", absent),
        told(&world, "DeleteSAMLProvider", json!({ "SAMLProviderArn": arn })),
        told(&world, "GetSAMLProvider", json!({ "SAMLProviderArn": arn })),
    ];
    check(
        story.join("\n"),
        expect![[r#"
        409 EntityAlreadyExists: Provider with name corp already exists.
        400 InvalidInput: Could not parse metadata
        400 InvalidInput: Encrypted assertions need a private key
        404 NoSuchEntity: Manifest not found for arn arn:aws:iam::111111111111:saml-provider/x
        ok
        404 NoSuchEntity: Manifest not found for arn arn:aws:iam::111111111111:saml-provider/corp"#]],
    );
}
