//! What a service looks like: its operations and shapes, read once from the embedded models.
//!
//! Everything that a request needs to find is looked up here when the model loads (member names,
//! header names, timestamp formats), so that decoding and encoding only walk. Knows JSON and
//! nothing of HTTP requests. Start at [`model()`], then [`Model`], [`Shape`], [`Member`];
//! `load.rs` is where botocore's spelling becomes these types.

mod load;
mod raw;
mod shape;

use std::collections::HashMap;
use std::sync::OnceLock;

pub use load::ModelError;
pub use shape::{Constraints, Kind, Location, Member, Shape, ShapeId, Structure, TimestampFormat};

/// The wire protocols of AWS that this crate speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Form in, XML out (STS, IAM, Redshift).
    Query,
    /// EC2's variant of query.
    Ec2,
    /// `application/x-amz-json-1.0`.
    Json10,
    /// `application/x-amz-json-1.1`.
    Json11,
    /// JSON bodies with values in path, query and headers.
    RestJson,
    /// XML bodies with values in path, query and headers (S3).
    RestXml,
}

impl Protocol {
    /// Whether bodies are JSON.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json10 | Self::Json11 | Self::RestJson)
    }

    /// Whether values travel in path, query and headers too.
    pub fn is_rest(self) -> bool {
        matches!(self, Self::RestJson | Self::RestXml)
    }
}

/// The interface of one service.
#[derive(Debug)]
pub struct Model {
    name: String,
    signing_name: String,
    api_version: String,
    service_id: String,
    protocol: Protocol,
    target_prefix: Option<String>,
    xml_namespace: Option<String>,
    operations: Vec<Operation>,
    by_name: HashMap<String, usize>,
    shapes: Vec<Shape>,
    errors: HashMap<String, u16>,
}

/// One operation of a service.
#[derive(Debug)]
pub struct Operation {
    pub(crate) name: String,
    pub(crate) method: http::Method,
    pub(crate) uri: UriTemplate,
    pub(crate) response_code: u16,
    pub(crate) input: Option<ShapeId>,
    pub(crate) output: Option<ShapeId>,
    pub(crate) input_root: Root,
    pub(crate) result_wrapper: Option<String>,
    pub(crate) output_root: Root,
    pub(crate) output_unwrapped: bool,
    pub(crate) errors: Vec<String>,
    pub(crate) deprecated: bool,
    pub(crate) unsigned: bool,
    pub(crate) requires_checksum: bool,
    pub(crate) streaming_input: bool,
    pub(crate) streaming_output: bool,
    pub(crate) event_stream_output: bool,
    pub(crate) required_query: Vec<String>,
    pub(crate) required_headers: Vec<String>,
}

/// Name and namespace of the root element of an XML body.
#[derive(Debug, Default, Clone)]
pub(crate) struct Root {
    pub(crate) name: Option<String>,
    pub(crate) namespace: Option<String>,
}

/// A request URI with its labels: `/{Bucket}/{Key+}?acl`.
#[derive(Debug, Default, Clone)]
pub(crate) struct UriTemplate {
    pub(crate) segments: Vec<Segment>,
    pub(crate) literals: Vec<(String, Option<String>)>,
    pub(crate) trailing_slash: bool,
}

/// One part of a path between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Literal(String),
    Label(String),
    Greedy(String),
}

/// The services whose models are embedded, as [`model()`] names them.
pub const SERVICES: [&str; 10] = [
    "sts",
    "iam",
    "secretsmanager",
    "kms",
    "s3",
    "redshift",
    "cloudtrail",
    "organizations",
    "s3control",
    "dynamodb",
];

static SOURCES: [(&str, OnceLock<Option<Model>>); 10] = [
    (include_str!("../../../models/sts.json"), OnceLock::new()),
    (include_str!("../../../models/iam.json"), OnceLock::new()),
    (include_str!("../../../models/secretsmanager.json"), OnceLock::new()),
    (include_str!("../../../models/kms.json"), OnceLock::new()),
    (include_str!("../../../models/s3.json"), OnceLock::new()),
    (include_str!("../../../models/redshift.json"), OnceLock::new()),
    (include_str!("../../../models/cloudtrail.json"), OnceLock::new()),
    (include_str!("../../../models/organizations.json"), OnceLock::new()),
    (include_str!("../../../models/s3control.json"), OnceLock::new()),
    (include_str!("../../../models/dynamodb.json"), OnceLock::new()),
];

/// The embedded model of a service, parsed on first use; `None` for a service that is not modelled.
pub fn model(service: &str) -> Option<&'static Model> {
    let at = SERVICES.iter().position(|name| *name == service)?;
    let (text, cell) = SOURCES.get(at)?;
    // That every embedded model parses is a test of this crate.
    cell.get_or_init(|| Model::parse(service, text).ok()).as_ref()
}

/// All embedded models, in the order of [`SERVICES`].
pub fn models() -> impl Iterator<Item = &'static Model> {
    SERVICES.iter().filter_map(|service| model(service))
}

impl Model {
    /// The name under which the model is embedded, e.g. `s3`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The service name of credential scopes.
    pub fn signing_name(&self) -> &str {
        &self.signing_name
    }

    /// The API version, e.g. `2011-06-15`.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// The service's name as people write it, e.g. `Secrets Manager`.
    pub fn service_id(&self) -> &str {
        &self.service_id
    }

    /// The protocol the service speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// What stands before the dot in `X-Amz-Target`.
    pub fn target_prefix(&self) -> Option<&str> {
        self.target_prefix.as_deref()
    }

    /// `xmlns` of the service's XML bodies.
    pub fn xml_namespace(&self) -> Option<&str> {
        self.xml_namespace.as_deref()
    }

    /// All operations, by name.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// One operation.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.by_name.get(name).and_then(|at| self.operations.get(*at))
    }

    /// The HTTP status of a modelled error, by its code or by its shape's name.
    pub fn error_status(&self, code: &str) -> Option<u16> {
        self.errors.get(code).copied()
    }

    /// A shape of this model. (An id of another model gives an arbitrary shape or an empty one.)
    pub fn shape(&self, id: ShapeId) -> &Shape {
        self.shapes.get(id.0).unwrap_or(Shape::empty())
    }

    /// What a payload member's document is called.
    pub(crate) fn root_name<'a>(&'a self, payload: &'a Member) -> &'a str {
        let renamed = payload.wire_name != payload.name;
        let own = self.structure(payload.shape).root_name.as_deref().filter(|_| !renamed);
        own.unwrap_or(&payload.wire_name)
    }

    /// The structure behind an id; empty when the shape is none.
    pub(crate) fn structure(&self, id: ShapeId) -> &Structure {
        self.shape(id).structure().unwrap_or(Structure::empty())
    }
}

impl Operation {
    /// The name, e.g. `GetCallerIdentity`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The HTTP method.
    pub fn method(&self) -> &http::Method {
        &self.method
    }

    /// The status of a successful answer.
    pub fn response_code(&self) -> u16 {
        self.response_code
    }

    /// The input structure; `None` when the operation takes nothing.
    pub fn input(&self) -> Option<ShapeId> {
        self.input
    }

    /// The output structure; `None` when the operation answers nothing.
    pub fn output(&self) -> Option<ShapeId> {
        self.output
    }

    /// The names of the error shapes it is modelled to answer.
    pub fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Whether a newer operation of the same meaning replaced it.
    pub fn is_deprecated(&self) -> bool {
        self.deprecated
    }

    /// Whether the operation takes no signature (e.g. `AssumeRoleWithSAML`).
    pub fn is_unsigned(&self) -> bool {
        self.unsigned
    }

    /// Whether a request must carry `Content-MD5` or an `x-amz-checksum-*` header.
    pub fn requires_checksum(&self) -> bool {
        self.requires_checksum
    }

    /// Whether the request body is a stream beside the input value (`PutObject`).
    pub fn is_streaming_input(&self) -> bool {
        self.streaming_input
    }

    /// Whether the response body is a stream beside the output value (`GetObject`).
    pub fn is_streaming_output(&self) -> bool {
        self.streaming_output
    }

    /// Whether the response body is a stream of events (`SelectObjectContent`).
    pub fn is_event_stream_output(&self) -> bool {
        self.event_stream_output
    }

    /// Whether an answer has no body by the rules of HTTP.
    pub fn is_head(&self) -> bool {
        self.method == http::Method::HEAD
    }
}
