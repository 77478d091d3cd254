//! The real [`Api`]: requests written and answers read by the `wire` crate's interface models,
//! signed with Signature Version 4, sent over a small HTTP transport.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use http::{HeaderMap, HeaderValue, Request};
use serde_json::{Value, json};
use wire::client::{decode_response, encode_request};
use wire::sigv4::{Credentials, PayloadHash, sign};
use wire::{Model, Operation};

use crate::http::{Answer, send};
use crate::{Api, ApiError, Clock, Roots, Session, Sink};

/// The header with the opaque explanation of a denial.
const AUTHORIZATION_MESSAGE: &str = "x-landbridge-authorization-message";
/// How often a throttled call is sent altogether, and the first pause between two.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// AWS over HTTP.
#[derive(Clone)]
pub struct Client {
    roots: Roots,
    clock: Arc<dyn Clock>,
}

impl Client {
    /// Trusting these roots; the clock is for signatures.
    pub fn new(roots: Roots, clock: Arc<dyn Clock>) -> Self {
        Self { roots, clock }
    }

    /// Sends one signed request; gives the answer, its body unread.
    async fn exchange(
        &self,
        session: &Session,
        call: &Call,
        input: &Value,
    ) -> Result<Answer, ApiError> {
        let account = input.get("AccountId").and_then(Value::as_str);
        let endpoint = endpoint(session, call.model.name(), account);
        let request = encode_request(call.model, call.operation, input, &endpoint)
            .map_err(|error| call.error("InvalidRequest", error.to_string()))?;
        let request = self.signed(session, call, request);
        send(&self.roots, request)
            .await
            .map_err(|error| call.error("Unreachable", error.to_string()))
    }

    fn signed(
        &self,
        session: &Session,
        call: &Call,
        request: Request<Vec<u8>>,
    ) -> Request<Vec<u8>> {
        let (mut parts, body) = request.into_parts();
        if call.operation.requires_checksum() {
            let digest = ring::digest::digest(&ring::digest::SHA256, &body);
            let text = base64::engine::general_purpose::STANDARD.encode(digest);
            if let Ok(value) = HeaderValue::from_str(&text) {
                parts.headers.insert("x-amz-checksum-sha256", value);
                let algorithm = HeaderValue::from_static("SHA256");
                parts.headers.insert("x-amz-sdk-checksum-algorithm", algorithm);
            }
        }
        let keys = &session.keys;
        let credentials = Credentials {
            access_key_id: keys.access_key_id.clone(),
            secret_access_key: keys.secret_access_key.reveal().to_owned(),
            session_token: keys.session_token.as_ref().map(|token| token.reveal().to_owned()),
        };
        let service = call.model.signing_name();
        let region = region(session, service);
        let now = self.clock.now();
        sign(&mut parts, &credentials, region, service, &PayloadHash::of(&body), now);
        Request::from_parts(parts, body)
    }

    async fn once(&self, session: &Session, call: &Call, input: &Value) -> Result<Value, ApiError> {
        let answer = self.exchange(session, call, input).await?;
        let (status, headers) = (answer.status.as_u16(), answer.headers.clone());
        let body =
            answer.bytes().await.map_err(|error| call.error("Unreachable", error.to_string()))?;
        decode_response(call.model, call.operation, status, &headers, &body)
            .map_err(|error| call.refused(error, &headers))
    }
}

/// One operation of one service.
struct Call {
    model: &'static Model,
    operation: &'static Operation,
}

impl Call {
    fn find(service: &str, operation: &str) -> Result<Self, ApiError> {
        let model = wire::model(service);
        let found =
            model.and_then(|model| Some(Self { model, operation: model.operation(operation)? }));
        found.ok_or_else(|| ApiError {
            call: format!("{service} {operation}").into(),
            code: "InvalidRequest".to_owned(),
            message: format!("no interface model describes {service} {operation}"),
            status: 0,
            request_id: None,
            authorization_message: None,
        })
    }

    fn error(&self, code: &str, message: String) -> ApiError {
        ApiError {
            call: format!("{} {}", self.model.name(), self.operation.name()).into(),
            code: code.to_owned(),
            message,
            status: 0,
            request_id: None,
            authorization_message: None,
        }
    }

    fn refused(&self, error: wire::client::ServiceError, headers: &HeaderMap) -> ApiError {
        let message = headers.get(AUTHORIZATION_MESSAGE).and_then(|value| value.to_str().ok());
        ApiError {
            status: error.status,
            request_id: Some(error.request_id).filter(|id| !id.is_empty()),
            authorization_message: message.map(str::to_owned),
            ..self.error(&error.code, error.message)
        }
    }
}

#[async_trait]
impl Api for Client {
    async fn call(
        &self,
        session: &Session,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ApiError> {
        let call = Call::find(service, operation)?;
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match self.once(session, &call, &input).await {
                Err(error) if is_throttled(&error) => tokio::time::sleep(pause).await,
                answer => return answer,
            }
            pause *= 2;
        }
        self.once(session, &call, &input).await
    }

    async fn download(
        &self,
        session: &Session,
        bucket: &str,
        key: &str,
        sink: Sink<'_>,
    ) -> Result<u64, ApiError> {
        let call = Call::find("s3", "GetObject")?;
        let input = json!({ "Bucket": bucket, "Key": key });
        let answer = self.exchange(session, &call, &input).await?;
        let unreachable =
            |error: crate::http::Unreachable| call.error("Unreachable", error.to_string());
        if answer.status.is_success() {
            return answer.stream(sink).await.map_err(unreachable);
        }
        let (status, headers) = (answer.status.as_u16(), answer.headers.clone());
        let body = answer.bytes().await.map_err(unreachable)?;
        match decode_response(call.model, call.operation, status, &headers, &body) {
            Err(error) => Err(call.refused(error, &headers)),
            Ok(_) => Err(call.error("Unreachable", format!("status {status} without an error"))),
        }
    }
}

/// "Error retries and exponential backoff" in the AWS General Reference: these may be sent again.
fn is_throttled(error: &ApiError) -> bool {
    matches!(
        error.code.as_str(),
        "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "SlowDown"
            | "TooManyRequestsException"
    )
}

/// IAM and Organizations are global: they are signed for us-east-1 in the `aws` partition.
fn region<'s>(session: &'s Session, service: &str) -> &'s str {
    match service {
        "iam" | "organizations" => "us-east-1",
        _ => session.region.as_str(),
    }
}

/// The endpoint of a service ("AWS service endpoints" in the AWS General Reference). S3 Control's
/// begins with the account that the call is about.
fn endpoint(session: &Session, service: &str, account: Option<&str>) -> String {
    let region = region(session, service);
    match (&session.endpoint, service, account) {
        (Some(endpoint), ..) => endpoint.clone(),
        (None, "iam", _) => "https://iam.amazonaws.com".to_owned(),
        (None, "s3control", Some(account)) => {
            format!("https://{account}.s3-control.{region}.amazonaws.com")
        }
        (None, service, _) => format!("https://{service}.{region}.amazonaws.com"),
    }
}
