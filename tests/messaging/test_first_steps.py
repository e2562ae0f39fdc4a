"""The first steps of a new site's owner."""

import re

import pytest

from accounts.actions import create_invitation, set_up_site
from accounts.models import SiteSettings, User, reload_site
from accounts.registration.validation import NewUser
from accounts.site import update_site
from messaging.web.first_steps import has_first_steps
from tests.factories import log_in, make_room, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(db) -> User:
    User.objects.all().delete()
    return set_up_site(new_user=NewUser(username="ana", password="a long pass phrase", email="", display_name="Ana"))


def done(owner: User) -> list[str]:
    html = log_in(owner).get("/first-steps/").content.decode()
    return re.findall(r'class="is-done".*?<span>([^<]+)', html)


def is_offered(user: User) -> bool:
    return '"has_first_steps":true' in log_in(user).get("/", follow=True).content.decode()


def test_steps_are_ticked_one_by_one_and_then_disappear(owner):
    assert is_offered(owner)
    assert done(owner) == []
    create_invitation(by=owner)
    assert done(owner) == ["Invite people"]
    update_site(actor=owner, name="Riverside", registration="")
    assert done(owner) == ["Name your site", "Invite people"]
    make_room(owner=owner)
    assert log_in(owner).get("/first-steps/").status_code == 204
    assert not is_offered(owner)


def test_steps_can_be_dismissed(owner):
    assert log_in(owner).delete("/first-steps/").status_code == 204
    assert not is_offered(owner)
    assert log_in(owner).get("/first-steps/").status_code == 204


def test_other_people_neither_see_nor_dismiss_them(owner):
    for other in (make_user(), make_user(is_staff=True)):
        assert not is_offered(other)
        assert log_in(other).get("/first-steps/").status_code == 403
        assert log_in(other).delete("/first-steps/").status_code == 403
    assert is_offered(owner)


def test_existing_sites_have_none(owner):
    SiteSettings.objects.all().delete()
    reload_site()
    assert not is_offered(owner)


def test_page_needs_no_query_for_them(owner, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert has_first_steps(owner)
        assert not has_first_steps(User(username="mira"))
