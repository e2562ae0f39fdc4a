"""Two members of the room Everyone, the sessions of their clients, and a folder for their outboxes."""

from pathlib import Path

import pytest

from accounts.models import User
from chatsite_client import Client, Credentials, SyncClient
from tests.factories import make_member, make_user
from tests.live_client import session_of
from tests.server import Site


class Account:
    """A user, and clients that are logged in as them."""

    def __init__(self, user: User, folder: Path) -> None:
        self.user = user
        self.credentials = Credentials(session=session_of(user))
        self.folder = folder

    def client(self, site: Site) -> Client:
        return Client(site.url, credentials=self.credentials, outbox_folder=self.folder)

    def sync_client(self, site: Site) -> SyncClient:
        return SyncClient(site.url, credentials=self.credentials, outbox_folder=self.folder)


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch) -> None:
    """Keep what clients store in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def ana(transactional_db, everyone, tmp_path) -> Account:
    return Account(make_member(everyone, make_user("ana")), tmp_path / "ana")


@pytest.fixture
def mira(transactional_db, everyone, tmp_path) -> Account:
    return Account(make_member(everyone, make_user("mira")), tmp_path / "mira")
