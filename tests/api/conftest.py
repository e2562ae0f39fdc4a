"""Fixtures for the tests of the API: clients with a token, and two people in a room with two others outside it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from accounts.actions import create_invitation
from accounts.auth.token_actions import create_token
from accounts.groups import create_group
from accounts.models import Scope, User
from integrations.incoming.actions import create_webhook
from integrations.outgoing.actions import create_webhook as create_outgoing_webhook
from integrations.slash_commands.actions import create_command
from messaging.moderation.reports import report_message
from messaging.posting.actions import edit_message
from rooms.blocking import block_person
from rooms.sections import create_section
from tests.factories import make_attachment, make_member, make_room, make_user, post
from tests.server import Site

Connect = Callable[..., httpx.Client]


def secret_of(user: User, *scopes: str) -> str:
    return create_token(
        actor=None, user=user, name="Test", scopes=scopes or [each for each in Scope if each != Scope.ADMIN]
    ).secret


@pytest.fixture
def connect(uvicorn: Site) -> Iterator[Connect]:
    """Return a function that returns a client of the API with a token of this user."""
    with ExitStack() as clients:

        def connect(user: User | None, *scopes: str, site: Site = uvicorn, **headers: str) -> httpx.Client:
            authorization = {"authorization": f"Bearer {secret_of(user, *scopes)}"} if user else {}
            base = f"{site.url}/api/v1"
            return clients.enter_context(httpx.Client(base_url=base, headers=authorization | headers, timeout=30))

        yield connect


@pytest.fixture
def cast(transactional_db, everyone) -> dict[str, object]:
    owner, member, stranger = make_user("owner"), make_user("member"), make_user("stranger")
    room = make_room("Kitchen", owner=owner, kind="private")
    make_member(room, member)
    return {"owner": owner, "member": member, "stranger": stranger, "room": room}


def photo(side: int = 64) -> bytes:
    file = BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, "PNG")
    return file.getvalue()


def furnish(cast: dict[str, Any]) -> tuple[User, dict[str, Any]]:
    """Create something for each endpoint that reads. Return an admin, and the values of paths."""
    admin = make_user("admin", is_staff=True, is_superuser=True)
    owner, member, room = cast["owner"], cast["member"], cast["room"]
    message = post(room, member, "Hello @owner")
    reply = post(room, owner, "Reply", reply_to_id=message.pk)
    file = make_attachment(room, owner)
    post(room, owner, attachments=(file.pk,))
    edit_message(actor=owner, message_id=reply.pk, body="Replies")
    group = create_group(actor=admin, name="ops", title="Operations")
    report = report_message(reporter=owner, message_id=message.pk, reason="Spam")
    webhook = create_webhook(actor=owner, room=room, name="Builds").webhook
    outgoing, _secret = create_outgoing_webhook(
        actor=owner, room=room, bot="answers", url="https://example.org/", trigger="all", words="", dialect="slack",
        origin="https://chat.example.org",
    )  # fmt: skip
    command, _secret = create_command(
        actor=owner, room=room, name="deploy", description="", argument_hint="", bot="answers", dialect="chatsite",
        url="https://example.org/", origin="https://chat.example.org",
    )  # fmt: skip
    values = {
        "command": command.pk,
        "file": file.pk, "room": room.pk, "message": reply.pk, "thread": message.pk, "user": member.pk,
        "group": group.pk, "report": report.pk, "bot": outgoing.bot_id,
        "incoming": webhook.pk, "outgoing": outgoing.pk,
    }  # fmt: skip
    create_section(user=owner, name="Work")
    block_person(user=owner, other=cast["stranger"])
    create_invitation(by=owner, room_id=room.pk)
    return admin, values


QUERIES = {
    "/search": "?q=Hello",
    "/rooms/{room}/changes": "?since=0",
    "/rooms/{room}/first-message": "?since=2020-01-01T00:00:00Z",
}
