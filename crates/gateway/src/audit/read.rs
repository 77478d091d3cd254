//! Reading the log back: an account's events, found by what they carry.

use chrono::{DateTime, Utc};
use names::AccountId;
use serde_json::Value;
use store::{AuditFilter, AuditPosition, AuditRecord, Store, mark};

use super::view;
use crate::Fault;

/// One event as an account's trail shows it.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// When the call came, in milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// The CloudTrail record.
    pub record: Value,
}

/// Something that events are found by.
#[derive(Debug, Clone, Copy)]
pub enum Term<'a> {
    /// It is a management event.
    Management,
    /// `eventID`.
    EventId(&'a str),
    /// `eventName`.
    EventName(&'a str),
    /// `eventSource`.
    EventSource(&'a str),
    /// `readOnly`, `true` or `false`.
    ReadOnly(&'a str),
    /// [`LoggedEvent::user_name`].
    UserName(&'a str),
    /// The access key that signed.
    AccessKeyId(&'a str),
    /// The type of a resource, such as `AWS::S3::Bucket`.
    ResourceType(&'a str),
    /// The ARN of a resource, or what stands behind its last colon or slash.
    ResourceName(&'a str),
}

impl Term<'_> {
    fn key(self) -> String {
        let (kind, value) = match self {
            Self::Management => ('m', ""),
            Self::EventId(value) => ('i', value),
            Self::EventName(value) => ('n', value),
            Self::EventSource(value) => ('s', value),
            Self::ReadOnly(value) => ('r', value),
            Self::UserName(value) => ('u', value),
            Self::AccessKeyId(value) => ('k', value),
            Self::ResourceType(value) => ('t', value),
            Self::ResourceName(value) => ('a', value),
        };
        format!("{kind}={value}")
    }
}

/// Which events to answer, see [`crate::Cx::find_events`].
#[derive(Debug, Clone)]
pub struct EventFilter {
    account: AccountId,
    terms: Vec<String>,
    filter: AuditFilter,
}

impl EventFilter {
    /// Every event in the trail of `account`.
    pub fn of(account: &AccountId) -> Self {
        let filter = AuditFilter { account: Some(account.number()), ..AuditFilter::default() };
        Self { account: account.clone(), terms: Vec::new(), filter }
    }

    /// Only events that have this term as well.
    #[must_use]
    pub fn with(mut self, term: Term) -> Self {
        let key = term.key();
        self.filter.marks |= mark(&key);
        self.terms.push(key);
        self
    }

    /// Only events from `from` to `until`, both included.
    #[must_use]
    pub fn between(mut self, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Self {
        self.filter.from_ms = from.map(|time| time.timestamp_millis());
        self.filter.until_ms = until.map(|time| time.timestamp_millis());
        self
    }
}

impl LoggedEvent {
    fn of(record: &AuditRecord, account: &AccountId) -> Result<Self, Fault> {
        let parsed: Value = serde_json::from_slice(&record.payload).map_err(Fault::internal)?;
        let owner = record.header.accounts[0] != account.number();
        let event = if owner { view::owners(&parsed, account) } else { parsed };
        Ok(Self { time_ms: record.header.time_ms, record: event })
    }

    /// The user's name, a session's name, or `root`; none for callers of other accounts.
    pub fn user_name(&self) -> Option<&str> {
        user_name(&self.record)
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

fn user_name(event: &Value) -> Option<&str> {
    let identity = event.get("userIdentity")?;
    match text(identity, "type")? {
        "Root" => Some("root"),
        "IAMUser" => text(identity, "userName"),
        _ => text(identity, "arn")?.rsplit('/').next(),
    }
}

/// Everything that an event is found by.
pub(super) fn terms_of(event: &Value) -> impl Iterator<Item = String> {
    let management = event.get("managementEvent") == Some(&Value::Bool(true));
    let read_only = event.get("readOnly").and_then(Value::as_bool);
    let identity = event.get("userIdentity").unwrap_or(&Value::Null);
    let single = [
        management.then_some(Term::Management),
        text(event, "eventID").map(Term::EventId),
        text(event, "eventName").map(Term::EventName),
        text(event, "eventSource").map(Term::EventSource),
        read_only.map(|read_only| Term::ReadOnly(if read_only { "true" } else { "false" })),
        user_name(event).map(Term::UserName),
        text(identity, "accessKeyId").map(Term::AccessKeyId),
    ];
    let resources = event.get("resources").and_then(Value::as_array).into_iter().flatten();
    let resources = resources.flat_map(|resource| {
        let arn = text(resource, "ARN");
        let name = arn.and_then(|arn| arn.rsplit([':', '/']).next());
        [
            arn.map(Term::ResourceName),
            name.map(Term::ResourceName),
            text(resource, "type").map(Term::ResourceType),
        ]
    });
    single.into_iter().chain(resources).flatten().map(Term::key)
}

/// Newest first, the events that `wanted` asks for.
pub(crate) fn search(
    store: &Store,
    wanted: EventFilter,
) -> Result<impl Iterator<Item = Result<LoggedEvent, Fault>> + use<>, Fault> {
    let EventFilter { account, terms, filter } = wanted;
    let has_all = move |event: &LoggedEvent| {
        // Marks can only tell what an event lacks.
        let has = |term: &String| terms_of(&event.record).any(|found| found == *term);
        terms.iter().all(has)
    };
    Ok(store.find_audit(filter)?.filter_map(move |record| {
        let event = record.map_err(Fault::from).and_then(|r| LoggedEvent::of(&r, &account));
        event.map(|event| has_all(&event).then_some(event)).transpose()
    }))
}

/// Oldest first, what came behind `from`: the place behind each record, and the event if the
/// trail of `account` shows it.
pub(crate) fn walk(
    store: &Store,
    account: &AccountId,
    from: AuditPosition,
) -> impl Iterator<Item = Result<(Option<LoggedEvent>, AuditPosition), Fault>> + use<> {
    let account = account.clone();
    store.walk_audit(from).map(move |walked| {
        let (record, place) = walked?;
        let shown = record.header.accounts.contains(&account.number());
        let event = shown.then(|| LoggedEvent::of(&record, &account)).transpose()?;
        Ok((event, place))
    })
}
