//! The authorization clause of `UNLOAD` and `COPY` (SQL commands › COPY › authorization
//! parameters): exactly one of `IAM_ROLE`, key pair, `CREDENTIALS`.

use crate::ast::Authorization;
use crate::cursor::{Cursor, Parse};
use crate::error::{INTERNAL_ERROR, SYNTAX_ERROR, SqlError};

/// Redshift's text for a `CREDENTIALS` string it cannot read.
const MALFORMED: &str = "Invalid credentials. Must be of the format: credentials \
'aws_access_key_id=<access-key-id>;aws_secret_access_key=<secret-access-key>\
[;token=<temporary-session-token>]'";

/// What has been read of the clause so far: its parts may stand among the other options.
#[derive(Default)]
pub(super) struct Clause {
    complete: Option<Authorization>,
    /// `CREDENTIALS` was used: it excludes `KMS_KEY_ID`.
    pub from_credentials: bool,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
}

impl Clause {
    /// Reads one part of the clause if one is next.
    pub fn accept(&mut self, c: &mut Cursor<'_>) -> Parse<bool> {
        if c.accept("iam_role") {
            let authorization = iam_role(c)?;
            self.complete(c, authorization)?;
        } else if c.accept("with credentials") || c.accept("credentials") {
            c.accept("as");
            self.from_credentials = true;
            let authorization = if c.accept("iam_role") { iam_role(c)? } else { credentials(c)? };
            self.complete(c, authorization)?;
        } else if c.accept("access_key_id") {
            once(c, &mut self.access_key_id)?;
        } else if c.accept("secret_access_key") {
            once(c, &mut self.secret_access_key)?;
        } else if c.accept("session_token") || c.accept("token") {
            once(c, &mut self.session_token)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn complete(&mut self, c: &Cursor<'_>, authorization: Authorization) -> Parse<()> {
        match self.complete.replace(authorization) {
            None => Ok(()),
            Some(_) => Err(redundant().at(c.last_position())),
        }
    }

    /// The clause, or the error for a missing or doubled one.
    pub fn finish(self, c: &Cursor<'_>) -> Parse<Authorization> {
        let keys = (self.access_key_id, self.secret_access_key, self.session_token);
        match (self.complete, keys) {
            (Some(complete), (None, None, None)) => Ok(complete),
            (None, (Some(access_key_id), Some(secret_access_key), session_token)) => {
                Ok(Authorization::Keys { access_key_id, secret_access_key, session_token })
            }
            (None, (None, None, None)) => {
                let message = "CREDENTIALS argument is required but has not been specified.";
                Err(SqlError::new(SYNTAX_ERROR, message).at(c.last_position()))
            }
            (None, _) => {
                let message = "ACCESS_KEY_ID and SECRET_ACCESS_KEY must be specified together";
                Err(SqlError::new(SYNTAX_ERROR, message).at(c.last_position()))
            }
            (Some(_), _) => Err(redundant().at(c.last_position())),
        }
    }
}

/// The error for an option given twice.
pub(super) fn redundant() -> SqlError {
    SqlError::new(SYNTAX_ERROR, "conflicting or redundant options")
}

fn once(c: &mut Cursor<'_>, slot: &mut Option<String>) -> Parse<()> {
    c.accept("as");
    match slot.replace(c.string()?) {
        None => Ok(()),
        Some(_) => Err(redundant().at(c.last_position())),
    }
}

fn iam_role(c: &mut Cursor<'_>) -> Parse<Authorization> {
    c.accept("as");
    if c.accept("default") {
        return Ok(Authorization::Default);
    }
    let text = c.string()?;
    let at = c.last_position();
    match text.as_str() {
        "default" => Ok(Authorization::Default),
        "SESSION" | "session" => Ok(Authorization::Session),
        _ => chain(&text).map_err(|error| error.at(at)),
    }
}

/// A chain is separated by commas without spaces.
fn chain(text: &str) -> Parse<Authorization> {
    let roles: Vec<String> = text.split(',').map(str::to_owned).collect();
    let well_formed = |role: &String| {
        role.starts_with("arn:") && role.contains(":iam::") && !role.contains(char::is_whitespace)
    };
    if roles.iter().all(well_formed) {
        return Ok(Authorization::Roles(roles));
    }
    let message = format!("Invalid IAM role format: '{text}'");
    Err(SqlError::new(INTERNAL_ERROR, message).with_hint(
        "IAM_ROLE takes default, one role ARN, or several separated by commas without spaces.",
    ))
}

/// `'aws_iam_role=…'` or `'aws_access_key_id=…;aws_secret_access_key=…[;token=…]'`.
fn credentials(c: &mut Cursor<'_>) -> Parse<Authorization> {
    let text = c.string()?;
    let at = c.last_position();
    let malformed = || SqlError::new(INTERNAL_ERROR, MALFORMED).at(at);
    let (mut role, mut id, mut secret, mut token) = (None, None, None, None);
    for pair in text.split(';').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
        let slot = match name {
            "aws_iam_role" => &mut role,
            "aws_access_key_id" => &mut id,
            "aws_secret_access_key" => &mut secret,
            "token" => &mut token,
            "master_symmetric_key" => return Err(client_side_encryption().at(at)),
            _ => return Err(malformed()),
        };
        if value.is_empty() || slot.replace(value.to_owned()).is_some() {
            return Err(malformed());
        }
    }
    match (role, id, secret, token) {
        (Some(role), None, None, None) => chain(&role).map_err(|error| error.at(at)),
        (None, Some(access_key_id), Some(secret_access_key), session_token) => {
            Ok(Authorization::Keys { access_key_id, secret_access_key, session_token })
        }
        _ => Err(malformed()),
    }
}

/// Client-side encryption of COPY and UNLOAD ended on 2026-04-30.
pub(super) fn client_side_encryption() -> SqlError {
    SqlError::unsupported("Client-side encryption with MASTER_SYMMETRIC_KEY is no longer supported")
        .with_hint("Use server-side encryption: ENCRYPTED with KMS_KEY_ID, or ENCRYPTED AUTO.")
}
