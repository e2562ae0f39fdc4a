"""Settings: good on a clone with none, loud on nonsense; the secret key's file."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import secret_file
from chatsite.conf import storages
from chatsite.http.origin import is_own
from messaging.attachments.s3_storage import SharedS3Storage

SHOW = """
import json, sys
from django.core.exceptions import ImproperlyConfigured
try:
    from chatsite import settings
except ImproperlyConfigured as error:
    print(json.dumps({"error": str(error)}))
    sys.exit()
names = ["DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "REGISTRATION"]
shown = {name: getattr(settings, name) for name in names}
shown |= {"layer": settings.CHANNEL_LAYERS["default"]["BACKEND"], "cache": settings.CACHES["default"]}
print(json.dumps(shown))
"""


def settings_with(tmp_path, **environment: str) -> dict:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    values = {**kept, "DATA_DIR": str(tmp_path), **environment}
    shown = subprocess.run([sys.executable, "-c", SHOW], env=values, capture_output=True, text=True, check=True)
    return json.loads(shown.stdout)


def test_with_nothing_set_the_site_is_safe_and_for_this_machine(tmp_path):
    shown = settings_with(tmp_path)
    assert shown["DEBUG"] is False
    assert shown["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert shown["REGISTRATION"] == "open"
    assert "InMemory" in shown["layer"]
    key = tmp_path / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text().strip()) >= 50


def test_what_another_process_did_is_looked_for_well_within_five_seconds(settings):
    assert settings.CHAT_POLL_SECONDS <= 4


def test_an_https_address_brings_its_cookies_and_hosts(tmp_path):
    shown = settings_with(tmp_path, SITE_URL="https://chat.example.org/")
    assert "chat.example.org" in shown["ALLOWED_HOSTS"]
    assert shown["CSRF_TRUSTED_ORIGINS"] == ["https://chat.example.org"]
    assert shown["SESSION_COOKIE_SECURE"] is True
    assert shown["SECURE_HSTS_SECONDS"] > 0


def test_redis_carries_the_events_where_there_is_one(tmp_path):
    shown = settings_with(tmp_path, REDIS_URL="redis://localhost:6379/0")
    assert "pubsub" in shown["layer"]
    assert shown["cache"]["BACKEND"] == "chatsite.cache.SteadyRedisCache"
    assert shown["cache"]["OPTIONS"] == {"socket_timeout": 1, "socket_connect_timeout": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGISTRATION", "maybe"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("SITE_URL", "chat.example.org"),
        ("HOST", "0.0.0.0"),
        ("CHAT_MAX_BODY", "0"),
        ("CHAT_MAX_BODY", "9000"),
        ("LOG_LEVEL", "loud"),
        ("EMAIL_VERIFICATION", "yes"),
    ],
)
def test_nonsense_is_refused_by_name(tmp_path, name, value):
    assert name in settings_with(tmp_path, **{name: value})["error"]


def test_a_folder_that_cannot_hold_the_key_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    assert "DATA_DIR" in settings_with(tmp_path, DATA_DIR=str(tmp_path / "file"))["error"]


def test_a_log_file_that_cannot_be_written_is_named(tmp_path):
    error = settings_with(tmp_path, CHAT_LOG_FILE=str(tmp_path / "nowhere" / "audit.log"))["error"]
    assert "CHAT_LOG_FILE=" in error
    assert "Make its folder" in error


def test_what_a_command_does_is_a_line_of_the_log_file(tmp_path):
    log = tmp_path / "audit.log"
    values = {**os.environ, "DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/site.sqlite3"}
    values |= {"CHAT_LOG_FILE": str(log), "ENV_FILE": os.devnull}
    for words in (["migrate", "-v", "0"], ["register_user", "ana", "--password-stdin"]):
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, env=values, input="nine red kites\n", capture_output=True, text=True, check=True)
    (line,) = log.read_text().splitlines()
    event = json.loads(line)
    assert (event["kind"], event["address"], event["target"]["name"]) == ("registered", "console", "ana")
    assert stat.S_IMODE(log.stat().st_mode) == 0o640


class TestTheSecret:
    def test_it_stays_the_same(self, tmp_path):
        assert secret_file.read_or_create(tmp_path / "key") == secret_file.read_or_create(tmp_path / "key")

    def test_who_start_together_agree(self, tmp_path):
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _: secret_file.read_or_create(tmp_path / "new" / "key"), range(40)))
        assert len(keys) == 1
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["key"]

    def test_an_empty_file_is_no_secret(self, tmp_path):
        (tmp_path / "key").write_text("\n")
        with pytest.raises(OSError, match="empty"):
            secret_file.read_or_create(tmp_path / "key")


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("", "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://localhost", "localhost", True),
        ("http://localhost:80", "localhost", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("https://chat.example.org", "10.0.0.5:8000", True),
        ("http://127.0.0.1:8001", "127.0.0.1:8000", False),
        ("https://127.0.0.1:8000", "127.0.0.1:8000", False),
        ("http://evil.example", "127.0.0.1:8000", False),
        ("http://evil.example", "evil.example", False),
        ("http://chat.example.org", "chat.example.org", False),
        ("null", "127.0.0.1:8000", False),
        ("http://[", "127.0.0.1:8000", False),
        ("http://127.0.0.1:99999", "127.0.0.1:99999", False),
    ],
)
def test_an_origin_is_ones_own_by_scheme_host_and_port(settings, origin, host, own):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example.org"]
    settings.USE_HTTPS = False
    assert is_own(origin, host) is own


SECRET = "wJalr/XUtn+FEMI"


class TestTheStore:
    def test_without_one_files_lie_in_a_folder(self, settings):
        assert storages.storage_named("")["BACKEND"].endswith("FileSystemStorage")

    def test_an_endpoint_is_asked_by_path(self):
        url = "s3://KEY:wJalr%2FXUtn%2BFEMI@photos.example?endpoint=https://minio.example.org:9000/&region=eu"
        options = storages.storage_named(url)["OPTIONS"]
        assert options["secret_key"] == SECRET
        assert (options["bucket_name"], options["region_name"]) == ("photos.example", "eu")
        assert (options["endpoint_url"], options["addressing_style"]) == ("https://minio.example.org:9000", "path")

    def test_amazons_addresses_name_the_bucket_and_the_region(self):
        storage = SharedS3Storage(**storages.storage_named("s3://KEY:SECRET@photos?region=eu-central-1")["OPTIONS"])
        assert storage.url("a/b", expire=60).startswith("https://photos.s3.eu-central-1.amazonaws.com/a/b?X-Amz-")

    def test_without_keys_those_of_the_machine_are_taken(self, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "MACHINES")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        storage = SharedS3Storage(**storages.storage_named("s3://photos?region=eu-central-1")["OPTIONS"])
        assert "X-Amz-Credential=MACHINES%2F" in storage.url("a/b", expire=60)

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            (f"s3://KEY:{SECRET}@photos?region=eu", "%2F"),
            ("https://photos.example.org", "bucket"),
            ("s3://KEY:SECRET@photos", "region"),
            ("s3://KEY@photos?region=eu", "one of KEY and SECRET"),
            ("s3://KEY:SECRET@photos?region=eu&acl=public", "acl"),
            ("s3://KEY:SECRET@photos?endpoint=minio:9000", "endpoint"),
            ("s3://KEY:SECRET@photos?endpoint=http://minio:9000/photos", "endpoint"),
            ("s3://KEY:SECRET@photos/folder?region=eu", "bucket"),
            ("s3://KEY:SECRET@photos:443?region=eu", "bucket"),
            ("s3://KEY:SECRET@photos?region", "bucket"),
            ("s3://[", "bucket"),
        ],
    )
    def test_nonsense_is_refused_without_a_word_of_the_secret(self, tmp_path, url, says):
        error = settings_with(tmp_path, MEDIA_URL=url)["error"]
        assert "MEDIA_URL" in error
        assert says in error
        assert SECRET not in error
        assert "wJalr" not in error
