"""KMS keys of every kind, used by clients and checked with a library that we did not write."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import subprocess

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from landbridge import refused

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
MESSAGE = b"what is signed"
RSA = [
    f"RSASSA_{kind}_SHA_{bits}" for kind in ("PSS", "PKCS1_V1_5") for bits in ("256", "384", "512")
]


@pytest.fixture
def kms(dev):
    """KMS as DEV's administrator."""
    return dev.client("kms")


@pytest.fixture
def make(kms):
    """Makes keys that are scheduled for deletion afterwards."""
    made = []

    def create(**how):
        made.append(kms.create_key(**how)["KeyMetadata"]["Arn"])
        return made[-1]

    yield create
    for arn in made:
        kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)


def public(kms, key):
    """The public half of a key, read by the library."""
    return serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])


def verify(key, algorithm, digest, signature):
    """Verifies a signature of a digest by the library."""
    kind = Prehashed(HASHES[algorithm[-3:]]())
    if algorithm.startswith("ECDSA"):
        return key.verify(signature, digest, ec.ECDSA(kind))
    if "PSS" in algorithm:
        mask = padding.MGF1(HASHES[algorithm[-3:]]())
        return key.verify(signature, digest, padding.PSS(mask, padding.PSS.DIGEST_LENGTH), kind)
    return key.verify(signature, digest, padding.PKCS1v15(), kind)


@pytest.mark.parametrize(
    ("spec", "algorithms"),
    [
        ("RSA_2048", RSA),
        ("RSA_4096", RSA[:1]),
        ("ECC_NIST_P256", ["ECDSA_SHA_256"]),
        ("ECC_NIST_P384", ["ECDSA_SHA_384"]),
        ("ECC_NIST_P521", ["ECDSA_SHA_512"]),
        ("ECC_SECG_P256K1", ["ECDSA_SHA_256"]),
    ],
)
def test_the_library_verifies_what_a_key_signs(kms, make, spec, algorithms):
    key = make(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    open_half = public(kms, key)
    for algorithm in algorithms:
        digest = hashlib.new(f"sha{algorithm[-3:]}", MESSAGE).digest()
        for sent in ({"Message": MESSAGE}, {"Message": digest, "MessageType": "DIGEST"}):
            call = {"KeyId": key, "SigningAlgorithm": algorithm, **sent}
            signature = kms.sign(**call)["Signature"]
            verify(open_half, algorithm, digest, signature)
            with pytest.raises(InvalidSignature):
                verify(open_half, algorithm, bytes(len(digest)), signature)
            assert kms.verify(Signature=signature, **call)["SignatureValid"]
            other = {**call, "Signature": kms.sign(**{**call, **other_message(sent)})["Signature"]}
            refused(kms.verify, "KMSInvalidSignatureException", **other)


def other_message(sent):
    """Another message or digest of the same length."""
    return {"Message": bytes(len(sent["Message"]))}


def test_the_library_encrypts_for_a_key(kms, make):
    key = make(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    for algorithm, kind in (("RSAES_OAEP_SHA_1", hashes.SHA1), ("RSAES_OAEP_SHA_256", hashes.SHA256)):
        pad = padding.OAEP(padding.MGF1(kind()), kind(), None)
        sealed = public(kms, key).encrypt(b"words", pad)
        call = {"KeyId": key, "EncryptionAlgorithm": algorithm}
        assert kms.decrypt(CiphertextBlob=sealed, **call)["Plaintext"] == b"words"


def test_the_library_agrees_on_a_secret_with_a_key(kms, make):
    key = make(KeySpec="ECC_NIST_P384", KeyUsage="KEY_AGREEMENT")
    own = ec.generate_private_key(ec.SECP384R1())
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    sent = own.public_key().public_bytes(*form)
    call = {"KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": sent}
    secret = kms.derive_shared_secret(**call)["SharedSecret"]
    assert secret == own.exchange(ec.ECDH(), public(kms, key))


def test_a_data_key_pair_is_a_pair(kms, make):
    key = make()
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P521")
    private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    signature = private.sign(MESSAGE, ec.ECDSA(hashes.SHA512()))
    open_half = serialization.load_der_public_key(pair["PublicKey"])
    open_half.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA512()))
    opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert opened == pair["PrivateKeyPlaintext"]


def wrapped(kms, key, material, algorithm, spec="RSA_2048"):
    """Material wrapped by the library, and the token that goes with it."""
    call = {"KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": spec}
    parameters = kms.get_parameters_for_import(**call)
    wrapping = serialization.load_der_public_key(parameters["PublicKey"])
    kind = hashes.SHA256 if algorithm.endswith("256") else hashes.SHA1
    pad = padding.OAEP(padding.MGF1(kind()), kind(), None)
    if algorithm.startswith("RSAES"):
        sealed = wrapping.encrypt(material, pad)
    else:
        between = os.urandom(32)
        sealed = wrapping.encrypt(between, pad) + aes_key_wrap_with_padding(between, material)
    return {"ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": sealed}


FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


@pytest.mark.parametrize(
    "algorithm",
    [
        "RSAES_OAEP_SHA_1",
        "RSAES_OAEP_SHA_256",
        "RSA_AES_KEY_WRAP_SHA_1",
        "RSA_AES_KEY_WRAP_SHA_256",
    ],
)
def test_an_imported_hmac_key_is_the_one_that_was_brought(kms, make, algorithm):
    key = make(KeySpec="HMAC_512", KeyUsage="GENERATE_VERIFY_MAC", Origin="EXTERNAL")
    material = os.urandom(64)
    kms.import_key_material(KeyId=key, **wrapped(kms, key, material, algorithm), **FOREVER)
    call = {"KeyId": key, "Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_512"}
    own = hmac.digest(material, MESSAGE, "sha512")
    assert kms.generate_mac(**call)["Mac"] == own
    assert kms.verify_mac(Mac=own, **call)["MacValid"]
    refused(kms.verify_mac, "KMSInvalidMacException", Mac=bytes(64), **call)


@pytest.mark.parametrize("spec", ["RSA_3072", "ECC_NIST_P256", "ECC_SECG_P256K1"])
def test_an_imported_private_key_signs_as_itself(kms, make, spec):
    own = {
        "RSA_3072": lambda: rsa.generate_private_key(65537, 3072),
        "ECC_NIST_P256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ECC_SECG_P256K1": lambda: ec.generate_private_key(ec.SECP256K1()),
    }[spec]()
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8)
    material = own.private_bytes(*form, serialization.NoEncryption())
    key = make(KeySpec=spec, KeyUsage="SIGN_VERIFY", Origin="EXTERNAL")
    sealed = wrapped(kms, key, material, "RSA_AES_KEY_WRAP_SHA_256")
    kms.import_key_material(KeyId=key, **sealed, **FOREVER)
    algorithm = "RSASSA_PSS_SHA_256" if spec.startswith("RSA") else "ECDSA_SHA_256"
    call = {"KeyId": key, "Message": MESSAGE, "SigningAlgorithm": algorithm}
    signature = kms.sign(**call)["Signature"]
    verify(own.public_key(), algorithm, hashlib.sha256(MESSAGE).digest(), signature)


def test_imported_material_comes_and_goes(kms, make):
    key = make(Origin="EXTERNAL")
    state = lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]  # noqa: E731
    assert state() == "PendingImport"
    message = f"{key} is pending import."
    refused(kms.encrypt, "KMSInvalidStateException", message, KeyId=key, Plaintext=b"x")
    material = os.urandom(32)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    expiring = {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": until}
    sealed = wrapped(kms, key, material, "RSAES_OAEP_SHA_256")
    kms.import_key_material(KeyId=key, **sealed, **expiring)
    described = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert abs(described["ValidTo"] - until) < datetime.timedelta(seconds=1)
    ciphertext = kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    assert state() == "PendingImport"
    other = wrapped(kms, key, os.urandom(32), "RSAES_OAEP_SHA_256")
    refused(
        kms.import_key_material, "IncorrectKeyMaterialException", KeyId=key, **other, **FOREVER
    )
    again = wrapped(kms, key, material, "RSAES_OAEP_SHA_256")
    kms.import_key_material(KeyId=key, **again, **FOREVER)
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"kept"


def test_multi_region_keys_open_each_others_ciphertexts(kms, dev, make):
    key = make(MultiRegion=True)
    there = dev.client("kms", region_name="eu-central-1")
    replica = kms.replicate_key(KeyId=key, ReplicaRegion="eu-central-1")["ReplicaKeyMetadata"]
    assert replica["KeyId"].startswith("mrk-") and replica["Arn"] != key
    sealed = kms.encrypt(KeyId=key, Plaintext=b"words")["CiphertextBlob"]
    opened = there.decrypt(CiphertextBlob=sealed)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"words", replica["Arn"])
    there.schedule_key_deletion(KeyId=replica["Arn"], PendingWindowInDays=7)


def test_rotation_keeps_old_ciphertexts(kms, make):
    key = make()
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=key)
    assert status["KeyRotationEnabled"] and status["RotationPeriodInDays"] == 180
    sealed = kms.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key)
    (rotation,) = kms.list_key_rotations(KeyId=key)["Rotations"]
    assert rotation["RotationType"] == "ON_DEMAND"
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"old"
    kms.disable_key_rotation(KeyId=key)


def test_a_grant_lets_in_and_is_taken_back(kms, dev, make, name, server):
    iam = dev.client("iam")
    iam.create_user(UserName=name)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    user = f"arn:aws:iam::{server.account('dev')}:user/{name}"
    granted = dev.client(
        "kms",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
    )
    key = make()
    asked = {"KeyId": key, "Plaintext": b"x"}
    refused(granted.encrypt, "AccessDeniedException", **asked)
    call = {
        "KeyId": key,
        "GranteePrincipal": user,
        "Operations": ["Encrypt"],
        "Constraints": {"EncryptionContextSubset": {"for": "us"}},
    }
    made = kms.create_grant(**call)
    refused(granted.encrypt, "AccessDeniedException", **asked)
    context = {"EncryptionContext": {"for": "us", "more": "1"}}
    token = {"GrantTokens": [made["GrantToken"]]}
    assert granted.encrypt(**asked, **context, **token)["CiphertextBlob"]
    (listed,) = kms.list_grants(KeyId=key)["Grants"]
    assert (listed["GrantId"], listed["GranteePrincipal"]) == (made["GrantId"], user)
    kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])
    refused(granted.encrypt, "AccessDeniedException", **asked, **context)
    iam.delete_access_key(UserName=name, AccessKeyId=keys["AccessKeyId"])
    iam.delete_user(UserName=name)


def test_the_command_line_signs_and_verifies(kms, make, server, tmp_path):
    key = make(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    (tmp_path / "message").write_bytes(MESSAGE)

    def aws(*arguments):
        command = ["aws", "kms", *arguments, "--key-id", key, "--output", "json"]
        command += ["--signing-algorithm", "ECDSA_SHA_256", "--message", f"fileb://{tmp_path}/message"]
        done = subprocess.run(command, capture_output=True, text=True, env=server.environment("dev"))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    (tmp_path / "signature").write_bytes(base64.b64decode(aws("sign")["Signature"]))
    assert aws("verify", "--signature", f"fileb://{tmp_path}/signature")["SignatureValid"]
