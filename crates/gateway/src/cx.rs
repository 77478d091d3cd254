//! What a handler works with: its tables, its caller, its world.

use std::cell::RefCell;
use std::ops::Bound;

use chrono::{DateTime, Utc};
use names::{AccountId, Arn, Region};
use serde_json::Value;
use store::{AuditPosition, AuditRecord, BlobId, Record, Seal, Store, Table, Tx, TxMode};

use crate::dispatch::Gateway;
use crate::{Fault, Principal, World};

/// The view of one call on the world. Made by the gateway only, after the decision (access
/// functions get one before it, to read what the decision needs).
pub struct Cx<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) scope: &'a Scope,
    pub(crate) principal: Principal,
    pub(crate) origin: Origin,
}

/// What a call and the calls inside it share: one transaction, and what happens at its end.
pub(crate) struct Scope {
    pub(crate) tx: Tx,
    pub(crate) pending: RefCell<Pending>,
}

#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) events: Vec<Recorded>,
    pub(crate) effects: Vec<Effect>,
}

/// How far a transaction had come; see [`Pending::take_back`].
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    events: usize,
    effects: usize,
}

impl Pending {
    pub(crate) fn mark(&self) -> Mark {
        Mark { events: self.events.len(), effects: self.effects.len() }
    }

    /// Forgets, of what came since, the effects and the records of changes; those of attempts and
    /// reads stay.
    pub(crate) fn take_back(&mut self, since: Mark) {
        self.effects.truncate(since.effects);
        let later = self.events.split_off(since.events.min(self.events.len()));
        self.events.extend(later.into_iter().filter(|event| !event.changes));
    }
}

/// An audit record that waits for the end of its transaction.
pub(crate) struct Recorded {
    pub(crate) record: AuditRecord,
    /// What it tells of its caller's activity.
    pub(crate) used: Option<crate::activity::Use>,
    /// The call succeeded and changed something: the record is true only if that is committed.
    pub(crate) changes: bool,
}

/// Something that is done once the change is durable.
pub(crate) enum Effect {
    DeleteBlob(BlobId),
    Notify { topic: &'static str, subject: String },
}

impl Scope {
    pub(crate) fn new(tx: Tx) -> Self {
        Self { tx, pending: RefCell::default() }
    }
}

/// Where a call comes from, beside who makes it.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The id that the answer carries.
    pub request_id: String,
    /// The Region the call is addressed to.
    pub region: Region,
    /// Address of the client.
    pub source_ip: std::net::IpAddr,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// The access key that signed, for the audit record.
    pub access_key_id: Option<String>,
    /// What `aws:SecureTransport` says.
    pub secure_transport: bool,
    /// Services that the caller's credentials came through, first to last, such as `s3`.
    pub called_via: Vec<&'static str>,
    /// When the call came.
    pub time: DateTime<Utc>,
    /// Condition keys that a service adds for the service it calls.
    pub extra_context: Vec<(String, Vec<String>)>,
}

/// A call from one service to another.
pub struct Invocation {
    /// The model's name, such as `kms`.
    pub service: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// Its input.
    pub input: Value,
    /// Who calls; the caller of the outer operation when absent.
    pub principal: Option<Principal>,
    /// The service that forwards its caller's credentials, such as `secretsmanager`.
    pub via: Option<&'static str>,
    /// Condition keys to add.
    pub context: Vec<(String, Vec<String>)>,
    /// The Region that is called; that of the outer call when absent.
    pub region: Option<Region>,
}

impl Invocation {
    /// A call by the caller of the outer operation, not through it.
    pub fn direct(service: &'static str, operation: &'static str, input: Value) -> Self {
        Self {
            service,
            operation,
            input,
            principal: None,
            via: None,
            context: Vec::new(),
            region: None,
        }
    }

    /// A call with the caller's own credentials, forwarded by the service `via`.
    pub fn forwarded(
        via: &'static str,
        service: &'static str,
        operation: &'static str,
        input: Value,
    ) -> Self {
        Self { via: Some(via), ..Self::direct(service, operation, input) }
    }
}

/// What counts for a principal in every decision about it.
pub struct Standing {
    /// What hangs on it.
    pub policies: crate::PrincipalPolicies,
    /// Its account's place in an organization.
    pub member: Option<crate::Membership>,
    /// The condition keys that follow from who it is.
    pub context: policy::Context,
}

impl Cx<'_> {
    /// The caller.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The caller's account; anonymous callers have none, and most services never see them.
    ///
    /// # Errors
    /// `AccessDenied` for an anonymous caller.
    pub fn account(&self) -> Result<&AccountId, Fault> {
        let denied = || Fault::new("AccessDenied", "Access Denied").status(403);
        self.principal.account().ok_or_else(denied)
    }

    /// The Region of the call.
    pub fn region(&self) -> &Region {
        &self.origin.region
    }

    /// Where the call comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The time of the call: one for everything it does.
    pub fn now(&self) -> DateTime<Utc> {
        self.origin.time
    }

    /// Randomness.
    pub fn world(&self) -> &World {
        self.gateway.world()
    }

    /// Sealing of small secrets.
    pub fn seal(&self) -> &Seal {
        self.store().seal()
    }

    /// Object bodies.
    pub fn blobs(&self) -> &store::Blobs {
        self.store().blobs()
    }

    /// An ARN of `service` in the caller's account and Region.
    ///
    /// # Errors
    /// As [`Cx::account`].
    pub fn arn(&self, service: &str, resource: impl Into<String>) -> Result<Arn, Fault> {
        Ok(Arn::new(service, Some(self.region()), Some(self.account()?), resource))
    }

    /// Whether the policies would allow the caller this. It decides nothing about the call itself:
    /// that is done before the handler runs.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn allows(&self, check: &crate::Check) -> Result<bool, Fault> {
        crate::authorize::allows(self, check)
    }

    /// A stored policy of a resource as people see it; see [`crate::IdentitySource::shown`].
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn shown(&self, document: &str) -> Result<String, Fault> {
        self.gateway.identities().shown(&self.scope.tx, document)
    }

    /// The record under `key`.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn get<R: Record>(&self, table: &Table<R>, key: &str) -> Result<Option<R>, Fault> {
        Ok(self.scope.tx.get(table, key)?)
    }

    /// Records in key order; see [`Tx::scan`].
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn scan<R: Record>(
        &self,
        table: &Table<R>,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, R)>, Fault> {
        Ok(self.scope.tx.scan(table, prefix, after, limit)?)
    }

    /// Shows `visit` the records between two keys until it answers `false`; see [`Tx::walk`].
    ///
    /// # Errors
    /// Those of `visit`, or when the state cannot be read.
    pub fn walk<R: Record>(
        &self,
        table: &Table<R>,
        between: (Bound<&str>, Bound<&str>),
        backwards: bool,
        visit: impl FnMut(&str, R) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        self.scope.tx.walk(table, between, backwards, visit)
    }

    /// Writes a record.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn put<R: Record>(&mut self, table: &Table<R>, key: &str, record: &R) -> Result<(), Fault> {
        Ok(self.scope.tx.put(table, key, record)?)
    }

    /// Removes a record; answers whether there was one.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn delete<R: Record>(&mut self, table: &Table<R>, key: &str) -> Result<bool, Fault> {
        Ok(self.scope.tx.delete(table, key)?)
    }

    /// Removes a blob once the change is durable.
    pub fn delete_blob_after_commit(&mut self, id: BlobId) {
        if !id.is_file() {
            // It goes with the record that holds it.
            return;
        }
        self.scope.pending.borrow_mut().effects.push(Effect::DeleteBlob(id));
    }

    /// Tells the listeners of `topic` once the change is durable; see [`Gateway::listen`].
    pub fn notify_after_commit(&mut self, topic: &'static str, subject: impl Into<String>) {
        let effect = Effect::Notify { topic, subject: subject.into() };
        self.scope.pending.borrow_mut().effects.push(effect);
    }

    /// Newest first, every audited event that `account`'s trail shows; see [`crate::LoggedEvent`].
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn audit_events(
        &self,
        account: &AccountId,
    ) -> Result<impl Iterator<Item = Result<crate::LoggedEvent, Fault>> + use<>, Fault> {
        self.find_events(crate::EventFilter::of(account))
    }

    /// Newest first, the audited events that a filter asks for.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn find_events(
        &self,
        wanted: crate::EventFilter,
    ) -> Result<impl Iterator<Item = Result<crate::LoggedEvent, Fault>> + use<>, Fault> {
        crate::audit::search(self.store(), wanted)
    }

    /// Oldest first, what was audited behind `from`: each record's end, and the event where the
    /// trail of `account` shows it.
    pub fn events_after(
        &self,
        account: &AccountId,
        from: AuditPosition,
    ) -> impl Iterator<Item = Result<(Option<crate::LoggedEvent>, AuditPosition), Fault>> + use<>
    {
        crate::audit::walk(self.store(), account, from)
    }

    /// Where the audit log ends now.
    pub fn end_of_events(&self) -> AuditPosition {
        self.store().audit_end()
    }

    /// Leaves the record of something that a service does of itself, with what is committed.
    pub fn record_service_event(&mut self, event: &crate::ServiceEvent) {
        let record = crate::audit::service_record(self, event);
        self.scope.pending.borrow_mut().events.push(Recorded { record, used: None, changes: true });
    }

    /// What would count for `principal` in a decision, whoever it is: for simulations.
    ///
    /// # Errors
    /// As [`crate::IdentitySource::policies`].
    pub fn standing_of(&self, principal: &Principal) -> Result<Standing, Fault> {
        let policies = self.gateway.policies_of(self, principal)?;
        let member = match principal.account() {
            Some(account) => self.gateway.membership(self, account)?,
            None => None,
        };
        let context = crate::context::of_principal(principal, member.as_ref());
        Ok(Standing { policies, member, context })
    }

    /// When keys and identities were last used.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn activity(&self) -> Result<&crate::Activity, Fault> {
        self.gateway.activity.ready(self.store())
    }

    /// Calls another service on the same path: decision, transaction and audit record as for a
    /// call from outside.
    ///
    /// A call that fails leaves nothing behind but the record of the attempt, so that its caller
    /// may go on.
    ///
    /// # Errors
    /// The other service's fault, to be passed on or turned into this service's own.
    pub fn invoke(&self, invocation: Invocation) -> Result<Value, Fault> {
        let (service, operation) = self.gateway.built(invocation.service, invocation.operation)?;
        if operation.mode() == TxMode::Write && matches!(self.scope.tx, Tx::Read(_)) {
            return Err(Fault::internal("a reading operation calls one that writes"));
        }
        let (mut inner, input) = self.inner(invocation);
        let mark = self.scope.pending.borrow().mark();
        let outcome =
            self.scope.tx.nested(|| self.gateway.perform(&mut inner, service, operation, input));
        if outcome.is_err() {
            // INVARIANT (whole calls): the caller may go on after the fault, so nothing of the
            // call may stay behind but the record of the attempt.
            self.scope.pending.borrow_mut().take_back(mark);
        }
        outcome
    }

    /// Whether a call would be let in: its decision alone, without handler or audit record. For
    /// services that promise to call later, such as to deliver to a bucket.
    ///
    /// # Errors
    /// The refusal.
    pub fn permits(&self, invocation: Invocation) -> Result<(), Fault> {
        let (service, operation) = self.gateway.built(invocation.service, invocation.operation)?;
        let (mut inner, input) = self.inner(invocation);
        self.gateway.decide(&mut inner, service, operation, &input, &mut crate::Access::default())
    }

    /// The view and the input of a call inside this one.
    fn inner(&self, invocation: Invocation) -> (Cx<'_>, Value) {
        let Invocation { input, principal, via, context, region, .. } = invocation;
        let mut origin = self.origin.clone();
        origin.called_via.extend(via);
        origin.extra_context = context;
        origin.region = region.unwrap_or(origin.region);
        let principal = principal.unwrap_or_else(|| self.principal.clone());
        (Cx { gateway: self.gateway, scope: self.scope, principal, origin }, input)
    }

    pub(crate) fn store(&self) -> &Store {
        self.gateway.store()
    }
}
