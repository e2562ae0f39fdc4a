"""The documented nginx in front of a real server: pages, sockets, static files, and who the visitor is."""

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
from messaging.web.attachments import HARMLESS
from rooms.actions import remove_member
from tests.factories import make_member, make_room, make_user
from tests.live_client import LiveClient
from tests.requirements_present import program
from tests.server import Site, collected, run_site
from tests.services import answers, free_port, running
from tests.tus_client import BYTES, Sender
from tests.waiting import wait_until

CONTENT = os.urandom(3_000_000)
DOCUMENTED = Path(__file__).resolve().parent.parent / "docs/nginx"
VISITOR = "127.0.0.2"  # nginx itself comes from 127.0.0.1

AROUND = """
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
    """A server as people reach it: through nginx, with the documented files but for ports and folders."""
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
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user))


@pytest.fixture
def site(behind_nginx, transactional_db, everyone) -> Site:
    return behind_nginx


def visit(site: Site, path: str, **headers: str) -> httpx.Response:
    transport = httpx.HTTPTransport(local_address=VISITOR)
    with httpx.Client(transport=transport, follow_redirects=True, timeout=60) as client:
        return client.get(f"{site.url}{path}", headers=headers)


def test_pages_come_through(site, everyone):
    make_member(everyone)
    assert visit(site, "/accounts/login/").status_code == 200


def test_static_files_come_from_the_disk_compressed_and_for_good(site, everyone):
    make_member(everyone)
    path = re.search(r'href="(/static/css/base\.\w+\.css)"', visit(site, "/accounts/login/").text)[1]
    answer = visit(site, path, **{"Accept-Encoding": "gzip"})
    assert answer.headers["server"].startswith("nginx")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" not in visit(site, "/static/css/base.css").headers["cache-control"]


def test_a_socket_comes_through_and_no_made_up_address_does(site, everyone):
    with LiveClient(site, make_member(everyone), source=VISITOR, headers={"X-Forwarded-For": "203.0.113.9"}) as client:
        assert client.call("ping")["type"] == "ok"
        addresses = set()
        while not addresses:
            client.call("ping")
            addresses = set(Connection.objects.values_list("address", flat=True))
    assert addresses == {VISITOR}


def test_metrics_and_inner_addresses_are_not_for_visitors(site):
    assert visit(site, "/metrics").status_code == 403
    assert visit(site, "/internal/media/anything").status_code == 404


def test_the_servers_own_refusal_of_a_large_body_comes_through(site):
    answer = httpx.post(f"{site.url}/accounts/login/", content=b"x" * (16 * 1024 * 1024 + 1), timeout=60)
    assert answer.status_code == 413
    assert "16 MB" in answer.text


class TestFiles:
    @pytest.fixture
    def room(self, site):
        return make_room("Workshop", owner=make_user("owner"), kind="private")

    @pytest.fixture
    def sender(self, site, room):
        return Sender(site, make_member(room, make_user("ana")))

    def posted(self, site, room, sender, name: str) -> str:
        file = sender.send(room, CONTENT, name)
        with LiveClient(site, room.members.get(username="ana")) as writes:
            return writes.post(room.pk, "", attachments=[file])["attachments"][0]["url"]

    def test_nginx_sends_them_with_all_that_keeps_them_harmless(self, site, room, sender):
        answer = sender.get(self.posted(site, room, sender, "page.html"))
        assert answer.content == CONTENT
        assert answer.headers["server"].startswith("nginx")
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == 'attachment; filename="page.html"'
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers.get_list("content-security-policy") == [HARMLESS]
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert "x-accel-redirect" not in answer.headers

    def test_a_part_and_what_has_not_changed(self, site, room, sender):
        address = self.posted(site, room, sender, "film.bin")
        part = sender.get(address, Range="bytes=1000000-1999999")
        assert (part.status_code, part.content) == (206, CONTENT[1_000_000:2_000_000])
        etag = part.headers["etag"]
        assert sender.get(address, **{"If-None-Match": etag}).status_code == 304

    def test_who_was_taken_out_gets_nothing_more_nor_does_who_knows_where_it_lies(self, site, room, sender):
        address = self.posted(site, room, sender, "plan.txt")
        reader = make_member(room)
        saved = Sender(site, reader)
        etag = saved.get(address).headers["etag"]
        remove_member(actor=room.members.get(username="owner"), room=room, user=reader)
        assert saved.get(address).status_code == 404
        assert saved.get(address, **{"If-None-Match": etag}).status_code == 404
        assert visit(site, f"/internal/media/{Attachment.objects.get().key}").status_code == 404

    def test_what_comes_is_passed_on_at_once(self, site, room, sender):
        """Nginx keeps none of it: what came before the line broke off is there, however large the rest would be."""
        address = sender.begin(room, 90_000_000)
        with socket.create_connection(("127.0.0.1", site.port)) as line:
            head = f"PATCH {address} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
            head += f"Cookie: sessionid={sender.http.cookies['sessionid']}\r\n"
            line.sendall(f"{head}Content-Type: {BYTES}\r\nContent-Length: 90000000\r\n\r\n".encode())
            line.sendall(CONTENT)
            part = site.data_dir / address.strip("/")
            wait_until(lambda: part.stat().st_size >= 2_000_000, "it comes while it is sent")
        assert sender.offset(address) >= 2_000_000

    def test_refusals_come_through_in_words(self, site, room, sender):
        assert "The limit is 100 MB" in sender.create(room, 10**9).json()["detail"]
        address = sender.begin(room, len(CONTENT))
        assert sender.append(address, 5, CONTENT[5:]).json()["code"] == "wrong_offset"
