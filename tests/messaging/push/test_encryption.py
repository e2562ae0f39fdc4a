"""Push messages are encrypted as RFC 8291 says, and can only be read by the browser that subscribed."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from messaging.push import base64url
from messaging.push.encryption import MAX_PLAINTEXT, RECORD_SIZE, ReceiverKeys, encrypt, encrypt_with, read_public_key
from tests.push_device import Device

# RFC 8291, section 5 and appendix A.
PLAINTEXT = b"When I grow up, I want to be a watermelon"
SENDER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
RECEIVER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
ENCRYPTED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(base64url.decode(text), "big"), ec.SECP256R1())


def keys_of(device: Device) -> ReceiverKeys:
    return ReceiverKeys(device.public, device.auth)


def test_the_example_of_the_rfc():
    receiver = ReceiverKeys(base64url.decode(RECEIVER_PUBLIC), base64url.decode(AUTH))
    body = encrypt_with(PLAINTEXT, receiver, key_of(SENDER_PRIVATE), base64url.decode(SALT))
    assert base64url.encode(body) == ENCRYPTED


def test_the_tests_own_decryption_reads_the_example_of_the_rfc():
    device = Device(key=key_of(RECEIVER_PRIVATE), auth=base64url.decode(AUTH))
    assert base64url.encode(device.public) == RECEIVER_PUBLIC
    assert device.decrypt(base64url.decode(ENCRYPTED)) == PLAINTEXT


@pytest.mark.parametrize("length", [0, 1, 127, 128, 129, 2_000, MAX_PLAINTEXT - 1, MAX_PLAINTEXT])
def test_a_device_reads_messages_of_any_length(length):
    device, plaintext = Device(), bytes(each % 255 + 1 for each in range(length))
    body = encrypt(plaintext, keys_of(device))
    assert len(body) <= RECORD_SIZE
    assert device.decrypt(body) == plaintext


def test_the_length_of_a_message_is_hidden_up_to_a_multiple():
    device = Device()
    assert len({len(encrypt(b"x" * length, keys_of(device))) for length in range(1, 129)}) == 1
    assert len(encrypt(b"x" * 129, keys_of(device))) > len(encrypt(b"x" * 128, keys_of(device)))


def test_the_same_message_is_never_encrypted_the_same_way():
    device = Device()
    assert encrypt(PLAINTEXT, keys_of(device)) != encrypt(PLAINTEXT, keys_of(device))


def test_another_device_cannot_read_it():
    body = encrypt(PLAINTEXT, keys_of(Device()))
    with pytest.raises(InvalidTag):
        Device().decrypt(body)


def test_a_message_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="at most 3993"):
        encrypt(b"x" * (MAX_PLAINTEXT + 1), keys_of(Device()))


@pytest.mark.parametrize(
    "point",
    [b"", b"\x04" * 65, Device().public[:64], Device().public + b"\0", b"\x02" + Device().public[1:33], b"\0" * 65],
    ids=["empty", "not on the curve", "too short", "too long", "compressed", "zero"],
)
def test_only_an_uncompressed_point_on_the_curve_is_a_key(point):
    with pytest.raises(ValueError):
        read_public_key(point)


@pytest.mark.parametrize("text", ["a b", "a+b/", "ä", "A", "AA=A", "A\n"])
def test_only_base64url_is_decoded(text):
    with pytest.raises(ValueError):
        base64url.decode(text)


def test_base64url_is_decoded_with_and_without_padding():
    assert base64url.decode("-_8") == base64url.decode("-_8=") == b"\xfb\xff"
