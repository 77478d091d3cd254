//! The bucket and, on the way out, the two statements of its policy: no plain transport, no other key.
//! A bucket that is loaded from belongs to its owner: it is looked at, never made or changed.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Seen, Step};
use crate::file::Movement;
use crate::place::Account;
use crate::policies;
use crate::trouble::{Result, Trouble};
use crate::undo::{Undo, policy_text};
use crate::work::Work;

/// The step of a movement's bucket.
pub(crate) fn id(movement: &Movement) -> String {
    format!("{}.bucket", movement.section(Account::Store))
}

pub(super) struct Bucket;

#[async_trait]
impl Step for Bucket {
    fn id(&self, movement: &Movement) -> String {
        id(movement)
    }

    fn hop(&self) -> u8 {
        7
    }

    fn account(&self) -> Account {
        Account::Store
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("bucket {}", work.movement.store.bucket())
    }

    fn opens(&self, work: &Work<'_>) -> String {
        format!("in {}, owned by {}", work.facts.store_region, work.facts.store_account)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let bucket = work.movement.store.bucket();
        let input = json!({ "Bucket": bucket, "ExpectedBucketOwner": work.facts.store_account });
        match work.call(Account::Store, "s3", "HeadBucket", input).await {
            Ok(answer) => self.in_region(work, &answer),
            Err(error) if error.is_missing() && work.movement.outward().is_some() => {
                Ok(Seen::Absent)
            }
            Err(error) => {
                let trouble = work
                    .refused(Account::Store, 7, format!("look at bucket {bucket}"), &error)
                    .await;
                if error.is_missing() {
                    let fix = format!("name the bucket that holds the files in {}", work.file());
                    return Err(Box::new(trouble.why("there is no bucket of this name").fix(fix)));
                }
                let why = "bucket names are shared by all accounts: it may belong to another one";
                Err(Box::new(trouble.why(why)))
            }
        }
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        let bucket = work.movement.store.bucket();
        let mut input = json!({ "Bucket": bucket });
        let region = work.facts.store_region.as_str();
        // us-east-1 is named by leaving the constraint out ("CreateBucket", S3 API Reference).
        if let (Some(members), true) = (input.as_object_mut(), region != "us-east-1") {
            let place = json!({ "LocationConstraint": region });
            members.insert("CreateBucketConfiguration".into(), place);
        }
        let tried = format!("make bucket {bucket}");
        work.ask((Account::Store, 7), tried, ("s3", "CreateBucket"), input).await?;
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, _: &Seen) -> Option<Undo> {
        Some(Undo::DeleteBucket { bucket: work.movement.store.bucket().to_owned() })
    }
}

impl Bucket {
    fn in_region(&self, work: &Work<'_>, answer: &Value) -> Result<Seen> {
        let found = answer.get("BucketRegion").and_then(Value::as_str);
        match found {
            Some(region) if region != work.facts.store_region.as_str() => {
                let trouble = Trouble::new(format!("use bucket {}", work.movement.store.bucket()))
                    .said(format!("it is in {region}, not in {}", work.facts.store_region))
                    .fix(format!(
                        "set region = \"{region}\" under [{}] in {}",
                        work.movement.section(Account::Store),
                        work.file()
                    ));
                Err(Box::new(trouble.at(7, work.label(Account::Store))))
            }
            _ => Ok(Seen::Same),
        }
    }
}

pub(super) struct BucketPolicy;

impl BucketPolicy {
    async fn current(work: &Work<'_>) -> Result<Option<String>> {
        let bucket = work.movement.store.bucket();
        let input = json!({ "Bucket": bucket });
        match work.call(Account::Store, "s3", "GetBucketPolicy", input).await {
            Ok(answer) => Ok(Some(policy_text(&answer))),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => {
                let tried = format!("read the policy of bucket {bucket}");
                Err(work.refused(Account::Store, 7, tried, &error).await)
            }
        }
    }

    fn wanted(work: &Work<'_>) -> Option<Vec<Value>> {
        let own = work.journal.is_ours(&id(work.movement));
        policies::bucket_statements(work.movement, &work.facts, own)
    }
}

#[async_trait]
impl Step for BucketPolicy {
    fn id(&self, movement: &Movement) -> String {
        format!("{}.bucket-policy", movement.section(Account::Store))
    }

    fn hop(&self) -> u8 {
        7
    }

    fn account(&self) -> Account {
        Account::Store
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("policy of bucket {}", work.movement.store.bucket())
    }

    fn opens(&self, work: &Work<'_>) -> String {
        match work.movement.store.key {
            Some(_) => "denies plain transport and every other key".to_owned(),
            None => "denies plain transport".to_owned(),
        }
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let current = Self::current(work).await?;
        let differences =
            Self::wanted(work).map(|wanted| policies::differences(current.as_deref(), &wanted));
        Ok(match differences {
            Some(none) if none.is_empty() => Seen::Same,
            _ if current.is_none() => Seen::Absent,
            Some(some) => Seen::Differs { prior: current, how: some.join(", ") },
            None => Seen::Differs { prior: current, how: "statements are added".into() },
        })
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        let bucket = work.movement.store.bucket().to_owned();
        let current = Self::current(work).await?;
        let statements = Self::wanted(work).unwrap_or_default();
        let policy = policies::merged(current.as_deref(), &statements);
        let input = json!({ "Bucket": bucket, "Policy": policy.to_string() });
        let tried = format!("set the policy of bucket {bucket}");
        work.ask((Account::Store, 7), tried, ("s3", "PutBucketPolicy"), input).await?;
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, seen: &Seen) -> Option<Undo> {
        let name = &work.movement.name;
        let prior = match seen {
            Seen::Differs { prior, .. } => prior.clone(),
            _ => None,
        };
        Some(Undo::RestoreBucketPolicy {
            bucket: work.movement.store.bucket().to_owned(),
            sids: vec![policies::sid(name, "TlsOnly"), policies::sid(name, "ThisKeyOnly")],
            prior,
        })
    }
}
