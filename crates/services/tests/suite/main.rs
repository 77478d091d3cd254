//! The services through the real gateway, over bytes.
//!
//! `every_operation` holds the rules that hold for each line of every operation table, `outputs`
//! compares what handlers answer with the interface models; the others tell the stories of one
//! service each, most of them as tables of input and answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod access_keys;
mod activity;
mod cloudtrail;
mod decode;
mod dynamodb;
mod every_member;
mod every_operation;
mod iam;
mod iam_groups;
mod iam_profiles;
mod iam_reports;
mod iam_sign_in;
mod iam_simulate;
mod kms;
mod kms_grants;
mod kms_keys;
mod kms_lifecycle;
mod malformed;
mod no_secrets;
mod organizations;
mod other_account;
mod outputs;
mod outputs_organizations;
mod principals;
mod redshift;
mod s3;
mod secrets_found;
mod secretsmanager;
mod simulation;
mod sts;
mod sts_sessions;
mod trails;
mod uploads;
mod web_identity;
mod wrapping;
