//! AWS protocols interpreted at run time from interface models, and Signature Version 4, for
//! both sides of the wire.
//!
//! This crate is pure: it knows no clock, no storage, no async runtime and no service. It turns
//! bytes into [`serde_json::Value`]s keyed by the model's member names, and back. In such a value
//! blobs are base64 strings, timestamps are epoch seconds (possibly with a fraction), maps are
//! objects, and a streaming payload is absent: its bytes travel beside the value.
//!
//! Start reading at [`model`] (what a service looks like), then `route.rs` (which operation a
//! request means), `decode.rs`, `encode.rs`, and [`sigv4`].
//!
//! ```
//! use wire::{ResponseIds, client};
//!
//! let sts = wire::model("sts").ok_or("no such model")?;
//! let operation = sts.operation("GetCallerIdentity").ok_or("no such operation")?;
//! let input = serde_json::json!({});
//!
//! // The client writes a request; the server finds its operation and reads the same input back.
//! let request = client::encode_request(sts, operation, &input, "http://localhost:4566")?;
//! let (parts, body) = request.into_parts();
//! let form = wire::Form::of_request(&parts, &body)?;
//! let route = wire::route(&parts, form.as_ref())?;
//! assert_eq!(route.operation.name(), "GetCallerIdentity");
//! assert_eq!(wire::decode(&route, &parts, &body)?, input);
//!
//! // The server answers; the client reads the output.
//! let output = serde_json::json!({"Account": "111111111111"});
//! let ids = ResponseIds::new("6d7f3c1e", "host");
//! let answer = wire::encode(sts, operation, &output, &ids);
//! let read = client::decode_response(sts, operation, answer.status().as_u16(), answer.headers(), answer.body())?;
//! assert_eq!(read, output);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod chunked;
pub mod client;
mod decode;
mod encode;
mod fault;
mod form;
mod limits;
mod model;
mod route;
mod scalar;
pub mod sigv4;
mod validate;
mod xml;

pub use decode::decode;
pub use encode::{drop_body, encode, encode_fault};
pub use fault::{Dialect, ResponseIds, WireFault};
pub use form::Form;
pub use limits::{MAX_BODY, MAX_DEPTH, MAX_FORM_FIELDS, MAX_HEADERS};
pub use model::{
    Constraints, Kind, Location, Member, Model, ModelError, Operation, Protocol, SERVICES, Shape,
    ShapeId, Structure, TimestampFormat, model, models,
};
pub use route::{Route, bucket_of_host, dialect_of, route, route_in, service_of};
pub use validate::{unknown_members, validate};
