//! Who acts in a world: administrators, users with given permissions, sessions of roles.

use gateway::{Cx, Fault, Gateway};
use names::{AccountId, Region};
use serde_json::{Value, json};
use services::identity::{
    AccessKeyRecord, AccountRecord, UserRecord, access_key_id, accounts, keys, new_secret,
    secret_context, users,
};
use wire::sigv4::Credentials;

use crate::{REGION, World, must};

/// Keys, and the Region that they are used in.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The keys.
    pub credentials: Credentials,
    /// The Region of the credential scope.
    pub region: String,
}

impl Caller {
    /// The caller behind a `Credentials` or `AccessKey` structure of an answer.
    pub fn of(answer: &Value) -> Self {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let must_have = |name: &str| must(text(name).ok_or_else(|| format!("no {name}")));
        Self {
            credentials: Credentials {
                access_key_id: must_have("AccessKeyId"),
                secret_access_key: must_have("SecretAccessKey"),
                session_token: text("SessionToken"),
            },
            region: REGION.to_owned(),
        }
    }

    /// The same keys in another Region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }
}

/// A policy document of statements.
pub fn document(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// A statement that allows.
pub fn allow(actions: &[&str], resources: &[&str]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// A statement that denies.
pub fn deny(actions: &[&str], resources: &[&str]) -> Value {
    json!({ "Effect": "Deny", "Action": actions, "Resource": resources })
}

/// A trust policy that lets these principals (ARNs or account ids) assume a role with tags and a
/// source identity.
pub fn trusting(principals: &[&str]) -> String {
    let actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
    let statement =
        json!({ "Effect": "Allow", "Principal": { "AWS": principals }, "Action": actions });
    document(&[statement])
}

impl World {
    /// A user with an inline policy of these statements (none, without statements) and a key.
    pub fn user(&self, account: &str, name: &str, statements: &[Value]) -> Caller {
        let admin = self.admin(account);
        self.ok(&admin, "iam", "CreateUser", json!({ "UserName": name }));
        if !statements.is_empty() {
            let input = json!({
                "UserName": name, "PolicyName": "permissions", "PolicyDocument": document(statements),
            });
            self.ok(&admin, "iam", "PutUserPolicy", input);
        }
        let made = self.ok(&admin, "iam", "CreateAccessKey", json!({ "UserName": name }));
        Caller::of(made.get("AccessKey").unwrap_or(&Value::Null))
    }

    /// A role with a trust policy and permissions; answers its ARN.
    pub fn role(&self, account: &str, name: &str, trust: &str, statements: &[Value]) -> String {
        let admin = self.admin(account);
        let input = json!({ "RoleName": name, "AssumeRolePolicyDocument": trust });
        self.ok(&admin, "iam", "CreateRole", input);
        if !statements.is_empty() {
            let input = json!({
                "RoleName": name, "PolicyName": "permissions", "PolicyDocument": document(statements),
            });
            self.ok(&admin, "iam", "PutRolePolicy", input);
        }
        format!("arn:aws:iam::{}:role/{name}", self.account(account))
    }

    /// A session of a role, assumed by `caller` with nothing but a session name.
    #[track_caller]
    pub fn assume(&self, caller: &Caller, role: &str) -> Caller {
        let input = json!({ "RoleArn": role, "RoleSessionName": "session" });
        let answer = self.ok(caller, "sts", "AssumeRole", input);
        Caller::of(answer.get("Credentials").unwrap_or(&Value::Null))
    }
}

/// Makes an account with an administrator, as the platform does at its first start.
pub(crate) fn found_account(gateway: &Gateway, name: &str, id: &AccountId) -> Caller {
    let region: Region = must(REGION.parse());
    let origin = gateway.own_origin(region);
    let made = gateway.maintain(Some(id.clone()), origin, |cx| found(cx, name, id));
    Caller { credentials: must(made), region: REGION.to_owned() }
}

fn found(cx: &mut Cx, name: &str, id: &AccountId) -> Result<Credentials, Fault> {
    let created = cx.now();
    accounts::put(cx, &AccountRecord { id: id.clone(), name: name.to_owned(), created })?;
    let mut user = UserRecord::new(cx, id, "admin");
    user.policies.managed.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
    users::put(cx, id, &user)?;
    let secret = new_secret(cx);
    let key_id = access_key_id(cx.world(), "AKIA", id);
    let key = AccessKeyRecord {
        sealed_secret: cx.seal().seal(&secret_context(&key_id), secret.as_bytes())?,
        id: key_id.clone(),
        account: id.clone(),
        user: user.name,
        active: true,
        created,
    };
    keys::put(cx, &key)?;
    Ok(Credentials { access_key_id: key_id, secret_access_key: secret, session_token: None })
}
