//! One module per AWS service: an operation table and one file per noun.
//!
//! A service knows no other service: it reaches one by [`gateway::Cx::invoke`], on the same path
//! as a caller from outside. To add an operation: one function in a noun's file, one line in the
//! service's table. Start reading at any service's own file, such as [`secretsmanager`].

pub mod cloudtrail;
pub mod dynamodb;
mod envelope;
pub mod iam;
pub mod identity;
pub mod kms;
pub mod organizations;
mod randomness;
pub mod redshift;
pub mod s3;
pub mod secretsmanager;
pub mod sts;

use gateway::Service;

/// Every service that is built.
pub fn all() -> Vec<Service> {
    vec![
        cloudtrail::service(),
        dynamodb::service(),
        iam::service(),
        kms::service(),
        organizations::service(),
        redshift::service(),
        s3::service(),
        s3::control(),
        secretsmanager::service(),
        sts::service(),
    ]
}
