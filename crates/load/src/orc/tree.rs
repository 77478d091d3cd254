//! The types of a file as a tree, and the decoders of a stripe for it.
//!
//! Start at [`Tree::new`]; [`Tree::columns`] joins it with the streams of a stripe.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Fields, TimeUnit};

use super::column::{Column, Values, dictionary, field};
use super::proto::{StripeFooter, Type};
use super::rle::{Bits, Bytes, Ints};
use super::stream::{Broken, Damage, Packing, Stream};
use crate::columnar::Source;
use crate::target::ReadAt;

/// Nesting of types at most.
const DEEPEST: usize = 50;
/// Types of a file at most.
const MOST_TYPES: usize = 20_000;

const PRESENT: u64 = 0;
const DATA: u64 = 1;
const LENGTH: u64 = 2;
const DICTIONARY_DATA: u64 = 3;
const SECONDARY: u64 = 5;

/// The columns of the root structure.
pub(super) struct Tree {
    root: Vec<Node>,
}

/// A type by its number, which is its column's number too.
struct Node {
    id: usize,
    name: String,
    kind: Kind,
    inner: Vec<Node>,
    /// As Hive writes it.
    words: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Byte,
    Short,
    Int,
    Long,
    Float,
    Double,
    Text,
    Timestamp { instant: bool },
    Date,
    Decimal { precision: u8, scale: i8 },
    List,
    Map,
    Struct,
}

impl Tree {
    /// Follows the types from the root, which must be a structure.
    pub fn new(types: &[Type]) -> Damage<Self> {
        if types.len() > MOST_TYPES {
            return Err(Broken::Damaged("too many types"));
        }
        let mut left = types.len();
        let root = node(types, 0, "", DEEPEST, &mut left)?;
        if root.kind != Kind::Struct {
            return Err(Broken::Damaged("its root is no structure"));
        }
        Ok(Self { root: root.inner })
    }

    /// The columns as they are compared with the table's.
    pub fn sources(&self) -> Vec<Source> {
        let source = |node: &Node| {
            let words = format!("{} {}", node.name, node.words);
            Source { ty: node.arrow(), words, json: false }
        };
        self.root.iter().map(source).collect()
    }

    /// A decoder for each column.
    pub fn columns(&self, streams: &Streams<'_>) -> Damage<Vec<Column>> {
        self.root.iter().map(|node| node.column(streams)).collect()
    }
}

fn node(types: &[Type], id: usize, name: &str, depth: usize, left: &mut usize) -> Damage<Node> {
    const WRONG: Broken = Broken::Damaged("its types contradict each other");
    let ty = types.get(id).ok_or(WRONG)?;
    // Each type has one place: no tree is larger than its list.
    *left = left.checked_sub(1).ok_or(WRONG)?;
    let depth = depth.checked_sub(1).ok_or(Broken::Damaged("types are nested too deep"))?;
    let (kind, words) = kind(ty)?;
    let inner = ty.inner.iter().enumerate().map(|(index, inner)| {
        let name = ty.names.get(index).map_or("", String::as_str);
        node(types, *inner, name, depth, left)
    });
    let inner = inner.collect::<Damage<Vec<_>>>()?;
    let right = match kind {
        Kind::List => inner.len() == 1,
        Kind::Map => inner.len() == 2,
        // An empty structure could have any number of rows.
        Kind::Struct => !inner.is_empty(),
        _ => inner.is_empty(),
    };
    let inside: Vec<&str> = inner.iter().map(|node| node.words.as_str()).collect();
    let words = if inside.is_empty() { words } else { format!("{words}<{}>", inside.join(",")) };
    if right { Ok(Node { id, name: name.to_owned(), kind, inner, words }) } else { Err(WRONG) }
}

fn kind(ty: &Type) -> Damage<(Kind, String)> {
    let (kind, words) = match ty.kind {
        0 => (Kind::Boolean, "boolean"),
        1 => (Kind::Byte, "tinyint"),
        2 => (Kind::Short, "smallint"),
        3 => (Kind::Int, "int"),
        4 => (Kind::Long, "bigint"),
        5 => (Kind::Float, "float"),
        6 => (Kind::Double, "double"),
        7 => (Kind::Text, "string"),
        8 => (Kind::Text, "binary"),
        9 => (Kind::Timestamp { instant: false }, "timestamp"),
        10 => (Kind::List, "array"),
        11 => (Kind::Map, "map"),
        12 => (Kind::Struct, "struct"),
        14 => {
            // Hive before 0.13 had no precision.
            let precision = if ty.precision == 0 { 38 } else { ty.precision };
            let precision = u8::try_from(precision).ok().filter(|p| *p <= 38);
            let scale = i8::try_from(ty.scale).ok().filter(|scale| *scale <= 38);
            let wrong = Broken::Damaged("a decimal has no such precision");
            let (precision, scale) = precision.zip(scale).ok_or(wrong)?;
            let words = format!("decimal({precision},{scale})");
            return Ok((Kind::Decimal { precision, scale }, words));
        }
        15 => (Kind::Date, "date"),
        16 => (Kind::Text, "varchar"),
        17 => (Kind::Text, "char"),
        18 => (Kind::Timestamp { instant: true }, "timestamp with local time zone"),
        _ => return Err(Broken::Damaged("it has a type that is not supported")),
    };
    Ok((kind, words.to_owned()))
}

impl Node {
    /// The type of its arrays.
    fn arrow(&self) -> DataType {
        let inner = |index: usize| self.inner.get(index).map_or(DataType::Null, Self::arrow);
        match self.kind {
            Kind::Boolean => DataType::Boolean,
            Kind::Byte => DataType::Int8,
            Kind::Short => DataType::Int16,
            Kind::Int => DataType::Int32,
            Kind::Long => DataType::Int64,
            Kind::Float => DataType::Float32,
            Kind::Double => DataType::Float64,
            Kind::Text => DataType::BinaryView,
            Kind::Timestamp { instant } => {
                DataType::Timestamp(TimeUnit::Microsecond, instant.then(|| "UTC".into()))
            }
            Kind::Date => DataType::Date32,
            Kind::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
            Kind::List => DataType::List(field("item", inner(0))),
            Kind::Map => DataType::Map(self.entries(), false),
            Kind::Struct => DataType::Struct(self.fields()),
        }
    }

    fn fields(&self) -> Fields {
        self.inner.iter().map(|node| field(&node.name, node.arrow())).collect()
    }

    /// A map's pairs. Its keys may not be null to Arrow, and are not in a valid file.
    fn entries(&self) -> arrow::datatypes::FieldRef {
        let inner = |index: usize| self.inner.get(index).map_or(DataType::Null, Self::arrow);
        let pair = Fields::from(vec![field("keys", inner(0)), field("values", inner(1))]);
        let entries = arrow::datatypes::Field::new("entries", DataType::Struct(pair), false);
        Arc::new(entries)
    }

    fn column(&self, streams: &Streams<'_>) -> Damage<Column> {
        let present = streams.find(self.id, PRESENT)?.map(Bits::new);
        let (data, id) = (|| streams.get(self.id, DATA), self.id);
        let signed = |kind| streams.ints(id, kind, true);
        let inner = |index: usize| {
            let node = self.inner.get(index).ok_or(Broken::Damaged("a type is incomplete"))?;
            node.column(streams).map(Box::new)
        };
        let values = match self.kind {
            Kind::Boolean => Values::Boolean(Bits::new(data()?)),
            Kind::Byte => Values::Byte(Bytes::new(data()?)),
            Kind::Short => Values::Short(signed(DATA)?),
            Kind::Int => Values::Int(signed(DATA)?),
            Kind::Long => Values::Long(signed(DATA)?),
            Kind::Date => Values::Date(signed(DATA)?),
            Kind::Float => Values::Float(data()?),
            Kind::Double => Values::Double(data()?),
            Kind::Text => self.text(streams)?,
            Kind::Timestamp { instant } => {
                if !instant && !streams.utc {
                    return Err(Broken::Damaged(
                        "timestamps of a time zone other than UTC are not supported",
                    ));
                }
                let nanos = streams.ints(id, SECONDARY, false)?;
                Values::Timestamp(signed(DATA)?, nanos, instant)
            }
            Kind::Decimal { precision, scale } => {
                Values::Decimal(data()?, signed(SECONDARY)?, precision, scale)
            }
            Kind::List => {
                let items = inner(0)?;
                let item = self.inner.first().map_or(DataType::Null, Self::arrow);
                Values::List(streams.ints(id, LENGTH, false)?, field("item", item), items)
            }
            Kind::Map => {
                let lengths = streams.ints(id, LENGTH, false)?;
                Values::Map(lengths, self.entries(), inner(0)?, inner(1)?)
            }
            Kind::Struct => {
                let columns = self.inner.iter().map(|node| node.column(streams));
                Values::Struct(self.fields(), columns.collect::<Damage<_>>()?)
            }
        };
        Ok(Column { present, values })
    }

    fn text(&self, streams: &Streams<'_>) -> Damage<Values> {
        let lengths = streams.ints(self.id, LENGTH, false)?;
        let (encoding, size) = streams.encoding(self.id);
        if encoding & 1 == 0 {
            return Ok(Values::Text(lengths, streams.get(self.id, DATA)?));
        }
        let words = dictionary(size, lengths, streams.get(self.id, DICTIONARY_DATA)?)?;
        Ok(Values::Dictionary(streams.ints(self.id, DATA, false)?, words))
    }
}

/// The streams of one stripe by column and kind.
pub(super) struct Streams<'a> {
    source: &'a Arc<dyn ReadAt>,
    packing: Packing,
    /// Offset and length.
    places: HashMap<(usize, u64), (u64, u64)>,
    footer: &'a StripeFooter,
    utc: bool,
}

impl<'a> Streams<'a> {
    /// Streams follow each other from `offset` on.
    pub fn new(
        source: &'a Arc<dyn ReadAt>,
        packing: Packing,
        offset: u64,
        footer: &'a StripeFooter,
    ) -> Damage<Self> {
        let mut places = HashMap::new();
        let mut at = offset;
        for stream in &footer.streams {
            places.insert((stream.column, stream.kind), (at, stream.length));
            at = at.checked_add(stream.length).ok_or(Broken::SHORT)?;
        }
        let utc = matches!(footer.time_zone.as_str(), "" | "UTC" | "GMT" | "Etc/UTC" | "Z");
        Ok(Self { source, packing, places, footer, utc })
    }

    fn find(&self, column: usize, kind: u64) -> Damage<Option<Stream>> {
        let place = self.places.get(&(column, kind));
        let stream =
            |(at, length): &(u64, u64)| Stream::new(self.source, self.packing, *at, *length);
        place.map(stream).transpose()
    }

    /// A stream that is empty if there is none: a column of nulls has no data.
    fn get(&self, column: usize, kind: u64) -> Damage<Stream> {
        match self.find(column, kind)? {
            Some(stream) => Ok(stream),
            None => Stream::new(self.source, self.packing, 0, 0),
        }
    }

    fn encoding(&self, column: usize) -> (u64, u64) {
        self.footer.encodings.get(column).copied().unwrap_or_default()
    }

    fn ints(&self, column: usize, kind: u64, signed: bool) -> Damage<Ints> {
        let second = self.encoding(column).0 >= 2;
        Ok(Ints::new(self.get(column, kind)?, signed, second))
    }
}
