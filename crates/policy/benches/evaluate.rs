//! Time of one decision over ten and over a thousand statements, and of its explanation:
//! `cargo bench -p policy`.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use policy::vector::Vector;
use serde_json::json;

/// Statements evaluated altogether in each measurement.
const STATEMENTS: usize = 500_000;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for count in [10, 1_000] {
        let vector = Vector::parse(&vector(count).to_string()).map_err(io::Error::other)?;
        let rounds = STATEMENTS / count;
        let mut time = |name: &str, run: &dyn Fn()| {
            let start = Instant::now();
            (0..rounds).for_each(|_| run());
            let each = start.elapsed().as_secs_f64() / rounds as f64;
            let (micros, rate) = (each * 1e6, 1.0 / each);
            writeln!(out, "{count:>5} statements  {name:<9} {micros:>9.2} µs {rate:>12.0} a second")
        };
        time("evaluate", &|| drop(black_box(policy::evaluate(&vector.request, &vector.policies))))?;
        time("explain", &|| drop(black_box(policy::explain(&vector.request, &vector.policies))))?;
    }
    Ok(())
}

/// Statements with wildcards, variables and conditions in two policies; all but one are about other
/// things, and what allows stands last.
fn vector(count: usize) -> serde_json::Value {
    let statement = |index: usize| {
        json!({
            "Sid": format!("S{index}"),
            "Effect": if index % 3 == 2 { "Deny" } else { "Allow" },
            "Action": ["s3:Get*", "s3:PutObject", "s3:List*"],
            "Resource": [format!("arn:aws:s3:::lake-{index}"), format!("arn:aws:s3:::lake-{index}/${{aws:username}}/*")],
            "Condition": {
                "StringEquals": { "aws:PrincipalTag/team": ["blue", "red"] },
                "IpAddress": { "aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"] },
                "DateLessThan": { "aws:CurrentTime": "2030-01-01T00:00:00Z" },
            },
        })
    };
    json!({
        "request": {
            "principal": "arn:aws:iam::111111111111:user/ana",
            "action": "s3:GetObject",
            "resource": format!("arn:aws:s3:::lake-{}/ana/2026/orders.parquet", count - 1),
            "resource_account": "111111111111",
            "context": {
                "aws:username": "ana", "aws:PrincipalTag/team": "red", "aws:SourceIp": "192.0.2.9",
                "aws:CurrentTime": "2026-01-02T03:04:05Z", "aws:SecureTransport": "true",
            },
        },
        "identity_policies": [
            { "Version": "2012-10-17", "Statement": (0..count / 2).map(statement).collect::<Vec<_>>() },
            { "Version": "2012-10-17", "Statement": (count / 2..count).map(statement).collect::<Vec<_>>() },
        ],
    })
}
