//! Time of one decision over ten statements, and of its explanation: `cargo bench -p policy`.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use policy::vector::Vector;
use serde_json::json;

const ROUNDS: u32 = 50_000;

fn main() -> io::Result<()> {
    let vector = Vector::parse(&vector().to_string()).map_err(io::Error::other)?;
    let mut out = io::stdout().lock();
    let mut time = |name: &str, run: &dyn Fn()| {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| run());
        writeln!(
            out,
            "{name:10} {:>8.2} µs",
            start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
        )
    };
    time("evaluate", &|| drop(black_box(policy::evaluate(&vector.request, &vector.policies))))?;
    time("explain", &|| drop(black_box(policy::explain(&vector.request, &vector.policies))))
}

/// Ten statements with wildcards, variables and conditions, nine of which are about other things.
fn vector() -> serde_json::Value {
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
            "resource": "arn:aws:s3:::lake-9/ana/2026/orders.parquet",
            "resource_account": "111111111111",
            "context": {
                "aws:username": "ana", "aws:PrincipalTag/team": "red", "aws:SourceIp": "192.0.2.9",
                "aws:CurrentTime": "2026-01-02T03:04:05Z", "aws:SecureTransport": "true",
            },
        },
        "identity_policies": [
            { "Version": "2012-10-17", "Statement": (0..5).map(statement).collect::<Vec<_>>() },
            { "Version": "2012-10-17", "Statement": (5..10).map(statement).collect::<Vec<_>>() },
        ],
    })
}
