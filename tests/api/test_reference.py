"""The page that describes the API."""

import json

from api.endpoints import router
from api.examples import EXAMPLES
from api.parameters import read_parameters
from tests.api.test_permissions import VALUES
from tests.factories import make_user


def test_everyone_can_read_about_every_endpoint(client, db, everyone):
    make_user()
    response = client.get("/api/")
    assert response.status_code == 200
    text = response.content.decode()
    for endpoint in router.endpoints:
        assert f'id="{endpoint.name}"' in text
        assert f"<code>{endpoint.path}</code>" in text
    assert "--data-binary @notes.txt" in text
    assert "`" not in text.split("<main")[1].split("<pre")[2]  # names are marked up


def test_every_example_is_valid_and_of_an_endpoint():
    with_body = {
        each.name: each for each in router.endpoints if each.has_body and len(each.fields) > len(each.path_names)
    }
    assert with_body.keys() == EXAMPLES.keys(), "give an example of the body in api/examples.py"
    for name, example in EXAMPLES.items():
        endpoint = with_body[name]
        path = {each: VALUES.get(each, "7") for each in endpoint.path_names}
        read_parameters(endpoint, path, b"", json.dumps(example).encode())


def test_names_of_endpoints_are_unique():
    names = [endpoint.name for endpoint in router.endpoints]
    assert len(set(names)) == len(names)
