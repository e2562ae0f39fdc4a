"""The site identifies itself to push services as RFC 8292 says, with a key that never changes by itself."""

import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from messaging.push import base64url, vapid
from messaging.push.encryption import read_public_key
from messaging.push.vapid import contact, vapid_key

ENDPOINT = "https://push.example.org:8443/send/abc?x=1"
START = "2026-11-30T12:00:00Z"


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def claims_of(header: str) -> dict[str, object]:
    """Return the claims of an Authorization header whose signature is valid."""
    scheme, rest = header.split(" ", 1)
    assert scheme == "vapid"
    parameters = dict(part.split("=", 1) for part in rest.split(", "))
    head, claims, signature = parameters["t"].split(".")
    assert json.loads(base64url.decode(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = base64url.decode(signature)
    assert len(raw) == 64
    encoded = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = read_public_key(base64url.decode(parameters["k"]))
    public.verify(encoded, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(base64url.decode(claims))


def test_the_token_names_the_push_service_and_the_site(settings):
    settings.SITE_URL = "https://chat.example.org"
    with time_machine.travel(START, tick=False):
        claims = claims_of(vapid_key().authorization(ENDPOINT))
        assert claims["aud"] == "https://push.example.org:8443"
        assert claims["sub"] == "https://chat.example.org"
        assert 0 < claims["exp"] - time.time() <= 24 * 3600


def test_a_token_is_worth_nothing_with_another_key():
    other = vapid.VapidKey(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(InvalidSignature):
        claims_of(vapid_key().authorization(ENDPOINT).replace(vapid_key().public, other.public))


def test_a_token_is_signed_once_for_each_push_service_until_it_nearly_ends():
    key = vapid_key()
    with time_machine.travel(START, tick=False) as clock:
        first = key.authorization(ENDPOINT)
        assert key.authorization("https://push.example.org:8443/send/other") == first
        assert key.authorization("https://other.example.org/") != first
        clock.shift(vapid.LIFETIME - vapid.RENEWED_BEFORE - 1)
        assert key.authorization(ENDPOINT) == first
        clock.shift(2)
        assert claims_of(key.authorization(ENDPOINT))["exp"] > claims_of(first)["exp"]


def test_the_number_of_tokens_kept_is_bounded():
    key = vapid_key()
    for number in range(vapid.MAX_TOKENS + 5):
        key.authorization(f"https://host{number}.example.org/")
    assert len(key._tokens) <= vapid.MAX_TOKENS


@pytest.mark.parametrize("url", ["", "http://chat.example.org", "https://localhost:8000"])
def test_without_a_public_address_the_sender_of_emails_is_the_contact(settings, url):
    settings.SITE_URL, settings.DEFAULT_FROM_EMAIL = url, "The chat <chat@example.org>"
    assert contact() == "mailto:chat@example.org"


def test_the_key_is_stored_so_that_only_the_server_reads_it(data_dir):
    public = vapid_key().public
    file = data_dir / vapid.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    vapid._load.cache_clear()
    assert vapid_key().public == public


def test_processes_that_start_together_agree_on_one_key(data_dir):
    def load(_number: int) -> str:
        return vapid._load.__wrapped__(data_dir / vapid.FILE).public

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(load, range(16)))) == 1
    assert [path.name for path in data_dir.iterdir()] == [vapid.FILE]


def test_servers_with_the_same_setting_have_the_same_key(settings, data_dir):
    settings.CHAT_PUSH_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"  # of RFC 8291, appendix A
    assert vapid_key().public.startswith("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg")
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize("content", ["", "no key!", "AA"])
def test_a_damaged_key_is_an_error_that_names_the_file(data_dir, content):
    (data_dir / vapid.FILE).write_text(content)
    with pytest.raises(OSError, match=vapid.FILE):
        vapid_key()
