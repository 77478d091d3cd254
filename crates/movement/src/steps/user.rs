//! The database user that unloads or loads.

use async_trait::async_trait;
use serde_json::json;

use super::{Seen, Step, secret};
use crate::file::Movement;
use crate::place::Account;
use crate::sql;
use crate::trouble::{Result, Trouble};
use crate::undo::Undo;
use crate::work::{SecretLogin, Work, bad_secret};

fn id(movement: &Movement) -> String {
    format!("{}.user", movement.section(Account::Warehouse))
}

pub(super) struct DatabaseUser;

impl DatabaseUser {
    /// The login in the secret; its user must be the movement's.
    async fn login(work: &Work<'_>) -> Result<SecretLogin> {
        let source = &work.movement.warehouse;
        let input = json!({ "SecretId": source.secret });
        let tried = format!("read secret {}", source.secret);
        let call = ("secretsmanager", "GetSecretValue");
        let answer = work.ask((Account::Warehouse, 3), tried, call, input).await?;
        let label = work.label(Account::Warehouse);
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
        let source = &work.movement.warehouse;
        let trouble = Trouble::new(format!("log in as {}", source.user))
            .said(format!("the user exists, but secret {} does not", source.secret))
            .fix(format!("store the user's login in secret {}, or", source.secret))
            .fix(format!("name a user that does not exist yet in {}", work.file()));
        Box::new(trouble.at(4, work.label(Account::Warehouse)))
    }
}

#[async_trait]
impl Step for DatabaseUser {
    fn id(&self, movement: &Movement) -> String {
        id(movement)
    }

    fn hop(&self) -> u8 {
        4
    }

    fn account(&self) -> Account {
        Account::Warehouse
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("database user {}", work.movement.warehouse.user)
    }

    fn opens(&self, work: &Work<'_>) -> String {
        format!("may log in to {}", work.movement.warehouse.cluster)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let user = work.movement.warehouse.user.clone();
        let sql = format!("SELECT usename FROM pg_user WHERE usename = {}", sql::literal(&user));
        let found = match work.admin_sql(&sql).await? {
            Ok(rows) => !rows.rows.is_empty(),
            Err(error) => return Err(work.db_refused(4, "list the users".into(), &error).await),
        };
        if !found {
            return Ok(Seen::Absent);
        }
        let id = id(work.movement);
        let ours = work.journal.is_ours(&id);
        // In a plan the secret may be absent together with the user's journal entry.
        if !ours
            && (work.facts.secret_arn.is_none() || work.journal.is_ours(&secret::id(work.movement)))
        {
            return Err(Self::without_secret(work));
        }
        Self::login(work).await?;
        let made = work.journal.standing().iter().any(|known| known.step == id && known.made);
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
        let user = sql::identifier(&work.movement.warehouse.user);
        let sql = format!("{verb} USER {user} PASSWORD {}", sql::literal(login.password.reveal()));
        match work.admin_sql(&sql).await? {
            Ok(_) => Ok(()),
            Err(error) => {
                let tried = format!("make database user {}", work.movement.warehouse.user);
                Err(work.db_refused(4, tried, &error).await)
            }
        }
    }

    fn undo(&self, work: &Work<'_>, _: &Seen) -> Option<Undo> {
        Some(Undo::DropUser { user: work.movement.warehouse.user.clone() })
    }
}
