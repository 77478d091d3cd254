//! AssumeRoleWithWebIdentity: tokens of an issuer whose keys the platform was given.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use expect_test::expect;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, document};

const ISSUER: &str = "https://id.example.com";
const PROVIDER: &str = "arn:aws:iam::111111111111:oidc-provider/id.example.com";
const ROLE: &str = "arn:aws:iam::111111111111:role/web";
/// A key set with one RSA key, and a token that its private half signed (RS256).
const RSA_KEYS: &str = r#"{"keys":[{"kty":"RSA","kid":"rsa-1","alg":"RS256","use":"sig","n":"vEM0fP0vXGP4z039kq05YWdeA6D4kikfMHUiVEW33UBi-1aqqgv2U_U9ukybdV9IsAHCEzjFU8_IoDsd5EAX_mT0WV_Bkbdvde7aDeo2VM1YojLjUX9vl09dy8iPMIvSZXEFyxD8x-f-oFv-0YKJY6YbP5TGd-87jFUaLmtXkdqaF6jEx0at3AXCdF5lK5IHu5gfG7_540UsdcgBajVthnGB-k7SxeZxpw3LUac7j23eWyncWTcMSrzKe2F4XJ9byirK1ZsXFVFYfbvGYxs1r0Wmy5Cz0BJXUj1eJ136ny_tNa_qNQ7X7PbW3d3UoYRXxcz8eSGRHqJjgt5NmUcDMQ","e":"AQAB"}]}"#;
const RSA_TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tIiwic3ViIjoiam9iLTciLCJhdWQiOiJsYW5kYnJpZGdlIiwiaWF0IjoxNzY4NDYzMDAwLCJleHAiOjE3Njg1MDAwMDB9.C2FFCwqOAm3BColbUricZV9AvvUGoWvfbHr0CmOQMh9fRBLNnL4YHrKdxXt2vPsYCeAr0Ft8toYZGwYsV4flcARLTdCf23xSuU_eCmntPg9uyXthPCw9w66osrOkdF2sgYKNMFhos81XU7ZeyAtvT-6xl9dopUP9jALXT5_EWoNIBj2DA3rH_A9bcsdFdnMIlMPIWzc2ehKBIVcCTxw9nm21YJUgevu-KtHjhbLE44IYVfn0swEASoBguc1N_u4SkTUhSwUvVQ-pRIuK6SEr1cWcgMPwy3HVICNbvl2_LKSHbyB1Q_vCUITbdlpIWl_SaySIVXSLhZF-eapBD54acw";

/// An issuer with a P-256 key of its own.
struct Issuer {
    key: EcdsaKeyPair,
    random: ring::rand::SystemRandom,
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    fn new() -> Self {
        let random = ring::rand::SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).unwrap();
        Self { key, random }
    }

    fn keys(&self) -> String {
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let key = json!({
            "kty": "EC", "crv": "P-256", "kid": "ec-1", "x": encoded(x), "y": encoded(y),
        });
        json!({ "keys": [key] }).to_string()
    }

    fn token_with(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", encoded(signature))
    }

    fn token(&self, claims: &Value) -> String {
        self.token_with(&json!({ "alg": "ES256", "kid": "ec-1" }), claims)
    }
}

/// Claims of a good token with others in place of some; `null` takes one out.
fn claims(more: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "job-7", "aud": "landbridge",
        "iat": 1_768_463_000, "exp": 1_768_500_000,
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn trust(action: &Value, condition: &Value) -> String {
    document(&[json!({
        "Effect": "Allow", "Principal": { "Federated": PROVIDER }, "Action": action,
        "Condition": condition,
    })])
}

/// The part of `outputs` that makes the one call of nobody's.
pub(super) fn call_outputs(caller: &crate::outputs::Caller) {
    let issuer = Issuer::new();
    prepare(caller.world, &issuer.keys());
    let nobody = caller.by(gateway::Principal::Anonymous);
    let input = json!({
        "RoleArn": ROLE, "RoleSessionName": "job",
        "WebIdentityToken": issuer.token(&claims(json!({}))),
    });
    nobody.ok("sts", "AssumeRoleWithWebIdentity", input);
    caller.also(nobody);
}

/// A world whose prod trusts the issuer for the audience `landbridge`, with a role for `job-*`.
fn world(keys: &str) -> World {
    let world = World::new();
    prepare(&world, keys);
    world
}

fn prepare(world: &World, keys: &str) {
    let admin = world.admin("prod");
    let provider = json!({ "Url": ISSUER, "ClientIDList": ["landbridge", "party"] });
    world.ok(&admin, "iam", "CreateOpenIDConnectProvider", provider);
    let register = |cx: &mut gateway::Cx| services::sts::set_issuer_keys(cx, ISSUER, keys);
    world.gateway().maintain(None, world.origin(), register).unwrap();
    let condition = json!({
        "StringEquals": { "id.example.com:aud": ["landbridge", "party"] },
        "StringLike": { "id.example.com:sub": "job-*" },
    });
    let trust = trust(&json!("sts:AssumeRoleWithWebIdentity"), &condition);
    world.role("prod", "web", &trust, &[allow(&["iam:ListUsers"], &["*"])]);
}

/// An unsigned call, as SDKs make it.
fn call(world: &World, token: &str, more: Value) -> Result<Value, wire::client::ServiceError> {
    let mut input = json!({ "RoleArn": ROLE, "RoleSessionName": "job", "WebIdentityToken": token });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.send(world.request("sts", "AssumeRoleWithWebIdentity", &input)).result()
}

fn told(world: &World, token: &str, more: Value) -> String {
    match call(world, token, more) {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{} {}: {}", error.status, error.code, error.message),
    }
}

#[test]
fn a_token_becomes_a_session_of_the_role() {
    let issuer = Issuer::new();
    let world = world(&issuer.keys());
    let answer = call(&world, &issuer.token(&claims(json!({}))), json!({})).unwrap();
    let subject =
        [&answer["SubjectFromWebIdentityToken"], &answer["Audience"], &answer["Provider"]];
    assert_eq!(subject, ["job-7", "landbridge", PROVIDER]);
    let session = Caller::of(&answer["Credentials"]);
    let identity = world.ok(&session, "sts", "GetCallerIdentity", json!({}));
    assert_eq!(identity["Arn"], "arn:aws:sts::111111111111:assumed-role/web/job");
    assert_eq!(world.told(&session, "iam", "ListUsers", json!({})), "ok");
    assert!(world.told(&session, "iam", "ListRoles", json!({})).starts_with("403 AccessDenied"));
    let trail = world.trail("prod");
    let record = trail.iter().find(|r| r["eventName"] == "AssumeRoleWithWebIdentity").unwrap();
    let who = &record["userIdentity"];
    assert_eq!([&who["type"], &who["userName"]], ["WebIdentityUser", "job-7"]);
    let token = issuer.token(&claims(json!({})));
    assert!(!world.whole_audit().iter().any(|record| record.contains(&token)));
}

#[test]
fn rsa_keys_verify_too() {
    let world = world(RSA_KEYS);
    assert_eq!(told(&world, RSA_TOKEN, json!({})), "ok");
    let mut broken = RSA_TOKEN.to_owned();
    broken.replace_range(200..201, if &RSA_TOKEN[200..201] == "A" { "B" } else { "A" });
    assert_ne!(told(&world, &broken, json!({})), "ok");
}

#[test]
fn what_a_token_must_be() {
    let issuer = Issuer::new();
    let world = world(&issuer.keys());
    let stranger = Issuer::new();
    let with = |more| issuer.token(&claims(more));
    let unsigned = {
        let parts = [json!({ "alg": "none" }).to_string(), claims(json!({})).to_string()];
        format!("{}.{}.", encoded(&parts[0]), encoded(&parts[1]))
    };
    let other_key = json!({ "alg": "ES256", "kid": "ec-2" });
    let shared = json!({ "alg": "HS256", "kid": "ec-1" });
    let rows = [
        "not a token".to_owned(),
        stranger.token(&claims(json!({}))),
        issuer.token_with(&other_key, &claims(json!({}))),
        issuer.token_with(&shared, &claims(json!({}))),
        unsigned,
        with(json!({ "iss": "https://elsewhere.example.com" })),
        with(json!({ "aud": "somebody else" })),
        with(json!({ "aud": ["somebody else", "landbridge"] })),
        with(json!({ "azp": "somebody else" })),
        with(json!({ "azp": "party", "aud": "somebody else" })),
        with(json!({ "exp": 1_768_463_999 })),
        with(json!({ "nbf": 1_768_464_001 })),
        with(json!({ "sub": null })),
        with(json!({ "exp": null })),
        with(json!({ "sub": "person-7" })),
    ];
    let told: Vec<String> = rows.iter().map(|token| told(&world, token, json!({}))).collect();
    check(
        told.join("\n"),
        expect![[r#"
        400 InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)
        400 InvalidIdentityToken: Provided Token is not from the issuer: its signature is not valid.
        400 InvalidIdentityToken: Provided Token is not from the issuer: its signature is not valid.
        400 InvalidIdentityToken: Provided Token is not from the issuer: its signature is not valid.
        400 InvalidIdentityToken: Provided Token is not from the issuer: its signature is not valid.
        400 InvalidIdentityToken: No OpenIDConnect provider found in your account for https://elsewhere.example.com
        400 InvalidIdentityToken: Incorrect token audience
        ok
        400 InvalidIdentityToken: Incorrect token audience
        ok
        400 ExpiredTokenException: Token expired: current date/time 1768464000 must be before the expiration date/time 1768463999
        400 InvalidIdentityToken: The token is not valid yet.
        400 InvalidIdentityToken: Missing a required claim: sub
        400 InvalidIdentityToken: Missing a required claim: exp
        403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"#]],
    );
}

#[test]
fn a_role_that_does_not_trust_the_provider_stays_shut() {
    let issuer = Issuer::new();
    let world = world(&issuer.keys());
    let token = issuer.token(&claims(json!({})));
    world.role("prod", "other", &testkit::trusting(&["111111111111"]), &[]);
    for role in ["other", "absent"] {
        let more = json!({ "RoleArn": format!("arn:aws:iam::111111111111:role/{role}") });
        let refused = "403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity";
        assert_eq!(told(&world, &token, more), refused);
    }
    // Another account has no such provider.
    let more = json!({ "RoleArn": "arn:aws:iam::222222222222:role/web" });
    check(
        told(&world, &token, more),
        expect![
            "400 InvalidIdentityToken: No OpenIDConnect provider found in your account for https://id.example.com"
        ],
    );
}

#[test]
fn an_issuer_without_keys_cannot_be_verified() {
    let world = World::new();
    let admin = world.admin("prod");
    let provider = json!({ "Url": ISSUER, "ClientIDList": ["landbridge"] });
    world.ok(&admin, "iam", "CreateOpenIDConnectProvider", provider);
    let token = Issuer::new().token(&claims(json!({})));
    check(
        told(&world, &token, json!({})),
        expect![
            "400 InvalidIdentityToken: Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
        ],
    );
    let register =
        |cx: &mut gateway::Cx| services::sts::set_issuer_keys(cx, ISSUER, "{\"keys\":[]}");
    let fault = world.gateway().maintain(None, world.origin(), register).unwrap_err();
    check(
        fault,
        expect![
            "InvalidKeySet: the key set of https://id.example.com is not usable: it has no RSA, P-256 or P-384 key"
        ],
    );
}

#[test]
fn tags_and_source_identity_of_the_token_need_their_own_permission() {
    let issuer = Issuer::new();
    let world = world(&issuer.keys());
    let token = issuer.token(&claims(json!({
        "https://aws.amazon.com/tags": {
            "principal_tags": { "team": ["red"] }, "transitive_tag_keys": ["team"],
        },
        "https://aws.amazon.com/source_identity": "ann",
        "amr": ["authenticated"],
    })));
    check(
        told(&world, &token, json!({})),
        expect!["403 AccessDenied: Not authorized to perform sts:TagSession"],
    );
    let actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"];
    let condition = json!({
        "StringEquals": { "aws:RequestTag/team": "red", "sts:SourceIdentity": "ann" },
        "ForAnyValue:StringEquals": { "id.example.com:amr": "authenticated" },
    });
    let update = json!({
        "RoleName": "web", "PolicyDocument": trust(&json!(actions), &condition),
    });
    world.ok(&world.admin("prod"), "iam", "UpdateAssumeRolePolicy", update);
    let answer = call(&world, &token, json!({})).unwrap();
    assert_eq!(answer["SourceIdentity"], "ann");
    let principal = world.principal(&Caller::of(&answer["Credentials"]));
    let tags: Vec<_> = principal.tags().collect();
    assert_eq!(tags, [(&"team".to_owned(), &"red".to_owned())]);
}

#[test]
fn the_session_is_as_long_and_narrow_as_asked() {
    let issuer = Issuer::new();
    let world = world(&issuer.keys());
    let token = issuer.token(&claims(json!({})));
    let policy = document(&[allow(&["s3:*"], &["*"])]);
    let answer = call(&world, &token, json!({ "Policy": policy, "DurationSeconds": 900 })).unwrap();
    let session = Caller::of(&answer["Credentials"]);
    let told_later = world.told(&session, "iam", "ListUsers", json!({}));
    assert!(told_later.contains("no session policy allows"), "{told_later}");
    world.advance(Duration::seconds(900));
    let told_later = world.told(&session, "sts", "GetCallerIdentity", json!({}));
    assert!(told_later.starts_with("403 ExpiredToken"), "{told_later}");
}
