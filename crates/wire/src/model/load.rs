//! From botocore's JSON to [`Model`]: names resolved, bindings classified, look-ups built.
//!
//! With `raw.rs` the only file that knows how models are spelled. Start at [`Model::parse`].

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::raw::{
    RawBody, RawMetadata, RawModel, RawNamespace, RawOperation, RawReference, RawShape,
};
use super::shape::{
    Constraints, Kind, Location, Member, Shape, ShapeId, Structure, TimestampFormat,
};
use super::{Model, Operation, Protocol, Root, Segment, UriTemplate};

/// Why the text is not a model.
#[derive(Debug, thiserror::Error)]
#[error("the model of {service} does not parse: {reason}")]
pub struct ModelError {
    service: String,
    reason: String,
}

impl Model {
    /// Reads a model in botocore's `service-2.json` form.
    ///
    /// # Errors
    /// When the text is not such a model, or speaks a protocol this crate does not.
    pub fn parse(service: &str, text: &str) -> Result<Self, ModelError> {
        build(service, text).map_err(|reason| ModelError { service: service.to_owned(), reason })
    }
}

fn build(service: &str, text: &str) -> Result<Model, String> {
    let raw: RawModel = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let protocol = protocol(&raw.metadata)?;
    let metadata = raw.metadata;
    let loader = Loader::new(protocol, &raw.shapes)?;
    let shapes = loader.shapes()?;
    let errors = error_statuses(&loader, raw.error_status);
    let mut model = Model {
        name: service.to_owned(),
        signing_name: metadata
            .signing_name
            .or(metadata.endpoint_prefix)
            .unwrap_or_else(|| service.to_owned()),
        api_version: metadata.api_version.unwrap_or_default(),
        service_id: metadata.service_id.unwrap_or_default(),
        protocol,
        target_prefix: metadata.target_prefix,
        xml_namespace: metadata.xml_namespace.map(RawNamespace::into_uri),
        operations: Vec::new(),
        by_name: HashMap::new(),
        shapes,
        errors,
    };
    for (name, facts) in raw.operations {
        let facts: RawOperation = serde_json::from_value(facts).map_err(|e| e.to_string())?;
        let operation = operation(&model, &loader, &name, facts)?;
        model.by_name.insert(name, model.operations.len());
        model.operations.push(operation);
    }
    Ok(model)
}

fn protocol(metadata: &RawMetadata) -> Result<Protocol, String> {
    Ok(match (metadata.protocol.as_str(), metadata.json_version.as_deref()) {
        ("query", _) => Protocol::Query,
        ("ec2", _) => Protocol::Ec2,
        ("json", Some("1.0")) => Protocol::Json10,
        ("json", _) => Protocol::Json11,
        ("rest-json", _) => Protocol::RestJson,
        ("rest-xml", _) => Protocol::RestXml,
        (other, _) => return Err(format!("protocol {other} is not known")),
    })
}

/// Statuses by shape name and by error code.
fn error_statuses(loader: &Loader, patched: HashMap<String, u16>) -> HashMap<String, u16> {
    let mut statuses = HashMap::new();
    for (name, shape) in loader.names.iter().zip(&loader.raw) {
        if !shape.exception && shape.error.is_none() {
            continue;
        }
        let default = if shape.fault { 500 } else { 400 };
        let error = shape.error.as_ref();
        let status = error.and_then(|error| error.http_status_code).unwrap_or(default);
        statuses.insert(name.clone(), status);
        if let Some(code) = error.and_then(|error| error.code.clone()) {
            statuses.insert(code, status);
        }
    }
    statuses.extend(patched);
    statuses
}

struct Loader {
    protocol: Protocol,
    names: Vec<String>,
    raw: Vec<RawShape>,
    ids: HashMap<String, ShapeId>,
}

impl Loader {
    fn new(protocol: Protocol, shapes: &Map<String, Value>) -> Result<Self, String> {
        let mut loader = Self { protocol, names: Vec::new(), raw: Vec::new(), ids: HashMap::new() };
        for (at, (name, facts)) in shapes.iter().enumerate() {
            let shape = RawShape::deserialize(facts).map_err(|error| format!("{name}: {error}"))?;
            loader.names.push(name.clone());
            loader.raw.push(shape);
            loader.ids.insert(name.clone(), ShapeId(at));
        }
        Ok(loader)
    }

    fn id(&self, name: &str) -> Result<ShapeId, String> {
        self.ids.get(name).copied().ok_or_else(|| format!("no shape {name}"))
    }

    fn raw(&self, id: ShapeId) -> Result<&RawShape, String> {
        self.raw.get(id.0).ok_or_else(|| "no such shape".to_owned())
    }

    fn shapes(&self) -> Result<Vec<Shape>, String> {
        self.names.iter().zip(&self.raw).map(|(name, raw)| self.shape(name, raw)).collect()
    }

    fn shape(&self, name: &str, raw: &RawShape) -> Result<Shape, String> {
        let constraints = Constraints {
            min: raw.min,
            max: raw.max,
            pattern: raw.pattern.clone(),
            values: raw.r#enum.clone(),
            ..Constraints::default()
        };
        let kind = self.kind(raw).map_err(|error| format!("{name}: {error}"))?;
        Ok(Shape { name: name.to_owned(), kind, constraints, sensitive: raw.sensitive })
    }

    fn kind(&self, raw: &RawShape) -> Result<Kind, String> {
        let part = |reference: &Option<RawReference>, default: &str| {
            let reference = reference.as_ref().ok_or("a part of the shape is missing")?;
            self.member(default, reference)
        };
        Ok(match raw.r#type.as_str() {
            "structure" => Kind::Structure(self.structure(raw)?),
            "list" => {
                Kind::List { element: part(&raw.member, "member")?, flattened: raw.flattened }
            }
            "map" => Kind::Map {
                key: part(&raw.key, "key")?,
                value: part(&raw.value, "value")?,
                flattened: raw.flattened,
            },
            "string" | "character" => Kind::String,
            "blob" => Kind::Blob,
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer,
            "long" => Kind::Long,
            "float" | "double" => Kind::Double,
            "timestamp" => Kind::Timestamp(raw.timestamp_format.as_deref().and_then(format)),
            other => return Err(format!("type {other} is not known")),
        })
    }

    fn structure(&self, raw: &RawShape) -> Result<Structure, String> {
        let mut structure = Structure {
            union: raw.union,
            event_stream: raw.eventstream,
            namespace: raw.xml_namespace.clone().map(RawNamespace::into_uri),
            root_name: raw.location_name.clone(),
            ..Structure::default()
        };
        for (at, (name, facts)) in raw.members.iter().enumerate() {
            let reference = RawReference::deserialize(facts).map_err(|e| e.to_string())?;
            let mut member = self.member(name, &reference)?;
            member.required = raw.required.contains(name);
            structure.by_name.insert(name.clone(), at);
            if raw.payload.as_ref() == Some(name) {
                structure.payload = Some(at);
            }
            structure.has_body_members |= member.location == Location::Body;
            structure.members.push(member);
        }
        Ok(structure)
    }

    fn member(&self, name: &str, reference: &RawReference) -> Result<Member, String> {
        let shape = self.id(&reference.shape)?;
        let target = self.raw(shape)?;
        let location = location(reference.location.as_deref());
        let given = self.given_name(reference, target);
        let wire_name = self.wire_name(name, reference, given.clone());
        Ok(Member {
            name: name.to_owned(),
            shape,
            location,
            lower_name: lower_camel(name),
            explicit_name: given.is_some(),
            wire_name,
            required: false,
            flattened: reference.flattened || target.flattened,
            // Blobs only: an event stream is marked on its shape.
            streaming: reference.streaming || target.eventstream,
            xml_attribute: reference.xml_attribute,
            namespace: reference
                .xml_namespace
                .clone()
                .or_else(|| target.xml_namespace.clone())
                .map(RawNamespace::into_pair),
            timestamp: self.timestamp(location, reference, target),
            idempotency_token: reference.idempotency_token,
        })
    }

    /// The name the model gives on the wire. A flattened list of the query protocol goes by the name
    /// of its elements.
    fn given_name(&self, reference: &RawReference, target: &RawShape) -> Option<String> {
        let flattened = reference.flattened || target.flattened;
        let element = target.member.as_ref().filter(|_| flattened);
        let of_elements = match self.protocol {
            Protocol::Query | Protocol::Ec2 => element.and_then(|e| e.location_name.clone()),
            _ => None,
        };
        of_elements.or_else(|| reference.location_name.clone())
    }

    /// EC2 capitalises what the others write; only the REST and XML protocols rename members.
    fn wire_name(&self, name: &str, reference: &RawReference, given: Option<String>) -> String {
        match self.protocol {
            Protocol::Json10 | Protocol::Json11 => name.to_owned(),
            Protocol::Ec2 => reference.query_name.clone().or(given).unwrap_or(name.to_owned()),
            _ => given.unwrap_or_else(|| name.to_owned()),
        }
    }

    /// The format of a timestamp member: its own, its shape's, or its place's default.
    fn timestamp(
        &self,
        location: Location,
        reference: &RawReference,
        target: &RawShape,
    ) -> Option<TimestampFormat> {
        if target.r#type != "timestamp" {
            return None;
        }
        let own = reference.timestamp_format.as_ref().or(target.timestamp_format.as_ref());
        own.and_then(|name| format(name)).or(Some(match location {
            Location::Header | Location::Headers => TimestampFormat::Rfc822,
            Location::Query | Location::Uri => TimestampFormat::Iso8601,
            _ if self.protocol.is_json() => TimestampFormat::Unix,
            _ => TimestampFormat::Iso8601,
        }))
    }
}

fn location(name: Option<&str>) -> Location {
    match name {
        Some("uri") => Location::Uri,
        Some("querystring") => Location::Query,
        Some("header") => Location::Header,
        Some("headers") => Location::Headers,
        Some("statusCode") => Location::StatusCode,
        _ => Location::Body,
    }
}

fn format(name: &str) -> Option<TimestampFormat> {
    match name {
        "iso8601" => Some(TimestampFormat::Iso8601),
        "rfc822" => Some(TimestampFormat::Rfc822),
        "unixTimestamp" => Some(TimestampFormat::Unix),
        _ => None,
    }
}

/// `RoleSessionName` → `roleSessionName`: how validation errors write a member.
fn lower_camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn operation(
    model: &Model,
    loader: &Loader,
    name: &str,
    raw: RawOperation,
) -> Result<Operation, String> {
    let input = raw.input.as_ref().map(|body| loader.id(&body.shape)).transpose()?;
    let output = raw.output.as_ref().map(|body| loader.id(&body.shape)).transpose()?;
    let required_at = |location| required_names(model, input, location);
    let payload = |id: Option<ShapeId>| id.and_then(|id| model.structure(id).payload());
    let output_payload = payload(output);
    Ok(Operation {
        name: if raw.name.is_empty() { name.to_owned() } else { raw.name },
        method: raw.http.method.parse().map_err(|_| format!("{name}: no such method"))?,
        uri: uri(&raw.http.request_uri),
        response_code: raw.http.response_code,
        required_query: required_at(Location::Query),
        required_headers: required_at(Location::Header),
        streaming_input: payload(input).is_some_and(|member| is_stream(model, member)),
        streaming_output: output_payload.is_some_and(|member| is_stream(model, member)),
        event_stream_output: output_payload
            .is_some_and(|member| model.structure(member.shape).event_stream),
        input,
        output,
        result_wrapper: raw.output.as_ref().and_then(|body| body.result_wrapper.clone()),
        output_unwrapped: raw.output.as_ref().is_some_and(|body| body.unwrapped),
        input_root: root(raw.input),
        output_root: root(raw.output),
        errors: raw.errors.into_iter().map(|error| error.shape).collect(),
        deprecated: raw.deprecated,
        unsigned: raw.authtype.as_deref() == Some("none"),
        requires_checksum: raw.http_checksum_required
            || raw.http_checksum.is_some_and(|checksum| checksum.request_checksum_required),
    })
}

/// Bytes of any length: a blob marked as streaming. Event streams are not.
fn is_stream(model: &Model, member: &Member) -> bool {
    member.streaming && matches!(model.shape(member.shape).kind, Kind::Blob)
}

fn root(body: Option<RawBody>) -> Root {
    body.map_or_else(Root::default, |body| Root {
        name: body.location_name,
        namespace: body.xml_namespace.map(RawNamespace::into_uri),
    })
}

fn required_names(model: &Model, input: Option<ShapeId>, location: Location) -> Vec<String> {
    let members = input.map(|id| model.structure(id).members()).unwrap_or_default();
    members
        .iter()
        .filter(|member| member.required && member.location == location)
        .map(|member| member.wire_name.clone())
        .collect()
}

fn uri(template: &str) -> UriTemplate {
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    let segments = path.split('/').filter(|segment| !segment.is_empty()).map(segment).collect();
    let literals = query
        .split('&')
        .filter(|literal| !literal.is_empty())
        .map(|literal| match literal.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (literal.to_owned(), None),
        })
        .collect();
    let trailing_slash = path.len() > 1 && path.ends_with('/');
    UriTemplate { segments, literals, trailing_slash }
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
        None => Segment::Literal(text.to_owned()),
        Some(label) => match label.strip_suffix('+') {
            Some(label) => Segment::Greedy(label.to_owned()),
            None => Segment::Label(label.to_owned()),
        },
    }
}
