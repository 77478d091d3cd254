//! Failures of an UNLOAD or COPY, in Redshift's words: the ErrorResponse's message and its DETAIL
//! block.
//!
//! It must not know how rows are written or read; it turns what the cloud said into what the leader node
//! says of it. Start reading at [`UnloadError::from_cloud`].

use std::io;

use arrow::error::ArrowError;

use super::{Caller, SourceError};
use crate::ports::{CloudError, Hop};

/// An ErrorResponse's fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnloadError {
    /// SQLSTATE; `XX000` for everything that the engine or the cloud refused.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// The DETAIL field: the engine's block, absent where Redshift sends none.
    pub detail: Option<String>,
    /// The HINT field: Redshift sends none; ours carries the explanation of a denial.
    pub hint: Option<String>,
}

/// SQLSTATE of all load and unload failures.
const INTERNAL: &str = "XX000";

/// The two rules of the DETAIL block.
const RULE: &str = "-----------------------------------------------";

/// The engine's code of a failed access to S3 or to a role.
pub(crate) const CODE_S3: u32 = 8001;

/// The engine's code of a refusal by the credentials service.
const CODE_CREDENTIALS: u32 = 30000;

/// What the engine was doing with S3 when it failed; the block's `context:` line.
#[derive(Debug, Clone)]
pub(crate) enum Context {
    /// Listing the target.
    Listing { bucket: String, prefix: String },
    /// Opening or writing an object.
    Writing { bucket: String, key: String },
    /// Making everything visible.
    Committing { bucket: String, prefix: String },
    /// Reading an object.
    Reading { bucket: String, key: String },
    /// Reading a DynamoDB table.
    Table { table: String },
}

impl Context {
    fn line(&self) -> String {
        match self {
            Self::Listing { bucket, prefix } => format!("Listing bucket={bucket} prefix={prefix}"),
            Self::Writing { bucket, key } => {
                format!("Failed to initialize S3 output stream. S3 path: s3://{bucket}/{key}")
            }
            Self::Committing { bucket, prefix } => {
                format!("Failed to complete S3 output. S3 path: s3://{bucket}/{prefix}")
            }
            Self::Reading { bucket, key } => format!("S3 key being read : s3://{bucket}/{key}"),
            Self::Table { table } => format!("DynamoDB table being read : {table}"),
        }
    }

    fn location(&self) -> &'static str {
        match self {
            Self::Listing { .. } => "s3_utility.cpp:840",
            Self::Writing { .. } | Self::Committing { .. } => "s3_text_unloader.cpp:364",
            Self::Reading { .. } => "table_s3_scanner.cpp:354",
            Self::Table { .. } => "table_dynamodb_scanner.cpp:354",
        }
    }
}

/// One DETAIL block: the lines that differ between failures.
pub(crate) struct Block<'a> {
    pub code: u32,
    pub context: &'a str,
    pub location: &'a str,
}

impl UnloadError {
    /// A plain error without a DETAIL block.
    pub(crate) fn plain(sqlstate: &str, message: impl Into<String>) -> Self {
        Self { sqlstate: sqlstate.to_owned(), message: message.into(), detail: None, hint: None }
    }

    /// An engine error: `XX000` with the DETAIL block of the leader node.
    /// Amazon Redshift Developer Guide, "Load error reference" shows the block.
    pub(crate) fn engine(message: String, block: &Block<'_>, caller: &Caller<'_>) -> Self {
        let Block { code, context, location } = block;
        let detail = format!(
            "\n  {RULE}\n  error:  {message}\n  code:      {code}\n  context:   {context}\n  \
             query:     {}\n  location:  {location}\n  process:   padbmaster [pid={}]\n  {RULE}\n",
            caller.query_id, caller.pid,
        );
        Self { sqlstate: INTERNAL.to_owned(), message, detail: Some(detail), hint: None }
    }

    /// A batch did not have the query's columns: a fault of the caller, told instead of a panic.
    pub(crate) fn layout() -> Self {
        Self::plain(INTERNAL, "UNLOAD: the rows do not have the columns of the query")
    }

    /// A writer's thread ended without a result.
    pub(crate) fn worker_died() -> Self {
        Self::plain(INTERNAL, "UNLOAD: a writer ended unexpectedly")
    }

    /// The machine gave no thread for a writer.
    pub(crate) fn no_thread() -> Self {
        Self::plain("53000", "UNLOAD: no thread for a writer")
    }

    /// The user or a timeout stopped the statement.
    pub(crate) fn cancelled(caller: &Caller<'_>) -> Self {
        let message = format!("Query ({}) cancelled on user's request", caller.query_id);
        Self::plain("57014", message)
    }

    /// A value of the engine does not fit its Redshift type.
    pub(crate) fn arrow(error: &ArrowError) -> Self {
        Self::plain(INTERNAL, format!("UNLOAD: {error}"))
    }

    /// The role is not attached to the cluster; `role_text` is the chain as the statement has it.
    pub(crate) fn role_not_attached(role_text: &str, caller: &Caller<'_>) -> Self {
        let user = caller.cluster.db_user_arn(caller.db_user);
        Self::engine(
            format!("User {user} is not authorized to assume IAM Role {role_text}"),
            &Block {
                code: CODE_S3,
                context: &format!("IAM Role={role_text}"),
                location: "xen_aws_credentials_mgr.cpp:321",
            },
            caller,
        )
    }

    /// What the cloud refused, as Redshift reports it. A refused role is named without STS's
    /// reason; S3's and the key's refusals carry the service's own text.
    pub(crate) fn from_cloud(error: &CloudError, context: &Context, caller: &Caller<'_>) -> Self {
        let failure = match &error.hop {
            Hop::Assume { role, .. } => Self::role_not_assumable(role, caller),
            Hop::Storage | Hop::Key { .. } => Self::storage(error, context, caller),
        };
        let message = error.authorization_message.as_ref();
        let hint = message.map(|text| format!("encoded authorization message: {text}"));
        Self { hint, ..failure }
    }

    fn role_not_assumable(role: &str, caller: &Caller<'_>) -> Self {
        Self::engine(
            format!(
                "exception name : UnauthorizedException, error type : 135, message: Not \
                 authorized to get credentials of role {role}, should retry : 0"
            ),
            &Block {
                code: CODE_CREDENTIALS,
                context: "",
                location: "xen_aws_credentials_mgr.cpp:785",
            },
            caller,
        )
    }

    fn storage(error: &CloudError, context: &Context, caller: &Caller<'_>) -> Self {
        // A refusal of the key reaches Redshift through S3, which answers AccessDenied for it.
        let code = match error.code.as_str() {
            "AccessDeniedException" => "AccessDenied",
            code => code,
        };
        let status = if code == "AccessDenied" { 403 } else { error.status };
        let service = if error.service == "dynamodb" { "DynamoDB" } else { "S3" };
        let message = format!(
            "{service}ServiceException:{},Status {status},Error {code},Rid {},ExtRid {},CanRetry 1",
            error.message, error.request_id, error.extended_request_id,
        );
        Self::engine(
            message,
            &Block { code: CODE_S3, context: &context.line(), location: context.location() },
            caller,
        )
    }

    /// A failed write: the cloud's error when the writer hid one inside, else the I/O error.
    pub(crate) fn from_io(error: &io::Error, context: &Context, caller: &Caller<'_>) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<CloudError>()) {
            Some(cloud) => Self::from_cloud(cloud, context, caller),
            None => Self::at(format!("S3 transfer failed: {error}"), context, caller),
        }
    }

    /// A failure of the engine's own at a place.
    pub(crate) fn at(message: String, context: &Context, caller: &Caller<'_>) -> Self {
        let (line, location) = (context.line(), context.location());
        Self::engine(message, &Block { code: CODE_S3, context: &line, location }, caller)
    }
}

impl From<SourceError> for UnloadError {
    fn from(error: SourceError) -> Self {
        Self { sqlstate: error.sqlstate, message: error.message, detail: None, hint: None }
    }
}
