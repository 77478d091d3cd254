//! A plan on paper: what `plan --out` writes and `apply PLAN` holds the world to.
//!
//! A plan is stale when the movement file, or anything the plan would touch, has changed since;
//! a stale plan is refused, because what would happen is not what was read and agreed to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::context::{Context, Options};
use crate::file::Movement;
use crate::objects::sha256;
use crate::report::{Event, Exit, Outcome, Silent, StepLine};
use crate::trouble::{Result, Trouble};
use crate::{apply, plan};

/// The form of the file; another one is refused.
const FORM: u32 = 1;

/// A plan that can be written, read and agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPlan {
    landbridge_plan: u32,
    file: PathBuf,
    file_sha256: String,
    steps: Vec<StepLine>,
}

impl SavedPlan {
    /// From the outcome of [`crate::plan`].
    ///
    /// # Errors
    /// [`Trouble`] when the movement file cannot be read again.
    pub fn new(movement: &Movement, outcome: &Outcome) -> std::result::Result<Self, Box<Trouble>> {
        Ok(Self {
            landbridge_plan: FORM,
            file: movement.path.clone(),
            file_sha256: digest(&movement.path)?,
            steps: outcome.steps.clone(),
        })
    }

    /// Reads a plan; `None` when the text is not one (a movement file, for instance).
    pub fn parse(text: &str) -> Option<Self> {
        let plan: Self = serde_json::from_str(text).ok()?;
        (plan.landbridge_plan == FORM).then_some(plan)
    }

    /// The movement file it was made for.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The text of the plan's file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Applies exactly this plan, or refuses when it is stale.
    pub async fn apply(&self, movement: &Movement, cx: &Context, options: &Options) -> Outcome {
        match self.fresh(movement, cx).await {
            Ok(()) => apply(movement, cx, options).await,
            Err(trouble) => {
                cx.reporter.report(&Event::Trouble((*trouble).clone()));
                Outcome::new("apply", &movement.name).failed(*trouble)
            }
        }
    }

    async fn fresh(&self, movement: &Movement, cx: &Context) -> Result<()> {
        let stale = |why: String| {
            let trouble = Trouble::new(format!("apply the plan for {}", self.file.display()))
                .said("the plan is stale")
                .why(why)
                .fix(cx.command(movement, "plan", "--out PLAN"));
            Box::new(trouble)
        };
        if digest(&movement.path)? != self.file_sha256 {
            return Err(stale("the movement file has changed".into()));
        }
        let silent = Context { reporter: Arc::new(Silent), ..cx.clone() };
        let now = plan(movement, &silent).await;
        if now.exit == Exit::Failed {
            return Err(Box::new(now.trouble.unwrap_or_default()));
        }
        let differs = |step: &&StepLine| !self.steps.contains(step);
        match now.steps.iter().find(differs) {
            Some(step) => Err(stale(format!("{} is no longer as it was", step.what))),
            None if now.steps.len() != self.steps.len() => Err(stale("it has other steps".into())),
            None => Ok(()),
        }
    }
}

fn digest(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let tried = format!("read {}", path.display());
        Box::new(Trouble::new(tried).said(error.to_string()))
    })?;
    Ok(sha256(&text))
}
