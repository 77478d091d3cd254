//! Refusals in Redshift's words, and nothing left behind.

use std::sync::atomic::{AtomicBool, Ordering};

use expect_test::{Expect, expect};
use redshift_sql::{Authorization, FixedWidthColumn, Partitioning, Unload, UnloadFormat};

use super::fake::{Failing, FakeCloud, ROLE, awkward, cluster, run, run_source, statement};
use crate::ports::{ClusterFacts, ClusterStatus};
use crate::unload::{Caller, UnloadError, resolve_roles};

fn csv(change: impl FnOnce(&mut Unload)) -> Unload {
    let mut statement = statement(UnloadFormat::Csv { delimiter: b',' });
    change(&mut statement);
    statement
}

fn show(error: &UnloadError) -> String {
    let detail = error.detail.as_deref().unwrap_or_default();
    format!("{} {}\n{detail}", error.sqlstate, error.message)
}

/// Nothing may be visible after a failure.
fn check(cloud: &FakeCloud, statement: &Unload, expected: &Expect) {
    let before = cloud.keys();
    let error = run(cloud, statement, &awkward()).unwrap_err();
    expected.assert_eq(&show(&error));
    assert_eq!(cloud.keys(), before);
    assert_eq!(cloud.store.commits.load(Ordering::SeqCst), 0);
}

#[test]
fn a_role_that_cannot_be_assumed() {
    check(
        &FakeCloud::refusing("assume"),
        &csv(|_| {}),
        &expect![[r#"
            XX000 exception name : UnauthorizedException, error type : 135, message: Not authorized to get credentials of role arn:aws:iam::222222222222:role/S3, should retry : 0

              -----------------------------------------------
              error:  exception name : UnauthorizedException, error type : 135, message: Not authorized to get credentials of role arn:aws:iam::222222222222:role/S3, should retry : 0
              code:      30000
              context:   
              query:     913
              location:  xen_aws_credentials_mgr.cpp:785
              process:   padbmaster [pid=25930]
              -----------------------------------------------
        "#]],
    );
}

#[test]
fn listing_refused() {
    check(
        &FakeCloud::refusing("list"),
        &csv(|_| {}),
        &expect![[r#"
            XX000 S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid RID,ExtRid EXT,CanRetry 1

              -----------------------------------------------
              error:  S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid RID,ExtRid EXT,CanRetry 1
              code:      8001
              context:   Listing bucket=lake prefix=out/t_
              query:     913
              location:  s3_utility.cpp:840
              process:   padbmaster [pid=25930]
              -----------------------------------------------
        "#]],
    );
}

#[test]
fn writing_refused_at_any_moment() {
    for operation in ["create", "write"] {
        check(
            &FakeCloud::refusing(operation),
            &csv(|_| {}),
            &expect![[r#"
                XX000 S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid RID,ExtRid EXT,CanRetry 1

                  -----------------------------------------------
                  error:  S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid RID,ExtRid EXT,CanRetry 1
                  code:      8001
                  context:   Failed to initialize S3 output stream. S3 path: s3://lake/out/t_000
                  query:     913
                  location:  s3_text_unloader.cpp:364
                  process:   padbmaster [pid=25930]
                  -----------------------------------------------
            "#]],
        );
    }
    let error = run(&FakeCloud::refusing("commit"), &csv(|_| {}), &awkward()).unwrap_err();
    assert!(error.message.starts_with("S3ServiceException:Access Denied,Status 403"));
}

#[test]
fn the_key_refused() {
    let error = run(&FakeCloud::refusing("key"), &csv(|_| {}), &awkward()).unwrap_err();
    assert_eq!(
        error.message,
        "S3ServiceException:User: x is not authorized to perform: kms:GenerateDataKey,Status 403,\
         Error AccessDenied,Rid RID,ExtRid EXT,CanRetry 1"
    );
}

#[test]
fn no_such_bucket_or_another_region() {
    let to = |bucket: &str| csv(|s| s.to = format!("s3://{bucket}/x"));
    let cloud = FakeCloud::default();
    let error = run(&cloud, &to("none"), &awkward()).unwrap_err();
    assert_eq!(
        error.message,
        "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket,\
         Rid RID,ExtRid EXT,CanRetry 1"
    );
    let error = run(&cloud, &to("far"), &awkward()).unwrap_err();
    assert!(error.message.starts_with(
        "S3ServiceException:The bucket you are attempting to access must be addressed using the \
         specified endpoint. Please send all future requests to this endpoint.,Status 301,\
         Error PermanentRedirect,Rid ABABABABABABABAB,"
    ));
    let mut near = to("far");
    near.region = Some("eu-west-1".into());
    run(&cloud, &near, &awkward()).unwrap();
}

#[test]
fn a_target_that_is_not_empty() {
    check(
        &FakeCloud::holding(&["out/t_deeper/below"]),
        &csv(|_| {}),
        &expect![[r#"
            XX000 Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.

              -----------------------------------------------
              error:  Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.
              code:      8001
              context:   
              query:     913
              location:  s3_utility.cpp:693
              process:   padbmaster [pid=25930]
              -----------------------------------------------
        "#]],
    );
}

#[test]
fn statements_that_cannot_be_carried_out() {
    let partition = |name: &str| Partitioning { columns: vec![name.into()], include: false };
    for (statement, columns, message) in [
        (
            csv(|s| s.to = "file:///x".into()),
            vec!["id"],
            "UNLOAD destination is not supported. (file:///x)",
        ),
        (csv(|s| s.to = "s3://".into()), vec!["id"], "UNLOAD destination names no bucket. (s3://)"),
        (
            csv(|s| s.to = "s3://x-s3alias/y".into()),
            vec!["id"],
            "UNLOAD does not support Amazon S3 access point aliases.",
        ),
        (
            csv(|s| s.region = Some("moon".into())),
            vec!["id"],
            "Invalid AWS region 'moon' in REGION option",
        ),
        (
            csv(|s| s.partition_by = Some(partition("none"))),
            vec!["id"],
            "Partition column \"none\" does not exist in the query result",
        ),
        (
            csv(|s| s.partition_by = Some(partition("x"))),
            vec!["id", "x"],
            "Partition column \"x\" of type double precision is not supported",
        ),
        (
            csv(|s| s.partition_by = Some(partition("id"))),
            vec!["id"],
            "UNLOAD with PARTITION BY needs at least one column that is not a partition column",
        ),
        (
            csv(|s| s.format = UnloadFormat::Parquet),
            vec!["id", "raw"],
            "UNLOAD of column \"raw\" of type binary varying is only supported for text and CSV",
        ),
        (
            csv(|s| s.format = UnloadFormat::FixedWidth(Vec::new())),
            vec!["id"],
            "The fixed width specification has 0 columns and the query 1",
        ),
        (
            csv(|s| {
                let column = FixedWidthColumn { label: "n".into(), width: 3 };
                s.format = UnloadFormat::FixedWidth(vec![column]);
            }),
            vec!["name"],
            "Value of 5 bytes is too long for fixed width column 'n' of 3 bytes",
        ),
    ] {
        let cloud = FakeCloud::default();
        let error = run(&cloud, &statement, &awkward().select(&columns)).unwrap_err();
        assert_eq!(error.message, message);
        assert!(cloud.keys().is_empty());
    }
}

#[test]
fn a_failing_query_leaves_nothing() {
    let cloud = FakeCloud::default();
    let table = awkward();
    let mut source = Failing(vec![table.batches[0].clone(); 5]);
    let running = AtomicBool::new(false);
    let statement = csv(|s| s.parallel = true);
    let error = run_source(&cloud, &statement, &table.columns, &mut source, &running).unwrap_err();
    assert_eq!(show(&error), "22012 Divide by zero\n");
    assert!(cloud.keys().is_empty());
}

#[test]
fn a_cancelled_statement_leaves_nothing() {
    let cloud = FakeCloud::default();
    let table = awkward();
    let mut source = Failing(vec![table.batches[0].clone(); 5]);
    let stopped = AtomicBool::new(true);
    let error =
        run_source(&cloud, &csv(|_| {}), &table.columns, &mut source, &stopped).unwrap_err();
    assert_eq!(show(&error), "57014 Query (913) cancelled on user's request\n");
    assert!(cloud.keys().is_empty());
}

#[test]
fn only_attached_roles_pass_the_first_gate() {
    let cluster = cluster();
    let caller = Caller { cluster: &cluster, db_user: "etl", query_id: 0, pid: 7 };
    let facts = |attached: &[&str], default: Option<&str>| ClusterFacts {
        attached_roles: attached.iter().map(|&role| role.into()).collect(),
        default_role: default.map(str::to_owned),
        require_ssl: true,
        status: ClusterStatus::Available,
    };
    let chain = Authorization::Roles(vec![ROLE.into(), "arn:aws:iam::222222222222:role/S3".into()]);
    let resolve = |authorization: &Authorization, facts: &ClusterFacts| {
        resolve_roles(authorization, facts, &caller)
    };
    assert_eq!(resolve(&chain, &facts(&[ROLE], None)).unwrap().len(), 2);
    assert_eq!(resolve(&Authorization::Default, &facts(&[ROLE], Some(ROLE))).unwrap(), [ROLE]);
    for refused in [
        resolve(&Authorization::Default, &facts(&[ROLE], None)),
        resolve(&Authorization::Default, &facts(&[], Some(ROLE))),
    ] {
        assert!(refused.unwrap_err().message.contains("is not authorized to assume IAM Role"));
    }
    expect![[r#"
        XX000 User arn:aws:redshift:us-east-1:111111111111:dbuser:prod/etl is not authorized to assume IAM Role arn:aws:iam::111111111111:role/Writer,arn:aws:iam::222222222222:role/S3

          -----------------------------------------------
          error:  User arn:aws:redshift:us-east-1:111111111111:dbuser:prod/etl is not authorized to assume IAM Role arn:aws:iam::111111111111:role/Writer,arn:aws:iam::222222222222:role/S3
          code:      8001
          context:   IAM Role=arn:aws:iam::111111111111:role/Writer,arn:aws:iam::222222222222:role/S3
          query:     0
          location:  xen_aws_credentials_mgr.cpp:321
          process:   padbmaster [pid=7]
          -----------------------------------------------
    "#]]
    .assert_eq(&show(&resolve(&chain, &facts(&[], None)).unwrap_err()));
}
