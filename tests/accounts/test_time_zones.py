"""Pages are in the browser's time zone, or else in the one that it last had, or in the site's."""

from datetime import UTC, datetime

import pytest

from accounts.models import Invitation, User
from accounts.time_zones import COOKIE
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db

LATE = datetime(2099, 11, 28, 23, 30, tzinfo=UTC)


@pytest.fixture
def ana() -> User:
    """An admin with an invitation that expires late in the evening in UTC."""
    ana = make_user("ana", is_staff=True, is_superuser=True)
    Invitation.objects.create(created_by=ana, expires_at=LATE)
    return ana


def page_of(user: User, zone: str = "", path: str = "/invitations/") -> str:
    client = log_in(user)
    if zone:
        client.cookies[COOKIE] = zone
    return client.get(path).content.decode()


def test_times_are_in_the_zone_of_the_browser(ana):
    assert '<time datetime="2099-11-28T23:30:00Z">Nov. 29, 2099, 8:30 a.m.</time>' in page_of(ana, "Asia/Tokyo")
    assert ">Nov. 28, 2099, 6:30 p.m.</time>" in page_of(ana, "America/New_York")


def test_without_a_cookie_times_are_in_the_zone_that_the_browser_last_had(ana):
    page_of(ana, "Asia/Tokyo")
    ana.refresh_from_db()
    assert ana.time_zone == "Asia/Tokyo"
    assert ">Nov. 29, 2099, 8:30 a.m.</time>" in page_of(ana)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "America", "a" * 5000, "/etc/localtime"])
def test_unknown_zones_are_ignored(ana, settings, zone):
    settings.TIME_ZONE = "Europe/Berlin"
    assert ">Nov. 29, 2099, 12:30 a.m.</time>" in page_of(ana, zone)
    ana.refresh_from_db()
    assert ana.time_zone == ""


def test_a_zone_ends_with_the_request(ana):
    assert "8:30 a.m." in page_of(ana, "Asia/Tokyo")
    assert "11:30 p.m." in page_of(make_user(is_staff=True))


def test_lists_in_the_admin_are_in_the_zone_of_the_browser(ana):
    page = page_of(ana, "Asia/Tokyo", "/admin/accounts/invitation/?o=2")
    assert 'title="Nov. 29, 2099, 8:30 a.m."' in page
