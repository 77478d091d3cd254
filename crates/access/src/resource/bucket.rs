//! Buckets and objects: the owner that the ARN does not tell, bucket policy, Block Public Access.

use names::{AccountId, Arn, Region};
use policy::PolicyKind;
use policy::public::is_public;
use serde_json::{Value, json};

use super::Object;
use crate::answer::Unread;
use crate::gathered::{Gathered, items, text};
use crate::question::Question;
use crate::survey::{Outcome, Read, ReadError, Survey};
use crate::{AccessError, document};

pub(super) async fn read(
    survey: &Survey,
    question: &Question,
    arn: &Arn,
    gathered: &mut Gathered,
) -> Result<Object, AccessError> {
    let bucket = arn.resource.split('/').next().unwrap_or_default();
    let mut object = Object { arn: question.resource.clone(), owner: None, region: None };
    let creates = question.is("s3:CreateBucket");
    let owner = match owner(survey, bucket).await? {
        Found::Owner(owner) => owner,
        Found::Nobody if creates => return Ok(object),
        Found::Nobody => {
            super::absent(gathered, &format!("bucket {bucket}"));
            return Ok(object);
        }
        Found::Unknown => {
            let what = format!("bucket policy of {bucket}");
            let why = "it belongs to no account of the given profiles".to_owned();
            gathered.unread.push(Unread::policy(PolicyKind::Resource, what, why));
            return Ok(object);
        }
    };
    let region = region(survey, &owner, bucket).await?;
    let reader = Reader { survey, bucket, owner: &owner, region: region.as_ref() };
    gathered.context.set("s3:ResourceAccount", owner.as_str());
    reader.policy(gathered).await?;
    reader.public_access(gathered).await?;
    object.owner = Some(owner);
    object.region = region;
    Ok(object)
}

enum Found {
    Owner(AccountId),
    Nobody,
    Unknown,
}

/// Bucket names are global and their ARNs tell no account, so every account is asked for its own
/// buckets; one that may not list them can still tell whether this one is its own.
async fn owner(survey: &Survey, bucket: &str) -> Result<Found, AccessError> {
    for account in survey.accounts() {
        let call = Read { account, region: None, service: "s3", operation: "ListBuckets" };
        let marker = ("ContinuationToken", "ContinuationToken");
        let own = survey.list(&call, json!({}), "Buckets", marker).await?;
        if own.iter().flatten().any(|one| text(one, "/Name") == Some(bucket)) {
            return Ok(Found::Owner(account.clone()));
        }
    }
    let mut nobody = false;
    for account in survey.accounts() {
        let call = Read { account, region: None, service: "s3", operation: "HeadBucket" };
        let head = json!({ "Bucket": bucket, "ExpectedBucketOwner": account });
        match survey.read(&call, head).await? {
            Ok(_) => return Ok(Found::Owner(account.clone())),
            Err(error) => nobody |= error.is_missing(),
        }
    }
    Ok(if nobody { Found::Nobody } else { Found::Unknown })
}

/// Where the bucket lies. `us-east-1` answers GetBucketLocation for every Region, and
/// says nothing for itself and `EU` for eu-west-1 (GetBucketLocation, S3 API Reference).
async fn region(
    survey: &Survey,
    owner: &AccountId,
    bucket: &str,
) -> Result<Option<Region>, AccessError> {
    let first: Option<Region> = "us-east-1".parse().ok();
    let call = Read {
        account: owner,
        region: first.as_ref(),
        service: "s3",
        operation: "GetBucketLocation",
    };
    let answer = survey.read(&call, json!({ "Bucket": bucket })).await?;
    Ok(match answer {
        Ok(answer) => match text(&answer, "/LocationConstraint") {
            None => first,
            Some("EU") => "eu-west-1".parse().ok(),
            Some(region) => region.parse().ok(),
        },
        Err(_) => survey.region(Some(owner)).cloned(),
    })
}

struct Reader<'a> {
    survey: &'a Survey,
    bucket: &'a str,
    owner: &'a AccountId,
    region: Option<&'a Region>,
}

impl Reader<'_> {
    async fn get(&self, operation: &str) -> Outcome<Value> {
        let call = Read { account: self.owner, region: self.region, service: "s3", operation };
        let input = json!({ "Bucket": self.bucket, "ExpectedBucketOwner": self.owner });
        self.survey.read(&call, input).await
    }

    async fn policy(&self, gathered: &mut Gathered) -> Result<(), AccessError> {
        let title = format!("bucket policy of {}", self.bucket);
        match self.get("GetBucketPolicy").await? {
            Ok(answer) => {
                let policy = text(&answer, "/Policy").unwrap_or_default();
                let read = document::read(PolicyKind::Resource, &title, policy);
                gathered.policies.resource = gathered.take(read);
            }
            Err(error) if error.is_missing() => {}
            Err(error) => {
                let unread = Unread::policy(PolicyKind::Resource, title, error.to_string());
                gathered.unread.push(unread);
            }
        }
        Ok(())
    }

    /// `RestrictPublicBuckets` of the bucket or its account; it matters for public policies only.
    async fn public_access(&self, gathered: &mut Gathered) -> Result<(), AccessError> {
        let policy = gathered.policies.resource.as_ref();
        if !policy.is_some_and(|policy| is_public(&policy.document)) {
            return Ok(());
        }
        let of_bucket = self.get("GetPublicAccessBlock").await?;
        let call = Read {
            account: self.owner,
            region: self.region,
            service: "s3control",
            operation: "GetPublicAccessBlock",
        };
        let of_account = self.survey.read(&call, json!({ "AccountId": self.owner })).await?;
        for (read, whose) in [(of_bucket, "bucket"), (of_account, "account")] {
            match read {
                Ok(answer) => {
                    let restrict = answer
                        .pointer("/PublicAccessBlockConfiguration/RestrictPublicBuckets")
                        .and_then(Value::as_bool);
                    let block = &mut gathered.policies.settings.public_access_block;
                    block.restrict_public_buckets |= restrict.unwrap_or(false);
                }
                Err(error) if error.is_missing() || error.is_unknown_call() => {}
                Err(error) => {
                    let what = format!("Block Public Access of the {whose}");
                    let unread = Unread::fact(what, error.to_string());
                    gathered.unread.push(Unread { could_allow: false, ..unread });
                }
            }
        }
        Ok(())
    }
}

/// Tags of the object asked for: read only when a policy asks for them.
pub(crate) async fn object_tags(
    survey: &Survey,
    object: &Object,
    gathered: &mut Gathered,
) -> Result<(), AccessError> {
    let Some(owner) = &object.owner else { return Ok(()) };
    let path = object.arn.strip_prefix("arn:aws:s3:::").and_then(|path| path.split_once('/'));
    let Some((bucket, key)) = path else { return Ok(()) };
    let call = Read {
        account: owner,
        region: object.region.as_ref(),
        service: "s3",
        operation: "GetObjectTagging",
    };
    match survey.read(&call, json!({ "Bucket": bucket, "Key": key })).await? {
        Ok(answer) => {
            let pairs: Vec<_> = items(&answer, "/TagSet")
                .filter_map(|tag| {
                    Some((text(tag, "/Key")?.to_owned(), text(tag, "/Value")?.to_owned()))
                })
                .collect();
            gathered.tags("s3:ExistingObjectTag", &pairs);
        }
        Err(ReadError::Missing(_)) => gathered.absent(["s3:ExistingObjectTag/"]),
        Err(_) => {}
    }
    Ok(())
}
