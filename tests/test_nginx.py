"""The documented nginx in front of a real server: pages, sockets, static files, and who the visitor is."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from django.db import connection

from accounts.models import Connection
from tests.factories import make_member
from tests.live_client import LiveClient
from tests.requirements_present import program
from tests.server import Site, collected, run_site
from tests.services import answers, free_port, running

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
    with run_site("uvicorn", database, tmp_path_factory.mktemp("site"), TRUSTED_PROXIES="127.0.0.1") as site:
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
        "chatsite.conf": {"listen 80;": f"listen 127.0.0.1:{port};", "/var/lib/chatsite/static": str(collected())},
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
