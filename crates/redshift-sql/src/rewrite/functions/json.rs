//! JSON and SUPER (Redshift guide, SQL functions › JSON functions, SUPER type information functions,
//! array functions, object functions).

use super::How::{By, Missing};
use super::Table;
use crate::rewrite::special;

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("array", By(special::array)),
    ("array_concat", By(special::array_concat)),
    ("array_flatten", By(special::array_flatten)),
    ("array_lower", Missing),
    ("array_upper", Missing),
    ("can_json_parse", By(special::json_valid)),
    ("decimal_precision", By(special::super_measure)),
    ("decimal_scale", By(special::super_measure)),
    ("get_array_length", By(special::super_measure)),
    ("get_number_attributes", By(special::super_measure)),
    ("is_array", By(special::super_is)),
    ("is_bigint", By(special::super_is)),
    ("is_boolean", By(special::super_is)),
    ("is_char", By(special::super_is)),
    ("is_decimal", By(special::super_is)),
    ("is_float", By(special::super_is)),
    ("is_integer", By(special::super_is)),
    ("is_object", By(special::super_is)),
    ("is_scalar", By(special::super_is)),
    ("is_smallint", By(special::super_is)),
    ("is_valid_json", By(special::json_valid)),
    ("is_valid_json_array", By(special::json_valid)),
    ("is_varchar", By(special::super_is)),
    ("json_array_length", By(special::json_array_length)),
    ("json_extract_array_element_text", By(special::json_element_text)),
    ("json_extract_path_text", By(special::json_path_text)),
    ("json_parse", By(special::json_parse)),
    ("json_serialize", By(special::json_serialize)),
    ("json_serialize_to_varbyte", By(special::json_serialize)),
    ("json_size", By(special::super_measure)),
    ("json_typeof", By(special::json_typeof)),
    ("lower_attribute_names", By(special::attribute_names)),
    ("object", By(special::object)),
    ("object_transform", Missing),
    ("size", Missing),
    ("split_to_array", By(special::split_to_array)),
    ("subarray", By(special::subarray)),
    ("upper_attribute_names", By(special::attribute_names)),
];
