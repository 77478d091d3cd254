//! Bodies on their way in: authorised first, then staged in a sealed blob, then made visible,
//! alone or several together, in one transaction.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

use serde_json::Value;
use store::{BlobId, BlobWriter, DataKey, TxMode};

use crate::cx::Scope;
use crate::digest::{Checksum, Digested, Digesting, Digests};
use crate::dispatch::Gateway;
use crate::operation::{AnyPlan, Handler};
use crate::{Access, Cx, Fault, Origin, Principal};

/// What an upload's `begin` answers.
pub struct UploadPlan<P> {
    /// The key under which the body is sealed.
    pub key: DataKey,
    /// Digests that `finish` wants.
    pub digests: Digests,
    /// Whatever `finish` needs to remember of the beginning.
    pub detail: P,
}

/// A body that lies whole in a blob that nothing refers to yet.
pub struct Staged {
    /// The blob.
    pub blob: BlobId,
    /// Its plain bytes.
    pub bytes: u64,
    /// MD5, when asked for.
    pub md5: Option<[u8; 16]>,
    /// The checksum asked for, base64.
    pub checksum: Option<(Checksum, String)>,
}

/// An authorised upload that takes its body by [`Write`]. Dropped, nothing of it stays.
pub struct Upload {
    call: UploadCall,
    plan: AnyPlan,
    writer: BlobWriter,
    digesting: Digesting,
}

/// A whole body, ready for [`Gateway::commit_uploads`]. Dropped, its blob goes.
pub struct StagedUpload {
    call: UploadCall,
    plan: AnyPlan,
    blob: BlobGuard,
    pub(crate) digested: Digested,
}

struct UploadCall {
    principal: Principal,
    origin: Origin,
    service: &'static str,
    operation: &'static str,
    input: Value,
    access: Access,
}

/// Deletes a blob that never became part of the state.
struct BlobGuard {
    gateway: Arc<Gateway>,
    blob: Option<BlobId>,
}

impl Drop for BlobGuard {
    fn drop(&mut self) {
        if let Some(blob) = self.blob.take()
            && let Err(error) = self.gateway.store().blobs().delete(&blob)
        {
            tracing::warn!(%error, "a staged blob stays until the next start");
        }
    }
}

impl Upload {
    /// Takes the whole body from `fill` and stages it if `verify` accepts what it came to. A body
    /// that either refuses leaves its audit record and nothing else.
    pub(crate) fn receive<T>(
        mut self,
        gateway: &Arc<Gateway>,
        fill: impl FnOnce(&mut Self) -> Result<T, Fault>,
        verify: impl FnOnce(&T, &Digested) -> Result<(), Fault>,
    ) -> Result<StagedUpload, Fault> {
        let read = match fill(&mut self) {
            Ok(read) => read,
            Err(fault) => return Err(refused(&self.call, gateway, fault)),
        };
        let staged = self.stage(gateway)?;
        match verify(&read, &staged.digested) {
            Ok(()) => Ok(staged),
            Err(fault) => Err(refused(&staged.call, gateway, fault)),
        }
    }

    /// Ends the body.
    ///
    /// # Errors
    /// When the body cannot be written, for example on a full disk.
    pub fn stage(self, gateway: &Arc<Gateway>) -> Result<StagedUpload, Fault> {
        let Self { call, plan, writer, digesting } = self;
        let (blob, _) = writer.finish().map_err(storage_fault)?;
        let blob = BlobGuard { gateway: Arc::clone(gateway), blob: Some(blob) };
        Ok(StagedUpload { call, plan, blob, digested: digesting.finish() })
    }
}

impl StagedUpload {
    /// Plain bytes of the body.
    pub fn bytes(&self) -> u64 {
        self.digested.bytes
    }
}

impl UploadCall {
    /// Leaves the audit record of an upload that was allowed and whose body is refused.
    fn record_refused(&self, gateway: &Gateway, fault: &Fault) -> Result<(), Fault> {
        let (service, line) = gateway.built(self.service, self.operation)?;
        let scope = Scope::new(gateway.store().begin(TxMode::Read)?);
        let (principal, origin) = (self.principal.clone(), self.origin.clone());
        let cx = Cx { gateway, scope: &scope, principal, origin };
        Gateway::record(&cx, service, line, &self.input, Err(fault), &self.access);
        gateway.log_only(scope.pending.into_inner().events)
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.digesting.update(bytes.split_at(written).0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The fault of a refused body once it is recorded, or that it could not be.
fn refused(call: &UploadCall, gateway: &Gateway, fault: Fault) -> Fault {
    call.record_refused(gateway, &fault).err().unwrap_or(fault)
}

/// A body that cannot be stored is our trouble, not the client's.
pub(crate) fn storage_fault(error: io::Error) -> Fault {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    if full.contains(&error.kind()) {
        return Fault::of_the_disk(error);
    }
    Fault::internal(error)
}

impl Gateway {
    /// Decides on an upload before its first byte. A refusal is audited here; an upload that is
    /// allowed is audited when it is committed. `digests` are wanted beside the operation's own.
    ///
    /// # Errors
    /// The service's fault.
    pub fn begin_upload(
        &self,
        principal: Principal,
        origin: Origin,
        service: &'static str,
        operation: &'static str,
        input: Value,
        digests: &Digests,
    ) -> Result<Upload, Fault> {
        let (service_table, line) = self.built(service, operation)?;
        let Handler::Upload { begin, .. } = &line.handler else {
            return Err(Fault::internal("an operation without a body"));
        };
        let scope = Scope::new(self.store().begin(TxMode::Read)?);
        let mut cx = Cx {
            gateway: self,
            scope: &scope,
            principal: principal.clone(),
            origin: origin.clone(),
        };
        let mut access = Access::default();
        let plan = self
            .decide(&mut cx, service_table, line, &input, &mut access)
            .and_then(|()| begin(&cx, &input));
        if let Err(fault) = &plan {
            Self::record(&cx, service_table, line, &input, Err(fault), &access);
        }
        let plan = self.settle(scope, plan)?;
        let writer = self.store().blobs().create(&plan.key)?;
        let digesting = Digesting::new(&plan.digests.or(digests));
        let call = UploadCall { principal, origin, service, operation, input, access };
        Ok(Upload { call, plan: plan.detail, writer, digesting })
    }

    /// Makes staged bodies visible together or not at all, after `before` has run as `principal`
    /// in the same transaction. Answers the outputs in order.
    ///
    /// # Errors
    /// The first fault; then nothing of it is visible, and the blobs go.
    pub fn commit_uploads(
        &self,
        principal: Principal,
        origin: Origin,
        staged: Vec<StagedUpload>,
        before: impl FnOnce(&mut Cx) -> Result<(), Fault>,
    ) -> Result<Vec<Value>, Fault> {
        let scope = Scope::new(self.store().begin(TxMode::Write)?);
        let mut guards = Vec::with_capacity(staged.len());
        let outcome =
            before(&mut Cx { gateway: self, scope: &scope, principal, origin }).and_then(|()| {
                staged.into_iter().map(|one| self.finish_one(&scope, one, &mut guards)).collect()
            });
        let outcome = self.settle(scope, outcome);
        if outcome.is_ok() {
            guards.iter_mut().for_each(|guard| drop(guard.blob.take()));
        }
        outcome
    }

    fn finish_one(
        &self,
        scope: &Scope,
        staged: StagedUpload,
        guards: &mut Vec<BlobGuard>,
    ) -> Result<Value, Fault> {
        let StagedUpload { call, plan, blob, digested } = staged;
        let (service, line) = self.built(call.service, call.operation)?;
        let id = blob.blob.clone();
        guards.push(blob);
        let (Handler::Upload { finish, .. }, Some(id)) = (&line.handler, id) else {
            return Err(Fault::internal("an operation without a body"));
        };
        let UploadCall { principal, origin, input, access, .. } = call;
        let mut cx = Cx { gateway: self, scope, principal, origin };
        let Digested { md5, checksum, bytes, .. } = digested;
        let whole = Staged { blob: id, bytes, md5, checksum };
        let outcome = finish(&mut cx, &input, plan, whole);
        Self::record(&cx, service, line, &input, outcome.as_ref(), &access);
        outcome
    }
}
