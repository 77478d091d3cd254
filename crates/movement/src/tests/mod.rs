//! Tests of the crate, against the small world of `fake`.

mod check;
mod crash;
mod figures;
mod file;
mod journey;
mod legs;
mod load;
mod parts;

use std::path::Path;

use crate::file::Movement;

/// The movement of most tests.
pub(super) const FILE: &str = r#"
name = "orders-to-dev"

[source]
profile = "prod"
cluster = "warehouse"
database = "sales"
user = "etl"
secret = "prod/redshift/etl"
secret_key = "prod/secrets"
admin_secret = "prod/redshift/admin"
query = "select id, note from sales.orders where region = 'it''s'"

[target]
profile = "dev"
s3 = "s3://dev-landing/orders/"
format = "csv"
key = "dev/landing"
"#;

pub(super) fn movement() -> Movement {
    Movement::parse(FILE, Path::new("orders.toml")).unwrap()
}
