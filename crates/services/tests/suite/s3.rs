//! S3 in depth, over bytes and by the world's clock: versions, locks, rules, grants, access points.

mod access_points;
mod acl;
mod cors;
mod lifecycle;
mod locks;
mod notification;
mod versions;

use serde_json::{Value, json};
use testkit::{Answer, Caller, World};

/// A world in which prod's administrator has the bucket `lake`.
struct Lake {
    world: World,
    admin: Caller,
}

impl Lake {
    fn new() -> Self {
        Self::with(json!({}))
    }

    /// With more members of CreateBucket.
    fn with(more: Value) -> Self {
        let world = World::new();
        let admin = world.admin("prod");
        let lake = Self { world, admin };
        lake.ok("CreateBucket", more);
        lake
    }

    fn versioned() -> Self {
        let lake = Self::new();
        lake.versioning("Enabled");
        lake
    }

    fn versioning(&self, status: &str) {
        let configuration = json!({ "VersioningConfiguration": { "Status": status } });
        self.ok("PutBucketVersioning", configuration);
    }

    /// The input with the bucket.
    fn input(more: &Value) -> Value {
        let mut input = json!({ "Bucket": "lake" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    }

    #[track_caller]
    fn ok(&self, operation: &str, more: Value) -> Value {
        self.world.ok(&self.admin, "s3", operation, Self::input(&more))
    }

    /// What a call by the administrator came to, on one line.
    fn told(&self, operation: &str, more: Value) -> String {
        self.told_to(&self.admin, operation, more)
    }

    fn told_to(&self, caller: &Caller, operation: &str, more: Value) -> String {
        self.answer(Some(caller), operation, &more, b"").told()
    }

    /// The whole answer; unsigned without a caller.
    fn answer(
        &self,
        caller: Option<&Caller>,
        operation: &str,
        more: &Value,
        body: &[u8],
    ) -> Answer {
        let mut request = self.world.request("s3", operation, &Self::input(more));
        if operation.starts_with("Put") && body != b"" || operation == "UploadPart" {
            request.with_body(body);
        }
        if let Some(caller) = caller {
            self.world.sign(&mut request, caller);
        }
        self.world.send(request)
    }

    /// Writes an object; answers its version id, empty without versions.
    #[track_caller]
    fn put(&self, key: &str, body: &str) -> String {
        self.put_with(key, body, json!({}))
    }

    #[track_caller]
    fn put_with(&self, key: &str, body: &str, mut more: Value) -> String {
        more["Key"] = key.into();
        let answer = self.answer(Some(&self.admin), "PutObject", &more, body.as_bytes());
        assert_eq!(answer.told(), "ok");
        answer.header("x-amz-version-id").to_owned()
    }

    /// The body of an object, or the refusal on one line.
    fn get(&self, more: Value) -> String {
        let answer = self.answer(Some(&self.admin), "GetObject", &more, b"");
        match answer.status {
            200 => String::from_utf8(answer.body).unwrap(),
            _ => answer.told(),
        }
    }
}
