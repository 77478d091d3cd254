//! Asymmetric and HMAC keys: what each kind can do, and what it cannot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{World, check};

fn make(world: &World, spec: &str, usage: &str) -> String {
    let input = json!({ "KeySpec": spec, "KeyUsage": usage });
    let made = world.ok(&world.admin("prod"), "kms", "CreateKey", input);
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "kms", operation, input)
}

fn told(world: &World, operation: &str, input: Value) -> String {
    let told = world.told(&world.admin("prod"), "kms", operation, input.clone());
    match input["KeyId"].as_str() {
        Some(key) => told.replace(key, "KEY"),
        None => told,
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn every_signing_algorithm_signs_messages_and_digests_and_verifies() {
    let world = World::new();
    let rsa = [
        "RSASSA_PKCS1_V1_5_SHA_256",
        "RSASSA_PKCS1_V1_5_SHA_384",
        "RSASSA_PKCS1_V1_5_SHA_512",
        "RSASSA_PSS_SHA_256",
        "RSASSA_PSS_SHA_384",
        "RSASSA_PSS_SHA_512",
    ];
    let rows: [(&str, &[&str]); 5] = [
        ("RSA_2048", &rsa),
        ("ECC_NIST_P256", &["ECDSA_SHA_256"]),
        ("ECC_NIST_P384", &["ECDSA_SHA_384"]),
        ("ECC_NIST_P521", &["ECDSA_SHA_512"]),
        ("ECC_SECG_P256K1", &["ECDSA_SHA_256"]),
    ];
    for (spec, algorithms) in rows {
        let key = make(&world, spec, "SIGN_VERIFY");
        let described = ok(&world, "DescribeKey", json!({ "KeyId": key }));
        assert_eq!(described["KeyMetadata"]["SigningAlgorithms"], json!(algorithms), "{spec}");
        for algorithm in algorithms {
            let hash = match algorithm.rsplit('_').next() {
                Some("256") => &ring::digest::SHA256,
                Some("384") => &ring::digest::SHA384,
                _ => &ring::digest::SHA512,
            };
            let digest = STANDARD.encode(ring::digest::digest(hash, b"message"));
            let raw = json!({
                "KeyId": key, "Message": STANDARD.encode(b"message"),
                "SigningAlgorithm": algorithm,
            });
            let mut digested = raw.clone();
            digested["Message"] = digest.into();
            digested["MessageType"] = "DIGEST".into();
            // What was signed one way is verified the other way.
            for (sign, verify) in [(&raw, &digested), (&digested, &raw)] {
                let mut verify = verify.clone();
                verify["Signature"] = ok(&world, "Sign", sign.clone())["Signature"].clone();
                assert_eq!(ok(&world, "Verify", verify.clone())["SignatureValid"], true);
                let mut broken = bytes(&verify["Signature"]);
                let last = broken.len() - 1;
                broken[last] ^= 1;
                verify["Signature"] = STANDARD.encode(broken).into();
                let told = told(&world, "Verify", verify);
                assert_eq!(told, "400 KMSInvalidSignatureException: ", "{spec} {algorithm}");
            }
        }
    }
}

#[test]
fn ring_verifies_what_a_key_signs_and_agrees_with_its_public_key() {
    let world = World::new();
    let key = make(&world, "ECC_NIST_P256", "SIGN_VERIFY");
    let signed = json!({
        "KeyId": key, "Message": STANDARD.encode(b"message"), "SigningAlgorithm": "ECDSA_SHA_256",
    });
    let signature = bytes(&ok(&world, "Sign", signed)["Signature"]);
    let der = bytes(&ok(&world, "GetPublicKey", json!({ "KeyId": key }))["PublicKey"]);
    // The point is the last 65 bytes of SubjectPublicKeyInfo.
    let public = ring::signature::UnparsedPublicKey::new(
        &ring::signature::ECDSA_P256_SHA256_ASN1,
        &der[der.len() - 65..],
    );
    public.verify(b"message", &signature).unwrap();
}

#[test]
fn rsa_encryption_holds_so_much_and_no_more() {
    let world = World::new();
    let key = make(&world, "RSA_2048", "ENCRYPT_DECRYPT");
    for (algorithm, limit) in [("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)] {
        let encrypt = |length: usize| {
            json!({
                "KeyId": key, "Plaintext": STANDARD.encode(vec![7; length]),
                "EncryptionAlgorithm": algorithm,
            })
        };
        let sealed = ok(&world, "Encrypt", encrypt(limit));
        let mut decrypt = json!({
            "KeyId": key, "CiphertextBlob": sealed["CiphertextBlob"],
            "EncryptionAlgorithm": algorithm,
        });
        assert_eq!(bytes(&ok(&world, "Decrypt", decrypt.clone())["Plaintext"]), vec![7; limit]);
        let text = format!(
            "400 ValidationException: Algorithm {algorithm} and key spec RSA_2048 cannot encrypt \
             data larger than {limit} bytes."
        );
        assert_eq!(told(&world, "Encrypt", encrypt(limit + 1)), text);
        decrypt["EncryptionAlgorithm"] = "RSAES_OAEP_SHA_1".into();
        if algorithm == "RSAES_OAEP_SHA_256" {
            assert_eq!(told(&world, "Decrypt", decrypt), "400 InvalidCiphertextException: ");
        }
    }
    // From under a symmetric key to under an RSA key and back.
    let symmetric = ok(&world, "CreateKey", json!({}))["KeyMetadata"]["Arn"].clone();
    let sealed = ok(&world, "Encrypt", json!({ "KeyId": symmetric, "Plaintext": "AAEC" }));
    let there = json!({
        "CiphertextBlob": sealed["CiphertextBlob"], "DestinationKeyId": key,
        "DestinationEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
    });
    let moved = ok(&world, "ReEncrypt", there);
    let back = json!({
        "CiphertextBlob": moved["CiphertextBlob"], "SourceKeyId": key,
        "SourceEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "DestinationKeyId": symmetric,
    });
    let back = ok(&world, "ReEncrypt", back)["CiphertextBlob"].clone();
    assert_eq!(ok(&world, "Decrypt", json!({ "CiphertextBlob": back }))["Plaintext"], "AAEC");
}

#[test]
fn macs_are_made_and_verified_for_each_length() {
    let world = World::new();
    for (bits, length) in [(224, 28), (256, 32), (384, 48), (512, 64)] {
        let key = make(&world, &format!("HMAC_{bits}"), "GENERATE_VERIFY_MAC");
        let mut message =
            json!({ "KeyId": key, "Message": "AAEC", "MacAlgorithm": format!("HMAC_SHA_{bits}") });
        let mac = ok(&world, "GenerateMac", message.clone())["Mac"].clone();
        assert_eq!(bytes(&mac).len(), length);
        message["Mac"] = mac;
        assert_eq!(ok(&world, "VerifyMac", message.clone())["MacValid"], true);
        message["Message"] = "AAED".into();
        assert_eq!(told(&world, "VerifyMac", message), "400 KMSInvalidMacException: ");
    }
}

#[test]
fn two_keys_agree_on_one_secret() {
    let world = World::new();
    for (spec, length) in [("ECC_NIST_P256", 32), ("ECC_NIST_P384", 48), ("ECC_NIST_P521", 66)] {
        let keys = [(); 2].map(|()| make(&world, spec, "KEY_AGREEMENT"));
        let public = keys
            .clone()
            .map(|key| ok(&world, "GetPublicKey", json!({ "KeyId": key }))["PublicKey"].clone());
        let secret = |own: usize, other: usize| {
            let input = json!({
                "KeyId": keys[own], "KeyAgreementAlgorithm": "ECDH", "PublicKey": public[other],
            });
            bytes(&ok(&world, "DeriveSharedSecret", input)["SharedSecret"])
        };
        assert_eq!(secret(0, 1), secret(1, 0), "{spec}");
        assert_eq!(secret(0, 1).len(), length, "{spec}");
        let wrong = json!({
            "KeyId": keys[0], "KeyAgreementAlgorithm": "ECDH", "PublicKey": "AAEC",
        });
        let told = told(&world, "DeriveSharedSecret", wrong);
        assert!(told.starts_with("400 ValidationException: "), "{told}");
    }
}

#[test]
fn data_key_pairs_are_whole_and_wrapped() {
    use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
    let world = World::new();
    let key = ok(&world, "CreateKey", json!({}))["KeyMetadata"]["Arn"].clone();
    let context = json!({ "for": "pair" });
    let input = json!({ "KeyId": key, "KeyPairSpec": "RSA_2048", "EncryptionContext": context });
    let pair = ok(&world, "GenerateDataKeyPair", input.clone());
    let opened = json!({
        "CiphertextBlob": pair["PrivateKeyCiphertextBlob"], "EncryptionContext": context,
    });
    assert_eq!(ok(&world, "Decrypt", opened)["Plaintext"], pair["PrivateKeyPlaintext"]);
    let private = rsa::RsaPrivateKey::from_pkcs8_der(&bytes(&pair["PrivateKeyPlaintext"])).unwrap();
    let public = rsa::RsaPublicKey::from_public_key_der(&bytes(&pair["PublicKey"])).unwrap();
    assert_eq!(private.to_public_key(), public);
    let without = ok(&world, "GenerateDataKeyPairWithoutPlaintext", input);
    assert!(without.get("PrivateKeyPlaintext").is_none());
    assert_ne!(without["PublicKey"], pair["PublicKey"]);
}

#[test]
fn what_each_kind_of_key_refuses() {
    let world = World::new();
    let symmetric = ok(&world, "CreateKey", json!({}))["KeyMetadata"]["Arn"].clone();
    let symmetric = symmetric.as_str().unwrap().to_owned();
    let signing = make(&world, "ECC_NIST_P256", "SIGN_VERIFY");
    let rsa = make(&world, "RSA_2048", "ENCRYPT_DECRYPT");
    let sign = |key: &str, algorithm: &str, more: Value| {
        let mut input = json!({ "KeyId": key, "Message": "AAEC", "SigningAlgorithm": algorithm });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told(&world, "Sign", input)
    };
    let create = |input: Value| told(&world, "CreateKey", input);
    let digest = json!({ "MessageType": "DIGEST" });
    let with_context = json!({
        "KeyId": rsa, "Plaintext": "AAEC", "EncryptionAlgorithm": "RSAES_OAEP_SHA_1",
        "EncryptionContext": { "a": "b" },
    });
    let lines = [
        told(&world, "Encrypt", json!({ "KeyId": signing, "Plaintext": "AAEC" })),
        told(&world, "Encrypt", json!({ "KeyId": rsa, "Plaintext": "AAEC" })),
        told(&world, "Encrypt", with_context),
        told(&world, "GenerateDataKey", json!({ "KeyId": rsa, "KeySpec": "AES_256" })),
        told(&world, "GetPublicKey", json!({ "KeyId": symmetric })),
        told(&world, "EnableKeyRotation", json!({ "KeyId": signing })),
        sign(&symmetric, "ECDSA_SHA_256", json!({})),
        sign(&signing, "RSASSA_PSS_SHA_256", json!({})),
        sign(&signing, "ECDSA_SHA_256", digest),
        create(json!({ "KeySpec": "RSA_2048" })),
        create(json!({ "KeySpec": "HMAC_256", "KeyUsage": "SIGN_VERIFY" })),
        create(json!({ "KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY" })),
        create(json!({ "Origin": "AWS_CLOUDHSM" })),
    ];
    check(
        lines.join("\n"),
        expect![[r#"
            400 InvalidKeyUsageException: KEY key usage is SIGN_VERIFY which is not valid for Encrypt.
            400 InvalidKeyUsageException: Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.
            400 ValidationException: An encryption context is valid only for symmetric encryption keys.
            400 InvalidKeyUsageException: You cannot generate a data key with an asymmetric CMK
            400 UnsupportedOperationException: KEY is not an asymmetric key: it has no public key.
            400 UnsupportedOperationException: KEY is not a symmetric encryption key: it does not rotate.
            400 InvalidKeyUsageException: KEY key usage is ENCRYPT_DECRYPT which is not valid for Sign.
            400 InvalidKeyUsageException: Algorithm RSASSA_PSS_SHA_256 is incompatible with key spec ECC_NIST_P256.
            400 ValidationException: Digest is invalid length for algorithm ECDSA_SHA_256.
            400 ValidationException: You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.
            400 ValidationException: KeyUsage SIGN_VERIFY is not compatible with KeySpec HMAC_256
            400 UnsupportedOperationException: KeySpec ML_DSA_44 is not implemented.
            400 UnsupportedOperationException: CreateKey with Origin AWS_CLOUDHSM is not implemented."#]],
    );
}

#[test]
fn conditions_see_the_algorithm_and_the_kind_of_key() {
    let rows = [
        ("kms:SigningAlgorithm", "ECDSA_SHA_256", true),
        ("kms:SigningAlgorithm", "ECDSA_SHA_384", false),
        ("kms:MessageType", "RAW", true),
        ("kms:KeySpec", "ECC_NIST_P256", true),
        ("kms:KeyUsage", "ENCRYPT_DECRYPT", false),
        ("kms:MultiRegion", "false", true),
        ("kms:RequestAlias", "alias/signer", true),
        ("kms:RequestAlias", "alias/other", false),
        ("kms:CallerAccount", "111111111111", true),
    ];
    let world = World::new();
    let key = make(&world, "ECC_NIST_P256", "SIGN_VERIFY");
    ok(&world, "CreateAlias", json!({ "AliasName": "alias/signer", "TargetKeyId": key }));
    for (number, (name, value, expected)) in rows.into_iter().enumerate() {
        let mut statement = testkit::allow(&["kms:Sign"], &["*"]);
        statement["Condition"] = json!({ "StringEquals": { name: value } });
        let caller = world.user("prod", &format!("user{number}"), &[statement]);
        let input = json!({
            "KeyId": "alias/signer", "Message": "AAEC", "SigningAlgorithm": "ECDSA_SHA_256",
        });
        let told = world.told(&caller, "kms", "Sign", input);
        assert_eq!(told == "ok", expected, "{name} {value}: {told}");
    }
}
