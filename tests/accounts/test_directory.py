"""The list of people and its filters."""

from datetime import timedelta

import pytest
from django.core.paginator import Paginator
from django.utils import timezone

from accounts.models import Connection, ServerProcess, Status, User
from rooms.blocking import block_person
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db


def seen(name: str, ago: timedelta | None, **fields) -> User:
    user = make_user(name)
    at = timezone.now() - ago if ago is not None else None
    User.objects.filter(pk=user.pk).update(last_seen_at=at, date_joined=timezone.now() - timedelta(days=300), **fields)
    return user


@pytest.fixture
def people() -> dict[str, User]:
    """People last seen at different times. The order differs from that of their names and of their ids."""
    process = ServerProcess.objects.create(host="rack4", pid=4711)
    found = {
        "viewer": seen("viewer", timedelta(days=20)),
        "month": seen("a.month", timedelta(days=40), is_staff=True),
        "week": seen("b.week", timedelta(days=5)),
        "hidden": seen("c.hidden", timedelta(days=2), hides_last_seen=True),
        "hidden_month": seen("d.hidden", timedelta(days=50), hides_last_seen=True),
        "recent": seen("e.recent", timedelta(0)),
        "online": seen("f.online", timedelta(days=60), hides_last_seen=True),
        "invisible": seen("g.invisible", timedelta(days=3), status=Status.INVISIBLE),
        "never": seen("h.never", None),
        "admin": seen("i.admin", timedelta(days=10), is_staff=True),
    }
    for name in ("online", "invisible"):
        Connection.objects.create(process=process, user=found[name])
    return found


@pytest.fixture
def listed(people):
    def read(**filters) -> list[str]:
        context = log_in(people["viewer"]).get("/people/", filters).context
        names = {person.pk: name for name, person in people.items()}
        return [names[person.pk] for person in context["page"]]

    return read


def test_everyone_is_listed_by_name(people, listed):
    names = [name for name in people if name != "viewer"]
    assert listed() == [*names, "viewer"]


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        ("now", {"online"}),
        ("today", {"online", "recent"}),
        ("week", {"online", "recent", "invisible", "week"}),
        ("inactive", {"month", "never"}),
    ],
)
@pytest.mark.parametrize("order", ["", "activity"])
def test_filters_by_last_activity_reveal_no_more_than_the_list(listed, active, expected, order):
    assert set(listed(active=active, order=order)) == expected


def test_order_by_last_activity_starts_with_those_online(listed):
    expected = ["online", "recent", "invisible", "week", "admin", "viewer", "month", "hidden", "hidden_month", "never"]
    assert listed(order="activity") == expected


def test_invisible_person_sees_themselves_online(people):
    client = log_in(people["invisible"])
    page = client.get("/people/", {"active": "now"}).context["page"]
    assert {person.pk for person in page} == {people["online"].pk, people["invisible"].pk}


def test_admins_are_listed(listed):
    assert listed(role="admins") == ["month", "admin"]
    assert listed(role="admins", order="activity", active="inactive") == ["month"]


def test_blocked_people_are_in_no_list(people, listed):
    block_person(user=people["viewer"], other=people["online"])
    for order in ("", "activity"):
        assert "online" not in listed(order=order)
        assert listed(active="now", order=order) == []


@pytest.mark.parametrize("query", ["jose garcia", "GARCÍA", "@josé", "gar"])
def test_names_are_found_by_words_without_accents(people, query):
    person = make_user("someone", display_name="José García")
    person2 = make_user("jose.garcia")
    page = log_in(people["viewer"]).get("/people/", {"q": query, "order": "activity"}).context["page"]
    assert set(page) <= {person, person2}
    assert person in page


def test_unknown_filter_is_named_and_ignored(people):
    response = log_in(people["viewer"]).get("/people/", {"active": "yesterday", "role": "admins"})
    assert "Last active: Select a valid choice" in response.content.decode()
    assert response.context["page"].paginator.count == 2


def test_filters_are_kept_when_turning_pages(people):
    for number in range(60):
        seen(f"z{number:02}", timedelta(days=100 + number))
    client = log_in(people["viewer"])
    pages = [client.get("/people/", {"active": "inactive", "order": "activity", "page": page}) for page in (1, 2)]
    assert "?active=inactive&amp;order=activity&amp;page=2" in pages[0].content.decode()
    names = [person.username for response in pages for person in response.context["page"]]
    assert names == ["a.month", *(f"z{number:02}" for number in range(60)), "h.never"]
    assert isinstance(pages[0].context["page"].paginator, Paginator)


def test_queries_do_not_grow_with_people(people, django_assert_max_num_queries):
    for number in range(60):
        seen(f"z{number:02}", timedelta(days=number))
    client = log_in(people["viewer"])
    client.get("/session/")
    with django_assert_max_num_queries(10):
        client.get("/people/", {"order": "activity"})
