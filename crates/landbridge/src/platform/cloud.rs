//! The cloud as a cluster sees it: role chains and objects, each call through the gateway.
//!
//! Nothing is decided here. The cluster is the service principal `redshift.amazonaws.com`; each
//! role of a chain is assumed by the session before it, and objects are written by the last.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::Arc;

use gateway::{
    Digests, Fault, Gateway, Invocation, Origin, Principal, ServicePrincipal, StagedUpload, Upload,
};
use names::Region;
use serde_json::{Value, json};
use warehouse::ports::{
    AccessKeys, Attribute, Cloud, CloudError, ClusterRef, Hop, ItemPage, ObjectSummary,
    ObjectWriter, OpenObject, PutOptions, RoleSession, Sse, StagedObject,
};

/// The name of the sessions that a cluster opens.
const SESSION_NAME: &str = "RedshiftIamRoleSession";
/// Keys of one page of a listing.
const PAGE: usize = 1_000;

/// [`Cloud`] over the gateway.
pub struct GatewayCloud {
    gateway: Arc<Gateway>,
}

impl GatewayCloud {
    pub fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway }
    }

    fn origin(&self, cluster: &ClusterRef) -> Origin {
        let user_agent = "redshift.amazonaws.com".to_owned();
        Origin { user_agent, ..self.gateway.own_origin(cluster.region.clone()) }
    }

    fn assume(
        &self,
        cluster: &ClusterRef,
        caller: Principal,
        (index, role): (usize, &String),
        external_id: &str,
    ) -> Result<Principal, CloudError> {
        let hop = Hop::Assume { index, role: role.clone() };
        let origin = self.origin(cluster);
        let request_id = origin.request_id.clone();
        let input = json!({
            "RoleArn": role, "RoleSessionName": SESSION_NAME, "ExternalId": external_id,
        });
        let session = self
            .gateway
            .call(caller, origin, "sts", "AssumeRole", input)
            .and_then(|output| self.session_of(&output.value));
        session.map_err(|fault| cloud_error("sts", fault, request_id, hop.clone()))
    }

    fn session_of(&self, assumed: &Value) -> Result<Principal, Fault> {
        let member = |name: &str| {
            let value =
                assumed.get("Credentials").and_then(|c| c.get(name)).and_then(Value::as_str);
            value.ok_or_else(|| Fault::internal(format!("AssumeRole answered no {name}")))
        };
        let token = Some(member("SessionToken")?);
        self.gateway.sign_in(member("AccessKeyId")?, member("SecretAccessKey")?, token)
    }
}

impl Cloud for GatewayCloud {
    fn assume_chain(
        &self,
        cluster: &ClusterRef,
        db_user: &str,
        roles: &[String],
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        let external_id = cluster.db_user_arn(db_user);
        let mut caller = service(cluster);
        for link in roles.iter().enumerate() {
            caller = self.assume(cluster, caller, link, &external_id)?;
        }
        Ok(Box::new(self.session(cluster, caller)))
    }

    fn use_keys(
        &self,
        cluster: &ClusterRef,
        keys: &AccessKeys,
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        let AccessKeys { access_key_id, secret_access_key, session_token } = keys;
        let principal = self
            .gateway
            .sign_in(access_key_id, secret_access_key, session_token.as_deref())
            .map_err(|fault| cloud_error("s3", fault, self.gateway.world().uuid(), Hop::Storage))?;
        Ok(Box::new(self.session(cluster, principal)))
    }
}

impl GatewayCloud {
    fn session(&self, cluster: &ClusterRef, principal: Principal) -> Session {
        Session { gateway: Arc::clone(&self.gateway), origin: self.origin(cluster), principal }
    }
}

fn service(cluster: &ClusterRef) -> Principal {
    let ClusterRef { account, region, identifier } = cluster;
    Principal::Service(ServicePrincipal {
        name: "redshift.amazonaws.com".to_owned(),
        aliases: vec![format!("redshift.{region}.amazonaws.com")],
        source_account: account.clone(),
        source_arn: format!("arn:aws:redshift:{region}:{account}:cluster:{identifier}"),
    })
}

/// Object storage as the last role of a chain.
struct Session {
    gateway: Arc<Gateway>,
    origin: Origin,
    principal: Principal,
}

impl Session {
    /// Each call gets an id and a time of its own.
    fn origin(&self) -> Origin {
        let gateway = &self.gateway;
        Origin {
            request_id: gateway.world().uuid(),
            time: gateway.world().now(),
            ..self.origin.clone()
        }
    }

    fn s3(&self, operation: &str, input: Value) -> Result<Value, CloudError> {
        let origin = self.origin();
        let request_id = origin.request_id.clone();
        self.gateway
            .call(self.principal.clone(), origin, "s3", operation, input)
            .map(|output| output.value)
            .map_err(|fault| cloud_error("s3", fault, request_id, Hop::Storage))
    }
}

impl Session {
    fn dynamodb(
        &self,
        region: &Region,
        operation: &str,
        input: Value,
    ) -> Result<Value, CloudError> {
        let origin = Origin { region: region.clone(), ..self.origin() };
        let request_id = origin.request_id.clone();
        self.gateway
            .call(self.principal.clone(), origin, "dynamodb", operation, input)
            .map(|output| output.value)
            .map_err(|fault| cloud_error("dynamodb", fault, request_id, Hop::Storage))
    }
}

impl RoleSession for Session {
    fn bucket_region(&self, bucket: &str) -> Result<Region, CloudError> {
        let origin = self.origin();
        let request_id = origin.request_id.clone();
        self.gateway
            .inspect(origin, |cx| services::s3::bucket_region(cx, bucket))
            .map_err(|fault| cloud_error("s3", fault, request_id, Hop::Storage))
    }

    fn list(
        &self,
        bucket: &str,
        prefix: &str,
        max: usize,
    ) -> Result<Vec<ObjectSummary>, CloudError> {
        let mut found = Vec::new();
        let mut token = Value::Null;
        while found.len() < max {
            let page = self.s3(
                "ListObjectsV2",
                json!({
                    "Bucket": bucket, "Prefix": prefix, "ContinuationToken": token,
                    "MaxKeys": PAGE.min(max - found.len()),
                }),
            )?;
            let contents = page.get("Contents").and_then(Value::as_array);
            found.extend(contents.into_iter().flatten().map(summary));
            token = page.get("NextContinuationToken").cloned().unwrap_or_default();
            if token.is_null() {
                break;
            }
        }
        Ok(found)
    }

    fn open(
        &self,
        bucket: &str,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<OpenObject, CloudError> {
        let last = |(from, length): (u64, u64)| (from, (from + length).saturating_sub(1));
        let range = range.map(last).map(|(from, to)| format!("bytes={from}-{to}"));
        let input = json!({ "Bucket": bucket, "Key": key, "Range": range });
        let origin = self.origin();
        let request_id = origin.request_id.clone();
        let body = self
            .gateway
            .call(self.principal.clone(), origin, "s3", "GetObject", input)
            .map_err(|fault| cloud_error("s3", fault, request_id, Hop::Storage))?
            .body;
        let (pieces, bytes) = body.map_or((Vec::new(), 0), |body| (body.pieces, body.bytes));
        Ok(OpenObject { bytes, body: Box::new(Pieces(pieces.into())) })
    }

    fn describe_table(&self, region: &Region, table: &str) -> Result<Option<f64>, CloudError> {
        let found = self.dynamodb(region, "DescribeTable", json!({ "TableName": table }))?;
        let units = found.pointer("/Table/ProvisionedThroughput/ReadCapacityUnits");
        // Tables on demand have none.
        Ok(units.and_then(Value::as_f64).filter(|units| *units > 0.0))
    }

    fn scan_table(
        &self,
        region: &Region,
        table: &str,
        from: Option<&Value>,
    ) -> Result<ItemPage, CloudError> {
        let mut input = json!({ "TableName": table, "ReturnConsumedCapacity": "TOTAL" });
        if let (Some(from), Some(input)) = (from, input.as_object_mut()) {
            input.insert("ExclusiveStartKey".to_owned(), from.clone());
        }
        let mut page = self.dynamodb(region, "Scan", input)?;
        let next = page.get_mut("LastEvaluatedKey").map(Value::take).filter(|key| !key.is_null());
        let items = page.get("Items").and_then(Value::as_array);
        let units = page.pointer("/ConsumedCapacity/CapacityUnits").and_then(Value::as_f64);
        let units = units.unwrap_or(0.0);
        Ok(ItemPage { items: items.into_iter().flatten().map(attributes).collect(), next, units })
    }

    fn create(
        &self,
        bucket: &str,
        key: &str,
        options: &PutOptions,
    ) -> Result<Box<dyn ObjectWriter>, CloudError> {
        let (algorithm, key_id) = match &options.sse {
            Sse::BucketDefault => (None, None),
            Sse::S3 => (Some("AES256"), None),
            Sse::Kms { key_id } => (Some("aws:kms"), key_id.as_deref()),
        };
        let input = json!({
            "Bucket": bucket, "Key": key, "ContentType": options.content_type,
            "ServerSideEncryption": algorithm, "SSEKMSKeyId": key_id,
        });
        let origin = self.origin();
        let request_id = origin.request_id.clone();
        let principal = self.principal.clone();
        let upload = self
            .gateway
            .begin_upload(principal, origin, "s3", "PutObject", input, &Digests::default())
            .map_err(|fault| cloud_error("s3", fault, request_id.clone(), Hop::Storage))?;
        Ok(Box::new(Writer {
            gateway: Arc::clone(&self.gateway),
            upload,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            request_id,
        }))
    }

    fn commit(
        &self,
        delete: Vec<(String, String)>,
        staged: Vec<StagedObject>,
    ) -> Result<(), CloudError> {
        let origin = self.origin();
        let request_id = origin.request_id.clone();
        let failed = |fault| cloud_error("s3", fault, request_id.clone(), Hop::Storage);
        let mut uploads = Vec::with_capacity(staged.len());
        for object in staged {
            let upload = object.handle.downcast::<StagedUpload>();
            let foreign = |_| failed(Fault::internal("an object staged by another store"));
            uploads.push(*upload.map_err(foreign)?);
        }
        let remove = |cx: &mut gateway::Cx| {
            delete.into_iter().try_for_each(|(bucket, key)| {
                let input = json!({ "Bucket": bucket, "Key": key });
                cx.invoke(Invocation::direct("s3", "DeleteObject", input)).map(drop)
            })
        };
        let committed =
            self.gateway.commit_uploads(self.principal.clone(), origin, uploads, remove);
        committed.map(drop).map_err(failed)
    }
}

/// An item's attributes: each is an object of one member, named by its type.
fn attributes(item: &Value) -> Vec<(String, Attribute)> {
    let value = |typed: &Value| {
        let (kind, value) = typed.as_object()?.iter().next()?;
        let text = || value.as_str().unwrap_or_default().to_owned();
        Some(match kind.as_str() {
            "S" => Attribute::Text(text()),
            "N" => Attribute::Number(text()),
            "NULL" => Attribute::Null,
            other => Attribute::Other(other.to_owned()),
        })
    };
    let members = item.as_object().into_iter().flatten();
    members.filter_map(|(name, typed)| Some((name.clone(), value(typed)?))).collect()
}

/// An object's pieces, one after the other.
struct Pieces<R>(VecDeque<R>);

impl<R: Read> Read for Pieces<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.0.front_mut() {
            let count = piece.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.0.pop_front();
        }
        Ok(0)
    }
}

struct Writer {
    gateway: Arc<Gateway>,
    upload: Upload,
    bucket: String,
    key: String,
    request_id: String,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.upload.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.upload.flush()
    }
}

impl ObjectWriter for Writer {
    fn finish(self: Box<Self>) -> Result<StagedObject, CloudError> {
        let Self { gateway, upload, bucket, key, request_id } = *self;
        let staged = upload
            .stage(&gateway)
            .map_err(|fault| cloud_error("s3", fault, request_id, Hop::Storage))?;
        // The entity tag is the store's to choose, when the object is committed.
        let (bytes, etag) = (staged.bytes(), String::new());
        Ok(StagedObject { bucket, key, bytes, etag, handle: Box::new(staged) })
    }
}

fn summary(entry: &Value) -> ObjectSummary {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    ObjectSummary {
        key: text("Key").to_owned(),
        size: entry.get("Size").and_then(Value::as_u64).unwrap_or(0),
        etag: text("ETag").trim_matches('"').to_owned(),
    }
}

fn cloud_error(service: &str, fault: Fault, request_id: String, hop: Hop) -> CloudError {
    let by_model = || wire::model(service).and_then(|model| model.error_status(&fault.code));
    CloudError {
        service: service.to_owned(),
        status: fault.status.or_else(by_model).unwrap_or(400),
        authorization_message: fault.authorization_message,
        code: fault.code.into_owned(),
        message: fault.message,
        extended_request_id: request_id.clone(),
        request_id,
        hop,
    }
}
