"""The list of users online."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import DEAD_AFTER, Connection, ServerProcess, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db

URLS = ["/online/", "/online/list/"]


@pytest.fixture
def process() -> ServerProcess:
    return ServerProcess.objects.create(host="rack4", pid=4711)


def connect(process, user, ago: timedelta = timedelta(0)) -> None:
    now = timezone.now()
    Connection.objects.create(
        process=process, user=user, opened_at=now - ago, last_active_at=now, address="192.0.2.7", user_agent="Firefox/1"
    )


def read(url: str, user: User, **query: str) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(url, query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("url", URLS)
def test_visitor_is_asked_to_log_in(url):
    make_user()
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("url", URLS)
def test_each_person_is_listed_once_since_their_first_connection(url, process):
    ana = make_user("ana", display_name="Ana Brandt")
    connect(process, ana, timedelta(hours=2, minutes=1))
    connect(process, ana)
    connect(process, make_user("bo"))
    text = read(url, make_user("mira")).replace("\xa0", " ")
    assert "2 people online" in text
    assert text.count("Ana Brandt") == 1
    assert "2 hours, 1 minute" in text
    assert "mira" not in text.split("online__people")[1]


@pytest.mark.parametrize("url", URLS)
def test_addresses_are_not_shown(url, process):
    connect(process, make_user("ana"))
    text = read(url, make_user("mira"))
    assert "192.0.2.7" not in text
    assert "Firefox" not in text


def test_suspended_people_and_dead_processes_are_left_out(process):
    connect(process, make_user("gone", is_active=False))
    dead = ServerProcess.objects.create(host="rack5", pid=1, heartbeat_at=timezone.now() - DEAD_AFTER)
    connect(dead, make_user("ana"))
    assert "0 people online" in read("/online/", make_user("mira"))


def test_many_people_are_paginated_in_few_queries(process, django_assert_num_queries):
    for number in range(60):
        connect(process, make_user(f"person{number:02}"))
    mira = make_user("mira")
    text = read("/online/list/", mira)
    assert "10 more" in text
    assert "person59" in read("/online/", mira, page="2")
    client = Client()
    client.force_login(mira)
    client.get("/online/")
    with django_assert_num_queries(5):  # the session, the user, their blocks, the count, and the list
        client.get("/online/")
