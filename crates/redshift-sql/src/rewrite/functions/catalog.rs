//! The catalog: macros that the warehouse defines (where the engine has a function of the same name it answers
//! wrongly, so only what the warehouse does define may stand here) (Redshift guide, SQL functions › System information functions).

use super::{
    How::{Catalog, Missing, Same},
    Table,
};

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("array_lower", Catalog),
    ("array_to_string", Same),
    ("array_upper", Catalog),
    ("col_description", Catalog),
    ("current_schemas", Catalog),
    ("format_encoding", Catalog),
    ("format_type", Catalog),
    ("getdatabaseencoding", Catalog),
    ("has_assumerole_privilege", Catalog),
    ("has_database_privilege", Missing),
    ("has_schema_privilege", Catalog),
    ("has_table_privilege", Missing),
    ("obj_description", Catalog),
    ("pg_char_to_encoding", Catalog),
    ("pg_encoding_to_char", Catalog),
    ("pg_function_is_visible", Catalog),
    ("pg_get_constraintdef", Catalog),
    ("pg_get_expr", Catalog),
    ("pg_get_grantee_by_iam_role", Missing),
    ("pg_get_function_arguments", Catalog),
    ("pg_get_function_identity_arguments", Catalog),
    ("pg_get_function_result", Catalog),
    ("pg_get_iam_role_by_user", Missing),
    ("pg_get_indexdef", Catalog),
    ("pg_get_ruledef", Catalog),
    ("pg_get_userbyid", Catalog),
    ("pg_get_viewdef", Catalog),
    ("pg_relation_size", Catalog),
    ("pg_size_pretty", Catalog),
    ("pg_table_is_visible", Catalog),
    ("pg_table_size", Catalog),
    ("pg_tablespace_location", Catalog),
    ("pg_total_relation_size", Catalog),
    ("pg_type_is_visible", Catalog),
    ("role_is_member_of", Missing),
    ("shobj_description", Catalog),
    ("user_is_member_of", Missing),
];
