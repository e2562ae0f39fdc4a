"""A room with two people who send each other files."""

import pytest
import pytest_asyncio

from messaging.attachments.sandbox.inspector import Inspector
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inspector():
    """For tests that share their module's loop."""
    made = Inspector()
    yield made
    await made.stop()
