//! What each hop asks of the policies: the accesses of a run, with the condition keys it sends.
//!
//! Pure but for [`survey`], which only names the sessions that may be asked.

use std::sync::Arc;

use access::{Question, Survey};

use crate::file::IfExists;
use crate::work::Work;

/// The name of the sessions that Redshift opens.
const REDSHIFT_SESSION: &str = "RedshiftIamRoleSession";
/// An object that UNLOAD would write below the prefix.
const OBJECT: &str = "0000_part_00";

/// A survey of both accounts through the movement's profiles.
pub(super) fn survey(work: &Work<'_>) -> Survey {
    let survey = Survey::new(Arc::clone(&work.cx.api), Arc::clone(&work.cx.clock));
    survey
        .with_session(work.facts.source_account.clone(), work.source.clone())
        .with_session(work.facts.target_account.clone(), work.target.clone())
}

/// The accesses that a hop needs. Where a resource does not exist there is nothing to ask; the
/// missing resource is told anyway.
pub(super) fn of(work: &Work<'_>, hop: u8) -> Vec<Question> {
    match hop {
        1 => vec![enter(work)],
        2 => vec![become_reader(work)],
        3 => read_secret(work),
        5 => vec![become_cluster_role(work)],
        6 => vec![become_writer(work)],
        7 => write(work),
        _ => Vec::new(),
    }
}

/// The command that asks the same, for a closer look.
pub(super) fn command(work: &Work<'_>, question: &Question) -> String {
    let mut text = format!(
        "landbridge explain access --principal {} --action {} --resource {}",
        question.principal, question.action, question.resource
    );
    for (key, values) in &question.context {
        for value in values {
            text.push_str(&format!(" --context {key}={value}"));
        }
    }
    text + &work.explain_arguments()
}

/// The ARN of a session of a role.
fn session(role_arn: &str, name: &str) -> String {
    let (account, role) = role_arn.split_once(":role/").unwrap_or((role_arn, ""));
    format!("{}:assumed-role/{role}/{name}", account.replace(":iam:", ":sts:"))
}

fn enter(work: &Work<'_>) -> Question {
    let entry = work.facts.target_role(&work.movement.roles.entry);
    Question::new(work.facts.principal.clone(), "sts:AssumeRole", entry)
        .with("sts:RoleSessionName", work.session_name())
}

fn become_reader(work: &Work<'_>) -> Question {
    let (facts, roles) = (&work.facts, &work.movement.roles);
    let name = work.session_name();
    let entry = session(&facts.target_role(&roles.entry), &name);
    Question::new(entry, "sts:AssumeRole", facts.source_role(&roles.secret_reader))
        .with("sts:ExternalId", facts.external_id.clone())
        .with("sts:RoleSessionName", name)
}

fn read_secret(work: &Work<'_>) -> Vec<Question> {
    let facts = &work.facts;
    let reader =
        session(&facts.source_role(&work.movement.roles.secret_reader), &work.session_name());
    let Some(secret) = &facts.secret_arn else { return Vec::new() };
    let mut questions =
        vec![Question::new(reader.clone(), "secretsmanager:GetSecretValue", secret.clone())];
    questions.extend(facts.secret_key_arn.as_ref().map(|key| {
        let service = format!("secretsmanager.{}.amazonaws.com", facts.source_region);
        Question::new(reader, "kms:Decrypt", key.clone())
            .with("kms:ViaService", service)
            .with("kms:EncryptionContext:SecretARN", secret.clone())
    }));
    questions
}

fn become_cluster_role(work: &Work<'_>) -> Question {
    let facts = &work.facts;
    let cluster = format!(
        "arn:aws:redshift:{}:{}:cluster:{}",
        facts.source_region, facts.source_account, work.movement.source.cluster
    );
    let role = facts.source_role(&work.movement.roles.cluster);
    Question::new("redshift.amazonaws.com", "sts:AssumeRole", role)
        .with("sts:ExternalId", facts.db_user_arn.clone())
        .with("sts:RoleSessionName", REDSHIFT_SESSION)
        .with("aws:SourceAccount", facts.source_account.to_string())
        .with("aws:SourceArn", cluster)
}

fn become_writer(work: &Work<'_>) -> Question {
    let (facts, roles) = (&work.facts, &work.movement.roles);
    let cluster = session(&facts.source_role(&roles.cluster), REDSHIFT_SESSION);
    Question::new(cluster, "sts:AssumeRole", facts.target_role(&roles.writer))
        .with("sts:ExternalId", facts.db_user_arn.clone())
        .with("sts:RoleSessionName", REDSHIFT_SESSION)
}

/// Listing, writing and reading below the prefix, and the key through S3: what AWS documents for
/// UNLOAD ("Permissions to access other AWS resources", Redshift Management Guide).
fn write(work: &Work<'_>) -> Vec<Question> {
    let (facts, target) = (&work.facts, &work.movement.target);
    let writer = session(&facts.target_role(&work.movement.roles.writer), REDSHIFT_SESSION);
    let bucket = format!("arn:aws:s3:::{}", target.bucket);
    let object = format!("{bucket}/{}{OBJECT}", target.prefix);
    let ask = |action: &str, resource: &str| Question::new(writer.clone(), action, resource);
    let mut put = ask("s3:PutObject", &object);
    if let Some(key) = &facts.target_key_arn {
        put = put
            .with("s3:x-amz-server-side-encryption", "aws:kms")
            .with("s3:x-amz-server-side-encryption-aws-kms-key-id", key.clone());
    }
    let mut questions = vec![
        ask("s3:ListBucket", &bucket).with("s3:prefix", target.prefix.clone()),
        put,
        ask("s3:GetObject", &object),
    ];
    if target.if_exists == IfExists::Replace {
        questions.push(ask("s3:DeleteObject", &object));
    }
    if let Some(key) = &facts.target_key_arn {
        let service = format!("s3.{}.amazonaws.com", facts.target_region);
        questions.extend(["kms:GenerateDataKey", "kms:Decrypt"].map(|action| {
            ask(action, key)
                .with("kms:ViaService", service.clone())
                .with("kms:EncryptionContext:aws:s3:arn", object.clone())
        }));
    }
    questions
}
