//! Avro schemas (Avro 1.11 specification › Schema Declaration), as far as decoding needs them.
//!
//! Types stand in a list and refer to each other by index, as a record may contain itself.
//! Start at [`Schema::parse`].

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Types of a schema at most.
const MOST_TYPES: usize = 20_000;
/// Nesting of a schema at most.
const DEEPEST: usize = 100;
/// The longest `fixed`, in bytes.
const LONGEST_FIXED: u64 = 4 << 20;

/// The types of a file; the first is that of its objects.
#[derive(Debug, Default)]
pub(super) struct Schema {
    types: Vec<Type>,
}

/// A type, its inner types by their index.
#[derive(Debug, Clone)]
pub(super) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum(Vec<String>),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    /// Names, already as JSON strings with a colon, and types.
    Record(Vec<(String, usize)>),
    /// Days since 1970.
    Date,
    /// Since midnight, in so many parts of a second.
    Time(i64),
    /// Since 1970, in so many parts of a second.
    Timestamp(i64),
    /// An unscaled big-endian number of the file's own or of a fixed length.
    Decimal {
        scale: u32,
        size: Option<usize>,
    },
}

impl Schema {
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let value: Value =
            serde_json::from_slice(text).map_err(|error| format!("schema is not JSON: {error}"))?;
        let mut parser = Parser { schema: Self::default(), names: HashMap::new() };
        parser.add(&value, "", 0)?;
        Ok(parser.schema)
    }

    pub fn get(&self, index: usize) -> Option<&Type> {
        self.types.get(index)
    }
}

struct Parser {
    schema: Schema,
    /// Full names of records, enums and fixed types.
    names: HashMap<String, usize>,
}

impl Parser {
    /// Adds a type; its index, or that of the type it names.
    fn add(&mut self, value: &Value, space: &str, depth: usize) -> Result<usize, String> {
        if depth > DEEPEST || self.schema.types.len() >= MOST_TYPES {
            return Err("schema is too large".into());
        }
        match value {
            Value::String(name) => match primitive(name) {
                Some(ty) => Ok(self.push(ty)),
                None => self.named(name, space),
            },
            Value::Array(branches) => {
                let index = self.push(Type::Null);
                let branches = branches.iter().map(|branch| self.add(branch, space, depth + 1));
                let branches = branches.collect::<Result<_, _>>()?;
                self.set(index, Type::Union(branches));
                Ok(index)
            }
            Value::Object(members) => self.complex(members, space, depth),
            _ => Err("schema has a type that is none".into()),
        }
    }

    fn push(&mut self, ty: Type) -> usize {
        self.schema.types.push(ty);
        self.schema.types.len() - 1
    }

    fn set(&mut self, index: usize, ty: Type) {
        if let Some(place) = self.schema.types.get_mut(index) {
            *place = ty;
        }
    }

    fn named(&self, name: &str, space: &str) -> Result<usize, String> {
        let full = self.names.get(&full(name, space)).or_else(|| self.names.get(name));
        full.copied().ok_or_else(|| format!("schema refers to an unknown type {name}"))
    }

    fn complex(
        &mut self,
        members: &Map<String, Value>,
        space: &str,
        depth: usize,
    ) -> Result<usize, String> {
        let ty = members.get("type").ok_or("schema has a type without \"type\"")?;
        let Value::String(kind) = ty else { return self.add(ty, space, depth + 1) };
        let inner = |member: &str| members.get(member).ok_or(format!("{kind} without {member}"));
        if let Some(logical) = logical(kind, members, None) {
            return Ok(self.push(logical));
        }
        match kind.as_str() {
            "array" | "map" => {
                let index = self.push(Type::Null);
                let list = kind == "array";
                let of = inner(if list { "items" } else { "values" })?;
                let of = self.add(of, space, depth + 1)?;
                self.set(index, if list { Type::Array(of) } else { Type::Map(of) });
                Ok(index)
            }
            "record" | "error" => {
                let index = self.push(Type::Null);
                let space = self.name(members, space, index);
                let fields = inner("fields")?.as_array().ok_or("fields are no array")?;
                let mut made = Vec::with_capacity(fields.len());
                for field in fields {
                    let name = field.get("name").and_then(Value::as_str);
                    let ty = field.get("type").ok_or("field without type")?;
                    let name = Value::from(name.ok_or("field without name")?).to_string();
                    made.push((name + ":", self.add(ty, &space, depth + 1)?));
                }
                self.set(index, Type::Record(made));
                Ok(index)
            }
            "enum" => {
                let symbols = inner("symbols")?.as_array().ok_or("symbols are no array")?;
                let quoted = |symbol: &Value| symbol.as_str().map(|s| Value::from(s).to_string());
                let symbols: Option<_> = symbols.iter().map(quoted).collect();
                let index = self.push(Type::Enum(symbols.ok_or("symbols are no strings")?));
                self.name(members, space, index);
                Ok(index)
            }
            "fixed" => {
                let size = inner("size")?.as_u64().filter(|size| *size <= LONGEST_FIXED);
                let size = size.and_then(|size| usize::try_from(size).ok());
                let size = size.ok_or("fixed without a possible size")?;
                let ty = logical(kind, members, Some(size)).unwrap_or(Type::Fixed(size));
                let index = self.push(ty);
                self.name(members, space, index);
                Ok(index)
            }
            name => match primitive(name) {
                Some(ty) => Ok(self.push(ty)),
                None => self.named(name, space),
            },
        }
    }

    /// Remembers a definition's name; the namespace of what stands inside it.
    fn name(&mut self, members: &Map<String, Value>, space: &str, index: usize) -> String {
        let text = |member: &str| members.get(member).and_then(Value::as_str);
        let name = full(text("name").unwrap_or_default(), text("namespace").unwrap_or(space));
        let space = name.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
        self.names.insert(name, index);
        space
    }
}

fn full(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() { name.into() } else { format!("{space}.{name}") }
}

fn primitive(name: &str) -> Option<Type> {
    Some(match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" => Type::Int,
        "long" => Type::Long,
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => Type::Bytes,
        "string" => Type::String,
        _ => return None,
    })
}

/// Logical types that have a text of their own. Others are their plain type, as the specification
/// asks of those who do not know them.
fn logical(kind: &str, members: &Map<String, Value>, fixed: Option<usize>) -> Option<Type> {
    let name = members.get("logicalType")?.as_str()?;
    Some(match (kind, name) {
        ("int", "date") => Type::Date,
        ("int", "time-millis") => Type::Time(1_000),
        ("long", "time-micros") => Type::Time(1_000_000),
        ("long", "timestamp-millis" | "local-timestamp-millis") => Type::Timestamp(1_000),
        ("long", "timestamp-micros" | "local-timestamp-micros") => Type::Timestamp(1_000_000),
        ("bytes", "decimal") => Type::Decimal { scale: scale(members)?, size: None },
        ("fixed", "decimal") => Type::Decimal { scale: scale(members)?, size: Some(fixed?) },
        _ => return None,
    })
}

fn scale(members: &Map<String, Value>) -> Option<u32> {
    let scale = members.get("scale").map_or(Some(0), Value::as_u64)?;
    u32::try_from(scale).ok().filter(|scale| *scale <= 38)
}
