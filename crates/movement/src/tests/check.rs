//! `check`: every hop in one go, tried or evaluated, and the remedy of each.

use expect_test::expect;

use super::journey::{Stage, applied, good};
use super::movement;
use crate::Options;
use crate::check::check;
use crate::fake::{DEV, PROD};
use crate::report::{Exit, HopState, Outcome};

/// The hops that were found closed.
fn closed(outcome: &Outcome) -> Vec<u8> {
    let hops = outcome.hops.iter().filter(|hop| hop.state == HopState::Failed);
    hops.map(|hop| hop.number).collect()
}

/// Changes the policies of a role, its trust under the name `trust`.
fn change(stage: &Stage, account: &str, role: &str, policy: &str, from: &str, to: &str) {
    let mut world = stage.fake.world.lock().unwrap();
    let role = world.roles.get_mut(&(account.to_owned(), role.to_owned())).unwrap();
    let text = match policy {
        "trust" => &mut role.trust,
        name => role.policies.get_mut(name).unwrap(),
    };
    assert!(text.contains(from), "{text}");
    *text = text.replace(from, to);
}

#[tokio::test]
async fn an_open_path_is_one_line_a_hop_and_nothing_is_changed() {
    let stage = applied().await;
    let before = stage.fake.world.lock().unwrap().clone();
    let outcome = check(&movement(), &stage.cx).await;
    assert_eq!(outcome.troubles, []);
    good(outcome);
    assert_eq!(*stage.fake.world.lock().unwrap(), before);
    expect![[r#"
        $ check

          dev    1  ✓ engineer → CrossAccount-SM-Read-Role           tried
          prod   2  ✓ → SM-Read-Role                                 tried
          prod   3  ✓ read secret prod/redshift/etl                  tried
          prod   4  ✓ log in to warehouse.sales as etl               tried
          prod   5  ✓ warehouse → CrossAccount-S3-Write-Role         asked and evaluated
          dev    6  ✓ → S3-Write-Role                                evaluated
          dev    7  ✓ write s3://dev-landing/orders/                 evaluated

          every hop is open
    "#]]
    .assert_eq(&stage.paper.after("check"));
}

#[tokio::test]
async fn every_closed_hop_is_told_with_its_statement_and_its_remedy() {
    let stage = applied().await;
    change(&stage, DEV, "S3-Write-Role", "trust", "/etl", "/other");
    change(&stage, PROD, "CrossAccount-S3-Write-Role", "trust", "redshift.", "glue.");
    change(&stage, DEV, "S3-Write-Role", "WriteTarget", "s3:PutObject", "s3:PutObjectAcl");
    stage.fake.world.lock().unwrap().grants.retain(|grant| !grant.contains("SELECT"));
    let outcome = check(&movement(), &stage.cx).await;
    assert_eq!((outcome.exit, closed(&outcome)), (Exit::Denied, vec![5, 6, 7]));
    expect![[r#"
        $ check

          dev    1  ✓ engineer → CrossAccount-SM-Read-Role           tried
          prod   2  ✓ → SM-Read-Role                                 tried
          prod   3  ✓ read secret prod/redshift/etl                  tried
          prod   4  ✓ log in to warehouse.sales as etl               tried
          prod   5  ✗ warehouse → CrossAccount-S3-Write-Role         asked and evaluated
          dev    6  ✗ → S3-Write-Role                                evaluated
          dev    7  ✗ write s3://dev-landing/orders/                 evaluated

          ✗ prod, hop 5: etl unloads in warehouse through CrossAccount-S3-Write-Role

          why    grant SELECT on sales.orders: it is missing
                 also closed to redshift.amazonaws.com: sts:AssumeRole on arn:aws:iam::111111111111:role/CrossAccount-S3-Write-Role
                 trust policy of role CrossAccount-S3-Write-Role, statement OneDatabaseUser
                   its Principal does not name the caller
          fix    landbridge apply orders.toml --hop 5
                 (sets role CrossAccount-S3-Write-Role, grant SELECT on sales.orders; nothing else is opened)
          more   landbridge explain access --principal redshift.amazonaws.com --action sts:AssumeRole --resource arn:aws:iam::111111111111:role/CrossAccount-S3-Write-Role --context sts:ExternalId=arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/etl --context sts:RoleSessionName=RedshiftIamRoleSession --context aws:SourceAccount=111111111111 --context aws:SourceArn=arn:aws:redshift:us-east-1:111111111111:cluster:warehouse

          ✗ dev, hop 6: CrossAccount-S3-Write-Role: sts:AssumeRole on arn:aws:iam::222222222222:role/S3-Write-Role

          why    trust policy of role S3-Write-Role, statement ClusterRoleForOneDatabaseUser, condition sts:ExternalId
                   it asks for   arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/other
                   this request  arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/etl
          fix    landbridge apply orders.toml --hop 6
                 (sets role S3-Write-Role; nothing else is opened)
          more   landbridge explain access --principal arn:aws:sts::111111111111:assumed-role/CrossAccount-S3-Write-Role/RedshiftIamRoleSession --action sts:AssumeRole --resource arn:aws:iam::222222222222:role/S3-Write-Role --context sts:ExternalId=arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/etl --context sts:RoleSessionName=RedshiftIamRoleSession

          ✗ dev, hop 7: S3-Write-Role: s3:PutObject on arn:aws:s3:::dev-landing/orders/0000_part_00

          why    no identity-based policy allows the action
                 policy WriteTarget of S3-Write-Role: document: statement WriteTarget has another Action
          fix    landbridge apply orders.toml --hop 7
                 (sets policy WriteTarget of S3-Write-Role; nothing else is opened)
          more   landbridge explain access --principal arn:aws:sts::222222222222:assumed-role/S3-Write-Role/RedshiftIamRoleSession --action s3:PutObject --resource arn:aws:s3:::dev-landing/orders/0000_part_00 --context s3:x-amz-server-side-encryption=aws:kms --context s3:x-amz-server-side-encryption-aws-kms-key-id=arn:aws:kms:us-east-1:222222222222:key/22

          closed: 5, 6, 7
    "#]].assert_eq(&stage.paper.after("check"));
    for hop in 5..=7 {
        let options = Options { hop: Some(hop), ..Options::default() };
        good(crate::apply(&movement(), &stage.cx, &options).await);
    }
    good(check(&movement(), &stage.cx).await);
}

#[tokio::test]
async fn hops_behind_a_closed_one_are_evaluated() {
    let stage = applied().await;
    let refused = Some(("/CrossAccount-SM-Read-Role".into(), "not authorized".into()));
    stage.fake.knobs.lock().unwrap().refuse_role = refused;
    change(&stage, PROD, "SM-Read-Role", "ReadSecret", "secret:prod/redshift/etl", "secret:other");
    let outcome = check(&movement(), &stage.cx).await;
    assert_eq!(closed(&outcome), [1, 3], "{:?}", outcome.troubles);
    assert_eq!(outcome.exit.code(), 2);
}

#[tokio::test]
async fn a_guard_that_is_gone_is_told_though_every_hop_is_open() {
    let stage = applied().await;
    stage.fake.world.lock().unwrap().assumerole_open = true;
    let outcome = check(&movement(), &stage.cx).await;
    assert_eq!((outcome.exit, outcome.exit.code()), (Exit::Pending, 2));
    assert_eq!(closed(&outcome), [0u8; 0]);
    let guard = &outcome.troubles[0];
    assert!(guard.why[0].contains("open to everybody"), "{guard:?}");
    assert_eq!(guard.fix[0], "landbridge apply orders.toml --hop 5");
}

#[tokio::test]
async fn what_is_not_applied_cannot_be_checked() {
    let stage = super::journey::stage();
    let outcome = check(&movement(), &stage.cx).await;
    assert_eq!(outcome.trouble.unwrap().fix, ["landbridge apply orders.toml"]);
}
