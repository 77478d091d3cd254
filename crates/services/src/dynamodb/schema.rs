//! Key schemas, attribute definitions, indexes and throughput as requests give them, checked as
//! DynamoDB checks them ("CreateTable", API Reference). Start at [`Definitions`].

use chrono::{DateTime, Utc};
use gateway::Fault;
use serde::{Deserialize, Serialize};

use super::access::check_name;
use super::faults::{bad_value, invalid};
use super::key::{Kind, Part, Schema};
use super::state::{IndexRecord, Projected, Throughput};

/// Local indexes of a table.
const MAX_LOCAL: usize = 5;
/// Global indexes of a table, by default.
pub(super) const MAX_GLOBAL: usize = 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Definition {
    attribute_name: String,
    attribute_type: Kind,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyElement {
    attribute_name: String,
    key_type: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProjectionInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    projection_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    non_key_attributes: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ThroughputInput {
    read_capacity_units: i64,
    write_capacity_units: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexInput {
    pub(super) index_name: String,
    key_schema: Vec<KeyElement>,
    projection: ProjectionInput,
    pub(super) provisioned_throughput: Option<ThroughputInput>,
}

/// The attribute definitions of a request, and which of them keys use.
pub(super) struct Definitions {
    parts: Vec<Part>,
    used: Vec<String>,
}

impl Definitions {
    /// Those of a request, beside those that are known.
    pub(super) fn new(known: &[Part], given: &[Definition]) -> Result<Self, Fault> {
        let mut parts = known.to_vec();
        for Definition { attribute_name: name, attribute_type: kind } in given {
            match parts.iter().find(|part| part.name == *name) {
                Some(part) if part.kind != *kind => {
                    return Err(bad_value(format!("Cannot redefine the type of attribute {name}")));
                }
                Some(_) => {}
                None => parts.push(Part { name: name.clone(), kind: *kind }),
            }
        }
        Ok(Self { parts, used: Vec::new() })
    }

    /// A key of these attributes.
    pub(super) fn schema(&mut self, elements: &[KeyElement]) -> Result<Schema, Fault> {
        let [first, rest @ ..] = elements else {
            return Err(bad_value("No KeySchema is given"));
        };
        if first.key_type != "HASH" {
            let text = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type";
            return Err(invalid(text));
        }
        let second = match rest {
            [] => None,
            [second] if second.key_type != "RANGE" => {
                let text = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type";
                return Err(invalid(text));
            }
            [second] if second.attribute_name == first.attribute_name => {
                return Err(invalid(
                    "Both the Hash Key and the Range Key element in the KeySchema have the same \
                     name",
                ));
            }
            [second] => Some(second),
            // Keys of several attributes are for global indexes of today's DynamoDB; not built.
            [_, _, ..] => {
                return Err(invalid(
                    "1 validation error detected: Value at 'keySchema' failed to satisfy \
                     constraint: Member must have length less than or equal to 2",
                ));
            }
        };
        let keys: Vec<&str> = elements.iter().map(|e| e.attribute_name.as_str()).collect();
        let hash = self.part(&first.attribute_name, &keys)?;
        let range = second.map(|second| self.part(&second.attribute_name, &keys)).transpose()?;
        Ok(Schema { hash, range })
    }

    fn part(&mut self, name: &str, keys: &[&str]) -> Result<Part, Fault> {
        let Some(part) = self.parts.iter().find(|part| part.name == name) else {
            let defined: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
            return Err(bad_value(format!(
                "Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], \
                 AttributeDefinitions: [{}]",
                keys.join(", "),
                defined.join(", ")
            )));
        };
        self.used.push(name.to_owned());
        Ok(part.clone())
    }

    /// The definitions, every one of which a key must use.
    pub(super) fn all_used(self, indexes: bool) -> Result<Vec<Part>, Fault> {
        let unused = self.parts.iter().any(|part| !self.used.contains(&part.name));
        if !unused {
            return Ok(self.parts);
        }
        if !indexes {
            return Err(bad_value(
                "Number of attributes in KeySchema does not exactly match number of attributes \
                 defined in AttributeDefinitions",
            ));
        }
        let defined: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        Err(bad_value(format!(
            "Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
            defined.join(", "),
            self.used.join(", ")
        )))
    }

    /// The definitions that are used.
    pub(super) fn used(self) -> Vec<Part> {
        let Self { parts, used } = self;
        parts.into_iter().filter(|part| used.contains(&part.name)).collect()
    }

    /// Counts keys that are there already as using their attributes.
    pub(super) fn keep(&mut self, schema: &Schema) {
        self.used.extend(schema.parts().map(|part| part.name.clone()));
    }
}

impl ProjectionInput {
    fn read(&self) -> Result<Projected, Fault> {
        let kind = self.projection_type.as_deref();
        match (kind, &self.non_key_attributes) {
            (Some("INCLUDE"), Some(names)) => Ok(Projected::Include(names.clone())),
            (Some("INCLUDE"), None) => {
                Err(bad_value("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"))
            }
            (Some(kind), Some(_)) => Err(bad_value(format!(
                "ProjectionType is {kind}, but NonKeyAttributes is specified"
            ))),
            (Some("ALL"), None) => Ok(Projected::All),
            (Some("KEYS_ONLY"), None) => Ok(Projected::KeysOnly),
            (other, _) => {
                let shown = other.unwrap_or("null");
                Err(bad_value(format!("Unknown ProjectionType: {shown}")))
            }
        }
    }

    /// As a description shows it.
    pub(super) fn shown(projected: &Projected) -> Self {
        let (kind, names) = match projected {
            Projected::All => ("ALL", None),
            Projected::KeysOnly => ("KEYS_ONLY", None),
            Projected::Include(names) => ("INCLUDE", Some(names.clone())),
        };
        Self { projection_type: Some(kind.to_owned()), non_key_attributes: names }
    }
}

/// `ProvisionedThroughput` under a billing mode.
pub(super) fn throughput(
    given: Option<ThroughputInput>,
    on_demand: bool,
    of: &str,
) -> Result<Throughput, Fault> {
    match given {
        Some(_) if on_demand => Err(bad_value(format!(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode \
             is PAY_PER_REQUEST{of}"
        ))),
        None if !on_demand => Err(bad_value(format!(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is \
             PROVISIONED{of}"
        ))),
        None => Ok(Throughput::default()),
        Some(given) => Ok(Throughput {
            reads: given.read_capacity_units,
            writes: given.write_capacity_units,
            increased: None,
            decreased: None,
        }),
    }
}

impl ThroughputInput {
    /// In place of what there is.
    pub(super) fn change(self, old: Throughput, now: DateTime<Utc>) -> Result<Throughput, Fault> {
        let (reads, writes) = (self.read_capacity_units, self.write_capacity_units);
        if (reads, writes) == (old.reads, old.writes) {
            return Err(invalid(format!(
                "The provisioned throughput for the table will not change. The requested value \
                 equals the current value. Current ReadCapacityUnits provisioned for the table: \
                 {reads}. Requested ReadCapacityUnits: {reads}. Current WriteCapacityUnits \
                 provisioned for the table: {writes}. Requested WriteCapacityUnits: {writes}. \
                 Refer to the Amazon DynamoDB Developer Guide for current limits and how to \
                 request higher limits."
            )));
        }
        let up = reads > old.reads || writes > old.writes;
        let down = reads < old.reads || writes < old.writes;
        Ok(Throughput {
            reads,
            writes,
            increased: if up { Some(now) } else { old.increased },
            decreased: if down { Some(now) } else { old.decreased },
        })
    }
}

/// A global index of a table.
pub(super) fn global(
    input: &IndexInput,
    definitions: &mut Definitions,
    on_demand: bool,
    settled: DateTime<Utc>,
) -> Result<IndexRecord, Fault> {
    check_name(&input.index_name, "globalSecondaryIndexes.1.member.indexName")?;
    let of = format!(" for index: {}", input.index_name);
    Ok(IndexRecord {
        name: input.index_name.clone(),
        schema: definitions.schema(&input.key_schema)?,
        projected: input.projection.read()?,
        throughput: throughput(input.provisioned_throughput, on_demand, &of)?,
        settled,
        gone: None,
        global: true,
    })
}

/// A local index of a table with this key.
fn local(
    input: &IndexInput,
    definitions: &mut Definitions,
    table: &Schema,
    settled: DateTime<Utc>,
) -> Result<IndexRecord, Fault> {
    let name = &input.index_name;
    check_name(name, "localSecondaryIndexes.1.member.indexName")?;
    let schema = definitions.schema(&input.key_schema)?;
    if schema.range.is_none() {
        return Err(bad_value(format!(
            "Index KeySchema does not have a range key for index: {name}"
        )));
    }
    if schema.hash.name != table.hash.name {
        return Err(bad_value(format!(
            "Index KeySchema does not have the same leading hash key as table KeySchema for \
             index: {name}. index hash key: {}, table hash key: {}",
            schema.hash.name, table.hash.name
        )));
    }
    Ok(IndexRecord {
        name: name.clone(),
        schema,
        projected: input.projection.read()?,
        throughput: Throughput::default(),
        settled,
        gone: None,
        global: false,
    })
}

/// All indexes of a new table.
pub(super) fn indexes(
    locals: &[IndexInput],
    globals: &[IndexInput],
    definitions: &mut Definitions,
    table: &Schema,
    on_demand: bool,
    settled: DateTime<Utc>,
) -> Result<Vec<IndexRecord>, Fault> {
    if !locals.is_empty() && table.range.is_none() {
        return Err(bad_value(
            "Table KeySchema does not have a range key, which is required when specifying a \
             LocalSecondaryIndex",
        ));
    }
    if locals.len() > MAX_LOCAL {
        return Err(bad_value(format!(
            "Number of LocalSecondaryIndexes exceeds per-table limit of {MAX_LOCAL}"
        )));
    }
    if globals.len() > MAX_GLOBAL {
        return Err(bad_value(format!(
            "GlobalSecondaryIndex count exceeds the per-table limit of {MAX_GLOBAL}"
        )));
    }
    let mut made: Vec<IndexRecord> = Vec::new();
    let names = locals.iter().chain(globals).map(|index| &index.index_name);
    for (at, name) in names.clone().enumerate() {
        if names.clone().take(at).any(|earlier| earlier == name) {
            return Err(bad_value(format!("Duplicate index name: {name}")));
        }
    }
    for input in locals {
        made.push(local(input, definitions, table, settled)?);
    }
    for input in globals {
        made.push(global(input, definitions, on_demand, settled)?);
    }
    Ok(made)
}

/// A key as a description shows it.
pub(super) fn shown(schema: &Schema) -> Vec<KeyElement> {
    let element = |part: &Part, key_type: &str| KeyElement {
        attribute_name: part.name.clone(),
        key_type: key_type.to_owned(),
    };
    let hash = element(&schema.hash, "HASH");
    std::iter::once(hash).chain(schema.range.iter().map(|part| element(part, "RANGE"))).collect()
}

/// Definitions as a description shows them.
pub(super) fn defined(parts: &[Part]) -> Vec<Definition> {
    let definition =
        |part: &Part| Definition { attribute_name: part.name.clone(), attribute_type: part.kind };
    parts.iter().map(definition).collect()
}
