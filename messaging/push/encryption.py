"""Encryption of push messages (RFC 8291), with which push services can deliver them but not read them."""

import os
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
PUBLIC_KEY_SIZE = 65  # bytes of an uncompressed point
AUTH_SIZE = 16
SALT_SIZE = 16
RECORD_SIZE = 4096  # of the only record; also how much each push service must accept
HEADER_SIZE = SALT_SIZE + 4 + 1 + PUBLIC_KEY_SIZE
MAX_PLAINTEXT = RECORD_SIZE - HEADER_SIZE - 1 - 16  # without the delimiter and the tag
PADDED_TO = 128  # bytes, so that a push service doesn't learn the exact length of a message

_LAST_RECORD = b"\x02"


class ReceiverKeys(NamedTuple):
    """The keys of a subscription: the browser's public key (p256dh), and the secret that it shares with the site."""

    public: bytes
    auth: bytes


def encrypt(plaintext: bytes, receiver: ReceiverKeys) -> bytes:
    """Encrypt a message of up to MAX_PLAINTEXT bytes. Raises ValueError if it is longer or the keys are invalid."""
    padded = min(-(-len(plaintext) // PADDED_TO) * PADDED_TO, MAX_PLAINTEXT)
    return encrypt_with(plaintext, receiver, ec.generate_private_key(CURVE), os.urandom(SALT_SIZE), padded=padded)


def encrypt_with(
    plaintext: bytes, receiver: ReceiverKeys, sender: ec.EllipticCurvePrivateKey, salt: bytes, *, padded: int = 0
) -> bytes:
    """Encrypt a message with this key and salt, each of which must be used only once. `padded`: its least length."""
    if len(plaintext) > MAX_PLAINTEXT:
        raise ValueError(f"a push message has at most {MAX_PLAINTEXT} bytes")
    public = public_bytes(sender)
    shared = sender.exchange(ec.ECDH(), read_public_key(receiver.public))
    secret = _derive(shared, receiver.auth, b"WebPush: info\x00" + receiver.public + public, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(public)]) + public
    record = (plaintext + _LAST_RECORD).ljust(padded + 1, b"\x00")
    return header + AESGCM(key).encrypt(nonce, record, None)


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as an uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return a public key. Raises ValueError unless it is an uncompressed point on the curve."""
    if len(point) != PUBLIC_KEY_SIZE:
        raise ValueError(f"a public key has {PUBLIC_KEY_SIZE} bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
