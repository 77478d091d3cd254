//! The SQL inside a body is tried when the procedure is made: what is no SQL at all is told then,
//! what only is not there (a relation, a function, a feature) when it runs.

use super::ast::{Action, Block, Body, CursorSource, Fragment, LoopKind, Step};
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::{Options, parse};

/// The line of the statement, and its error.
type Wrong = (usize, SqlError);

/// Tries every piece of SQL of a body.
pub(super) fn check(body: &Body, options: &Options) -> Result<(), Wrong> {
    for cursor in &body.cursors {
        fragment(&cursor.query, 1, options)?;
    }
    block(&body.block, 1, options)
}

fn block(found: &Block, line: usize, options: &Options) -> Result<(), Wrong> {
    for declaration in &found.declarations {
        if let Some(default) = &declaration.default {
            fragment(default, line, options)?;
        }
    }
    steps(&found.statements, options)?;
    found.handler.as_ref().map_or(Ok(()), |handler| steps(&handler.statements, options))
}

fn steps(found: &[Step], options: &Options) -> Result<(), Wrong> {
    found.iter().try_for_each(|step| action(step, options))
}

fn action(step: &Step, options: &Options) -> Result<(), Wrong> {
    let one = |piece: &Fragment| fragment(piece, step.line, options);
    let branches = |arms: &[(Fragment, Vec<Step>)]| {
        arms.iter().try_for_each(|(condition, statements)| {
            one(condition)?;
            steps(statements, options)
        })
    };
    match &step.action {
        Action::Block(inner) => block(inner, step.line, options),
        Action::Assign { value: piece, .. }
        | Action::SelectInto { query: piece, .. }
        | Action::Perform(piece)
        | Action::Sql(piece)
        | Action::Execute { command: piece, .. } => one(piece),
        Action::Call { arguments, .. } => arguments.iter().try_for_each(one),
        Action::If { arms, otherwise } => {
            branches(arms)?;
            steps(otherwise, options)
        }
        Action::Case { search, arms, otherwise } => {
            search.iter().try_for_each(|(_, value)| one(value))?;
            branches(arms)?;
            steps(otherwise.as_deref().unwrap_or_default(), options)
        }
        Action::Loop(found) => {
            match &found.kind {
                LoopKind::Endless => Ok(()),
                LoopKind::While(piece)
                | LoopKind::Query { query: piece, .. }
                | LoopKind::Dynamic { command: piece, .. } => one(piece),
                LoopKind::Range { from, to, .. } => one(from).and_then(|()| one(to)),
            }?;
            steps(&found.body, options)
        }
        Action::Leave { when: Some(condition), .. } => one(condition),
        Action::Open { source, .. } => match source {
            CursorSource::Bound(arguments) => arguments.iter().try_for_each(one),
            CursorSource::Query(piece) | CursorSource::Dynamic(piece) => one(piece),
        },
        _ => Ok(()),
    }
}

fn fragment(piece: &Fragment, line: usize, options: &Options) -> Result<(), Wrong> {
    match parse(&piece.text, options) {
        Err(mut error) if error.sqlstate == SYNTAX_ERROR => {
            // The position counts in the piece, not in what the user wrote.
            error.position = None;
            Err((line, error))
        }
        _ => Ok(()),
    }
}
