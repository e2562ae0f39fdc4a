"""A server that integrations send requests to, and sites that may do so."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import connection

from accounts.models import User
from integrations.models import SlashCommand
from integrations.slash_commands.actions import create_command
from rooms.models import Room
from tests.push_service import PushService, Received, Reply, push_service
from tests.server import Site, run_site


@contextmanager
def integration_server(folder: Path, settings) -> Iterator[PushService]:
    """Run a server with a private address, which the settings allow. It answers commands as `reply` does."""
    with push_service(folder) as server:
        settings.CHAT_OUTGOING_ALLOWED_HOSTS = [server.host, f"localhost:{server.port}"]
        server.reply = reply
        yield server


def reply(received: Received) -> Reply:
    """Answer a command as its text says: "me" or "public" and a text, or "fail"."""
    kind, _, text = json.loads(received.body)["text"].partition(" ")
    if kind == "fail":
        return 500, {}, b""
    content = {"response_type": "in_channel" if kind == "public" else "ephemeral", "text": text}
    return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


def respond(site: Site, server: PushService, payload: object = None, **options: Any) -> tuple[int, str]:
    """Send a later answer to the URL of the latest run. Return the status and the word."""
    body = server.received[-1].body.decode()
    fields = json.loads(body) if body.startswith("{") else httpx.QueryParams(body)
    path = urlsplit(fields["response_url"]).path
    response = httpx.post(f"{site.url}{path}", timeout=30, **options or {"json": payload})
    return response.status_code, response.text


def add_deploy(room: Room, owner: User, server: PushService) -> SlashCommand:
    """Add /deploy to a room."""
    about = {"description": "Put a branch on the server", "argument_hint": "[branch]", "bot": "gardener"}
    about |= {"url": f"https://{server.host}/", "dialect": "chatsite", "origin": "https://chat.example.org"}
    return create_command(actor=owner, room=room, name="deploy", **about)[0]


def run_allowed_site(server: PushService, folder: Path, **environment: str) -> AbstractContextManager[Site]:
    """Run a site that can read the tests' secrets and may send requests to a server."""
    values = {"CHAT_OUTGOING_ALLOWED_HOSTS": server.host, "SSL_CERT_FILE": str(server.certificate)}
    values |= {"SECRET_KEY": settings.SECRET_KEY, **environment}
    return run_site("uvicorn", connection.settings_dict["NAME"], folder, **values)
