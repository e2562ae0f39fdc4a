"""The API for admins: people, suspensions, connections, reports, the audit log, groups and the site."""

import httpx
import pytest
from django.contrib.auth.models import Permission
from websockets.exceptions import ConnectionClosed

from accounts.models import AuditEvent, Scope, SiteSettings, User
from messaging.models import Message, Report
from messaging.moderation.reports import report_message
from tests.factories import make_user, post
from tests.live_client import LiveClient
from tests.waiting import wait_until


@pytest.fixture
def admin(cast) -> User:
    return make_user("admin", is_staff=True, is_superuser=True)


@pytest.fixture
def api(connect, admin) -> httpx.Client:
    return connect(admin, *Scope)


def test_people_are_listed_found_and_suspended(api, connect, cast):
    member = connect(cast["member"])
    listed = api.get("/admin/people?q=MEM").json()
    assert [(each["username"], each["is_active"]) for each in listed["people"]] == [("member", True)]
    path = f"/admin/people/{cast['member'].pk}"
    suspended = api.put(f"{path}/suspension", json={"until": "2100-01-01T00:00:00Z"})
    assert (suspended.json()["is_active"], suspended.json()["suspended_until"]) == (False, "2100-01-01T00:00:00.000Z")
    assert member.get("/me").status_code == 401
    assert [each["username"] for each in api.get("/admin/people?state=suspended").json()["people"]] == ["member"]
    assert api.delete(f"{path}/suspension").json() == api.get(path).json()
    assert api.get(path).json()["is_active"]
    assert [each["kind"] for each in api.get("/admin/audit?kind=suspended").json()["events"]] == ["suspended"]


def test_no_one_suspends_themselves_or_their_superiors(api, connect, admin, cast):
    assert api.put(f"/admin/people/{admin.pk}/suspension").status_code == 403
    clerk = make_user("clerk", is_staff=True)
    clerk.user_permissions.add(*_permissions("change_user", "view_user"))
    assert connect(clerk, Scope.ADMIN).put(f"/admin/people/{admin.pk}/suspension").status_code == 403
    assert connect(clerk, Scope.ADMIN).put(f"/admin/people/{cast['member'].pk}/suspension").status_code == 200
    assert User.objects.get(pk=admin.pk).is_active


def test_connections_are_listed_and_closed(uvicorn, api, cast):
    with LiveClient(uvicorn, cast["member"]) as page:
        wait_until(lambda: api.get("/admin/connections?q=member").json()["rows"], "the connection to be stored")
        report = api.get("/admin/connections?q=member").json()
        [row] = report["rows"]
        assert (row["user"], row["user_id"], report["found"]) == ("member", cast["member"].pk, 1)
        assert api.delete(f"/admin/connections/{row['id']}").status_code == 204
        with pytest.raises(ConnectionClosed):
            page.wait_for("pong")
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.DISCONNECTED).exists()


def test_someones_tokens_are_revoked(api, connect, cast):
    member = connect(cast["member"])
    assert api.delete(f"/admin/people/{cast['member'].pk}/tokens").status_code == 204
    assert member.get("/me").status_code == 401


def test_reports_are_listed_resolved_and_reopened(api, cast):
    message = post(cast["room"], cast["member"], "Spam")
    report = report_message(reporter=cast["owner"], message_id=message.pk, reason="Advertising")
    [listed] = api.get("/admin/reports?state=open").json()["reports"]
    assert (listed["id"], listed["body"], listed["reason"]) == (report.pk, "Spam", "Advertising")
    path = f"/admin/reports/{report.pk}/outcome"
    settled = api.put(path, json={"outcome": "suspended"}).json()
    assert (settled["state"], settled["outcome"], settled["handled_by"]["username"]) == (
        "handled", "suspended", "admin",
    )  # fmt: skip
    assert not User.objects.get(pk=cast["member"].pk).is_active
    assert api.put(path, json={"outcome": "dismissed"}).status_code == 409
    assert api.delete(path, params={"reinstate": True}).json()["state"] == "open"
    assert User.objects.get(pk=cast["member"].pk).is_active
    assert api.put(path, json={"outcome": "deleted"}).json()["body"] is None
    assert Message.objects.get(pk=message.pk).deleted_at
    assert Report.objects.get().outcome == "deleted"


def test_the_audit_log_is_read_in_pages(api, admin):
    AuditEvent.objects.all().delete()
    AuditEvent.objects.bulk_create(
        AuditEvent(kind="suspended", actor=admin, actor_name="admin", target_name=str(n)) for n in range(60)
    )
    first = api.get("/admin/audit", params={"person": admin.pk}).json()
    second = api.get("/admin/audit", params={"person": admin.pk, "before": first["next"]}).json()
    names = [each["target"]["name"] for each in (*first["events"], *second["events"])]
    assert names == [str(n) for n in reversed(range(60))]
    assert second["next"] is None
    assert api.get("/admin/audit?kind=nonsense").json()["field"] == "kind"


def test_groups_are_managed_and_left(api, connect, cast):
    created = api.post("/groups", json={"name": "ops", "title": "Operations"})
    assert created.status_code == 201
    path = f"/groups/{created.json()['id']}"
    assert api.post("/groups", json={"name": "ops", "title": "Again"}).json()["field"] == "name"
    people = {"users": [cast["member"].pk, cast["owner"].pk]}
    assert [api.post(f"{path}/members", json=people).json()["people"] for _ in range(2)] == [2, 2]
    assert api.patch(path, json={"description": "Day and night"}).json()["title"] == "Operations"
    member = connect(cast["member"])
    assert member.get("/groups?q=@op").json()["groups"][0]["is_member"]
    assert member.delete(f"{path}/membership").status_code == 204
    assert member.delete(f"{path}/members/{cast['owner'].pk}").status_code == 403
    assert api.delete(f"{path}/members/{cast['owner'].pk}").status_code == 204
    assert member.get(f"{path}/members").json()["people"] == []
    assert api.delete(path).status_code == 204
    assert member.get(path).status_code == 404


def test_settings_of_the_site_change_only_where_asked(api):
    before = api.get("/admin/site").json()
    assert api.patch("/admin/site", json={"bot_creation": "admins"}).json() == before | {"bot_creation": "admins"}
    assert SiteSettings.objects.stored().bot_creation == "admins"
    assert api.patch("/admin/site", json={"registration": "maybe"}).json()["field"] == "registration"
    assert api.patch("/admin/site", json={"bot_creation": ""}).json() == before


def test_admins_revoke_the_invites_of_others(api, connect, cast):
    invite = connect(cast["member"]).post("/invites", json={}).json()["id"]
    assert [each["id"] for each in api.get("/admin/invites").json()["invites"]] == [invite]
    assert connect(cast["owner"]).delete(f"/invites/{invite}").status_code == 404
    assert api.delete(f"/admin/invites/{invite}").status_code == 204
    assert api.get("/admin/invites").json()["invites"][0]["revoked_at"]


def _permissions(*names: str):
    return Permission.objects.filter(codename__in=names, content_type__app_label="accounts")
