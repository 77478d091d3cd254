"""KMS: real encryption, contexts, aliases, key policies, key states."""

import json

import pytest
from landbridge import refused


@pytest.fixture
def kms(dev):
    """KMS as DEV's administrator."""
    return dev.client("kms")


@pytest.fixture
def key(kms):
    """A key that is scheduled for deletion afterwards."""
    arn = kms.create_key(Description="a key")["KeyMetadata"]["Arn"]
    yield arn
    if kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)


def test_encrypt_and_decrypt_with_a_context(kms, key):
    context = {"purpose": "test", "number": "1"}
    sealed = kms.encrypt(KeyId=key, Plaintext=b"words", EncryptionContext=context)["CiphertextBlob"]
    assert b"words" not in sealed
    opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"words", key)
    for wrong in ({}, {**context, "number": "2"}, {"Purpose": "test", "number": "1"}):
        call = {"CiphertextBlob": sealed, "EncryptionContext": wrong}
        refused(kms.decrypt, "InvalidCiphertextException", **call)
    broken = sealed[:-1] + bytes([sealed[-1] ^ 1])
    refused(
        kms.decrypt, "InvalidCiphertextException", CiphertextBlob=broken, EncryptionContext=context
    )


def test_a_key_decrypts_only_its_own(kms, key):
    other = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    message = "The key ID in the request does not identify a CMK that can perform this operation."
    refused(kms.decrypt, "IncorrectKeyException", message, CiphertextBlob=sealed, KeyId=other)
    moved = kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=other)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=moved, KeyId=other)["Plaintext"] == b"x"
    kms.schedule_key_deletion(KeyId=other, PendingWindowInDays=7)


def test_data_keys(kms, key):
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert len(made["Plaintext"]) == 32
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]
    sealed = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=10)
    assert "Plaintext" not in sealed
    assert len(kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]) == 10


def test_aliases(kms, key, name):
    alias = f"alias/{name}"
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"] == key
    sealed = kms.encrypt(KeyId=alias, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["KeyId"] == key
    refused(kms.create_alias, "AlreadyExistsException", AliasName=alias, TargetKeyId=key)
    refused(kms.create_alias, "ValidationException", AliasName=name, TargetKeyId=key)
    other = kms.create_key()["KeyMetadata"]["Arn"]
    kms.update_alias(AliasName=alias, TargetKeyId=other)
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"] == other
    kms.delete_alias(AliasName=alias)
    refused(kms.describe_key, "NotFoundException", KeyId=alias)
    kms.schedule_key_deletion(KeyId=other, PendingWindowInDays=7)


def test_states(kms, key):
    kms.disable_key(KeyId=key)
    refused(kms.encrypt, "DisabledException", f"{key} is disabled.", KeyId=key, Plaintext=b"x")
    kms.enable_key(KeyId=key)
    assert kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    message = f"{key} is pending deletion."
    refused(kms.encrypt, "KMSInvalidStateException", message, KeyId=key, Plaintext=b"x")
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    assert kms.encrypt(KeyId=key, Plaintext=b"x")


def test_unknown_keys(kms, server):
    ghost = f"arn:aws:kms:us-east-1:{server.account('dev')}:key/00000000-0000-0000-0000-000000000000"
    message = f"Key '{ghost}' does not exist"
    refused(kms.describe_key, "NotFoundException", message, KeyId=ghost)
    message = "Invalid keyId 'fake'"
    refused(kms.describe_key, "NotFoundException", message, KeyId="fake")


def test_the_key_policy_decides_across_accounts(kms, key, prod, server):
    foreign = prod.client("kms")
    asked = {"KeyId": key, "Plaintext": b"x"}
    message = f"is not authorized to perform: kms:Encrypt on resource: {key}"
    refused(foreign.encrypt, "AccessDeniedException", message, **asked)
    document = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    everybody = {"AWS": f"arn:aws:iam::{server.account('prod')}:root"}
    document["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": everybody,
            "Action": "kms:Encrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:for": "prod"}},
        }
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    refused(foreign.encrypt, "AccessDeniedException", **asked)
    assert foreign.encrypt(**asked, EncryptionContext={"for": "prod"})["CiphertextBlob"]
    sealed = kms.encrypt(**asked)["CiphertextBlob"]
    refused(foreign.decrypt, "AccessDeniedException", CiphertextBlob=sealed)
