"""Fixtures for all tests: fast hashing, the room 'Everyone', and real servers on the tests' database."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.db import connection

from accounts.models import SiteSettings, use_site
from messaging.search import vocabulary
from rooms.models import Room
from tests.locks import require_transactions_for_locks
from tests.s3_store import S3Store
from tests.server import Site, SiteOnDemand

SITES = {"uvicorn_site", "daphne_site", "site"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With PostgreSQL, leave out the tests that need a site, whose database is SQLite (see test_postgres.py).

    That file comes first, because it takes minutes, in which another worker would have nothing left to do at the end.
    """
    items.sort(key=lambda item: item.path.name != "test_postgres.py")
    if connection.vendor != "postgresql":
        return
    needs_site = [item for item in items if SITES.intersection(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=needs_site)
    items[:] = [item for item in items if item not in needs_site]


@pytest.fixture(scope="session", autouse=True)
def locks_in_transactions() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        require_transactions_for_locks(patch)
        yield


@pytest.fixture(autouse=True)
def fast_and_isolated(settings) -> Iterator[None]:
    """Use a fast password hasher, and clear the cache, which holds rate limits, the site's settings and known words."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    cache.clear()
    use_site(SiteSettings())
    vocabulary.forget()
    yield


@pytest.fixture
def everyone(db) -> Room:
    """The room created by the first migration, which is recreated in tests that empty the database."""
    return Room.objects.get_or_create(
        name="Everyone", defaults={"kind": "public", "is_default": True, "slug": "everyone"}
    )[0]


def _site_on_demand(kind: str) -> Callable[..., Iterator[SiteOnDemand]]:
    def site_on_demand(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[SiteOnDemand]:
        with django_db_blocker.unblock():
            database = connection.settings_dict["NAME"]
        site = SiteOnDemand(kind, database, tmp_path_factory.mktemp(kind))
        yield site
        site.stop()

    return pytest.fixture(scope="session", name=f"{kind}_site")(site_on_demand)


uvicorn_site, daphne_site = map(_site_on_demand, ("uvicorn", "daphne"))


@pytest.fixture(params=["uvicorn", "daphne"])
def site(request, transactional_db, everyone) -> Site:
    """A real server on the tests' database, on Uvicorn and on Daphne."""
    site: SiteOnDemand = request.getfixturevalue(f"{request.param}_site")
    return site.get()


@pytest.fixture
def uvicorn(uvicorn_site, daphne_site, transactional_db, everyone) -> Site:
    """A real server on Uvicorn, for tests that need no other.

    None may run beside it: without Redis, the clients of one don't hear of what another does in the background.
    """
    daphne_site.stop()
    return uvicorn_site.get()


@pytest.fixture
def no_site(request) -> None:
    """Stop the sites of earlier tests, for tests of background work, which a site on the same database would do first."""
    if connection.vendor == "sqlite":
        for name in ("uvicorn_site", "daphne_site"):
            request.getfixturevalue(name).stop()


@pytest.fixture(scope="session")
def s3_store() -> Iterator[S3Store]:
    """A store that speaks S3."""
    store = S3Store()
    store.start()
    yield store
    store.stop()
