//! Names of variables: which block sees which, and what a dotted name stands for.
//!
//! The innermost declaration wins, and a variable wins over a column of the same name, as in
//! PostgreSQL 8: whoever means the column qualifies it.

use super::ast::{Reference, Variable, VariableType};

/// Variables of one procedure at most (Limits and differences for stored procedure support).
pub(super) const MAX_VARIABLES: usize = 1024;

/// One block's or loop's names.
struct Scope {
    label: Option<String>,
    names: Vec<(String, usize)>,
}

/// All variables of a body, and the scopes open while it is read.
pub(super) struct Names {
    pub(super) variables: Vec<Variable>,
    scopes: Vec<Scope>,
    /// The variables of `$1`, `$2`, ….
    pub(super) arguments: Vec<usize>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { variables: Vec::new(), scopes: Vec::new(), arguments: Vec::new() }
    }

    pub(super) fn open(&mut self, label: Option<String>) {
        self.scopes.push(Scope { label, names: Vec::new() });
    }

    pub(super) fn close(&mut self) {
        self.scopes.pop();
    }

    /// A new variable, seen under its name in the innermost scope; empty names are never seen.
    pub(super) fn declare(&mut self, name: &str, kind: VariableType) -> usize {
        let number = self.variables.len();
        self.variables.push(Variable {
            name: name.to_owned(),
            kind,
            constant: false,
            not_null: false,
        });
        self.alias(name, number);
        number
    }

    /// Another name of a variable.
    pub(super) fn alias(&mut self, name: &str, number: usize) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.push((name.to_owned(), number));
        }
    }

    /// Whether the innermost scope has this name already.
    pub(super) fn is_declared_here(&self, name: &str) -> bool {
        let innermost = self.scopes.last();
        innermost.is_some_and(|scope| scope.names.iter().any(|(known, _)| known == name))
    }

    pub(super) fn is_record(&self, number: usize) -> bool {
        self.variables.get(number).is_some_and(|variable| variable.kind.is_record())
    }

    /// What a dotted name stands for, and how many of its parts that takes.
    pub(super) fn find(&self, parts: &[String]) -> Option<(Reference, usize)> {
        let (first, rest) = parts.split_first()?;
        let variable = self.scopes.iter().rev().find_map(|scope| lookup(scope, first));
        match (variable, rest.first()) {
            (Some(number), None) => Some((Reference::Variable(number), 1)),
            (Some(number), Some(field)) if self.is_record(number) => {
                Some((Reference::Field(number, field.clone()), 2))
            }
            (_, None) => None,
            (_, Some(second)) => {
                let labelled = |scope: &&Scope| scope.label.as_ref() == Some(first);
                let scope = self.scopes.iter().rev().find(labelled)?;
                let number = lookup(scope, second)?;
                match rest.get(1) {
                    Some(field) if self.is_record(number) => {
                        Some((Reference::Field(number, field.clone()), 3))
                    }
                    _ => Some((Reference::Variable(number), 2)),
                }
            }
        }
    }

    /// What a whole dotted name stands for.
    pub(super) fn find_whole(&self, parts: &[String]) -> Option<Reference> {
        self.find(parts).filter(|(_, used)| *used == parts.len()).map(|(found, _)| found)
    }

    /// The variable of `$n`.
    pub(super) fn argument(&self, placeholder: &str) -> Option<usize> {
        let number: usize = placeholder.strip_prefix('$')?.parse().ok()?;
        self.arguments.get(number.checked_sub(1)?).copied()
    }
}

fn lookup(scope: &Scope, name: &str) -> Option<usize> {
    scope.names.iter().rev().find(|(known, _)| known == name).map(|(_, number)| *number)
}
