//! The smaller parts: statements, policies, profiles, sample, figures.

use std::path::Path;

use expect_test::expect;

use super::FILE;
use crate::aws::Profiles;
use crate::demo::{Sample, SampleTable};
use crate::facts::{Facts, trusted_arn};
use crate::file::Movement;
use crate::{policies, sql};

pub(super) fn facts() -> Facts {
    Facts {
        warehouse_account: "111111111111".parse().unwrap(),
        store_account: "222222222222".parse().unwrap(),
        warehouse_region: "us-east-1".parse().unwrap(),
        store_region: "eu-west-1".parse().unwrap(),
        principal: "arn:aws:iam::222222222222:user/engineer".into(),
        external_id: "landbridge-1".into(),
        db_user_arn: "arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/etl".into(),
        cluster: None,
        chained: true,
        secret_arn: None,
        secret_key_arn: None,
        store_key_arn: Some("arn:aws:kms:eu-west-1:222222222222:key/k".into()),
    }
}

fn file(from: &str, to: &str) -> Movement {
    let text = FILE.replace(from, to);
    Movement::parse(&text, Path::new("m.toml")).unwrap()
}

#[test]
fn the_unload_doubles_quotes_and_backslashes() {
    let query = "query = \"select id, note from sales.orders where region = 'it''s'\"";
    let to = r#"query = 'select a, ''\n'' from t -- done'"#.replace("''", "\\u0027");
    let to = to.replace("query = '", "query = \"").replace("done'", "done\"");
    let to = to.replace("\\n", "\\\\n");
    let movement = file(query, &to);
    expect![[r#"
        /* landbridge:m:r */ UNLOAD ('select a, ''\\n'' from t -- done')
        TO 's3://dev-landing/orders/'
        IAM_ROLE 'arn:aws:iam::111111111111:role/CrossAccount-S3-Write-Role,arn:aws:iam::222222222222:role/S3-Write-Role'
        FORMAT CSV
        MANIFEST VERBOSE
        KMS_KEY_ID 'arn:aws:kms:eu-west-1:222222222222:key/k' ENCRYPTED
        REGION 'eu-west-1'"#]].assert_eq(&sql::unload(&movement, movement.outward().unwrap(), &facts(), "landbridge:m:r"));
}

#[test]
fn every_option_reaches_the_statement() {
    let options = "key = \"dev/landing\"\npartition_by = [\"region\", \"a b\"]\n\
        include_partition_columns = true\nheader = true\ndelimiter = \";\"\nnull_as = \"\\\\N\"\n\
        compression = \"zstd\"\nmax_file_size = \"1 GB\"\nparallel = false\nif_exists = \"replace\"";
    let movement = file("key = \"dev/landing\"", options);
    expect![[r#"
        /* m */ UNLOAD ('select id, note from sales.orders where region = ''it''''s''')
        TO 's3://dev-landing/orders/'
        IAM_ROLE 'arn:aws:iam::111111111111:role/CrossAccount-S3-Write-Role,arn:aws:iam::222222222222:role/S3-Write-Role'
        FORMAT CSV
        PARTITION BY ("region", "a b") INCLUDE
        HEADER
        DELIMITER ';'
        NULL AS '\\N'
        ZSTD
        MAXFILESIZE 1024 MB
        PARALLEL OFF
        MANIFEST VERBOSE
        KMS_KEY_ID 'arn:aws:kms:eu-west-1:222222222222:key/k' ENCRYPTED
        CLEANPATH
        REGION 'eu-west-1'"#]]
    .assert_eq(&sql::unload(&movement, movement.outward().unwrap(), &facts(), "m"));
}

#[test]
fn the_writer_may_do_only_what_the_hop_needs() {
    let movement = super::movement();
    let policy = policies::data_policy(&movement, &facts());
    expect![[r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "ListTarget",
              "Effect": "Allow",
              "Action": "s3:ListBucket",
              "Resource": "arn:aws:s3:::dev-landing",
              "Condition": {
                "StringLike": {
                  "s3:prefix": "orders/*"
                }
              }
            },
            {
              "Sid": "WriteTarget",
              "Effect": "Allow",
              "Action": [
                "s3:PutObject",
                "s3:GetObject"
              ],
              "Resource": "arn:aws:s3:::dev-landing/orders/*"
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&policy).unwrap());
    let replacing = file("key = \"dev/landing\"", "if_exists = \"replace\"");
    let policy = policies::data_policy(&replacing, &facts()).to_string();
    assert!(policy.contains("s3:DeleteObject"));
}

#[test]
fn differences_are_told_by_statement() {
    let statement = |sid: &str, action: &str| serde_json::json!({ "Sid": sid, "Action": action });
    let wanted = [statement("A", "s3:PutObject"), statement("B", "s3:GetObject")];
    let told = |found: &[serde_json::Value]| {
        let text = serde_json::json!({ "Statement": found }).to_string();
        let mut told = policies::differences(Some(&text), &wanted);
        told.extend(policies::additions(Some(&text), &wanted));
        told.join(", ")
    };
    let mut guarded = statement("B", "s3:GetObject");
    guarded["Condition"] = serde_json::json!({});
    let cases = [
        (told(&wanted), ""),
        (told(&wanted[..1]), "statement B is missing"),
        (told(&[statement("A", "s3:*"), wanted[1].clone()]), "statement A has another Action"),
        (told(&[wanted[0].clone(), guarded]), "statement B has another Condition"),
        (
            told(&[wanted[0].clone(), wanted[1].clone(), statement("C", "x")]),
            "statement C was added",
        ),
    ];
    for (found, expect) in cases {
        assert_eq!(found, expect);
    }
}

#[test]
fn sids_are_letters_and_digits() {
    assert_eq!(policies::sid("orders-to_dev2", "TlsOnly"), "OrdersToDev2TlsOnly");
}

#[test]
fn a_session_stands_for_its_role() {
    let session = "arn:aws:sts::1:assumed-role/Admin/me";
    assert_eq!(trusted_arn(session), "arn:aws:iam::1:role/Admin");
    assert_eq!(trusted_arn("arn:aws:iam::1:user/me"), "arn:aws:iam::1:user/me");
}

#[test]
fn profiles_come_from_both_files() {
    let mut profiles = Profiles::default();
    profiles
        .add("[default]\n# c\n[profile prod]\nregion = eu-west-1\ns3 =\n  x = y\nendpoint_url=http://h:1/\n", "config")
        .unwrap();
    profiles
        .add("[prod]\naws_access_key_id = AKIA\naws_secret_access_key = s/e=c\n", "credentials")
        .unwrap();
    let prod = profiles.get("prod").unwrap();
    assert_eq!(prod.endpoint.as_deref(), Some("http://h:1"));
    assert_eq!(prod.keys.secret_access_key.reveal(), "s/e=c");
    assert!(!format!("{prod:?}").contains("s/e=c"));
    let error = profiles.get("prd").unwrap_err().to_string();
    assert_eq!(error, "profile `prd` is not in the AWS configuration; it has default, prod");
    assert!(profiles.get("default").unwrap_err().to_string().contains("no access keys"));
    assert!(profiles.add("rubbish", "f").unwrap_err().to_string().starts_with("f:1"));
}

#[test]
fn the_sample_is_the_same_every_time_and_awkward() {
    let all = |seed| {
        let sample = Sample::new(seed, 2500);
        let tables = [SampleTable::Venues, SampleTable::Events, SampleTable::Sales];
        tables.into_iter().flat_map(|table| sample.inserts(table)).collect::<Vec<_>>()
    };
    let sales = all(7);
    assert_eq!(sales, all(7));
    assert_ne!(sales, all(8));
    // One batch of venues, one of events, three of sales.
    assert_eq!(sales.len(), 5);
    let text = sales.concat();
    for awkward in ["|", "\"", "''", "\\", "\n", "\r\n", ",NULL,", ",'')", "東京", "0.0", ".0"] {
        assert!(text.contains(awkward), "no {awkward:?} in the sample");
    }
    // A row does not depend on how many there are.
    let few: Vec<String> = Sample::new(7, 1000).inserts(SampleTable::Venues).collect();
    assert_eq!(few[0], sales[0]);
}
