//! What reaches a session from outside while its statement runs, and what functions of the statement
//! leave to be done: cancelling, ending, parameters set by `set_config`.
//! Redshift guide, "CANCEL", SQL functions › System administration functions.

use std::sync::atomic::Ordering;

use super::{Notice, Output, Session};
use crate::engine::Asking;
use crate::errors::Failure;
use crate::registry::{DEFAULT_LIMIT, Effect, Rest};

impl Session {
    /// `CANCEL pid ['message']`: one's own sessions; who has the permission everyone's.
    pub(super) fn cancel(&mut self, pid: i64, message: Option<&str>) -> Result<String, Failure> {
        let all = self.identity()?.may("CANCEL");
        let asking = Asking { session: self.pid, user: &self.user.name, all };
        let target = i32::try_from(pid).unwrap_or(0);
        match self.cluster.sessions.cancel(asking, target, message) {
            Ok(true) => Ok(String::from("CANCEL")),
            Ok(false) => Err(Failure::new(
                "XX000",
                format!(
                    "Session {pid} does not exist. The session PID might have changed. \
                     Check the stl_restarted_sessions system table for details."
                ),
            )),
            Err(_) => Err(Failure::new("42501", "must be superuser to cancel other user's query")),
        }
    }

    /// The failure of a statement as its client is told it: who cancelled it may have given words, and
    /// a session that is ended fails with that.
    pub(super) fn worded(&self, mut failure: Failure, query: i64) -> Failure {
        if failure.sqlstate != "57014" {
            return failure;
        }
        if self.signals.terminated.load(Ordering::SeqCst) {
            return self.signals.farewell();
        }
        let message = self.signals.message();
        failure.message =
            message.unwrap_or_else(|| format!("Query ({query}) cancelled on user's request"));
        failure
    }

    /// Does what functions of the statement have left to be done.
    ///
    /// # Errors
    /// As SET; or the output's.
    pub(super) fn apply_effects(&mut self, output: &mut dyn Output) -> Result<(), Failure> {
        for effect in self.signals.take_effects() {
            match effect {
                Effect::Warn(message) => output.notice(&Notice::warning("01000", &message))?,
                Effect::Set { name, value, local } => {
                    self.set_parameter(&name, Some(&[value]), local, output)?;
                }
            }
        }
        Ok(())
    }

    /// How long the session may wait for its client, which it begins to do now.
    pub(crate) fn rest(&mut self) -> Rest {
        self.rests = self.rests.wrapping_add(1);
        let of_user = self.session_user.session_timeout.map(|seconds| seconds.saturating_mul(1000));
        let of_session = Some(self.settings.int("idle_session_timeout")).filter(|limit| *limit > 0);
        let plain = [of_user, of_session].into_iter().flatten().min().unwrap_or(DEFAULT_LIMIT);
        let inside = self.settings.int("idle_in_transaction_session_timeout");
        let in_transaction = self.transaction.is_open() && inside > 0 && inside < plain;
        let limit = if in_transaction { inside } else { plain };
        Rest { limit, in_transaction, number: self.rests }
    }
}
