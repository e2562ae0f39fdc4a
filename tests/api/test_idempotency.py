"""Requests that create something can be repeated with their `client_id`."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from accounts.models import IdempotentRequest, User
from api.endpoints import router
from api.idempotency import Idempotent, call_once
from api.routing import Endpoint
from api.schemas.secrets import secret_fields
from live.envelope import encode
from messaging.errors import Conflict
from rooms.errors import Invalid
from tests.api.conftest import furnish
from tests.factories import post

# Two have a `client_id` of their own, and a file disappears unless a message has it.
OTHERS = {"post_message", "schedule", "upload_file"}
CREATING = [each for each in router.endpoints if each.status == 201 and each.name not in OTHERS]
FIELDS: dict[str, dict[str, Any]] = {
    "create_bot": {"username": "deployer"},
    "create_group": {"name": "admins", "title": "Admins"},
    "create_invite": {},
    "create_outgoing_webhook": {"bot": "new-bot", "url": "https://example.org/"},
    "create_room": {"name": "Garden"},
    "create_section": {"name": "Home"},
    "create_slash_command": {"name": "restart", "bot": "new-bot", "url": "https://example.org/"},
    "create_webhook": {"name": "Alerts"},
    "report": {"reason": "Spam"},
}


class Requests:
    """Sends requests of an admin, who owns the room with the id `values["room"]`."""

    def __init__(self, user: User, values: dict[str, Any]) -> None:
        self.user = user
        self.values = values

    def create(self, endpoint: Endpoint, client_id: UUID, **changed: Any) -> dict[str, Any]:
        given = {name: self.values[name] for name in endpoint.path_names} | FIELDS[endpoint.name] | changed
        return call_once(self.user, endpoint, endpoint.parameters(**given, client_id=client_id))


@pytest.fixture
def requests(everyone, cast, settings) -> Requests:
    settings.SITE_URL = "https://chat.example.org"
    _admin, values = furnish(cast)
    values["message"] = post(cast["room"], cast["member"], "Buy this").pk
    owner = cast["owner"]
    owner.is_staff = owner.is_superuser = True
    owner.save()
    return Requests(owner, values)


def named(name: str) -> Endpoint:
    return next(each for each in CREATING if each.name == name)


@pytest.mark.parametrize("endpoint", CREATING, ids=lambda each: each.name)
def test_repeating_a_request_creates_nothing_else(requests, endpoint: Endpoint):
    assert issubclass(endpoint.parameters, Idempotent)
    client_id, secrets = uuid4(), secret_fields(endpoint.returns)
    first = requests.create(endpoint, client_id)
    assert all(first[name] for name in secrets)
    again = requests.create(endpoint, client_id)
    assert encode(again) == encode(msgspec.json.decode(encode(first | dict.fromkeys(secrets))))
    msgspec.json.decode(encode(again), type=endpoint.returns)
    for secret in secrets:
        assert first[secret] not in IdempotentRequest.objects.get().response


def test_a_client_id_belongs_to_one_request(requests):
    client_id = uuid4()
    requests.create(named("create_webhook"), client_id)
    with pytest.raises(Conflict, match="another request"):
        requests.create(named("create_webhook"), client_id, name="Others")
    with pytest.raises(Conflict, match="another request"):
        requests.create(named("create_invite"), client_id)


def test_a_client_id_belongs_to_one_user(requests, cast):
    client_id = uuid4()
    first = requests.create(named("create_section"), client_id)
    assert Requests(cast["member"], {}).create(named("create_section"), client_id)["id"] != first["id"]


def test_a_refused_request_can_be_corrected(requests):
    client_id = uuid4()
    with pytest.raises(Invalid):
        requests.create(named("create_webhook"), client_id, name=" ")
    assert requests.create(named("create_webhook"), client_id)["name"] == "Alerts"


def test_the_response_stays_when_what_was_created_is_gone(requests):
    client_id = uuid4()
    first = requests.create(named("create_room"), client_id)
    requests.user.memberships.get(room=first["id"]).room.delete()
    assert requests.create(named("create_room"), client_id)["id"] == first["id"]
