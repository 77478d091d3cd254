//! Clusters: who may hand them roles, their states, and what is refused.

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{World, allow, check, trusting};

const CLUSTER: &str = "arn:aws:redshift:us-east-1:111111111111:cluster:wh";
const KEY: &str = "111111111111/us-east-1/wh";

fn input(more: Value) -> Value {
    let mut input = json!({
        "ClusterIdentifier": "wh", "NodeType": "ra3.xlplus", "MasterUsername": "admin",
        "MasterUserPassword": "Passw0rd",
    });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    input
}

fn told(world: &World, operation: &str, input: Value) -> String {
    world.told(&world.admin("prod"), "redshift", operation, input)
}

/// The data plane's report that the cluster is up.
fn settle(world: &World) {
    let settle =
        |cx: &mut gateway::Cx| services::redshift::state::settle(cx, KEY, "127.0.0.1", 5439);
    world.gateway().maintain(None, world.origin(), settle).unwrap();
}

fn status(world: &World) -> String {
    let seen = world.call(&world.admin("prod"), "redshift", "DescribeClusters", json!({}));
    let seen = seen.unwrap();
    let Some(cluster) = seen["Clusters"].get(0) else { return "gone".to_owned() };
    let roles: Vec<String> = cluster["IamRoles"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|role| {
            let name = role["IamRoleArn"].as_str().unwrap().rsplit('/').next().unwrap();
            format!("{name} {}", role["ApplyStatus"].as_str().unwrap())
        })
        .collect();
    let port = &cluster["Endpoint"]["Port"];
    format!("{} {port} [{}]", cluster["ClusterStatus"].as_str().unwrap(), roles.join(", "))
}

#[test]
fn a_cluster_comes_changes_and_goes() {
    let world = World::new();
    let role = world.role("prod", "loader", &trusting(&["111111111111"]), &[]);
    let by_id = json!({ "ClusterIdentifier": "wh" });
    let mut story = vec![status(&world)];
    let mut step = |operation: &str, input: Value| {
        story.push(format!(
            "{operation}: {} -> {}",
            told(&world, operation, input),
            status(&world)
        ));
    };
    step("CreateCluster", input(json!({ "IamRoles": [role] })));
    step("CreateCluster", input(json!({ "ClusterIdentifier": "WH" })));
    step("ModifyCluster", json!({ "ClusterIdentifier": "wh", "PubliclyAccessible": true }));
    settle(&world);
    step("DescribeClusters", by_id.clone());
    step("ModifyClusterIamRoles", json!({ "ClusterIdentifier": "wh", "RemoveIamRoles": [role] }));
    step("ModifyClusterIamRoles", json!({ "ClusterIdentifier": "wh", "AddIamRoles": [role] }));
    settle(&world);
    step("DescribeClusters", by_id.clone());
    step("ModifyClusterIamRoles", json!({ "ClusterIdentifier": "wh", "RemoveIamRoles": [role] }));
    step("ModifyCluster", json!({ "ClusterIdentifier": "wh", "NodeType": "dc2.large" }));
    step("DeleteCluster", by_id.clone());
    let skip = json!({ "ClusterIdentifier": "wh", "SkipFinalClusterSnapshot": true });
    step("DeleteCluster", skip.clone());
    step("DeleteCluster", skip.clone());
    check(
        story.join("\n"),
        expect![[r#"
            gone
            CreateCluster: ok -> creating null [loader adding]
            CreateCluster: 400 ClusterAlreadyExists: Cluster already exists -> creating null [loader adding]
            ModifyCluster: 400 InvalidClusterState: There is an operation running on the Cluster. Please try to perform it at a later time. -> creating null [loader adding]
            DescribeClusters: ok -> available 5439 [loader in-sync]
            ModifyClusterIamRoles: ok -> modifying 5439 [loader removing]
            ModifyClusterIamRoles: 400 InvalidClusterState: There is an operation running on the Cluster. Please try to perform it at a later time. -> modifying 5439 [loader removing]
            DescribeClusters: ok -> available 5439 []
            ModifyClusterIamRoles: 400 InvalidParameterValue: The IAM role arn:aws:iam::111111111111:role/loader is not associated with the cluster. -> available 5439 []
            ModifyCluster: 501 NotImplemented: NodeType of ModifyCluster is not implemented. -> available 5439 []
            DeleteCluster: 400 InvalidParameterCombination: FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is specified. -> available 5439 []
            DeleteCluster: ok -> deleting 5439 []
            DeleteCluster: 400 InvalidClusterState: There is an operation running on the Cluster. Please try to perform it at a later time. -> deleting 5439 []"#]],
    );
    // Only the data plane says that it is gone.
    settle(&world);
    assert!(status(&world).starts_with("deleting"), "{}", status(&world));
    let forget = |cx: &mut gateway::Cx| services::redshift::state::forget(cx, KEY);
    world.gateway().maintain(None, world.origin(), forget).unwrap();
    check(
        [
            status(&world),
            told(&world, "DescribeClusters", by_id),
            told(&world, "DeleteCluster", skip),
        ]
        .join("\n"),
        expect![[r#"
            gone
            404 ClusterNotFound: Cluster wh not found.
            404 ClusterNotFound: Cluster wh not found."#]],
    );
}

#[test]
fn refused_clusters() {
    let world = World::new();
    let cases = [
        json!({ "MasterUserPassword": "short" }),
        json!({ "MasterUserPassword": "nouppercase1" }),
        json!({ "MasterUserPassword": null }),
        json!({ "ClusterIdentifier": "9wh" }),
        json!({ "ClusterIdentifier": "w--h" }),
        json!({ "MasterUsername": "9admin" }),
        json!({ "MasterUsername": "public" }),
        json!({ "DBName": "9db" }),
        json!({ "ClusterType": "multi-node" }),
        json!({ "ClusterType": "single-node", "NumberOfNodes": 2 }),
        json!({ "Port": 80 }),
        json!({ "IamRoles": ["arn:aws:s3:::bucket"] }),
        json!({ "ManageMasterPassword": true, "MasterUserPassword": null }),
        json!({ "NodeType": null }),
    ];
    let answers = cases.map(|more| told(&world, "CreateCluster", input(more)));
    check(
        answers.join("\n"),
        expect![[r#"
        400 InvalidParameterValue: The parameter MasterUserPassword is not a valid password because it must contain from 8 to 64 characters.
        400 InvalidParameterValue: The parameter MasterUserPassword is not a valid password because it must contain at least one uppercase letter.
        400 InvalidParameterCombination: The parameter MasterUserPassword must be provided.
        400 InvalidParameterValue: The parameter ClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.
        400 InvalidParameterValue: The parameter ClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.
        400 InvalidParameterValue: The parameter MasterUsername is not a valid user name.
        400 InvalidParameterValue: The parameter MasterUsername is not a valid user name.
        400 InvalidParameterValue: The parameter DBName is not a valid database name.
        400 InvalidParameterValue: Number of nodes for cluster type multi-node must be greater than or equal to 2.
        400 InvalidParameterCombination: Number of nodes for cluster type single-node is not allowed.
        400 InvalidParameterValue: The parameter Port is not valid: 80 is not in 1150-65535.
        400 InvalidParameterValue: The IAM role arn:aws:s3:::bucket is not valid. Please check the role ARN.
        501 NotImplemented: ManageMasterPassword is not implemented: give a MasterUserPassword.
        400 MissingParameter: The request must contain the parameter NodeType."#]],
    );
    assert_eq!(status(&world), "gone");
}

#[test]
fn handing_a_role_to_a_cluster_needs_pass_role_on_it() {
    let world = World::new();
    let role = world.role("prod", "loader", &trusting(&["111111111111"]), &[]);
    let clusters = || allow(&["redshift:*"], &["*"]);
    let mut passes = allow(&["iam:PassRole"], &[&role]);
    passes["Condition"] = json!({
        "StringEquals": { "iam:PassedToService": "redshift.amazonaws.com" },
        "ArnEquals": { "iam:AssociatedResourceArn": CLUSTER },
    });
    let without = world.user("prod", "without", &[clusters()]);
    let with = world.user("prod", "with", &[clusters(), passes]);
    let create = input(json!({ "IamRoles": [role] }));
    check(
        world.told(&without, "redshift", "CreateCluster", create.clone()),
        expect![[
            r#"403 AccessDenied: User: arn:aws:iam::111111111111:user/without is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111111111111:role/loader because no identity-based policy allows the iam:PassRole action"#
        ]],
    );
    assert_eq!(status(&world), "gone");
    // A cluster of another name is another associated resource.
    let other = input(json!({ "IamRoles": [role], "ClusterIdentifier": "other" }));
    assert!(world.told(&with, "redshift", "CreateCluster", other).contains("iam:PassRole"));
    assert_eq!(world.told(&with, "redshift", "CreateCluster", create), "ok");
    settle(&world);
    for more in [json!({ "AddIamRoles": [role] }), json!({ "DefaultIamRoleArn": role })] {
        let mut input = json!({ "ClusterIdentifier": "wh" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = world.told(&without, "redshift", "ModifyClusterIamRoles", input.clone());
        assert!(refused.contains("iam:PassRole"), "{refused}");
        assert_eq!(world.told(&with, "redshift", "ModifyClusterIamRoles", input), "ok");
        settle(&world);
    }
    let remove = json!({ "ClusterIdentifier": "wh", "RemoveIamRoles": [role] });
    assert_eq!(world.told(&without, "redshift", "ModifyClusterIamRoles", remove), "ok");
}

#[test]
fn a_role_of_another_account_cannot_be_passed() {
    let world = World::new();
    let foreign = world.role("dev", "theirs", &trusting(&["111111111111"]), &[]);
    let refused = told(&world, "CreateCluster", input(json!({ "IamRoles": [foreign] })));
    assert!(refused.starts_with("403 AccessDenied: "), "{refused}");
    assert!(refused.contains("iam:PassRole"), "{refused}");
}

#[test]
fn clusters_of_another_account_or_region_are_not_there() {
    let world = World::new();
    assert_eq!(told(&world, "CreateCluster", input(json!({}))), "ok");
    settle(&world);
    let by_id = json!({ "ClusterIdentifier": "wh" });
    let text = "404 ClusterNotFound: Cluster wh not found.";
    assert_eq!(
        world.told(&world.admin("dev"), "redshift", "DescribeClusters", by_id.clone()),
        text
    );
    let elsewhere = world.admin("prod").in_region("eu-west-1");
    assert_eq!(world.told(&elsewhere, "redshift", "DescribeClusters", by_id), text);
}

#[test]
fn the_data_plane_hears_of_each_change_once_it_is_durable() {
    use std::sync::{Arc, Mutex};
    let world = World::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    world.gateway().listen(services::redshift::TOPIC, move |key| {
        sink.lock().unwrap().push(key.to_owned());
    });
    assert!(told(&world, "CreateCluster", input(json!({ "Port": 80 }))).starts_with("400"));
    assert_eq!(heard.lock().unwrap().len(), 0);
    assert_eq!(told(&world, "CreateCluster", input(json!({}))), "ok");
    assert_eq!(*heard.lock().unwrap(), [KEY]);
}
