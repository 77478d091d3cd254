//! The one error of this crate, and the engine's own errors that the rewritten SQL raises.

/// Why a text is not a statement that Redshift accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    /// Five characters: 42601 syntax, 42883 no such function, 0A000 not supported, ….
    pub sqlstate: &'static str,
    /// Redshift's text.
    pub message: String,
    /// In characters from 1 of the text given to the parser.
    pub position: Option<usize>,
    /// A hint, where Redshift gives one.
    pub hint: Option<String>,
}

/// SQLSTATE of a syntax error.
pub const SYNTAX_ERROR: &str = "42601";
/// SQLSTATE of something that Redshift has and this does not, or that Redshift refuses by name.
pub const NOT_SUPPORTED: &str = "0A000";
/// SQLSTATE of an unknown function.
pub const UNDEFINED_FUNCTION: &str = "42883";
/// SQLSTATE of an unknown relation.
pub const UNDEFINED_TABLE: &str = "42P01";
/// SQLSTATE of an unknown type or other object.
pub const UNDEFINED_OBJECT: &str = "42704";
/// SQLSTATE of a value out of its range.
pub const INVALID_PARAMETER: &str = "22023";
/// SQLSTATE of load and unload failures.
pub const INTERNAL_ERROR: &str = "XX000";

impl SqlError {
    /// An error without a position.
    pub fn new(sqlstate: &'static str, message: impl Into<String>) -> Self {
        Self { sqlstate, message: message.into(), position: None, hint: None }
    }

    /// 0A000 with this text.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(NOT_SUPPORTED, message)
    }

    /// The same error, at this character (from 1).
    #[must_use]
    pub fn at(mut self, position: usize) -> Self {
        self.position = (position > 0).then_some(position);
        self
    }

    /// The same error with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What the rewritten SQL puts before the SQLSTATE in the errors that it raises itself.
const RAISED: &str = "redshift:";
/// A quote inside such an error.
const QUOTE: &str = "\u{2}";

/// The text to hand to the engine's `error()` so that [`raised`] finds the SQLSTATE again.
///
/// A quote would end the text for [`raised`]: it travels as a control character.
pub fn raise_text(sqlstate: &str, message: &str) -> String {
    format!("{RAISED}{sqlstate}:{}", message.replace('\'', QUOTE))
}

/// Finds in an engine error's text an error that the rewritten SQL raised on purpose.
///
/// Returns the SQLSTATE and Redshift's text, for example `22012` and `Divide by zero`.
pub fn raised(engine_message: &str) -> Option<(&str, String)> {
    let (_, rest) = engine_message.split_once(RAISED)?;
    let (sqlstate, message) = rest.split_once(':')?;
    // A failed check quotes its whole expression: the text ends where its literal does.
    let message = message.split(['\'', '\n']).next().unwrap_or_default();
    (sqlstate.len() == 5).then(|| (sqlstate, message.replace(QUOTE, "'")))
}
