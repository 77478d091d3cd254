//! How each thing that `apply` makes is taken back: values in the journal, and their execution.
//!
//! Every undo may run twice and counts what is already gone as done, so that `destroy` resumes
//! after a crash. The order is [`Undo::rank`]: first the source closes its doors, then roles,
//! secret, policies, bucket; keys last, because data may need them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::ApiError;
use crate::place::Account;
use crate::policies;
use crate::sql;
use crate::trouble::Result;
use crate::work::Work;

/// What takes a step back. Everything needed is inside: the movement file may have changed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Undo {
    /// `REVOKE ASSUMEROLE … FOR UNLOAD`, or `FOR COPY`.
    RevokeAssumeRole {
        /// The database user.
        user: String,
        /// The chain of roles.
        chain: String,
        /// For what it was granted.
        #[serde(default = "unload")]
        statement: String,
    },
    /// Gives `ASSUMEROLE` back to `PUBLIC`, who had it before.
    ReopenAssumeRole,
    /// Leaves `ASSUMEROLE` closed: what `PUBLIC` had before is not known, and closed is safe.
    LeaveAssumeRoleClosed,
    /// `REVOKE SELECT`.
    RevokeSelect {
        /// The database user.
        user: String,
        /// The schema.
        schema: String,
        /// The table or view.
        relation: String,
        /// The columns; the whole table when empty.
        columns: Vec<String>,
    },
    /// `REVOKE INSERT`, `DELETE`, `SELECT` on the table that is loaded.
    RevokePrivilege {
        /// The database user.
        user: String,
        /// The schema.
        schema: String,
        /// The table.
        relation: String,
        /// The privilege.
        privilege: String,
    },
    /// `REVOKE USAGE ON SCHEMA`.
    RevokeUsage {
        /// The database user.
        user: String,
        /// The schema.
        schema: String,
    },
    /// `DROP USER`.
    DropUser {
        /// The database user.
        user: String,
    },
    /// Takes the role from the cluster.
    RemoveClusterRole {
        /// The cluster.
        cluster: String,
        /// The role's ARN.
        role_arn: String,
    },
    /// Deletes a role with its policies.
    DeleteRole {
        /// Where.
        #[serde(alias = "side")]
        account: Account,
        /// The role's name.
        role: String,
    },
    /// Deletes the secret at once.
    DeleteSecret {
        /// Its name.
        name: String,
    },
    /// Takes our statements out of a bucket policy; puts `prior` back when nothing else changed.
    RestoreBucketPolicy {
        /// The bucket.
        bucket: String,
        /// Our statements.
        sids: Vec<String>,
        /// The text before; `None` when there was no policy.
        prior: Option<String>,
    },
    /// The same for a key policy.
    RestoreKeyPolicy {
        /// Key id, ARN or alias.
        key: String,
        /// Our statements.
        sids: Vec<String>,
        /// The text before.
        prior: Option<String>,
    },
    /// Deletes the bucket when it is empty.
    DeleteBucket {
        /// The bucket.
        bucket: String,
    },
    /// Deletes the alias and schedules the key's deletion.
    DeleteKey {
        /// Where.
        #[serde(alias = "side")]
        account: Account,
        /// The alias.
        alias: String,
        /// The description by which the key is found even when it never got its alias.
        mark: String,
    },
}

/// What journals mean that do not name the statement.
fn unload() -> String {
    "UNLOAD".to_owned()
}

/// AWS's shortest waiting time for a key's deletion, in days.
const KEY_WAITING_DAYS: u32 = 7;

impl Undo {
    /// The order of taking back, lowest first.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::RevokeAssumeRole { .. } => 0,
            Self::ReopenAssumeRole | Self::LeaveAssumeRoleClosed => 1,
            Self::RevokeSelect { .. } | Self::RevokePrivilege { .. } => 2,
            Self::RevokeUsage { .. } => 3,
            Self::DropUser { .. } => 4,
            Self::RemoveClusterRole { .. } => 5,
            Self::DeleteRole { account: Account::Warehouse, .. } => 6,
            Self::DeleteRole { account: Account::Store, .. } => 7,
            Self::DeleteSecret { .. } => 8,
            Self::RestoreKeyPolicy { .. } => 9,
            Self::RestoreBucketPolicy { .. } => 10,
            Self::DeleteBucket { .. } => 11,
            Self::DeleteKey { .. } => 12,
        }
    }

    /// Whether it is done inside the warehouse, and so is moot when the cluster is gone.
    pub(crate) fn is_in_cluster(&self) -> bool {
        self.rank() <= 5
    }

    /// Whether it would make the moved objects unreadable or, in a bucket of ours, unprotected.
    pub(crate) fn holds_data(&self, own_bucket: bool) -> bool {
        match self {
            Self::RestoreBucketPolicy { .. } => own_bucket,
            Self::DeleteBucket { .. } => true,
            Self::DeleteKey { account, .. } => *account == Account::Store,
            _ => false,
        }
    }

    /// Takes it back.
    pub(crate) async fn execute(&self, work: &mut Work<'_>) -> Result<()> {
        match self {
            Self::DeleteRole { account, role } => delete_role(work, *account, role).await,
            Self::RemoveClusterRole { cluster, role_arn } => {
                crate::steps::association::remove(work, cluster, role_arn).await
            }
            Self::DeleteSecret { name } => {
                let input = json!({ "SecretId": name, "ForceDeleteWithoutRecovery": true });
                let call = ("secretsmanager", "DeleteSecret");
                gone(work, Account::Warehouse, &format!("delete secret {name}"), call, input).await
            }
            Self::RestoreBucketPolicy { bucket, sids, prior } => {
                restore_bucket_policy(work, bucket, sids, prior.as_deref()).await
            }
            Self::RestoreKeyPolicy { key, sids, prior } => {
                restore_key_policy(work, key, sids, prior.as_deref()).await
            }
            Self::DeleteBucket { bucket } => {
                let input = json!({ "Bucket": bucket });
                let tried = format!("delete bucket {bucket}");
                gone(work, Account::Store, &tried, ("s3", "DeleteBucket"), input).await
            }
            Self::DeleteKey { account, alias, mark } => {
                delete_key(work, *account, alias, mark).await
            }
            in_database => in_database.execute_sql(work).await,
        }
    }

    async fn execute_sql(&self, work: &mut Work<'_>) -> Result<()> {
        let Some(sql) = self.sql() else { return Ok(()) };
        match work.admin_sql(&sql).await? {
            Ok(_) => Ok(()),
            // 42704, 42P01, 3F000: the user, table or schema is gone, and the grant with it.
            Err(error)
                if matches!(error.sqlstate.as_deref(), Some("42704" | "42P01" | "3F000")) =>
            {
                Ok(())
            }
            Err(error) => Err(work.db_refused(5, sql, &error).await),
        }
    }

    fn sql(&self) -> Option<String> {
        let user = |user: &str| sql::identifier(user);
        Some(match self {
            Self::RevokeAssumeRole { user: name, chain, statement } => format!(
                "REVOKE ASSUMEROLE ON {} FROM {} FOR {statement}",
                sql::literal(chain),
                user(name)
            ),
            Self::RevokePrivilege { user: name, schema, relation, privilege } => format!(
                "REVOKE {privilege} ON {}.{} FROM {}",
                sql::identifier(schema),
                sql::identifier(relation),
                user(name)
            ),
            Self::ReopenAssumeRole => "GRANT ASSUMEROLE ON ALL TO PUBLIC FOR ALL".to_owned(),
            Self::RevokeSelect { user: name, schema, relation, columns } => format!(
                "REVOKE {} ON {}.{} FROM {}",
                sql::select_privilege(columns),
                sql::identifier(schema),
                sql::identifier(relation),
                user(name)
            ),
            Self::RevokeUsage { user: name, schema } => {
                format!("REVOKE USAGE ON SCHEMA {} FROM {}", sql::identifier(schema), user(name))
            }
            Self::DropUser { user: name } => format!("DROP USER IF EXISTS {}", user(name)),
            _ => return None,
        })
    }

    /// What is taken back, in words.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::RevokeAssumeRole { user, .. } => format!("grant ASSUMEROLE … to {user}"),
            Self::ReopenAssumeRole | Self::LeaveAssumeRoleClosed => {
                "ASSUMEROLE of PUBLIC".to_owned()
            }
            Self::RevokeSelect { user, schema, relation, .. } => {
                format!("grant SELECT on {schema}.{relation} to {user}")
            }
            Self::RevokePrivilege { user, schema, relation, privilege } => {
                format!("grant {privilege} on {schema}.{relation} to {user}")
            }
            Self::RevokeUsage { user, schema } => format!("grant USAGE on {schema} to {user}"),
            Self::DropUser { user } => format!("database user {user}"),
            Self::RemoveClusterRole { cluster, role_arn } => {
                let role = role_arn.rsplit('/').next().unwrap_or(role_arn);
                format!("{role} on cluster {cluster}")
            }
            Self::DeleteRole { role, .. } => format!("role {role}"),
            Self::DeleteSecret { name } => format!("secret {name}"),
            Self::RestoreBucketPolicy { bucket, .. } => format!("policy of bucket {bucket}"),
            Self::RestoreKeyPolicy { key, .. } => format!("policy of key {key}"),
            Self::DeleteBucket { bucket } => format!("bucket {bucket}"),
            Self::DeleteKey { alias, .. } => format!("key {alias}"),
        }
    }

    /// The account it lies in.
    pub(crate) fn account(&self) -> Account {
        match self {
            Self::DeleteRole { account, .. } | Self::DeleteKey { account, .. } => *account,
            Self::RestoreBucketPolicy { .. }
            | Self::RestoreKeyPolicy { .. }
            | Self::DeleteBucket { .. } => Account::Store,
            _ => Account::Warehouse,
        }
    }

    /// Whether a recorded value is put back rather than something removed.
    pub(crate) fn restores(&self) -> bool {
        matches!(
            self,
            Self::ReopenAssumeRole
                | Self::RestoreBucketPolicy { .. }
                | Self::RestoreKeyPolicy { .. }
        )
    }
}

/// A call after which the thing is gone, whether or not it was there.
async fn gone(
    work: &Work<'_>,
    account: Account,
    tried: &str,
    (service, operation): (&str, &str),
    input: Value,
) -> Result<()> {
    match work.call(account, service, operation, input).await {
        Err(error) if !error.is_missing() => {
            Err(work.refused(account, 0, tried.to_owned(), &error).await)
        }
        _ => Ok(()),
    }
}

async fn delete_role(work: &Work<'_>, account: Account, role: &str) -> Result<()> {
    let tried = format!("delete role {role}");
    let name = json!({ "RoleName": role });
    for (list, member, delete, key) in [
        ("ListRolePolicies", "PolicyNames", "DeleteRolePolicy", "PolicyName"),
        ("ListAttachedRolePolicies", "AttachedPolicies", "DetachRolePolicy", "PolicyArn"),
    ] {
        let listed = match work.call(account, "iam", list, name.clone()).await {
            Ok(listed) => listed,
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(work.refused(account, 0, tried, &error).await),
        };
        for item in listed.get(member).and_then(Value::as_array).into_iter().flatten() {
            let value = item.get(key).unwrap_or(item);
            let input = json!({ "RoleName": role, key: value });
            gone(work, account, &tried, ("iam", delete), input).await?;
        }
    }
    gone(work, account, &tried, ("iam", "DeleteRole"), name).await
}

async fn restore_bucket_policy(
    work: &Work<'_>,
    bucket: &str,
    sids: &[String],
    prior: Option<&str>,
) -> Result<()> {
    let tried = format!("restore the policy of bucket {bucket}");
    let input = json!({ "Bucket": bucket });
    let current = match work.call(Account::Store, "s3", "GetBucketPolicy", input.clone()).await {
        Ok(answer) => policy_text(&answer),
        Err(error) if error.is_missing() => return Ok(()),
        Err(error) => return Err(work.refused(Account::Store, 7, tried, &error).await),
    };
    match restored(&current, sids, prior) {
        Some(policy) => {
            let input = json!({ "Bucket": bucket, "Policy": policy });
            gone(work, Account::Store, &tried, ("s3", "PutBucketPolicy"), input).await
        }
        None => gone(work, Account::Store, &tried, ("s3", "DeleteBucketPolicy"), input).await,
    }
}

async fn restore_key_policy(
    work: &Work<'_>,
    key: &str,
    sids: &[String],
    prior: Option<&str>,
) -> Result<()> {
    let tried = format!("restore the policy of key {key}");
    let input = json!({ "KeyId": key });
    let arn = match work.call(Account::Store, "kms", "DescribeKey", input).await {
        Ok(answer) => answer.pointer("/KeyMetadata/Arn").cloned().unwrap_or_default(),
        Err(error) if error.is_missing() => return Ok(()),
        Err(error) => return Err(work.refused(Account::Store, 7, tried, &error).await),
    };
    let input = json!({ "KeyId": arn, "PolicyName": "default" });
    let place = (Account::Store, 7);
    let answer = work.ask(place, tried.clone(), ("kms", "GetKeyPolicy"), input).await?;
    // A key always has a policy, so there is always something to put back.
    let Some(policy) = restored(&policy_text(&answer), sids, prior) else { return Ok(()) };
    let input = json!({ "KeyId": arn, "PolicyName": "default", "Policy": policy });
    gone(work, Account::Store, &tried, ("kms", "PutKeyPolicy"), input).await
}

/// The policy to put back: the recorded text where only our statements were added to it,
/// otherwise the present one without ours (somebody else has changed it meanwhile).
fn restored(current: &str, sids: &[String], prior: Option<&str>) -> Option<String> {
    let remaining = policies::without(current, sids);
    let same = |prior: &str| {
        let left = remaining.as_ref().map(ToString::to_string);
        policies::statements(left.as_deref()) == policies::statements(Some(prior))
    };
    match prior {
        Some(prior) if same(prior) => Some(prior.to_owned()),
        _ => remaining.map(|policy| policy.to_string()),
    }
}

/// The `Policy` member of an answer.
pub(crate) fn policy_text(answer: &Value) -> String {
    answer.get("Policy").and_then(Value::as_str).unwrap_or_default().to_owned()
}

async fn delete_key(work: &Work<'_>, account: Account, alias: &str, mark: &str) -> Result<()> {
    let tried = format!("delete key {alias}");
    let keys = crate::steps::key::marked(work, account, mark).await?;
    let aliased = crate::steps::key::describe(work, account, alias).await?;
    // Somebody may have pointed the alias at another key since: then it is not ours to delete.
    if aliased.is_some_and(|key| keys.contains(&key.arn)) {
        let input = json!({ "AliasName": alias });
        gone(work, account, &tried, ("kms", "DeleteAlias"), input).await?;
    }
    for key in keys {
        let input = json!({ "KeyId": key, "PendingWindowInDays": KEY_WAITING_DAYS });
        let pending = |error: &ApiError| error.code.starts_with("KMSInvalidState");
        match work.call(account, "kms", "ScheduleKeyDeletion", input).await {
            Err(error) if !error.is_missing() && !pending(&error) => {
                return Err(work.refused(account, 0, tried, &error).await);
            }
            _ => {}
        }
    }
    Ok(())
}
