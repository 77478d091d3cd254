//! What each hop asks of the policies: the accesses of a run, with the condition keys it sends.
//!
//! Pure but for [`survey`], which only names the sessions that may be asked.

use std::sync::Arc;

use access::{Question, Survey};

use crate::file::{IfExists, Load, Place, Way};
use crate::work::Work;

/// The name of the sessions that Redshift opens.
const REDSHIFT_SESSION: &str = "RedshiftIamRoleSession";
/// An object as UNLOAD would write it below the prefix.
const OBJECT: &str = "0000_part_00";

/// A survey of both accounts through the movement's profiles.
pub(super) fn survey(work: &Work<'_>) -> Survey {
    let survey = Survey::new(Arc::clone(&work.cx.api), Arc::clone(&work.cx.clock));
    survey
        .with_session(work.facts.warehouse_account.clone(), work.warehouse.clone())
        .with_session(work.facts.store_account.clone(), work.store.clone())
}

/// The accesses that a hop needs. Where a resource does not exist there is nothing to ask; the
/// missing resource is told anyway.
pub(super) fn of(work: &Work<'_>, hop: u8) -> Vec<Question> {
    match hop {
        1 => vec![enter(work)],
        2 => vec![become_reader(work)],
        3 => read_secret(work),
        5 => vec![become_cluster_role(work)],
        6 => vec![become_data_role(work)],
        7 => touch(work),
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
    let entry = work.facts.store_role(&work.movement.roles.entry);
    Question::new(work.facts.principal.clone(), "sts:AssumeRole", entry)
        .with("sts:RoleSessionName", work.session_name())
}

fn become_reader(work: &Work<'_>) -> Question {
    let (facts, roles) = (&work.facts, &work.movement.roles);
    let name = work.session_name();
    let entry = session(&facts.store_role(&roles.entry), &name);
    Question::new(entry, "sts:AssumeRole", facts.warehouse_role(&roles.secret_reader))
        .with("sts:ExternalId", facts.external_id.clone())
        .with("sts:RoleSessionName", name)
}

fn read_secret(work: &Work<'_>) -> Vec<Question> {
    let facts = &work.facts;
    let reader =
        session(&facts.warehouse_role(&work.movement.roles.secret_reader), &work.session_name());
    let Some(secret) = &facts.secret_arn else { return Vec::new() };
    let mut questions =
        vec![Question::new(reader.clone(), "secretsmanager:GetSecretValue", secret.clone())];
    questions.extend(facts.secret_key_arn.as_ref().map(|key| {
        let service = format!("secretsmanager.{}.amazonaws.com", facts.warehouse_region);
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
        facts.warehouse_region, facts.warehouse_account, work.movement.warehouse.cluster
    );
    let role = facts.warehouse_role(&work.movement.roles.cluster);
    Question::new("redshift.amazonaws.com", "sts:AssumeRole", role)
        .with("sts:ExternalId", facts.db_user_arn.clone())
        .with("sts:RoleSessionName", REDSHIFT_SESSION)
        .with("aws:SourceAccount", facts.warehouse_account.to_string())
        .with("aws:SourceArn", cluster)
}

fn become_data_role(work: &Work<'_>) -> Question {
    let (facts, roles) = (&work.facts, &work.movement.roles);
    let cluster = session(&facts.warehouse_role(&roles.cluster), REDSHIFT_SESSION);
    Question::new(cluster, "sts:AssumeRole", facts.store_role(&roles.data))
        .with("sts:ExternalId", facts.db_user_arn.clone())
        .with("sts:RoleSessionName", REDSHIFT_SESSION)
}

/// What AWS documents for UNLOAD and COPY ("Permissions to access other AWS resources", Redshift
/// Management Guide): of a bucket listing, reading and writing below the prefix; of a table
/// describing and scanning it; and the key through either.
fn touch(work: &Work<'_>) -> Vec<Question> {
    let movement = work.movement;
    let role = session(&work.facts.data_role(&movement.roles), REDSHIFT_SESSION);
    match (&movement.way, &movement.store.place) {
        (Way::Out(unload), _) => write(work, &role, unload.if_exists),
        (Way::In(load), Place::Bucket { .. }) => read(work, &role, load),
        (Way::In(_), Place::Table(table)) => {
            let arn = work.facts.table_arn(table);
            let mut questions: Vec<Question> = ["dynamodb:DescribeTable", "dynamodb:Scan"]
                .map(|action| Question::new(role.clone(), action, arn.clone()))
                .into();
            questions.extend(through_key(work, &role, &["kms:Decrypt"], None));
            questions
        }
    }
}

fn write(work: &Work<'_>, role: &str, if_exists: IfExists) -> Vec<Question> {
    let store = &work.movement.store;
    let bucket = format!("arn:aws:s3:::{}", store.bucket());
    let object = format!("{bucket}/{}{OBJECT}", store.prefix());
    let ask = |action: &str, resource: &str| Question::new(role, action, resource);
    let mut put = ask("s3:PutObject", &object);
    if let Some(key) = &work.facts.store_key_arn {
        put = put
            .with("s3:x-amz-server-side-encryption", "aws:kms")
            .with("s3:x-amz-server-side-encryption-aws-kms-key-id", key.clone());
    }
    let mut questions = vec![
        ask("s3:ListBucket", &bucket).with("s3:prefix", store.prefix()),
        put,
        ask("s3:GetObject", &object),
    ];
    if if_exists == IfExists::Replace {
        questions.push(ask("s3:DeleteObject", &object));
    }
    let actions = ["kms:GenerateDataKey", "kms:Decrypt"];
    questions.extend(through_key(work, role, &actions, Some(&object)));
    questions
}

fn read(work: &Work<'_>, role: &str, load: &Load) -> Vec<Question> {
    let store = &work.movement.store;
    let bucket = format!("arn:aws:s3:::{}", store.bucket());
    let key = load.manifest.clone().unwrap_or_else(|| format!("{}{OBJECT}", store.prefix()));
    let objects = std::iter::once(&key).chain(&load.form.json_paths);
    let objects: Vec<String> = objects.map(|key| format!("{bucket}/{key}")).collect();
    let list = Question::new(role, "s3:ListBucket", bucket).with("s3:prefix", store.prefix());
    let mut questions = vec![list];
    for object in objects {
        questions.push(Question::new(role, "s3:GetObject", object.clone()));
        questions.extend(through_key(work, role, &["kms:Decrypt"], Some(&object)));
    }
    questions
}

/// The uses of the data's key, if it has one that is named.
fn through_key(
    work: &Work<'_>,
    role: &str,
    actions: &[&str],
    object: Option<&str>,
) -> Vec<Question> {
    let Some(key) = &work.facts.store_key_arn else { return Vec::new() };
    let service = work.facts.store_service(&work.movement.store.place);
    let ask = |action: &&str| {
        let question =
            Question::new(role, *action, key.clone()).with("kms:ViaService", service.clone());
        match object {
            Some(object) => question.with("kms:EncryptionContext:aws:s3:arn", object),
            None => question,
        }
    };
    actions.iter().map(ask).collect()
}
