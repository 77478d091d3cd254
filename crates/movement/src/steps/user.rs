//! The database user that unloads.

use async_trait::async_trait;
use serde_json::json;

use super::{Seen, Step, secret};
use crate::report::Side;
use crate::sql;
use crate::trouble::{Result, Trouble};
use crate::undo::Undo;
use crate::work::{SecretLogin, Work, bad_secret};

const ID: &str = "source.user";

pub(super) struct DatabaseUser;

impl DatabaseUser {
    /// The login in the secret; its user must be the movement's.
    async fn login(work: &Work<'_>) -> Result<SecretLogin> {
        let source = &work.movement.source;
        let input = json!({ "SecretId": source.secret });
        let tried = format!("read secret {}", source.secret);
        let call = ("secretsmanager", "GetSecretValue");
        let answer = work.ask((Side::Source, 3), tried, call, input).await?;
        let label = work.label(Side::Source);
        let login = SecretLogin::parse(&answer)
            .ok_or_else(|| Box::new(bad_secret(&source.secret).at(3, label)))?;
        if login.user != source.user {
            let trouble = Trouble::new(format!("log in as {}", source.user))
                .said(format!("secret {} holds the login of {}", source.secret, login.user))
                .fix(format!("set user = \"{}\" in {}", login.user, work.file()));
            return Err(Box::new(trouble.at(4, label)));
        }
        Ok(login)
    }

    /// A user whose password nobody knows any more cannot be used, and is not changed.
    fn without_secret(work: &Work<'_>) -> Box<Trouble> {
        let source = &work.movement.source;
        let trouble = Trouble::new(format!("log in as {}", source.user))
            .said(format!("the user exists, but secret {} does not", source.secret))
            .fix(format!("store the user's login in secret {}, or", source.secret))
            .fix(format!("name a user that does not exist yet in {}", work.file()));
        Box::new(trouble.at(4, work.label(Side::Source)))
    }
}

#[async_trait]
impl Step for DatabaseUser {
    fn id(&self) -> String {
        ID.to_owned()
    }

    fn hop(&self) -> u8 {
        4
    }

    fn side(&self) -> Side {
        Side::Source
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("database user {}", work.movement.source.user)
    }

    fn opens(&self, work: &Work<'_>) -> String {
        format!("may log in to {}", work.movement.source.cluster)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let user = work.movement.source.user.clone();
        let sql = format!("SELECT usename FROM pg_user WHERE usename = {}", sql::literal(&user));
        let found = match work.admin_sql(&sql).await? {
            Ok(rows) => !rows.rows.is_empty(),
            Err(error) => return Err(work.db_refused(4, "list the users".into(), &error).await),
        };
        if !found {
            return Ok(Seen::Absent);
        }
        let ours = work.journal.is_ours(ID);
        // In a plan the secret may be absent together with the user's journal entry.
        if !ours && (work.facts.secret_arn.is_none() || work.journal.is_ours(secret::ID)) {
            return Err(Self::without_secret(work));
        }
        Self::login(work).await?;
        let made = work.journal.standing().iter().any(|known| known.step == ID && known.made);
        let differs = |how: &str| Seen::Differs { prior: None, how: how.to_owned() };
        if ours && !made {
            // Whether CREATE USER came through is known, with which password is not.
            return Ok(differs("its password is set again"));
        }
        if ours && work.user_refused().await? {
            return Ok(differs("it cannot log in with the secret; its password is set again"));
        }
        Ok(Seen::Same)
    }

    async fn make(&self, work: &mut Work<'_>, seen: &Seen) -> Result<()> {
        let login = Self::login(work).await?;
        let verb = if *seen == Seen::Absent { "CREATE" } else { "ALTER" };
        let user = sql::identifier(&work.movement.source.user);
        let sql = format!("{verb} USER {user} PASSWORD {}", sql::literal(login.password.reveal()));
        match work.admin_sql(&sql).await? {
            Ok(_) => Ok(()),
            Err(error) => {
                let tried = format!("make database user {}", work.movement.source.user);
                Err(work.db_refused(4, tried, &error).await)
            }
        }
    }

    fn undo(&self, work: &Work<'_>, _: &Seen) -> Option<Undo> {
        Some(Undo::DropUser { user: work.movement.source.user.clone() })
    }
}
