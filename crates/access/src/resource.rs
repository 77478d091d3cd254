//! The resource: whose it is, and the policy that guards it.
//!
//! Each service has a file of its own in the folder beside this one. Start at [`read`].

mod bucket;
mod key;
mod role;
mod secret;
mod table;

pub(crate) use bucket::object_tags;

use names::{AccountId, Region};
use policy::PolicyKind;

use crate::AccessError;
use crate::answer::Unread;
use crate::gathered::Gathered;
use crate::question::Question;
use crate::survey::Survey;

/// The resource as the request names it in the end.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// The ARN that policies are compared with: a key's instead of its alias's, for example.
    pub arn: String,
    pub owner: Option<AccountId>,
    /// Where the request goes.
    pub region: Option<Region>,
}

/// Services whose resources carry no policy of their own.
const WITHOUT_POLICIES: [&str; 12] = [
    "iam",
    "sts",
    "organizations",
    "redshift",
    "redshift-data",
    "cloudtrail",
    "ec2",
    "athena",
    "cloudwatch",
    "rds",
    "sagemaker",
    "states",
];

/// Reads the resource's policy and keys.
pub(crate) async fn read(
    survey: &Survey,
    question: &Question,
    gathered: &mut Gathered,
) -> Result<Object, AccessError> {
    let service = question.service()?;
    let Some(arn) = question.arn()? else {
        return Ok(Object { arn: "*".to_owned(), owner: None, region: None });
    };
    let object = Object {
        arn: question.resource.clone(),
        owner: arn.account.clone(),
        region: arn.region.clone(),
    };
    let (kind, _) = arn.resource_parts();
    match (service.as_str(), arn.service.as_str(), &arn.account) {
        ("s3", "s3", None) => bucket::read(survey, question, &arn, gathered).await,
        ("kms", "kms", Some(account)) if matches!(kind, "key" | "alias") => {
            key::read(survey, account, &arn, gathered).await
        }
        ("secretsmanager", "secretsmanager", Some(account)) => {
            secret::read(survey, account, &arn, gathered).await
        }
        ("dynamodb", "dynamodb", Some(account)) if kind == "table" => {
            table::read(survey, account, &arn, gathered).await
        }
        ("sts", "iam", Some(account)) if kind == "role" => {
            role::trust(survey, account, &arn, gathered).await?;
            Ok(object)
        }
        ("iam", "iam", Some(account)) => {
            role::tags(survey, account, &arn, gathered).await?;
            Ok(object)
        }
        (service, ..) => {
            if !WITHOUT_POLICIES.contains(&service) {
                let what = format!("resource-based policy of {}", question.resource);
                let why = format!("policies of {service} resources are not read");
                gathered.unread.push(Unread::policy(PolicyKind::Resource, what, why));
            }
            Ok(object)
        }
    }
}

/// Notes that the resource is not there; the decision is the one its caller would meet.
fn absent(gathered: &mut Gathered, what: &str) {
    gathered.notes.push(format!("there is no {what}"));
    gathered.missing = true;
}
