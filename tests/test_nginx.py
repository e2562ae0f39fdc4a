"""The documented nginx configuration in front of a real server: pages, sockets, files and client addresses."""

import os
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from django.db import connection

from accounts.models import Connection
from messaging.models import Attachment
from messaging.web.attachments import SANDBOX_POLICY
from rooms.actions import remove_member
from tests.checkout import ROOT
from tests.factories import make_member, make_room, make_user
from tests.live_client import LiveClient
from tests.requirements_present import program
from tests.server import Site, collected, run_site
from tests.services import answers, free_port, running
from tests.tus_client import BYTES, TusClient
from tests.waiting import wait_until

CONTENT = os.urandom(3_000_000)
DOCUMENTED = ROOT / "docs/nginx"
CLIENT = "127.0.0.2"  # nginx itself connects from 127.0.0.1

NGINX_CONF = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
events {{ }}
http {{
    types {{ text/css css; application/javascript js; }}
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/upstream.conf;
    include {folder}/chatsite.conf;
}}
"""


@pytest.fixture(scope="module")
def behind_nginx(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Site]:
    """A server behind nginx, with the documented files except for ports and folders."""
    with django_db_blocker.unblock():
        database = connection.settings_dict["NAME"]
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    settings = {"TRUSTED_PROXIES": "127.0.0.1", "SEND_FILES": "nginx"}
    with run_site("uvicorn", database, tmp_path_factory.mktemp("site"), **settings) as site:
        configure(folder, port, site)
        command = [
            program("nginx"),
            "-p",
            str(folder),
            "-e",
            str(folder / "error.log"),
            "-c",
            str(folder / "nginx.conf"),
        ]
        with running(command, lambda: answers(port)):
            yield replace(site, port=port)


def configure(folder: Path, port: int, site: Site) -> None:
    changes = {
        "upstream.conf": {"127.0.0.1:8000": f"127.0.0.1:{site.port}"},
        "chatsite.conf": {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "/var/lib/chatsite/static": str(collected()),
            "/var/lib/chatsite/media": str(site.data_dir / "media"),
        },
    }
    for name, replacements in changes.items():
        text = (DOCUMENTED / name).read_text()
        for documented, here in replacements.items():
            assert documented in text
            text = text.replace(documented, here)
        (folder / name).write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX_CONF.format(folder=folder, user=user))


@pytest.fixture
def site(behind_nginx, transactional_db, everyone) -> Site:
    return behind_nginx


def visit(site: Site, path: str, **headers: str) -> httpx.Response:
    transport = httpx.HTTPTransport(local_address=CLIENT)
    with httpx.Client(transport=transport, follow_redirects=True, timeout=60) as client:
        return client.get(f"{site.url}{path}", headers=headers)


def test_pages_are_proxied(site, everyone):
    make_member(everyone)
    assert visit(site, "/accounts/login/").status_code == 200


def test_static_files_are_sent_from_disk_compressed_and_immutable(site, everyone):
    make_member(everyone)
    path = re.search(r'href="(/static/css/base\.\w+\.css)"', visit(site, "/accounts/login/").text)[1]
    response = visit(site, path, **{"Accept-Encoding": "gzip"})
    assert response.headers["server"].startswith("nginx")
    assert response.headers["content-encoding"] == "gzip"
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"].startswith("text/css")
    assert "immutable" not in visit(site, "/static/css/base.css").headers["cache-control"]


def test_sockets_are_proxied_with_the_real_client_address(site, everyone):
    with LiveClient(site, make_member(everyone), source=CLIENT, headers={"X-Forwarded-For": "203.0.113.9"}) as client:
        assert client.call("ping")["type"] == "ok"
        addresses = set()
        while not addresses:
            client.call("ping")
            addresses = set(Connection.objects.values_list("address", flat=True))
    assert addresses == {CLIENT}


def test_metrics_and_internal_urls_are_not_public(site):
    assert visit(site, "/metrics").status_code == 403
    assert visit(site, "/internal/media/anything").status_code == 404


@pytest.mark.parametrize(("path", "limit"), [("/people/", "16 MB"), ("/accounts/login/", "64 KB")])
def test_the_error_for_a_large_body_is_proxied(site, path, limit):
    response = httpx.post(f"{site.url}{path}", content=b"x" * (16 * 1024 * 1024 + 1), timeout=60)
    assert response.status_code == 413
    assert limit in response.text


class TestFiles:
    @pytest.fixture
    def room(self, site):
        return make_room("Workshop", owner=make_user("owner"), kind="private")

    @pytest.fixture
    def sender(self, site, room):
        return TusClient(site, make_member(room, make_user("ana")))

    def posted(self, site, room, sender, name: str) -> str:
        file = sender.upload(room, CONTENT, name)
        with LiveClient(site, room.members.get(username="ana")) as client:
            return client.post(room.pk, "", attachments=[file])["attachments"][0]["url"]

    def test_nginx_sends_files_with_the_headers_that_keep_them_harmless(self, site, room, sender):
        response = sender.get(self.posted(site, room, sender, "page.html"))
        assert response.content == CONTENT
        assert response.headers["server"].startswith("nginx")
        assert response.headers["accept-ranges"] == "bytes"
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers["content-disposition"] == 'attachment; filename="page.html"'
        assert response.headers["cache-control"] == "private, no-cache"
        assert response.headers.get_list("content-security-policy") == [SANDBOX_POLICY]
        assert response.headers.get_list("x-content-type-options") == ["nosniff"]
        assert "x-accel-redirect" not in response.headers

    def test_ranges_and_conditional_requests(self, site, room, sender):
        address = self.posted(site, room, sender, "film.bin")
        part = sender.get(address, Range="bytes=1000000-1999999")
        assert (part.status_code, part.content) == (206, CONTENT[1_000_000:2_000_000])
        etag = part.headers["etag"]
        assert sender.get(address, **{"If-None-Match": etag}).status_code == 304

    def test_a_removed_member_and_the_internal_url_get_nothing(self, site, room, sender):
        address = self.posted(site, room, sender, "plan.txt")
        member = make_member(room)
        browser = TusClient(site, member)
        etag = browser.get(address).headers["etag"]
        remove_member(actor=room.members.get(username="owner"), room=room, user=member)
        assert browser.get(address).status_code == 404
        assert browser.get(address, **{"If-None-Match": etag}).status_code == 404
        assert visit(site, f"/internal/media/{Attachment.objects.get().key}").status_code == 404

    def test_uploads_are_not_buffered(self, site, room, sender):
        """Data received before the connection was lost is kept, regardless of the upload's size."""
        address = sender.begin(room, 90_000_000)
        with socket.create_connection(("127.0.0.1", site.port)) as client:
            head = f"PATCH {address} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
            head += f"Cookie: sessionid={sender.http.cookies['sessionid']}\r\n"
            client.sendall(f"{head}Content-Type: {BYTES}\r\nContent-Length: 90000000\r\n\r\n".encode())
            client.sendall(CONTENT)
            part = site.data_dir / address.strip("/")
            wait_until(lambda: part.stat().st_size >= 2_000_000, "it arrives while it is being sent")
        assert sender.offset(address) >= 2_000_000

    def test_error_messages_are_proxied(self, site, room, sender):
        assert "The limit is 100 MB" in sender.create(room, 10**9).json()["detail"]
        address = sender.begin(room, len(CONTENT))
        assert sender.append(address, 5, CONTENT[5:]).json()["code"] == "wrong_offset"
