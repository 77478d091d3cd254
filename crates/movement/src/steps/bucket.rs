//! The bucket and the two statements of its policy: no plain transport, no other key.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Seen, Step};
use crate::policies;
use crate::report::Side;
use crate::trouble::{Result, Trouble};
use crate::undo::{Undo, policy_text};
use crate::work::Work;

pub(crate) const ID: &str = "target.bucket";

pub(super) struct Bucket;

#[async_trait]
impl Step for Bucket {
    fn id(&self) -> String {
        ID.to_owned()
    }

    fn hop(&self) -> u8 {
        7
    }

    fn side(&self) -> Side {
        Side::Target
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("bucket {}", work.movement.target.bucket)
    }

    fn opens(&self, work: &Work<'_>) -> String {
        format!("in {}, owned by {}", work.facts.target_region, work.facts.target_account)
    }

    async fn look(&self, work: &mut Work<'_>) -> Result<Seen> {
        let bucket = &work.movement.target.bucket;
        let input = json!({ "Bucket": bucket, "ExpectedBucketOwner": work.facts.target_account });
        match work.call(Side::Target, "s3", "HeadBucket", input).await {
            Ok(answer) => self.in_region(work, &answer),
            Err(error) if error.is_missing() => Ok(Seen::Absent),
            Err(error) => {
                let trouble =
                    work.refused(Side::Target, 7, format!("look at bucket {bucket}"), &error).await;
                let why = "bucket names are shared by all accounts: it may belong to another one";
                Err(Box::new(trouble.why(why)))
            }
        }
    }

    async fn make(&self, work: &mut Work<'_>, _: &Seen) -> Result<()> {
        let bucket = &work.movement.target.bucket;
        let mut input = json!({ "Bucket": bucket });
        let region = work.facts.target_region.as_str();
        // us-east-1 is named by leaving the constraint out ("CreateBucket", S3 API Reference).
        if let (Some(members), true) = (input.as_object_mut(), region != "us-east-1") {
            let place = json!({ "LocationConstraint": region });
            members.insert("CreateBucketConfiguration".into(), place);
        }
        let tried = format!("make bucket {bucket}");
        work.ask((Side::Target, 7), tried, ("s3", "CreateBucket"), input).await?;
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, _: &Seen) -> Option<Undo> {
        Some(Undo::DeleteBucket { bucket: work.movement.target.bucket.clone() })
    }
}

impl Bucket {
    fn in_region(&self, work: &Work<'_>, answer: &Value) -> Result<Seen> {
        let found = answer.get("BucketRegion").and_then(Value::as_str);
        match found {
            Some(region) if region != work.facts.target_region.as_str() => {
                let trouble = Trouble::new(format!("use bucket {}", work.movement.target.bucket))
                    .said(format!("it is in {region}, not in {}", work.facts.target_region))
                    .fix(format!("set region = \"{region}\" under [target] in {}", work.file()));
                Err(Box::new(trouble.at(7, work.label(Side::Target))))
            }
            _ => Ok(Seen::Same),
        }
    }
}

pub(super) struct BucketPolicy;

impl BucketPolicy {
    async fn current(work: &Work<'_>) -> Result<Option<String>> {
        let bucket = &work.movement.target.bucket;
        let input = json!({ "Bucket": bucket });
        match work.call(Side::Target, "s3", "GetBucketPolicy", input).await {
            Ok(answer) => Ok(Some(policy_text(&answer))),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => {
                let tried = format!("read the policy of bucket {bucket}");
                Err(work.refused(Side::Target, 7, tried, &error).await)
            }
        }
    }

    fn wanted(work: &Work<'_>) -> Option<Vec<Value>> {
        let own = work.journal.is_ours(ID);
        policies::bucket_statements(work.movement, &work.facts, own)
    }
}

#[async_trait]
impl Step for BucketPolicy {
    fn id(&self) -> String {
        "target.bucket-policy".to_owned()
    }

    fn hop(&self) -> u8 {
        7
    }

    fn side(&self) -> Side {
        Side::Target
    }

    fn what(&self, work: &Work<'_>) -> String {
        format!("policy of bucket {}", work.movement.target.bucket)
    }

    fn opens(&self, work: &Work<'_>) -> String {
        match work.movement.target.key {
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
        let bucket = work.movement.target.bucket.clone();
        let current = Self::current(work).await?;
        let statements = Self::wanted(work).unwrap_or_default();
        let policy = policies::merged(current.as_deref(), &statements);
        let input = json!({ "Bucket": bucket, "Policy": policy.to_string() });
        let tried = format!("set the policy of bucket {bucket}");
        work.ask((Side::Target, 7), tried, ("s3", "PutBucketPolicy"), input).await?;
        Ok(())
    }

    fn undo(&self, work: &Work<'_>, seen: &Seen) -> Option<Undo> {
        let name = &work.movement.name;
        let prior = match seen {
            Seen::Differs { prior, .. } => prior.clone(),
            _ => None,
        };
        Some(Undo::RestoreBucketPolicy {
            bucket: work.movement.target.bucket.clone(),
            sids: vec![policies::sid(name, "TlsOnly"), policies::sid(name, "ThisKeyOnly")],
            prior,
        })
    }
}
