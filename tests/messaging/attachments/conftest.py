"""A private room with two members, an inspector, and folders for files."""

import pytest
import pytest_asyncio

from messaging.attachments.sandbox.inspector import Inspector
from tests.factories import make_member, make_room, make_user


@pytest.fixture
def room(db):
    return make_room("Workshop", owner=make_user("owner"), kind="private")


@pytest.fixture
def ana(room):
    return make_member(room, make_user("ana"))


@pytest.fixture
def bo(room):
    return make_member(room, make_user("bo"))


@pytest.fixture
def storage_folders(settings, tmp_path):
    """Folders for the files that the test's own process stores."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.UPLOAD_ROOT = tmp_path / "uploads"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inspector():
    """An inspector for tests that share their module's event loop."""
    inspector = Inspector()
    yield inspector
    await inspector.stop()
