//! The one kind of error that reaches a client.

use std::borrow::Cow;

use store::StoreError;
use wire::WireFault;

/// An answer that is not success: a code of the service's interface and its message.
///
/// What caused an internal failure goes to the log, never to the client.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The error code, such as `NoSuchBucket`.
    pub code: Cow<'static, str>,
    /// The message, in AWS's words where they are known.
    pub message: String,
    /// HTTP status; the interface model's when absent.
    pub status: Option<u16>,
    /// Elements that stand beside the message (S3).
    pub extra: Vec<(String, String)>,
    /// Structured members of the error's shape (DynamoDB), by name.
    pub detail: serde_json::Map<String, serde_json::Value>,
    /// The sealed explanation of a denial, for DecodeAuthorizationMessage.
    pub authorization_message: Option<String>,
}

impl Fault {
    /// A fault by code and message.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: None,
            extra: Vec::new(),
            detail: serde_json::Map::new(),
            authorization_message: None,
        }
    }

    /// Sets the HTTP status where the interface model has none for the code.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds an element beside the message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.extra.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a structured member beside the message.
    #[must_use]
    pub fn with_detail(mut self, name: &str, value: serde_json::Value) -> Self {
        self.detail.insert(name.to_owned(), value);
        self
    }

    /// A failure of ours: the cause is logged, the client learns nothing of it.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal failure");
        Self::new("InternalFailure", "An internal error occurred.").status(500)
    }

    /// The state's disk is full or cannot be written: "ServiceUnavailable" of the common errors.
    /// It may work again later, and clients try again.
    pub(crate) fn of_the_disk(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "the state cannot be written");
        let text = "The state of this platform cannot be written at the moment (its disk is full \
                    or not writable). Nothing was changed.";
        Self::new("ServiceUnavailable", text).status(503)
    }

    pub(crate) fn into_wire(self, model: Option<&wire::Model>) -> WireFault {
        let by_model = || model.and_then(|m| m.error_status(&self.code)).unwrap_or(400);
        let status = self.status.unwrap_or_else(by_model);
        WireFault {
            code: self.code.into_owned(),
            message: self.message,
            status,
            sender: status < 500,
            extra: self.extra,
            detail: self.detail,
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        if error.is_of_the_disk() { Self::of_the_disk(error) } else { Self::internal(error) }
    }
}

impl From<WireFault> for Fault {
    fn from(fault: WireFault) -> Self {
        let WireFault { code, message, status, extra, detail, .. } = fault;
        Self {
            code: code.into(),
            message,
            status: Some(status),
            extra,
            detail,
            authorization_message: None,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
