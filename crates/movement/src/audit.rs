//! `audit`: who did what through which roles, from CloudTrail's event history of both accounts.
//!
//! The chain is followed through the events themselves: who assumed which role of the path, what
//! was done with those sessions, and who changed the path's resources. An event that both accounts
//! have (a role assumed across accounts) is told once. Only management events are in the history;
//! objects are data events, and logins to the warehouse are its own.
//!
//! Start at [`audit`]; what an event means for the path is [`Trail::line`].

use std::collections::BTreeMap;

use names::Region;
use serde_json::{Value, json};

use crate::aws::Session;
use crate::context::Context;
use crate::file::{Movement, Place};
use crate::legs::Legs;
use crate::path;
use crate::place::Account;
use crate::report::{Event, Outcome, TrailLine};
use crate::trouble::{Result, Trouble};
use crate::work::{Mode, Work};

/// The name of the sessions that Redshift opens for COPY and UNLOAD.
const REDSHIFT_SESSION: &str = "RedshiftIamRoleSession";
/// Pages of one lookup that are read, of 50 events each; a movement makes a few events a run.
const PAGES: usize = 40;

/// Tells every call of the path since the movement was begun, oldest first.
pub async fn audit(movement: &Movement, cx: &Context) -> Outcome {
    if let Some(legs) = Legs::of(movement) {
        return legs.audit(cx).await;
    }
    let mut outcome = Outcome::new("audit", &movement.name);
    let ended = try_audit(movement, cx, &mut outcome).await;
    cx.conclude(outcome, ended)
}

async fn try_audit(movement: &Movement, cx: &Context, outcome: &mut Outcome) -> Result<()> {
    let work = Work::open(movement, cx, Mode::Look).await?;
    let Some(began) = work.journal.began() else {
        let trouble = Trouble::new(format!("audit {}", movement.name))
            .said("it has not been applied: there is nothing to look for")
            .fix(work.command("apply", ""));
        return Err(Box::new(trouble));
    };
    work.say(path::title(&work));
    let mut trail = Trail::new(&work);
    for (account, region) in places(&work) {
        let session = Session { region, ..work.session(account).clone() };
        for (key, value) in trail.questions(account) {
            let events =
                lookup(&work, (account, &session), (key, &value), began.timestamp()).await?;
            events.iter().for_each(|event| trail.add(account, event));
        }
    }
    let lines = trail.lines();
    let denied = lines.iter().filter(|line| !line.allowed).count();
    for line in &lines {
        work.say(Event::Trail(line.clone()));
    }
    let calls: u64 = lines.iter().map(|line| line.times).sum();
    work.say(Event::Note(
        "logins to the warehouse are in its own log, objects are data events of a trail".into(),
    ));
    let since = began.format("%Y-%m-%d %H:%M:%S UTC");
    work.say(Event::Summary(format!("{calls} calls since {since}, {denied} denied")));
    outcome.trail = lines;
    Ok(())
}

/// Where events of the path may lie: an account has those of its own resources and those of its
/// principals, in the Region that was called.
fn places(work: &Work<'_>) -> Vec<(Account, Region)> {
    let (near, far) = (&work.facts.warehouse_region, &work.facts.store_region);
    let mut places = vec![(Account::Warehouse, near.clone()), (Account::Store, far.clone())];
    if near != far {
        places.push((Account::Warehouse, far.clone()));
        places.push((Account::Store, near.clone()));
    }
    places
}

/// The events of one account and Region with one attribute ("LookupEvents", CloudTrail API
/// Reference), newest first.
async fn lookup(
    work: &Work<'_>,
    (account, session): (Account, &Session),
    (key, value): (&str, &str),
    since: i64,
) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut token = Value::Null;
    for _ in 0..PAGES {
        let mut input = json!({
            "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }],
            "StartTime": since,
        });
        if let (Some(members), false) = (input.as_object_mut(), token.is_null()) {
            members.insert("NextToken".into(), token);
        }
        let answer = work.cx.api.call(session, "cloudtrail", "LookupEvents", input).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let tried = format!("look up the events of {}", session.label);
                return Err(work.refused(account, 0, tried, &error).await);
            }
        };
        for event in answer.get("Events").and_then(Value::as_array).into_iter().flatten() {
            let text = event.get("CloudTrailEvent").and_then(Value::as_str).unwrap_or_default();
            events.extend(serde_json::from_str::<Value>(text).ok());
        }
        token = answer.get("NextToken").cloned().unwrap_or_default();
        if token.is_null() {
            break;
        }
    }
    Ok(events)
}

/// What has been found so far, each event once.
struct Trail<'a> {
    work: &'a Work<'a>,
    /// Role ARN to the hop that assumes it and the hop that uses it.
    roles: Vec<(String, u8, u8)>,
    found: BTreeMap<String, TrailLine>,
}

impl<'a> Trail<'a> {
    fn new(work: &'a Work<'a>) -> Self {
        let (facts, roles) = (&work.facts, &work.movement.roles);
        let chained = facts.chained;
        let mut roles = vec![
            (facts.store_role(&roles.entry), 1, 2),
            (facts.warehouse_role(&roles.secret_reader), 2, 3),
            (facts.warehouse_role(&roles.cluster), 5, if chained { 6 } else { 7 }),
            (facts.store_role(&roles.data), 6, 7),
        ];
        if !chained {
            roles.truncate(3);
        }
        Self { work, roles, found: BTreeMap::new() }
    }

    /// What to look up in an account: roles assumed, calls of the path's sessions, changes of the
    /// path's resources.
    fn questions(&self, account: Account) -> Vec<(&'static str, String)> {
        let movement = self.work.movement;
        let mut questions = vec![
            ("EventName", "AssumeRole".to_owned()),
            ("Username", self.work.session_name()),
            ("Username", REDSHIFT_SESSION.to_owned()),
        ];
        let (near, roles) = (&movement.warehouse, &movement.roles);
        let resources = match account {
            Account::Warehouse => {
                vec![&roles.secret_reader, &roles.cluster, &near.secret, &near.cluster]
            }
            Account::Store => match &movement.store.place {
                Place::Bucket { bucket, .. } => vec![&roles.entry, &roles.data, bucket],
                Place::Table(table) => vec![&roles.entry, &roles.data, table],
            },
        };
        questions.extend(resources.into_iter().map(|name| ("ResourceName", name.clone())));
        questions
    }

    fn add(&mut self, account: Account, event: &Value) {
        let Some(line) = self.line(account, event) else { return };
        // What both accounts have carries one shared id.
        let shared = text(event, "/sharedEventID").unwrap_or_else(|| line.event.clone());
        match self.found.get_mut(&shared) {
            Some(known) if known.accounts.contains(&line.label) => {}
            Some(known) => {
                // The resource's owner sees of the caller only the account.
                if is_foreign(event) {
                    (known.side, known.label) = (line.side, line.label);
                } else {
                    known.principal = line.principal;
                }
                known.accounts.extend(line.accounts);
            }
            None => {
                self.found.insert(shared, line);
            }
        }
    }

    /// What an event is in the path; `None` when it has nothing to do with it.
    fn line(&self, account: Account, event: &Value) -> Option<TrailLine> {
        let source = text(event, "/eventSource")?;
        let service = source.strip_suffix(".amazonaws.com").unwrap_or(&source);
        let name = text(event, "/eventName")?;
        let (hop, resource) = self.place(event, &name)?;
        let label = self.work.label(account).to_owned();
        let error = text(event, "/errorCode");
        Some(TrailLine {
            hop,
            at: text(event, "/eventTime")?,
            side: self.work.movement.side(account),
            accounts: vec![label.clone()],
            label,
            principal: principal(event),
            action: format!("{service}:{name}"),
            resource,
            allowed: error.is_none(),
            error,
            times: 1,
            event: text(event, "/eventID")?,
        })
    }

    /// The hop that an event belongs to and what it was done to.
    fn place(&self, event: &Value, name: &str) -> Option<(u8, String)> {
        if let Some(role) = text(event, "/requestParameters/roleArn") {
            let (_, hop, _) = self.roles.iter().find(|(arn, _, _)| *arn == role)?;
            return (name == "AssumeRole").then(|| (*hop, short(&role)));
        }
        let issuer = text(event, "/userIdentity/sessionContext/sessionIssuer/arn");
        let used = self.roles.iter().find(|(arn, _, _)| Some(arn) == issuer.as_ref());
        if let Some((_, _, hop)) = used {
            return Some((*hop, resource(event)));
        }
        let changes = event.get("readOnly").and_then(Value::as_bool) == Some(false);
        changes.then(|| self.changed(event)).flatten()
    }

    /// A change of one of the path's resources, by its name.
    fn changed(&self, event: &Value) -> Option<(u8, String)> {
        let movement = self.work.movement;
        if let Some(role) = text(event, "/requestParameters/roleName") {
            let at_end = |arn: &str| arn.ends_with(&format!("/{role}"));
            let (_, hop, _) = self.roles.iter().find(|(arn, _, _)| at_end(arn))?;
            return Some((*hop, role));
        }
        let named = |member: &str, name: &str| {
            let found = text(event, &format!("/requestParameters/{member}"))?;
            found.contains(name).then(|| name.to_owned())
        };
        let near = &movement.warehouse;
        let of_secret = || named("secretId", &near.secret).or_else(|| named("name", &near.secret));
        let of_data = || match &movement.store.place {
            Place::Bucket { bucket, .. } => named("bucketName", bucket),
            Place::Table(table) => named("tableName", table),
        };
        of_data()
            .map(|name| (7, name))
            .or_else(|| of_secret().map(|name| (3, name)))
            .or_else(|| named("clusterIdentifier", &near.cluster).map(|name| (5, name)))
    }

    /// Oldest first; within a second, which is all that CloudTrail tells, in the order of the path.
    /// Calls that differ in nothing are one line.
    fn lines(self) -> Vec<TrailLine> {
        let mut all: Vec<TrailLine> = self.found.into_values().collect();
        all.sort_by(|a, b| {
            (&a.at, a.hop, &a.action, &a.resource).cmp(&(&b.at, b.hop, &b.action, &b.resource))
        });
        let mut lines: Vec<TrailLine> = Vec::new();
        for line in all {
            match lines.last_mut() {
                Some(last) if last.is_like(&line) => last.times += 1,
                _ => lines.push(line),
            }
        }
        lines
    }
}

/// Whether the caller belongs to another account than the trail.
fn is_foreign(event: &Value) -> bool {
    text(event, "/userIdentity/type").as_deref() == Some("AWSAccount")
}

/// Who called, by name: a user, a role, a service; with the service that called in their name.
fn principal(event: &Value) -> String {
    let issuer = text(event, "/userIdentity/sessionContext/sessionIssuer/userName");
    let user = text(event, "/userIdentity/userName");
    let service = text(event, "/userIdentity/invokedBy");
    let arn = || text(event, "/userIdentity/arn").map(|arn| short(&arn));
    match (issuer.or(user).or_else(arn), service) {
        (Some(who), Some(service)) => format!("{who} by {service}"),
        (Some(who), None) => who,
        (None, Some(service)) => service,
        (None, None) => {
            let account = text(event, "/userIdentity/accountId").unwrap_or_default();
            format!("account {account}")
        }
    }
}

/// What a call was about, as its record names it.
fn resource(event: &Value) -> String {
    let parameters = ["secretId", "keyId", "bucketName", "roleName"];
    let named =
        || parameters.iter().find_map(|name| text(event, &format!("/requestParameters/{name}")));
    let arn = text(event, "/resources/0/ARN").map(|arn| short(&arn));
    arn.or_else(named).unwrap_or_default()
}

/// The part of an ARN after the account: `role/x` and `secret:x` without their first word.
fn short(arn: &str) -> String {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let kinds = ["role/", "user/", "secret:"];
    let name = kinds.iter().find_map(|kind| resource.strip_prefix(kind));
    name.unwrap_or(resource).to_owned()
}

fn text(event: &Value, pointer: &str) -> Option<String> {
    event.pointer(pointer)?.as_str().map(str::to_owned)
}
