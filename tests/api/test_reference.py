"""The page that describes the API."""

from api.endpoints import router
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


def test_names_of_endpoints_are_unique():
    names = [endpoint.name for endpoint in router.endpoints]
    assert len(set(names)) == len(names)
