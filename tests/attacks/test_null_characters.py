"""Null characters, which PostgreSQL cannot store or search for, are refused without an effect on other users."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest
from django.conf import settings

from accounts.auth.session_lookup import users_of_sessions
from accounts.auth.sessions import SessionStore
from tests.attacks.wire import connect, handshake, status_of
from tests.factories import make_user
from tests.live_client import LiveClient, session_of
from tests.server import Site, run_site
from tests.services import postgres_server

pytestmark = pytest.mark.slow

NULL = '"' + "a" * 31 + r"\000" + '"'  # quoted octal, as browsers may send it
MALFORMED = ["a\0b", "\0" * 32, "short", "A" * 32, "x" * 5_000, "é" * 32, "\ud800" * 32, ""]
HONEST = 20
CSRF_TOKEN = "a" * 32


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="module")
def postgres_site(postgres_url, tmp_path_factory) -> Iterator[Site]:
    with run_site("uvicorn", "", tmp_path_factory.mktemp("postgres"), DATABASE_URL=postgres_url) as site:
        yield site


@pytest.fixture(scope="module")
def population(postgres_url, postgres_site) -> dict[str, list]:
    """A room and the sessions of its members."""
    command = [sys.executable, "-m", "tests.faults.populate", str(HONEST), "1", "x"]
    values = {"DATABASE_URL": postgres_url, "SECRET_KEY": settings.SECRET_KEY}
    output = subprocess.run(command, env={**os.environ, **values}, check=True, capture_output=True).stdout
    return json.loads(output)


@pytest.fixture
def sessions(population) -> list[str]:
    return population["sessions"]


@pytest.fixture
def room_id(population) -> int:
    return population["rooms"][0]


@pytest.mark.parametrize("key", MALFORMED)
def test_malformed_session_key_is_not_looked_up(db, key, django_assert_num_queries):
    session = session_of(make_user())
    with django_assert_num_queries(2):
        assert [user is None for user in users_of_sessions([key, session, key])] == [True, False, True]
    with django_assert_num_queries(0):
        assert SessionStore(key).get("_auth_user_id") is None


def test_null_character_in_the_cookie_is_treated_as_logged_out(postgres_site, sessions):
    pages = ["/", "/accounts/login/", "/people/", "/session/"]
    for path in pages:
        response = httpx.get(postgres_site.url + path, headers={"Cookie": f"sessionid={NULL}"}, follow_redirects=True)
        assert response.status_code in (200, 401)
    upload = {"Tus-Resumable": "1.0.0", "Cookie": f"sessionid={NULL}"}
    assert httpx.post(f"{postgres_site.url}/uploads/", headers=upload).status_code == 401
    assert "Traceback" not in postgres_site.log


def test_malformed_cookies_do_not_affect_sockets_opened_at_the_same_time(postgres_site, sessions):
    """One query looks up the sessions of all sockets that are opened at the same time."""

    def open_with(cookie: str) -> int:
        with closing(connect(postgres_site)) as connection:
            connection.sendall(handshake(postgres_site, f"Cookie: sessionid={cookie}"))
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65_536)
            if status_of(received) == 101:
                while b'"welcome"' not in received:
                    piece = connection.recv(65_536)
                    assert piece, received
                    received += piece
            return status_of(received)

    cookies = [cookie for session in sessions for cookie in (session, NULL)]
    with ThreadPoolExecutor(len(cookies)) as pool:
        statuses = list(pool.map(open_with, cookies))
    assert statuses == [101, 403] * HONEST
    assert "Traceback" not in postgres_site.log


@pytest.mark.parametrize(
    ("path", "status"), [("/people/?q=%00", 400), ("/people/%00/", 400), ("/join/%00/", 400), ("/people/?q=%2500", 200)]
)
def test_null_character_in_a_url_is_a_bad_request(postgres_site, sessions, path, status):
    response = httpx.get(postgres_site.url + path, headers={"Cookie": f"sessionid={sessions[0]}"})
    assert response.status_code == status
    assert "Traceback" not in postgres_site.log


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/rooms/new/", "/profile/", "/profile/status/", "/profile/privacy/"]
)
def test_null_character_in_a_form_is_not_a_server_error(postgres_site, sessions, path):
    cookies = f"sessionid={sessions[0]}; csrftoken={CSRF_TOKEN}"
    fields = dict.fromkeys(["login", "password", "name", "display_name", "status_text", "user", "alt"], "a\0b")
    response = httpx.post(postgres_site.url + path, data=fields, headers={"Cookie": cookies, "X-CSRFToken": CSRF_TOKEN})
    assert response.status_code < 500
    assert "Traceback" not in postgres_site.log


def test_null_character_in_a_post_is_refused_and_others_are_stored(postgres_site, sessions, room_id):
    with LiveClient(postgres_site, session=sessions[0]) as client:
        bodies = ["one", "a\0b", "two"]
        refs = [client.send("message.post", room=room_id, client_id=str(uuid.uuid4()), body=body) for body in bodies]
        answers = [client.response_to(ref) for ref in refs]
        assert [answer["type"] for answer in answers] == ["ok", "error", "ok"]
        assert (answers[1]["code"], answers[1]["field"]) == ("invalid", "body")
        assert client.post(room_id, r"the text \u0000")["body"] == r"the text \u0000"
    assert "Traceback" not in postgres_site.log
