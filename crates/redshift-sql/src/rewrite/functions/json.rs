//! JSON and SUPER (Redshift guide, SQL functions › JSON functions, SUPER type information functions).

use super::{How::Missing, Table};

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("array", Missing),
    ("array_concat", Missing),
    ("array_flatten", Missing),
    ("array_lower", Missing),
    ("array_upper", Missing),
    ("can_json_parse", Missing),
    ("get_array_length", Missing),
    ("get_number_attributes", Missing),
    ("is_array", Missing),
    ("is_object", Missing),
    ("is_scalar", Missing),
    ("is_valid_json", Missing),
    ("is_valid_json_array", Missing),
    ("is_varchar", Missing),
    ("json_array_length", Missing),
    ("json_extract_array_element_text", Missing),
    ("json_extract_path_text", Missing),
    ("json_parse", Missing),
    ("json_serialize", Missing),
    ("json_serialize_to_varbyte", Missing),
    ("json_size", Missing),
    ("json_typeof", Missing),
    ("lower_attribute_names", Missing),
    ("object", Missing),
    ("object_transform", Missing),
    ("split_to_array", Missing),
    ("subarray", Missing),
    ("upper_attribute_names", Missing),
];
