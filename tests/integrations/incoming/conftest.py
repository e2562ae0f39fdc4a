"""Fixtures for webhooks of a room that its owner has created."""

import pytest

from integrations.incoming.actions import NewURL, create_webhook
from tests.factories import make_room, make_user


@pytest.fixture
def owner(db):
    return make_user("owner")


@pytest.fixture
def room(owner):
    return make_room("Deployments", owner=owner)


@pytest.fixture
def new(owner, room) -> NewURL:
    """A new webhook with its secret."""
    return create_webhook(actor=owner, room=room, name="Deploy bot")
