"""The active-user report: for the staff alone, true at the moment, and cheap however many are here."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.browsers import describe
from accounts.models import DEAD_AFTER, Connection, ServerProcess
from tests.factories import make_user

pytestmark = pytest.mark.django_db

URL = "/admin/reports/active-users/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def process() -> ServerProcess:
    return ServerProcess.objects.create(host="rack4", pid=4711)


@pytest.fixture
def staff() -> Client:
    return browser_of(make_user("warden", is_staff=True))


def browser_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.NameOrEmailBackend")
    client.get("/session/")
    return client


def connect(process, user, **fields) -> Connection:
    return Connection.objects.create(process=process, user=user, **fields)


def read(client: Client, **query: str) -> str:
    response = client.get(URL, query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_nobody_but_the_staff_sees_it(process):
    make_user("ana")
    assert Client().get(URL).status_code == 302
    response = browser_of(make_user("bo")).get(URL)
    assert response.status_code in (302, 403)


def test_an_empty_site_says_so(staff):
    text = read(staff)
    assert "<b>0</b> people online" in text
    assert "Nobody has the chat open now." in text


def test_people_are_counted_once_and_each_connection_has_a_row(staff, process):
    ana, bo = make_user("ana", display_name="Ana Brandt"), make_user("bo")
    connect(process, ana, address="192.0.2.7", port=51_234, user_agent=FIREFOX)
    connect(process, ana, address="2001:db8::7", port=51_235, user_agent="curl/8.5.0")
    connect(process, bo)
    text = read(staff)
    assert "<b>2</b> people online" in text
    assert "<b>3</b> connections" in text
    for shown in ("Ana Brandt", "192.0.2.7", "51234", "2001:db8::7", "Firefox 145 on Linux", "curl", "rack4:4711"):
        assert shown in text


def test_the_connections_of_a_dead_process_are_left_out(staff, process):
    connect(process, make_user("ana"))
    ServerProcess.objects.update(heartbeat_at=timezone.now() - DEAD_AFTER - timedelta(seconds=1))
    assert "<b>0</b> people online" in read(staff)


@pytest.mark.parametrize("query", ["ANA", "brandt", "192.0.2", "firefox", "rack4", "ana@"])
def test_it_is_searched_and_the_sums_stay_whole(staff, process, query):
    ana = make_user("ana", display_name="Ana Brandt", email="ana@example.org")
    connect(process, ana, address="192.0.2.7", user_agent=FIREFOX)
    other = ServerProcess.objects.create(host="rack5", pid=1)
    connect(other, make_user("bo"), address="198.51.100.1", user_agent="curl/8.5.0")
    text = read(staff, q=query)
    assert "192.0.2.7" in text
    assert "198.51.100.1" not in text
    assert "<b>2</b> people online" in text


def test_what_a_browser_calls_itself_is_shown_as_text(staff, process):
    connect(process, make_user("ana"), user_agent="<script>alert(1)</script> Firefox/1")
    assert "<script>alert(1)" not in read(staff)
    assert "&lt;script&gt;no" in read(staff, q="<script>no")


def test_a_thousand_connections_cost_six_queries_and_come_by_pages(process, django_assert_max_num_queries):
    staff = browser_of(make_user("warden", is_staff=True, is_superuser=False))
    people = [make_user(f"person{number}") for number in range(50)]
    Connection.objects.bulk_create(Connection(process=process, user=people[n % 50], port=n) for n in range(1000))
    with django_assert_max_num_queries(6):
        text = read(staff, q="person")
    assert "Page 1 of 10" in text
    assert "<b>50</b> people online" in text
    assert "<b>1,000</b> connections" in text


def test_the_administration_leads_to_it():
    root = browser_of(make_user("root", is_staff=True, is_superuser=True))
    assert URL in root.get("/admin/").content.decode()
    assert root.get("/admin/accounts/connection/").url == URL


CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
PHONE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox 145 on Linux"),
        (CHROME, "Chrome 142 on Windows"),
        (f"{CHROME} Edg/142.0.0.0", "Edge 142 on Windows"),
        (f"{CHROME} OPR/125.0.0.0", "Opera 125 on Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
            "Safari 26 on macOS",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) {PHONE} Version/26.1 Mobile/15E148 Safari/604.1",
            "Safari 26 on iPhone",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) {PHONE} FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
            "Firefox 145 on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome 142 on Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
            "Headless Chrome 142 on Linux",
        ),
        ("curl/8.5.0", "curl"),
        ("Python/3.12 websockets/15.0.1", "websockets"),
        ("python-httpx/0.28.1", "httpx"),
        ("", "Unknown"),
        ("something else entirely", "Unknown"),
    ],
)
def test_browsers_and_systems_are_told_apart(user_agent, words):
    assert describe(user_agent) == words
