//! `landbridge coverage`: what is built of each service, from the tables themselves.

use std::collections::BTreeSet;
use std::process::ExitCode;

use super::Done;
use crate::output;

/// Prints `docs/coverage.md`.
pub fn run() -> Done {
    output::line("# Coverage\n");
    output::line("Generated from the operation tables by `make coverage`.");
    output::line(
        "Every other operation of these services answers \"not implemented\" in its own protocol, after authentication.\n",
    );
    output::line("| service | built | of |\n|---|---|---|");
    let services = services::all();
    let rows: Vec<_> = services
        .iter()
        .filter_map(|service| Some((service, wire::model(service.name())?)))
        .collect();
    for (service, model) in &rows {
        let (built, all) = (service.operations().count(), model.operations().count());
        output::line(&format!("| {} | {built} | {all} |", service.name()));
    }
    for (service, model) in &rows {
        let built: BTreeSet<&str> = service.operations().collect();
        let all: BTreeSet<&str> = model.operations().map(|operation| operation.name()).collect();
        let list = |names: Vec<&str>| names.join(", ");
        output::line(&format!("\n## {}\n", service.name()));
        output::line(&format!("Built: {}.\n", list(built.iter().copied().collect())));
        let missing = list(all.difference(&built).copied().collect());
        output::line(&format!("Not implemented: {missing}."));
    }
    Ok(ExitCode::SUCCESS)
}
