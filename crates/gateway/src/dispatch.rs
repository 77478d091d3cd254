//! The path itself: decision, handler, and one transaction with the audit record.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use policy::{Document, Style};
use serde_json::Value;
use store::{AuditRecord, Store, TxMode};

use crate::activity::Use;
use crate::authorize::{DocumentCache, authorize};
use crate::cx::{Effect, Pending, Recorded, Scope};
use crate::identity::{IdentitySource, Membership, PrincipalPolicies};
use crate::operation::{Download, Handler, Operation, Service};
use crate::{Access, Activity, Cx, Fault, Origin, Principal, World, audit};

type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// The door to every service. Share it by [`Arc`].
pub struct Gateway {
    world: World,
    store: Store,
    services: BTreeMap<&'static str, Service>,
    identities: Box<dyn IdentitySource>,
    documents: DocumentCache,
    listeners: RwLock<HashMap<&'static str, Vec<Listener>>>,
    pub(crate) activity: Activity,
}

/// What an operation answers.
pub struct Output {
    /// The output, by the model's member names.
    pub value: Value,
    /// A body to stream behind it.
    pub body: Option<Download>,
}

impl Gateway {
    /// Builds the door over a world's state.
    pub fn new(
        world: World,
        store: Store,
        services: Vec<Service>,
        identities: Box<dyn IdentitySource>,
    ) -> Self {
        Self {
            world,
            store,
            services: services.into_iter().map(|s| (s.name, s)).collect(),
            identities,
            documents: DocumentCache::default(),
            listeners: RwLock::default(),
            activity: Activity::default(),
        }
    }

    /// Clock and randomness.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The services that are built.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    /// Calls `listener` with the subject of each [`Cx::notify_after_commit`] on `topic`.
    pub fn listen(&self, topic: &'static str, listener: impl Fn(&str) + Send + Sync + 'static) {
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.entry(topic).or_default().push(Box::new(listener));
    }

    /// One call by an authenticated principal: decision, handler, transaction, audit record.
    /// This is the door for callers inside this process; `serve` is the one for bytes.
    ///
    /// # Errors
    /// The service's fault.
    pub fn call(
        &self,
        principal: Principal,
        origin: Origin,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Output, Fault> {
        let (service, operation) = self.built(service, operation)?;
        if let Handler::Staged { .. } = operation.handler {
            return self.call_staged((principal, origin), service, operation, input);
        }
        let scope = Scope::new(self.store.begin(operation.mode())?);
        let mut cx = Cx { gateway: self, scope: &scope, principal, origin };
        let outcome = self.perform_streaming(&mut cx, service, operation, input);
        self.settle(scope, outcome)
    }

    /// A call whose long work must not keep other writers waiting; see [`crate::staged`].
    fn call_staged(
        &self,
        (principal, origin): (Principal, Origin),
        service: &Service,
        operation: &Operation,
        input: Value,
    ) -> Result<Output, Fault> {
        let Handler::Staged { prepare, commit } = &operation.handler else {
            return Err(Fault::internal("an operation without stages"));
        };
        let scope = Scope::new(self.store.begin(TxMode::Read)?);
        let (who, from) = (principal.clone(), origin.clone());
        let mut cx = Cx { gateway: self, scope: &scope, principal: who, origin: from };
        let mut access = Access::default();
        let plan = self
            .decide(&mut cx, service, operation, &input, &mut access)
            .and_then(|()| prepare(&cx, &input));
        if let Err(fault) = &plan {
            Self::record(&cx, service, operation, &input, Err(fault), &access);
        }
        let plan = self.settle(scope, plan)?;
        let scope = Scope::new(self.store.begin(TxMode::Write)?);
        let mut cx = Cx { gateway: self, scope: &scope, principal, origin };
        let outcome = commit(&mut cx, &input, plan);
        Self::record(&cx, service, operation, &input, outcome.as_ref(), &access);
        self.settle(scope, outcome.map(|value| Output { value, body: None }))
    }

    /// The principal behind access keys that came other than by a signature, such as in a COPY.
    ///
    /// # Errors
    /// S3's `InvalidAccessKeyId`, `SignatureDoesNotMatch` and `ExpiredToken`.
    pub fn sign_in(
        &self,
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
    ) -> Result<Principal, Fault> {
        crate::authenticate::sign_in(self, access_key_id, secret_access_key, session_token)
    }

    /// Changes state on the platform's own account, past every decision: for what is no request,
    /// such as creating the world's accounts, or the warehouse reporting that a cluster is up.
    /// Handlers cannot reach it.
    ///
    /// # Errors
    /// Whatever `work` answers, or a failure of the store; then nothing has changed.
    pub fn maintain<R>(
        &self,
        account: Option<names::AccountId>,
        origin: Origin,
        work: impl FnOnce(&mut Cx) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let scope = Scope::new(self.store.begin(TxMode::Write)?);
        let principal = match account {
            Some(account) => Principal::Root { account },
            None => Principal::Anonymous,
        };
        let mut cx = Cx { gateway: self, scope: &scope, principal, origin };
        let outcome = work(&mut cx);
        self.settle(scope, outcome)
    }

    /// Reads state on the platform's own account; see [`Gateway::maintain`].
    ///
    /// # Errors
    /// Whatever `work` answers.
    pub fn inspect<R>(
        &self,
        origin: Origin,
        work: impl FnOnce(&Cx) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let scope = Scope::new(self.store.begin(TxMode::Read)?);
        work(&Cx { gateway: self, scope: &scope, principal: Principal::Anonymous, origin })
    }

    /// Lets every service do what time alone brings about: deletions that fall due, lifecycle
    /// rules, deliveries. Call it now and then; one service's failure is logged and does not keep
    /// the others from their turn.
    ///
    /// # Errors
    /// The first failure.
    pub fn upkeep(self: &Arc<Self>, region: &names::Region) -> Result<(), Fault> {
        let mut outcome = Ok(());
        for (name, upkeep) in self.services.values().filter_map(|s| Some((s.name, s.upkeep?))) {
            let done = upkeep(self, &self.own_origin(region.clone()));
            if let Err(fault) = &done {
                tracing::warn!(service = name, %fault, "upkeep failed");
            }
            outcome = outcome.and(done);
        }
        outcome
    }

    /// The origin of something the platform does of itself.
    pub fn own_origin(&self, region: names::Region) -> Origin {
        Origin {
            request_id: self.world.uuid(),
            region,
            source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
            user_agent: "landbridge".to_owned(),
            access_key_id: None,
            secure_transport: true,
            called_via: Vec::new(),
            time: self.world.now(),
            extra_context: Vec::new(),
        }
    }

    /// The durable state, for the binary that owns the files.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Parses a stored policy document, once per text.
    ///
    /// # Errors
    /// An internal failure: what is stored was valid when it was stored.
    pub fn parse_document(&self, text: &str) -> Result<Arc<Document>, Fault> {
        self.documents.parse(text)
    }

    pub(crate) fn identities(&self) -> &dyn IdentitySource {
        self.identities.as_ref()
    }

    pub(crate) fn policies_of(
        &self,
        cx: &Cx,
        principal: &Principal,
    ) -> Result<PrincipalPolicies, Fault> {
        let parse = |text: &str| self.parse_document(text);
        self.identities.policies(&cx.scope.tx, &parse, principal)
    }

    pub(crate) fn membership(
        &self,
        cx: &Cx,
        account: &names::AccountId,
    ) -> Result<Option<Membership>, Fault> {
        let parse = |text: &str| self.parse_document(text);
        self.identities.membership(&cx.scope.tx, &parse, account)
    }

    /// The table line of an operation.
    pub(crate) fn built(
        &self,
        service: &str,
        operation: &str,
    ) -> Result<(&Service, &Operation), Fault> {
        let found = self.services.get(service).and_then(|service| {
            service.operations.get(operation).map(|operation| (service, operation))
        });
        found.ok_or_else(|| not_implemented(service, operation))
    }

    /// [`Gateway::perform_streaming`] for callers that cannot take a body.
    pub(crate) fn perform(
        &self,
        cx: &mut Cx,
        service: &Service,
        operation: &Operation,
        input: Value,
    ) -> Result<Value, Fault> {
        Ok(self.perform_streaming(cx, service, operation, input)?.value)
    }

    /// Decision and handler inside the caller's transaction; leaves exactly one audit record.
    pub(crate) fn perform_streaming(
        &self,
        cx: &mut Cx,
        service: &Service,
        operation: &Operation,
        input: Value,
    ) -> Result<Output, Fault> {
        let mut access = Access::default();
        let outcome = self.decide(cx, service, operation, &input, &mut access).and_then(|()| {
            let plain = |value| Output { value, body: None };
            match &operation.handler {
                Handler::Read(run) => run(cx, &input).map(plain),
                Handler::Write(run) => run(cx, &input).map(plain),
                Handler::Download(run) => {
                    run(cx, &input).map(|(value, body)| Output { value, body })
                }
                Handler::Staged { prepare, commit } => {
                    let plan = prepare(cx, &input)?;
                    commit(cx, &input, plan).map(plain)
                }
                Handler::Upload { .. } => Err(Fault::internal("an upload without its body")),
            }
        });
        let value = outcome.as_ref().map(|output| &output.value);
        Self::record(cx, service, operation, &input, value, &access);
        outcome
    }

    /// Asks the operation what it needs, and the policies whether it is allowed.
    pub(crate) fn decide(
        &self,
        cx: &mut Cx,
        service: &Service,
        operation: &Operation,
        input: &Value,
        needed: &mut Access,
    ) -> Result<(), Fault> {
        if let Some(gate) = service.gate {
            gate(cx, operation.name)?;
        }
        *needed = (operation.access)(cx, input)?;
        if let Some(identity) = needed.identity.take() {
            // INVARIANT (identity): whoever signed stays who they are.
            if cx.principal != Principal::Anonymous {
                return Err(Fault::internal("a signed caller takes another identity"));
            }
            cx.principal = Principal::Web(identity);
        }
        let style = if service.name == "s3" { Style::S3Quoted } else { Style::Generic };
        authorize(cx, service.name, style, needed)?;
        let asked = |member: &&&str| input.get(**member).is_some_and(asks_for_something);
        let refused = operation.refused.iter().find(asked);
        refused.map_or(Ok(()), |member| {
            let text = format!("{member} of {} is not implemented.", operation.name);
            Err(Fault::new("NotImplemented", text).status(501))
        })
    }

    /// Leaves the audit record of a call with what is committed at the end.
    pub(crate) fn record(
        cx: &Cx,
        service: &Service,
        operation: &Operation,
        input: &Value,
        outcome: Result<&Value, &Fault>,
        access: &Access,
    ) {
        let owners: Vec<_> = access.checks.iter().filter_map(|c| c.owner.clone()).collect();
        let finished = audit::Finished {
            service,
            operation,
            input,
            outcome,
            resources: &access.resources,
            owners: &owners,
        };
        let changes = outcome.is_ok() && operation.mode() == TxMode::Write;
        let record = audit::record(cx, &finished);
        let used = Some(Use::of_call(cx, service.name, operation.name));
        cx.scope.pending.borrow_mut().events.push(Recorded { record, used, changes });
    }

    /// Ends a transaction: commits with its records after success; after a fault drops the
    /// change, with the records of what succeeded in it, and keeps those of attempts and reads.
    pub(crate) fn settle<R>(&self, scope: Scope, outcome: Result<R, Fault>) -> Result<R, Fault> {
        let Scope { tx, pending } = scope;
        let Pending { events, effects } = pending.into_inner();
        match outcome {
            Ok(result) => {
                let (records, uses) = parted(events);
                self.store.commit(tx, &records)?;
                self.activity.note(uses);
                self.take_effect(effects);
                Ok(result)
            }
            Err(fault) => {
                drop(tx);
                self.log_only(events)?;
                Err(fault)
            }
        }
    }

    /// Writes the records that are true although nothing is committed.
    pub(crate) fn log_only(&self, events: Vec<Recorded>) -> Result<(), Fault> {
        let (records, uses) = parted(events.into_iter().filter(|event| !event.changes));
        self.store.append_audit(&records)?;
        self.activity.note(uses);
        Ok(())
    }

    fn take_effect(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::DeleteBlob(id) => {
                    if let Err(error) = self.store.blobs().delete(&id) {
                        // The sweep at the next start takes it.
                        tracing::warn!(%error, "a blob stays behind");
                    }
                }
                Effect::Notify { topic, subject } => {
                    let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
                    for listener in listeners.get(topic).into_iter().flatten() {
                        listener(&subject);
                    }
                }
            }
        }
    }
}

fn parted(events: impl IntoIterator<Item = Recorded>) -> (Vec<AuditRecord>, Vec<Use>) {
    let (records, uses): (_, Vec<_>) =
        events.into_iter().map(|event| (event.record, event.used)).unzip();
    (records, uses.into_iter().flatten().collect())
}

/// Whether a member asks for anything: `false`, nothing and empty values are what absence means.
fn asks_for_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => true,
    }
}

/// The answer for everything that is in an interface model and not built.
pub(crate) fn not_implemented(service: &str, operation: &str) -> Fault {
    wire::WireFault::not_implemented(service, operation).into()
}
