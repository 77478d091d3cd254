//! Who may be asked: the accounts of a world, or profiles of an AWS configuration.

use std::path::Path;
use std::sync::Arc;

use aws::{Api, Client, Clock, Profiles, Roots, Session};
use names::{AccountId, Region};
use serde_json::{Value, json};

use crate::commands::Failure;
use crate::commands::world::{Machine, own_configuration, start};
use crate::output;
use crate::platform::{Platform, running_endpoint};

/// Sessions by account, and the API they speak through.
pub struct Sessions {
    pub api: Arc<dyn Api>,
    pub clock: Arc<dyn Clock>,
    pub accounts: Vec<(AccountId, Session)>,
    /// The platform, when it had to be started for this.
    platform: Option<Platform>,
}

impl Sessions {
    /// The administrators of the world in `state`.
    pub async fn of_state(state: &Path) -> Result<Self, Failure> {
        if !state.join("aws").exists() {
            return Err(Failure::new(format!(
                "there is no world in {}: start `landbridge serve`, or name --profile",
                state.display()
            )));
        }
        let platform = match running_endpoint(state) {
            Some(_) => None,
            None => Some(start(state).await?),
        };
        let aws = state.join("aws");
        let profiles = Profiles::load(&aws.join("config"), &aws.join("credentials"));
        let profiles = profiles.map_err(Failure::new)?;
        let roots = Roots::load(&[state.join("ca.pem")]).map_err(Failure::new)?;
        let mut sessions = Self::over(roots, platform);
        for name in profiles.names() {
            // A profile that cannot sign in leaves its account unread, which the answer says.
            if let Err(failure) = sessions.sign_in(&profiles, name).await {
                output::note(&format!("landbridge: {failure}"));
            }
        }
        Ok(sessions)
    }

    /// The profiles of these names in the AWS configuration of whoever calls.
    pub async fn of_profiles(names: &[String]) -> Result<Self, Failure> {
        let (profiles, roots) = own_configuration()?;
        let mut sessions = Self::over(roots, None);
        for name in names {
            sessions.sign_in(&profiles, name).await?;
        }
        Ok(sessions)
    }

    fn over(roots: Roots, platform: Option<Platform>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Machine(gateway::World::system()));
        let api = Arc::new(Client::new(roots, Arc::clone(&clock)));
        Self { api, clock, accounts: Vec::new(), platform }
    }

    async fn sign_in(&mut self, profiles: &Profiles, name: &str) -> Result<(), Failure> {
        let region: Region = "us-east-1".parse().map_err(Failure::new)?;
        let session = profiles.session(&*self.api, name, &region).await.map_err(Failure::new)?;
        let call = self.api.call(&session, "sts", "GetCallerIdentity", json!({}));
        let answer = call
            .await
            .map_err(|error| Failure::new(format!("profile `{name}` cannot sign in: {error}")))?;
        let account = answer.get("Account").and_then(Value::as_str).unwrap_or_default();
        self.accounts.push((account.parse().map_err(Failure::new)?, session));
        Ok(())
    }

    /// Accounts with the names of their profiles.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.accounts.iter().map(|(account, session)| (account.as_str(), session.label.as_str()))
    }

    /// Stops what was started.
    pub async fn close(self) {
        if let Some(platform) = self.platform {
            platform.stop().await;
        }
    }
}
