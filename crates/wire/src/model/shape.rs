//! Shapes and members with everything the protocols look up, resolved when the model loads.
//!
//! Knows nothing of how models are written down. Start at [`Shape`] and [`Member`].

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;

/// A shape's place in its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeId(pub(crate) usize);

/// A named type of a service.
#[derive(Debug)]
pub struct Shape {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) constraints: Constraints,
    pub(crate) sensitive: bool,
}

/// What a shape is.
#[derive(Debug)]
pub enum Kind {
    /// Named members.
    Structure(Structure),
    /// Elements of one shape.
    List {
        /// The elements.
        element: Member,
        /// Whether the elements stand without an element around them.
        flattened: bool,
    },
    /// Text keys to values of one shape.
    Map {
        /// The keys.
        key: Member,
        /// The values.
        value: Member,
        /// Whether the entries stand without an element around them.
        flattened: bool,
    },
    /// UTF-8 text.
    String,
    /// Bytes, a base64 string in values.
    Blob,
    /// `true` or `false`.
    Boolean,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    Long,
    /// A number with a fraction.
    Double,
    /// A point in time, epoch seconds in values.
    Timestamp(Option<TimestampFormat>),
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-11-22T02:19:22Z`
    Iso8601,
    /// `Sun, 22 Nov 2026 02:19:22 GMT`
    Rfc822,
    /// `1795313962`, seconds since 1970
    Unix,
}

/// How the models, written for UTF-16, name every character beyond U+FFFF; and how it is written
/// where characters are whole.
const SURROGATES: &str = r"\uD800\uDC00-\uDBFF\uDFFF";
const ASTRAL: &str = r"\x{10000}-\x{10FFFF}";

/// Limits on a value.
#[derive(Debug, Default)]
pub struct Constraints {
    /// Least length or value.
    pub min: Option<f64>,
    /// Greatest length or value.
    pub max: Option<f64>,
    /// The pattern as the model writes it.
    pub pattern: Option<String>,
    /// The allowed values; empty when any is.
    pub values: Vec<String>,
    pub(crate) regex: OnceLock<Option<Regex>>,
}

/// The members of a structure.
#[derive(Debug, Default)]
pub struct Structure {
    pub(crate) members: Vec<Member>,
    pub(crate) by_name: HashMap<String, usize>,
    pub(crate) payload: Option<usize>,
    pub(crate) has_body_members: bool,
    pub(crate) union: bool,
    pub(crate) namespace: Option<String>,
    /// What the structure is called as the root of a document.
    pub(crate) root_name: Option<String>,
    pub(crate) event_stream: bool,
}

/// Where a member travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Location {
    /// In the body.
    #[default]
    Body,
    /// A label of the path.
    Uri,
    /// A parameter of the query string.
    Query,
    /// One header.
    Header,
    /// All headers with a prefix, as a map.
    Headers,
    /// The HTTP status.
    StatusCode,
}

/// A member of a structure, the elements of a list, or the keys or values of a map.
#[derive(Debug, Clone, Default)]
pub struct Member {
    pub(crate) name: String,
    pub(crate) shape: ShapeId,
    pub(crate) location: Location,
    pub(crate) wire_name: String,
    pub(crate) lower_name: String,
    pub(crate) explicit_name: bool,
    pub(crate) required: bool,
    pub(crate) flattened: bool,
    pub(crate) streaming: bool,
    pub(crate) xml_attribute: bool,
    pub(crate) namespace: Option<(Option<String>, String)>,
    pub(crate) timestamp: Option<TimestampFormat>,
    pub(crate) idempotency_token: bool,
}

impl Default for ShapeId {
    /// An id no model has; it reads as an empty structure.
    fn default() -> Self {
        Self(usize::MAX)
    }
}

impl Shape {
    /// The shape's name in the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Limits on its values.
    pub fn constraints(&self) -> &Constraints {
        &self.constraints
    }

    /// Whether its values must not be shown.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Its members, when it is a structure.
    pub fn structure(&self) -> Option<&Structure> {
        match &self.kind {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    pub(crate) fn empty() -> &'static Self {
        static EMPTY: OnceLock<Shape> = OnceLock::new();
        EMPTY.get_or_init(|| Self {
            name: String::new(),
            kind: Kind::Structure(Structure::default()),
            constraints: Constraints::default(),
            sensitive: false,
        })
    }
}

impl Constraints {
    /// The pattern compiled to match whole values; `None` without one, or with one that uses
    /// look-around, which the regular expressions here do not have.
    pub fn regex(&self) -> Option<&Regex> {
        let pattern = self.pattern.as_ref()?;
        let scalars = || pattern.replace(SURROGATES, ASTRAL);
        self.regex.get_or_init(|| Regex::new(&format!("^(?:{})$", scalars())).ok()).as_ref()
    }
}

impl Structure {
    /// All members in the model's order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// One member by name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.by_name.get(name).and_then(|at| self.members.get(*at))
    }

    /// The member that is the whole body.
    pub fn payload(&self) -> Option<&Member> {
        self.payload.and_then(|at| self.members.get(at))
    }

    /// Whether exactly one member may be set.
    pub fn is_union(&self) -> bool {
        self.union
    }

    pub(crate) fn empty() -> &'static Self {
        static EMPTY: OnceLock<Structure> = OnceLock::new();
        EMPTY.get_or_init(Self::default)
    }
}

impl Member {
    /// The member's name in the model, which is its key in values.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its shape.
    pub fn shape(&self) -> ShapeId {
        self.shape
    }

    /// Where it travels.
    pub fn location(&self) -> Location {
        self.location
    }

    /// Its name on the wire: element, header, label, parameter.
    pub fn wire_name(&self) -> &str {
        &self.wire_name
    }

    /// Whether a value must have it.
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Whether it is a stream that is not part of values.
    pub fn is_streaming(&self) -> bool {
        self.streaming
    }

    /// Whether a client fills it with a fresh token when it is absent.
    pub fn is_idempotency_token(&self) -> bool {
        self.idempotency_token
    }
}
