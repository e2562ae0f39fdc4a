"""Settings: defaults, invalid values, and the secret key's file."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from accounts import secret_file
from chatsite.conf import storages
from chatsite.conf.sqlite import PrivateConnection
from live.http.origin import is_same_origin
from messaging.attachments.s3_storage import SharedS3Storage

pytestmark = pytest.mark.slow

PROGRAM = """
import json, sys
from django.core.exceptions import ImproperlyConfigured
try:
    from chatsite import settings
except ImproperlyConfigured as error:
    print(json.dumps({"error": str(error)}))
    sys.exit()
names = ["DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "REGISTRATION"]
names += ["SECURE_SSL_HOST"]
shown = {name: getattr(settings, name) for name in names}
shown |= {"layer": settings.CHANNEL_LAYERS["default"]["BACKEND"], "cache": settings.CACHES["default"]}
print(json.dumps(shown))
"""


def settings_with(tmp_path, **environment: str) -> dict:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    values = {**kept, "DATA_DIR": str(tmp_path), **environment}
    shown = subprocess.run([sys.executable, "-c", PROGRAM], env=values, capture_output=True, text=True, check=True)
    return json.loads(shown.stdout)


def test_defaults_are_safe_and_local(tmp_path):
    shown = settings_with(tmp_path)
    assert shown["DEBUG"] is False
    assert shown["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert shown["REGISTRATION"] == ""  # as set on the page of the site’s settings, which is open by default
    assert "InMemory" in shown["layer"]
    key = tmp_path / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text().strip()) >= 50


def test_changes_of_other_processes_are_found_within_five_seconds(settings):
    assert settings.CHAT_POLL_SECONDS <= 4


def test_an_https_site_url_sets_cookies_and_hosts(tmp_path):
    shown = settings_with(tmp_path, SITE_URL="https://chat.example.org/")
    assert shown["SECURE_SSL_HOST"] == "chat.example.org"
    assert "chat.example.org" in shown["ALLOWED_HOSTS"]
    assert shown["CSRF_TRUSTED_ORIGINS"] == ["https://chat.example.org"]
    assert shown["SESSION_COOKIE_SECURE"] is True
    assert shown["SECURE_HSTS_SECONDS"] > 0


def test_redis_url_selects_channel_layer_and_cache(tmp_path):
    shown = settings_with(tmp_path, REDIS_URL="redis://localhost:6379/0")
    assert "pubsub" in shown["layer"]
    assert shown["cache"]["BACKEND"] == "chatsite.cache.FallbackRedisCache"
    assert shown["cache"]["OPTIONS"] == {"socket_timeout": 1, "socket_connect_timeout": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGISTRATION", "maybe"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("SITE_URL", "chat.example.org"),
        ("HOST", "0.0.0.0"),
        ("ALLOWED_HOSTS", "chat.example.org,*"),
        ("CHAT_MAX_BODY", "0"),
        ("CHAT_MAX_BODY", "9000"),
        ("LOG_LEVEL", "loud"),
        ("EMAIL_VERIFICATION", "yes"),
    ],
)
def test_an_invalid_value_is_an_error_naming_the_setting(tmp_path, name, value):
    assert name in settings_with(tmp_path, **{name: value})["error"]


def test_an_unusable_data_dir_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    assert "DATA_DIR" in settings_with(tmp_path, DATA_DIR=str(tmp_path / "file"))["error"]


def test_an_unwritable_log_file_is_an_error(tmp_path):
    error = settings_with(tmp_path, CHAT_LOG_FILE=str(tmp_path / "nowhere" / "audit.log"))["error"]
    assert "CHAT_LOG_FILE=" in error
    assert "Create its folder" in error


def test_actions_of_commands_are_logged_to_the_file(tmp_path):
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


def mode_of(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestPermissions:
    """Other users of the machine can't read the database, whichever command creates it."""

    @pytest.fixture(autouse=True)
    def usual_umask(self):
        before = os.umask(0o022)
        yield
        os.umask(before)

    def test_migrate_creates_a_private_database(self, tmp_path):
        folder = tmp_path / "data"
        values = os.environ | {"DATA_DIR": str(folder), "ENV_FILE": os.devnull}
        values.pop("DATABASE_URL", None)
        command = [sys.executable, "manage.py", "migrate", "accounts", "0001", "-v", "0"]
        subprocess.run(command, env=values, capture_output=True, text=True, check=True)
        assert not mode_of(folder) & 0o066
        modes = {path.name: oct(mode_of(path)) for path in folder.glob("chatsite.sqlite3*")}
        assert modes == {"chatsite.sqlite3": "0o600"}

    def test_files_beside_the_database_are_private(self, tmp_path):
        path = tmp_path / "site.sqlite3"
        with closing(sqlite3.connect(path, factory=PrivateConnection)) as connection:
            connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);")
            modes = {each.name: oct(mode_of(each)) for each in tmp_path.iterdir()}
        assert modes == dict.fromkeys(("site.sqlite3", "site.sqlite3-wal", "site.sqlite3-shm"), "0o600")

    @pytest.mark.parametrize(("before", "after"), [(0o644, 0o640), (0o666, 0o660), (0o640, 0o640), (0o600, 0o600)])
    def test_older_database_is_closed_to_others_but_not_to_its_group(self, tmp_path, before, after):
        path = tmp_path / "site.sqlite3"
        path.touch()
        path.chmod(before)
        sqlite3.connect(path, factory=PrivateConnection).close()
        assert oct(mode_of(path)) == oct(after)


class TestSecretFile:
    def test_it_is_created_once(self, tmp_path):
        assert secret_file.read_or_create(tmp_path / "key") == secret_file.read_or_create(tmp_path / "key")

    def test_processes_started_together_agree(self, tmp_path):
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _: secret_file.read_or_create(tmp_path / "new" / "key"), range(40)))
        assert len(keys) == 1
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["key"]

    def test_an_empty_file_is_an_error(self, tmp_path):
        (tmp_path / "key").write_text("\n")
        with pytest.raises(OSError, match="empty"):
            secret_file.read_or_create(tmp_path / "key")


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
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
def test_same_origin_means_same_scheme_host_and_port(settings, origin, host, expected):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example.org"]
    settings.USE_HTTPS = False
    assert is_same_origin(origin, host) is expected


SECRET = "wJalr/XUtn+FEMI"


class TestMediaUrl:
    def test_without_it_files_are_kept_in_a_folder(self, settings):
        assert storages.storage_from_url("")["BACKEND"].endswith("FileSystemStorage")

    def test_an_endpoint_uses_path_addressing(self):
        url = "s3://KEY:wJalr%2FXUtn%2BFEMI@photos.example?endpoint=https://minio.example.org:9000/&region=eu"
        options = storages.storage_from_url(url)["OPTIONS"]
        assert options["secret_key"] == SECRET
        assert (options["bucket_name"], options["region_name"]) == ("photos.example", "eu")
        assert (options["endpoint_url"], options["addressing_style"]) == ("https://minio.example.org:9000", "path")

    def test_amazon_urls_contain_bucket_and_region(self):
        storage = SharedS3Storage(**storages.storage_from_url("s3://KEY:SECRET@photos?region=eu-central-1")["OPTIONS"])
        assert storage.url("a/b", expire=60).startswith("https://photos.s3.eu-central-1.amazonaws.com/a/b?X-Amz-")

    def test_without_keys_the_role_of_the_machine_is_used(self, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "MACHINES")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        storage = SharedS3Storage(**storages.storage_from_url("s3://photos?region=eu-central-1")["OPTIONS"])
        assert "X-Amz-Credential=MACHINES%2F" in storage.url("a/b", expire=60)

    @pytest.mark.parametrize(
        ("url", "expected"),
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
    def test_an_invalid_value_is_an_error_that_does_not_reveal_the_secret(self, tmp_path, url, expected):
        error = settings_with(tmp_path, MEDIA_URL=url)["error"]
        assert "MEDIA_URL" in error
        assert expected in error
        assert SECRET not in error
        assert "wJalr" not in error
