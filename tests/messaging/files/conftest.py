"""A room with two people who send each other files."""

import pytest

from tests.factories import make_member, make_room, make_user


@pytest.fixture
def room(transactional_db):
    return make_room("Workshop", owner=make_user("owner"))


@pytest.fixture
def ana(room):
    return make_member(room, make_user("ana"))


@pytest.fixture
def bo(room):
    return make_member(room, make_user("bo"))


@pytest.fixture
def places(settings, tmp_path):
    """For what the test's own process stores."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.UPLOAD_ROOT = tmp_path / "uploads"
