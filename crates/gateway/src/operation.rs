//! A service as a table of operations.
//!
//! Adding an operation is one function (with its access function) and one line in a table:
//!
//! ```ignore
//! pub fn service() -> Service {
//!     Service::new("secretsmanager", vec![
//!         read("GetSecretValue", value::get_access, value::get),
//!         write("CreateSecret", secret::create_access, secret::create),
//!     ])
//! }
//! ```

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::{BlobReader, TxMode};

use crate::{Access, CrossOriginRules, Cx, Fault, Gateway, Origin, Staged, UploadPlan};

/// The operations of one service that are built. The interface model knows the rest of them.
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) operations: BTreeMap<&'static str, Operation>,
    pub(crate) upkeep: Option<Upkeep>,
    pub(crate) gate: Option<Gate>,
    pub(crate) cross_origin: Option<CrossOriginRules>,
}

/// What a service asks of every caller before an operation (by its name) looks at the input.
pub type Gate = fn(&Cx, &str) -> Result<(), Fault>;

/// What time alone brings about in a service; see [`Gateway::upkeep`].
pub type Upkeep = fn(&Arc<Gateway>, &Origin) -> Result<(), Fault>;

impl Service {
    /// A service by its model's name, such as `secretsmanager`.
    pub fn new(name: &'static str, operations: Vec<Operation>) -> Self {
        let operations = operations.into_iter().map(|o| (o.name, o)).collect();
        Self { name, operations, upkeep: None, gate: None, cross_origin: None }
    }

    /// Adds what is done as time passes, such as deletions that fall due. It runs about once a
    /// second, so it must find out cheaply that nothing is due.
    #[must_use]
    pub fn with_upkeep(mut self, upkeep: Upkeep) -> Self {
        self.upkeep = Some(upkeep);
        self
    }

    /// Adds a rule on callers that no policy changes, such as which sessions may not come at all.
    #[must_use]
    pub fn with_gate(mut self, gate: Gate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Adds what browsers are told about requests from other origins.
    #[must_use]
    pub fn with_cross_origin(mut self, rules: CrossOriginRules) -> Self {
        self.cross_origin = Some(rules);
        self
    }

    /// The model's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the handler of an operation takes an input of this form; for tests that compare
    /// handlers with interface models.
    ///
    /// # Errors
    /// What does not fit.
    pub fn takes(&self, operation: &str, input: Value) -> Result<(), String> {
        self.operations.get(operation).map_or(Ok(()), |operation| (operation.takes)(input))
    }

    /// Whether a member of an operation's input is declared [ignored](Operation::ignoring) or
    /// [refused](Operation::refusing).
    pub fn declares(&self, operation: &str, member: &str) -> bool {
        let declared = |o: &Operation| o.ignored.contains(&member) || o.refused.contains(&member);
        self.operations.get(operation).is_some_and(declared)
    }

    /// Names of the operations that are built, in order.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> {
        self.operations.keys().copied()
    }
}

type AccessFn = Box<dyn Fn(&Cx, &Value) -> Result<Access, Fault> + Send + Sync>;
type ReadFn = Box<dyn Fn(&Cx, &Value) -> Result<Value, Fault> + Send + Sync>;
type WriteFn = Box<dyn Fn(&mut Cx, &Value) -> Result<Value, Fault> + Send + Sync>;
type DownloadFn = Box<dyn Fn(&Cx, &Value) -> Streamed<Value> + Send + Sync>;
type BeginFn = Box<dyn Fn(&Cx, &Value) -> Result<UploadPlan<AnyPlan>, Fault> + Send + Sync>;
type PrepareFn = Box<dyn Fn(&Cx, &Value) -> Result<AnyPlan, Fault> + Send + Sync>;
type CommitFn = Box<dyn Fn(&mut Cx, &Value, AnyPlan) -> Result<Value, Fault> + Send + Sync>;
type FinishFn = Box<dyn Fn(&mut Cx, &Value, AnyPlan, Staged) -> Result<Value, Fault> + Send + Sync>;
pub(crate) type AnyPlan = Box<dyn Any + Send>;

/// One operation: name, access and handler together, so that none can be had without the others.
pub struct Operation {
    pub(crate) name: &'static str,
    pub(crate) access: AccessFn,
    pub(crate) handler: Handler,
    takes: fn(Value) -> Result<(), String>,
    ignored: &'static [&'static str],
    pub(crate) refused: &'static [&'static str],
    pub(crate) brief: bool,
}

pub(crate) enum Handler {
    Read(ReadFn),
    Write(WriteFn),
    Download(DownloadFn),
    Upload { begin: BeginFn, finish: FinishFn },
    Staged { prepare: PrepareFn, commit: CommitFn },
}

impl Operation {
    /// Members of the input that the handler need not read, because here they change nothing:
    /// who pays for the request, say.
    #[must_use]
    pub fn ignoring(mut self, members: &'static [&'static str]) -> Self {
        self.ignored = members;
        self
    }

    /// Members of the input that mean something this platform does not build. A call with one of
    /// them is answered "not implemented", never carried out without it.
    #[must_use]
    pub fn refusing(mut self, members: &'static [&'static str]) -> Self {
        self.refused = members;
        self
    }

    /// Says of a reading operation that it takes a fraction of a millisecond and waits for nobody:
    /// it answers from few records, without scanning, long arithmetic or another program. See
    /// [`Gateway::is_brief`].
    #[must_use]
    pub fn brief(mut self) -> Self {
        self.brief = self.mode() == TxMode::Read;
        self
    }

    fn new<I: DeserializeOwned>(name: &'static str, access: AccessFn, handler: Handler) -> Self {
        let takes = |input| serde_json::from_value::<I>(input).map(drop).map_err(|e| e.to_string());
        Self { name, access, handler, takes, ignored: &[], refused: &[], brief: false }
    }

    pub(crate) fn mode(&self) -> TxMode {
        match self.handler {
            Handler::Read(_) | Handler::Download(_) => TxMode::Read,
            Handler::Write(_) | Handler::Upload { .. } | Handler::Staged { .. } => TxMode::Write,
        }
    }
}

/// A body to send: blobs one after the other, and how many plain bytes they are together.
pub struct Download {
    /// The pieces in order.
    pub pieces: Vec<BlobReader>,
    /// Their plain bytes together.
    pub bytes: u64,
}

/// The answer of a download's handler: its output, and the body unless there is none to send.
pub type Streamed<O> = Result<(O, Option<Download>), Fault>;

/// An operation that changes nothing.
pub fn read<I, O>(
    name: &'static str,
    access: fn(&Cx, &I) -> Result<Access, Fault>,
    handler: fn(&Cx, I) -> Result<O, Fault>,
) -> Operation
where
    I: DeserializeOwned + 'static,
    O: Serialize + 'static,
{
    let handler = move |cx: &Cx, input: &Value| output(&handler(cx, typed(input)?)?);
    Operation::new::<I>(name, erase(access), Handler::Read(Box::new(handler)))
}

/// An operation that changes state.
pub fn write<I, O>(
    name: &'static str,
    access: fn(&Cx, &I) -> Result<Access, Fault>,
    handler: fn(&mut Cx, I) -> Result<O, Fault>,
) -> Operation
where
    I: DeserializeOwned + 'static,
    O: Serialize + 'static,
{
    let handler = move |cx: &mut Cx, input: &Value| output(&handler(cx, typed(input)?)?);
    Operation::new::<I>(name, erase(access), Handler::Write(Box::new(handler)))
}

/// An operation that answers with a streamed body.
pub fn download<I, O>(
    name: &'static str,
    access: fn(&Cx, &I) -> Result<Access, Fault>,
    handler: fn(&Cx, I) -> Streamed<O>,
) -> Operation
where
    I: DeserializeOwned + 'static,
    O: Serialize + 'static,
{
    let handler = move |cx: &Cx, input: &Value| {
        let (answer, body) = handler(cx, typed(input)?)?;
        Ok((output(&answer)?, body))
    };
    Operation::new::<I>(name, erase(access), Handler::Download(Box::new(handler)))
}

/// An operation with a streamed request body.
///
/// `begin` runs after the decision and before the first byte: it says under which key the body is
/// sealed and which digests are wanted. `finish` runs when the whole body lies staged, in the
/// transaction that makes it visible; it must check again what may have changed in between.
pub fn upload<I, P, O>(
    name: &'static str,
    access: fn(&Cx, &I) -> Result<Access, Fault>,
    begin: fn(&Cx, &I) -> Result<UploadPlan<P>, Fault>,
    finish: fn(&mut Cx, I, P, Staged) -> Result<O, Fault>,
) -> Operation
where
    I: DeserializeOwned + 'static,
    P: Send + 'static,
    O: Serialize + 'static,
{
    let begin = move |cx: &Cx, input: &Value| {
        let UploadPlan { key, digests, detail } = begin(cx, &typed(input)?)?;
        Ok(UploadPlan { key, digests, detail: Box::new(detail) as AnyPlan })
    };
    let finish = move |cx: &mut Cx, input: &Value, plan: AnyPlan, staged| {
        let plan = plan.downcast().map_err(|_| Fault::internal("a plan of another operation"))?;
        output(&finish(cx, typed(input)?, *plan, staged)?)
    };
    let handler = Handler::Upload { begin: Box::new(begin), finish: Box::new(finish) };
    Operation::new::<I>(name, erase(access), handler)
}

/// An operation that changes state after long work, such as copying bytes.
///
/// `prepare` runs after the decision and beside other writers, on a snapshot; `commit` makes its
/// result visible in a transaction of its own, and must check again what may have changed in
/// between. Inside another call both run in that call's transaction.
pub fn staged<I, P, O>(
    name: &'static str,
    access: fn(&Cx, &I) -> Result<Access, Fault>,
    prepare: fn(&Cx, &I) -> Result<P, Fault>,
    commit: fn(&mut Cx, I, P) -> Result<O, Fault>,
) -> Operation
where
    I: DeserializeOwned + 'static,
    P: Send + 'static,
    O: Serialize + 'static,
{
    let prepare =
        move |cx: &Cx, input: &Value| Ok(Box::new(prepare(cx, &typed(input)?)?) as AnyPlan);
    let commit = move |cx: &mut Cx, input: &Value, plan: AnyPlan| {
        let plan = plan.downcast().map_err(|_| Fault::internal("a plan of another operation"))?;
        output(&commit(cx, typed(input)?, *plan)?)
    };
    let handler = Handler::Staged { prepare: Box::new(prepare), commit: Box::new(commit) };
    Operation::new::<I>(name, erase(access), handler)
}

fn erase<I: DeserializeOwned + 'static>(access: fn(&Cx, &I) -> Result<Access, Fault>) -> AccessFn {
    Box::new(move |cx, input| access(cx, &typed(input)?))
}

/// Input that the model admits but the handler's struct does not is a mistake of ours, except
/// for a member of a wrong form that no constraint of the model names.
fn typed<I: DeserializeOwned>(input: &Value) -> Result<I, Fault> {
    I::deserialize(input).map_err(|e| Fault::new("ValidationException", e.to_string()).status(400))
}

fn output(answer: &impl Serialize) -> Result<Value, Fault> {
    serde_json::to_value(answer).map_err(Fault::internal)
}
