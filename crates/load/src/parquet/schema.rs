//! How the columns of a file are to be read: text as bytes, timestamps in microseconds.
//!
//! Start at [`hinted`].

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::printer::print_schema;
use parquet::schema::types::{SchemaDescriptor, Type};

use crate::columnar::Source;

/// The schema without what says that bytes are text: whether they are UTF-8 is for us to find out.
pub(super) fn without_text(
    described: &SchemaDescriptor,
) -> Result<Arc<SchemaDescriptor>, ParquetError> {
    let root = described.root_schema();
    let bare = |field: &Arc<Type>| {
        if !is_text(field) {
            return Ok(Arc::clone(field));
        }
        let info = field.get_basic_info();
        Type::primitive_type_builder(info.name(), Physical::BYTE_ARRAY)
            .with_repetition(info.repetition())
            .build()
            .map(Arc::new)
    };
    let fields = root.get_fields().iter().map(bare).collect::<Result<_, _>>()?;
    let root = Type::group_type_builder(root.name()).with_fields(fields).build()?;
    Ok(Arc::new(SchemaDescriptor::new(Arc::new(root))))
}

fn is_text(field: &Type) -> bool {
    let info = field.get_basic_info();
    field.is_primitive()
        && field.get_physical_type() == Physical::BYTE_ARRAY
        && match info.logical_type_ref() {
            Some(LogicalType::String | LogicalType::Json | LogicalType::Enum) => true,
            None => matches!(
                info.converted_type(),
                ConvertedType::NONE
                    | ConvertedType::UTF8
                    | ConvertedType::JSON
                    | ConvertedType::ENUM
            ),
            _ => false,
        }
}

/// The types to read as: bytes are not copied until their length is known to fit, and INT96
/// reaches as far as the engine's microseconds do.
pub(super) fn hinted(metadata: &ArrowReaderMetadata) -> SchemaRef {
    let described = metadata.parquet_schema().root_schema().get_fields();
    let fields = metadata.schema().fields().iter().enumerate();
    let fields = fields.map(|(index, field)| {
        let int96 = described
            .get(index)
            .is_some_and(|ty| ty.is_primitive() && ty.get_physical_type() == Physical::INT96);
        match field.data_type() {
            _ if int96 => retyped(field, DataType::Timestamp(TimeUnit::Microsecond, None)),
            DataType::Binary => retyped(field, DataType::BinaryView),
            _ => Arc::clone(field),
        }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn retyped(field: &Arc<Field>, ty: DataType) -> Arc<Field> {
    Arc::new(field.as_ref().clone().with_data_type(ty))
}

/// The columns as they are compared with the table's.
pub(super) fn sources(described: &SchemaDescriptor, read: &Schema) -> Vec<Source> {
    let fields = described.root_schema().get_fields().iter().zip(read.fields());
    let source = |(described, read): (&Arc<Type>, &Arc<Field>)| {
        let info = described.get_basic_info();
        let json = info.converted_type() == ConvertedType::JSON
            || info.logical_type_ref() == Some(&LogicalType::Json);
        Source { ty: read.data_type().clone(), words: words(described), json }
    };
    fields.map(source).collect()
}

/// `optional int32 id`.
fn words(field: &Type) -> String {
    let mut text = Vec::new();
    print_schema(&mut text, field);
    String::from_utf8_lossy(&text).trim_end().trim_end_matches(';').to_lowercase()
}
