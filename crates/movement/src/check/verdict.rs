//! What has been found out of one hop, and its error block.

use access::{AccessError, Answer, Question};
use serde_json::json;

use super::questions;
use crate::explain;
use crate::report::{Evidence, HopState};
use crate::run::blame;
use crate::trouble::Trouble;
use crate::work::Work;

/// The state of one hop.
pub(super) struct Verdict {
    pub by: Evidence,
    closed: bool,
    /// What is in the way, or what nobody could tell.
    pub trouble: Option<Trouble>,
}

impl Verdict {
    pub fn open(by: Evidence) -> Self {
        Self { by, closed: false, trouble: None }
    }

    pub fn denied(by: Evidence, trouble: Trouble) -> Self {
        Self { by, closed: true, trouble: Some(trouble) }
    }

    pub fn unknown(by: Evidence, trouble: Trouble) -> Self {
        Self { by, closed: false, trouble: Some(trouble) }
    }

    pub fn state(&self) -> HopState {
        match (&self.trouble, self.closed) {
            (None, _) => HopState::Passed,
            (Some(_), true) => HopState::Failed,
            (Some(_), false) => HopState::Unknown,
        }
    }

    /// Something is in the way. It goes before what nobody could tell, and joins what else is.
    pub fn deny(&mut self, trouble: Trouble) {
        match &mut self.trouble {
            Some(known) if self.closed => join(known, trouble),
            known => *known = Some(trouble),
        }
        self.closed = true;
    }

    /// Nobody could tell whether something is in the way.
    fn doubt(&mut self, trouble: Trouble) {
        match &mut self.trouble {
            Some(_) if self.closed => {}
            Some(known) => join(known, trouble),
            None => self.trouble = Some(trouble),
        }
    }

    /// Takes the answer of the policies in.
    pub fn take(
        &mut self,
        work: &Work<'_>,
        hop: u8,
        question: &Question,
        decided: Result<Answer, AccessError>,
    ) {
        let tried = tried(question);
        match decided {
            Ok(answer) if answer.verdict == access::Verdict::Allowed => {}
            Ok(answer) if answer.verdict == access::Verdict::Denied => {
                let mut trouble = explain::explained(Trouble::new(tried), &json!(answer));
                trouble.explain = Some(questions::command(work, question));
                self.deny(trouble);
            }
            Ok(answer) => {
                let needs = answer.needs.iter().map(|need| {
                    format!("it hangs on the condition key {}, which a run decides", need.key)
                });
                let unread = answer.unread.iter().map(|unread| format!("could not read {unread}"));
                let mut trouble = Trouble::new(tried);
                trouble.why = needs.chain(unread).collect();
                self.doubt(trouble);
            }
            Err(error @ AccessError::Absent { .. }) => {
                self.deny(Trouble::new(tried).why(error.to_string()));
            }
            Err(error) => self.doubt(Trouble::new(tried).said(error.to_string())),
        }
        if let Some(trouble) = &mut self.trouble {
            trouble.label = Some(work.label(blame::account_of(hop)).to_owned());
        }
    }

    /// A resource could not be looked at (a service refused), or cannot be used as it is.
    pub fn odd(&mut self, odd: &Trouble) {
        match odd.request_id {
            Some(_) => self.doubt(odd.clone()),
            None => self.deny(odd.clone()),
        }
    }
}

/// The access in words: `S3-Write-Role: s3:PutObject on arn:aws:s3:::…`.
fn tried(question: &Question) -> String {
    let who = question.principal.split(":assumed-role/").nth(1).unwrap_or(&question.principal);
    let who = who.split('/').next().unwrap_or(who);
    format!("{who}: {} on {}", question.action, question.resource)
}

/// One block for several things of one hop: what is the same is said once.
fn join(known: &mut Trouble, other: Trouble) {
    if known.said.is_none() {
        known.said = other.said;
    }
    if known.explain.is_none() {
        known.explain = other.explain;
    }
    known.why.push(format!("also closed to {}", other.tried));
    for (lines, more) in [(&mut known.why, other.why), (&mut known.fix, other.fix)] {
        for line in more {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
}
