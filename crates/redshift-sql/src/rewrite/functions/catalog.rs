//! The catalog: macros that the warehouse defines (where the engine has a function of the same name it answers
//! wrongly, so only what the warehouse does define may stand here) (Redshift guide, SQL functions › System information functions).

use super::{
    How::{Catalog, Missing, Same},
    Table,
};

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("array_to_string", Same),
    ("col_description", Catalog),
    ("current_schemas", Catalog),
    ("format_encoding", Missing),
    ("format_type", Catalog),
    ("has_assumerole_privilege", Catalog),
    ("has_database_privilege", Missing),
    ("has_schema_privilege", Catalog),
    ("has_table_privilege", Missing),
    ("obj_description", Catalog),
    ("pg_encoding_to_char", Catalog),
    ("pg_get_constraintdef", Catalog),
    ("pg_get_expr", Catalog),
    ("pg_get_grantee_by_iam_role", Missing),
    ("pg_get_iam_role_by_user", Missing),
    ("pg_get_indexdef", Missing),
    ("pg_get_userbyid", Catalog),
    ("pg_get_viewdef", Catalog),
    ("pg_table_is_visible", Catalog),
    ("role_is_member_of", Missing),
    ("user_is_member_of", Missing),
];
