//! The session: the warehouse sets the variable before the statement runs (Redshift guide, SQL
//! functions › System information functions, System administration functions).

use super::{
    How::{By, Missing, Session},
    Table,
};
use crate::rewrite::special;

/// By name.
pub(super) const FUNCTIONS: Table = &[
    ("change_query_priority", Missing),
    ("change_session_priority", Missing),
    ("change_user_priority", Missing),
    ("current_aws_account", Session),
    ("current_database", Session),
    ("current_namespace", Session),
    ("current_schema", Session),
    ("current_session_arn", Session),
    ("current_setting", By(special::current_setting)),
    ("current_user", Session),
    ("current_user_id", Session),
    ("default_iam_role", Session),
    ("explain_model", Missing),
    ("getdate", Session),
    ("pg_backend_pid", Session),
    ("pg_cancel_backend", By(special::pg_cancel_backend)),
    ("pg_last_copy_count", Session),
    ("pg_last_copy_id", Session),
    ("pg_last_query_id", Session),
    ("pg_last_unload_count", Session),
    ("pg_last_unload_id", Session),
    ("pg_terminate_backend", By(special::pg_terminate_backend)),
    ("session_user", Session),
    ("set_config", By(special::set_config)),
    ("slice_num", Missing),
    ("sysdate", Session),
    ("user", Session),
    ("version", Session),
];
