//! `cargo xtask check`: runs every rule and reports all problems at once.
//!
//! Adding a rule: a function from what it needs to a list of [`Problem`]s, and one line here.

use crate::{coverage, dependencies, exceptions::Exceptions, models, option, root, tidy};

/// One broken rule, as `where: what`.
pub struct Problem(pub String);

impl Problem {
    /// A problem at a file or another named place.
    pub fn at(place: impl std::fmt::Display, what: impl std::fmt::Display) -> Self {
        Self(format!("{place}: {what}"))
    }
}

/// Runs all rules; the error lists every problem, one a line.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let root = root();
    let mut exceptions = Exceptions::load(&root)?;
    let mut problems = tidy::problems(&root, &mut exceptions)?;
    problems.extend(dependencies::problems(&root, &mut exceptions)?);
    problems.extend(exceptions.unused());
    if let Err(message) = models::run(&["--check".to_owned()]) {
        problems.push(Problem::at("models", message));
    }
    if let Some(binary) = option(arguments, "--binary") {
        problems.extend(coverage::problems(&root, binary)?);
    }
    if problems.is_empty() {
        println!("house rules: nothing to report");
        return Ok(());
    }
    let lines: Vec<String> = problems.into_iter().map(|problem| problem.0).collect();
    Err(format!("{}\n{} broken house rules", lines.join("\n"), lines.len()))
}
