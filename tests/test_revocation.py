"""Revocation: every action that ends a session or an account, and everything that must end with it.

Each action has its own user, with a socket, an upload and a download in progress. The actions run in the same process,
in another one with Redis, and in another one without it.
"""

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.models import User
from rooms.models import Room
from tests.factories import make_member, make_user
from tests.live_client import LiveClient, session_of
from tests.server import Site, run_site
from tests.services import redis_server
from tests.tus_client import TusClient
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

PASSWORD = "a long pass phrase"
NEW_PASSWORD = {"password1": "nine red kites"}
FILE_BYTES = 20_000_000  # more than all buffers hold, and more than is read before the end
WITHIN_SECONDS = 60.0


@dataclass
class Sites:
    """`serving`: the process with the users' connections. `acting`: the process in which the actions run."""

    serving: Site
    acting: Site
    environment: dict[str, str]

    def run(self, *actions: tuple[str, int]) -> None:
        """Run some of SHELL_ACTIONS, each with the id of a user, in a separate process."""
        values = {**os.environ, "DATA_DIR": str(self.acting.data_dir), **self.environment}
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", SHELL]
        result = subprocess.run(command, input=json.dumps(actions), env=values, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr


SHELL = """
import json, sys
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from accounts.actions import end_sessions
from accounts.lifecycle.suspension import suspend
from accounts.models import User

def set_password(user):
    user.set_password("nine red kites")
    user.save()

actions = {
    "delete_account": lambda user: call_command("delete_account", user.username, "--yes"),
    "suspend": lambda user: suspend(user=user),
    "end_sessions": lambda user: end_sessions(user=user, sessions=UserSession.objects.filter(user=user)),
    "set_password": set_password,
    "row of the user": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "row of the session": lambda user: Session.objects.filter(
        session_key__in=UserSession.objects.filter(user=user).values("session_key")
    ).delete(),
}
for name, pk in json.load(sys.stdin):
    actions[name](User.objects.get(pk=pk))
"""
SHELL_ACTIONS = ("delete_account", "suspend", "end_sessions", "set_password", "row of the user", "row of the session")


def send_form(site: Site, session: str, path: str, **fields: object) -> None:
    token = "x" * 32
    cookies = {"sessionid": session, "csrftoken": token}
    response = httpx.post(site.url + path, data=fields, cookies=cookies, headers={"X-CSRFToken": token}, timeout=60)
    assert response.status_code < 400, response.text
    assert "errorlist" not in response.text and "invalid-feedback" not in response.text, response.text


def log_out(sites: Sites, user: User, session: str) -> None:
    send_form(sites.acting, session, "/accounts/logout/")


def end_listed_session(sites: Sites, user: User, session: str) -> None:
    listed = UserSession.objects.get(session_key=session)
    send_form(sites.acting, session_of(user), f"/profile/sessions/{listed.pk}/")


def change_password(sites: Sites, user: User, session: str) -> None:
    send_form(sites.acting, session_of(user), "/accounts/password/change/", oldpassword=PASSWORD, **NEW_PASSWORD)


def delete_account(sites: Sites, user: User, session: str) -> None:
    send_form(sites.acting, session_of(user), "/profile/deletion/", password=PASSWORD, messages="keep")


def suspend_in_the_admin(sites: Sites, user: User, session: str) -> None:
    root = session_of(User.objects.get(username="root"))
    fields = {"action": "suspend_people", "_selected_action": str(user.pk), "confirmed": "yes"}
    send_form(sites.acting, root, "/admin/accounts/user/", **fields)


def set_password_in_the_admin(sites: Sites, user: User, session: str) -> None:
    root = session_of(User.objects.get(username="root"))
    path = f"/admin/accounts/user/{user.pk}/password/"
    repeated = {"password2": NEW_PASSWORD["password1"]}
    send_form(sites.acting, root, path, usable_password="true", **NEW_PASSWORD, **repeated)


PAGE_ACTIONS: dict[str, Callable[[Sites, User, str], None]] = {
    "page: log out": log_out,
    "page: end the session": end_listed_session,
    "page: change the password": change_password,
    "page: delete the account": delete_account,
    "admin: suspend": suspend_in_the_admin,
    "admin: set a password": set_password_in_the_admin,
}


class Browser:
    """A user's browser with a socket, an upload and a download in progress, which a thread keeps going slowly."""

    def __init__(self, site: Site, user: User, room: Room, file: str) -> None:
        self.site, self.user, self.room, self.file = site, user, room, file
        self.session = session_of(user)
        self.ended: set[str] = set()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep_going)
        self._stack = ExitStack()
        self._downloaded = 0

    def __enter__(self) -> "Browser":
        self.http = self._stack.enter_context(httpx.Client(base_url=self.site.url, verify=False, timeout=60))
        self.http.cookies.set("sessionid", self.session)
        assert self.http.get("/session/").status_code == 200
        self.client = self._stack.enter_context(LiveClient(self.site, session=self.session))
        self.upload_url = TusClient(self.site, self.user).begin(self.room, 1_000_000)
        self.upload = self._stack.enter_context(self._request(f"PATCH {self.upload_url}", *UPLOAD_HEADERS))
        self.download = self._stack.enter_context(self._request(f"GET {self.file}"))
        assert self.download.recv(15).startswith(b"HTTP/1.1 200")
        self._stack.callback(self._stop)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    @property
    def has_ended(self) -> bool:
        """True once everything but the download has ended, whose end is only detected by `finish`."""
        return self.ended >= {"socket", "cookie", "upload"}

    def finish(self) -> set[str]:
        """Read the rest of the download, and try to use the session again. Return the effects of the action."""
        self._stop()
        while piece := self.download.recv(1 << 20):
            self._downloaded += len(piece)
        if self._downloaded < FILE_BYTES:
            self.ended.add("download")
        with pytest.raises(InvalidStatus) as refused:
            LiveClient(self.site, session=self.session)
        if refused.value.response.status_code == 403:
            self.ended.add("handshake")
        if self.http.head(self.upload_url, headers={"Tus-Resumable": "1.0.0"}).status_code == 401:
            self.ended.add("upload resumed")
        return self.ended

    def _keep_going(self) -> None:
        while not self._is_over.wait(0.1):
            if "socket" not in self.ended:
                self._receive_events()
            if "cookie" not in self.ended and self.http.get("/session/").status_code == 401:
                self.ended.add("cookie")
            if "upload" not in self.ended:
                self._send_piece()
            if select.select([self.download], [], [], 0)[0]:
                self._downloaded += len(self.download.recv(4096))

    def _receive_events(self) -> None:
        try:
            self.client.socket.recv(timeout=0)
        except TimeoutError:
            pass
        except ConnectionClosed:
            self.ended.add("socket")

    def _send_piece(self) -> None:
        with suppress(OSError):
            self.upload.sendall(b"x" * 100)
        if select.select([self.upload], [], [], 0)[0] and self.upload.recv(12) in ENDED:
            self.ended.add("upload")

    def _stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _request(self, line: str, *headers: str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.site.port), timeout=30)
        own = (f"Host: 127.0.0.1:{self.site.port}", f"Cookie: sessionid={self.session}", *headers)
        connection.sendall("\r\n".join([f"{line} HTTP/1.1", *own, "", ""]).encode())
        return connection


UPLOAD_HEADERS = (
    "Tus-Resumable: 1.0.0",
    "Upload-Offset: 0",
    "Content-Type: application/offset+octet-stream",
    "Content-Length: 900000",
)
ENDED = (b"HTTP/1.1 401", b"HTTP/1.1 404", b"")  # 404: an upload is deleted with its account
EFFECTS = {"socket", "cookie", "upload", "download", "handshake", "upload resumed"}


@pytest.fixture(params=["same process", "other process with Redis", "other process without Redis"])
def sites(request, transactional_db, everyone, tmp_path) -> Iterator[Sites]:
    database = connection.settings_dict["NAME"]
    environment = {"DATABASE_URL": f"sqlite:///{database}"}
    with ExitStack() as stack:
        if request.param == "same process":
            site = stack.enter_context(run_site("uvicorn", database, tmp_path / "site", **environment))
            yield Sites(site, site, environment)
            return
        if request.param == "other process with Redis":
            environment["REDIS_URL"] = stack.enter_context(redis_server())
        serving, acting = (
            stack.enter_context(run_site("uvicorn", database, tmp_path / name, **environment))
            for name in ("serving", "acting")
        )
        yield Sites(serving, acting, environment)


def open_files(site: Site) -> list[str]:
    """Return the files in media storage that the server has open, one for each download in progress."""
    targets = []
    for link in Path(f"/proc/{site.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # just closed
            targets.append(os.readlink(link))
    return [target for target in targets if target.startswith(str(site.data_dir / "media"))]


def test_every_action_ends_everything(sites, everyone, settings):
    settings.PASSWORD_HASHERS = ["accounts.auth.hashers.Argon2PasswordHasher"]  # as on the server
    make_user("root", is_staff=True, is_superuser=True)
    author = make_member(everyone, make_user("author"))
    file = f"/attachments/{TusClient(sites.serving, author).upload(everyone, os.urandom(FILE_BYTES))}/"
    with LiveClient(sites.serving, author) as client:
        client.post(everyone.pk, "", attachments=[file.strip("/").rpartition("/")[2]])
    names = [*PAGE_ACTIONS, *SHELL_ACTIONS]
    browsers: dict[str, Browser] = {}
    with ExitStack() as stack:
        for number, name in enumerate(names):
            user = make_member(everyone, make_user(f"person{number}", password=PASSWORD))
            browsers[name] = stack.enter_context(Browser(sites.serving, user, everyone, file))
        for name, action in PAGE_ACTIONS.items():
            action(sites, browsers[name].user, browsers[name].session)
        sites.run(*((name, browsers[name].user.pk) for name in SHELL_ACTIONS))
        with suppress(TimeoutError):  # `missing` shows the missing effects
            wait_until(
                lambda: all(browser.has_ended for browser in browsers.values()) and not open_files(sites.serving),
                "everything ends",
                WITHIN_SECONDS,
            )
        missing = {name: sorted(EFFECTS - browser.finish()) for name, browser in browsers.items()}
    assert missing == {name: [] for name in names}
