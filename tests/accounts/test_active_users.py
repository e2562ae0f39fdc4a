"""The active-user report: its rows, filters, downloads, actions and cost."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import DEAD_AFTER, Connection, ServerProcess, User
from accounts.presence.user_agents import describe, kind_of
from accounts.reporting.exports import FORMULA, _csv_lines, safe_cell
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db

URL = "/admin/reports/active-users/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def process() -> ServerProcess:
    return ServerProcess.objects.create(host="rack4", pid=4711)


@pytest.fixture
def staff() -> Client:
    return browser_of(make_limited_admin("view_connection", "view_user"))


def make_limited_admin(*permissions: str) -> User:
    """Create an admin with only these permissions."""
    warden = make_user("warden", is_staff=True)
    warden.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts", codename__in=permissions))
    return warden


def browser_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.auth.backends.NameOrEmailBackend")
    client.get("/session/")
    return client


def connect(process, user, **fields) -> Connection:
    return Connection.objects.create(process=process, user=user, **fields)


def read(client: Client, **query: str) -> str:
    response = client.get(URL, query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_only_admins_see_the_report(process):
    make_user("ana")
    assert Client().get(URL).status_code == 302
    response = browser_of(make_user("bo")).get(URL)
    assert response.status_code in (302, 403)


@pytest.mark.parametrize("query", [{}, {"format": "csv"}, {"format": "json"}])
def test_admin_needs_the_permission_to_view_connections(process, query):
    """The report shows everyone's addresses."""
    client = browser_of(make_limited_admin("view_user", "change_user"))
    assert client.get(URL, query).status_code == 403
    assert client.post(URL, {"action": "disconnect"}).status_code == 403
    assert URL not in client.get("/admin/").content.decode()


def test_search_by_email_needs_the_permission_to_view_people(process):
    connect(process, make_user("ana", email="ana@example.org"), address="192.0.2.7")
    assert "192.0.2.7" not in read(browser_of(make_limited_admin("view_connection")), q="ana@ex")


def test_empty_site_has_an_empty_report(staff):
    text = read(staff)
    assert "<b>0</b> people online" in text
    assert "No one is online." in text


def test_people_are_counted_once_with_a_row_per_connection(staff, process):
    ana, bo = make_user("ana", display_name="Ana Brandt"), make_user("bo")
    connect(process, ana, address="192.0.2.7", port=51_234, user_agent=FIREFOX)
    connect(process, ana, address="2001:db8::7", port=51_235, user_agent="curl/8.5.0")
    connect(process, bo)
    text = read(staff)
    assert "<b>2</b> people online" in text
    assert "<b>3</b> connections" in text
    for shown in ("Ana Brandt", "192.0.2.7", "51234", "2001:db8::7", "Firefox 145 on Linux", "curl", "rack4:4711"):
        assert shown in text


def test_connections_of_dead_processes_are_left_out(staff, process):
    connect(process, make_user("ana"))
    ServerProcess.objects.update(heartbeat_at=timezone.now() - DEAD_AFTER - timedelta(seconds=1))
    assert "<b>0</b> people online" in read(staff)


@pytest.mark.parametrize("query", ["ANA", "brandt", "192.0.2", "firefox", "rack4", "ana@"])
def test_search_filters_rows_but_not_totals(staff, process, query):
    ana = make_user("ana", display_name="Ana Brandt", email="ana@example.org")
    connect(process, ana, address="192.0.2.7", user_agent=FIREFOX)
    other = ServerProcess.objects.create(host="rack5", pid=1)
    connect(other, make_user("bo"), address="198.51.100.1", user_agent="curl/8.5.0")
    text = read(staff, q=query)
    assert "192.0.2.7" in text
    assert "198.51.100.1" not in text
    assert "<b>2</b> people online" in text


def test_user_agent_is_escaped(staff, process):
    connect(process, make_user("ana"), user_agent="<script>alert(1)</script> Firefox/1")
    assert "<script>alert(1)" not in read(staff)
    assert "&lt;script&gt;no" in read(staff, q="<script>no")


def test_five_thousand_connections_are_paginated_in_ten_queries(process, django_assert_max_num_queries):
    staff = browser_of(make_limited_admin("view_connection"))
    people = [make_user(f"person{number}") for number in range(50)]
    rooms = [make_room().pk for _ in range(20)]
    Connection.objects.bulk_create(
        Connection(process=process, user=people[n % 50], port=n, room_id=rooms[n % 20]) for n in range(5000)
    )
    with django_assert_max_num_queries(10):
        text = read(staff, q="person", sort="user", state="active", period="month")
    assert "Page 1 of 50" in text
    assert "<b>50</b> people online" in text
    assert "<b>5,000</b> connections" in text


class TestFilters:
    @pytest.fixture
    def garden(self, process):
        return make_room("Garden")

    @pytest.fixture(autouse=True)
    def connections(self, process, garden):
        ana, bo = make_user("ana"), make_user("bo")
        private = make_room("Direct", owner=ana, kind="private")
        direct = make_room("x")
        type(direct).objects.filter(pk=direct.pk).update(kind="direct", conversation_key="1:2", name="")
        old = timezone.now() - timedelta(minutes=9)
        connect(process, ana, address="192.0.2.1", kind="page", room_id=garden.pk, messages=7)
        connect(process, ana, address="192.0.2.2", kind="terminal", room_id=private.pk, last_active_at=old)
        other = ServerProcess.objects.create(host="rack5", pid=1)
        connect(other, bo, address="192.0.2.3", kind="bot", room_id=direct.pk, messages=12)
        self.other, self.direct = other, direct

    def found(self, staff, **query):
        rows = json.loads(staff.get(URL, {"format": "json", **query}).content)["rows"]
        return [row["address"][-1] for row in rows]

    def test_kind_state_process_and_room_filter_rows(self, staff, garden):
        assert self.found(staff, kind="terminal") == ["2"]
        assert self.found(staff, state="idle") == ["2"]
        assert sorted(self.found(staff, state="active")) == ["1", "3"]
        assert self.found(staff, process=str(self.other.pk)) == ["3"]
        assert self.found(staff, room=str(garden.pk)) == ["1"]
        assert self.found(staff, kind="page", state="idle") == []

    @pytest.mark.parametrize("query", [{"kind": "ufo"}, {"process": "nine"}, {"room": "x"}, {"sort": "; drop"}])
    def test_invalid_values_filter_nothing(self, staff, query):
        assert len(self.found(staff, **query)) == 3

    def test_columns_sort_in_both_directions(self, staff):
        assert self.found(staff, sort="address") == ["1", "2", "3"]
        assert self.found(staff, sort="-messages") == ["3", "1", "2"]
        assert 'aria-sort="descending"' in read(staff, sort="-messages")

    def test_rooms_are_named_but_direct_messages_are_not(self, staff):
        text = read(staff)
        assert "Garden" in text
        assert "(not shown)" in text
        assert f'<option value="{self.direct.pk}"' not in text
        assert len(self.found(staff, room=str(self.direct.pk))) == 3

    def test_filter_without_matches_says_so(self, staff):
        assert "No matching connections." in read(staff, kind="page", state="idle")

    def test_command_prints_the_same_rows(self, staff):
        out = io.StringIO()
        call_command("active_users", "--json", stdout=out)
        printed, page = json.loads(out.getvalue()), json.loads(staff.get(URL, {"format": "json"}).content)
        assert printed["rows"] == page["rows"]
        assert (printed["people"], printed["connections"], printed["found"]) == (2, 3, 3)
        out = io.StringIO()
        call_command("active_users", "--kind", "bot", stdout=out)
        assert "People online: 2, connections: 3, shown: 1" in out.getvalue()
        assert "192.0.2.3" in out.getvalue()
        assert "192.0.2.1" not in out.getvalue()


class TestDownloads:
    def test_csv_has_no_formulas(self, staff, process):
        connect(process, make_user("ana", display_name="@SUM(1;2)"), user_agent="=cmd|'/C calc'!A0 Firefox/1 (Linux)")
        response = staff.get(URL, {"format": "csv"})
        assert response["Content-Type"].startswith("text/csv")
        assert response["Content-Disposition"].startswith('attachment; filename="active-users-')
        row = next(csv.DictReader(io.StringIO(response.getvalue().decode())))
        assert row["name"] == "'@SUM(1;2)"
        assert not [cell for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("x;=1+1", "x;'=1+1"),
            ('x";=1+1;"', 'x";\'=1+1;"'),
            ("＝1+1", "'＝1+1"),
            ("x;＠SUM(1)", "x;'＠SUM(1)"),
            (" \u200b=1+1", "' \u200b=1+1"),
            ('"=1+1', "'\"=1+1"),
            ("Ana-Maria + Bo = 2 (ana@example.org)", "Ana-Maria + Bo = 2 (ana@example.org)"),
        ],
    )
    def test_formulas_are_escaped_and_other_texts_are_not(self, text, expected):
        assert safe_cell(text) == expected

    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    @given(st.lists(st.text(FORMULA + ",;|\t\r\n \"'\u200b\u2028x1", max_size=12), min_size=1, max_size=3))
    def test_no_spreadsheet_evaluates_a_formula(self, separator, texts):
        """Parse the file like a spreadsheet whose locale separates cells by `separator`, with and without quotes."""
        columns = [str(number) for number in range(len(texts))]
        lines = "".join(_csv_lines(columns, [dict(zip(columns, texts, strict=True))])).partition("\r\n")[2]
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for row in csv.reader(io.StringIO(lines, newline=""), delimiter=separator, quoting=quoting):
                for cell in row:
                    assert not cell.strip(' \t\r\n"\u200b\u2028').startswith(tuple(FORMULA.replace("\\", ""))), row

    @pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
    def test_cells_that_start_like_formulas_are_escaped(self, begin):
        assert safe_cell(f"{begin}1+1") == f"'{begin}1+1"
        assert safe_cell(f"a{begin}") == f"a{begin}"

    def test_downloads_are_filtered(self, staff, process):
        connect(process, make_user("ana"), kind="bot")
        connect(process, make_user("bo"))
        rows = list(csv.DictReader(io.StringIO(staff.get(URL, {"format": "csv", "kind": "bot"}).getvalue().decode())))
        assert [row["user"] for row in rows] == ["ana"]

    def test_only_admins_download(self, process):
        assert browser_of(make_user("bo")).get(URL, {"format": "csv"}).status_code in (302, 403)


class TestActions:
    @pytest.fixture
    def root(self) -> Client:
        return browser_of(make_user("root", is_staff=True, is_superuser=True))

    def test_disconnecting_dismisses_only_the_selected_connections(self, root, process):
        ana = make_user("ana")
        one, other = connect(process, ana), connect(process, ana)
        text = root.post(URL, {"action": "disconnect", "selected": [str(one.pk)]}, follow=True).content.decode()
        assert "1 connection closed." in text
        assert Connection.objects.dismissed() == {one.pk}
        ana.refresh_from_db()
        assert ana.is_active
        assert other.pk not in Connection.objects.dismissed()

    def test_suspending_suspends_each_selected_person_once(self, root, process):
        ana, bo = make_user("ana"), make_user("bo")
        chosen = [connect(process, ana), connect(process, ana)]
        connect(process, bo)
        keys = [str(connection.pk) for connection in chosen]
        question = root.post(URL, {"action": "suspend", "selected": keys}).content.decode()
        assert "ana will be logged out everywhere" in question
        ana.refresh_from_db()
        assert ana.is_active
        confirmed = {"action": "suspend", "selected": keys, "confirmed": "yes"}
        text = root.post(URL, confirmed, follow=True).content.decode()
        assert text.count("ana has been suspended") == 1
        ana.refresh_from_db()
        bo.refresh_from_db()
        assert (ana.is_active, bo.is_active) == (False, True)

    def test_admin_without_permission_can_do_neither(self, staff, process):
        connection = connect(process, make_user("ana"))
        assert "Suspend people" not in read(staff)
        for action in ("disconnect", "suspend"):
            assert staff.post(URL, {"action": action, "selected": [str(connection.pk)]}).status_code == 403
        assert Connection.objects.dismissed() == set()

    @pytest.mark.parametrize("action", ["disconnect", "suspend"])
    def test_owner_is_protected_from_other_admins(self, process, action):
        warden = make_limited_admin("view_connection", "change_user")
        connection = connect(process, make_user("root", is_superuser=True))
        chosen = {"action": action, "selected": [str(connection.pk)], "confirmed": "yes"}
        text = browser_of(warden).post(URL, chosen, follow=True).content.decode()
        assert "do that to root, who has more permissions" in text
        assert Connection.objects.dismissed() == set()

    @pytest.mark.parametrize("selected", [[], ["nonsense"], ["00000000-0000-4000-8000-000000000000"]])
    def test_selection_without_open_connections_is_refused(self, root, selected):
        text = root.post(URL, {"action": "disconnect", "selected": selected}, follow=True).content.decode()
        assert "Select at least one open connection." in text


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [(FIREFOX, "page"), ("chatsite-terminal/1.0", "terminal"), ("python-httpx/0.28.1", "bot"), ("", "bot")],
)
def test_kind_is_guessed_from_the_user_agent(user_agent, kind):
    assert kind_of(user_agent) == kind


def test_admin_index_links_to_the_report():
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
def test_browser_and_system_are_described(user_agent, words):
    assert describe(user_agent) == words
