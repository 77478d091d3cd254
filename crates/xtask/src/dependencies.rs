//! Which crate may depend on which, how many packages the whole takes, under which licences, and
//! that each direct external dependency has its sentence in `docs/dependencies.md`.
//!
//! Everything is read from `cargo metadata`. Start at [`problems`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::check::Problem;
use crate::exceptions::Exceptions;
use crate::read;

const REASONS: &str = "docs/dependencies.md";
/// All packages together, ours included. Each costs every fresh build.
const MOST_PACKAGES: usize = 380;
/// Crates of the workspace each crate may use. Arrows only point down; what a line leaves out,
/// that crate must not know. In tests every crate may also use [`FOR_TESTS`].
const MAY_USE: [(&str, &[&str]); 19] = [
    ("dice", &[]),
    ("names", &[]),
    ("policy", &["names"]),
    ("reachability", &["names"]),
    ("wire", &["names"]),
    ("redshift-sql", &[]),
    ("store", &["names"]),
    ("gateway", &["names", "policy", "wire", "store", "reachability"]),
    ("services", &["names", "policy", "wire", "store", "gateway", "reachability"]),
    ("load", &["redshift-sql"]),
    ("warehouse", &["names", "redshift-sql", "load"]),
    ("aws", &["names", "wire"]),
    ("access", &["names", "policy", "wire", "aws"]),
    ("movement", &["dice", "names", "policy", "wire", "reachability", "aws", "access"]),
    ("testkit", &["names", "policy", "wire", "store", "gateway", "services", "reachability"]),
    (
        "landbridge",
        &[
            "names",
            "policy",
            "reachability",
            "wire",
            "redshift-sql",
            "load",
            "store",
            "gateway",
            "services",
            "warehouse",
            "aws",
            "access",
            "movement",
        ],
    ),
    ("bench", &["wire", "aws"]),
    ("tpch", &[]),
    ("xtask", &[]),
];
/// What tests of any crate may use.
const FOR_TESTS: [&str; 3] = ["dice", "testkit", "tpch"];
/// Crates that take values and return values: none of [`RUNTIMES`] may reach them.
const PURE: [&str; 7] = ["dice", "names", "policy", "reachability", "wire", "redshift-sql", "load"];
/// Async runtimes, storage and engines.
const RUNTIMES: [&str; 5] = ["tokio", "mio", "hyper", "redb", "duckdb"];
/// Licences every part of which may be shipped in an Apache-2.0 work.
const LICENCES: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Runs the dependency rules.
pub fn problems(root: &Path, exceptions: &mut Exceptions) -> Result<Vec<Problem>, String> {
    let metadata = metadata(root)?;
    let graph = Graph::new(&metadata);
    let mut problems = arrows(&graph);
    problems.extend(purity(&graph));
    problems.extend(count(&graph));
    problems.extend(reasons(&graph, &read(&root.join(REASONS))?));
    problems.extend(licences(&graph, exceptions));
    Ok(problems)
}

/// `cargo metadata` of the workspace for this machine's kind.
fn metadata(root: &Path) -> Result<Value, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let host = if cfg!(target_arch = "aarch64") { "aarch64" } else { "x86_64" };
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform"])
        .arg(format!("{host}-unknown-linux-gnu"))
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

/// The parts of the metadata that the rules look at, by package id.
struct Graph<'a> {
    /// Packages of this workspace, by name.
    ours: BTreeMap<&'a str, &'a Value>,
    /// All packages by id.
    packages: BTreeMap<&'a str, &'a Value>,
    /// For each id the ids its normal and build dependencies resolve to on this platform.
    edges: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn new(metadata: &'a Value) -> Self {
        let mut packages: BTreeMap<&str, &Value> =
            list(metadata, "packages").iter().map(|p| (text(p, "id"), p)).collect();
        let edges: BTreeMap<&str, Vec<&str>> = metadata
            .get("resolve")
            .map(|resolve| list(resolve, "nodes"))
            .unwrap_or_default()
            .iter()
            .map(|node| (text(node, "id"), used(node)))
            .collect();
        packages.retain(|id, _| edges.contains_key(id));
        let ours =
            packages.values().filter(|p| is_ours(p)).map(|p| (text(p, "name"), *p)).collect();
        Self { ours, packages, edges }
    }

    fn name(&self, id: &str) -> &'a str {
        self.packages.get(id).map_or("", |package| text(package, "name"))
    }

    /// Names of everything that `package` pulls in for its users.
    fn reached(&self, package: &Value) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![text(package, "id")];
        while let Some(id) = open.pop() {
            for next in self.edges.get(id).into_iter().flatten().copied() {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen.into_iter().map(|id| self.name(id)).collect()
    }
}

/// The ids a resolve node uses, those only its tests use left out.
fn used(node: &Value) -> Vec<&str> {
    let outside_tests = |dependency: &&Value| {
        list(dependency, "dep_kinds").iter().any(|kind| text(kind, "kind") != "dev")
    };
    list(node, "deps").iter().filter(outside_tests).map(|d| text(d, "pkg")).collect()
}

/// Each crate uses only the crates of its line in [`MAY_USE`].
fn arrows(graph: &Graph) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, package) in &graph.ours {
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| known == name) else {
            problems.push(Problem::at(name, "is not in xtask's table of crates"));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let used = text(dependency, "name");
            let in_tests = text(dependency, "kind") == "dev" && FOR_TESTS.contains(&used);
            if graph.ours.contains_key(used) && !in_tests && !allowed.contains(&used) {
                problems.push(Problem::at(name, format!("must not know `{used}`")));
            }
        }
    }
    problems
}

/// Nothing that runs, stores or executes is reachable from a pure crate.
fn purity(graph: &Graph) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, package) in graph.ours.iter().filter(|(name, _)| PURE.contains(name)) {
        let reached = graph.reached(package);
        for runtime in RUNTIMES.iter().filter(|runtime| reached.contains(*runtime)) {
            problems.push(Problem::at(name, format!("is pure, but `{runtime}` reaches it")));
        }
    }
    problems
}

/// The number of packages stays under its cap.
fn count(graph: &Graph) -> Vec<Problem> {
    let packages = graph.edges.len();
    let over = packages > MOST_PACKAGES;
    let what = format!("{packages} packages, at most {MOST_PACKAGES}");
    over.then(|| Problem::at("Cargo.lock", what)).into_iter().collect()
}

/// Direct external dependencies and the table rows of the document are the same set.
fn reasons(graph: &Graph, document: &str) -> Vec<Problem> {
    let direct: BTreeSet<&str> = graph
        .ours
        .values()
        .flat_map(|package| list(package, "dependencies"))
        .map(|dependency| text(dependency, "name"))
        .filter(|name| !graph.ours.contains_key(name))
        .collect();
    let written: BTreeSet<&str> =
        document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let missing = direct.difference(&written).map(|name| (name, "has no sentence here"));
    let stale = written.difference(&direct).map(|name| (name, "is not used any more"));
    missing
        .chain(stale)
        .map(|(name, what)| Problem::at(REASONS, format!("`{name}` {what}")))
        .collect()
}

/// Every package offers a licence of the list.
fn licences(graph: &Graph, exceptions: &mut Exceptions) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in graph.edges.keys().filter_map(|id| graph.packages.get(id)) {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        if !acceptable(licence) && !exceptions.excuse("licence", name) {
            problems.push(Problem::at(name, format!("licence `{licence}` is not on the list")));
        }
    }
    problems
}

/// Whether an SPDX expression of the forms crates use can be met from [`LICENCES`].
fn acceptable(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

fn is_ours(package: &Value) -> bool {
    package.get("source").is_none_or(Value::is_null)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_expressions() {
        for met in
            ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"]
        {
            assert!(acceptable(met), "{met}");
        }
        for unmet in ["", "GPL-3.0", "MIT AND GPL-3.0", "MPL-2.0"] {
            assert!(!acceptable(unmet), "{unmet}");
        }
    }

    #[test]
    fn a_forbidden_arrow_and_an_impure_crate_are_found() {
        let metadata = serde_json::json!({
            "packages": [
                {"id": "p", "name": "policy", "source": null, "dependencies": [
                    {"name": "store", "kind": null}, {"name": "names", "kind": null},
                    {"name": "testkit", "kind": "dev"}]},
                {"id": "n", "name": "names", "source": null, "dependencies": []},
                {"id": "k", "name": "testkit", "source": null, "dependencies": []},
                {"id": "s", "name": "store", "source": null, "dependencies": [
                    {"name": "redb", "kind": null}]},
                {"id": "r", "name": "redb", "source": "registry", "dependencies": []}],
            "resolve": {"nodes": [
                {"id": "p", "deps": [{"pkg": "s", "dep_kinds": [{"kind": null}]},
                                     {"pkg": "n", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "s", "deps": [{"pkg": "r", "dep_kinds": [{"kind": null}]}]},
                {"id": "n", "deps": []}, {"id": "k", "deps": []}, {"id": "r", "deps": []}]}
        });
        let graph = Graph::new(&metadata);
        let said = |problems: Vec<Problem>| -> Vec<String> {
            problems.into_iter().map(|problem| problem.0).collect()
        };
        assert_eq!(said(arrows(&graph)), ["policy: must not know `store`"]);
        assert_eq!(said(purity(&graph)), ["policy: is pure, but `redb` reaches it"]);
        assert_eq!(
            said(reasons(&graph, "| `gone` | once |")),
            [
                "docs/dependencies.md: `redb` has no sentence here",
                "docs/dependencies.md: `gone` is not used any more"
            ]
        );
        assert!(count(&graph).is_empty());
    }
}
