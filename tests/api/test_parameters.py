"""Each parameter has one place, in which alone it is read: the path, the query or the body."""

import json

import pytest

from api.endpoints import router
from api.parameters import read_parameters
from api.routing import Endpoint
from rooms.errors import Invalid

VALUE = "7"


def refusal_of(endpoint: Endpoint, query: bytes, body: bytes) -> tuple[str, str]:
    with pytest.raises(Invalid) as raised:
        read_parameters(endpoint, dict.fromkeys(endpoint.path_names, VALUE), query, body)
    return raised.value.field, str(raised.value.message)


@pytest.mark.parametrize("place", ["query", "body"])
def test_nothing_replaces_a_value_of_the_path(place):
    for endpoint in router.endpoints:
        for name in endpoint.path_names:
            given = (f"{name}=8".encode(), b"") if place == "query" else (b"", json.dumps({name: 8}).encode())
            field, message = refusal_of(endpoint, *given)
            assert (field, "path" in message) == (name, True), endpoint.name


def test_a_field_in_the_wrong_place_is_not_ignored():
    for endpoint in router.endpoints:
        for name in {field.encode_name for field in endpoint.fields} - set(endpoint.path_names):
            query, body = f"{name}={VALUE}".encode(), json.dumps({name: VALUE}).encode()
            field, message = refusal_of(endpoint, *((query, b"") if endpoint.has_body else (b"", body)))
            assert (field, ("body" if endpoint.has_body else "query") in message) == (name, True), endpoint.name


def test_a_value_of_the_path_is_decoded_once():
    endpoint = next(each for each in router.endpoints if each.name == "add_reaction")
    with pytest.raises(Invalid):
        read_parameters(endpoint, {"message": "%37", "emoji": "x"}, b"", b"")
