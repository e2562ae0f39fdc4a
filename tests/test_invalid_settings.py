"""An invalid value of any setting ends the server and `manage.py` with a one-line error that contains the remedy."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.conf import env
from tests.checkout import EXAMPLE_SETTINGS, ROOT
from tests.services import free_port

SECRET = "hunter2hunter2"
LONG_KEY = "k3y-of-thirty-two-characters-or-more"

INVALID = {
    "HOST": ["http://127.0.0.1", "127.0.0.1:8000", "all hosts", "0.0.0.0", "::", "10.0.0.0/8"],
    "PORT": ["eighty", "0", "-1", "65536", "80.5", "8000 # the port", "٨٠٠٠", "nan"],
    "WORKERS": ["0", "many", "65", "1.5"],
    "SITE_URL": [
        *("chat.example.org", "nonsense", "ftp://chat.example.org", "https://", "https:///", "https://[", "//x"),
        *("https://chat.example.org/chat", "https://chat.example.org?x=1", "https://ana:x@chat.example.org"),
        *("https://chat.example.org:99999", "https://chat.example.org:port", "https://chat example.org"),
        *("https://-chat.example.org", "https://chat..example.org", "https://chät.example.org", "https://chat_.org#a"),
    ],
    "ALLOWED_HOSTS": [
        *("http://chat.example.org", "chat.example.org:8000", "chat.example.org/chat", "chat example.org"),
        *("::1", "*.example.org", "chat.example.org;other.example.org"),
    ],
    "TRUSTED_PROXIES": ["nonsense", "proxy.example.org", "127.0.0.1:80", "10.0.0.1/8", "*", "127.0.0.1;10.0.0.1"],
    "SECURE_SSL_REDIRECT": ["maybe", "2", "none"],
    "SECURE_HSTS_SECONDS": ["a year", "-1"],
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": ["maybe"],
    "SECURE_HSTS_PRELOAD": ["maybe"],
    "SITE_NAME": ["Chat\nBcc: x", "Chat\x00site".replace("\x00", "\x07"), "Chat\udcff"],
    "REGISTRATION": ["maybe", "openn"],
    "EMAIL_VERIFICATION": ["yes"],
    "EMAIL_URL": [
        *("nonsense", f"smtp+tls://user:{SECRET}", f"smtp://user:{SECRET}@", "mail.example.org:587", "smtp://[mail"),
        *(f"smtp://:{SECRET}@mail.example.org", "smtp://user@mail.example.org", "smtp://mail.example.org:99999"),
        *(f"smtp://user:{SECRET}@mail.example.org/inbox", "smtp://mail example.org", "http://mail.example.org"),
        *(f"smtp://user:{SECRET}#1@mail.example.org", "filemail:///nonexistent", "smtp://mail.example.org?tls=1"),
        *("smtp://mail..example.org", f"smtp://{'a' * 64}.example.org", f"smtp://user:{SECRET}%C3%A9@mail.example.org"),
    ],
    "DEFAULT_FROM_EMAIL": ["nonsense", "@example.org", "chat@", "chat@example.org, b@example.org", "a b@example.org"],
    "LANGUAGE_CODE": ["klingon", "de", "en-klingon", "english", ".."],
    "LOCALE_DIR": ["/nonexistent", "locale", str(ROOT / "manage.py")],
    "TIME_ZONE": ["Mars/Olympus", "America", "/etc/passwd", "../UTC", "Europe/Berlin "[:-2] + "x"],
    "DATA_DIR": ["data", "~/data", "/proc/nowhere", str(ROOT / "manage.py")],
    "DATABASE_URL": [
        *("nonsense", f"mysql://user:{SECRET}@localhost/chat", "postgres://", f"postgres://user:{SECRET}@localhost"),
        *("postgres://localhost/", f"postgres://user:{SECRET}@localhost:port/chat", "postgres://local host/chat"),
        *(f"postgres://user:{SECRET}@localhost/chat?nonsense=1", f"postgres://user:{SECRET}/x@[localhost/chat"),
        *("sqlite:////nonexistent/x", "sqlite:///relative.sqlite3", "sqlite://", "sqlite://:memory:", "sqlite:////tmp"),
    ],
    "CONN_MAX_AGE": ["-1", "None"],
    "REDIS_URL": [
        *("nonsense", "localhost:6379", "redis://", f"redis://:{SECRET}@localhost:port/0", "redis://localhost/zero"),
        *("http://localhost:6379", "redis://localhost?nonsense=1", f"redis://:{SECRET}/1@[localhost"),
        f"redis://:{SECRET}@redis..example.org/0",
    ],
    "SECRET_KEY": ["x", SECRET, "a" * 64, "changeme"],
    "SECRET_KEY_FALLBACKS": [SECRET, f"{LONG_KEY},x"],
    "CHAT_MAX_BODY": ["0", "8001", "many"],
    "CHAT_MAX_CONNECTIONS": ["0", "1e4"],
    "CHAT_MAX_CONNECTIONS_PER_PERSON": ["-1", "few"],
    "CHAT_MAX_USERS": ["-1"],
    "CHAT_RATE": ["-1", "20/s"],
    "CHAT_BURST": ["0", "∞"],
    "CHAT_ROOMS_PER_HOUR": ["-1", "a few"],
    "CHAT_ADDITIONS_PER_HOUR": ["-1"],
    "CHAT_INVITES_PER_HOUR": ["-1"],
    "CHAT_TOKENS_PER_PERSON": ["-1"],
    "CHAT_BOTS_PER_PERSON": ["-1", "ten"],
    "CHAT_IDLE_SECONDS": ["0", "5m", "86401"],
    "CHAT_MAX_FILE_MB": ["0", "100MB"],
    "CHAT_QUOTA_MB": ["-1", "none"],
    "CHAT_ALL_FILES_MB": ["-1"],
    "CHAT_FREE_MB": ["-500", "10%"],
    "CHAT_FILE_TYPES": ["zip", "image", ".a b", "image/png;.zip"],
    "CHAT_FILE_TYPES_DENIED": ["exe"],
    "CHAT_PUSH_HOSTS": ["https://ntfy.example.org", "ntfy.example.org/", "a b", "*", "push.example.org:0", "x:70000"],
    "CHAT_OUTGOING_ALLOWED_HOSTS": [
        "http://bot.lan",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "a b",
        "*",
        "bot.lan:0",
        "bot.lan/x",
    ],
    "LINK_PREVIEWS": ["sometimes"],
    "LINK_PREVIEWS_ALLOWED_HOSTS": ["http://wiki.lan", "10.0.0.1/8", "*"],
    "CHAT_PUSH_KEY": [SECRET, "k" * 42, "k" * 42 + "="],
    "MEDIA_URL": [
        *("nonsense", "/media", f"s3://KEY:{SECRET}@bucket", f"s3://KEY:{SECRET}@bucket?endpoint=http://["),
        f"s3://KEY:{SECRET}@bucket?endpoint=http://s3.example.org:port",
    ],
    "SEND_FILES": ["apache"],
    "LOG_LEVEL": ["loud"],
    "CHAT_LOG_FILE": ["audit.log", "/nonexistent/audit.log", "/"],
    "AUDIT_DAYS": ["-1", "a year", "1000000"],
    "METRICS_TOKEN": ["two words", "clé"],
    "DEBUG": ["maybe", "debug"],
}
CASES = [(name, value) for name, values in INVALID.items() for value in values]


@pytest.fixture
def load(monkeypatch, tmp_path) -> Iterator:
    """Return a function that loads the settings with variables, and raises their error."""
    before = dict(os.environ)

    def _load(**values: str) -> dict:
        for name in EXAMPLE_SETTINGS:
            os.environ.pop(name, None)
        os.environ.update({"DATA_DIR": str(tmp_path), "ENV_FILE": os.devnull} | values)
        env.names_in_file.clear()
        return runpy.run_path(str(ROOT / "chatsite/settings.py"))

    yield _load
    os.environ.clear()
    os.environ.update(before)
    env.names_in_file.clear()


def error_of(load, **values: str) -> str:
    with pytest.raises(ImproperlyConfigured) as raised:
        load(**values)
    error = str(raised.value)
    assert len(error.splitlines()) == 1
    assert error.isprintable()
    assert len(error) < 400
    assert "hunter2" not in error
    assert re.search(r"\b(Set|Use|Write|Make|Create|Add|Remove|Save|Did you mean)\b|looks? like|The default is", error)
    return error


def test_the_table_has_every_setting(load):
    load()
    assert env.names == EXAMPLE_SETTINGS.keys() == INVALID.keys()


def test_the_example_shows_the_defaults_of_numbers(load):
    numbers = {name: value for name, value in EXAMPLE_SETTINGS.items() if value.isdigit()}
    del numbers["SECURE_HSTS_SECONDS"]  # depends on SITE_URL
    by_default, as_shown = load(), load(**numbers)
    assert {name for name in by_default if name.isupper() and by_default[name] != as_shown[name]} == set()


@pytest.mark.parametrize(("name", "value"), CASES)
def test_invalid_value_is_an_error_that_names_the_setting_and_the_remedy(load, tmp_path, name, value):
    assert name in error_of(load, **{name: value})
    assert not list(tmp_path.iterdir())  # not even a secret key was created


@pytest.mark.parametrize("name", INVALID)
def test_empty_value_means_the_default(load, name):
    if name != "DATA_DIR":
        load(**{name: ""})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"SITE_URL": "HTTPS://Chat.Example.org:443/"}, {"SITE_URL": "https://chat.example.org"}),
        ({"SITE_URL": "http://[2001:db8::1]:8080"}, {"SITE_URL": "http://[2001:db8::1]:8080"}),
        ({"HOST": "::", "SITE_URL": "http://chat"}, {"HOST": "::"}),
        ({"ALLOWED_HOSTS": ".example.org, [::1]"}, {"ALLOWED_HOSTS": [".example.org", "[::1]"]}),
        ({"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8, ::1"}, {"TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8,::1"}),
        ({"SECURE_SSL_REDIRECT": "On"}, {"SECURE_SSL_REDIRECT": True}),
        ({"LANGUAGE_CODE": "en_GB"}, {"LANGUAGE_CODE": "en-gb"}),
        (
            {"EMAIL_URL": "smtp+tls://ana%40x:p%40ss@mail.example.org"},
            {"EMAIL_HOST_PASSWORD": "p@ss", "EMAIL_PORT": 587},
        ),
        (
            {"EMAIL_URL": "smtp+ssl://mail.example.org"},
            {"EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False, "EMAIL_PORT": 465},
        ),
        ({"DEFAULT_FROM_EMAIL": "Chat <chat@example.org>"}, {"DEFAULT_FROM_EMAIL": "Chat <chat@example.org>"}),
        ({"REDIS_URL": "unix:///run/redis.sock?db=1"}, {"REDIS_URL": "unix:///run/redis.sock?db=1"}),
        ({"SECRET_KEY": LONG_KEY}, {"SECRET_KEY": LONG_KEY}),
    ],
)
def test_valid_values_are_accepted(load, values, expected):
    loaded = load(**values)
    assert {name: loaded[name] for name in expected} == expected


def test_postgresql_with_options(load):
    url = "postgres://ana:p%40ss@/chat?host=/run/postgresql&sslmode=require"
    database = load(DATABASE_URL=url)["DATABASES"]["default"]
    assert (database["NAME"], database["PASSWORD"]) == ("chat", "p@ss")
    assert database["OPTIONS"] == {"connect_timeout": 10, "sslmode": "require", "host": "/run/postgresql"}


def test_allowed_hosts_must_include_the_host_of_the_site(load):
    assert "ALLOWED_HOSTS" in error_of(load, SITE_URL="https://chat.example.org", ALLOWED_HOSTS="other.example.org")


class TestSettingsFile:
    def test_missing_file_is_an_error(self, load, tmp_path):
        assert "ENV_FILE" in error_of(load, ENV_FILE=str(tmp_path / "nowhere"))

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"SITE_NAME=Ours\nREGISTRATION closed\n", "line 2"),
            (b"SITE_NAME = Ours\n", "line 1"),
            (b"SITE_NAME=\xff\n", "UTF-8"),
            (b"REGISTATION=closed\n", "Did you mean REGISTRATION?"),
            (b"CHAT_MAX_FILES_MB=5\n", "Did you mean CHAT_MAX_FILE_MB?"),
            (b"PORT=eighty\n", "PORT='eighty'"),
        ],
    )
    def test_invalid_content_is_an_error(self, load, tmp_path, content, expected):
        file = tmp_path / "settings"
        file.write_bytes(content)
        assert expected in error_of(load, ENV_FILE=str(file))

    def test_unreadable_file_is_an_error(self, load, tmp_path):
        assert "cannot be read" in error_of(load, ENV_FILE=str(tmp_path))

    def test_names_of_other_programs_are_ignored(self, load, tmp_path):
        file = tmp_path / "settings"
        file.write_text("# ours\n\nexport SITE_NAME='Ours'\nPOSTGRES_PASSWORD=x\nHTTP_PORT=8080\nAWS_REGION=eu\n")
        assert load(ENV_FILE=str(file))["SITE_NAME"] == "Ours"


# -- the commands -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"EMAIL_URL": f"smtp+tls://user:{SECRET}"},
        {"TIME_ZONE": "Mars/Olympus"},
        {"ENV_FILE": "/nonexistent/env"},
        {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"},
        {"DATABASE_URL": f"sqlite:///{ROOT}/README.md"},
    ],
    ids=str,
)
@pytest.mark.parametrize("command", [["-m", "chatsite.server"], ["manage.py", "migrate"]], ids=" ".join)
def test_commands_end_with_one_line_and_an_exit_code(tmp_path, command, values):
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(free_port()), **values}
    result = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert next(iter(values)) in line
    assert SECRET not in line
